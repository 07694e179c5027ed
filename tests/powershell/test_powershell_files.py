"""The module and the script for PowerShell, as far as their text can tell."""

import re

import pytest

from support.powershell_syntax import (
    SHELL_FILES,
    called,
    errors,
    functions,
    parse,
    text_of,
    variables,
    walk,
)

NAMES = (
    "awsenv.psm1",
    "awsenv-hook.ps1",
    "awsenv-more.ps1",
    "awsenv-record.ps1",
    "awsenv-call.ps1",
    "awsenv-match.ps1",
    "awsenv_command.ps1",
)
TEXTS = {name: (SHELL_FILES / name).read_text("ascii") for name in NAMES}
TREES = {name: parse(text) for name, text in TEXTS.items()}
MODULE = "awsenv.psm1"
# What a start takes, and the rest that it reads when needed.
OF_MODULE = tuple(name for name in NAMES if name != "awsenv_command.ps1")
FUNCTIONS = {name: node for file in OF_MODULE for name, node in functions(TREES[file]).items()}
# They need no module, or there is no other way.
CMDLETS = {
    r"Microsoft.PowerShell.Core\Export-ModuleMember",
    r"Microsoft.PowerShell.Core\Get-Command",
    r"Microsoft.PowerShell.Core\Get-Module",
    r"Microsoft.PowerShell.Core\Register-ArgumentCompleter",
    r"Microsoft.PowerShell.Core\Remove-Module",
    r"Microsoft.PowerShell.Utility\Get-Alias",
    r"Microsoft.PowerShell.Utility\Write-Error",
}
# Called by text that is made at run time, or by a person.
CALLED_OTHERWISE = {"awsenv_segment", "awsenv_command.ps1"}
# Variables of PowerShell's own that the files read.
AUTOMATIC = {"?", "_", "args", "executioncontext", "false", "host", "input", "lastexitcode"}
AUTOMATIC |= {"matches", "myinvocation", "null", "psscriptroot", "true"}
# Assigning one of these fails, or does more than to set a variable.
NOT_TO_ASSIGN = (AUTOMATIC - {"null"}) | {
    "home",
    "pid",
    "profile",
    "pwd",
    "error",
    "psitem",
    "switch",
    "this",
}
NOT_TO_ASSIGN |= {"foreach", "event", "sender", "iswindows", "islinux", "ismacos", "ofs"}


@pytest.mark.parametrize("name", NAMES)
def test_the_grammar_takes_every_character(name: str) -> None:
    assert errors(TEXTS[name]) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_grammar_would_not_take_a_bracket_too_few(name: str) -> None:
    # In code, as far as a look at the line tells: not in a comment, and in no text or name.
    lines = TEXTS[name].splitlines(keepends=True)
    taken = []
    for number, line in enumerate(lines):
        code = re.sub(r"'[^']*'|\"[^\"]*\"|\$\{[^}]*}|#.*", lambda found: "_" * len(found[0]), line)
        column = max(code.rfind(bracket) for bracket in "(){}")
        if column >= 0:
            changed = [*lines]
            changed[number] = line[:column] + line[column + 1 :]
            if not parse("".join(changed)).has_error:
                taken.append(line)
    assert not taken


@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_too_long_and_none_ends_in_blanks(name: str) -> None:
    for line in TEXTS[name].splitlines():
        assert line == line.rstrip()
        assert len(line) <= 120
    assert TEXTS[name].endswith("\n")
    assert "\r" not in TEXTS[name]
    assert "\t" not in TEXTS[name]


@pytest.mark.parametrize("name", NAMES)
def test_every_command_is_of_the_module_or_says_where_it_is_from(name: str) -> None:
    known = CMDLETS | FUNCTIONS.keys()
    assert called(TREES[name]) - known == set()


def test_every_function_is_called() -> None:
    used = set().union(*(called(tree) for tree in TREES.values())) | CALLED_OTHERWISE
    assert FUNCTIONS.keys() - used == set()
    for name in CALLED_OTHERWISE:
        assert name in FUNCTIONS


