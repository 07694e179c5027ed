"""The console script: the fast way where it can answer, else the command line."""

import sys


def main() -> None:
    """Run awsenv and end the process with its exit code."""
    from awsenv import fast

    text = fast.answer(sys.argv[1:])
    if text is not None:
        sys.stdout.write(f"{text}\n")
        return
    from awsenv.cli import run

    run()
