"""`awsenv demo` as a newcomer runs it: the tour without a terminal, the shell at one."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest

from support.shells_at_hand import need_shell
from support.terminal_driver import Driven
from support.world import run_awsenv


def test_tour(clean_env: Path) -> None:
    aws = clean_env / ".aws"
    aws.mkdir()
    (aws / "config").write_text("[default]\nregion = xx\n")
    done = run_awsenv("demo", timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "assumed-role/prod-admin/" in done.stdout
    assert "assumed-role/audit/" in done.stdout
    assert "this must not be seen\n" not in done.stdout.replace('"this must not be seen"', "")
    assert "All 9 steps did what they should" in done.stdout
    # The last line can be typed as it stands.
    line = done.stdout.rstrip().rpartition("type: ")[2]
    again = subprocess.run(
        ["sh", "-c", f"{line} --tour"], capture_output=True, text=True, check=True
    )
    assert "All 9 steps" in again.stdout
    assert (aws / "config").read_text() == "[default]\nregion = xx\n"
    assert not (clean_env / ".cache").exists()


def test_tour_fails_when_a_step_fails(clean_env: Path, tmp_path: Path) -> None:
    program = "from awsenv.demo import tour; from awsenv.cli.command_line import run; import sys;"
    program += "s = tour.SCENES; tour.SCENES = (s[0], tour.Scene('x', 'false', 'x'));"
    program += "sys.exit(run(['demo']))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "1 of 2 steps failed" in done.stdout


RC = {
    "bash": (".bashrc", "export AWS_PROFILE=mine AWSENV_CACHE_DIR=/nowhere; PS1='PROMPT> '\n"),
    "zsh": (".zshrc", "export AWS_PROFILE=mine AWSENV_CACHE_DIR=/nowhere; PS1='PROMPT> '\n"),
    "fish": (
        ".config/fish/config.fish",
        "set -gx AWS_PROFILE mine; set -gx AWSENV_CACHE_DIR /nowhere\n"
        "function fish_prompt; echo 'PROMPT> '; end\n",
    ),
}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell(shell: str, clean_env: Path) -> None:
    path = need_shell(shell)
    name, text = RC[shell]
    rc = clean_env / name
    rc.parent.mkdir(parents=True, exist_ok=True)
    rc.write_text(text)
    # Else fish reads every manual page at its first start.
    (clean_env / ".local/share/fish/generated_completions").mkdir(parents=True)
    env = {**os.environ, "SHELL": path, "TERM": "dumb", "COLUMNS": "200"}
    program = [path, "-c", f"{sys.executable} -m awsenv demo; echo left-it"]
    child = pexpect.spawn(
        program[0], program[1:], env=env, encoding="utf-8", timeout=20, dimensions=(50, 200)
    )
    child.expect("Type `exit` to leave")
    child.expect("PROMPT> ")
    # What is typed while fish draws its first prompt is lost.
    while child.expect([".+", pexpect.TIMEOUT], timeout=0.7) == 0:
        pass
    child.send('echo "cache=$AWSENV_CACHE_DIR profile=$AWS_PROFILE. home=$HOME"\r')
    child.expect(r"cache=/\S*awsenv-demo-\S*/cache profile=\. home=\S*awsenv-demo-")
    child.send("awsenv assume prod-admin\r")
    child.expect(r"demo authenticator: (\d{3}) (\d{3})")
    code = child.match.group(1) + child.match.group(2)
    child.expect("MFA code for .*: ")
    child.send(code + "\r")
    child.expect("prod-admin for 1h00m")
    child.send("awsenv whoami\r")
    child.expect("assumed-role/prod-admin/")
    child.send("awsenv demo expire 30\r")
    child.expect("last 30 s")
    child.send("awsenv demo code\r")
    # "used", unless a new code has come meanwhile.
    child.expect(r"demo authenticator: \d{3} \d{3} \((used|\d+ s left)")
    child.send("awsenv demo code 30\r")
    child.expect("takes no '30'")
    child.send("exit\r")
    child.expect("left-it")
    child.close()
    assert not (clean_env / ".aws").exists()
    assert not (clean_env / ".cache" / "awsenv").exists()


def test_powershell(clean_env: Path, tmp_path: Path) -> None:
    profile = clean_env / ".config/powershell/profile.ps1"
    profile.parent.mkdir(parents=True)
    profile.write_text(
        "$env:AWS_PROFILE = 'mine'; $env:AWSENV_CACHE_DIR = '/nowhere'\n"
        "function prompt { 'PROMPT> ' }\n"
    )
    path = need_shell("pwsh")
    env = {**os.environ, "SHELL": path, "TERM": "xterm-256color", "XDG_CONFIG_HOME": ""}
    line = f"{sys.executable} -m awsenv demo"
    with Driven(["sh", "-c", line], env, tmp_path, columns=150) as terminal:

        def see(text: str) -> None:
            terminal.wait_until(lambda: text in terminal.screen(), text)

        terminal.wait_until(lambda: terminal.screen().endswith("PROMPT>"), "the first prompt")
        assert terminal.screen().startswith("This is an AWS of your own"), "nothing before that"
        terminal.type('"is $env:AWS_PROFILE. $env:AWSENV_CACHE_DIR" -replace "demo-\\w+", "X"\r')
        see("awsenv-X/cache")
        assert "is . " in terminal.screen()
        terminal.type("awsenv assume prod-admin\r")
        see("MFA code for")
        (code,) = re.findall(r"authenticator: (\d{3} \d{3})", terminal.screen())
        terminal.type(f"{code}\r")
        terminal.wait_until(
            lambda: re.search(r"\[prod-admin [159hm0]+\] PROMPT>$", terminal.screen()),
            "the segment",
        )
        terminal.type("awsenv whoami\r")
        see("assumed-role/prod-admin/")
        # PowerShell loses what is typed before it reads the next line.
        time.sleep(1)
        terminal.type("exit\r")
        assert terminal.wait_for_end() == 0


def test_the_authenticator_ticks_and_the_session_starts_green(tmp_path: Path) -> None:
    env = {**os.environ, "SHELL": need_shell("bash"), "TERM": "xterm-256color", "PS1": "> "}
    line = f"{sys.executable} -m awsenv demo"
    with Driven(["bash", "--norc", "-c", line], env, tmp_path, columns=150) as terminal:
        terminal.wait_until(lambda: "to leave" in terminal.screen(), "the greeting")
        terminal.type("awsenv assume prod-admin\r")
        terminal.wait_until(lambda: "MFA code for" in terminal.screen(), "the question")

        def seconds() -> set[str]:
            return set(re.findall(r"\((\d+) s left\)", bytes(terminal.raw).decode()))

        terminal.wait_until(lambda: len(seconds()) > 2, "a clock that ticks")
        (code,) = re.findall(r"authenticator: (\d{3} \d{3})", terminal.screen())
        terminal.type(f"{code}\r")
        terminal.wait_until(
            lambda: (
                "[prod-admin 59m]" in terminal.screen() or "[prod-admin 1h00m]" in terminal.screen()
            ),
            "the segment",
        )
        terminal.type("awsenv demo expire 20\rawsenv assume dev\r")
        terminal.wait_until(
            lambda: "MFA code for" in terminal.screen().rpartition("expire 20")[2],
            "the next question",
        )
        terminal.type("\x03")
        terminal.type("exit\r")
        terminal.wait_for_end()
    assert re.search(rb"\x1b\[32m[^\x1b]{0,8}\[prod-admin", bytes(terminal.raw))


def test_without_the_aws_cli_its_suggestion_works_all_the_same(tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path), "TERM": "xterm-256color", "PATH": "/usr/bin:/bin", "PS1": "> "}
    if shutil.which("aws", path=env["PATH"]):
        pytest.skip("THE AWS CLI IS INSTALLED FOR EVERYBODY: its stand-in is not tested here")
    line = f"{sys.executable} -m awsenv demo"
    with Driven([need_shell("bash"), "--norc", "-c", line], env, tmp_path, columns=150) as terminal:

        def see(text: str) -> None:
            terminal.wait_until(lambda: text in terminal.screen(), text)

        see("try `aws sts get-caller-identity`")
        terminal.type("awsenv demo expire 3\r")
        see("new sessions last 3 s")
        terminal.type("awsenv assume prod-admin\r")
        see("MFA code for")
        (code,) = re.findall(r"authenticator: (\d{3} \d{3})", terminal.screen())
        terminal.type(f"{code}\r")
        see("prod-admin for ")
        terminal.type("aws s3 ls --profile x\r")
        see("no AWS CLI is installed")
        time.sleep(3)
        terminal.type("aws sts get-caller-identity\r")
        see("prod-admin has expired")
        # Enter: it runs as it is.
        terminal.type("\r")
        see("awsenv refresh renews")
        terminal.type("exit\r")
        terminal.wait_for_end()


def test_fish_greets_before_the_demo_does(clean_env: Path, tmp_path: Path) -> None:
    path = need_shell("fish")
    config = clean_env / ".config/fish/config.fish"
    config.parent.mkdir(parents=True)
    config.write_text("function fish_greeting; echo MINE; end\n")
    (clean_env / ".local/share/fish/generated_completions").mkdir(parents=True)
    env = {**os.environ, "SHELL": path, "TERM": "xterm-256color"}
    line = f"{sys.executable} -m awsenv demo"
    with Driven([path, "--no-config", "-c", line], env, tmp_path, columns=150) as terminal:
        terminal.wait_until(lambda: "hook, and in scripts" in terminal.screen(), "the text")
        assert terminal.screen().splitlines()[0] == "MINE"
        assert terminal.screen().count("MINE") == 1
        terminal.type("exit\r")
        terminal.wait_for_end()
