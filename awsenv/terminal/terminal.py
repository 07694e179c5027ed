"""What awsenv does at a terminal: shows lines, asks, waits. Each system implements the rest."""

from __future__ import annotations

from abc import ABC, abstractmethod

from awsenv.errors import CancelledError
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from types import TracebackType
    from typing import Literal, Self, TypeVar

    T = TypeVar("T")
    Idle = Callable[[], bool]


# How often `idle` is called while waiting for the user, in seconds.
_POLL = 0.1
_LONGEST_LINE = 200
ENTER, ERASE, ERASE_WORD, ERASE_LINE, END_OF_FILE = "\n", "\b", "\x17", "\x15", "\x04"
# The arrows do what Ctrl-P and Ctrl-N do.
UP, DOWN = "\x10", "\x0e"


def _never() -> bool:
    return False


class Terminal(ABC):
    """A terminal that may be used now. As a context manager it is taken over, and restored as it
    was.

    Everything in it raises CancelledError if the user presses Ctrl-C, or hangs up.
    """

    @abstractmethod
    def close(self) -> None:
        """Let go of a terminal that was never taken."""

    @abstractmethod
    def __enter__(self) -> Self:
        """Take over the terminal, and discard what was typed before."""

    @abstractmethod
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give everything back: modes, foreground, process group, signal handlers."""

    @abstractmethod
    def write(self, text: str) -> None:
        """Write `text` as it is; `\\n` begins a new line."""

    @abstractmethod
    def key(self, seconds: float) -> str:
        """The next key: a character, ENTER, ERASE and their like; "" when the time is up."""

    @abstractmethod
    def columns(self) -> int:
        """How many characters fit on a line."""

    @abstractmethod
    def fileno(self) -> int | None:
        """What a program started by awsenv is to have as stdin and stderr; None: as awsenv has."""

    @abstractmethod
    def lent(self) -> AbstractContextManager[Callable[[int], None]]:
        """The terminal in its usual modes for another program.

        Gives a function that puts the process group of that program into the foreground.
        """

    # What is made of it

    def say(self, text: str) -> None:
        """Show one line."""
        self.write(visible(text, 1000) + "\n")

    def ask(self, prompt: str) -> str:
        """A line that the user types, shown as it is typed. Ctrl-D cancels."""
        return self._line(prompt, lambda char: char, _never, None) or ""

    def ask_code(
        self, prompt: str, idle: Idle = _never, meanwhile: Callable[[], None] | None = None
    ) -> str | None:
        """A line that the user types, shown as stars; None once `idle()` is true.

        `meanwhile` is called when the prompt is on the screen; it should only start something.
        """
        return self._line(prompt, lambda _: "*", idle, meanwhile)

    def countdown(self, seconds: float, text: str, idle: Idle = _never) -> bool:
        """Show `text` with the seconds left, updated each second, then clear the line.

        Returns False if `idle()` ended it early.
        """
        import math
        import time

        end = time.monotonic() + seconds
        shown = ""
        try:
            while (left := end - time.monotonic()) > 0 and not idle():
                number = f" {math.ceil(left)} s"
                # If there is little room, the number is what counts.
                line = visible(text, max(1, self.columns() - 1 - len(number))) + number
                if line != shown:
                    self._wipe(len(shown))
                    self.write(line)
                    shown = line
                self.key(min(left, _POLL))
        finally:
            self._wipe(len(shown))
        return left <= 0

    def wait(self, idle: Callable[[], T | None], message: str) -> T | Literal["enter"]:
        """Show `message`; "enter" when the user presses Enter, or what `idle` returns other than
        None.
        """
        self.say(message)
        while True:
            found = idle()
            if found is not None:
                return found
            if self.key(_POLL) == ENTER:
                return "enter"

    def _line(
        self,
        prompt: str,
        show: Callable[[str], str],
        idle: Idle,
        meanwhile: Callable[[], None] | None,
    ) -> str | None:
        self.write(visible(prompt))
        if meanwhile is not None:
            meanwhile()
        line = ""
        try:
            while not idle():
                key = self.key(_POLL if idle is not _never else 60)
                if key == ENTER:
                    return line
                if key == END_OF_FILE and not line:
                    raise CancelledError
                line = self._edited(line, key, show)
            # A half-typed line is not for the shell.
            while self.key(0.01):
                pass
        finally:
            self.write("\n")
        return None

    def _edited(self, line: str, key: str, show: Callable[[str], str]) -> str:
        """What becomes of `line` with `key`, on the screen too."""
        if key == ERASE:
            kept = line[:-1]
        elif key == ERASE_WORD:
            kept = line.rstrip()[: line.rstrip().rfind(" ") + 1]
        elif key == ERASE_LINE:
            kept = ""
        elif key.isprintable() and len(line) < _LONGEST_LINE:
            self.write("".join(map(show, key)))
            return line + key
        else:
            return line
        self.write("\b \b" * len(line[len(kept) :]))
        return kept

    def _wipe(self, length: int) -> None:
        # Without escape sequences, which not every console supports.
        if length:
            self.write(f"\r{' ' * length}\r")
