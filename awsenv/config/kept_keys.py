"""Which profile's long-lived keys are in the system's keychain, as the config says.

`awsenv_keys = keychain` says that they are, `awsenv_access_key_id` which ones: an id is no secret,
and with it in the config a plan needs no look into the keychain. Other tools pass over both.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.config.profiles import Profile

KEPT = "awsenv_keys"
KEPT_ID = "awsenv_access_key_id"
KEYCHAIN = "keychain"


def kept_id(profile: Profile) -> str | None:
    """The id of the key that `profile` has in the keychain, if it has one there."""
    return profile.get(KEPT_ID) if profile.get(KEPT) == KEYCHAIN else None
