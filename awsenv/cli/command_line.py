"""The command line: calls the command, and is the one place that reports errors.

Only the module of the command that is called gets imported, so no command pays for another.
"""

from __future__ import annotations

import os
import sys

from awsenv import stopping
from awsenv.commands import COMMANDS, EVALUATED, PASSES_ON, load
from awsenv.errors import AwsenvError, CancelledError, CredentialsError
from awsenv.lean.contextlib import suppress
from awsenv.values.text import visible


def run(arguments: list[str]) -> int:
    """Run the command line `arguments` and write all its output; returns the exit code."""
    _prepare()
    try:
        code = _call_settled(arguments)
        sys.stdout.flush()
    except BaseException as error:  # noqa: BLE001 - whatever it is, the shell must be told
        code = fail(arguments, error)
    with suppress(OSError):
        sys.stderr.flush()
    return code


def fail(arguments: list[str], error: BaseException) -> int:
    """Report the error that ended the command line, to the shell as well; returns the exit code."""
    stopping.ignore()
    if isinstance(error, BrokenPipeError) or arguments[:1] == ["__complete"]:
        # The reader of our output is gone; or this was TAB, which must not print messages.
        return 1
    _mend_streams()
    if os.environ.get("AWSENV_DEBUG") and not isinstance(error, (AwsenvError, KeyboardInterrupt)):
        import traceback

        traceback.print_exception(error)
    problem = _problem(error)
    _report(problem)
    with suppress(OSError):
        _fail_evaluation(arguments, problem)
        sys.stdout.flush()
    return problem.exit_code


def _prepare() -> None:
    """Set up what every command relies on."""
    stopping.unwind()
    _mend_streams()
    from awsenv.install import hook_files

    hook_files.renew()
    if os.name == "posix" and os.isatty(2):
        from awsenv.terminal import suspend_key

        suspend_key.mend(2)


def _mend_streams() -> None:
    """Make sure that stdout and stderr exist, and that no character can break them."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            # It was closed by the program that started this one.
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def _problem(error: BaseException) -> AwsenvError:
    """`error` as something to report to a person."""
    if isinstance(error, AwsenvError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return CancelledError()
    if isinstance(error, stopping.Stopped):
        problem = AwsenvError(f"ended by signal {error.args[0]}")
        problem.exit_code = 128 + error.args[0]
        return problem
    return _unexpected(error)


def _unexpected(error: BaseException) -> AwsenvError:
    if isinstance(error, OSError) and error.strerror:
        what = f": {error.filename}" if error.filename else ""
        return AwsenvError(f"{error.strerror.lower()}{what}", "AWSENV_DEBUG=1 shows where")
    return AwsenvError(
        f"unexpected {type(error).__name__}: {error}",
        _foreign_modules() or "set AWSENV_DEBUG=1 to see where it happened, and report it",
    )


def _foreign_modules() -> str | None:
    """The hint for when variables make Python load modules that awsenv was not installed with."""
    names = [name for name in ("PYTHONPATH", "PYTHONHOME") if os.environ.get(name)]
    if not names:
        return None
    without = " ".join(f"-u {name}" for name in names)
    return f"{' and '.join(names)} may be the cause: try env {without} awsenv"


def _call_settled(arguments: list[str]) -> int:
    """Call the command; call it again if the user first had to say where a saved session comes
    from.
    """
    try:
        return _call(arguments)
    except CredentialsError as error:
        from awsenv.saved.origin import OriginNeeded, ask

        if not isinstance(error, OriginNeeded) or not ask(error):
            raise
    return _call(arguments)


def _call(arguments: list[str]) -> int:
    if arguments[:1] == ["--"]:
        arguments = arguments[1:]
    name = arguments[0] if arguments else ""
    if name in COMMANDS:
        from awsenv.parameters.declared import call, read

        command = load(name)
        values = read(command, arguments[1:], name in PASSES_ON)
        if values is not None:
            return call(command, values)
    from awsenv.cli.habits import translated

    arguments = translated(arguments)
    if arguments == ["--version"]:
        from awsenv import __version__

        sys.stdout.write(f"awsenv {__version__}\n")
        return 0
    from awsenv.cli import typer_app

    return typer_app.call(arguments)


def _report(problem: AwsenvError) -> None:
    lines = [f"awsenv: {visible(problem.message, 1000)}"]
    if problem.hint:
        lines.append(f"hint: {visible(problem.hint, 1000)}")
    with suppress(OSError):
        sys.stderr.write(_before_a_message() + "\n".join([*lines, ""]))
        sys.stderr.flush()


def _before_a_message() -> str:
    """A line's end where a shell's line editor has the cursor behind the line that was typed."""
    # A question has ended that line already.
    if os.name != "posix" or "awsenv.terminal.posix_terminal" in sys.modules:
        return ""
    import termios

    try:
        return "" if termios.tcgetattr(2)[3] & termios.ICANON else "\n"
    except termios.error:
        return ""


def _fail_evaluation(arguments: list[str], problem: AwsenvError) -> None:
    """Print a statement that makes the evaluation fail and changes nothing."""
    from awsenv import shells
    from awsenv.shells.detection import detect

    # An unknown command may be a mistyped one of these.
    other = arguments[:1] and arguments[0] in COMMANDS and arguments[0] not in EVALUATED
    if other or sys.stdout.isatty():
        return
    from awsenv.formats import FORMATS

    if (_option(arguments, "--format") or "").lower() in FORMATS:
        return
    try:
        named = _option(arguments, "--shell")
        statement = (shells.get(named) if named else detect()).fail(problem.message)
    except Exception:  # noqa: BLE001 - whatever keeps the shell's name from us
        # POSIX shells and fish all know it, and PowerShell has no command of that name.
        statement = "false"
    sys.stdout.write(f"{statement}\n")


def _option(arguments: list[str], name: str) -> str | None:
    for index, argument in enumerate(arguments):
        if argument.startswith(f"{name}="):
            return argument.partition("=")[2]
        if argument == name:
            return arguments[index + 1] if index + 1 < len(arguments) else ""
    return None
