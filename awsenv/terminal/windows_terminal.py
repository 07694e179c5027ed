"""The user's terminal on Windows: the console, whatever stdin and stdout are."""

from __future__ import annotations

import ctypes
import msvcrt
import os
import sys
import time
from contextlib import contextmanager

from awsenv.errors import CancelledError
from awsenv.terminal.terminal import DOWN, END_OF_FILE, ENTER, ERASE, ERASE_LINE, UP, Terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Self

assert sys.platform == "win32"

_KEYS = {"\r": ENTER, "\x7f": ERASE, "\x1b": ERASE_LINE, "\x1a": END_OF_FILE}
# A key without a character arrives as one of these followed by a code.
_PREFIXES = ("\0", "\xe0")
_ARROWS = {"H": UP, "P": DOWN}
_POLL = 0.02


def find(_from_hook: bool) -> WindowsTerminal | str:
    """The console, or why it may not be used. A console has no foreground group."""
    try:
        return WindowsTerminal(os.open("CONOUT$", os.O_RDWR | os.O_BINARY))
    except OSError:
        return "there is no terminal to ask at"


def name() -> str:
    """What tells this console from others, or ""."""
    window = ctypes.windll.kernel32.GetConsoleWindow()
    return f"console {window:x}" if window else ""


class WindowsTerminal(Terminal):
    """An open console. Its modes are left alone, except while a key is read."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._file = open(handle, "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115

    def close(self) -> None:
        self._file.close()
        os.close(self._handle)

    def __enter__(self) -> Self:
        while msvcrt.kbhit():
            msvcrt.getwch()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        if kind is KeyboardInterrupt:
            raise CancelledError from None

    def write(self, text: str) -> None:
        self._file.write(text)
        self._file.flush()

    def key(self, seconds: float) -> str:
        end = time.monotonic() + seconds
        try:
            while not msvcrt.kbhit():
                if time.monotonic() >= end:
                    return ""
                time.sleep(_POLL)
            key = msvcrt.getwch()
            if key in _PREFIXES:
                return _ARROWS.get(msvcrt.getwch(), "")
        except KeyboardInterrupt:
            raise CancelledError from None
        # While a key is being read, Ctrl-C is a character; otherwise it is a signal.
        if key == "\x03":
            raise CancelledError
        return _KEYS.get(key, key)

    def columns(self) -> int:
        try:
            return os.get_terminal_size(self._handle).columns or 80
        except OSError:
            return 80

    def fileno(self) -> None:
        return None

    @contextmanager
    def lent(self) -> Iterator[Callable[[int], None]]:
        yield lambda _: None
