"""Which profile's long-lived keys are in the system's keychain, according to the config.

`awsenv_keys = keychain` says that they are there, and `awsenv_access_key_id` says which ones. An id
is not a secret, and with the id in the config a plan need not look into the keychain. Other tools
ignore both.
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
