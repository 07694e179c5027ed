"""What TAB offers, asked of the program and seen in real shells."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from awsenv.cli import completion
from awsenv.commands import COMMANDS, load
from awsenv.parameters.declared import parameters
from support.terminal_driver import Driven, bare_environment, drive
from support.world import run_awsenv

ROOT = Path(__file__).parents[2]
CONFIG = """
[default]
region = eu-west-1
[profile prod-admin]
[profile prod-audit]
[profile "my lab's"]
[profile team:dev]
[profile team:ops]
[sso-session work]
"""


@pytest.fixture
def config(clean_env: Path) -> Path:
    folder = clean_env / ".aws"
    folder.mkdir()
    (folder / "config").write_text(CONFIG)
    (folder / "credentials").write_text("[keys]\naws_access_key_id = AKIA\n")
    return folder


def offered(*words: str) -> list[str]:
    done = run_awsenv("__complete", *words)
    assert done.returncode == 0
    assert done.stderr == ""
    return done.stdout.splitlines()


NAMES = ["default", "prod-admin", "prod-audit", "my lab's", "team:dev", "team:ops", "keys"]


def test_names_of_profiles(config: Path) -> None:
    assert offered("fish", "assume", "") == NAMES
    assert offered("fish", "assume", "--source-profile", "x") == NAMES
    assert offered("fish", "assume", "--source-profile=") == [
        f"--source-profile={name}" for name in NAMES
    ]
    assert offered("zsh", "status", "") == [name.replace(":", "\\:") for name in NAMES]
    assert offered("powershell", "=exec", "=prod") == ["prod-admin", "prod-audit"]
    assert offered("fish", "assume", "--duration", "2h", "") == NAMES
    assert "8h" in offered("fish", "assume", "--duration", "")
    assert offered("powershell", "=save", "=dev", "=--as", "=prod-ad") == ["prod-admin"]
    regions = offered("powershell", "=assume", "=dev", "=--region", "=eu-cent")
    assert regions == ["eu-central-1", "eu-central-2"]
    assert offered("fish", "assume", "dev", "") == []


def test_names_that_begin_with_a_dash(config: Path) -> None:
    """An option, unless -- stands before it; PowerShell is offered both at once."""
    (config / "config").write_text("[profile -dash]\n[profile dev]\n")
    assert offered("powershell", "=assume", "=") == ["-- -dash", "dev", "keys"]
    assert offered("powershell", "=assume", "=-da") == ["-- -dash"]
    assert offered("powershell", "=assume", "=--region", "=x", "=-da") == ["-- -dash"]
    assert offered("powershell", "=keys", "=add", "=") == ["-- -dash", "dev", "keys"]
    assert offered("powershell", "=assume", "=--", "=-") == ["-dash"]
    for shell in ("fish", "zsh"):
        assert offered(shell, "assume", "") == ["dev", "keys"]
        assert "-dash" not in "\n".join(offered(shell, "assume", "-"))
        assert offered(shell, "assume", "--", "-") == ["-dash", "dev", "keys"]
        assert offered(shell, "assume", "--source-profile", "") == ["dev", "keys"]
        assert "--source-profile=-dash" in offered(shell, "assume", "--source-profile=")
        assert offered(shell, "save", "dev", "--as", "") == ["dev", "keys"]
        assert offered(shell, "exec", "--", "-dash", "a") == ["\tcommand 4"]
        assert offered(shell, "exec", "--", "-dash", "--", "a") == ["\tcommand 5"]
    assert offered("bash", "-d", "awsenv assume -- -d") == ["-dash"]
    assert offered("bash", "", "awsenv assume ") == ["dev", "keys"]


def test_commands_and_options(config: Path) -> None:
    names = [line.partition("\t")[0] for line in offered("fish", "")]
    assert names == [*COMMANDS, "auto"]
    assert "exec:Run a command with a role's credentials." in "\n".join(offered("zsh", ""))
    options = [line.partition("\t")[0] for line in offered("fish", "assume", "-")]
    assert {"--role-arn", "--mfa-code", "--shell", "--min-left", "--help"} <= set(options)
    assert offered("powershell", "=assume", "=--mfa-s")[0].startswith("--mfa-serial\tUse this")
    assert offered("fish", "assume", "--format", "") == ["json", "dotenv", "cmd"]
    assert offered("fish", "assume", "--format=") == [
        "--format=json",
        "--format=dotenv",
        "--format=cmd",
    ]
    assert offered("fish", "init", "") == ["bash", "zsh", "fish", "powershell"]
    assert offered("fish", "auto", "") == ["on", "off", "all"]
    assert offered("fish", "nonsense", "") == []
    assert offered("fish", "exec", "dev", "aws", "s3", "") == ["\tcommand 3"]
    assert offered("fish", "exec", "dev", "--", "aws", "") == ["\tcommand 4"]
    assert offered("fish", "exec", "--region", "x", "dev", "a") == ["\tcommand 5"]


@pytest.mark.parametrize(
    ("part", "line", "wanted"),
    [
        ("prod", "awsenv assume prod", ["prod-admin", "prod-audit"]),
        ("m", "awsenv assume m", ["my\\ lab\\'s"]),
        ("my\\ l", "awsenv assume my\\ l", ["my\\ lab\\'s"]),
        ("my l", 'awsenv assume "my l', ["my lab's"]),
        ("de", "awsenv assume team:de", ["dev"]),
        ("", "awsenv assume team:", ["dev", "ops"]),
        ("team:d", "awsenv assume 'team:d", ["team:dev"]),
        ("ba", "awsenv assume --shell=ba", ["bash"]),
        ("", "awsenv assume x ", []),
        ("cred", "awsenv cred", ["credential-process"]),
    ],
)
def test_as_bash_wants_it(config: Path, part: str, line: str, wanted: list[str]) -> None:
    found = offered("bash", part, line)
    assert [name.partition("\t")[0] for name in found] == wanted


def test_nothing_is_said_whatever_is_wrong(config: Path) -> None:
    for words in ([], ["bash"], ["fish"], ["fish", ""], ["nu", "assume", ""]):
        done = run_awsenv("__complete", *words, env={"AWS_CONFIG_FILE": "/dev/null/x"})
        assert done.returncode == 0
        assert done.stderr == ""
    (config / "config").write_bytes(b"\xff[profile \xfe]\n[profile a]\n[profile a]\n= x")
    assert "a" in offered("fish", "assume", "")


def test_the_table_of_commands_is_the_command_lines() -> None:
    found = [name for name in COMMANDS if "profile" in parameters(load(name))]
    second = {name for name, _ in completion.THEN_PROFILE}
    assert sorted(found) == sorted(set(completion.TAKE_PROFILE) & set(COMMANDS) | second)


def test_a_profile_name_takes_next_to_nothing(config: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "awsenv", "__complete", "fish", "assume", ""],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == NAMES
    loaded = [line.rpartition("|")[2].strip() for line in done.stderr.splitlines()]
    own = {name for name in loaded if name.startswith("awsenv")}
    # Whether the main module is told of depends on how Python was started.
    assert own - {"awsenv.__main__"} == {
        "awsenv",
        "awsenv.entry",
        "awsenv.cli",
        "awsenv.cli.completion",
        "awsenv.config",
        "awsenv.config.ini",
        "awsenv.config.profiles",
        "awsenv.config.places",
        "awsenv.config.reading",
        "awsenv.errors",
        "awsenv.values",
        "awsenv.values.stamps",
    }
    for heavy in ("typer", "json", "typing", "dataclasses", "inspect"):
        assert heavy not in loaded


RC = {
    "bash": "source {file}\n",
    "zsh": "autoload -Uz compinit; compinit -u -D\nsource {file}\n",
    "fish": "source {file}\n",
}


@pytest.fixture(params=RC)
def shell(request: pytest.FixtureRequest, config: Path, tmp_path: Path) -> Iterator[Driven]:
    name = str(request.param)
    lots = "".join(f"[profile many-{n:04}]\nregion = x\n" for n in range(1000))
    (config / "config").write_text(CONFIG + lots)
    rc = RC[name].format(file=ROOT / "shell" / f"awsenv.{name}")
    env = {
        "AWS_CONFIG_FILE": str(config / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(config / "credentials"),
        "AWSENV_PROMPT": "off",
    }
    with drive(name, tmp_path, rc=rc, env=env, columns=200) as shell:
        yield shell


def line_after(shell: Driven, typed: str, wanted: str) -> None:
    """Type, press TAB, and wait for what then stands before the cursor; the line is left empty."""
    shell.type(f"{typed}\tX")
    prompt = f"#{shell.prompt_number}>"
    for line in (f"{prompt} {wanted}X", prompt):
        shell.wait_until(lambda: line in shell.screen().splitlines(), f"{line!r} on the screen")  # noqa: B023 - used at once
        shell.press("ctrl-u")


def test_tab(shell: Driven) -> None:
    line_after(shell, "awsenv whoa", "awsenv whoami ")
    line_after(shell, "awsenv assume prod-ad", "awsenv assume prod-admin ")
    line_after(shell, "awsenv assume many-0999", "awsenv assume many-0999 ")
    line_after(shell, "awsenv explain pro", "awsenv explain prod-a")
    line_after(shell, "awsenv assume --source-pro", "awsenv assume --source-profile ")
    line_after(shell, "awsenv exec --source-profile key", "awsenv exec --source-profile keys ")
    line_after(shell, "awsenv assume my", "awsenv assume my\\ lab\\'s ")
    line_after(
        shell, "awsenv exec prod-admin -- ls /usr/shar", "awsenv exec prod-admin -- ls /usr/share/"
    )
    line_after(shell, "awsenv exec prod-admin -- whoam", "awsenv exec prod-admin -- whoami ")
    line_after(shell, "awsenv exec prod-admin whoam", "awsenv exec prod-admin whoami ")


def test_tab_chooses_a_name_with_a_colon(shell: Driven) -> None:
    line_after(shell, "awsenv assume team:d", "awsenv assume team:dev ")


@pytest.mark.parametrize("name", ["bash", "zsh", "fish", "pwsh"])
def test_tab_knows_a_name_that_begins_with_a_dash(name: str, config: Path, tmp_path: Path) -> None:
    (config / "config").write_text("[profile -dash]\nregion = x\n")
    load = {**RC, "pwsh": "Import-Module '{file}'\n"}[name]
    ending = "psm1" if name == "pwsh" else name
    env = {"AWS_CONFIG_FILE": str(config / "config"), "AWSENV_PROMPT": "off"}
    rc = load.format(file=ROOT / "shell" / f"awsenv.{ending}")
    with drive(name, tmp_path, rc=rc, env=env, columns=200) as shell:
        typed = ["awsenv explain -- -da"]
        if name == "pwsh":
            # It asks for no word with letters behind a single dash.
            typed = ["awsenv explain ", "awsenv explain --region x "]
        for line in typed:
            shell.submit(f"{line}\t")
            shell.wait_for("profile '-dash' has neither a role nor keys")
            shell.wait_for_prompt()


def test_tab_name_reaches_the_program(shell: Driven) -> None:
    shell.submit("awsenv explain my\t")
    shell.wait_for('profile "my lab\'s" has neither a role nor keys')
    shell.wait_for_prompt()


# Names that would do something if they stood on a line as they are; two letters are typed.
HOSTILE = (
    "za$(touch p)",
    "zb'; touch p #",
    'zc"; touch p #',
    "zd`touch p`",
    "ze\\x $HOME",
    "zf;touch p",
    "zg&touch p|cat",
    "zh<p>p",
    "zi(touch p)",
    "zj!!!?",
    "zk*?[a]{b,c}",
    "zl #x",
    "zm'\"`$(touch p)",
    "zn=~/x:y",
    "zo^%!1",
    "zp!!",
    "zq'",
    'zr"',
)
QUOTES = {
    "bash": ("", "'", '"'),
    "zsh": ("", "'", '"', "$'"),
    "fish": ("", "'", '"'),
}
_COUNT = """#!/bin/sh
if [ "$1" = __complete ]; then exec {real} "$@"; fi
shift
printf '<%s>' "$#" "$@"
echo
"""


@pytest.mark.parametrize("shell_name", ["bash", "zsh", "fish"])
def test_tab_quotes_for_where_the_cursor_is(shell_name: str, config: Path, tmp_path: Path) -> None:
    names = "".join(f"[profile {shlex.quote(name)}]\nregion = x\n" for name in HOSTILE)
    (config / "config").write_text(CONFIG + names)
    tools = tmp_path / "tools"
    tools.mkdir()
    real = Path(sys.executable).parent / "awsenv"
    (tools / "awsenv").write_text(_COUNT.format(real=real))
    (tools / "awsenv").chmod(0o755)
    rc = RC[shell_name].format(file=ROOT / "shell" / f"awsenv.{shell_name}")
    env = {
        "AWS_CONFIG_FILE": str(config / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(config / "credentials"),
        "AWSENV_PROMPT": "off",
    }
    path = f"{tools}{os.pathsep}{bare_environment(tmp_path / 'x')['PATH']}"
    with drive(shell_name, tmp_path, rc=rc, env=env | {"PATH": path}, columns=200) as shell:
        for quote in QUOTES[shell_name]:
            for name in HOSTILE:
                shell.submit(f"awsenv explain {quote}{name[:2]}\t")
                shell.wait_for_prompt()
                assert shell.output() == f"<1><{name}>", (quote, name, shell.screen())
    assert not list(tmp_path.glob("**/p"))
