"""The records of sessions on disk: the key of each session; reading, writing and removing
records.
"""

from __future__ import annotations

import os

from awsenv.aws.arn import partition_in
from awsenv.environment.change import encode_pairs
from awsenv.lean.contextlib import suppress
from awsenv.lean.hashlib import digest
from awsenv.plan.plan import Plan
from awsenv.storage import paths, record_format
from awsenv.storage.private_files import is_key, make_private_dir, write_private
from awsenv.storage.sweeping import sweep
from awsenv.values.steps import AssumeRole, GetSessionToken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

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
    """The key of each step's session: a hash over everything that changes what AWS answers.

    Never the region: the same session serves every region.
    """
    keys: list[str] = []
    parent = _digest({"ROOT": plan.root.identity, "ENDPOINT": plan.endpoint or ""})
    for step in plan.steps:
        # What the root gives has the key of the root.
        if isinstance(step, GetSessionToken):
            parent = _mfa_key(plan, step)
        elif isinstance(step, AssumeRole):
            parent = _role_key(parent, step)
        keys.append(parent)
    return keys


def _mfa_key(plan: Plan, step: GetSessionToken) -> str:
    return _digest(
        {
            "SOURCE": plan.root.identity,
            "SERIAL": step.serial,
            "PARTITION": partition_in(step.serial if ":" in step.serial else plan.role_arn),
            "ENDPOINT": plan.endpoint or "",
            "DURATION": str(step.duration) if step.insisted else "",
        }
    )


def _role_key(parent: str, step: AssumeRole) -> str:
    return _digest(
        {
            "PARENT": parent,
            "ROLE": step.role_arn,
            "EXTERNAL_ID": step.external_id or "",
            "NAME": step.session_name or "",
            "TAGS": encode_pairs(dict.fromkeys(step.tags, "")),
            "TRANSITIVE_TAGS": encode_pairs(dict.fromkeys(step.transitive_tags, "")),
            "SOURCE_IDENTITY": step.source_identity or "",
            "POLICIES": encode_pairs(dict.fromkeys(step.policy_arns, "")),
            "DURATION": str(step.duration),
            "SERIAL": step.serial or "",
        }
    )


def _digest(parts: Mapping[str, str]) -> str:
    return digest(encode_pairs(parts))[:40]


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
    """Replace the record named `key`, all at once, and clear away what nobody will read again."""
    folder = paths.sessions_dir()
    make_private_dir(folder)
    write_private(path_of(key), record_format.render(key, values), lasting=False)
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
    """How many records there are, those that cannot be read too."""
    try:
        return len(list(filter(is_key, os.listdir(paths.sessions_dir()))))
    except OSError:
        return 0


def forget_all() -> int:
    """Remove every record, those that cannot be read too; how many there were.

    Raises AwsenvError where the folder is not awsenv's.
    """
    folder = paths.sessions_dir()
    if not os.path.isdir(folder):
        return 0
    make_private_dir(folder)
    names = list(filter(is_key, os.listdir(folder)))
    for name in names:
        forget(name)
    return len(names)
