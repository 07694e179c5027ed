"""The command line as Typer has it: help, mistakes, and whatever `parameters.declared` does not
read.

Typer takes longer to load than most commands take to run, so nothing else imports it.
"""

import sys
from inspect import Parameter as Slot
from inspect import Signature
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException
from typer.main import get_command

from awsenv.commands import COMMANDS, PASSES_ON, load
from awsenv.errors import CancelledError, UsageError
from awsenv.parameters.declared import Parameter, parameters
from awsenv.parameters.declared import call as call_with

_ABOUT = "AWS credentials in your shell: one MFA code a day serves every role and every terminal."
_HELP = {"help_option_names": ["-h", "--help"]}
_TYPES = {"flag": bool, "values": list[str] | None, "arguments": list[str] | None}


def call(arguments: list[str]) -> int:
    """Run the command line `arguments`; returns the exit code. Raises AwsenvError."""
    name = arguments[0] if arguments else ""
    command_line = parser(name)
    try:
        result: Any = command_line.main(
            args=arguments or ["--help"], prog_name="awsenv", standalone_mode=False
        )
        if not arguments:
            raise UsageError("there is no command", "the commands are listed above")
    except TyperException as error:
        line, _, _ = error.format_message().partition("\n")
        helped = f"awsenv {name} --help" if name in COMMANDS else "awsenv --help"
        raise UsageError(line[:1].lower() + line[1:].rstrip("."), f"see {helped}") from None
    except typer.Abort:
        raise CancelledError from None
    return result if isinstance(result, int) else 0


def parser(name: str) -> TyperGroup:
    """The command line, in which no command but the one called `name` is more than its help."""
    app = typer.Typer(cls=_Group, context_settings=_HELP, **_PLAIN)
    app.callback(invoke_without_command=True, help=_ABOUT)(_root)
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    for each, text in COMMANDS.items():
        group.add_command(_command(each) if each == name else TyperCommand(each, help=text))
    return group


_PLAIN: Any = {
    "add_completion": False,
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
}


def _command(name: str) -> Any:
    """The command `name` as a Typer command of its own."""
    function = load(name)
    slots = [_slot(key, each) for key, each in parameters(function).items()]

    def run(**values: Any) -> Any:
        try:
            return call_with(function, values)
        except KeyboardInterrupt:
            # Typer would end without saying anything.
            raise CancelledError from None

    run.__signature__ = Signature(slots)  # type: ignore[attr-defined]
    run.__annotations__ = {slot.name: slot.annotation for slot in slots}
    app = typer.Typer(**_PLAIN)
    settings = {**_HELP, "allow_interspersed_args": name not in PASSES_ON}
    app.command(name, cls=_Command, help=function.__doc__, context_settings=settings)(run)
    return get_command(app)


def _slot(key: str, each: Parameter) -> Slot:
    settings: dict[str, Any] = {"help": each.help, "metavar": each.metavar or None}
    if each.parse:
        settings["parser"] = each.parse
    if each.kind.startswith("argument"):
        info = typer.Argument(**settings)
    else:
        info = typer.Option(each.name, **settings)
    kind = _TYPES.get(each.kind, str if each.default else str | None)
    return Slot(key, Slot.KEYWORD_ONLY, default=each.default, annotation=Annotated[kind, info])


def _root(
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    if version:
        # By itself it is understood without Typer.
        raise UsageError("--version stands alone", "type: awsenv --version")


def _redirect(option: Any) -> Any:
    """Have --help go to the terminal or to stderr, never into an evaluation."""

    def show(context: Any, _parameter: Any, value: bool) -> None:
        if value and not context.resilient_parsing:
            stream = sys.stdout if sys.stdout.isatty() else sys.stderr
            stream.write(f"{context.get_help()}\n")
            context.exit()

    if option is not None:
        option.callback = show
    return option


class _Command(TyperCommand):
    def get_help_option(self, ctx: Any) -> Any:
        return _redirect(super().get_help_option(ctx))


class _Group(TyperGroup):
    def get_help_option(self, ctx: Any) -> Any:
        return _redirect(super().get_help_option(ctx))
