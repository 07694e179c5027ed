"""The command line: calls the command, and is the one place that reports errors.

A command's module is imported when that command is called, so that none pays for another.
"""

from __future__ import annotations

import os
import sys

from awsenv.commands import COMMANDS, EVALUATED, PASSES_ON, load
from awsenv.errors import AwsenvError, CancelledError, CredentialsError
from awsenv.lean.contextlib import suppress
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Stopped(BaseException):
    """SIGTERM or SIGHUP: unwind, so that what is open gets closed and the shell gets told."""


def run(arguments: list[str]) -> int:
    """Run the command line `arguments`; the exit code, once all output is written."""
    _prepare()
    try:
        code = _main(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output is gone.
        code = 1
    except OSError as error:
        _report(_unexpected(error))
        code = 1
    with suppress(OSError):
        sys.stderr.flush()
    return code


def _prepare() -> None:
    """Let signals unwind, and let no stream break by a name that it cannot hold, or be missing."""
    from awsenv.lean.signal import signals as signal

    def stop(number: int, _frame: Any) -> None:
        raise Stopped(number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # What is ignored (nohup) stays so.
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, stop)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            # It was closed by whoever started this.
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def _main(arguments: list[str]) -> int:
    from awsenv.install import hook_files

    hook_files.renew()
    try:
        return _call_settled(arguments)
    except AwsenvError as error:
        problem = error
    except KeyboardInterrupt:
        problem = CancelledError()
    except Stopped as stopped:
        problem = AwsenvError(f"ended by signal {stopped.args[0]}")
        problem.exit_code = 128 + stopped.args[0]
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the shell must be told
        if os.environ.get("AWSENV_DEBUG"):
            import traceback

            traceback.print_exc()
        problem = _unexpected(error)
    _report(problem)
    with suppress(OSError):
        _fail_evaluation(arguments, problem)
        sys.stdout.flush()
    return problem.exit_code


def _unexpected(error: Exception) -> AwsenvError:
    if isinstance(error, OSError) and error.strerror:
        what = f": {error.filename}" if error.filename else ""
        return AwsenvError(f"{error.strerror.lower()}{what}", "AWSENV_DEBUG=1 shows where")
    return AwsenvError(
        f"unexpected {type(error).__name__}: {error}",
        "set AWSENV_DEBUG=1 to see where it happened, and report it",
    )


def _call_settled(arguments: list[str]) -> int:
    """Call the command, once more if a person had to tell where a saved session comes from."""
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
        sys.stderr.write("\n".join([*lines, ""]))
        sys.stderr.flush()


def _fail_evaluation(arguments: list[str], problem: AwsenvError) -> None:
    """Put on stdout what makes the evaluation of it fail, and changes nothing."""
    from awsenv import shells
    from awsenv.shells.detection import detect

    # What is no command at all may be one of these, mistyped.
    other = arguments[:1] and arguments[0] in COMMANDS and arguments[0] not in EVALUATED
    if other or sys.stdout.isatty():
        return
    from awsenv.formats import FORMATS

    if (_option(arguments, "--format") or "").lower() in FORMATS:
        return
    try:
        named = _option(arguments, "--shell")
        statement = (shells.get(named) if named else detect()).fail(problem.message)
    except AwsenvError:
        # Every POSIX shell and fish know it, and PowerShell has no command of that name.
        statement = "false"
    sys.stdout.write(f"{statement}\n")


def _option(arguments: list[str], name: str) -> str | None:
    for index, argument in enumerate(arguments):
        if argument.startswith(f"{name}="):
            return argument.partition("=")[2]
        if argument == name:
            return arguments[index + 1] if index + 1 < len(arguments) else ""
    return None
