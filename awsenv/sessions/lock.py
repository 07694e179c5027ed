"""One process at a time gets a session; the others wait and use what it gets.

A note beside the lock says who holds it and what for. A waiting process that wants to ask instead
leaves a request to take over. Nobody waits once the session is on disk, whoever obtained it, and a
process that brings its own code does not wait for someone at another terminal.
"""

from __future__ import annotations

import os
import time

from awsenv.errors import AwsenvError, CancelledError, CredentialsError
from awsenv.lean.contextlib import suppress
from awsenv.lean.dataclasses import dataclass
from awsenv.storage import locking, paths, private_files
from awsenv.values.notation import whole_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Literal

    from awsenv.terminal.terminal import Terminal

    # What a holder does: talks to AWS, asks a person at the terminal or in a dialog, waits for
    # its mfa_process or for the source of its credentials; or the person has cancelled.
    State = Literal["working", "asking", "dialog", "process", "source", "cancelled"]

# How long to wait for an unknown holder, and for someone at another terminal, in seconds.
GIVE_UP_AFTER = 30.0
# Most holders only talk to STS; the user is told about waiting if it takes longer.
_QUIET = 1.0
_POLL = 0.05
# What a holder needs in addition to the time its note allows.
_SLACK = 45.0
# A request to take over is valid this long; whoever leaves it asks by then in any case.
_TAKING = 3.0
_DOING = {
    "working": "is waiting for AWS",
    "asking": "is asking for an MFA code",
    "dialog": "is asking for an MFA code in a dialog",
    "process": "is waiting for its mfa_process",
    "source": "is waiting for the source of its credentials",
}


@dataclass(frozen=True)
class Waiting:
    """How a process waits for a session that another one is getting.

    `there` says whether the session is on disk by now. `limits` has the seconds that each state of
    this process may last, for those who wait for it; a state that is not in it has no limit.
    `brings_code` says that nobody has to type a code. `find_terminal` returns the terminal at which
    the user can be told, if there is one.
    """

    tty: str
    find_terminal: Callable[[], Terminal | None]
    there: Callable[[], bool]
    limits: Mapping[str, float]
    brings_code: bool = False


class _Holder:
    """What the note beside a lock says: the state, the terminal, and who."""

    def __init__(self, note: str) -> None:
        state, self.tty, pid, until = ([*note.split("\n"), "", "", ""])[:4]
        self.pid = pid if whole_number(pid, 9) is not None else ""
        # The note of a process that has ended says nothing about the current holder.
        self.state = state if state == "cancelled" or _is_alive(self.pid) else ""
        self._until = whole_number(until) or 0

    def may_take(self) -> float | None:
        """Seconds that its work may last from now on; None if there is no limit."""
        return self._until - time.time() if self._until else None

    def busy(self, waited: float) -> CredentialsError:
        """The error after waiting for too long."""
        doing = _DOING.get(self.state)
        place = f" at {self.tty}" if self.tty and self.state == "asking" else ""
        who = f"another awsenv (pid {self.pid}) {doing}{place}" if doing else "another awsenv"
        return CredentialsError(
            f"{who}{'' if doing else ' is getting this session'}, for {waited:.0f} s by now",
            f"answer it{place}, then try again" if self.state == "asking" else "try again later",
        )


def _is_alive(pid: str) -> bool:
    if not pid or os.name != "posix":
        return bool(pid)
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


