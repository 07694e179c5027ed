"""How the account of a profile is shown in the list and in the picker."""

from __future__ import annotations

from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.listing.row import Row


def account_of(row: Row) -> str:
    """The account of a profile: what it is called, and its number, as far as they are known."""
    number, name = visible(row["account"] or "", 20), row["account_name"]
    if not name:
        return number or "-"
    return f"{visible(name, 40)} ({number})" if number else visible(name, 40)