def test_exactly_what_a_person_calls_is_exported() -> None:
    exports = [
        text_of(node)
        for node in walk(TREES[MODULE], "command")
        if "Export-ModuleMember" in text_of(node)
    ]
    # The first is that of a session which is left alone.
    assert exports == [
        r"Microsoft.PowerShell.Core\Export-ModuleMember",
        r"Microsoft.PowerShell.Core\Export-ModuleMember $functions"
        " -Alias awsenv, awsenv_unload -Variable $variables",
    ]
    assert "$functions = 'awsenv_segment', 'awsenv_command.ps1'" in TEXTS[MODULE]
    assert "$variables = 'AWSENV_SEGMENT', 'AWSENV_COLOR', 'AWSENV_COLOR_END'" in TEXTS[MODULE]


def _own(name: str) -> bool:
    return name.startswith(("env:", "function:", "alias:")) or name in AUTOMATIC


def _assigned(root) -> set[str]:  # type: ignore[no-untyped-def]
    names = set()
    for node in walk(root, "left_assignment_expression", "script_parameter"):
        names.update(variables(node))
    names.update(variables(node)[0] for node in walk(root, "foreach_statement"))
    return names


def _of_module() -> set[str]:
    names = set().union(*(_assigned(TREES[file]) for file in OF_MODULE))
    return {name for name in names if name.startswith("script:")}


def test_no_variable_is_read_that_nothing_sets() -> None:
    """Under StrictMode that is an error, and else a mistake."""
    for name, function in FUNCTIONS.items():
        known = _assigned(function) | _of_module()
        # A block that a function hands over sees the function's variables.
        unknown = {used for used in variables(function) if not _own(used)} - known
        assert not unknown, name
    for name in NAMES:
        unknown = {used for used in variables(TREES[name]) if not _own(used)}
        assert unknown <= _assigned(TREES[name]) | _of_module(), name


def test_every_variable_of_the_module_is_set_before_any_function_can_run() -> None:
    """Each file by itself, but that the second may count on the first."""
    outside: set[str] = set()
    for file in OF_MODULE:
        root = TREES[file]
        bodies = [(node.start_byte, node.end_byte) for node in functions(root).values()]
        for node in walk(root, "left_assignment_expression"):
            if not any(start <= node.start_byte < end for start, end in bodies):
                outside.update(variables(node))
        used = {name for name in variables(root) if name.startswith("script:")}
        assert used <= outside, file


@pytest.mark.parametrize("name", NAMES)
def test_no_variable_of_powershell_itself_is_assigned(name: str) -> None:
    plain = {variable.partition(":")[2] or variable for variable in _assigned(TREES[name])}
    # What it has may be set, not it itself.
    assert not (plain - {"executioncontext"}) & NOT_TO_ASSIGN


def test_the_parts_stand_in_the_same_order_as_in_the_other_shells() -> None:
    banner = re.compile(r"^# --- (\d+\. [^-]+?) -+$", re.MULTILINE)
    hook = OF_MODULE[:3]
    numbered = sorted(
        {part for name in hook for part in banner.findall(TEXTS[name])},
        key=lambda part: int(part.split(".")[0]),
    )
    assert [int(part.split(".")[0]) for part in numbered] == list(range(1, 14))
    parts = numbered
    for name in hook:
        found = banner.findall(TEXTS[name])
        assert found == [part for part in parts if part in found], name
    # What asks before a line may stand in a file of its own, by parts of its own.
    common = [part for part in parts if part[:2] not in ("8.", "9.")]
    for shell in ("bash", "zsh", "fish"):
        files = sorted(SHELL_FILES.glob(f"awsenv*.{shell}"))
        each_has = [
            [part for part in banner.findall(file.read_text()) if part[:2] not in ("8.", "9.")]
            for file in files
            if not re.search("match|line|renew", file.name)
        ]
        # Each keeps to the order, and a part may have its place in several.
        assert all(each == [part for part in common if part in each] for each in each_has), shell
        assert {part for each in each_has for part in each} == set(common), shell


def test_the_mark_of_statements_is_the_one_that_is_printed() -> None:
    from awsenv.shells import get

    assert f"$script:mark = '{get('powershell').mark}'" in TEXTS["awsenv-more.ps1"]
