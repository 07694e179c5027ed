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
    for cells, color in zip((_TITLES, *table), colors, strict=True):
        first, *rest = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        name = colored(first, color.lower()) if color else first
        sys.stdout.write("  ".join([name, *rest]).rstrip() + "\n")


_TITLES = ("PROFILE", "ACCOUNT", "ROLE", "FROM", "MFA", "REGION", "LEFT")


def _cells(row: Row) -> tuple[str, ...]:
    left = format_duration(row["seconds_left"]) if row["seconds_left"] else "-"
    return (
        visible(row["profile"], 60),
        account_of(row),
        visible(row["role"] or "-", 64),
        visible(f"{row['source'] or '-'} {row['source_profile'] or ''}".strip(), 60),
        "yes" if row["mfa_serial"] else "-",
        visible(row["region"] or "-", 20),
        visible(f"! {row['problem']}") if row["problem"] else left,
    )
