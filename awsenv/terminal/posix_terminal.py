"""The user's terminal on Linux, macOS and the BSDs; awsenv.terminal.opening says when it may be
used.
"""

from __future__ import annotations

import os
import select
import stat
import sys
import termios
import time

from awsenv.errors import CancelledError
from awsenv.lean.contextlib import suppress
from awsenv.lean.signal import signals as signal
from awsenv.stopping import DEADLY
from awsenv.terminal import suspend_key
from awsenv.terminal.key_input import INTERRUPT, Keys
from awsenv.terminal.terminal import Terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from types import FrameType, TracebackType
    from typing import Any, Self

_IFLAG, _OFLAG, _LFLAG, _CC = 0, 1, 3, 6
# How often to look whether Ctrl-C was pressed, in seconds.
_LOOK = 0.1
# Ctrl-C and Ctrl-\ end the question; the others end the process, once the terminal is put back.
_CANCEL = (signal.SIGINT, signal.SIGQUIT)
_DEADLY = [number for number in DEADLY if number not in _CANCEL]
# From the background these would stop the process in the middle of taking or giving back.
_IGNORED = (signal.SIGTTOU, signal.SIGTTIN, signal.SIGTSTP)


def find(from_hook: bool) -> PosixTerminal | str:
    """The terminal, or why it may not be used."""
    try:
        handle = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return "there is no terminal to ask at"
    try:
        reason = _obstacle(handle, from_hook)
    except (OSError, termios.error):
        # It hung up a moment ago.
        reason = "there is no terminal to ask at"
    if reason:
        os.close(handle)
        return reason
    return PosixTerminal(handle)


def _obstacle(handle: int, from_hook: bool) -> str | None:
    modes = termios.tcgetattr(handle)[_LFLAG]
    ours = os.tcgetpgrp(handle) == os.getpgrp()
    if from_hook:
        typing = modes & termios.ICANON and modes & termios.ECHO
        return None if ours or typing else "another program is using the terminal"
    if all(signal.getsignal(number) == signal.SIG_IGN for number in _CANCEL) or not (
        ours or (modes & termios.ICANON and _feeds(os.tcgetpgrp(handle)))
    ):
        return "awsenv runs in the background, where it cannot ask"
    if modes & termios.ICANON or _is_in_a_prompt():
        return None
    return "another program is using the terminal"


def _feeds(shell: int) -> bool:
    """Whether `shell`, the leader of the foreground, is above us and waits for what we write.

    zsh runs `<(...)` in the background, even where the shell itself waits for it, as in
    `source <(awsenv assume x)`. A coprocess, which the shell also writes to, is a background job.
    Only Linux tells.
    """
    try:
        pid = os.getppid()
        while pid != shell:
            with open(f"/proc/{pid}/stat", "rb") as file:
                # 12 (name, which may hold anything) S 34 …
                pid = int(file.read().rpartition(b")")[2].split()[1])
            if pid <= 1:
                return False
        return _has_other_end(shell, 1, stat.S_IRUSR) and not _has_other_end(shell, 0, stat.S_IWUSR)
    except (OSError, ValueError):
        return False


def _has_other_end(process: int, ours: int, access: int) -> bool:
    """Whether `process` has our descriptor's pipe open as well, and for `access`."""
    pipe = os.fstat(ours)
    folder = f"/proc/{process}/fd"
    return stat.S_ISFIFO(pipe.st_mode) and any(
        os.path.samestat(os.stat(f"{folder}/{number}"), pipe)
        # The link's own mode is how the descriptor was opened.
        and os.lstat(f"{folder}/{number}").st_mode & access
        for number in os.listdir(folder)
    )


def _is_in_a_prompt() -> bool:
    """Whether a shell that passes its raw terminal on to what it runs at a prompt is waiting for a
    process that waits for our output.

    That is direnv in fish, for an .envrc that calls awsenv. A process that fish itself has started
    may have been left in the background, and an editor's job is in the editor's process group.
    """
    return not os.isatty(1) and os.getppid() != os.getpgrp() and _leader() in ("fish", "pwsh")


