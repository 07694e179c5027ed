"""The command line: which command lives where, and the one place that reports errors.

A command's module is imported when that command is called, so that none pays for another.
"""

import os
import sys
from contextlib import suppress
from functools import wraps
from importlib import import_module
from typing import Annotated, Any

import typer

from awsenv.errors import AwsenvError, CancelledError, CredentialsError, UsageError
from awsenv.text import visible

# Every command, in the order of --help, and the module in awsenv.commands whose `command` it is.
# A command that is added here exists.
COMMANDS = {
    "assume": "assume",
    "unset": "unset",
    "refresh": "refresh",
    "exec": "exec",
    "credential-process": "credential_process",
    "login": "login",
    "logout": "logout",
    "save": "save",
    "setup": "setup",
    "rotate": "rotate",
    "status": "status",
    "whoami": "whoami",
    "list": "list",
    "console": "console",
    "doctor": "doctor",
    "explain": "explain",
    "init": "init",
    "prompt": "prompt",
    "demo": "demo",
}
_ABOUT = "AWS credentials in your shell: one MFA code a day serves every role and every terminal."
# What they print is meant to be evaluated: a failure has to make the evaluation fail too.
EVALUATED = ("assume", "unset", "refresh", "init")
# Everything after the first argument belongs to another program.
PASSES_ON = ("exec",)


class Stopped(BaseException):
    """SIGTERM or SIGHUP: unwind, so that what is open gets closed and the shell gets told."""


def run(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    _prepare()
    try:
        code = _main(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output is gone; Python would complain once more while exiting.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code)


def _prepare() -> None:
    """Let signals unwind, and let no name of the person's break a stream that is not UTF-8."""
    import signal

    def stop(number: int, _frame: Any) -> None:
        raise Stopped(number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # What is ignored (nohup) stays so.
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, stop)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def _main(arguments: list[str]) -> int:
    from awsenv import hookfiles

    hookfiles.renew()
    try:
        return _call_settled(arguments)
    except AwsenvError as error:
        problem = error
    except KeyboardInterrupt:
        problem = CancelledError()
    except Stopped as stopped:
        problem = AwsenvError(f"ended by signal {stopped.args[0]}")
        problem.exit_code = 128 + stopped.args[0]
    except Exception as error:  # noqa: BLE001 - whatever it is, the shell must be told
        if os.environ.get("AWSENV_DEBUG"):
            import traceback

            traceback.print_exc()
        problem = AwsenvError(
            f"unexpected {type(error).__name__}: {error}",
            "set AWSENV_DEBUG=1 to see where it happened, and report it",
        )
    _report(problem)
    _fail_evaluation(arguments, problem)
    return problem.exit_code


def _call_settled(arguments: list[str]) -> int:
    """Call the command, once more if a person had to tell where a saved session comes from."""
    try:
        return _call(arguments)
    except CredentialsError as error:
        from awsenv.adopt import OriginNeeded, ask

        if not isinstance(error, OriginNeeded) or not ask(error):
            raise
    return _call(arguments)


def parser(name: str) -> Any:
    """The command line as Typer makes it: with the command called `name`, or with all of them."""
    from typer.main import get_command

    from awsenv.helping import HelpfulCommand, HelpfulGroup

    app = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        cls=HelpfulGroup,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True, help=_ABOUT)(_root)
    for command in [name] if name in COMMANDS else COMMANDS:
        settings: dict[str, Any] = {"help_option_names": ["-h", "--help"]}
        settings["allow_interspersed_args"] = command not in PASSES_ON
        function = import_module(f"awsenv.commands.{COMMANDS[command]}").command
        app.command(command, context_settings=settings, cls=HelpfulCommand)(_cancels(function))
    return get_command(app)


def _cancels(function: Any) -> Any:
    """`function` with Ctrl-C as an error of ours: Typer would end without a word."""

    @wraps(function)
    def command(**values: Any) -> Any:
        try:
            return function(**values)
        except KeyboardInterrupt:
            raise CancelledError from None

    return command


def _call(arguments: list[str]) -> int:
    from typer.exceptions import TyperException

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


def _root(
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    if version:
        from awsenv import __version__

        sys.stdout.write(f"awsenv {__version__}\n")
        raise typer.Exit


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

    # What is no command at all may be one of these, mistyped.
    other = arguments[:1] and arguments[0] in COMMANDS and arguments[0] not in EVALUATED
    if other or sys.stdout.isatty():
        return
    if _option(arguments, "--format") is not None:
        return
    try:
        named = _option(arguments, "--shell")
        statement = (shells.get(named) if named else shells.detect()).fail(problem.message)
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
