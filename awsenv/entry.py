"""The console script: the fast way where it can answer, else the command line."""

import os
import sys


def main() -> None:
    """Run awsenv and end the process with its exit code."""
    try:
        _main()
    except KeyboardInterrupt:
        # Before the command line was there to see it.
        os.write(2, b"awsenv: cancelled\n")
        if sys.argv[1:2] and sys.argv[1] in ("assume", "unset", "refresh", "init"):
            os.write(1, b"false\n")
        os._exit(130)


def _main() -> None:
    if sys.argv[1:2] == ["__complete"]:
        from awsenv.cli import completion

        completion.main(sys.argv[2:])
        os._exit(0)
    from awsenv.fast import answer

    text = answer.answer(sys.argv[1:])
    # Below, os._exit: nothing is left to be done, and an interpreter takes its time to go down.
    if text is not None:
        try:
            # A value out of the environment need not be UTF-8.
            os.write(1, f"{text}\n".encode("utf-8", "surrogateescape"))
        except OSError as error:
            os.write(2, f"awsenv: cannot print the answer: {error.strerror}\n".encode())
            os._exit(1)
        os._exit(0)
    from awsenv.cli.command_line import run

    os._exit(run(sys.argv[1:]))
