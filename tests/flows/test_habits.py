"""What people type by habit is answered with the line to type, and help can be paged."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from awsenv import __version__
from awsenv.commands import COMMANDS, EVALUATED, load
from awsenv.parameters.declared import parameters
from support.terminal_driver import drive
from support.world import RunningSts, run_awsenv

ROLE = "arn:aws:iam::111122223333:role/x"
HABITS = {
    "prod-admin": 'type: eval "$(awsenv assume prod-admin)"',
    "prod-admin --region us-east-1": 'type: eval "$(awsenv assume prod-admin --region us-east-1)"',
    "prod-admin -- aws s3 ls": "type: awsenv exec prod-admin -- aws s3 ls",
    "assume prod-admin -- aws s3 ls": "type: awsenv exec prod-admin -- aws s3 ls",
    "assume prod-admin aws s3 ls": "type: awsenv exec prod-admin -- aws s3 ls",
    "assume prod-admin --region x -- aws s3 ls": "exec --region x prod-admin -- aws s3 ls",
    "assume --profile prod-admin": 'type: eval "$(awsenv assume prod-admin)"',
    "assume --profile prod-admin -- aws s3 ls": "type: awsenv exec prod-admin -- aws s3 ls",
    "assume -p prod-admin": 'type: eval "$(awsenv assume prod-admin)"',
    "assume --profile=prod-admin --duration 2h": "awsenv assume prod-admin --duration 2h",
    "whoami --profile dev": "type: awsenv whoami dev",
    "exec --profile dev aws s3 ls": "type: awsenv exec dev aws s3 ls",
    "exec --region us-east-1 --profile dev aws s3 ls": "exec --region us-east-1 dev aws s3 ls",
    f"assume {ROLE}": f"write it as --role-arn {ROLE}",
    "auto off": "awsenv init --install, then open a new shell",
    "xyzzy": "see awsenv --help",
}


@pytest.mark.parametrize("line", HABITS)
def test_the_line_to_type(line: str, sts: RunningSts) -> None:
    done = subprocess.run(
        ["bash", "-c", f'awsenv() {{ "{sys.executable}" -m awsenv "$@"; }}; awsenv {line}'],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (2, 3)
    assert HABITS[line] in done.stderr
    assert "hint: " in done.stderr
    assert sts.control.count("GetSessionToken") == 0


def test_with_the_hook_the_line_is_its_function(sts: RunningSts) -> None:
    (Path.home() / ".bashrc").write_text(run_awsenv("init", "bash").stdout)
    # Read by this bash, and not by whatever runs the tests.
    line = f'x=$("{sys.executable}" -m awsenv prod-admin); true'
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
    assert "hint: type: awsenv assume prod-admin\n" in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "pwsh"])
def test_a_command_behind_a_profile_with_the_hook(
    shell: str, sts: RunningSts, tmp_path: Path
) -> None:
    name = "powershell" if shell == "pwsh" else shell
    data = {"XDG_DATA_HOME": str(tmp_path / "data")}
    line = run_awsenv("init", name, env=data).stdout.strip()
    env = {name: text for name, text in os.environ.items() if name.startswith("AWS_")}
    env |= {
        "AWS_CONFIG_FILE": str(sts.aws_folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(sts.aws_folder / "credentials"),
    }
    with drive(shell, tmp_path, env=env, rc=line) as driven:
        for typed in ("dev -- aws s3 ls", "dev aws s3 ls", "--profile dev aws s3 ls"):
            shown = driven.run(f"awsenv assume {typed}")
            assert "hint: type: awsenv exec dev -- aws s3 ls" in shown
        assert "awsenv assume dev" in driven.run("awsenv assume --profile dev")


def test_quotes_around_a_whole_command(sts: RunningSts) -> None:
    """Told before anybody types a code for it, and with a session too."""
    for _ in range(2):
        done = run_awsenv("exec", "prod-admin", "aws s3 ls")
        assert done.returncode == 127
        assert "hint: leave out the quotes: aws s3 ls" in done.stderr
        run_awsenv("login", "prod-admin", "--mfa-code", sts.code())
    done = run_awsenv("exec", "longhaul", "--region", "us-east-1", "true")
    assert done.returncode == 127
    assert "hint: options of awsenv exec go before PROFILE" in done.stderr


@pytest.mark.parametrize("words", ["version", "-v", "-V", "--version"])
def test_the_version(words: str) -> None:
    done = run_awsenv(words)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"awsenv {__version__}\n", "")


def test_help() -> None:
    for words in (["help"], ["--help"], ["-h"], ["help", "nonsense"]):
        done = run_awsenv(*words)
        assert done.returncode == 0
        assert "Commands:" in done.stdout
        assert "awsenv auto on|off|all" in done.stdout
        assert done.stderr == ""
    assert run_awsenv("help", "list").stdout == run_awsenv("list", "--help").stdout
    # As PowerShell's own commands have it; behind exec's profile it is the command's.
    assert run_awsenv("-?").stdout == run_awsenv("--help").stdout
    for words in (["list"], ["exec"], ["assume", "dev"]):
        assert run_awsenv(*words, "-?").stdout == run_awsenv(words[0], "--help").stdout
    # By itself it is a mistake, and may be one in an evaluation.
    done = run_awsenv()
    assert done.returncode == 2
    assert "Commands:" not in done.stdout
    assert "Commands:" in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_can_be_paged_unless_its_output_is_evaluated(command: str) -> None:
    done = run_awsenv(command, "--help", env={"COLUMNS": "200"})
    assert done.returncode == 0
    shown, other = done.stdout, done.stderr
    if command in EVALUATED:
        shown, other = other, shown
    assert shown.startswith(f"Usage: awsenv {command}")
    assert other == ""
    declared = parameters(load(command)).values()
    for each in declared:
        if each.name.startswith("--"):
            assert (f"  {each.name} " in shown) != each.hidden, each.name
    groups = [line[:-1] for line in shown.splitlines() if line[:1].isupper() and line[-1:] == ":"]
    known = ["Arguments", "Options", "Which session", "MFA", "Output"]
    assert groups == [name for name in known if name in groups]
    assert ("Which session" in groups) == any(each.name == "--refresh" for each in declared)


def test_no_command_shows_an_option_that_it_refuses(sts: RunningSts) -> None:
    text = run_awsenv("save", "--help").stdout
    assert "--from-env" not in text
    assert "--mfa-code" in text
    keys = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "x"}
    done = run_awsenv("save", "dev", "--from-env", env=keys)
    assert done.returncode == 2, done.stderr
    assert "--from-env does not apply" in done.stderr
