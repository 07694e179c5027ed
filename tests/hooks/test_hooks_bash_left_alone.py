"""The bash hook leaves the rest of the shell alone, and holds out against what others do to it."""

from pathlib import Path

import pytest

pytest.importorskip("termios")

from support.bash_hook import asks_drops_and_runs, every_bash, start_bash
from support.hooked_shells import HOOKS, KEY, QUESTION, Hooked
from support.world import RunningSts

HOOK = HOOKS / "awsenv.bash"


def _asks_and_shows(h: Hooked) -> None:
    h.assume()
    assert h.segment().startswith("[dev ")
    asks_drops_and_runs(h)


@every_bash
def test_an_err_trap_fires_once_for_a_failure(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    before = "trap 'n=$((n + 1))' ERR; failing() { return 3; }"
    h = start_bash(tmp_path, sts, program, before=before)
    with h.shell:
        for left in (None, 3000, 0):
            if left is not None:
                h.pretend(left)
                h.shell.run("true")
            for line in ("false", "failing", "true | false", "[ x = y ]"):
                h.shell.run("n=0")
                h.shell.run(line)
                assert h.shell.run("echo n=$n") == "n=1", (left, line)
                h.shell.run(line)
                h.shell.run("true")
                assert h.shell.run("echo n=$n") == "n=2", (left, line)
            h.shell.run("failing")
            assert h.shell.run("echo status=$?") == "status=3"
        # A session that comes into being after a failure, and goes again.
        h.shell.run("awsenv unset; n=0; false")
        h.shell.run("awsenv unset; false")
        assert h.shell.run("echo n=$n") == "n=2"


@every_bash
def test_the_status_is_there_for_what_comes_behind(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    after = 'late() { seen="$seen $?"; }; PROMPT_COMMAND="$PROMPT_COMMAND;late"'
    h = start_bash(tmp_path, sts, program, after=after)
    with h.shell:
        h.shell.run("false")
        h.shell.run("(exit 7)")
        assert h.shell.run("echo $seen").split()[-2:] == ["1", "7"]
        h.shell.run('PROMPT_COMMAND="${PROMPT_COMMAND#late?};late"; (exit 9)')
        assert h.shell.run("echo $seen").split()[-1] == "9"


@every_bash
@pytest.mark.parametrize(
    "assigned",
    [
        "PROMPT_COMMAND=(:)",
        "PROMPT_COMMAND=",
        "PROMPT_COMMAND=:",
        "unset PROMPT_COMMAND",
        "PROMPT_COMMAND=(: :); unset 'PROMPT_COMMAND[0]'",
    ],
)
def test_prompt_command_may_be_assigned_later(
    assigned: str, program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    # In the rc file, behind the hook's line.
    h = start_bash(tmp_path, sts, program, after=assigned)
    with h.shell:
        _asks_and_shows(h)
        told = h.shell.run("awsenv doctor")
        assert "PROMPT_COMMAND was assigned after the hook was loaded" in told
        # At the prompt, while there is a session.
        h.shell.run(f"{assigned}; true")
        h.shell.run("true")
        h.lapse()
        h.shell.run("true")
        assert h.segment() == "[dev expired] "
        h.ask("aws a")
        h.answer(h.sts.code())
        assert h.segment().startswith("[dev ")


@every_bash
def test_the_line_of_the_rc_file_repairs_it(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    h = start_bash(tmp_path, sts, program, after="PROMPT_COMMAND=")
    with h.shell:
        h.pretend(3030)
        h.shell.run("true")
        assert h.segment() == ""
        h.shell.run(f"source {HOOK}")
        assert h.segment() == "[prod-admin 50m] "


@every_bash
def test_keyword_arguments(program: str | None, tmp_path: Path, sts: RunningSts) -> None:
    h = start_bash(tmp_path, sts, program, before="set -k")
    with h.shell:
        h.assume()
        if h.shell.run("echo $BASH_VERSION").startswith("3."):
            # There it holds on within what PROMPT_COMMAND runs: no segment, but no harm either.
            return
        _asks_and_shows(h)
        h.shell.run("set +k")
        h.shell.run("set -k; awsenv assume prod-admin")
        assert h.variable("AWSENV_PROFILE") == "prod-admin"
        h.shell.run("awsenv assume dev")
        h.shell.run('eval "$(awsenv assume prod-admin)"')
        assert h.variable("AWSENV_PROFILE") == "prod-admin"
        h.shell.run("awsenv assume dev")
        assert h.variable("AWSENV_PROFILE") == "dev"
        assert h.shell.run("awsenv_segment; echo").startswith("[dev ")
        assert "k" in h.shell.run("echo $-")
        h.shell.run("awsenv_unload")
        assert h.segment() == ""


@every_bash
@pytest.mark.parametrize("name", ["PS1", "PROMPT_COMMAND", "HISTTIMEFORMAT"])
def test_what_bash_needs_for_the_prompt_may_be_read_only(
    name: str, program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    value = {"PS1": "$PS1", "PROMPT_COMMAND": ":", "HISTTIMEFORMAT": "%F %T "}[name]
    h = start_bash(tmp_path, sts, program, before=f'readonly {name}="{value}"')
    with h.shell:
        h.shell.run(f"awsenv assume dev --mfa-code {h.sts.code()}")
        first = h.shell.output()
        h.shell.run("true")
        assert h.variable("AWSENV_PROFILE") == "dev"
        told = f"awsenv: {name} is read-only in this shell"
        assert (h.shell.screen().count(told) == 1) == (name != "HISTTIMEFORMAT"), first
        assert "readonly variable" not in h.shell.screen()
        if name != "HISTTIMEFORMAT":
            assert f"{name} is read-only" in h.shell.run("awsenv doctor")
        if name != "PROMPT_COMMAND":
            asks_drops_and_runs(h)
            h.lapse()
            h.ask("true; for i in 1; do aws a; done")
            h.answer("")
        assert h.shell.run("echo on") == "on"


@every_bash
@pytest.mark.parametrize("name", [KEY, "AWS_SESSION_TOKEN", "AWSENV_EXPIRES_AT"])
def test_a_read_only_session_stays_whole(
    name: str, program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    h = start_bash(tmp_path, sts, program)
    names = "env | grep '^AWS[A-Z_]*=' | sort"
    with h.shell:
        h.assume()
        h.assume("prod-admin")
        h.shell.run("awsenv assume dev")
        h.lapse(mfa=False)
        if name == "AWSENV_EXPIRES_AT":
            # A newer session on disk, which the shell would load by itself.
            h.shell.run("awsenv exec dev true")
        h.shell.run(f"readonly {name}")
        before = h.shell.run(names)
        shown = h.shell.run("aws a")
        assert f"awsenv: {name} is read-only in this shell" in shown
        assert "aws:a:" in shown
        assert h.shell.run(names) == before
        for line in ("awsenv assume prod-admin", "awsenv refresh --force", "awsenv unset"):
            assert "nothing was changed" in h.shell.run(f"{line} && echo went on"), line
            assert "went on" not in h.shell.output()
            assert h.shell.run(names) == before, line
        assert "is read-only" not in h.shell.run("aws b")


@every_bash
@pytest.mark.parametrize("name", ["BASH_LINENO", "BASH_SUBSHELL", "EPOCHSECONDS"])
def test_nothing_of_the_environment_is_arithmetic(
    name: str, program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    h = start_bash(tmp_path, sts, program, env={name: "x[$(touch p)]"})
    with h.shell:
        h.assume()
        h.lapse()
        h.shell.run("true")
        for line in ("aws a", "aws b; true", "true | aws c"):
            h.ask(line)
            h.answer("")
        assert not list(tmp_path.glob("**/p"))


@every_bash
def test_a_session_that_a_function_left_asks_nothing(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    h = start_bash(tmp_path, sts, program, before='use() { awsenv assume "$1"; }')
    with h.shell:
        h.assume()
        h.assume("prod-admin")
        h.lapse(mfa=False)
        h.shell.run("use dev; aws a")
        assert len(h.calls()) == 1
        assert QUESTION not in h.shell.output()
