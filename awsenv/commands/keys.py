"""`awsenv keys`: an IAM user's long-lived keys in the system's keychain."""

from __future__ import annotations

import os
import sys

from awsenv.config import default_profile_name, profile_names
from awsenv.errors import UsageError
from awsenv.parameters.declared import argument, flag
from awsenv.parameters.request_options import PROFILE
from awsenv.sessions.from_request import tell
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ACTIONS = ("add", "list", "remove")


def command(
    *,
    action: str | None = argument("ACTION", "add, list or remove."),
    profile: str | None = PROFILE,
    from_file: bool = flag("--from-file", "add: move the keys out of the AWS files."),
    credential_process: bool = flag(
        "--credential-process", "add: write the line by which AWS tools get at the session."
    ),
    yes: bool = flag("--yes", "remove: do not ask, for scripts."),
    to_file: bool = flag("--to-file", "remove: write them to the credentials file first."),
    check: bool = flag("--check", "list: see whether the keychain has each."),
    as_json: bool = flag("--json", "list: as JSON."),
) -> int:
    """Keep long-lived keys in the system's keychain instead of a plain file."""
    given = {
        "--from-file": from_file,
        "--credential-process": credential_process,
        "--yes": yes,
        "--to-file": to_file,
        "--check": check,
        "--json": as_json,
    }
    _check(action, [name for name, value in given.items() if value])
    name = profile or default_profile_name(os.environ, profile_names())
    if action == "list":
        if profile:
            raise UsageError("keys list shows every profile", f"leave {profile!r} out")
        return _list(check=check, as_json=as_json)
    if action == "remove":
        from awsenv.keeping.removing import remove

        remove(name, yes=yes, to_file=to_file, tell=tell)
    else:
        from awsenv.keeping.adding import add

        add(name, from_file=from_file, for_tools=credential_process, tell=tell)
    return 0


_OPTIONS = {
    "add": ("--from-file", "--credential-process"),
    "list": ("--check", "--json"),
    "remove": ("--yes", "--to-file"),
}


def _check(action: str | None, given: list[str]) -> None:
    """Raise UsageError for an action that there is not, or for an option of another one."""
    if action not in ACTIONS:
        what = f"there is no action {action!r}" if action else "there is no action"
        raise UsageError(what, "awsenv keys add [PROFILE], list, or remove [PROFILE]")
    wrong = [name for name in given if name not in _OPTIONS[action]]
    if wrong:
        raise UsageError(f"{wrong[0]} does not apply to keys {action}", "leave it out")


def _list(*, check: bool, as_json: bool) -> int:
    """Print the keys; exit code 4 where one is missing from the keychain."""
    from awsenv.keeping.key_places import key_places

    rows = key_places(check=check)
    if as_json:
        import json

        sys.stdout.write(f"{json.dumps(rows, indent=2)}\n")
    elif not rows:
        sys.stdout.write("no profile has long-lived keys: `awsenv keys add` takes some\n")
    else:
        table = [_TITLES, *map(_cells, rows)]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        for cells in table:
            line = "  ".join(c.ljust(width) for c, width in zip(cells, widths, strict=True))
            sys.stdout.write(f"{line.rstrip()}\n")
    return 4 if any(row["stored"] is False for row in rows) else 0


_TITLES = ("PROFILE", "KEY", "IN", "WHERE")


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    missing = " (MISSING)" if row["stored"] is False else ""
    place = "keychain" if row["place"] == "keychain" else "plain file"
    return (
        visible(row["profile"], 60),
        visible(row["access_key_id"], 40),
        place + missing,
        visible(row["where"]),
    )
