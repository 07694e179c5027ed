"""The Markdown that the figures become."""

import os
import platform
import re
import shutil
import subprocess
from contextlib import suppress
from importlib.metadata import distribution, version
from pathlib import Path

from benchmarking.cases import MS, PASS_THERE, Case, Row
from benchmarking.commands import COLD, LIVE, OFFLINE
from benchmarking.ground import AWSENV
from benchmarking.peers import SECTION as PEERS
from benchmarking.peers import versions
from benchmarking.shells import SECTION as SHELLS

_HEAD = (
    "This is the output of one command, which writes this page:",
    "    ./scripts/venv dev\n"
    "    .venv/bin/python scripts/benchmark --peers --write docs/benchmark.md",
    "Everything is run once per round, in turn, and `python -c pass` before each, so that a "
    "machine that slows down slows all of it. The figures are medians; a ratio is to the row "
    "named beside it. The machine should have nothing else to do. Everything talks to the STS "
    "of `awsenv demo`, on the same machine. `--rounds N` says how many rounds, `--only PATTERN` "
    "which rows or sections, `--peers` installs awsume and aws-export-credentials in an "
    "environment of their own, with the botocore that they work with.",
)
_NOTES = {
    LIVE: "Whole processes, with stderr at a terminal.",
    SHELLS: "Timed by the shell itself, interactive at a terminal, with a session live. A switch "
    "is one of many to and fro; at the first to a name, bash and zsh check all that they find on "
    "disk. Nothing is subtracted: a prompt is all that the shell does for one here, of which some "
    "ten microseconds, in fish some forty, are its own. That neither a switch nor a prompt starts "
    "a process is what the tests show. The goals are for a machine that starts an empty Python in "
    f"{PASS_THERE / MS:g} ms; here they are that part of what an empty Python takes. Start-up "
    "is the line that `awsenv init` prints; all but a small part of the hook is read once, when "
    "there is a session.",
    OFFLINE: "Whole processes, as above.",
    COLD: "GetSessionToken and AssumeRole, with nothing kept. The code is typed 1.5 s after the "
    "question; a round trip is from the request to its parsed answer.",
    PEERS: "What each does for a role behind MFA, on the same STS: with nothing kept, and again "
    "with what it keeps. awsume keeps the MFA session and asks STS for the role each time.",
}


def document(cases: list[Case], rounds: int) -> str:
    """All of docs/benchmark.md."""
    rows = {row.name: row for case in cases for row in case.rows}
    parts = ["# Speed", *_HEAD, f"{machine()} {rounds} rounds."]
    for section in dict.fromkeys(case.section for case in cases):
        found = [row for case in cases if case.section == section for row in case.rows]
        notes = [_NOTES[section]] if section in _NOTES else []
        if section == PEERS:
            notes.append(f"{versions()}.")
        parts += [f"## {section}", *notes, _table([_cells(row, rows) for row in found])]
    return "\n\n".join(parts) + "\n"


def _cells(row: Row, rows: dict[str, Row]) -> list[str]:
    goal = row.goal.text if row.goal else ""
    if row.why_not:
        return [row.name, row.why_not, "", "", goal, ""]
    to = row.reference
    compared = "" if to == row.name or not to else _times(row.median / rows[to].median)
    cells = [row.name, _amount(row), compared, to if compared else "", goal]
    return [*cells, _verdict(row, rows)]


def _times(number: float) -> str:
    return f"{number:.2f}x" if number >= 0.1 else f"{number:.2g}x"


def _verdict(row: Row, rows: dict[str, Row]) -> str:
    if row.goal is None:
        return ""
    limit = row.goal.plus + (row.goal.times * rows[row.goal.of].median if row.goal.times else 0)
    return "reached" if row.median <= limit else "**missed**"


def _amount(row: Row) -> str:
    if row.unit:
        return f"{row.median:.1f} {row.unit}"
    if row.median < 1e-3:
        return f"{row.median * 1e6:.0f} us"
    return f"{row.median * 1e3:.1f} ms" if row.median >= 1e-2 else f"{row.median * 1e3:.2f} ms"


def _table(lines: list[list[str]]) -> str:
    head = ["", "median", "ratio", "to", "goal", ""]
    widths = [max(len(line[at]) for line in [head, *lines]) for at in range(len(head))]
    # Figures stand to the right.
    right = (1, 2)

    def written(cells: list[str]) -> str:
        padded = (
            cell.rjust(width) if at in right else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return f"| {' | '.join(padded)} |"

    rule = "|".join(
        f"{'-' * (width + 1)}:" if at in right else "-" * (width + 2)
        for at, width in enumerate(widths)
    )
    return "\n".join([written(head), f"|{rule}|", *(written(line) for line in lines)])


def machine() -> str:
    """The machine in a line: processor, system, and the versions of what was run."""
    shells = [_version(name) for name in ("bash", "zsh", "fish", "pwsh")]
    versions = [f"Python {platform.python_version()}", *filter(None, shells)]
    return (
        f"Machine: {_processor()}, {os.cpu_count()} cores; {_system()}; {', '.join(versions)}; "
        f"{_launcher()}."
    )


def _processor() -> str:
    with suppress(OSError):
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
        if found:
            return found[1]
    return platform.processor() or platform.machine()


def _system() -> str:
    kernel = f"{platform.system()} {platform.release()} {platform.machine()}"
    with suppress(OSError):
        return f"{platform.freedesktop_os_release()['PRETTY_NAME']}, {kernel}"
    return kernel


def _version(shell: str) -> str:
    """Such as "zsh 5.9"; empty where it is not installed."""
    if not shutil.which(shell):
        return ""
    told = subprocess.run([shell, "--version"], capture_output=True, text=True, check=False).stdout
    number = re.search(r"\d+(\.\d+)+", told)
    return f"{shell} {number[0] if number else '?'}"


def _launcher() -> str:
    """Who wrote the launcher; that of an older pip imports `re`, which takes some milliseconds."""
    writer = (distribution("awsenv-shell").read_text("INSTALLER") or "?").strip()
    if writer == "pip":
        writer += f" {version('pip')}"
    old = (
        ", AN OLD ONE: its launchers start slowly"
        if "import re" in Path(AWSENV).read_text()
        else ""
    )
    return f"launchers by {writer}{old}"
