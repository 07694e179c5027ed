"""Asks for a code in a window, for programs that have no terminal.

One dialog at a time, however many callers there are: a lock on a file says whose turn it is. The
dialog's process inherits the lock, so that the next caller waits even if awsenv was killed and its
window is still there. Cancelling a question answers it for every process that was already waiting
to ask for the same device.
"""

from __future__ import annotations

import os
import sys
import time

from awsenv.environment.for_programs import without_keys
from awsenv.errors import AwsenvError, CancelledError, CredentialsError
from awsenv.lean.contextlib import suppress
from awsenv.lean.hashlib import digest
from awsenv.mfa.question import STARTED, WRONG, EmptyCode, Question, TakenOver
from awsenv.storage import paths, private_files
from awsenv.values.notation import is_code
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from awsenv.mfa.question import Last

TITLE = "awsenv"
# A window that nobody answers closes after this many seconds, because others may wait to ask.
LIMIT = 120
_TRIES = 3
_POLL = 0.1
_NOTES = {"refused": WRONG, "used": "that code was just used; wait for the next one", "": ""}


class DialogSource:
    """What all dialogs have in common; each kind says what its window is shown with."""

    name = ""

    def __init__(self, question: Question) -> None:
        self._question = question

    def code(self, last: Last) -> str:
        question, note = self._question, _NOTES[last]
        with _Turn(question) as turn:
            question.on_ask("dialog")
            for _ in range(_TRIES):
                code = self.typed(note, turn).strip().replace(" ", "")
                if not code and question.allow_empty:
                    raise EmptyCode
                if is_code(code):
                    return code
                note = "an MFA code is six digits"
        raise CredentialsError(
            f"no MFA code for {question.device}: what was typed was not six digits",
            "try again with the code that the device shows",
        )

    def typed(self, note: str, turn: _Turn) -> str:
        """What the user types. Raises CancelledError, or TakenOver if another process is to ask."""
        command = self.command(_question_text(self._question), note)
        window = Window(self.name, command, turn)
        self._question.begin_meanwhile()
        return self.read(*window.wait(self._question.idle))

    def command(self, text: str, note: str) -> list[str]:
        """What shows a window with `text` and, where there is one, the line `note` above it."""
        raise NotImplementedError

    def read(self, status: int, output: str, complaint: str) -> str:
        """What was typed. Most programs exit with 1 if the user cancels."""
        if status == 0:
            return output.removesuffix("\n").removesuffix("\r")
        if status == 1 and not _is_failure(complaint):
            raise CancelledError
        raise self.failed(complaint or f"it exited with {status}")

    def failed(self, why: str) -> CredentialsError:
        return CredentialsError(
            f"{self.name} cannot ask for the MFA code of {self._question.device}: "
            f"{visible(why, 200)}",
            "set mfa_prompt to another way to ask, or pass --mfa-code",
        )


class Window:
    """A running program that shows a window; it never outlives the question."""

    def __init__(self, name: str, command: Sequence[str], turn: _Turn) -> None:
        self._name = name
        self._process = start(name, command, turn)

    def wait(self, idle: object) -> tuple[int, str, str]:
        """Exit status, output, and the last line of its complaints."""
        import subprocess

        assert callable(idle)
        process, end = self._process, time.monotonic() + LIMIT
        try:
            while True:
                try:
                    output, errors = process.communicate(timeout=_POLL)
                except subprocess.TimeoutExpired:
                    if idle():
                        raise TakenOver from None
                    if time.monotonic() > end:
                        raise nobody_answered() from None
                else:
                    break
        finally:
            kill(process)
        complaints = errors.decode("utf-8", "replace").strip().splitlines()
        last = complaints[-1] if complaints else ""
        return process.returncode, output.decode("utf-8", "replace"), last


def nobody_answered() -> CredentialsError:
    return CredentialsError(
        f"nobody answered the dialog that asked for an MFA code within {LIMIT} s", "try again"
    )


def start(name: str, command: Sequence[str], turn: _Turn) -> subprocess.Popen[bytes]:
    """Start a dialog's program, which keeps the turn as long as it runs."""
    import subprocess

    posix = os.name == "posix"
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=without_keys(),
            # Ctrl-C at a terminal is for awsenv, which then ends the dialog.
            process_group=0 if posix else None,
            pass_fds=(turn.handle,) if posix and turn.handle is not None else (),
        )
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        why = f"there is no {command[0]} here" if missing else (error.strerror or "").lower()
        raise CredentialsError(
            f"mfa_prompt is {name}, and it cannot be run: {visible(why)}",
            f"install {command[0]}, or set mfa_prompt to another way to ask",
        ) from None


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a dialog that is still there."""
    if process.poll() is None:
        process.kill()
        process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with suppress(OSError, ValueError):
                stream.close()


class _Turn:
    """The turn to show a dialog, while the block runs; `handle` is the file that is locked."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._path = os.path.join(paths.cache_dir(), "locks", "dialog.lock")
        self.handle: int | None = None

    def __enter__(self) -> _Turn:
        try:
            private_files.make_private_dir(os.path.dirname(self._path))
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
            self.handle = os.open(self._path, flags | getattr(os, "O_CLOEXEC", 0), 0o600)
        except (AwsenvError, OSError):
            # Nobody can keep anything there, so nobody can take turns.
            return self
        try:
            while not _lock(self.handle):
                if self._question.idle():
                    raise TakenOver
                time.sleep(_POLL)
            if self._cancelled_before():
                raise CancelledError
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, CancelledError):
            self._note_cancelled()
        self._close()

    def _close(self) -> None:
        if self.handle is not None:
            os.close(self.handle)
            self.handle = None

    def _device(self) -> str:
        return digest(self._question.serial)[:40]

    def _cancelled_before(self) -> bool:
        """Whether the question for this device was cancelled since this process began."""
        assert self.handle is not None
        os.lseek(self.handle, 0, os.SEEK_SET)
        device, _, then = os.read(self.handle, 200).decode("ascii", "replace").partition(" ")
        with suppress(ValueError):
            return device == self._device() and STARTED <= float(then) <= time.time()
        return False

    def _note_cancelled(self) -> None:
        if self.handle is not None:
            with suppress(OSError):
                os.ftruncate(self.handle, 0)
                os.lseek(self.handle, 0, os.SEEK_SET)
                os.write(self.handle, f"{self._device()} {time.time()}".encode())


def _lock(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            # Beyond what is written in it, for on Windows a locked part cannot be read.
            os.lseek(handle, 1000, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _question_text(question: Question) -> str:
    return f"MFA code for {question.device} ({visible(question.purpose, 60)})"


def _is_failure(complaint: str) -> bool:
    return any(f"{verb} display" in complaint.lower() for verb in ("open", "connect to"))


def has_display(env: Mapping[str, str]) -> bool:
    """Whether a window can be shown on X or Wayland."""
    return bool(env.get("DISPLAY") or env.get("WAYLAND_DISPLAY"))