def _leader() -> str:
    """The name of the program that leads our process group."""
    group = os.getpgrp()
    try:
        with open(f"/proc/{group}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        import subprocess

        shown = subprocess.run(
            ["ps", "-o", "comm=", "-p", str(group)], capture_output=True, text=True, check=False
        )
        return os.path.basename(shown.stdout.strip()).removeprefix("-")


def name() -> str:
    """The controlling terminal's name without /dev/, or ""."""
    with suppress(OSError, ValueError):
        if sys.platform == "linux":
            with open("/proc/self/stat", "rb") as file:
                # 12 (name, which may hold anything) S 34 …
                number = int(file.read().rpartition(b")")[2].split()[4])
            if not number:
                return ""
            major, minor = number >> 8 & 0xFFF, number & 0xFF | number >> 12 & 0xFFF00
            if 136 <= major <= 143:
                return f"pts/{minor + (major - 136) * 256}"
    for handle in (0, 2, 1):
        with suppress(OSError):
            return os.ttyname(handle).removeprefix("/dev/")
    return ""


class PosixTerminal(Terminal):
    """An open /dev/tty."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._saved: list[Any] = termios.tcgetattr(handle)
        suspend_key.give_back(self._saved)
        self._group = os.getpgrp()
        self._foreground = os.tcgetpgrp(handle)
        self._handlers: dict[int, Any] = {}
        self._keys = Keys(self._saved[_CC])
        self._pressed: list[str] = []
        self._interrupted = False
        self._borrower = 0

    def close(self) -> None:
        """Close it without having taken it."""
        os.close(self._handle)

    def __enter__(self) -> Self:
        self._take_signals()
        try:
            # A group of its own, so that Ctrl-C reaches this process and nobody else. A process
            # that leads a group or session already cannot; there Ctrl-C comes as a key.
            if os.getpid() != self._group:
                os.setpgid(0, 0)
            os.tcsetpgrp(self._handle, os.getpgrp())
            # With the flush: what was typed before the question is not an answer to it.
            termios.tcsetattr(self._handle, termios.TCSAFLUSH, self._asking())
            if not self._saved[_LFLAG] & termios.ICANON:
                # The shell's line editor stands in the middle of the line.
                self.write("\n")
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave()
        if kind is KeyboardInterrupt or (kind is None and self._interrupted):
            raise CancelledError from None

    def write(self, text: str) -> None:
        data = text.encode("utf-8", "replace")
        try:
            while data:
                data = data[os.write(self._handle, data) :]
        except OSError:
            raise CancelledError from None

    def key(self, seconds: float) -> str:
        end = time.monotonic() + seconds
        while not self._pressed:
            left = end - time.monotonic()
            if self._interrupted:
                raise CancelledError
            if left <= 0:
                return ""
            try:
                # Never for long: a signal just before select would not end it.
                if select.select([self._handle], [], [], min(left, _LOOK))[0]:
                    data = os.read(self._handle, 4096)
                    if not data:
                        raise CancelledError
                    self._pressed.extend(self._keys.feed(data, time.monotonic()))
            except OSError:
                # It hung up, or the shell has taken its terminal back.
                raise CancelledError from None
        key = self._pressed.pop(0)
        if key == INTERRUPT:
            raise CancelledError
        return key

    def columns(self) -> int:
        try:
            return os.get_terminal_size(self._handle).columns or 80
        except OSError:
            return 80

    def fileno(self) -> int:
        return self._handle

    def lent(self) -> AbstractContextManager[Callable[[int], None]]:
        # Starting a program loads this anyway, and asking a question does without.
        from contextlib import contextmanager

        return contextmanager(self._lent)()

    def _lent(self) -> Iterator[Callable[[int], None]]:
        def give(group: int) -> None:
            self._borrower = group
            # Both fail if the program has already ended.
            with suppress(OSError):
                os.tcsetpgrp(self._handle, group)
                # It may have been stopped for reading before it had the foreground.
                os.killpg(group, signal.SIGCONT)
            if self._interrupted:
                raise CancelledError

        termios.tcsetattr(self._handle, termios.TCSANOW, _usual(self._saved))
        if self._handlers:
            # A started program inherits ignored signals, and would read an error instead.
            signal.signal(signal.SIGTTIN, signal.SIG_DFL)
        try:
            yield give
        finally:
            if self._handlers:
                signal.signal(signal.SIGTTIN, signal.SIG_IGN)
            self._borrower = 0
            with suppress(OSError, termios.error):
                os.tcsetpgrp(self._handle, os.getpgrp())
                termios.tcsetattr(self._handle, termios.TCSANOW, self._asking())

    def _asking(self) -> list[Any]:
        return _asking(self._saved, signals=os.getpid() != self._group)

    def _take_signals(self) -> None:
        actions: dict[int, Any] = dict.fromkeys(_CANCEL, self._interrupt)
        actions |= dict.fromkeys(_DEADLY, self._die) | dict.fromkeys(_IGNORED, signal.SIG_IGN)
        for number, action in actions.items():
            before = signal.getsignal(number)
            # What is ignored (nohup) stays ignored.
            if not (number in _DEADLY and before == signal.SIG_IGN):
                # Outside the main thread there are no handlers to be set.
                with suppress(ValueError):
                    signal.signal(number, action)
                    self._handlers[number] = before

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        # It raises nothing, so that it never breaks into taking and giving back the terminal.
        self._interrupted = True

    def _die(self, number: int, frame: FrameType | None) -> None:
        with suppress(OSError, CancelledError):
            if self._borrower:
                os.killpg(self._borrower, number)
            else:
                self.write("\n")
        self._put_back()
        before = self._handlers.get(number)
        if callable(before):
            # It unwinds, so that the shell that waits for this process is told.
            before(number, frame)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def _leave(self) -> None:
        self._put_back()
        for number, before in self._handlers.items():
            signal.signal(number, signal.SIG_DFL if before is None else before)
        self._handlers = {}
        os.close(self._handle)

    def _put_back(self) -> None:
        """Modes, foreground and group as they were; may be called again while it runs."""
        with suppress(OSError, termios.error):
            # If the foreground is not ours any more, the modes are not ours either.
            if os.tcgetpgrp(self._handle) in (os.getpgrp(), self._borrower):
                termios.tcsetattr(self._handle, termios.TCSANOW, self._saved)
                self._put_foreground_back()
        with suppress(OSError):
            os.setpgid(0, self._group)

    def _put_foreground_back(self) -> None:
        try:
            os.tcsetpgrp(self._handle, self._foreground)
        except OSError:
            # That group has ended in the meantime.
            os.tcsetpgrp(self._handle, self._group)


def _asking(saved: list[Any], *, signals: bool) -> list[Any]:
    """Single keys without echo. A shell's line editor hands over a raw terminal.

    Without `signals` those of Ctrl-C and Ctrl-\\ are read as keys.
    """
    modes = _usual(saved)
    if not signals:
        modes[_LFLAG] &= ~termios.ISIG
    modes[_LFLAG] &= ~(termios.ICANON | termios.ECHO | termios.ECHONL | termios.IEXTEN)
    modes[_CC][termios.VMIN], modes[_CC][termios.VTIME] = 1, 0
    suspend_key.take_away(modes)
    return modes


def _usual(saved: list[Any]) -> list[Any]:
    """The modes in which a program expects a terminal, with the user's own control keys."""
    modes = [*saved[:_CC], list(saved[_CC])]
    modes[_IFLAG] = modes[_IFLAG] & ~(termios.INLCR | termios.IGNCR) | termios.ICRNL
    modes[_OFLAG] |= termios.OPOST | termios.ONLCR
    modes[_LFLAG] |= termios.ICANON | termios.ISIG | termios.IEXTEN
    modes[_LFLAG] |= termios.ECHO | termios.ECHOE | termios.ECHOK
    if modes[_CC][termios.VINTR] == suspend_key.DISABLED:
        modes[_CC][termios.VINTR] = b"\x03"
    return modes
