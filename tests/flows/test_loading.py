"""What each way through awsenv loads and starts, counted; times are for the benchmark."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.shells_at_hand import need_program
from support.terminal_driver import Driven
from support.world import RunningSts, run_awsenv

# What takes longer to load than most commands to run.
HEAVY = {"typer", "botocore", "boto3", "dataclasses", "inspect", "re", "typing", "json", "hashlib"}
HEAVY |= {"subprocess", "datetime", "pathlib", "shutil", "configparser", "asyncio", "ssl", "email"}
COUNTED = [sys.executable, "-X", "importtime", "-m", "awsenv"]


def names(told: str) -> set[str]:
    """The modules that `-X importtime` tells of, as whole names."""
    return set(re.findall(r"^import time:.*\| +(\S+)$", told, re.M))


BARE = names(
    subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "pass"],
        capture_output=True,
        text=True,
        check=True,
    ).stderr
)


def loaded(*args: str, code: int = 0, **env: str) -> set[str]:
    done = subprocess.run(
        [*COUNTED, *args],
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr[-500:]
    return names(done.stderr) - BARE - {"awsenv.__main__"}


def logged_in(sts: RunningSts) -> None:
    assert run_awsenv("login", "--mfa-code", sts.code()).returncode == 0
    assert run_awsenv("assume", "dev", "--shell", "bash").returncode == 0


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["unset", "--shell", "bash"], 0),
        (["explain", "dev"], 0),
        (["list"], 0),
        (["status"], 4),
        (["status", "dev"], 4),
        (["init", "bash"], 0),
        (["prompt"], 0),
        (["prompt", "dev"], 0),
        (["logout"], 0),
    ],
)
def test_commands_without_the_network(args: list[str], code: int, sts: RunningSts) -> None:
    found = loaded(*args, code=code)
    assert "awsenv.cli.command_line" in found
    assert not found & HEAVY
    assert len(found) < 110


def test_a_live_session(sts: RunningSts) -> None:
    logged_in(sts)
    options = ["--region", "eu-west-3"]
    for args in (["exec", *options, "dev", "true"], ["assume", "dev", "--shell", "bash", *options]):
        found = loaded(*args)
        assert "awsenv.sessions.acquiring" in found
        assert not found & HEAVY


def test_help_loads_the_command_alone() -> None:
    found = loaded("--help")
    assert "typer" in found
    assert not [name for name in found if name.startswith("awsenv.commands.")]
    assert not found & {"botocore", "rich"}
    found = loaded("list", "--help")
    assert [name for name in found if name.startswith("awsenv.commands.")] == [
        "awsenv.commands.list"
    ]


def test_an_option_by_tab_loads_the_command_alone(sts: RunningSts) -> None:
    found = loaded("__complete", "fish", "assume", "--mfa")
    assert "awsenv.commands.assume" in found
    assert not found & HEAVY


def test_until_the_code_is_asked_for(sts: RunningSts, tmp_path: Path) -> None:
    told, out = tmp_path / "told", tmp_path / "out"
    program = f"{' '.join(COUNTED)} assume dev --shell bash 2>{told} >{out}"
    with Driven(["/bin/sh", "-c", program], os.environ, tmp_path) as terminal:
        asked = "MFA code for"
        terminal.wait_until(lambda: asked in terminal.screen(), asked)
        terminal.type(f"{sts.code()}\r")
        assert terminal.wait_for_end() == 0
    assert "AWSENV_PROFILE='dev'" in out.read_text()
    # The rest is loaded while the person types, by a thread.
    before, thread, after = told.read_text().partition(" threading\n")
    assert thread
    assert "awsenv.mfa.terminal_prompt" in names(before)
    assert not (names(before) - BARE) & HEAVY
    assert "botocore" in names(after)


def test_no_command_starts_a_process(sts: RunningSts, tmp_path: Path) -> None:
    strace = need_program("strace")
    logged_in(sts)
    traced = tmp_path / "traced"
    for args in (
        ["assume", "dev", "--shell", "bash"],
        ["credential-process", "dev"],
        ["list"],
        ["unset", "--shell", "bash"],
        ["__complete", "bash", "de", "awsenv assume de"],
    ):
        command = [strace, "-f", "-o", str(traced), "-e", "trace=process"]
        done = subprocess.run(
            [*command, sys.executable, "-m", "awsenv", *args], capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
        started = re.findall(r"^\d+ +(execve|v?fork|clone3?)\(", traced.read_text(), re.M)
        assert started == ["execve"], args
