"""What is timed, once per round, and the goals it has."""

import contextlib
import os
import re
import statistics
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarking.terminal import FailedError

PASS = "python -c pass"
MS, US = 1e-3, 1e-6
# What the goals that are lengths of time were set by.
PASS_THERE = 9 * MS


@dataclass(frozen=True)
class Goal:
    """At most `times` the row `of`, plus a fixed amount; `text` is how it was put."""

    text: str
    times: float = 0
    of: str = PASS
    plus: float = 0


def ratio(times: float, of: str = PASS) -> Goal:
    return Goal(f"<= {times:g}x", times, of)


def at_most(number: float, unit: str) -> Goal:
    """A length of time on a machine where PASS takes PASS_THERE, and as many times PASS here."""
    times = number * {"ms": MS, "us": US}[unit] / PASS_THERE
    return Goal(f"<= {number:g} {unit}, {times:.2g}x", times)


@dataclass
class Row:
    """One line of the table: a figure per round, in seconds, or in MiB where `unit` says so.

    `to` is the row that it is compared with.
    """

    name: str
    goal: Goal | None = None
    to: str = ""
    unit: str = ""
    why_not: str = ""
    figures: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.figures)

    @property
    def reference(self) -> str:
        return self.to or (self.goal.of if self.goal and self.goal.times else "")


@dataclass
class Case:
    """One thing that is run in each round, and gives a figure for each of its rows.

    A figure may be a list: of what was done many times over within the round. An `optional`
    case may fail, and then says "not measured" for good. `prepare` is called before all rounds.
    """

    section: str
    rows: Sequence[Row]
    measure: Callable[[], Iterable[float | Sequence[float]]]
    optional: bool = False
    prepare: Callable[[], None] = lambda: None

    def run(self) -> None:
        for row, found in zip(self.rows, self.measure(), strict=True):
            row.figures.append(found if isinstance(found, float) else statistics.median(found))


def process(
    section: str,
    name: str,
    command: Callable[[], list[str]] | list[str],
    env: Mapping[str, str],
    goal: Goal | None = None,
    *,
    to: str = "",
    before: Callable[[], None] = lambda: None,
) -> Case:
    """A whole process; `before`, and the making of its command, are not timed."""

    def measure() -> list[float]:
        before()
        return [timed(command() if callable(command) else command, env)]

    return Case(section, [Row(name, goal, to or (goal.of if goal else PASS))], measure)


def timed(command: list[str], env: Mapping[str, str]) -> float:
    """Seconds of a process that must succeed; its stderr is a terminal, as it is for a person."""
    master, slave = os.openpty()
    try:
        started = time.perf_counter()
        child = subprocess.Popen(
            command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=slave
        )
        code = child.wait()
        seconds = time.perf_counter() - started
        if code:
            os.set_blocking(master, False)
            said = b""
            # Where nothing was said, there is nothing to be read.
            with contextlib.suppress(BlockingIOError):
                said = os.read(master, 65536)
            raise FailedError(f"{' '.join(command)}: exit code {code}\n{said.decode()}")
        return seconds
    finally:
        os.close(master)
        os.close(slave)


def chosen(cases: list[Case], pattern: str) -> list[Case]:
    """Those with a row or section that `pattern` finds, and those they are compared with."""
    found = [
        case
        for case in cases
        if any(re.search(pattern, f"{case.section}: {row.name}") for row in case.rows)
    ]
    needed: set[str] = set()
    while True:
        more = {row.reference for case in found for row in case.rows} - {""}
        if more <= needed:
            return found
        needed |= more
        found = [
            case for case in cases if case in found or any(row.name in needed for row in case.rows)
        ]
