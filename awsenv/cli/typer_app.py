"""The command line as Typer has it: help, mistakes, and whatever `parameters.declared` does not
read.

Typer takes longer to load than most commands take to run, so nothing else imports it.
"""

from __future__ import annotations

import re
import sys
from inspect import Parameter as Slot
from inspect import Signature
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException
from typer.main import get_command

from awsenv.cli import habits
from awsenv.commands import COMMANDS, EVALUATED, PASSES_ON, load
from awsenv.errors import AwsenvError, CancelledError, UsageError
from awsenv.parameters.declared import GROUPS, Parameter, parameters
from awsenv.parameters.declared import call as call_with
from awsenv.shells.detection import detect

_ABOUT = "AWS credentials in your shell: one MFA code a day serves every role and every terminal."
_MORE = "With the prompt hook: awsenv auto on|off|all turns its renewals in this shell on or off."
_HELP = {"help_option_names": ["-h", "--help"]}
_TYPES = {"flag": bool, "values": list[str] | None, "arguments": list[str] | None}


def call(arguments: list[str]) -> int:
    """Run the command line `arguments`; returns the exit code. Raises AwsenvError."""
    name = arguments[0] if arguments else ""
    command_line = parser(name)
    command_line.bare = not arguments
    try:
        result: Any = command_line.main(
            args=arguments or ["--help"], prog_name="awsenv", standalone_mode=False
        )
        if not arguments:
            raise UsageError("there is no command", "the commands are listed above")
    except TyperException as error:
        known = habits.answered(arguments)
        if known:
            raise known from None
        line, _, _ = error.format_message().partition("\n")
        helped = f"awsenv {name} --help" if name in COMMANDS else "awsenv --help"
        raise UsageError(line[:1].lower() + line[1:].rstrip("."), f"see {helped}") from None
    except typer.Abort:
        raise CancelledError from None
    return result if isinstance(result, int) else 0


def parser(name: str) -> _Group:
    """The command line, in which no command but the one called `name` is more than its help."""
    app = typer.Typer(cls=_Group, context_settings=_HELP, **_PLAIN)
    app.callback(invoke_without_command=True, help=_ABOUT, epilog=_MORE)(_root)
    group = get_command(app)
    assert isinstance(group, _Group)
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
    settings |= {"hidden": each.hidden, "rich_help_panel": each.group or None}
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


_EVALUATION = re.compile(r'eval\s+"\$\(awsenv\s+([^)]+)\)"')


def _as_typed_here(text: str) -> str:
    """Help, in which what is to be evaluated is written as in the shell that it is read in."""
    try:
        shell = detect()
    except AwsenvError:
        return text
    return _EVALUATION.sub(lambda found: shell.line_to_type(f"awsenv {found[1]}"), text)


def _redirect(option: Any, evaluated: bool) -> Any:
    """Have --help go to stdout, so that it can be paged; but never into an evaluation."""

    def show(context: Any, _parameter: Any, value: bool) -> None:
        if value and not context.resilient_parsing:
            stream = sys.stderr if evaluated and not sys.stdout.isatty() else sys.stdout
            stream.write(f"{_as_typed_here(context.get_help())}\n")
            context.exit()

    if option is not None:
        option.callback = show
    return option


class _Command(TyperCommand):
    def get_help_option(self, ctx: Any) -> Any:
        return _redirect(super().get_help_option(ctx), self.name in EVALUATED)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The options in groups, each below its name, in the order of their first ones."""
        groups: dict[str, list[Any]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                plain = "Arguments" if parameter.param_type_name == "argument" else "Options"
                name = getattr(parameter, "rich_help_panel", None) or plain
                groups.setdefault(name, []).append(record)
        # The command's own options come first.
        for name in filter(groups.get, ("Arguments", "Options", *GROUPS)):
            with formatter.section(name):
                formatter.write_dl(groups[name])


class _Group(TyperGroup):
    # By itself, awsenv shows the help as well, and may be in an evaluation by mistake.
    bare = False

    def get_help_option(self, ctx: Any) -> Any:
        return _redirect(super().get_help_option(ctx), self.bare)
