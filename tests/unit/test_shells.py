"""The table of shells, and what is written for a person to type."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from awsenv.errors import UsageError
from awsenv.shells import SHELLS, get
from support.nasty_values import VALUE
from support.real_shells import PLAIN, Way, octets, run_lines


@pytest.mark.parametrize(
    ("name", "shell"),
    [
        ("pwsh", "powershell"),
        ("sh", "posix"),
        ("dash", "posix"),
        ("ksh", "posix"),
        ("ZSH", "zsh"),
        ("nu", "nushell"),
    ],
)
def test_other_names_of_a_shell(name: str, shell: str) -> None:
    assert get(name).name == shell


def test_every_name_in_the_table_has_its_module() -> None:
    assert {get(name).name for name in SHELLS} == set(SHELLS.values())


def test_an_unknown_shell_is_named_with_what_to_pass() -> None:
    with pytest.raises(UsageError, match="'osh'") as caught:
        get("osh")
    assert "one of bash, zsh, fish, powershell, posix, nushell" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", 'eval "$(awsenv assume prod-admin)"'),
        ("zsh", 'eval "$(awsenv assume prod-admin)"'),
        ("posix", 'eval "$(awsenv assume prod-admin)"'),
        ("fish", "awsenv assume prod-admin | source"),
        ("powershell", "Invoke-Expression (awsenv assume prod-admin)"),
        ("nushell", "awsenv assume prod-admin | from json | load-env"),
        ("elvish", "eval (awsenv assume prod-admin | slurp)"),
        ("xonsh", "execx($(awsenv assume prod-admin))"),
        ("tcsh", 'eval "`awsenv assume prod-admin`"'),
    ],
)
def test_the_line_to_type(shell: str, line: str) -> None:
    described = get(shell)
    assert described.line_to_type(f"awsenv assume {described.quote('prod-admin')}") == line


@pytest.mark.parametrize("way", PLAIN, ids=str)
def test_a_quoted_argument_reaches_the_program(way: Way, tmp_path: Path) -> None:
    """In the line to type, where it stands in a substitution."""
    show = tmp_path / "show"
    show.write_text('#!/bin/sh\necho "echo $# " $(printf %s "$1" | od -An -tx1)\n')
    show.chmod(0o755)
    shell = get(way.printed_for)
    texts = (
        "prod-admin",
        "my role",
        "it's",
        "a$b`c\\d",
        'say "x"',
        "prod-\u00e9",
        "",
        "~x",
        "a\nb",
    )
    lines = [shell.line_to_type(f"{show} {shell.quote(text)}") for text in texts]
    outcome = run_lines(replace(way, modes=""), lines)
    wanted = ["".join(["1", *(f" {byte:02x}" for byte in octets(text))]) for text in texts]
    assert (outcome.stderr, outcome.stdout.splitlines()) == ("", wanted)


@given(text=VALUE)
def test_names_that_need_no_quotes_have_none(text: str) -> None:
    quoted = {name: get(name).quote(text) for name in SHELLS}
    if text.isalnum():
        assert set(quoted.values()) == {text}
    elif "'" in text or not text:
        assert text not in quoted.values()
