"""--help goes to the terminal or to stderr, never into an evaluation."""

import sys
from typing import Any

from typer.core import TyperCommand, TyperGroup


def _redirect(option: Any) -> Any:
    def show(context: Any, _parameter: Any, value: bool) -> None:
        if value and not context.resilient_parsing:
            stream = sys.stdout if sys.stdout.isatty() else sys.stderr
            stream.write(f"{context.get_help()}\n")
            context.exit()

    if option is not None:
        option.callback = show
    return option


class HelpfulCommand(TyperCommand):
    def get_help_option(self, ctx: Any) -> Any:
        return _redirect(super().get_help_option(ctx))


class HelpfulGroup(TyperGroup):
    def get_help_option(self, ctx: Any) -> Any:
        return _redirect(super().get_help_option(ctx))
