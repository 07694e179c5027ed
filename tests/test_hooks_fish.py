"""What only fish has: the Enter key and who else may bind it, vi mode, universal variables."""

from pathlib import Path

import pytest

pytest.importorskip("termios")
from hook_scenarios import KEY, SYNTAXES, Hooked, start
from support_world import RunningSts
from test_hooks import programs

FISHES = [program for name, program in programs() if name == "fish"]
every_fish = pytest.mark.parametrize("program", FISHES, ids=lambda program: program or "fish")


def _start(
    folder: Path, sts: RunningSts, program: str | None = None, before: str = "", **more: str
) -> Hooked:
    return start(SYNTAXES["fish"], folder, sts, before=before, program=program, **more)


@every_fish
@pytest.mark.parametrize("bindings", ["fish_vi_key_bindings", "fish_hybrid_key_bindings"])
def test_vi_modes(bindings: str, program: str | None, tmp_path: Path, sts: RunningSts) -> None:
    mode = "function fish_mode_prompt; echo -n $fish_bind_mode:; end"
    h = _start(tmp_path, sts, program, before=f"set -g fish_key_bindings {bindings}; {mode}")
    with h.shell:
        h.assume()
        h.lapse()
        for keys in ("", "\x1b"):
            h.shell.submit("")
            h.shell.wait_for_prompt()
            h.shell.type("aws a")
            h.shell.wait_until(lambda: h.prompt().endswith("aws a"), "the line")
            h.shell.type(keys)
            now = "default:" if keys else "insert:"
            h.shell.wait_until(lambda now=now: h.prompt().startswith(now), now)
            asked = h.shell.output(whole=True).count("MFA")
            h.shell.press("enter")
            h.shell.wait_for("MFA", times=asked + 1)
            h.shell.press("ctrl-c")
            h.shell.wait_until(lambda: h.prompt().endswith("aws a"), "the line again")
            h.shell.press("enter")
            h.shell.wait_for("MFA", times=asked + 2)
            h.answer("")
        assert [call.split()[0] for call in h.calls()] == ["a", "a"]
        # The next line begins in insert mode.
        assert h.shell.run("echo typed") == "typed"


@every_fish
def test_a_persons_own_enter_is_theirs(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    before = "bind \\r 'set -g mine yes; commandline -f execute'"
    h = _start(tmp_path, sts, program, before=before)
    with h.shell:
        h.assume()
        h.lapse()
        # The question comes all the same, but nothing can stop the line any more.
        h.ask("aws a")
        h.answer(h.sts.code())
        assert h.calls() == [f"a {h.variable(KEY)}"]
        assert h.shell.run("echo $mine") == "yes"
        assert "set -g mine" in h.shell.run("bind --user \\r")


@every_fish
def test_abbreviations_are_seen_through(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    before = "abbr -a -- s3 'aws s3 ls'; abbr -a -- quiet 'echo aws'"
    h = _start(tmp_path, sts, program, before=before)
    with h.shell:
        h.assume()
        h.lapse()
        assert h.shell.run("quiet") == "aws"
        h.ask("s3")
        h.answer(h.sts.code())
        assert [call.rpartition(" ")[0] for call in h.calls()] == ["s3 ls"]


@every_fish
def test_universal_variables_do_not_hide_the_session(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    before = "set -Ux AWS_ACCESS_KEY_ID AKIAUNIVERSAL; set -Ux AWS_REGION universal"
    h = _start(tmp_path, sts, program, before=before)
    with h.shell:
        h.assume()
        assert h.segment().startswith("[dev ")
        h.lapse()
        h.ask("aws a")
        h.answer(h.sts.code())
        assert h.calls()[0].startswith("a ASIA")
        h.shell.run("awsenv unset")
        assert h.variable(KEY) == "AKIAUNIVERSAL"


@every_fish
def test_half_a_line_is_not_asked_about(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    h = _start(tmp_path, sts, program)
    with h.shell:
        h.assume()
        h.lapse()
        h.shell.submit("for i in 1 2")
        h.shell.type("aws $i\r")
        assert "MFA" not in h.shell.output(whole=True)
        h.shell.type("end\r")
        h.shell.wait_for("MFA code for")
        h.answer(h.sts.code())
        assert [call.split()[0] for call in h.calls()] == ["1", "2"]


@every_fish
def test_the_prompt_sees_what_it_saw(program: str | None, tmp_path: Path, sts: RunningSts) -> None:
    after = 'function fish_prompt; echo -n "<$status $pipestatus>#$_driven> "; end'
    h = _start(tmp_path, sts, program, after=after)
    with h.shell:
        h.pretend(3030)
        h.shell.run("false | true | false")
        assert h.prompt().startswith("[prod-admin 50m] <1 1 0 1>#")
        # A theme that is set anew is wrapped anew.
        h.shell.run('function fish_prompt; echo theme; echo -n "#$_driven> "; end')
        h.shell.run("true")
        assert h.shell.screen().splitlines()[-2] == "[prod-admin 50m] theme"
        after = 'function fish_prompt; echo -n {(awsenv_segment)}; echo -n "#$_driven> "; end'
        h.shell.run(after)
        assert h.prompt().startswith("{[prod-admin 50m] }#")


def test_it_is_loaded_from_an_evaluated_line(tmp_path: Path, sts: RunningSts) -> None:
    for number, line in enumerate(("awsenv init fish | source", 'eval "$(awsenv init fish)"')):
        place = tmp_path / str(number)
        place.mkdir()
        h = _start(place, sts, hook=line)
        with h.shell:
            h.assume()
            assert h.segment().startswith("[dev ")
