"""A failure or a torn output stops the line and changes nothing, in each shell's own idiom."""

from pathlib import Path

import pytest

from awsenv.environment.change import CONFLICTING, MANAGED, OWN, EnvChange
from awsenv.shells import get
from support.real_shells import PLAIN, WAYS, Way, evaluate, octets, run_lines

BASH, ZSH, FISH, POSIX = (
    next(way for way in PLAIN if way.printed_for == name)
    for name in ("bash", "zsh", "fish", "posix")
)
LOOSE = [Way(way.printed_for, way.program, way.arguments, "", way.evaluate) for way in WAYS]
CHANGE = EnvChange({"AWS_REGION": "it's\x01é", "AWS_ACCESS_KEY_ID": "ASIA"}, ("AWS_PROFILE",))


def _program(text: str, status: int) -> str:
    """A command without quotes in it that prints `text` and exits with `status`."""
    escaped = "".join(f"\\{byte:03o}" for byte in octets(text + "\n"))
    return f"sh -c 'printf \"{escaped}\"; exit {status}'"


def _idioms(way: Way, program: str) -> str:
    """`way` of evaluating, with `program` spelled out, and then what must or must not run."""
    line = way.evaluate.replace("${=PRINT}", program).replace("$PRINT", program)
    return f"{line}; and echo ran" if way.program == "fish" else f"{line} && echo ran"


@pytest.mark.parametrize("way", LOOSE, ids=str)
def test_a_failure_stops_the_line_and_changes_nothing(way: Way) -> None:
    program = _program(get(way.printed_for).fail("no 'such' profile"), 3)
    outcome = run_lines(way, [_idioms(way, program), "$DUMP"], {"AWS_PROFILE": "mine"})
    assert (outcome.stdout, outcome.stderr) == ("", "")
    assert outcome.env[b"AWS_PROFILE"] == b"mine"
    assert {name for name in outcome.env if name.startswith(b"AWS")} == {b"AWS_PROFILE"}


@pytest.mark.parametrize("way", LOOSE, ids=str)
def test_a_success_goes_on_along_the_line(way: Way) -> None:
    program = _program(get(way.printed_for).render(CHANGE), 0)
    outcome = run_lines(way, [_idioms(way, program), "$DUMP"], {"AWS_PROFILE": "mine"})
    assert (outcome.stdout, outcome.stderr) == ("ran\n", "")
    assert outcome.env[b"AWS_REGION"] == octets("it's\x01é")
    assert b"AWS_PROFILE" not in outcome.env


@pytest.mark.parametrize("unset", [(), MANAGED + OWN], ids=["nothing", "all"])
@pytest.mark.parametrize("way", WAYS, ids=str)
def test_removing_what_is_not_there_is_quiet_and_succeeds(way: Way, unset: tuple[str]) -> None:
    program = _program(get(way.printed_for).render(EnvChange({}, unset)), 0)
    outcome = run_lines(way, [_idioms(way, program)])
    assert (outcome.stdout, outcome.stderr, outcome.status) == ("ran\n", "", 0)


@pytest.mark.parametrize("shell", ["bash", "zsh", "posix", "fish"])
def test_output_cut_short_anywhere_applies_nothing(shell: str) -> None:
    way = next(way for way in LOOSE if way.printed_for == shell)
    data = octets(get(shell).render(CHANGE))
    lines = [_changed_by(way, data[:length], str(length)) for length in range(len(data))]
    outcome = run_lines(way, [*lines, "$DUMP"], {"AWS_PROFILE": "mine"})
    assert outcome.stdout == ""
    assert {b"AWS_PROFILE": b"mine"}.items() <= outcome.env.items()
    whole = run_lines(way, [_changed_by(way, data, "whole")], {"AWS_PROFILE": "mine"})
    assert whole.stdout == "whole\n"


def _changed_by(way: Way, piece: bytes, name: str) -> str:
    """A line that prints `name` if evaluating `piece` changes any variable."""
    printed = "".join(f"\\{byte:03o}" for byte in piece)
    if way.program == "fish":
        look = 'test "$AWS_REGION$AWS_ACCESS_KEY_ID$AWS_PROFILE" = mine'
        return f"printf '{printed}' | source 2>/dev/null; {look}; or echo {name}"
    # In a subshell, and at its end: a syntax error in eval ends dash at once.
    look = 'test "${AWS_REGION-}${AWS_ACCESS_KEY_ID-}${AWS_PROFILE-}" = mine'
    return f"(trap '{look} || echo {name}' EXIT; eval \"$(printf '{printed}')\" 2>/dev/null)"


