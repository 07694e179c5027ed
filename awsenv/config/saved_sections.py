"""Which profile is a saved session of which other profile, according to the files.

Two keys tie a saved session to the profile that it is renewed from: `awsenv_save_as = NAME` in that
profile, or `awsenv_saved_from = PROFILE` in the section [NAME] itself. Other tools ignore both.
"""

from __future__ import annotations

from awsenv.config.kept_keys import KEPT
from awsenv.errors import ConfigError
from awsenv.values.credentials import Credentials
from awsenv.values.notation import decode_pairs, moment_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from awsenv.config.ini_text import Values
    from awsenv.config.profiles import Config, Profile

SAVE_AS = "awsenv_save_as"
SAVED_FROM = "awsenv_saved_from"
# What the session was asked with, where that is more than a profile: it is renewed with the same.
SAVED_WITH = "awsenv_saved_with"
# Whose session a section holds: the identity, and the access key ID that it was written with.
IDENTITY = "awsenv_identity"
KEYS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
# Older tools write and read the token under this name, and botocore prefers it.
OLD_TOKEN = "aws_security_token"  # noqa: S105 - the name of a key
# When a session in a section expires, by the names that awsenv, aws-mfa and AWS's own tools
# (expiration), saml2aws and gimme-aws-creds (x_…), aws-azure-login (aws_expiration) and others
# write.
EXPIRATIONS = (
    "expiration",
    "x_security_token_expires",
    "aws_expiration",
    "aws_session_expiration",
    "aws_credential_expiration",
    "aws_session_token_expiration",
    "token_expiration",
    "expires_at",
    "expires",
)
# If a profile has one of these, no AWS tool looks at keys in it.
STRONGER = ("role_arn", "web_identity_token_file", "sso_session", "sso_start_url")


def origin_of(name: str, config: Config) -> str | None:
    """The profile whose session is saved as `name`; None if `name` is not a saved session.

    Raises ConfigError if two profiles claim the name.
    """
    if not (config.having(SAVE_AS) or config.having(SAVED_FROM)):
        return None
    own = config.profiles.get(name)
    if own and own.get(SAVED_WITH):
        # It is another session than that of any profile.
        return None
    if own and (any(own.get(key) for key in (*STRONGER, KEPT)) or is_long_lived(keys_in(own))):
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


def asked_with(name: str, config: Config) -> Mapping[str, str]:
    """The options that the session saved as `name` was asked with, by their names in a record."""
    own = config.profiles.get(name)
    text = own.get(SAVED_WITH) if own else None
    return {f"OPTION_{key.upper()}": value for key, value in decode_pairs(text or "").items()}


def name_for(profile: str, config: Config) -> str:
    """The name that the session of `profile` is saved under unless another one is given."""
    own = config.profiles.get(profile)
    return (own.get(SAVE_AS) if own else None) or f"{profile}-sts"


def names_of(profile: str, config: Config, passed: Iterable[str] = ()) -> tuple[str, ...]:
    """The names that the session of `profile` is kept saved under: `passed`, and its own choice."""
    own = config.profiles.get(profile)
    chosen = own.get(SAVE_AS) if own else None
    return tuple(dict.fromkeys([*passed, *([chosen] if chosen else [])]))


def identity_of(values: Values | Mapping[str, str | Mapping[str, str]]) -> str | None:
    """The identity of the session in a section; None where other keys have been put there since."""
    noted = values.get(IDENTITY)
    identity, _, key_id = noted.partition(" ") if isinstance(noted, str) else ("", "", "")
    return identity or None if key_id and key_id == values.get(KEYS[0]) else None


def identity_note(identity: str, key_id: str) -> str:
    """What a section says of its session, for `identity_of`."""
    return f"{identity} {key_id}"


def keys_in(profile: Profile) -> Mapping[str, str | Mapping[str, str]]:
    """The one section that the keys of `profile` stand in: botocore takes none of the other's."""
    return profile.section_values(KEYS[0])


def still_stands_for(name: str, identity: str | None, config: Config) -> bool:
    """Whether profile `name` is there, and holds no other session than that of `identity`."""
    profile = config.profiles.get(name)
    if profile is None or not is_session(profile):
        return profile is not None
    return identity_of(keys_in(profile)) == identity


def is_session(profile: Profile) -> bool:
    """Whether the keys in `profile` are those of a session."""
    return bool(_token(keys_in(profile)))


def is_federated(profile: Profile) -> bool:
    """Whether a program that signs in elsewhere wrote the session in `profile`, by its own keys.

    saml2aws and its like note who signed in, or when the session expires, in keys of their own.
    """
    values = keys_in(profile)
    own = any(_text(values, name) for name in EXPIRATIONS[1:])
    return is_session(profile) and (own or any(name.startswith("x_") for name in values))


def ends_at(profile: Profile) -> int | None:
    """When the session in `profile` expires, in epoch seconds; None where it does not say."""
    return expiration_in(keys_in(profile)) if is_session(profile) else None


def expiration_in(values: Values | Mapping[str, str | Mapping[str, str]]) -> int | None:
    """When the session in a section expires, in epoch seconds, by any of the names in use."""
    texts = (_text(values, name) for name in EXPIRATIONS)
    found = (moment_of(text) for text in texts if text)
    return next((moment for moment in found if moment is not None), None)


def credentials_of(profile: Profile) -> Credentials:
    """The keys that stand in `profile`, as botocore reads them."""
    values = keys_in(profile)
    return Credentials(
        _text(values, KEYS[0]) or "", _text(values, KEYS[1]) or "", _token(values) or None
    )


def is_long_lived(values: Values | Mapping[str, str | Mapping[str, str]]) -> bool:
    """Whether the keys in a section are an IAM user's own, without a session token."""
    return bool(_text(values, KEYS[0])) and not _token(values)


def _token(values: Values | Mapping[str, str | Mapping[str, str]]) -> str | None:
    return _text(values, OLD_TOKEN) or _text(values, KEYS[2])


def _text(values: Values | Mapping[str, str | Mapping[str, str]], name: str) -> str | None:
    value = values.get(name)
    return value.strip() or None if isinstance(value, str) else None
