"""An IAM user's keys in the system's keychain: `awsenv_keys = keychain`.

`awsenv keys add` puts them there. The id stands in the config, so nothing is unlocked before the
secret is needed.
"""

from __future__ import annotations

from awsenv.config.kept_keys import KEPT, KEPT_ID, KEYCHAIN
from awsenv.errors import ConfigError, CredentialsError
from awsenv.sources.root import Context, Resolved, Root
from awsenv.values.credentials import Credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsenv.config import Config, Profile


class KeychainSource:
    def find(self, profile: Profile, _config: Config, _env: Mapping[str, str]) -> Root | None:
        place = profile.get(KEPT)
        if not place:
            return None
        if place != KEYCHAIN:
            raise ConfigError(
                f"{KEPT} = {place!r} is no place that awsenv knows ({profile.at(KEPT)})",
                f"write {KEPT} = {KEYCHAIN}, or remove the line",
            )
        key_id = profile.get(KEPT_ID)
        if not key_id:
            raise ConfigError(
                f"profile {profile.name!r} has {KEPT} = {KEYCHAIN} but no {KEPT_ID} "
                f"({profile.at(KEPT)})",
                add_hint(profile.name),
            )
        return Root(
            "keychain",
            f"the keys of profile {profile.name!r} in the keychain",
            key_id,
            profile.name,
            profile.at(KEPT),
        )

    def resolve(self, root: Root, _context: Context) -> Resolved:
        return Resolved(kept_credentials(root.identity, root.profile or "", root.where))


def kept_credentials(key_id: str, profile: str, where: str) -> Credentials:
    """The key `key_id` with its secret; raises CredentialsError where the keychain has none."""
    from awsenv.storage import keychain

    secret = keychain.read(key_id)
    if secret is None:
        raise CredentialsError(
            f"the keychain has no secret for {key_id}, the key of profile {profile!r} ({where})",
            add_hint(profile),
        )
    return Credentials(key_id, secret)


def add_hint(profile: str) -> str:
    """How the keys of `profile` get into the keychain."""
    import shlex

    return f"run: awsenv keys add {shlex.quote(profile)}"


SOURCES = {"keychain": KeychainSource()}