class RecordLock:
    """The lock of the record named `key`."""

    def __init__(self, key: str, waiting: Waiting) -> None:
        folder = os.path.join(paths.cache_dir(), "locks")
        self._writable = True
        try:
            private_files.make_private_dir(folder)
        except AwsenvError:
            # Nothing can be cached there either, so nobody needs to wait.
            self._writable = False
        self._base = os.path.join(folder, key)
        self._waiting = waiting
        self._kind = "lock"
        self._handle: int | None = None

    def acquire(self) -> None:
        """Wait for the lock, or until the session is there.

        Raises CredentialsError if the holder takes longer than it may, CancelledError if the user
        cancelled, here or at the same terminal in the process that was waited for.
        """
        waiting = self._waiting
        began = started = time.monotonic()
        while not self._try():
            if waiting.there():
                return
            holder = self._holder()
            waited = time.monotonic() - started
            here = holder.tty == waiting.tty and waiting.tty
            asking = holder.state in ("asking", "dialog")
            if holder.state == "asking" and here:
                # Asked for at this very terminal: as long as the person needs.
                started = time.monotonic()
            elif asking and waiting.brings_code and self._kind == "lock":
                # One at a time, because two would bring the same code.
                self._kind = "code"
                continue
            elif asking and waited > _QUIET:
                terminal = waiting.find_terminal()
                if terminal is not None:
                    self._wait_at(terminal, holder)
                    return
                if holder.state == "dialog":
                    # It ends by itself, and there may be nobody else to ask.
                    started = time.monotonic()
            if waited > self._patience(holder):
                raise holder.busy(time.monotonic() - began)
            time.sleep(_POLL)
        self._check_cancelled(started)

    def _patience(self, holder: _Holder) -> float:
        """Seconds to wait in all for what the holder does now."""
        if self._kind == "code":
            # Processes that bring a code run the same mfa_process as this one.
            return 3 * (self._waiting.limits.get("process", 0) + _SLACK)
        if holder.state not in ("working", "process", "source"):
            return GIVE_UP_AFTER
        left = holder.may_take()
        return 0 if left is not None and left < 0 else float("inf")

    def _wait_at(self, terminal: Terminal, holder: _Holder) -> None:
        with terminal:
            elsewhere = f"at {holder.tty or 'another terminal'}"
            place = "in a dialog" if holder.state == "dialog" else elsewhere
            message = (
                f"waiting for the MFA code asked for {place} (pid {holder.pid}); press Enter to "
                "be asked here instead"
            )
            if terminal.wait(lambda: "over" if self._is_over() else None, message) == "over":
                return
            private_files.write_private(f"{self._base}.take", f"{os.getpid()}\n", lasting=False)
            end = time.monotonic() + _TAKING
            while not self._is_over() and time.monotonic() < end:
                time.sleep(_POLL)
            with suppress(FileNotFoundError):
                os.unlink(f"{self._base}.take")
            # A holder that does not let go is stopped or stuck: ask without the lock, since what
            # comes of it is written all at once anyway.

    def _is_over(self) -> bool:
        return self._try() or self._waiting.there()

    def _try(self) -> bool:
        try:
            self._handle = locking.take(f"{self._base}.{self._kind}")
        except OSError:
            self._writable = False
            return True
        return self._handle is not None

    def _holder(self) -> _Holder:
        return _Holder(private_files.read_private(f"{self._base}.who", 1000) or "")

    def _check_cancelled(self, since: float) -> None:
        waited = time.monotonic() - since
        holder, tty = self._holder(), self._waiting.tty
        if waited > _POLL and holder.state == "cancelled" and holder.tty == tty and tty:
            self.release()
            raise CancelledError

    def note(self, state: State) -> None:
        """Tell those who wait what the holder is doing."""
        # While a question is open, that is what others are told.
        if not self._writable or self._kind != "lock":
            return
        limit = self._waiting.limits.get(state)
        until = str(int(time.time() + limit + _SLACK)) if limit is not None else ""
        text = "\n".join((state, self._waiting.tty, str(os.getpid()), until, ""))
        with suppress(AwsenvError):
            private_files.write_private(f"{self._base}.who", text, lasting=False)

    def is_settled(self) -> bool:
        """Whether a question is to end: another terminal is to ask, or the session is there."""
        return self._is_wanted() or self._waiting.there()

    def _is_wanted(self) -> bool:
        try:
            age = time.time() - os.stat(f"{self._base}.take", follow_symlinks=False).st_mtime
        except OSError:
            return False
        # A process that was killed may have left an older one.
        return age < 2 * _TAKING

    def yield_to_taker(self) -> None:
        """Let go for the process that takes over, and give it time to get hold."""
        self.release()
        end = time.monotonic() + 3
        while self._is_wanted() and time.monotonic() < end:
            time.sleep(_POLL)

    def release(self) -> None:
        """Let go."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class Held:
    """`lock` while the block runs; those who wait are told when it was cancelled."""

    def __init__(self, lock: RecordLock) -> None:
        self._lock = lock

    def __enter__(self) -> RecordLock:
        self._lock.acquire()
        return self._lock

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, CancelledError):
            self._lock.note("cancelled")
        self._lock.release()