@pytest.mark.parametrize("name", [*CHANGE.set, *CHANGE.unset])
@pytest.mark.parametrize("way", [BASH, ZSH, POSIX], ids=str)
def test_a_read_only_variable_stops_the_line_and_nothing_is_changed(way: Way, name: str) -> None:
    loose = next(item for item in LOOSE if item.program == way.program)
    program = _program(get(way.printed_for).render(CHANGE), 0)
    before = {"AWS_PROFILE": "mine", "AWS_REGION": "before", "AWS_ACCESS_KEY_ID": "AKIA"}
    lines = [f"readonly {name}", _idioms(loose, program), "$DUMP"]
    outcome = run_lines(loose, lines, before)
    assert "ran" not in outcome.stdout
    assert name in outcome.stderr
    assert "nothing was changed" in outcome.stderr
    assert "hint: " in outcome.stderr
    after = {each.decode(): value.decode() for each, value in outcome.env.items()}
    assert {each: value for each, value in after.items() if "AWS" in each.upper()} == before


@pytest.mark.parametrize("way", [BASH, POSIX], ids=str)
def test_a_trace_shows_none_of_it_and_goes_on(way: Way, tmp_path: Path) -> None:
    (tmp_path / "printed").write_bytes(octets(get(way.printed_for).render(CHANGE)))
    for before in ("set -x", "set +e -x; readonly AWS_REGION"):
        outcome = run_lines(way, [before, f". {tmp_path}/printed || :", "echo traced $-"])
        assert "ASIA" not in outcome.stderr
        assert "it's" not in outcome.stderr.replace("\\", "")
        assert "+ echo traced" in outcome.stderr
        assert len(outcome.stderr.splitlines()) < 12
    outcome = run_lines(way, [f". {tmp_path}/printed", "echo $-", "echo ${awsenv_flags-gone}"])
    assert "x" not in outcome.stdout.splitlines()[0]
    assert outcome.stdout.splitlines()[1] == "gone"


def test_keyword_arguments_of_bash_change_nothing_of_it() -> None:
    program = _program(get("bash").render(CHANGE), 0)
    loose = next(item for item in LOOSE if item.program == "bash")
    outcome = run_lines(loose, ["set -k", _idioms(loose, program), "$DUMP"], {"AWS_PROFILE": "m"})
    assert (outcome.stdout, outcome.stderr) == ("ran\n", "")
    assert outcome.env[b"AWS_ACCESS_KEY_ID"] == b"ASIA"
    assert b"AWS_PROFILE" not in outcome.env


@pytest.mark.parametrize("way", [BASH, ZSH, POSIX], ids=str)
def test_aliases_and_functions_of_these_names_are_left_alone(way: Way) -> None:
    hostile = [
        "shopt -s expand_aliases" if way.program == "bash" else ":",
        "alias export='echo alias' unset='echo alias' builtin='echo alias'",
        "AWS_PROFILE() { echo kept; }",
    ]
    printed = octets(get(way.printed_for).render(CHANGE))
    line = _idioms(way, _program(printed.decode(), 0))
    outcome = run_lines(way, [*hostile, line, "AWS_PROFILE", "$DUMP"])
    assert outcome.stdout == "ran\nkept\n"
    assert outcome.env[b"AWS_ACCESS_KEY_ID"] == b"ASIA"


def test_fish_keeps_universal_variables_and_says_so() -> None:
    printed = octets(get("fish").render(EnvChange({"AWS_REGION": "eu-west-1"}, CONFLICTING)))
    lines = [
        "set -Ux AWS_PROFILE mine; set -U AWS_DEFAULT_PROFILE unexported",
        "set -gx AWS_SECURITY_TOKEN x",
        _idioms(FISH, _program(printed.decode(), 0)),
        "set -qU AWS_PROFILE AWS_DEFAULT_PROFILE; and echo kept",
        "set -q AWS_SECURITY_TOKEN awsenv_name; or echo gone",
        "$DUMP",
    ]
    # With --no-config there would be no universal variables.
    outcome = run_lines(Way("fish", "fish", (), "", "$PRINT | source"), lines)
    assert outcome.stdout == "ran\nkept\ngone\n"
    assert outcome.stderr.startswith("awsenv: AWS_PROFILE is a universal variable and stays set")
    assert outcome.stderr.count("\n") == 1
    assert outcome.env[b"AWS_REGION"] == b"eu-west-1"


@pytest.mark.parametrize("way", PLAIN, ids=str)
def test_statements_begin_with_the_mark_that_hooks_look_for(way: Way) -> None:
    shell = get(way.printed_for)
    assert shell.render(CHANGE).startswith(shell.mark + " ")
    assert shell.render(EnvChange({})).startswith(shell.mark + " ")
    assert evaluate(way, octets(shell.render(EnvChange({})))).status == 0
