"""What only fish has: the Enter key and who else may bind it, vi mode, universal variables."""

import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("termios")
from awsenv.environment.change import MANAGED, OWN
from support.hooked_shells import KEY, SYNTAXES, Hooked, programs, start
from support.shells_at_hand import need_program, need_shell
from support.world import RunningSts, settle, without_endpoints

FISHES = [program for name, program in programs() if name == "fish"]
every_fish = pytest.mark.parametrize("program", FISHES, ids=lambda program: program or "fish")


def _start(
    folder: Path, sts: RunningSts, program: str | None = None, before: str = "", **more: Any
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


OWN_ENTERS = {
    "a command": ("bind \\r 'set -g mine yes; commandline -f execute'", "set -g mine"),
    "a function": (
        "function mine; set -g mine yes; commandline -f execute; end; bind \\r mine",
        " mine",
    ),
    "input functions": ("set -g mine yes; bind \\r repaint execute", " repaint execute"),
}
# As tide's transient prompt does it: only once its prompt is first shown.
_TRANSIENT = (
    "function fish_prompt; function fish_prompt; if set -q transient; echo -n '> '; else; "
    'echo -n "#$_driven> "; end; end; function enter; set -g mine yes; set -g transient; '
    "commandline -f repaint; commandline -f execute; end; bind \\r enter; bind \\n enter; "
    "function after --on-event fish_postexec; set -e transient; end; fish_prompt; end"
)


@every_fish
@pytest.mark.parametrize("own", [*OWN_ENTERS, "transient"])
def test_a_persons_own_enter_is_done_after_the_question(
    own: str, program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    before, shown = OWN_ENTERS.get(own, (_TRANSIENT, " enter"))
    h = _start(tmp_path, sts, program, before=before)
    with h.shell:
        assert h.shell.run("echo a") == "a"
        h.assume()
        h.lapse()
        h.ask("aws a; aws b")
        h.shell.press("ctrl-c")
        h.wait_until_dropped("aws a; aws b")
        assert h.calls() == []
        h.ask("aws a")
        h.answer(h.sts.code())
        assert h.calls() == [f"a {h.variable(KEY)}"]
        assert h.shell.run("echo $mine") == "yes"
        h.shell.run("awsenv_unload")
        assert shown in h.shell.run("bind --user \\r")
        h.shell.submit("echo next")
        h.shell.wait_for(re.compile("^next", re.M))


@every_fish
def test_enter_that_is_bound_later_is_found_again(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    h = _start(tmp_path, sts, program)
    with h.shell:
        h.assume()
        for _ in range(3):
            h.shell.run("true")
        h.shell.run("bind \\r 'set -g mine yes; commandline -f execute'")
        # At the latest where it has asked too late.
        h.apply({"AWSENV_EXPIRES_AT": str(int(time.time()) + 100), "AWSENV_ISSUED_AT": "1"})
        for record in h.records():
            record.unlink()
        h.shell.run("true")
        h.ask("aws a; aws b")
        h.shell.press("ctrl-c")
        h.shell.wait_for_prompt()
        assert len(h.calls()) == 2
        h.ask("aws c; aws d")
        h.shell.press("ctrl-c")
        h.wait_until_dropped("aws c; aws d")
        assert len(h.calls()) == 2
        # And where the session expires.
        h.shell.run("bind \\r 'set -g mine again; commandline -f execute'")
        h.apply({"AWSENV_EXPIRES_AT": "1"})
        h.shell.run("true")
        h.ask("aws c; aws d")
        h.shell.press("ctrl-c")
        h.wait_until_dropped("aws c; aws d")
        assert len(h.calls()) == 2
        assert h.shell.run("echo $mine") == "again"


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
def test_aliases_are_seen_through(program: str | None, tmp_path: Path, sts: RunningSts) -> None:
    before = (
        "alias s3='aws s3'; alias tf 'command terraform'; alias quiet 'echo aws'; alias s33=s3;"
        " alias aws='aws --region x'; alias mine='aws --profile x'; alias loop1=loop2;"
        " alias loop2=loop1; function own; echo own; end"
    )
    h = _start(tmp_path, sts, program, before=before)
    with h.shell:
        h.assume()
        h.lapse()
        assert h.shell.run("quiet") == "aws"
        assert h.shell.run("own") == "own"
        h.shell.run("mine s3 ls")
        assert h.calls()[0].startswith("--region x --profile x s3 ls ")
        for line in ("s3 ls", "echo x | s3 cp - s3://b", "tf plan", "s33 ls", "aws s3 ls"):
            h.ask(line)
            h.shell.press("ctrl-c")
            h.wait_until_dropped(line)
        assert len(h.calls()) == 1


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


@every_fish
def test_a_virtual_environment_around_the_prompt(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    h = _start(tmp_path, sts, program)
    with h.shell:
        h.pretend(3030)
        # As the activate.fish of a Python environment does it, and its deactivate.
        h.shell.run(
            "functions -c fish_prompt _old_fish_prompt; function fish_prompt; "
            "set -l old_status $status; printf '(venv) '; echo exit $old_status | source; "
            "_old_fish_prompt; end"
        )
        for _ in range(3):
            assert "stack" not in h.shell.run("true")
            assert re.fullmatch(r"\(venv\) \[prod-admin 50m\] #\d+>", h.prompt())
        h.shell.run(
            "functions -e fish_prompt; functions -c _old_fish_prompt fish_prompt; "
            "functions -e _old_fish_prompt"
        )
        h.shell.run("true")
        assert h.segment() == "[prod-admin 50m] "
        # Unloaded inside of one, it does not break its prompt.
        h.shell.run(
            "functions -c fish_prompt _old_fish_prompt; "
            "function fish_prompt; echo -n '(venv) '; _old_fish_prompt; end"
        )
        h.shell.run("awsenv_unload")
        h.shell.run("true")
        assert re.fullmatch(r"\(venv\) #\d+>", h.prompt())


@every_fish
def test_a_prompt_is_as_it_would_be_without(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    h = _start(tmp_path, sts, program)
    with h.shell:
        for mode in ("!", "-n", "on"):
            h.pretend(3030, AWSENV_PROMPT=mode)
            assert h.segment() == ("[prod-admin 50m] " if mode == "on" else "")
        h.shell.run("function fish_prompt; printf '  one\\n\\n\\ttwo  \\n#%s> ' $_driven; end")
        h.shell.run("true")
        shown = h.shell.screen().splitlines()[-4:]
        assert [line.rstrip() for line in shown[:3]] == [
            "[prod-admin 50m]   one",
            "",
            "        two",
        ]
        h.shell.run("set -g AWSENV_PROMPT_FORMAT {left}\\n{profile}\\n")
        h.shell.run("true")
        assert h.shell.screen().splitlines()[-6:-4] == ["50m", "prod-admin"]


@every_fish
def test_the_text_and_its_colour_change_with_time(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    h = _start(tmp_path, sts, program)
    with h.shell:
        for left, before, after in (
            (903, "15m", "14m"),
            (63, "1m", r"5\ds"),
            (4, r"\ds", "expired"),
        ):
            h.pretend(left)
            assert re.fullmatch(rf"\[prod-admin {before}\] ", h.segment())

            def changed(after: str = after) -> bool:
                h.shell.run("true")
                return bool(re.fullmatch(rf"\[prod-admin {after}\] ", h.segment()))

            h.shell.wait_until(changed, after)
        # The colour changes while the text is still the same.
        h.pretend(932, AWSENV_PROMPT_WARN="930")
        colours = set()

        def yellow() -> bool:
            mark = len(h.shell.raw)
            h.shell.run("true")
            colours.update(re.findall(rb"\x1b\[(\d+)m\[prod-admin (\d+m)", h.shell.raw[mark:]))
            return (b"33", b"15m") in colours

        h.shell.wait_until(yellow, "the second colour")
        assert (b"32", b"15m") in colours
        # A hook that comes later has changed the keys: they are no longer ours, and nobody asks.
        h.shell.run(f"function later --on-event fish_prompt; set -gx {KEY} AKIADIRENV; end")
        h.apply({"AWSENV_EXPIRES_AT": "1"})
        assert "aws:a:AKIADIRENV" in h.shell.run("aws a")


# Where a person has such functions over further ones, fish itself no longer works.
BUILTINS = "path printf echo contains count"


@every_fish
def test_functions_of_the_persons_over_builtins(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    h = _start(tmp_path, sts, program)
    with h.shell:
        prompt = 'function fish_prompt; builtin printf "#%s> " $_driven; end'
        counted = "set -g _driven (builtin math $_driven + 1)"
        h.shell.run(
            f"{prompt}; function _driven_count --on-event fish_prompt; {counted}; end; "
            f'for name in {BUILTINS}; eval "function $name; false; end"; end'
        )
        h.assume()
        assert h.segment().startswith("[dev ")
        h.shell.run("awsenv assume prod-admin")
        assert h.segment().startswith("[prod-admin ")
        h.lapse()
        h.ask("aws a")
        h.answer(h.sts.code())
        assert [call.split()[0] for call in h.calls()] == ["a"]
        h.shell.run("awsenv_unload")
        assert h.segment() == ""


def _known(folder: Path, sts: RunningSts, program: str | None) -> Hooked:
    """A shell without a session; dev is live on disk, and known by name."""
    without_endpoints(sts)
    for file in sts.aws_folder.iterdir():
        os.utime(file, (time.time() - 100, time.time() - 100))
    h = _start(folder, sts, program)
    h.assume("dev")
    # Files that have changed within the last second are not relied on.
    settle(sts)
    # Only a call without options says what the name stands for.
    h.shell.run("awsenv assume dev")
    h.shell.run("awsenv unset")
    return h


@every_fish
def test_a_switch_is_not_for_variables_of_other_kinds(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    h = _known(tmp_path, sts, program)
    (tmp_path / "tools" / "awsenv").write_text('#!/bin/sh\necho "asked: $*"\n')
    (tmp_path / "tools" / "awsenv").chmod(0o755)
    # Each with what undoes it.
    doubtful = {
        "set -gx AWS_PROFILE a b": "set -e AWS_PROFILE",
        "set -g AWS_PROFILE": "set -e AWS_PROFILE",
        "set -Ux AWS_REGION eu-west-1": "set -eU AWS_REGION",
        "set -U AWSENV_PROFILE dev": "set -eU AWSENV_PROFILE",
        "set -g AWSENV_LEAD ''; set -x AWSENV_LEAD": "set -eg AWSENV_LEAD",
        "set -gx AWSENV_DURATION ''": "set -e AWSENV_DURATION",
        "set -g AWSENV_CACHE_DIR $HOME/.cache/awsenv": "set -e AWSENV_CACHE_DIR",
        "set -gu AWS_CONFIG_FILE $AWS_CONFIG_FILE": "set -gx AWS_CONFIG_FILE $AWS_CONFIG_FILE",
        "set -gx AWS_CONFIG_FILE '$HOME/../home/.aws/config'": "",
    }
    overrides = ("AWS_REGION=eu-west-1", "AWS_PROFILE=dev", "AWSENV_MIN_LEFT=10m", f"{KEY}=x")
    config = h.variable("AWS_CONFIG_FILE")
    with h.shell:
        for live in (False, True):
            if live:
                assert h.shell.run("awsenv assume dev").startswith("awsenv: dev for ")
            for line, undo in doubtful.items():
                h.shell.run(line)
                assert h.shell.run("awsenv assume dev") == "asked: assume --shell fish dev", line
                h.shell.run(undo or f"set -gx AWS_CONFIG_FILE {config}")
                assert h.shell.run("awsenv assume dev").startswith("awsenv: dev for "), line
                if not live:
                    h.apply({}, (*MANAGED, *OWN))
            for line in overrides:
                shown = h.shell.run(f"{line} awsenv assume dev")
                assert shown == "asked: assume --shell fish dev", line


@every_fish
def test_a_switch_starts_nothing(program: str | None, tmp_path: Path, sts: RunningSts) -> None:
    strace = need_program("strace")
    path = program or need_shell("fish")
    trace = tmp_path / "trace"
    wrapper = tmp_path / "watched" / "fish"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\nexec {strace} -f -e trace=process -o {trace} {path} "$@"\n')
    wrapper.chmod(0o755)
    h = _known(tmp_path, sts, str(wrapper))

    def started() -> list[str]:
        """What the shell itself has started: what it starts at first reads manual pages later."""
        text = trace.read_text()
        own = re.findall(rf"^{text.split(maxsplit=1)[0]} +(?:clone3?|v?fork)\(.*", text, re.M)
        return [line for line in own if "CLONE_THREAD" not in line]

    with h.shell:
        before = len(started())
        for _ in range(5):
            assert h.shell.run("awsenv assume dev").startswith("awsenv: dev for ")
        assert started()[before:] == []
        h.shell.run("awsenv --version")
        assert len(started()) > before, "the count itself works"


@every_fish
def test_a_switch_to_a_profile_without_a_region(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    config = sts.aws_folder / "config"
    head, mark, rest = config.read_text().partition("[profile dev]")
    config.write_text(head + mark + rest.replace("region = eu-central-1\n", "", 1))
    h = _known(tmp_path, sts, program)
    tools, path = h.home.parent / "tools", h.variable("PATH")

    def seen() -> dict[str, str]:
        h.shell.run(f"env >{h.home}/env")
        pairs = (line.partition("=") for line in (h.home / "env").read_text().splitlines())
        return {name: value for name, _, value in pairs if name in (*MANAGED, *OWN)}

    def without_program(profile: str) -> str:
        h.apply({"PATH": f"{tools}:/usr/bin:/bin"})
        shown = h.shell.run(f"awsenv assume {profile}")
        h.apply({"PATH": path})
        return shown

    with h.shell:
        h.shell.run("awsenv assume prod-admin")
        h.shell.run("awsenv assume dev")
        by_program = seen()
        assert "AWS_REGION" not in by_program
        h.shell.run("awsenv assume prod-admin")
        assert seen()["AWS_REGION"] == "eu-west-1"
        assert without_program("dev").startswith("awsenv: dev for ")
        assert seen() == by_program
        # Nothing of the records stays behind in a variable of the hook's.
        secret = h.variable("AWS_SECRET_ACCESS_KEY")
        kept = h.shell.run(
            "for name in (set --names | string match '__awsenv_*'); set -S $name; end"
        )
        assert "__awsenv_text" in kept
        assert secret not in kept.replace("\n", "")
        # A region from before awsenv would come back: that is for the program.
        h.shell.run("awsenv unset")
        h.apply({"AWS_REGION": "ap-south-1"})
        h.shell.run("awsenv assume prod-admin")
        assert "Unknown command" in without_program("dev")
        assert without_program("prod-admin").startswith("awsenv: prod-admin for ")
        h.shell.run("awsenv assume dev")
        assert seen()["AWS_REGION"] == "ap-south-1"


@every_fish
def test_a_refusal_stands_on_a_line_of_its_own(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    h = _start(tmp_path, sts, program)
    with h.shell:
        h.pretend(0, profile="nowhere")
        h.shell.submit("aws a; aws b")
        h.wait_until_dropped("aws a; aws b")
        assert re.search("^awsenv: there is no profile", h.shell.screen(), re.M)
        assert h.calls() == []
