"""The console script: the fast way where it can answer, otherwise the command line.

The one place where everything ends. Whatever happens, from the first line on, is reported the way
the command line reports it, and a shell that evaluates the output is told.
"""

import os
import sys

# What `awsenv.fast.answer` answers, where it can.
_FAST = ("assume", "credential-process", "exec")


def main() -> None:
    """Run awsenv and end the process with its exit code."""
    arguments = sys.argv[1:]
    try:
        if arguments[:1] != ["__complete"]:
            # What TAB offers is evaluated by no shell, and has to come at once.
            from awsenv import stopping

            stopping.unwind()
        code = _main(arguments)
    except BaseException as error:  # noqa: BLE001 - a shell may be waiting to be told
        code = _failed(arguments, error)
    # Nothing is left to do, and shutting down the interpreter takes time.
    os._exit(code)


def _main(arguments: list[str]) -> int:
    if arguments[:1] == ["__complete"]:
        from awsenv.cli import completion

        completion.main(arguments[1:])
        return 0
    found = text = None
    if arguments[:1] and arguments[0] in _FAST:
        from awsenv.fast import answer

        try:
            found = answer.command(arguments)
            text = answer.answer(arguments) if found is None else None
        except Exception:  # noqa: BLE001 - the full way answers, or says what is wrong
            found = text = None
    if found is not None:
        _become(*found)
    if text is None:
        from awsenv.cli.command_line import run

        return run(arguments)
    # A value out of the environment need not be UTF-8.
    data = f"{text}\n".encode("utf-8", "surrogateescape")
    while data:
        data = data[os.write(1, data) :]
    return 0


def _become(words: list[str], env: dict[str, str]) -> None:
    """Run `words` in the place of this process; raises AwsenvError where that cannot be."""
    from awsenv import stopping

    stopping.restore()
    try:
        os.execvpe(words[0], words, env)  # noqa: S606 - the point of the command
    except (OSError, ValueError) as error:
        from awsenv.serving.not_started import explained

        raise explained(words, error) from None


def _failed(arguments: list[str], error: BaseException) -> int:
    """Report `error`; the exit code."""
    try:
        from awsenv.cli.command_line import fail

        return fail(arguments, error)
    except BaseException as another:  # noqa: BLE001
        # awsenv itself cannot be loaded, or another signal came: report it without awsenv's help.
        text = f"awsenv: {type(error).__name__}: {error}, then {type(another).__name__}: {another}"
        try:
            os.write(2, text.encode("ascii", "backslashreplace") + b"\n")
            if not os.isatty(1):
                os.write(1, b"false\n")
        except OSError:
            pass
        return 1
