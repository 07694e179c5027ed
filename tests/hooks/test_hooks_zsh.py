"""What only zsh has: its options, TRAPINT, precommand modifiers, prompt escapes."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("termios")
from support.hooked_shells import HOOKS, SYNTAXES, Hooked, programs, start
from support.world import RunningSts

ZSHS = [program for name, program in programs() if name == "zsh"]
every_zsh = pytest.mark.parametrize("program", ZSHS, ids=lambda program: program or "zsh")


def _start(
    folder: Path, sts: RunningSts, program: str | None = None, before: str = "", **more: Any
) -> Hooked:
    return start(SYNTAXES["zsh"], folder, sts, before=before, program=program, **more)


@every_zsh
@pytest.mark.parametrize(
    "setting",
    [
        "setopt csh_junkie_quotes csh_junkie_loops",
        "setopt no_unset",
        "setopt err_exit",
        "setopt err_return",
        "setopt ksh_arrays sh_word_split",
        "setopt prompt_bang warn_create_global warn_nested_var",
        "setopt all_export",
        "setopt hist_ignore_space no_hist_verify",
        "HISTSIZE=0",
        "setopt null_glob glob_subst magic_equal_subst rc_quotes rm_star_silent",
        "setopt sh_file_expansion posix_builtins posix_traps posix_identifiers",
        "setopt no_multibyte",
        "alias builtin=false local=false eval=false print=false command=false typeset=false",
        "trap 'n=$((n + 1))' DEBUG; trap 'm=1' ZERR",
        "TRAPDEBUG() { word= i=0 n=0 }; TRAPZERR() { skip=x }",
        "IFS=abcw_",
    ],
)
def test_with_a_persons_setting(
    setting: str, program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    h = _start(tmp_path, sts, program, before=setting)
    with h.shell:
        h.assume()
        h.lapse()
        for line in ("aws a; aws b", " aws a || aws b"):
            h.ask(line)
            h.shell.press("ctrl-c")
            h.wait_until_dropped(line)
            assert h.calls() == [], line
        h.ask("aws a; aws b")
        h.answer(h.sts.code())
        assert len(h.calls()) == 2
        assert h.segment().startswith("[dev ")
        h.shell.run("awsenv unset")
        h.shell.run("awsenv_unload")
        assert h.shell.run("echo 'aws; aws'") == "aws; aws"


@every_zsh
@pytest.mark.parametrize("trap", ["TRAPINT() { echo interrupted }", "trap 'echo interrupted' INT"])
def test_the_persons_interrupt_trap(
    trap: str, program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    h = _start(tmp_path, sts, program, before=trap)
    with h.shell:
        h.assume()
        h.lapse()
        for line in ("aws a; aws b", "aws a || aws b", "for i in 1 2; do aws $i; done; aws c"):
            h.ask(line)
            h.shell.press("ctrl-c")
            h.wait_until_dropped(line)
            assert "interrupted" not in h.shell.output()
            assert h.calls() == []
        assert "interrupted" in h.shell.run("kill -INT $$")


@every_zsh
def test_aliases_are_seen_through(program: str | None, tmp_path: Path, sts: RunningSts) -> None:
    before = "alias s3='aws s3' tf='echo plan; aws' quiet='echo aws'; alias -g INTO='| aws'"
    h = _start(tmp_path, sts, program, before=before)
    with h.shell:
        h.assume()
        h.lapse()
        assert h.shell.run("quiet") == "aws"
        for line in ("s3 ls", "echo x | s3 cp - s3://b", "tf x", "echo x INTO s3", "noglob aws a*"):
            h.ask(line)
            h.shell.press("ctrl-c")
            h.wait_until_dropped(line)
        assert h.calls() == []


@every_zsh
def test_lines_over_several_lines(program: str | None, tmp_path: Path, sts: RunningSts) -> None:
    h = _start(tmp_path, sts, program)
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


def test_it_is_loaded_from_an_evaluated_line(tmp_path: Path, sts: RunningSts) -> None:
    h = _start(tmp_path, sts, hook='eval "$(awsenv init zsh)"')
    with h.shell:
        h.assume()
        assert h.segment().startswith("[dev ")


def test_prompts_of_ones_own(tmp_path: Path, sts: RunningSts) -> None:
    after = "PROMPT='{${AWSENV_SEGMENT//\\%/%%}}#${_driven}> '"
    h = _start(tmp_path, sts, after=after)
    with h.shell:
        h.pretend(3030, profile="%F{red}$(touch p)")
        assert h.prompt().rpartition("#")[0] == "{[%F{red}$(touch p) 50m] }"
        h.shell.run("unsetopt prompt_percent")
        assert h.prompt().startswith("{[")
        assert not list(h.home.glob("**/p"))


@every_zsh
def test_switches_with_the_separators_of_a_persons_rc_file(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    h = _start(tmp_path, sts, program, before="IFS=abcw_; setopt sh_word_split")
    with h.shell:
        h.assume()
        for profile in ("prod-admin", "dev", "prod-admin"):
            shown = h.shell.run(f"awsenv assume {profile}")
            assert shown in (f"awsenv: {profile} for 59m", f"awsenv: {profile} for 1h00m")
            assert h.variable("AWSENV_PROFILE") == profile


@every_zsh
def test_a_clock_of_somebody_elses(program: str | None, tmp_path: Path, sts: RunningSts) -> None:
    # The name is zsh's only once its module is loaded.
    h = _start(tmp_path, sts, program, before="EPOCHSECONDS='path[$(touch p)]'")
    with h.shell:
        h.assume()
        assert h.segment().startswith("[dev ")
        h.shell.run("true")
        h.shell.run("awsenv assume dev")
        assert not list(h.home.glob("**/p"))
        h.lapse()
        h.shell.run("true")
        assert "expired" in h.segment()


@every_zsh
@pytest.mark.parametrize("array", ["precmd_functions", "preexec_functions"])
def test_an_array_that_is_assigned_after_the_hook(
    array: str, program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    own = "typeset -ga precmd_functions; mine() { (( mine += 1 )) }"
    h = _start(
        tmp_path,
        sts,
        program,
        before=own,
        after=f"{array}=(mine); precmd_functions+=(_driven_count)",
    )
    with h.shell:
        # The function repairs it, ...
        h.assume()
        assert h.segment().startswith("[dev ")
        assert f"{array} was assigned" in h.shell.run("awsenv doctor --offline") or (
            array == "preexec_functions"
        )
        # ... each finds the other missing, ...
        h.shell.run(f"{array}=(mine); precmd_functions+=(_driven_count)")
        h.shell.run("true")
        h.lapse()
        h.ask("aws a; aws b")
        h.shell.press("ctrl-c")
        h.wait_until_dropped("aws a; aws b")
        assert h.segment() == "[dev expired] "
        assert h.calls() == []
        # ... and so does loading it once more.
        h.shell.run("precmd_functions=(_driven_count) preexec_functions=()")
        h.shell.run(f"source {HOOKS}/awsenv.zsh")
        h.shell.run("true")
        assert h.segment() == "[dev expired] "
        h.ask("aws a")
        h.answer(h.sts.code())
        assert [call.split()[0] for call in h.calls()] == ["a"]
        assert "_functions was assigned" in h.shell.run("awsenv doctor --offline")
        assert int(h.shell.run("echo $mine")) > 0


@every_zsh
def test_a_second_line_in_the_rc_file_repairs_the_first(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    after = f"precmd_functions=(_driven_count); source {HOOKS}/awsenv.zsh"
    h = _start(tmp_path, sts, program, after=after)
    with h.shell:
        h.shell.run(h.syntax.evaluate.format(f"dev --mfa-code {h.sts.code()}"))
        h.shell.run("true")
        assert h.segment().startswith("[dev ")


@every_zsh
@pytest.mark.parametrize("name", ["AWS_SECRET_ACCESS_KEY", "AWSENV_PUT", "AWS_REGION"])
def test_read_only_variables_leave_all_as_it_was(
    name: str, program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    h = _start(tmp_path, sts, program)
    with h.shell:
        h.assume()
        h.shell.run("awsenv assume prod-admin")
        h.shell.run("awsenv assume dev")
        h.shell.run(f"typeset -r {name}")
        seen = h.shell.run("printenv | grep '^AWS' | sort")
        for line in (
            "awsenv assume prod-admin",
            "source <(awsenv assume prod-admin)",
            h.syntax.evaluate.format("prod-admin"),
            "awsenv unset",
        ):
            shown = h.shell.run(f"{line} && echo ran").replace("\n", "")
            assert f"{name} is read-only in this shell, so nothing was changed" in shown, line
            assert not shown.endswith("ran"), line
            assert h.shell.run("printenv | grep '^AWS' | sort") == seen, line
        if name != "AWS_REGION":
            # Nor by what another terminal has got.
            record = h.home / ".cache/awsenv/sessions" / h.variable("AWSENV_SESSION")
            text = record.read_text()
            h.apply({"PATH": f"{tmp_path}/tools:/usr/bin:/bin", "AWSENV_EXPIRES_AT": "1"})
            record.write_text(text.replace("AWS_ACCESS_KEY_ID=ASIA", "AWS_ACCESS_KEY_ID=ASIB"))
            assert f"awsenv: {name} is read-only in this shell" in h.shell.run("aws a")
            assert "a ASIA" in h.calls()[-1]
            # Nobody is asked for a code that would be of no use.
            record.unlink()
            assert h.shell.run("aws b").startswith("aws:b:")


@every_zsh
@pytest.mark.parametrize(
    "trap", ["TRAPZERR() { print -n failed: }", "trap 'print -n failed:' ZERR"]
)
def test_a_trap_for_failures_fires_once(
    trap: str, program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    h = _start(tmp_path, sts, program, before=trap)
    with h.shell:
        assert h.shell.run("false") == "failed:"
        h.assume()
        for _ in range(2):
            assert h.shell.run("false") == "failed:"
            assert h.shell.run("true") == ""
            h.lapse()
        assert h.shell.run("sh -c 'exit 3'") == "failed:"
        h.ask("aws a; false")
        h.answer(h.sts.code())
        assert h.shell.screen().count("failed:") == 5


@every_zsh
@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("name", ["PROMPT", "psvar", "precmd_functions", "preexec_functions"])
def test_what_a_hardened_host_makes_read_only(
    name: str, place: str, program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    line = "typeset -ga precmd_functions preexec_functions psvar; typeset -r " + name
    h = _start(tmp_path, sts, program, **{place: line})
    with h.shell:
        h.assume()
        h.shell.run("true")
        late = name.endswith("_functions") and place == "after"
        told = f"awsenv: {name} is read-only in this shell, so "
        assert h.shell.screen().count(told) == (0 if late and name[:4] == "prec" else 1)
        unplaced = name in ("PROMPT", "psvar") or (name[:4] == "prec" and place == "before")
        assert h.segment().startswith("" if unplaced else "[dev ")
        assert not (unplaced and h.segment())
        h.lapse()
        if name == "preexec_functions":
            assert "aws:a:" in h.shell.run("aws a")
            return
        h.ask("aws a; aws b")
        h.shell.press("ctrl-c")
        h.wait_until_dropped("aws a; aws b")
        h.ask("aws a")
        h.answer(h.sts.code())
        assert [call.split()[0] for call in h.calls()] == ["a"]
        assert h.shell.screen().count(told) <= 1
        if not late:
            said = h.shell.run("awsenv doctor --offline").replace("\n", "")
            assert f"{name} is read-only in this zsh, so the prompt cannot show" in said
        h.shell.run("awsenv unset; awsenv_unload")
        assert h.shell.run("echo fine") == "fine"
