"""`awsenv init --install --alias NAME`: a function of that name in each real shell, with TAB."""

import os
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from support.shells_at_hand import need_shell
from support.terminal_driver import Driven, drive
from support.world import RunningSts

pytestmark = pytest.mark.skipif(os.name == "nt", reason="THESE SHELLS ARE NOT ON WINDOWS")
Run = Callable[..., subprocess.CompletedProcess[str]]
SHELLS = {"bash": "bash", "zsh": "zsh", "fish": "fish", "pwsh": "powershell"}
# The file has to be there before the completion system looks for it.
COMPINIT = "autoload -Uz compinit; compinit -u -D\n"


def shell_with_name(program: str, folder: Path, sts: RunningSts, awsenv: Run) -> Driven:
    """A shell whose rc file is what the command prints, with `assume` for a short name."""
    home = folder / f"home-{program}"
    data = {"XDG_DATA_HOME": str(home / ".local" / "share")}
    done = awsenv("init", SHELLS[program], "--alias", "assume", env=data)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2
    env = {
        "AWS_ENDPOINT_URL": sts.url,
        "AWS_CONFIG_FILE": str(sts.aws_folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(sts.aws_folder / "credentials"),
        "AWSENV_PROMPT": "off",
    }
    # Moved aside, for the driver makes the folders itself.
    kept = folder / "share"
    (home / ".local" / "share").rename(kept)
    (home / ".local").rmdir()
    home.rmdir()
    text = done.stdout.replace(str(home / ".local" / "share"), str(kept))
    rc = (COMPINIT if program == "zsh" else "") + text
    return drive(program, folder, rc=rc, env=env)


@pytest.mark.parametrize("program", SHELLS)
def test_the_short_name_assumes_and_completes(
    program: str, tmp_path: Path, sts: RunningSts, awsenv: Run
) -> None:
    need_shell(program)
    shown = "$env:AWSENV_PROFILE" if program == "pwsh" else 'echo "$AWSENV_PROFILE"'
    with shell_with_name(program, tmp_path, sts, awsenv) as shell:
        shell.submit("assume prod-admin")
        shell.wait_for("MFA code for")
        shell.type(f"{sts.code()}\r")
        shell.wait_for_prompt()
        assert shell.run(shown).strip() == "prod-admin"
        # Options are handed on as they are.
        shell.run("assume dev --region us-west-2")
        region = "$env:AWS_REGION" if program == "pwsh" else 'echo "$AWS_REGION"'
        assert shell.run(region).strip() == "us-west-2"
        # TAB knows the profiles, and the options.
        shell.type("assume prod-ad\t")
        shell.wait_until(lambda: "assume prod-admin" in shell.screen().splitlines()[-1], "TAB")
        # zsh may still be at its completion, which the first one ends.
        presses = iter(range(20))
        while not shell.screen().endswith(">") and next(presses, None) is not None:
            shell.press("ctrl-c")
            with suppress(AssertionError):
                shell.wait_until(lambda: shell.screen().endswith(">"), "an empty line", 2)
        shell.type("assume --mfa-ser\t")
        shell.wait_until(lambda: "--mfa-serial" in shell.screen().splitlines()[-1], "TAB")


@pytest.mark.parametrize("program", SHELLS)
def test_a_line_that_leaves_by_the_short_name_asks_nothing_for_the_old_session(
    program: str, tmp_path: Path, sts: RunningSts, awsenv: Run
) -> None:
    need_shell(program)
    shown = "$env:AWSENV_PROFILE" if program == "pwsh" else 'echo "$AWSENV_PROFILE"'
    end = {"pwsh": "$env:AWSENV_EXPIRES_AT = '1'", "fish": "set -gx AWSENV_EXPIRES_AT 1"}
    with shell_with_name(program, tmp_path, sts, awsenv) as shell:
        shell.run(f"assume dev --mfa-code {sts.code()}")
        for record in tmp_path.glob("*/.cache/awsenv/sessions/*"):
            record.unlink()
        shell.run(end.get(program, "export AWSENV_EXPIRES_AT=1"))
        shell.submit("assume prod-admin && aws --debug")
        shell.wait_for("MFA code for")
        assert "(prod-admin" in shell.output(whole=True)
        assert "has expired" not in shell.output(whole=True)
        shell.press("ctrl-c")
        shell.wait_for_prompt()
        assert shell.run(shown).strip() == "dev"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_it_comes_with_the_line_stays_and_goes_with_it(
    shell: str, clean_env: Path, awsenv: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ZDOTDIR", raising=False)
    rc = clean_env / {"bash": ".bashrc", "zsh": ".zshrc", "fish": ".config/fish/config.fish"}[shell]
    rc.parent.mkdir(parents=True, exist_ok=True)
    rc.write_bytes(b"a=1\r\n")
    if os.uname().sysname == "Darwin" and shell == "bash":
        pytest.skip("macOS has another rc file")
    assert awsenv("init", shell, "--install", "--alias", "assume").returncode == 0
    once = rc.read_bytes()
    assert once.count(b"assume; ") == 1
    assert b"\n" not in once.replace(b"\r\n", b"")
    # Installed anew, it stays; with another name it is that one.
    assert "has the line already" in awsenv("init", shell, "--install").stderr
    assert rc.read_bytes() == once
    assert awsenv("init", shell, "--install", "--alias", "aa").returncode == 0
    assert b" aa; " in rc.read_bytes()
    assert b"assume; " not in rc.read_bytes()
    assert awsenv("init", shell, "--uninstall").returncode == 0
    assert rc.read_bytes() == b"a=1\r\n"


@pytest.mark.parametrize("program", SHELLS)
def test_the_line_to_type_now_makes_the_name_too(
    program: str, tmp_path: Path, sts: RunningSts
) -> None:
    need_shell(program)
    env = {"AWS_CONFIG_FILE": str(sts.aws_folder / "config"), "AWSENV_PROMPT": "off"}
    with drive(program, tmp_path, env=env, columns=400) as shell:
        told = shell.run("awsenv init --install --alias assume")
        line = told.partition("this shell now, type: ")[2].splitlines()[0]
        shell.run(line)
        assert "no profile 'nope'" in shell.run("assume nope")
        # Installed once more, the name that is there stays.
        assert f"type: {line}" in shell.run("awsenv init --install")


@pytest.mark.parametrize("name", ["", "awsenv", "a b", "$(x)", "1x", "a;b", "ä"])
def test_a_name_that_is_none(name: str, awsenv: Run, clean_env: Path) -> None:
    done = awsenv("init", "bash", "--alias", name)
    assert done.returncode == 2
    assert "--alias" in done.stderr


def test_what_it_hides_is_told(awsenv: Run, tmp_path: Path) -> None:
    program = tmp_path / "assume"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = awsenv("init", "bash", "--alias", "assume", env={"PATH": path})
    assert f"hides {program}" in done.stderr
