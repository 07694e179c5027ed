"""`awsenv exec PROFILE` without a command: the person's own shell, with the session in it."""

import os
import re
from pathlib import Path

import pytest

pytest.importorskip("termios")

from support.shells_at_hand import need_shell
from support.terminal_driver import Driven, drive
from support.world import RunningSts, run_awsenv

SHELLS = ("bash", "zsh", "fish", "pwsh")
RC = {
    "bash": (".bashrc", "export AWS_PROFILE=other; PS1='theirs> '; mark=mine\n"),
    "zsh": (".zshrc", "export AWS_PROFILE=other; PS1='theirs> '; mark=mine\n"),
    "fish": (
        ".config/fish/config.fish",
        "set -gx AWS_PROFILE other; set -g mark mine; function fish_prompt; echo 'theirs> '; end\n",
    ),
    "pwsh": (
        ".config/powershell/Microsoft.PowerShell_profile.ps1",
        "$env:AWS_PROFILE = 'other'; $mark = 'mine'\n",
    ),
}


def environment(sts: RunningSts) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": sts.url,
        "AWS_CONFIG_FILE": str(sts.aws_folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(sts.aws_folder / "credentials"),
    }


def outer(name: str, folder: Path, sts: RunningSts) -> Driven:
    """A shell without any hook, whose home has an rc file for the shells within."""
    need_shell(name)
    shell = drive(name, folder, env=environment(sts), columns=200)
    file = folder / f"home-{name}" / RC[name][0]
    file.parent.mkdir(parents=True, exist_ok=True)
    if name == "zsh":
        # The driver's own stands there.
        file = folder / "home-zsh" / "inner" / ".zshrc"
        file.parent.mkdir()
        shell.run(f"export ZDOTDIR={file.parent}")
    file.write_text(RC[name][1])
    return shell


def variable(name: str, of: str) -> str:
    """The line that shows a variable between marks, which the line itself does not have."""
    if name == "pwsh":
        return f'"<" + {of} + ">"'
    return f'echo "<{of}>"'


def at_the_prompt(shell: Driven, name: str, line: str) -> None:
    """Types a line once the inner shell shows its empty prompt, with the hook's segment in front.

    PowerShell garbles or loses what is typed ahead of it.
    """
    theirs = "PS .*>" if name == "pwsh" else "theirs>"
    prompt = re.compile(rf"^\[prod-admin (1h00m|59m)\] {theirs}$")
    shell.wait_until(lambda: prompt.match(shell.screen().splitlines()[-1]), "the prompt within")
    shell.type(f"{line}\r")


@pytest.mark.parametrize("name", SHELLS)
def test_it_is_theirs_with_the_session_and_the_hook(
    name: str, tmp_path: Path, sts: RunningSts
) -> None:
    dollar = "$env:" if name == "pwsh" else "$"
    with outer(name, tmp_path, sts) as shell:
        shell.submit("awsenv exec prod-admin")
        shell.wait_for("MFA code for")
        shell.type(f"{sts.code()}\r")
        shell.wait_for("this is a new ")
        shell.wait_for("; exit leaves it")
        at_the_prompt(shell, name, variable(name, "$mark"))
        shell.wait_for("<mine>")
        # What their rc file sets does not win over the session.
        at_the_prompt(shell, name, variable(name, f"{dollar}AWS_PROFILE"))
        shell.wait_for("<>")
        at_the_prompt(shell, name, 'awsenv prompt --format "({account})"')
        shell.wait_for("(444455556666)")
        at_the_prompt(shell, name, "awsenv status")
        shell.wait_for("time left")
        at_the_prompt(shell, name, "awsenv whoami")
        shell.wait_for("assumed-role/prod-admin/")
        cache = tmp_path / f"home-{name}" / ".cache" / "awsenv" / "shells"
        assert list(cache.iterdir()) == []
        if name == "zsh":
            at_the_prompt(shell, name, 'echo "<$ZDOTDIR>"')
            shell.wait_for("/home-zsh/inner>")
        at_the_prompt(shell, name, "exit")
        shell.wait_for_prompt()
        # The shell outside is without it.
        assert shell.run(variable(name, f"{dollar}AWSENV_PROFILE")).strip() == "<>"


def test_without_a_profile_one_is_chosen(tmp_path: Path, sts: RunningSts) -> None:
    with drive("bash", tmp_path, env={**environment(sts), "AWSENV_PICKER": "plain"}) as shell:
        shell.submit("awsenv exec")
        shell.wait_for("profile>")
        shell.type("prod-adm\r")
        shell.wait_for("MFA code for")
        shell.type(f"{sts.code()}\r")
        shell.wait_for("[prod-admin ")
        shell.type("exit 3\r")
        shell.wait_for_prompt()
        assert shell.run("echo $?") == "3"


def test_a_shell_that_has_no_hook(tmp_path: Path, sts: RunningSts) -> None:
    with drive("bash", tmp_path, env={**environment(sts)}) as shell:
        shell.submit("dash")
        shell.wait_for("#")
        shell.type("awsenv exec prod-admin\r")
        shell.wait_for("MFA code for")
        shell.type(f"{sts.code()}\r")
        shell.wait_for("this is a new dash with prod-admin")
        shell.type('echo "<$AWSENV_PROFILE>"\r')
        shell.wait_for("<prod-admin>")


def test_where_there_is_no_terminal(sts: RunningSts) -> None:
    for words in (["prod-admin"], []):
        done = run_awsenv("exec", *words)
        assert done.returncode == 2
        assert "there is no command to run" in done.stderr
        assert "hint: awsenv exec PROFILE COMMAND …" in done.stderr
    assert os.listdir(Path.home()) == [".aws"]


def test_a_login_shell_that_is_gone_is_looked_for_on_the_path(
    tmp_path: Path, sts: RunningSts
) -> None:
    with outer("bash", tmp_path, sts) as shell:
        shell.run(f"awsenv login --mfa-code {sts.code()}")
        shell.submit("SHELL=/gone/bash awsenv exec prod-admin")
        shell.wait_for("this is a new bash with prod-admin")
        at_the_prompt(shell, "bash", "exit")
        shell.wait_for_prompt()
