"""One process at a time gets a session; the others wait for what it gets.

Beside the lock stands a note that says who holds it and what for, and a waiter who wants to be
asked instead leaves a request to take over.
"""

from __future__ import annotations

import os
import time

from awsenv.errors import AwsenvError, CancelledError, CredentialsError
from awsenv.lean.contextlib import suppress
from awsenv.storage import locking, paths, private_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Literal

    from awsenv.terminal.terminal import Terminal

GIVE_UP_AFTER = 30.0
# Most holders only talk to STS; a person is told about waiting when it takes longer.
_QUIET = 1.0
_POLL = 0.05


class RecordLock:
    """The lock of the record named `key`."""

    def __init__(self, key: str, tty: str) -> None:
        folder = os.path.join(paths.cache_dir(), "locks")
        self._writable = True
        try:
            private_files.make_private_dir(folder)
        except AwsenvError:
            # Nothing can be kept there either, so nobody waits for anything.
            self._writable = False
        self._base = os.path.join(folder, key)
        self._tty = tty
        self._handle: int | None = None
        self.held = False

    def acquire(self, find_terminal: Callable[[], Terminal | None]) -> None:
        """Wait for the lock.

        Raises CredentialsError after 30 s where nobody can be asked, CancelledError where the
        person cancelled, here or at the same terminal in the process that was waited for.
        """
        started = time.monotonic()
        while not self._try():
            waited = time.monotonic() - started
            state, tty, pid = self._holder()
            if state == "asking" and tty != self._tty and waited > _QUIET:
                terminal = find_terminal()
                if terminal is not None:
                    self._wait_at(terminal, tty, pid)
                    return
            if state == "dialog" or (state == "asking" and tty == self._tty and tty):
                # Asked for in a dialog, which ends by itself, or at this very terminal: as long
                # as the person needs.
                started = time.monotonic()
            elif waited > GIVE_UP_AFTER:
                raise CredentialsError(
                    f"another awsenv (pid {pid}) has been asking for an MFA code for 30 s",
                    f"answer it{f' at {tty}' if tty else ''}, then try again",
                )
            time.sleep(_POLL)
        self._check_cancelled(started)

    def _wait_at(self, terminal: Terminal, tty: str, pid: str) -> None:
        with terminal:
            message = (
                f"waiting for the MFA code asked for at {tty or 'another terminal'} (pid {pid}); "
                "press Enter to be asked here instead"
            )
            if terminal.wait(lambda: "held" if self._try() else None, message) == "held":
                return
            private_files.write_private(f"{self._base}.take", f"{os.getpid()}\n", lasting=False)
            end = time.monotonic() + 3
            while not self._try() and time.monotonic() < end:
                time.sleep(_POLL)
            with suppress(FileNotFoundError):
                os.unlink(f"{self._base}.take")
            # A holder that does not let go is stopped or stuck: ask without the lock, since what
            # comes of it is written all at once anyway.
            self.held = True

    def _try(self) -> bool:
        try:
            handle = locking.take(f"{self._base}.lock")
        except OSError:
            self._writable = False
            self.held = True
            return True
        if handle is None:
            return False
        self._handle = handle
        self.held = True
        return True

    def _holder(self) -> tuple[str, str, str]:
        told = (private_files.read_private(f"{self._base}.who", 1000) or "").split("\n")
        return (told[0], told[1], told[2]) if len(told) == 4 else ("", "", "?")

    def _check_cancelled(self, since: float) -> None:
        waited = time.monotonic() - since
        state, tty, _ = self._holder()
        if waited > _POLL and state == "cancelled" and tty == self._tty and tty:
            self.release()
            raise CancelledError

    def note(self, state: Literal["working", "asking", "dialog", "cancelled"]) -> None:
        """Tell those who wait what the holder is doing."""
        with suppress(AwsenvError):
            if self._writable:
                text = f"{state}\n{self._tty}\n{os.getpid()}\n"
                private_files.write_private(f"{self._base}.who", text, lasting=False)

    def wanted_elsewhere(self) -> bool:
        """Whether another terminal has asked to take over."""
        return os.path.exists(f"{self._base}.take")

    def yield_to_taker(self) -> None:
        """Let go for the process that takes over, and give it time to get hold."""
        self.release()
        end = time.monotonic() + 3
        while self.wanted_elsewhere() and time.monotonic() < end:
            time.sleep(_POLL)

    def release(self) -> None:
        """Let go."""
        self.held = False
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class Held:
    """`lock` while the block runs; those who wait are told when it was cancelled."""

    def __init__(self, lock: RecordLock, find_terminal: Callable[[], Terminal | None]) -> None:
        self._lock = lock
        self._find_terminal = find_terminal

    def __enter__(self) -> RecordLock:
        self._lock.acquire(self._find_terminal)
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
