"""The person's terminal: where questions are asked while stdout is captured by the shell.

When a process may use it. A terminal has one process group in its foreground, and other programs
must not be robbed of their input. On POSIX systems awsenv asks only where all of this holds:

1. There is a controlling terminal: /dev/tty opens. (Not under setsid, cron, or an editor's jobs.)
2. The process's own group is the foreground group. So it is in `awsenv`, `eval "$(awsenv …)"`,
   `awsenv … | cat`, in functions, shell hooks and in whatever a foreground program starts, such
   as the aws CLI by credential_process. It is not after `awsenv … &`, whatever runs meanwhile.
3. It does not ignore both SIGINT and SIGQUIT. A shell without job control, such as one that runs
   a script, starts its `&` jobs so, in the very group that holds the terminal.
4. The terminal is in line mode (ICANON). A program in its own foreground group that reads single
   keys (an editor, a pager, watch, the shell's line editor) is using it at this moment, even if
   it was this program that started awsenv.

A shell's hook is the exception, since it waits for awsenv and says so (`from_hook`): fish calls
it in the middle of its line editor, in raw mode (4), and bash may call it for the second part of
a pipeline when the first has got the foreground (2), which is fine while that echoes what is
typed, so is neither an editor nor asking for a password.

On Windows a console has no foreground group: awsenv asks wherever there is a console.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod

from awsenv.errors import CancelledError
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from types import TracebackType
    from typing import Literal, Protocol, Self, TypeVar

    T = TypeVar("T")
    Idle = Callable[[], bool]

    class _Platform(Protocol):
        def find(self, from_hook: bool, /) -> Terminal | str: ...
        def name(self) -> str: ...


# How often `idle` is called while a person is waited for, in seconds.
_POLL = 0.1
_LONGEST_LINE = 200
ENTER, ERASE, ERASE_WORD, ERASE_LINE, END_OF_FILE = "\n", "\b", "\x17", "\x15", "\x04"
# The arrows mean what Ctrl-P and Ctrl-N do.
UP, DOWN = "\x10", "\x0e"


def _never() -> bool:
    return False


class Terminal(ABC):
    """A terminal that may be used now; as a context manager it is taken, and put back as it was.

    Everything in it raises CancelledError once the person presses Ctrl-C, or hangs up.
    """

    @abstractmethod
    def close(self) -> None:
        """Let go of a terminal that was never taken."""

    @abstractmethod
    def __enter__(self) -> Self:
        """Take the terminal, and forget what was typed before."""

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
        """A line typed by the person, shown as it is typed. Ctrl-D cancels."""
        return self._line(prompt, lambda char: char, _never, None) or ""

    def ask_code(
        self, prompt: str, idle: Idle = _never, meanwhile: Callable[[], None] | None = None
    ) -> str | None:
        """A line typed by the person, shown as stars; None once `idle()` is true.

        `meanwhile` is called when the prompt is on the screen; it should only start something.
        """
        return self._line(prompt, lambda _: "*", idle, meanwhile)

    def countdown(self, seconds: float, text: str, idle: Idle = _never) -> bool:
        """Show `text` with the seconds left, each second anew, then clear the line.

        False if `idle()` ended it early.
        """
        import math
        import time

        end = time.monotonic() + seconds
        shown = ""
        try:
            while (left := end - time.monotonic()) > 0 and not idle():
                number = f" {math.ceil(left)} s"
                # Where there is little room, it is the number that counts.
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
        """Show `message`; "enter" when the person presses Enter, or what `idle` says but None."""
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
            # What was typed half is not for the shell.
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
        # Without escape sequences, which not every console knows.
        if length:
            self.write(f"\r{' ' * length}\r")


def open_terminal(*, from_hook: bool = False) -> Terminal | None:
    """The person's terminal; None where there is none, or where it may not be used (see above).

    `from_hook` says that a shell's hook runs this process and waits for it.
    """
    found = _platform().find(from_hook)
    return found if isinstance(found, Terminal) else None


def why_closed(*, from_hook: bool = False) -> str | None:
    """Why open_terminal gives None, in a few words; None where it gives a terminal."""
    found = _platform().find(from_hook)
    if isinstance(found, Terminal):
        found.close()
        return None
    return found


def terminal_name() -> str:
    """The name of the controlling terminal, such as pts/3; "" where there is none."""
    return _platform().name()


def _platform() -> _Platform:
    if sys.platform == "win32":
        from awsenv.terminal import windows_terminal as platform
    else:
        from awsenv.terminal import posix_terminal as platform
    return platform
