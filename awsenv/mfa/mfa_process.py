"""The profile's mfa_process: a command whose first line of output is the code.

It is split into words as a shell would split it, and run without a shell. Its stdin and stderr are
the user's terminal, so that it can ask for a passphrase or a touch. Where no terminal can be used
it gets none either, and runs in a session of its own. Nothing that it prints is ever shown.
"""

from __future__ import annotations

import os
import sys
import time

from awsenv.environment.for_programs import without_keys
from awsenv.errors import CancelledError, ConfigError, CredentialsError
from awsenv.lean.contextlib import suppress
from awsenv.lean.signal import signals as signal
from awsenv.mfa.question import USED, Question
from awsenv.values.notation import is_code
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess

    from awsenv.mfa.question import Last
    from awsenv.terminal.terminal import Terminal

_LONGEST_OUTPUT = 4096
_RUNS = 3


class MfaProcessSource:
    name = "mfa_process"

    def __init__(self, question: Question) -> None:
        self._question = question
        self._runs = self._refusals = 0

    def command(self) -> str | None:
        """The command to run, as it is in the config."""
        return self._question.process

    def code(self, last: Last) -> str | None:
        command = self.command()
        if command is None:
            return None
        if self._runs:
            self._wait_for_another(last)
        self._runs += 1
        self._question.on_ask("process")
        terminal = self._question.open_terminal()
        if terminal is None:
            return self._code_in(self._run(command, None))
        with terminal:
            return self._code_in(self._run(command, terminal))

    def _wait_for_another(self, last: Last) -> None:
        """Wait for the next code, for the last one is spent or wrong; raises when it's no use."""
        self._refusals += last == "refused"
        if self._refusals > 1 or self._runs >= _RUNS:
            raise CredentialsError(
                f"AWS did not accept the codes that {self.name} gave",
                f"check that it is set up for the device {self._question.device}",
            )
        seconds = self._question.until_next_code()
        text = USED if last == "used" else "AWS did not accept that code; the next one comes in"
        terminal = self._question.open_terminal()
        if terminal is None:
            time.sleep(seconds)
            return
        with terminal:
            terminal.countdown(seconds, text)

    def _run(self, command: str, terminal: Terminal | None) -> bytes:
        from contextlib import nullcontext

        words = _split(command, self.name)
        with terminal.lent() if terminal else nullcontext(_nobody) as give:
            # Windows programs split their command line themselves.
            process = _start(
                command if sys.platform == "win32" else words, words[0], terminal, self.name
            )
            self._question.begin_meanwhile()
            output = _Output(process)
            status = -1
            try:
                give(process.pid)
                status = self._status(process)
            finally:
                _end(process)
                if status and terminal:
                    # It may have ended in the middle of a question.
                    terminal.write("\n")
        if status in (-signal.SIGINT, 128 + signal.SIGINT):
            raise CancelledError
        if status:
            raise CredentialsError(
                f"{self.name} failed: {visible(words[0], 100)} "
                + (f"was ended by signal {-status}" if status < 0 else f"exited with {status}"),
                "run the command by hand to see what is wrong",
            )
        return output.text()

    def _status(self, process: subprocess.Popen[bytes]) -> int:
        import subprocess

        limit = self._question.process_timeout
        try:
            return process.wait(limit)
        except subprocess.TimeoutExpired:
            raise CredentialsError(
                f"{self.name} did not end within {limit:g} s",
                "run the command by hand; AWSENV_MFA_PROCESS_TIMEOUT sets the limit",
            ) from None

    def _code_in(self, output: bytes) -> str:
        code = output.decode("utf-8", "replace").partition("\n")[0].strip().replace(" ", "")
        if not is_code(code):
            raise CredentialsError(
                f"{self.name} did not print an MFA code: its first line is not six digits",
                "run the command by hand to see what it prints",
            )
        return code


class _Output:
    """Takes in what a process prints, and keeps the first of it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._kept = b""
        import threading

        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        with stream, suppress(OSError):
            while data := os.read(stream.fileno(), 4096):
                self._kept = (self._kept + data)[:_LONGEST_OUTPUT]

    def text(self) -> bytes:
        """What was printed, once the process has ended.

        A process that it left running may hold the pipe open; that one is not waited for.
        """
        self._thread.join(0.5)
        return self._kept


def _nobody(_group: int) -> None:
    """Stands in for the terminal's loan if there is no terminal."""


def _split(command: str, name: str) -> list[str]:
    import shlex

    try:
        # On Windows, a backslash is part of a path.
        words = shlex.split(command, posix=sys.platform != "win32")
    except ValueError as error:
        raise ConfigError(
            f"{name} cannot be split into words: {str(error).lower()}", "mend its quotes"
        ) from None
    if not words:
        raise ConfigError(f"{name} is empty", "set it to a command, or remove it")
    return [os.path.expanduser(words[0]), *words[1:]]


def _start(
    command: str | list[str], program: str, terminal: Terminal | None, name: str
) -> subprocess.Popen[bytes]:
    import subprocess

    own = terminal.fileno() if terminal else None
    nowhere = subprocess.DEVNULL if terminal is None else None
    try:
        return subprocess.Popen(
            command,
            stdin=own if own is not None else nowhere,
            stdout=subprocess.PIPE,
            stderr=own,
            env=without_keys(),
            process_group=0 if terminal and os.name == "posix" else None,
            start_new_session=terminal is None and os.name == "posix",
        )
    except OSError as error:
        raise CredentialsError(
            f"{name} cannot be run: {visible(program, 100)}: "
            f"{(error.strerror or 'unknown error').lower()}",
            "check the command; it is not run by a shell",
        ) from None
    except ValueError:
        raise ConfigError(f"{name} has a NUL character in it", "remove it") from None


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process that is still running, with all that it has started."""
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        import subprocess

        kill = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
        subprocess.run(kill, capture_output=True, check=False)
    else:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
