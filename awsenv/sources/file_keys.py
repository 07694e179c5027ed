"""Keys in the credentials or config file."""

from __future__ import annotations

from awsenv.config.saved_sections import KEYS, credentials_of, ends_at, is_session
from awsenv.errors import ConfigError
from awsenv.sources.root import Context, Resolved, Root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsenv.config import Config, Profile


class KeysSource:
    def __init__(self, *, in_credentials: bool) -> None:
        # botocore looks into the credentials file first, and into the config file last.
        self._in_credentials = in_credentials

    def find(self, profile: Profile, config: Config, _env: Mapping[str, str]) -> Root | None:
        access_key_id = profile.get("aws_access_key_id")
        if not access_key_id:
            return None
        in_credentials = profile.path_of("aws_access_key_id") == config.credentials_path
        if in_credentials != self._in_credentials:
            return None
        where = profile.at("aws_access_key_id")
        if not profile.section_values(KEYS[0]).get(KEYS[1]):
            if profile.get(KEYS[1]):
                raise ConfigError(
                    f"profile {profile.name!r} has its key id in one file ({where}), its secret "
                    f"in the other ({profile.at(KEYS[1])})",
                    "put both into one file: AWS tools take keys from one alone",
                )
            raise ConfigError(
                f"profile {profile.name!r} has aws_access_key_id but no aws_secret_access_key "
                f"({where})",
                "add the secret key, or remove the key id",
            )
        saved = is_session(profile)
        return Root(
            "keys",
            f"the {'session' if saved else 'keys'} of profile {profile.name!r}",
            access_key_id,
            profile.name,
            where,
            temporary=saved,
        )

    def resolve(self, root: Root, context: Context) -> Resolved:
        profile = context.config.profile(root.profile or "")
        return Resolved(credentials_of(profile), ends_at(profile))


# A profile's keys in the credentials file take precedence over `login` and `process`, which take
# precedence over keys in the config file.
SOURCES = {
    "keys": KeysSource(in_credentials=True),
    "config-keys": KeysSource(in_credentials=False),
}
