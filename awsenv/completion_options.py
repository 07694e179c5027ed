"""What TAB offers beside names of profiles: commands and options, as Typer has them."""

from typing import Any

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
    takes_value = {
        text for option in command.params if not _is_flag(option) for text in option.opts
    }
    arguments = 0
    awaited = ""
    for number, word in enumerate(before[1:], 2):
        if awaited:
            awaited = ""
        elif word in takes_value:
            awaited = word
        elif word == "--" or not word.startswith("-"):
            arguments += 1
            if passes_on and arguments == 1 and word != "--":
                following = [*before[number:], current]
                skipped = 1 if following[0] == "--" and len(following) > 1 else 0
                return number + 1 + skipped, []
    if awaited:
        return 0, [(value, "") for value in _values(awaited)]
    option, equals, _ = current.partition("=")
    if equals:
        return 0, [(f"{option}={value}", "") for value in _values(option)]
    if current.startswith("-"):
        return 0, _options(command)
    if arguments == 0 and command.params and command.params[0].name == "profile":
        from awsenv.completion import _profiles

        return 0, _profiles()
    return 0, []


def _options(command: Any) -> Candidates:
    found = [
        (text, option.help or "")
        for option in command.params
        if option.param_type_name == "option" and not option.hidden
        for text in option.opts
        if text.startswith("--")
    ]
    return [*found, ("--help", "Show what the command does.")]


def _is_flag(option: Any) -> bool:
    return option.param_type_name != "option" or option.is_flag


def _values(option: str) -> list[str]:
    """The values that an option can have, where they are few and known."""
    if option == "--shell":
        return ["bash", "zsh", "fish", "powershell", "posix"]
    if option == "--format":
        from awsenv.formats import FORMATS

        return list(FORMATS)
    return []
