"""Where the long-lived keys of each profile are, from the config files alone."""

from __future__ import annotations

from awsenv.config import load
from awsenv.config.kept_keys import KEPT, kept_id
from awsenv.config.saved_sections import KEYS, is_long_lived
from awsenv.storage import keychain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def key_places(*, check: bool) -> list[dict[str, Any]]:
    """A row per profile with long-lived keys; with `check`, the keychain is asked for each of them.

    Raises CredentialsError if the keychain cannot be asked.
    """
    rows: list[dict[str, Any]] = []
    for profile in load().profiles.values():
        key_id = kept_id(profile)
        if key_id:
            stored = keychain.read(key_id) is not None if check else None
            rows.append(_row(profile.name, key_id, "keychain", profile.at(KEPT), stored))
        if is_long_lived(profile.values):
            plain = profile.get(KEYS[0]) or ""
            rows.append(_row(profile.name, plain, "file", profile.at(KEYS[0]), None))
    return rows


def _row(name: str, key_id: str, place: str, where: str, stored: bool | None) -> dict[str, Any]:
    return {
        "profile": name,
        "access_key_id": key_id,
        "place": place,
        "where": where,
        "stored": stored,
    }
