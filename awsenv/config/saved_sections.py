"""Which profile is a saved session of which other profile, according to the files.

Two keys tie a saved session to the profile that it is renewed from: `awsenv_save_as = NAME` in that
profile, or `awsenv_saved_from = PROFILE` in the section [NAME] itself. Other tools ignore both.
"""

from __future__ import annotations

from awsenv.config.profiles import Config, Profile
from awsenv.errors import ConfigError
from awsenv.values.credentials import Credentials
from awsenv.values.times import epoch_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from awsenv.config.ini_text import Values

SAVE_AS = "awsenv_save_as"
SAVED_FROM = "awsenv_saved_from"
KEYS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
# Older tools write and read the token under this name, and botocore prefers it.
OLD_TOKEN = "aws_security_token"  # noqa: S105 - the name of a key
# If a profile has one of these, no AWS tool looks at keys in it.
STRONGER = ("role_arn", "web_identity_token_file", "sso_session", "sso_start_url")


def origin_of(name: str, config: Config) -> str | None:
    """The profile whose session is saved as `name`; None where `name` is no saved session.

    Raises ConfigError where two profiles claim the name.
    """
    if not (config.having(SAVE_AS) or config.having(SAVED_FROM)):
        return None
    own = config.profiles.get(name)
    if own and (any(own.get(key) for key in STRONGER) or is_long_lived(own.values)):
        return None
    claims = [each for each in config.having(SAVE_AS) if each.get(SAVE_AS) == name]
    claims = [each for each in claims if each.name != name]
    if len(claims) > 1:
        first, second = claims[:2]
        raise ConfigError(
            f"profiles {first.name!r} and {second.name!r} are both to be saved as {name!r} "
            f"({second.at(SAVE_AS)})",
            f"give one of them another {SAVE_AS}",
        )
    origin = claims[0].name if claims else (own.get(SAVED_FROM) if own else None)
    return origin if origin != name and origin in config.profiles else None


def name_for(profile: str, config: Config) -> str:
    """The name that the session of `profile` is saved under unless another one is given."""
    own = config.profiles.get(profile)
    return (own.get(SAVE_AS) if own else None) or f"{profile}-sts"


def names_of(profile: str, config: Config, passed: Iterable[str] = ()) -> tuple[str, ...]:
    """The names that the session of `profile` is kept saved under: `passed`, and its own choice."""
    own = config.profiles.get(profile)
    chosen = own.get(SAVE_AS) if own else None
    return tuple(dict.fromkeys([*passed, *([chosen] if chosen else [])]))


def is_session(profile: Profile) -> bool:
    """Whether the keys in `profile` are those of a session."""
    return bool(profile.get(KEYS[0]) and (profile.get(KEYS[2]) or profile.get(OLD_TOKEN)))


def ends_at(profile: Profile) -> int | None:
    """When the session in `profile` expires, in epoch seconds; None where it does not say."""
    return epoch_of(profile.get("expiration") or "") if is_session(profile) else None


def credentials_of(profile: Profile) -> Credentials:
    """The keys that stand in `profile`, as botocore reads them."""
    return Credentials(
        profile.get(KEYS[0]) or "",
        profile.get(KEYS[1]) or "",
        profile.get(OLD_TOKEN) or profile.get(KEYS[2]),
    )


def is_long_lived(values: Values | Mapping[str, str]) -> bool:
    return bool(values.get(KEYS[0])) and not (values.get(KEYS[2]) or values.get(OLD_TOKEN))
