"""What TAB offers beside names of profiles: commands and options, as Typer has them."""

from collections.abc import Iterable
from typing import Any

from awsenv.config import profile_names

Candidates = list[tuple[str, str]]


def from_command_line(before: list[str], current: str) -> tuple[int, Candidates]:
    """See `completion.candidates`; `before` are the words before `current`."""
    from awsenv import cli

    if not before:
        group = cli.parser("")
        if current.startswith("-"):
            return 0, _options(group)
        names = [(name, command.get_short_help_str(80)) for name, command in group.commands.items()]
        return 0, [*names, ("auto", "Turn the automatic renewal in this shell on or off.")]
    name = before[0]
    if name not in cli.COMMANDS:
        return 0, []
    command = cli.parser(name).commands[name]
    return _within(command, name in cli.PASSES_ON, before, current)


def _within(
    command: Any, passes_on: bool, before: list[str], current: str
) -> tuple[int, Candidates]:
    """The same for the words of one command."""
    with_value = {
        text: option.metavar or ""
        for option in command.params
        if option.param_type_name == "option" and not option.is_flag
        for text in option.opts
    }
    arguments = 0
    awaited: str | None = None
    for number, word in enumerate(before[1:], 2):
        if awaited is not None:
            awaited = None
        elif word in with_value:
            awaited = with_value[word]
        elif word == "--" or not word.startswith("-"):
            arguments += 1
            if passes_on and arguments == 1 and word != "--":
                following = [*before[number:], current]
                skipped = 1 if following[0] == "--" and len(following) > 1 else 0
                return number + 1 + skipped, []
    option, equals, _ = current.partition("=")
    if awaited is not None:
        found = _values(awaited)
    elif equals:
        found = [(f"{option}={value}", "") for value, _ in _values(with_value.get(option, ""))]
    elif current.startswith("-"):
        found = _options(command)
    else:
        of_profile = command.params and command.params[0].name == "profile"
        found = _values("PROFILE") if of_profile and arguments == 0 else []
    return 0, found


def _options(command: Any) -> Candidates:
    found = [
        (text, option.help or "")
        for option in command.params
        if option.param_type_name == "option" and not option.hidden
        for text in option.opts
        if text.startswith("--")
    ]
    return [*found, ("--help", "Show what the command does.")]


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
    elif metavar == "SERVICE":
        from awsenv.console import SERVICES

        names = SERVICES
    return [(name, "") for name in names]
