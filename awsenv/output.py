"""What --shell and --format choose: how a change of the environment is written."""

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from awsenv import formats, shells
from awsenv.environment import EnvChange
from awsenv.errors import UsageError

ShellOption = Annotated[
    str | None,
    typer.Option("--shell", help="bash, zsh, fish, powershell or posix.", metavar="SHELL"),
]
FormatOption = Annotated[
    str | None,
    typer.Option("--format", help="json, dotenv or cmd instead of statements.", metavar="FORMAT"),
]
PrintOption = Annotated[bool, typer.Option("--print", help="Print even if stdout is a terminal.")]


def renderer(
    words: list[str], shell: str | None, format_: str | None, print_: bool
) -> Callable[[EnvChange], None]:
    """What writes a change to stdout; raises UsageError before anything is asked of anybody.

    Where stdout is a terminal, statements would only show secrets and change nothing: the command
    `words` is then put into the line that the person should have typed.
    """
    if shell and format_:
        raise UsageError("--shell and --format exclude each other", "leave one of them out")
    if format_:
        write = formats.get(format_)
    else:
        chosen = shells.get(shell) if shell else shells.detect()
        if sys.stdout.isatty() and not print_:
            raise UsageError(
                "the output is for the shell to evaluate, not for a screen",
                f"type: {chosen.line_to_type(' '.join(map(chosen.quote, words)))}",
            )
        write = chosen.render

    def emit(change: EnvChange) -> None:
        text = write(change)
        # A value out of the environment need not be UTF-8.
        sys.stdout.buffer.write(f"{text}\n".encode("utf-8", "surrogateescape"))
        sys.stdout.flush()

    return emit
