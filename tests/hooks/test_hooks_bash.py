"""What only bash has: traps, history settings, its options, and each version's way of dropping."""

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

pytest.importorskip("termios")
from awsenv.install.hook_files import FILES
from support.bash_hook import asks_drops_and_runs, every_bash, start_bash
from support.hooked_shells import HOOKS, KEY, QUESTION, SYNTAXES, start
from support.world import RunningSts


@every_bash
@pytest.mark.parametrize(
    "setting",
    [
        "HISTCONTROL=ignoreboth",
        "HISTCONTROL=ignorespace:erasedups",
        "HISTIGNORE='aws*'",
        "set +o history",
        "HISTTIMEFORMAT='%F %T '",
        "set -u",
        "set -e",
        "set -a",
        "set -T",
        "set -E",
        "set -o posix",
        "shopt -s extdebug",
        "IFS=abcw_",
        "shopt -s nullglob failglob extglob nocasematch",
        "alias builtin=false local=false eval=false printf=false aws='aws extra'",
        "trap 'n=$((n + 1))' DEBUG",
    ],
)
def test_with_a_persons_setting(
    setting: str, program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    h = start_bash(tmp_path, sts, program, before=setting)
    with h.shell:
        h.assume()
        for line in ("aws a; aws b", " aws a; aws b", "true; aws a; aws b"):
            h.lapse()
            h.ask(line)
            h.shell.press("ctrl-c")
            h.wait_until_dropped(line)
            assert h.calls() == [], line
        asks_drops_and_runs(h)
        assert h.segment().startswith("[dev ")
        h.shell.run("awsenv unset")
        h.shell.run("awsenv_unload")
        assert h.shell.run("echo 'aws; aws'") == "aws; aws"


@every_bash
def test_traps_of_the_person_are_theirs(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    before = "trap 'echo interrupted' INT; trap 'seen=$BASH_COMMAND' DEBUG"
    h = start_bash(tmp_path, sts, program, before=before)
    with h.shell:
        h.assume()
        h.lapse()
        for line in ("aws a; aws b", "aws a || aws b", "for i in 1 2; do aws $i; done; aws c"):
            h.ask(line)
            h.shell.press("ctrl-c")
            h.wait_until_dropped(line)
            assert "interrupted" not in h.shell.output()
            assert h.calls() == []
        assert "echo interrupted" in h.shell.run("trap -p INT")
        assert "seen=" in h.shell.run("trap -p DEBUG")
        assert h.shell.run("echo $seen") == "echo $seen"
        assert "interrupted" in h.shell.run("kill -INT $$")
        options = h.shell.run("shopt -p extdebug; echo $-")
        assert "-u extdebug" in options
        assert "T" not in options.split()[-1]
        assert "E" not in options.split()[-1]


@every_bash
def test_a_trap_at_the_prompt_asks_for_nothing(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    h = start_bash(tmp_path, sts, program, before="trap 'trapped=$((trapped + 1))' USR1 WINCH INT")
    with h.shell:
        h.assume()
        h.shell.run("aws a")
        h.lapse()
        h.ask("aws b")
        h.answer("")
        assert len(h.calls()) == 2
        # The last command is now one that would ask.
        for number in (signal.SIGWINCH, signal.SIGUSR1):
            os.kill(h.shell.pid, number)
        h.shell.press("ctrl-c")
        h.shell.run("true")
        # As a line, it asks.
        h.ask("aws b")
        h.answer("")
        assert int(h.shell.run("echo $trapped")) >= 1
        assert len(h.calls()) == 3


@every_bash
def test_the_last_argument_survives(program: str | None, tmp_path: Path, sts: RunningSts) -> None:
    h = start_bash(tmp_path, sts, program)
    with h.shell:
        for left in (3000, 0):
            h.pretend(left)
            h.shell.run("echo one two")
            assert h.shell.run("echo $_") == "two"
            assert h.shell.run("echo one two; echo $_") == "one two\ntwo"


@every_bash
def test_a_line_is_not_taken_for_the_one_before(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    h = start_bash(tmp_path, sts, program, before="HISTCONTROL=ignorespace")
    with h.shell:
        h.assume()
        h.shell.run("aws before")
        h.lapse()
        # Not in the history, where the last line is one that uses AWS.
        assert h.shell.run(" echo fine") == "fine"
        assert h.shell.run(" true; echo fine") == "fine"


@every_bash
def test_a_loop_while_lapsed_is_not_slowed_down(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    h = start_bash(tmp_path, sts, program)
    with h.shell:
        h.pretend(0)
        loop = "for ((i = 0; i < 20000; i++)); do :; [ $i -ge 0 ]; done; echo done"
        assert h.shell.run(loop, timeout=10) == "done"


@every_bash
def test_keys_and_completions_are_no_lines(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    before = """
        tabbed() { aws tabbed >/dev/null; COMPREPLY=(completed); }; complete -F tabbed thing
        bind -x '"\\C-g": aws key'
    """
    h = start_bash(tmp_path, sts, program, before=before)
    with h.shell:
        h.assume()
        h.lapse()
        h.shell.type("thing x\t")
        h.shell.wait_until(lambda: "thing completed" in h.shell.screen(), "the completion")
        h.shell.press("ctrl-u", "ctrl-g")
        h.shell.wait_until(lambda: len(h.calls()) == 2, "the key's command")
        h.shell.press("ctrl-u")
        assert [call.split()[0] for call in h.calls()] == ["tabbed", "key"]
        assert h.shell.run("echo next").endswith("next")


@every_bash
def test_aliases_are_seen_through(program: str | None, tmp_path: Path, sts: RunningSts) -> None:
    before = "alias s3='aws s3' tf='echo plan; aws' quiet='echo aws'"
    h = start_bash(tmp_path, sts, program, before=before)
    with h.shell:
        h.assume()
        h.lapse()
        assert h.shell.run("quiet") == "aws"
        for line in ("s3 ls", "echo x | s3 cp - s3://b", "tf x"):
            h.ask(line)
            h.shell.press("ctrl-c")
            h.wait_until_dropped(line)
        assert h.calls() == []


@every_bash
def test_what_subshells_show(program: str | None, tmp_path: Path, sts: RunningSts) -> None:
    h = start_bash(tmp_path, sts, program)
    with h.shell:
        h.assume()
        version = h.shell.run("echo $((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1]))")
        h.lapse()
        if int(version) >= 503:
            h.ask("( aws a ); aws b")
            h.shell.press("ctrl-c")
            h.wait_until_dropped("( aws a ); aws b")
            assert h.calls() == []
        else:
            # The known limit: nothing of bash's tells of the line before its subshell runs.
            h.shell.run("( aws a )")
            assert len(h.calls()) == 1


@every_bash
def test_lines_over_several_lines(program: str | None, tmp_path: Path, sts: RunningSts) -> None:
    h = start_bash(tmp_path, sts, program)
    with h.shell:
        h.assume()
        h.lapse()
        h.ask("for i in 1 2; do\raws $i\rdone")
        h.shell.press("ctrl-c")
        h.shell.wait_for_prompt()
        assert h.calls() == []
        h.ask("for i in 1 2; do\raws $i\rdone")
        h.answer(h.sts.code())
        assert [call.split()[0] for call in h.calls()] == ["1", "2"]


@every_bash
def test_prompts_that_are_not_expanded(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    h = start_bash(tmp_path, sts, program)
    with h.shell:
        h.pretend(3030)
        h.shell.submit("shopt -u promptvars; PS1='plain$ '")
        h.shell.wait_until(lambda: h.prompt() == "plain$", "the plain prompt")
        h.shell.submit("echo x$((1 + 1))")
        h.shell.wait_until(lambda: h.shell.screen().endswith("\nx2\nplain$"), "no segment at all")
        h.shell.submit("shopt -s promptvars")
        h.shell.wait_until(lambda: h.prompt() == "[prod-admin 50m] plain$", "the segment again")


def test_it_is_loaded_from_an_evaluated_line(tmp_path: Path, sts: RunningSts) -> None:
    h = start_bash(tmp_path, sts, hook='eval "$(awsenv init bash)"')
    with h.shell:
        h.assume()
        assert h.segment().startswith("[dev ")
        asks_drops_and_runs(h)


def test_a_child_shell_has_it_too(tmp_path: Path, sts: RunningSts) -> None:
    h = start_bash(tmp_path, sts)
    with h.shell:
        h.assume()
        h.shell.submit(f"bash --noprofile --rcfile {h.home / 'rc.bash'} -i")
        h.shell.wait_until(lambda: h.prompt().endswith(" #1>"), "the child's prompt")
        h.shell.prompt_number = 1
        assert h.segment().startswith("[dev ")
        h.lapse()
        h.ask("aws a")
        h.answer(h.sts.code())
        assert len(h.calls()) == 1


LOADED = 'echo "loaded: $(declare -F __awsenv_before_prompt)"'


@every_bash
def test_most_of_it_is_read_with_the_first_session(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    h = start_bash(tmp_path, sts, program, after="PROMPT_COMMAND+=$'\\n'other; other() { :; }")
    with h.shell:
        h.shell.run("false")
        assert h.shell.run("echo status=$?") == "status=1"
        assert h.shell.run(LOADED) == "loaded:"
        h.pretend(3030)
        assert h.segment() == "[prod-admin 50m] "
        assert h.shell.run(LOADED) == "loaded: __awsenv_before_prompt"


@every_bash
def test_a_session_from_the_shell_above_is_shown_at_once(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    env = {
        KEY: "ASIAABOVE",
        "AWSENV_PUT": f"{KEY}=ASIAABOVE",
        "AWSENV_PROFILE": "above",
        "AWSENV_EXPIRES_AT": str(int(time.time()) + 3030),
    }
    h = start(SYNTAXES["bash"], tmp_path, sts, program=program, env=env)
    with h.shell:
        assert h.shell.prompt_number == 1
        assert h.segment() == "[above 50m] "


@every_bash
@pytest.mark.parametrize("option", ["set -u", "set -e"])
def test_without_its_other_file_it_is_the_program(
    option: str, program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(HOOKS / "awsenv.bash", alone)
    hook = f"source {alone}/awsenv.bash"
    h = start(SYNTAXES["bash"], tmp_path, sts, before=option, hook=hook, program=program)
    with h.shell:
        h.pretend(0)
        assert h.segment() == ""
        assert "aws:a:" in h.shell.run("aws a")
        assert "awsenv 0" in h.shell.run("awsenv --version")
        # It comes back with the files.
        for name in FILES["bash"]:
            shutil.copy(HOOKS / name, alone)
        h.shell.run("true")
        assert h.segment() == "[prod-admin expired] "


def test_it_is_found_from_wherever_the_shell_goes(tmp_path: Path, sts: RunningSts) -> None:
    h = start_bash(tmp_path, sts, hook=f"cd {HOOKS}; source ./awsenv.bash; cd /")
    with h.shell:
        h.pretend(3030)
        assert h.segment() == "[prod-admin 50m] "


@every_bash
def test_names_that_are_no_words(program: str | None, tmp_path: Path, sts: RunningSts) -> None:
    tools = tmp_path / "tools"
    h = start_bash(tmp_path, sts, program)
    (tools / "awsenv").write_text('#!/bin/sh\necho "asked: $*"\n')
    (tools / "awsenv").chmod(0o755)
    with h.shell:
        for name in ("@", "*", "]", "x[$(touch p)]", "'", '"', "\\", "a]=b", "$(touch p)"):
            quoted = "'" + name.replace("'", "'\\''") + "'"
            assert h.shell.run(f"awsenv assume {quoted}") == f"asked: assume --shell bash {name}"
        assert not list(h.home.glob("**/p"))


@every_bash
def test_pasted_lines_are_dropped_with_the_one_that_asked(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    h = start_bash(tmp_path, sts, program, before="PROMPT_COMMAND='prompted=1 true'")
    with h.shell:
        h.assume()
        version = int(h.shell.run("echo $((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1]))"))
        if version < 501:
            pytest.skip("BEFORE 5.1 BASH READS A PASTE LINE BY LINE: each line asks for itself")
        h.lapse()
        lines = "true\naws a\naws b\nfor i in 1; do\necho later; done\n( echo later )\n"
        h.shell.type(f"\x1b[200~{lines}\x1b[201~")
        h.shell.wait_until(lambda: h.shell.screen().endswith("( echo later )"), "the paste")
        h.shell.type("\r")
        h.shell.wait_for(QUESTION)
        h.shell.press("ctrl-c")
        h.shell.wait_for_prompt()
        assert h.calls() == []
        assert "\nlater" not in h.shell.screen()
        # It is over with the next prompt.
        assert h.shell.run("echo next; true && echo more") == "next\nmore"
        assert "-u extdebug" in h.shell.run("shopt -p extdebug")
        assert not set("TE") & set(h.shell.run("echo $-"))
        h.ask("aws c; aws d")
        h.answer(h.sts.code())
        assert [call.split()[0] for call in h.calls()] == ["c", "d"]
