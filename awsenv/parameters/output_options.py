"""What --shell and --format select: how a change of the environment is written."""

from __future__ import annotations

import sys

from awsenv import formats, shells
from awsenv.errors import UsageError
from awsenv.parameters.declared import flag, value
from awsenv.shells.detection import detect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awsenv.environment.change import EnvChange

SHELL = value(
    "--shell", "SHELL", "bash, zsh, fish, powershell, posix, nushell, elvish, xonsh or tcsh."
)
FORMAT = value("--format", "FORMAT", "json, dotenv or cmd instead of statements.")
PRINT = flag("--print", "Print even if stdout is a terminal.")
for _each in (SHELL, FORMAT, PRINT):
    _each.group = "Output"


def renderer(
    words: list[str],
    *,
    shell: str | None,
    format_: str | None = None,
    print_: bool = False,
) -> Callable[[EnvChange], None]:
    """A function that writes a change to stdout; raises UsageError before anyone is asked anything.

    On a terminal, statements would only show secrets and change nothing. So the error there
    contains the line to type instead, with the command `words` in it.
    """
    if shell and format_:
        raise UsageError("--shell and --format exclude each other", "leave one of them out")
    if format_:
        write = formats.get(format_)
    else:
        chosen = shells.get(shell) if shell else detect()
        if sys.stdout.isatty() and not print_:
            line = chosen.line_to_type(" ".join(map(chosen.quote, words)))
            raise UsageError(
                "the output is for the shell to evaluate, not for a screen",
                f"type: {line}{_or_the_hook(chosen)}",
            )
        write = chosen.render

    def emit(change: EnvChange) -> None:
        text = write(change)
        # A value out of the environment need not be UTF-8.
        sys.stdout.buffer.write(f"{text}\n".encode("utf-8", "surrogateescape"))
        sys.stdout.flush()

    return emit


def _or_the_hook(shell: shells.Shell) -> str:
    """How to get a shell that needs no such line, where there is a hook for it."""
    from awsenv.install import hook_files, rc_block

    if shell.name not in hook_files.FILES:
        return ""
    # Asking PowerShell where its profile is takes a second.
    if shell.name != "powershell" and rc_block.has_line(shell.name):
        return f" or load the hook into this shell first: {rc_block.load_line_for(shell)}"
    return " or load the hook, once and for all: awsenv init --install"
