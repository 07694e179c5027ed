"""`awsenv list`: every profile, what it leads to, and how long its session still lasts."""

from __future__ import annotations

import os
import sys

from awsenv.config.marks import colored
from awsenv.listing.account_column import account_of
from awsenv.parameters.declared import flag
from awsenv.values.durations import format_duration
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.listing.row import Row


def command(
    *,
    as_json: bool = flag("--json", "As JSON."),
) -> None:
    """Show every profile: account, role, source, MFA, region, and the time left of its session."""
    from awsenv.listing.overview import overview

    rows = overview(dict(os.environ))
    if as_json:
        import json

        sys.stdout.write(f"{json.dumps(rows, indent=2)}\n")
        return
    if not rows:
        sys.stdout.write("no profiles yet: `aws configure` writes one\n")
        return
    table = [_cells(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(_TITLES, *table, strict=True)]
    in_color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    colors = [None, *(row["color"] if in_color else None for row in rows)]
    # One text for all: with a thousand profiles, it is the calls that take time.
    layout = "  ".join(f"{{:{width}}}" for width in widths)
    lines = [layout.format(*cells).rstrip() for cells in (_TITLES, *table)]
    for number, color in enumerate(colors):
        if color:
            line = lines[number]
            lines[number] = colored(line[: widths[0]], color.lower()) + line[widths[0] :]
    sys.stdout.write("\n".join([*lines, ""]))


_TITLES = ("PROFILE", "ACCOUNT", "ROLE", "FROM", "MFA", "REGION", "LEFT")


# To how many characters each is cut; where all of a row has so few, only the region may be longer.
_LIMITS = (60, 300, 64, 60, 3, 20, 300)
_SHORT = 60


def _cells(row: Row) -> tuple[str, ...]:
    left = format_duration(row["seconds_left"]) if row["seconds_left"] else "-"
    source, source_profile = row["source"] or "-", row["source_profile"]
    cells = (
        row["profile"],
        account_of(row),
        row["role"] or "-",
        f"{source} {source_profile}" if source_profile else source,
        "yes" if row["mfa_serial"] else "-",
        row["region"] or "-",
        f"! {row['problem']}" if row["problem"] else left,
    )
    text = "".join(cells)
    # Nearly always there is nothing in it to be made visible, or to be cut.
    plain = text.isascii() and text.isprintable()
    if plain and len(text) <= _SHORT and len(cells[5]) <= _LIMITS[5]:
        return cells
    return tuple(map(visible, cells, _LIMITS))
