"""A sign-in that has expired, and the offer to renew it with the AWS CLI."""

from __future__ import annotations

import os

from awsenv.errors import CredentialsError
from awsenv.lean.contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awsenv.terminal.terminal import Terminal


class SignInNeeded(CredentialsError):  # noqa: N818 - named for what is to be done
    """`command` renews the sign-in."""

    def __init__(self, message: str, command: tuple[str, ...]) -> None:
        import shlex

        super().__init__(message, f"run: {shlex.join(command)}")
        self.command = command


def offer(needed: SignInNeeded, open_terminal: Callable[[], Terminal | None]) -> bool:
    """Ask whether to sign in now and do it; False if that is not possible or not wanted.

    Raises CancelledError if the user cancels, CredentialsError if signing in fails.
    """
    import shlex
    import shutil

    program = shutil.which(needed.command[0])
    terminal = open_terminal() if program else None
    if program is None or terminal is None:
        return False
    with terminal:
        terminal.say(f"awsenv: {needed.message}")
        answer = terminal.ask(f"run {shlex.join(needed.command)} now? [Y/n] ")
        if answer.strip().lower() not in ("", "y", "yes"):
            return False
        status = _run([program, *needed.command[1:]], terminal)
    if status:
        raise CredentialsError(
            f"{shlex.join(needed.command)} failed with exit code {status}", needed.hint
        )
    return True


def _run(words: list[str], terminal: Terminal) -> int:
    """Run a program at the terminal, for our own stdout belongs to the shell's evaluation."""
    import subprocess

    own = terminal.fileno()
    process = subprocess.Popen(
        words,
        stdin=own,
        stdout=own if own is not None else 2,
        stderr=own,
        process_group=0 if os.name == "posix" else None,
    )
    try:
        with terminal.lent() as give:
            with suppress(OSError):
                give(process.pid)
            return process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
