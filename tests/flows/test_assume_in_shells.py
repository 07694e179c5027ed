"""The main line, evaluated by each real shell, with names and paths that try to break out."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.shells_at_hand import need_shell
from support.world import RunningSts

BIN = str(Path(sys.executable).parent)
NASTY = 'it\'s "a" $(touch pwned) `touch pwned` \\ ! %F{red} é\u2019片 -j'

# How each shell evaluates, and goes on only if that went well.
LINES = {
    "bash": 'set -euo pipefail; eval "$({})" && {}',
    "zsh": 'setopt err_exit no_unset csh_junkie_quotes; eval "$({})" && {}',
    "dash": 'set -eu; eval "$({})" && {}',
    "fish": "{} | source; and {}",
}


@pytest.fixture
def nasty_home(sts: RunningSts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A HOME of a nasty name, whose config has a profile of that name."""
    home = tmp_path / NASTY.replace("/", "")
    shutil.move(os.environ["HOME"], home)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(tmp_path)
    role = sts.world.role("dev").arn
    with (home / ".aws" / "config").open("a") as file:
        quoted = NASTY.replace("\\", "\\\\").replace('"', '\\"').replace("`", "\\`")
        file.write(f'\n[profile "{quoted}"]\nrole_arn = {role}\nsource_profile = default\n')
        file.write(f"mfa_serial = {sts.world.user('alice').mfa.serial}\nregion = eu-west-1\n")
    return home


def run_in(shell: str, *commands: str) -> subprocess.CompletedProcess[str]:
    line = LINES[shell].format(*commands)
    flags = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"], "dash": []}[shell]
    return subprocess.run(
        [need_shell(shell), *flags, "-c", line],
        env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        start_new_session=True,
    )


@pytest.mark.parametrize("shell", list(LINES))
def test_nasty_names_come_through(shell: str, sts: RunningSts, nasty_home: Path) -> None:
    from awsenv.config import load
    from awsenv.shells import get

    names = [name for name in load().profiles if name.startswith("it's")]
    assert len(names) == 1
    quoted = get("posix" if shell == "dash" else shell).value(names[0])
    check = f"{sys.executable} -c 'import os; print(ascii(os.environ[\"AWSENV_PROFILE\"]))'"
    done = run_in(
        shell,
        f"awsenv assume {quoted} --mfa-code {sts.code()}",
        f"{check} && aws sts get-caller-identity --output text --query Arn",
    )
    assert done.returncode == 0, done.stderr
    told, arn = done.stdout.splitlines()
    assert told == ascii(names[0])
    assert "assumed-role/dev/" in arn
    assert not list(nasty_home.parent.glob("**/pwned"))


@pytest.mark.parametrize("shell", list(LINES))
def test_a_failure_stops_the_line(shell: str, sts: RunningSts) -> None:
    after = "echo REACHED"
    done = run_in(shell, "awsenv assume nope", after)
    assert "REACHED" not in done.stdout
    assert done.returncode != 0
    assert "there is no profile 'nope'" in done.stderr
