"""What TAB offers besides profile names: commands and options, as the commands declare them."""

from __future__ import annotations

from awsenv.commands import COMMANDS, PASSES_ON, load
from awsenv.config import profile_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from awsenv.parameters.declared import Parameter


# Words to offer, each with a short description.
Candidates = list[tuple[str, str]]


def from_command_line(
    before: list[str], current: str, as_arguments: Callable[[Iterable[str]], Candidates]
) -> tuple[int, Candidates]:
    """See `completion.candidates`; `before` are the words before `current`."""
    if not before:
        if current.startswith("-"):
            return 0, [("--version", "Show the version."), _HELP]
        return 0, [
            *COMMANDS.items(),
            ("auto", "Turn the automatic renewal in this shell on or off."),
        ]
    name = before[0]
    if name not in COMMANDS:
        return 0, []
    from awsenv.parameters.declared import parameters

    declared = parameters(load(name))
    return _within(declared, name in PASSES_ON, before, current, as_arguments)


def _within(
    declared: Mapping[str, Parameter],
    passes_on: bool,
    before: list[str],
    current: str,
    as_arguments: Callable[[Iterable[str]], Candidates],
) -> tuple[int, Candidates]:
    """The same for the words of one command."""
    with_value = {
        each.name: each.metavar for each in declared.values() if each.kind in ("value", "values")
    }
    arguments = 0
    ended = False
    awaited: str | None = None
    for number, word in enumerate(before[1:], 2):
        if awaited is not None:
            awaited = None
        elif ended or not word.startswith("-"):
            arguments += 1
            if passes_on and arguments == 1:
                following = [*before[number:], current]
                skipped = 1 if following[0] == "--" and len(following) > 1 else 0
                return number + 1 + skipped, []
        elif word in with_value:
            awaited = with_value[word]
        elif word == "--":
            ended = True
    names = profile_names() if "profile" in declared and arguments == 0 else []
    option, equals, _ = current.partition("=")
    if awaited is not None:
        # What begins with - is a value only behind a =.
        found = [pair for pair in _values(awaited) if not pair[0].startswith("-")]
    elif ended:
        found = [(name, "") for name in names]
    elif equals:
        found = [(f"{option}={value}", "") for value, _ in _values(with_value.get(option, ""))]
    elif current.startswith("-"):
        options = (
            each for each in declared.values() if each.name.startswith("--") and not each.hidden
        )
        found = [*((each.name, each.help) for each in options), _HELP]
        found += as_arguments(name for name in names if name.startswith("-"))
    else:
        found = as_arguments(names)
    return 0, found


_HELP = ("--help", "Show what the command does.")


def _values(metavar: str) -> Candidates:
    """What an option can be given, where that is known: by what --help calls it."""
    names: Iterable[str] = ()
    if metavar == "PROFILE":
        names = profile_names()
    elif metavar == "SHELL":
        names = ("bash", "zsh", "fish", "powershell", "posix")
    elif metavar == "FORMAT":
        from awsenv.formats import FORMATS

        names = FORMATS
    elif metavar == "TIME":
        names = ("15m", "30m", "1h", "2h", "4h", "8h", "12h", "36h")
    elif metavar == "REGION":
        names = _regions()
    elif metavar in ("SERVICE", "PLACE"):
        from awsenv.console.destination import SERVICES

        names = SERVICES
    return [(name, "") for name in names]


def _regions() -> list[str]:
    """The regions by botocore's own table, read without botocore."""
    import json
    import os
    from importlib.util import find_spec

    found = find_spec("botocore")
    folders = found.submodule_search_locations if found else None
    if not folders:
        return []
    with open(os.path.join(folders[0], "data", "partitions.json"), encoding="utf-8") as file:
        table = json.load(file)
    names = {name for each in table["partitions"] for name in each["regions"]}
    return sorted(name for name in names if not name.endswith("-global"))
