"""What every source of MFA codes is given, and what it must provide."""

from __future__ import annotations

import time

from awsenv.lean.contextlib import suppress
from awsenv.lean.dataclasses import dataclass, field
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from typing import Literal, Protocol

    from awsenv.terminal.terminal import Terminal

    # What happened to the previous code: there was none, AWS refused it, or it is used up.
    Last = Literal["", "refused", "used"]
else:
    Protocol = object

# When this process began asking, in epoch seconds.
STARTED = time.time()
WRONG = "that code was not accepted (wrong, or already used)"
USED = "that code was just used; the next one comes in"


class EmptyCode(Exception):  # noqa: N818 - not an error, an answer
    """The user entered an empty code: continue without a session."""


@dataclass
class Question:
    """For which MFA device a code is needed, what for, and how it may be obtained.

    `given` is a code from the command line, `process` a command from the config. `prompt` is how to
    ask, as set where `prompt_by` says. `login` is the profile to log in to at a terminal, as an
    alternative to asking here. `meanwhile` runs once on a thread, as soon as someone has to be
    waited for. `idle` ends the question when it becomes true: another awsenv is to ask. `on_ask` is
    told when someone is about to be asked, whether at the terminal ("asking") or by a "dialog", and
    when a "process" is about to run. `step` is how many seconds the device shows a code. `note` is
    a line to show above the question: what the keys do.
    """

    serial: str
    purpose: str
    given: str | None = field(default=None, repr=False)
    process: str | None = field(default=None, repr=False)
    process_timeout: float = 30
    prompt: str = "terminal"
    prompt_by: str = "default"
    login: str | None = None
    open_terminal: Callable[[], Terminal | None] = lambda: None
    allow_empty: bool = False
    note: str = ""
    meanwhile: Callable[[], None] | None = None
    idle: Callable[[], bool] = lambda: False
    on_ask: Callable[[Literal["asking", "dialog", "process"]], None] = lambda _: None
    step: float = 30
    clock: Callable[[], float] = time.time
    _thread: threading.Thread | None = field(default=None, init=False, repr=False)

    @property
    def device(self) -> str:
        """The serial, safe to show."""
        return visible(self.serial, 120)

    def begin_meanwhile(self) -> None:
        """Start what can be done while the code is awaited, the first time this is called."""
        if self.meanwhile is None or self._thread:
            return
        work = self.meanwhile

        def quietly() -> None:
            # Only a head start: what fails here fails again where its result is needed.
            with suppress(Exception):
                work()

        import threading

        self._thread = threading.Thread(target=quietly, daemon=True)
        self._thread.start()

    def until_next_code(self) -> float:
        """Seconds until the device shows another code."""
        # A moment more, because clocks never agree exactly.
        return self.step - self.clock() % self.step + min(0.5, self.step / 10)


class CodeSource(Protocol):
    """One way to get a code."""

    def code(self, last: Last) -> str | None:
        """Six digits, or None if this source has no code, or no further one.

        `last` tells what happened to the previous code, whichever source it came from. Raises
        AwsenvError if the source should give a code and cannot.
        """


class TakenOver(Exception):  # noqa: N818 - not an error, a turn of events
    """Another terminal is to ask instead."""
