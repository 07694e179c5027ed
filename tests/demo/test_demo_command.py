"""`awsenv demo` as a newcomer runs it: the tour without a terminal, the shell at one."""

import os
import sys
from pathlib import Path

import pexpect
import pytest

from support.shells_at_hand import need_shell
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
    assert "All 7 steps did what they should" in done.stdout
    assert (aws / "config").read_text() == "[default]\nregion = xx\n"
    assert not (clean_env / ".cache").exists()


def test_tour_fails_when_a_step_fails(clean_env: Path, tmp_path: Path) -> None:
    program = "from awsenv.demo import tour; from awsenv.cli.command_line import run; import sys;"
    program += "s = tour.SCENES; tour.SCENES = (s[0], tour.Scene('x', 'false', 'x'));"
    program += "sys.exit(run(['demo']))"
    import subprocess

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
    child.expect("live 30 s")
    child.send("awsenv demo code\r")
    child.expect(r"demo authenticator: \d{3} \d{3} \(used")
    child.send("awsenv demo code 30\r")
    child.expect("takes no '30'")
    child.send("exit\r")
    child.expect("left-it")
    child.close()
    assert not (clean_env / ".aws").exists()
    assert not (clean_env / ".cache" / "awsenv").exists()
