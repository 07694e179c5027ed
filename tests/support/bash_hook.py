"""bash with the hook, in each version at hand."""

from pathlib import Path

import pytest

from support.hooked_shells import SYNTAXES, Hooked, programs, start
from support.world import RunningSts

BASHES = [program for name, program in programs() if name == "bash"]
every_bash = pytest.mark.parametrize("program", BASHES, ids=lambda program: program or "bash")


def start_bash(
    folder: Path, sts: RunningSts, program: str | None = None, before: str = "", **more: str
) -> Hooked:
    return start(SYNTAXES["bash"], folder, sts, before=before, program=program, **more)


def asks_drops_and_runs(h: Hooked, line: str = "aws a; aws b") -> None:
    """The whole of it: asked, cancelled, asked again, answered."""
    h.lapse()
    already = len(h.calls())
    h.ask(line)
    h.shell.press("ctrl-c")
    h.wait_until_dropped(line)
    assert len(h.calls()) == already
    h.ask(line)
    h.answer(h.sts.code())
    assert len(h.calls()) > already
