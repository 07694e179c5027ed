"""What a command takes on its command line, declared next to the command, without Typer.

    def command(*, as_json: bool = flag("--json", "As JSON.")) -> None:

`awsenv.cli.typer_app` builds Typer's command line from it, which handles everything: help,
mistakes, every way to write an option. Loading Typer takes longer than most commands, so `read`
handles what people and hooks nearly always type, and leaves everything else to Typer.
"""

from __future__ import annotations

from awsenv.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any


# The groups of options in the help, after a command's own.
GROUPS = ("Which session", "MFA", "Output")


class Parameter:
    """An option or an argument; `parse` makes its value of the text, and raises UsageError.

    `kind` is "flag", "value" (of an option), "values" (of one that may be repeated), "argument"
    or "arguments" (the rest of the words). In the help it stands below the name of its `group`,
    and not at all where it is `hidden`: an option that is understood only to be refused.
    """

    def __init__(
        self,
        kind: str,
        name: str,
        help: str,  # noqa: A002 - as everywhere
        *,
        default: Any = None,
        metavar: str = "",
        parse: Callable[[str], Any] | None = None,
    ) -> None:
        self.kind = kind
        self.name = name
        self.help = help
        self.default = default
        self.metavar = metavar
        self.parse = parse
        self.group = ""
        self.hidden = False

    def but(self, name: str, value: object) -> Parameter:
        """A copy whose attribute `name` is `value`."""
        copy = Parameter(self.kind, self.name, self.help)
        copy.__dict__.update(self.__dict__, **{name: value})
        return copy


def flag(name: str, help: str) -> Any:  # noqa: A002
    """An option that is either given or not."""
    return Parameter("flag", name, help, default=False)


def value(
    name: str,
    metavar: str,
    help: str,  # noqa: A002
    default: str | None = None,
    parse: Callable[[str], Any] | None = None,
) -> Any:
    """An option with a value."""
    return Parameter("value", name, help, default=default, metavar=metavar, parse=parse)


def values(name: str, metavar: str, help: str) -> Any:  # noqa: A002
    """An option with a value that may be given more than once: a list."""
    return Parameter("values", name, help, metavar=metavar)


def argument(metavar: str, help: str) -> Any:  # noqa: A002
    """A word that is not an option; None if it is not given."""
    return Parameter("argument", metavar, help, metavar=metavar)


def arguments(metavar: str, help: str) -> Any:  # noqa: A002
    """All words that are left: a list."""
    return Parameter("arguments", metavar, help, metavar=metavar)


def parameters(command: Callable[..., Any]) -> Mapping[str, Parameter]:
    """What `command` takes, by the names of its own parameters."""
    found: Mapping[str, Parameter] = getattr(command, "parameters", command.__kwdefaults__ or {})
    return found


def read(
    command: Callable[..., Any], words: Sequence[str], passes_on: bool
) -> dict[str, Any] | None:
    """The values that Typer would find in `words`; None if that must be left to Typer.

    With `passes_on`, nothing after the first argument is an option of awsenv. Raises UsageError if
    an option stands in the place of a value, which Typer would accept.
    """
    declared = parameters(command)
    options = {each.name: (key, each) for key, each in declared.items() if each.name[:2] == "--"}
    found: dict[str, Any] = {}
    left = list(words)
    plain: list[str] = []
    while left:
        word = left.pop(0)
        if word[:1] != "-" or word == "--":
            plain += [] if word == "--" else [word]
            if passes_on or word == "--":
                plain += left
                break
            continue
        name, equals, text = word.partition("=")
        key, option = options.get(name, ("", None))
        if option is None or (equals and option.kind == "flag"):
            return None
        if option.kind == "flag":
            found[key] = True
            continue
        if not equals and not left:
            return None
        if not equals:
            text = left.pop(0)
            if text[:1] == "-":
                raise UsageError(
                    f"{name} needs a value, and {text} follows",
                    f"write {name}={text} if that is the value",
                )
        if option.kind == "values":
            found.setdefault(key, []).append(text)
        else:
            found[key] = text
    return _completed(found, declared, plain)


def _completed(
    found: dict[str, Any], declared: Mapping[str, Parameter], plain: list[str]
) -> dict[str, Any] | None:
    """`found` with the words that are not options, and defaults for what is missing."""
    for key, each in declared.items():
        if each.kind == "argument" and plain:
            found[key] = plain.pop(0)
        elif each.kind == "arguments" and plain:
            found[key], plain = plain, []
    if plain:
        return None
    for key, text in found.items():
        parse = declared[key].parse
        found[key] = parse(text) if parse else text
    return {key: each.default for key, each in declared.items()} | found


def call(command: Callable[..., Any], given: dict[str, Any]) -> int:
    """Run `command` with the values `given`; its exit code. Raises UsageError for an empty one."""
    for key, each in parameters(command).items():
        # In a script, an empty variable must not stand for the default.
        if given[key] == "" or (each.kind == "values" and "" in (given[key] or ())):
            name = each.name.strip("[]")
            raise UsageError(f"{name} is empty", "leave it out, or give it a value")
    return command(**given) or 0
