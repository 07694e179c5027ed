"""Whatever stands in the place of an AWS file, every command answers soon, and names the file."""

import os
import socket
import time
from pathlib import Path

import pytest

from support.world import RunningSts, run_awsenv

COMMANDS = (
    ["assume", "dev", "--shell", "bash"],
    ["exec", "dev", "true"],
    ["credential-process", "dev"],
    ["login"],
    ["save", "dev", "--as", "x"],
    ["setup"],
    ["rotate"],
    ["status", "dev"],
    ["list"],
    ["explain", "dev"],
    ["logout"],
)


def stand_in(path: Path, kind: str) -> None:
    path.unlink()
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a folder":
        path.mkdir()
    elif kind == "a device":
        path.symlink_to("/dev/zero")
    elif kind == "a socket":
        with socket.socket(socket.AF_UNIX) as made:
            os.chdir(path.parent)
            made.bind(path.name)
    else:
        with path.open("wb") as file:
            file.truncate(50 << 20)


@pytest.mark.parametrize("kind", ["a pipe", "a folder", "a device", "a socket", "50 MB"])
@pytest.mark.parametrize("name", ["config", "credentials"])
def test_what_is_no_file_is_named_by_every_command(
    name: str, kind: str, sts: RunningSts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    stand_in(sts.aws_folder / name, kind)
    for command in COMMANDS:
        done = run_awsenv(*command, timeout=20)
        assert done.returncode == 3, (command, done.stderr)
        assert f"awsenv: ~/.aws/{name} {'has 50 MB,' if kind == '50 MB' else 'is'} " in done.stderr
        assert len(done.stderr.splitlines()) == 2, done.stderr
    done = run_awsenv("doctor", timeout=30)
    assert done.returncode
    assert f"~/.aws/{name}" in done.stdout + done.stderr
    for words in ("assume ", "assume d", "--"):
        done = run_awsenv("__complete", "bash", words.split()[-1], f"awsenv {words}", timeout=20)
        assert (done.returncode, done.stderr) == (0, "")


def test_dev_null_is_no_file(sts: RunningSts) -> None:
    done = run_awsenv("list", env={"AWS_CONFIG_FILE": "/dev/null"})
    assert done.returncode == 0, done.stderr


def big(sts: RunningSts, text: str) -> None:
    """Add `text` to the config."""
    config = sts.aws_folder / "config"
    config.write_text(f"{config.read_text()}\n{text}\n")


def test_a_value_of_80_000_lines_is_read_in_a_second(sts: RunningSts) -> None:
    text = "[profile long]\nx =\n" + "".join(f"  a{n} = {'b' * 100}\n" for n in range(80_000))
    text += "y = 1\n" + "  more\n" * 80_000
    big(sts, text)
    assert run_awsenv("login", "--mfa-code", sts.code()).returncode == 0
    for command in (["explain", "dev"], ["list"]):
        started = time.monotonic()
        done = run_awsenv(*command)
        assert done.returncode == 0, done.stderr
        assert time.monotonic() - started < 10


def test_a_hundred_thousand_profiles_are_answered(sts: RunningSts) -> None:
    text = "[profile many-{0}]\nrole_arn = arn:aws:iam::{0:012}:role/r\nsource_profile = default\n"
    big(sts, "".join(map(text.format, range(100_000))))
    # Parsing takes longer than that, and is no time of the network's.
    done = run_awsenv("login", "--mfa-code", sts.code(), env={"AWSENV_DEADLINE": "2s"})
    assert done.returncode == 0, done.stderr
    started = time.monotonic()
    done = run_awsenv("__complete", "zsh", "assume", "many-9999")
    assert done.stdout.count("\n") > 100_000
    assert time.monotonic() - started < 10
