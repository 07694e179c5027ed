"""The records of sessions on disk: the key of each session; reading, writing and removing
records.
"""

from __future__ import annotations

import os

from awsenv.lean.contextlib import suppress
from awsenv.plan.identity import fingerprint, step_identities
from awsenv.storage import paths, record_format
from awsenv.storage.private_files import is_key, make_private_dir, write_private
from awsenv.storage.sweeping import sweep
from awsenv.values.steps import AssumeRole, FromSource, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsenv.plan.plan import Plan

# What a shell takes from a record stands above its CHECK: the first so many values.
CHECKED = 6
_NEEDED = frozenset(
    (
        "KIND",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "ISSUED_AT",
        "EXPIRES_AT",
    )
)


def step_keys(plan: Plan) -> list[str]:
    """The key of each step's session: its identity, and the duration where that was chosen."""
    pairs = zip(plan.steps, step_identities(plan), strict=True)
    return [_key(step, identity) for step, identity in pairs]


def _key(step: Step, identity: str) -> str:
    if isinstance(step, FromSource):
        return identity
    # The MFA session serves whatever its length; a role's is part of what was asked for.
    chosen = step.insisted or isinstance(step, AssumeRole)
    duration = str(step.duration) if chosen else ""
    return fingerprint({"IDENTITY": identity, "DURATION": duration})


def path_of(key: str) -> str:
    """The path of the record named `key`."""
    return os.path.join(paths.sessions_dir(), key)


def load(key: str) -> dict[str, str] | None:
    """The record named `key`, expired or not; None if there is none, or if it cannot be trusted."""
    values = record_format.read(path_of(key), key)
    if not values or values.get("KIND") not in ("mfa", "role", "source"):
        return None
    whole = all(values.get(name) for name in _NEEDED) and record_format.life(values) > 0
    return values if whole else None


def load_if_key(text: str) -> dict[str, str] | None:
    """`load` for a key from an environment variable, which may contain anything."""
    return load(text) if is_key(text) else None


def save(key: str, values: Mapping[str, str]) -> None:
    """Replace the record named `key`, all at once, and remove what nobody will read again."""
    folder = paths.sessions_dir()
    make_private_dir(folder)
    write_private(path_of(key), record_format.render(key, values, CHECKED), lasting=False)
    sweep()


def drop(key: str, access_key_id: str) -> None:
    """Remove the record named `key` if it still contains the refused `access_key_id`."""
    values = load(key)
    if values and values.get("AWS_ACCESS_KEY_ID") == access_key_id:
        with suppress(FileNotFoundError):
            os.unlink(path_of(key))


def records() -> dict[str, dict[str, str]]:
    """Every record there is by its key, expired or not, that can be read at all."""
    try:
        names = sorted(os.listdir(paths.sessions_dir()))
    except FileNotFoundError:
        return {}
    found = {name: load_if_key(name) for name in names}
    return {name: values for name, values in found.items() if values}


def forget(key: str) -> None:
    """Remove the record named `key`."""
    with suppress(FileNotFoundError):
        os.unlink(path_of(key))


def count() -> int:
    """How many records there are, including unreadable ones."""
    try:
        return len(list(filter(is_key, os.listdir(paths.sessions_dir()))))
    except OSError:
        return 0


def forget_all() -> int:
    """Remove every record, including unreadable ones; returns how many there were.

    Raises AwsenvError if the folder is not awsenv's.
    """
    folder = paths.sessions_dir()
    if not os.path.isdir(folder):
        return 0
    make_private_dir(folder)
    names = list(filter(is_key, os.listdir(folder)))
    for name in names:
        forget(name)
    return len(names)
