"""Choosing a profile at the terminal: with fzf if it is installed, otherwise from a list that
filters as you type.

The most used profiles come first. AWSENV_PICKER=plain avoids fzf.
"""

from __future__ import annotations

import os
import sys

from awsenv.config.marks import colored
from awsenv.errors import CancelledError, ConfigError, CredentialsError
from awsenv.lean.contextlib import suppress
from awsenv.listing import usage_counts
from awsenv.listing.account_column import account_of
from awsenv.listing.overview import overview
from awsenv.terminal.opening import open_terminal, why_closed
from awsenv.terminal.terminal import DOWN, END_OF_FILE, ENTER, UP, Terminal
from awsenv.values.notation import whole_number
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from awsenv.listing.row import Row

_PROMPT = "profile> "
_ROWS = 12


def pick(env: Mapping[str, str], query: str = "") -> str:
    """The name of the profile that the user chooses; `query` is the initial filter.

    Raises CancelledError, or CredentialsError if there is nobody to choose, or nothing to choose
    from.
    """
    rows = overview(env)
    if not rows:
        raise CredentialsError(
            "there is no profile to choose from", "`aws configure` writes the first one"
        )
    used = usage_counts.counts()
    rows.sort(key=lambda row: used.get(row["profile"], (0, 0)), reverse=True)
    terminal = open_terminal()
    if terminal is None:
        raise CredentialsError(
            f"a profile cannot be chosen here: {why_closed() or 'nobody can be asked'}",
            "name the profile",
        )
    program = _fzf(env)
    lines = _lines(rows)
    with terminal:
        if program:
            if not env.get("NO_COLOR"):
                colors = [(row["color"] or "").lower() for row in rows]
                lines = list(map(colored, lines, colors))
            number = _by_fzf(program, lines, query, terminal)
        else:
            number = _Picker(terminal, lines, query).run()
    return rows[number]["profile"]


def wanted(env: Mapping[str, str]) -> bool:
    """Whether nothing says which profile to use, and someone is there to choose."""
    from awsenv.config import default_profile_name, load

    known = load(env).profiles
    named = default_profile_name(env, known)
    return named == "default" and "default" not in known and why_closed() is None


def _lines(rows: Sequence[Row]) -> list[str]:
    """What is shown of each profile: its name, account and role, in columns."""
    width = min(40, max(len(row["profile"]) for row in rows))
    accounts = [account_of(row) for row in rows]
    wide = min(40, max(12, *map(len, accounts)))
    return [
        f"{visible(row['profile'], 60):<{width}}  {account:<{wide}}  "
        f"{visible(row['role'] or '-', 64)}"
        for row, account in zip(rows, accounts, strict=True)
    ]


def _fzf(env: Mapping[str, str]) -> str | None:
    import shutil

    wish = env.get("AWSENV_PICKER") or "fzf"
    if wish not in ("fzf", "plain"):
        raise ConfigError(f"AWSENV_PICKER is {wish!r}", "set it to fzf or plain, or unset it")
    return shutil.which("fzf") if wish == "fzf" else None


def _by_fzf(program: str, lines: Sequence[str], query: str, terminal: Terminal) -> int:
    import subprocess

    # Ties stay in our order, most used first. The number in front identifies the line.
    options = ["--height=40%", "--reverse", "--tiebreak=index", "--no-multi", "--no-sort"]
    options += ["--delimiter=\t", "--with-nth=2..", f"--prompt={_PROMPT}", f"--query={query}"]
    options += ["--ansi"] if any("\x1b" in line for line in lines) else []
    process = subprocess.Popen(
        [program, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=terminal.fileno(),
        process_group=0 if sys.platform != "win32" else None,
    )
    text = "".join(f"{number}\t{line}\n" for number, line in enumerate(lines))
    with terminal.lent() as give:
        with suppress(OSError):
            give(process.pid)
        output, _ = process.communicate(text.encode())
    chosen = whole_number(output.decode("utf-8", "replace").partition("\t")[0])
    if chosen is None:
        raise CancelledError
    return chosen


class _Picker:
    """A list below the cursor, narrowed to the lines that contain every word typed."""

    def __init__(self, terminal: Terminal, lines: Sequence[str], query: str) -> None:
        self._terminal = terminal
        self._lines = lines
        self._query = query
        self._chosen = 0

    def run(self) -> int:
        """The number of the line that was chosen; raises CancelledError."""
        self._draw()
        try:
            while True:
                key = self._terminal.key(60)
                if key == ENTER and self._found():
                    return self._found()[self._chosen]
                if key == END_OF_FILE and not self._query:
                    raise CancelledError
                if key:
                    self._press(key)
                    self._draw()
        finally:
            self._terminal.write("\r\x1b[J")

    def _found(self) -> list[int]:
        words = self._query.casefold().split()
        return [
            number
            for number, line in enumerate(self._lines)
            if all(word in line.casefold() for word in words)
        ]

    def _press(self, key: str) -> None:
        if key in (UP, DOWN):
            last = len(self._found()) - 1
            self._chosen = max(0, min(last, self._chosen + (1 if key == DOWN else -1)))
            return
        query = edited(self._query, key)
        if query != self._query:
            self._query, self._chosen = query, 0

    def _draw(self) -> None:
        found = self._found()
        columns, rows = _size(self._terminal)
        first = max(0, self._chosen - rows + 1)
        shown = [
            f"{'>' if number == self._chosen else ' '} {self._lines[found[number]]}"
            for number in range(first, min(first + rows, len(found)))
        ]
        shown.append(f"  {len(found)} of {len(self._lines)}")
        line = _PROMPT + visible(self._query)
        below = "".join(f"\n{_cut(text, columns)}" for text in shown)
        back = f"\r\x1b[{len(shown)}A\x1b[{_width(line)}C"
        self._terminal.write(f"\r\x1b[J{_cut(line, columns)}{below}{back}")


def edited(line: str, key: str) -> str:
    """`line` after `key`, which adds to it or erases from it."""
    from awsenv.terminal.terminal import ERASE, ERASE_LINE, ERASE_WORD

    erase: dict[str, Callable[[str], str]] = {
        ERASE: lambda text: text[:-1],
        ERASE_LINE: lambda _: "",
        ERASE_WORD: lambda text: text.rstrip()[: text.rstrip().rfind(" ") + 1],
    }
    if key in erase:
        return erase[key](line)
    return line + key if key.isprintable() else line


def _size(terminal: Terminal) -> tuple[int, int]:
    """Columns, and how many lines the list may have."""
    try:
        lines = os.get_terminal_size(terminal.fileno() or 2).lines
    except OSError:
        lines = 24
    return max(10, terminal.columns() - 1), max(1, min(_ROWS, lines - 3))


def _width(text: str) -> int:
    import unicodedata

    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _cut(text: str, columns: int) -> str:
    while _width(text) > columns:
        text = text[:-1]
    return text
