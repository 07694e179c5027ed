"""A key pair as a person gives it: typed, or on stdin in the forms that AWS hands it out in."""

from __future__ import annotations

import sys

from awsenv.errors import UsageError
from awsenv.terminal.opening import open_terminal, why_closed
from awsenv.values.credentials import Credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LONGEST = 1 << 16
_FORMS = (
    "give it two lines (the id, the secret), the CSV file of the IAM console, or the JSON of "
    "`aws iam create-access-key`"
)


def given() -> Credentials:
    """The key pair from stdin if that is not a terminal, otherwise typed; raises UsageError."""
    if sys.stdin is not None and not sys.stdin.isatty():
        text = sys.stdin.buffer.read(_LONGEST).decode("utf-8-sig", "replace")
        if text.strip():
            return checked(*_parse(text.strip()))
    return checked(*_typed())


def checked(key_id: str, secret: str) -> Credentials:
    """The pair, if it has the form of an IAM user's; raises UsageError, which shows no secret."""
    if key_id.startswith("ASIA"):
        raise UsageError(
            f"{key_id[:20]} is the key of a session, which expires", "give a user's own access key"
        )
    plain = key_id.isascii() and key_id.isalnum() and key_id.isupper()
    if not (plain and 16 <= len(key_id) <= 128):
        raise UsageError(
            "this is no access key id: one begins with AKIA, and has capitals and digits only",
            "copy it again; the id comes first, then the secret",
        )
    if not (16 <= len(secret) <= 128 and secret.isascii() and secret.isprintable()) or (
        " " in secret
    ):
        raise UsageError(
            f"the secret of {key_id} is not one that AWS gives: they have 40 characters",
            "copy it again, whole",
        )
    return Credentials(key_id, secret)


def _typed() -> tuple[str, str]:
    terminal = open_terminal()
    if terminal is None:
        raise UsageError(
            f"there is no key pair on stdin, and {why_closed() or 'nobody can be asked for it'}",
            _FORMS,
        )
    with terminal:
        key_id = terminal.ask_code("access key id: ") or ""
        secret = terminal.ask_code("secret access key: ") or ""
    return key_id.strip(), secret.strip()


def _parse(text: str) -> tuple[str, str]:
    if text.startswith("{"):
        return _from_json(text)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if "," in lines[0]:
        import csv

        lines = [*csv.reader(lines)][-1]
    if len(lines) != 2:
        raise UsageError("what stdin gives is no key pair", _FORMS)
    return lines[0].strip(), lines[1].strip()


def _from_json(text: str) -> tuple[str, str]:
    import json

    try:
        found: Any = json.loads(text)
    except ValueError:
        found = None
    if isinstance(found, dict):
        found = found.get("AccessKey", found)
    values = [
        found.get(name) if isinstance(found, dict) else None
        for name in ("AccessKeyId", "SecretAccessKey")
    ]
    key_id, secret = values
    if not isinstance(key_id, str) or not isinstance(secret, str):
        raise UsageError("the JSON on stdin holds no key pair", _FORMS)
    if found.get("SessionToken"):
        raise UsageError(
            "the JSON on stdin is a session, which expires", "give a user's own access key"
        )
    return key_id, secret
