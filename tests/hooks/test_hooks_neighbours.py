"""The hooks beside other people's, in either loading order."""

import os
import re
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("termios")
from support.hook_neighbours import NEIGHBOURS, Neighbour, environment
from support.hooked_shells import KEY, SYNTAXES, Hooked, programs, start
from support.shells_at_hand import need_program
from support.world import RunningSts

SHELLS = [each for each in programs() if each[0] in ("bash", "zsh", "fish")]
CASES = [
    pytest.param(neighbour, shell, id=f"{neighbour.name}-{shell[1] or shell[0]}")
    for neighbour in NEIGHBOURS
    for shell in SHELLS
    if shell[0] in neighbour.lines
]


def _start(
    neighbour: Neighbour,
    shell: tuple[str, str | None],
    order: str,
    folder: Path,
    sts: RunningSts,
) -> Hooked:
    name, program = shell
    missing = neighbour.missing(name)
    if missing and neighbour.expected:
        need_program(missing)
    if missing:
        pytest.skip(f"{missing.upper()} IS NOT INSTALLED: {neighbour.name} is not tried here")
    lines = neighbour.lines[name]
    place = {"before" if order == "it first" else "after": lines}
    return start(SYNTAXES[name], folder, sts, program=program, env=environment(folder), **place)


@pytest.mark.parametrize("order", ["it first", "awsenv first"])
@pytest.mark.parametrize(("neighbour", "shell"), CASES)
def test_beside(
    neighbour: Neighbour,
    shell: tuple[str, str | None],
    order: str,
    tmp_path: Path,
    sts: RunningSts,
) -> None:
    h = _start(neighbour, shell, order, tmp_path, sts)
    with h.shell:
        h.assume()
        h.shell.run("true")
        assert h.prompt().count("[dev ") == 1, h.prompt()
        if "theme" in neighbour.name:
            assert "theme #" in h.prompt()
        if neighbour.name == "starship":
            # Its own module reads AWS_CREDENTIAL_EXPIRATION.
            assert re.search(r"aws< (1h|59m)", h.prompt())
        h.lapse()
        for line in ("aws a; aws b", "echo x | aws a"):
            h.ask(line)
            h.shell.press("ctrl-c")
            h.wait_until_dropped(line)
            assert h.calls() == []
        h.ask("aws a; aws b")
        h.answer(h.sts.code())
        assert [call.split()[0] for call in h.calls()] == ["a", "b"]
        first, last = h.syntax.after_false.split("\r")
        h.shell.run(first)
        assert h.shell.run(last) == "status=1"
        if neighbour.name.endswith("-like"):
            h.shell.run("echo told of")
            saw = h.shell.run("echo $neighbour_saw")
            expected = "<mise>" if "mise" in neighbour.name else "<echo told of>"
            assert expected in saw.replace("\n", "")
            assert "__awsenv" not in saw
        h.assert_sane()
        h.shell.run("awsenv unset")
        if neighbour.name == "powerlevel10k-theme":
            # Its lines call for awsenv.
            return
        h.shell.run("awsenv_unload")
        assert h.shell.run("echo fine") == "fine"
        assert "awsenv" not in h.prompt()


@pytest.mark.parametrize("order", ["it first", "awsenv first"])
@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell[1] or shell[0])
def test_keys_from_direnv_are_left_alone(
    shell: tuple[str, str | None], order: str, tmp_path: Path, sts: RunningSts
) -> None:
    direnv = next(each for each in NEIGHBOURS if each.name == "direnv")
    h = _start(direnv, shell, order, tmp_path, sts)
    project = h.home / "project"
    project.mkdir()
    (project / ".envrc").write_text(f"export {KEY}=AKIAOFTHEPROJECT\n")
    allowing = {**os.environ, "HOME": str(h.home), "XDG_DATA_HOME": str(h.home / ".local/share")}
    subprocess.run(["direnv", "allow", project], check=True, env=allowing)
    with h.shell:
        h.assume()
        h.shell.run(f"cd {project}")
        h.shell.run("true")
        assert "[dev" not in h.prompt()
        h.apply({"AWSENV_EXPIRES_AT": "1"})
        assert "AKIAOFTHEPROJECT" in h.shell.run("aws a")
        h.shell.run("cd ..")
        h.shell.run("true")
        assert h.segment() == "[dev expired] "


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell[1] or shell[0])
def test_an_envrc_may_ask_for_a_code(
    shell: tuple[str, str | None], tmp_path: Path, sts: RunningSts
) -> None:
    direnv = next(each for each in NEIGHBOURS if each.name == "direnv")
    h = _start(direnv, shell, "awsenv first", tmp_path, sts)
    project = h.home / "project"
    project.mkdir()
    (project / ".envrc").write_text('eval "$(awsenv assume dev)"\n')
    allowing = {**os.environ, "HOME": str(h.home), "XDG_DATA_HOME": str(h.home / ".local/share")}
    subprocess.run(["direnv", "allow", project], check=True, env=allowing)
    with h.shell:
        h.ask(f"cd {project}")
        h.shell.press("ctrl-c")
        h.shell.wait_for_prompt()
        assert h.variable(KEY) == ""
        h.assert_sane()
        h.shell.run("cd ..")
        h.ask(f"cd {project}")
        h.answer(h.sts.code())
        h.shell.run("true")
        assert h.segment().startswith("[dev ")
        assert h.variable(KEY).startswith("ASIA")
        h.assert_sane()


@pytest.mark.parametrize("order", ["it first", "awsenv first"])
@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell[1] or shell[0])
def test_fzf_opens_while_the_session_has_lapsed(
    shell: tuple[str, str | None], order: str, tmp_path: Path, sts: RunningSts
) -> None:
    fzf = next(each for each in NEIGHBOURS if each.name == "fzf")
    h = _start(fzf, shell, order, tmp_path, sts)
    with h.shell:
        h.pretend(0)
        (h.home / "some-file").touch()
        h.shell.type("echo \x14")
        h.shell.wait_until(lambda: re.search("> .*some-file", h.shell.screen(), re.S), "fzf")
        h.shell.type("some-file")
        h.shell.wait_until(lambda: "> some-file" in h.shell.screen(), "what was typed into fzf")
        h.shell.press("enter")
        h.shell.wait_until(lambda: h.prompt().endswith("echo some-file"), "the file on the line")
        h.shell.press("enter")
        h.shell.wait_for_prompt()
        assert "MFA" not in h.shell.screen()
