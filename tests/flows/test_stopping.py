"""Whatever ends awsenv makes the evaluation fail, and no exec'd command inherits a thing of it."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.shells_at_hand import need_shell
from support.terminal_driver import drive
from support.world import RunningSts, run_awsenv

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_ctrl_backslash_in_a_shell_stops_the_line(
    shell: str, sts: RunningSts, tmp_path: Path
) -> None:
    assert run_awsenv("login", "--mfa-code", sts.code()).returncode == 0
    sts.control.hang(9, "AssumeRole", seconds=60)
    env = {name: text for name, text in os.environ.items() if name.startswith("AWS")}
    env |= {name: os.environ[name] for name in ("HOME", "PATH")}
    env |= {
        "AWS_CONFIG_FILE": str(sts.aws_folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(sts.aws_folder / "credentials"),
        "XDG_CACHE_HOME": f"{os.environ['HOME']}/.cache",
    }
    with drive(shell, tmp_path, env=env) as driven:
        program = f"{sys.executable} -m awsenv assume dev"
        driven.submit(f'eval "$({program})" && echo went-on')
        driven.wait_until(lambda: sts.control.count("AssumeRole"), "a call to STS")
        driven.press("ctrl-\\")
        driven.wait_for_prompt()
        shown = driven.output()
        assert "awsenv: ended by signal 3" in shown
        assert "went-on" not in shown.replace("echo went-on", "")
        assert driven.run("echo key=${AWS_ACCESS_KEY_ID-none}") == "key=none"


def test_signals_one_after_the_other_still_tell_the_shell(sts: RunningSts) -> None:
    assert run_awsenv("login", "--mfa-code", sts.code()).returncode == 0
    sts.control.hang(3, "AssumeRole", seconds=20)
    process = subprocess.Popen(
        [sys.executable, "-m", "awsenv", "assume", "dev", "--shell", "bash"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not sts.control.count("AssumeRole"):
        time.sleep(0.05)
    for number in (signal.SIGQUIT, signal.SIGTERM, signal.SIGINT, signal.SIGUSR1) * 5:
        process.send_signal(number)
        time.sleep(0.002)
    out, err = process.communicate(timeout=10)
    assert out.split() in (["false"], ["false", "false"])
    assert "Traceback" not in err
    assert process.returncode


def test_a_command_does_not_inherit_what_python_ignores(sts: RunningSts) -> None:
    assert run_awsenv("login", "--mfa-code", sts.code()).returncode == 0
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m awsenv exec dev yes | head -1; echo $PIPESTATUS"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["y", str(128 + signal.SIGPIPE)], done.stderr


def strict_idioms() -> dict[str, str]:
    """The lines that the README has for where even kill -9 must stop the line, by shell."""
    text = README.read_text().partition("even a killed awsenv")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| `(.+)` \|$", text, re.M)
    return {shell: line.replace("\\|", "|") for shell, line in rows}


ENDINGS = {
    "a missing program": None,
    "a killed one": "kill -9 $$",
    "one without output": "exit 0",
    "a failure": "echo false; exit 4",
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "pwsh"])
def test_the_strict_idiom_stops_at_every_failure(shell: str, ending: str, tmp_path: Path) -> None:
    line = strict_idioms()[{"pwsh": "PowerShell", "fish": "fish"}.get(shell, "bash, zsh, sh")]
    line = line.replace("terraform apply", "touch went-on")
    program = tmp_path / "awsenv"
    text = ENDINGS[ending]
    if text is not None:
        failing = text.replace("false", "throw 1") if shell == "pwsh" else text
        program.write_text(f"#!/bin/sh\n{failing}\n")
        program.chmod(0o755)
    options = {"pwsh": ["-NoProfile", "-NonInteractive", "-Command"]}.get(shell, ["-c"])
    path = f"{tmp_path}:/usr/bin:/bin"
    run = {"cwd": tmp_path, "capture_output": True, "text": True}
    env = {"PATH": path, "HOME": str(tmp_path), "POWERSHELL_TELEMETRY_OPTOUT": "1"}
    subprocess.run([need_shell(shell), *options, line], env=env, check=False, **run)
    assert not (tmp_path / "went-on").exists()
    good = "$env:A = 'b'" if shell == "pwsh" else "export A=b"
    program.write_text(f'#!/bin/sh\necho "{good}"\n'.replace("$env", "\\$env"))
    program.chmod(0o755)
    done = subprocess.run([need_shell(shell), *options, line], env=env, check=False, **run)
    assert (tmp_path / "went-on").exists(), done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize("key", ["^Z", "^B", "<undef>"])
def test_ctrl_z_comes_back_after_a_kill_at_the_question(
    shell: str, key: str, sts: RunningSts, tmp_path: Path
) -> None:
    env = {name: text for name, text in os.environ.items() if name.startswith("AWS")}
    env |= {"PATH": os.environ["PATH"]}
    env |= {
        "AWS_CONFIG_FILE": str(sts.aws_folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(sts.aws_folder / "credentials"),
    }
    with drive(shell, tmp_path, env=env) as driven:
        driven.run(f"stty susp '{key.replace('<', '').replace('>', '')}'")
        before = driven.run("stty -a")
        assert f"susp = {key};" in before
        driven.submit(f"{sys.executable} -m awsenv assume dev --format json")
        driven.wait_for("MFA code for")
        os.kill(driven.foreground(), signal.SIGKILL)
        driven.wait_for_prompt()
        driven.run(f"{sys.executable} -m awsenv status >/dev/null")
        assert f"susp = {key};" in driven.run("stty -a")
        driven.submit(f"{sys.executable} -m awsenv assume dev --format json")
        driven.wait_for("MFA code for")
        os.kill(driven.foreground(), signal.SIGKILL)
        driven.wait_for_prompt()
        driven.submit(f"{sys.executable} -m awsenv assume dev --format json")
        driven.wait_for("MFA code for")
        driven.press("ctrl-c")
        driven.wait_for_prompt()
        assert f"susp = {key};" in driven.run("stty -a")
