"""Sessions saved as profiles, for tools that read nothing but the credentials file.

Two keys tie a saved session to the profile that it is renewed from: `awsenv_save_as = NAME` in
that profile, or `awsenv_saved_from = PROFILE` in the section [NAME] itself. Other tools pass
over both. Looking them up is pure; `write` and `remove` edit the credentials file.
"""

from __future__ import annotations

from awsenv.config import Config, Profile, shown
from awsenv.errors import ConfigError, CredentialsError
from awsenv.values.credentials import Credentials, Session
from awsenv.values.times import epoch_of, iso_utc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from awsenv.config.ini_text import IniText, Values

SAVE_AS = "awsenv_save_as"
SAVED_FROM = "awsenv_saved_from"

_KEYS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
# Older tools write and read the token by this name, and botocore prefers it.
_OLD_TOKEN = "aws_security_token"  # noqa: S105 - the name of a key
_WRITTEN = (*_KEYS, _OLD_TOKEN, "expiration")
_NOTED = (SAVED_FROM, "mfa_serial")
# Where a profile has one of these, no AWS tool looks at keys in it.
STRONGER = ("role_arn", "web_identity_token_file", "sso_session", "sso_start_url")


def origin_of(name: str, config: Config) -> str | None:
    """The profile whose session is saved as `name`; None where `name` is no saved session.

    Raises ConfigError where two profiles claim the name.
    """
    if not (config.having(SAVE_AS) or config.having(SAVED_FROM)):
        return None
    own = config.profiles.get(name)
    if own and (any(own.get(key) for key in STRONGER) or _is_long_lived(own.values)):
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
    return bool(profile.get(_KEYS[0]) and (profile.get(_KEYS[2]) or profile.get(_OLD_TOKEN)))


def ends_at(profile: Profile) -> int | None:
    """When the session in `profile` expires, in epoch seconds; None where it does not say."""
    return epoch_of(profile.get("expiration") or "") if is_session(profile) else None


def credentials_of(profile: Profile) -> Credentials:
    """The keys that stand in `profile`, as botocore reads them."""
    return Credentials(
        profile.get(_KEYS[0]) or "",
        profile.get(_KEYS[1]) or "",
        profile.get(_OLD_TOKEN) or profile.get(_KEYS[2]),
    )


def check_name(name: str, config: Config, *, force: bool = False) -> None:
    """Raise ConfigError where a session saved as `name` would be ignored, or do harm.

    `force` lets it take the place of long-lived keys.
    """
    profile = config.profiles.get(name)
    stronger = next((key for key in STRONGER if profile and profile.get(key)), None)
    if profile and stronger:
        raise ConfigError(
            f"profile {name!r} has a {stronger} ({profile.at(stronger)}), so AWS tools would "
            "ignore keys saved under that name",
            "choose another name with --as",
        )
    if profile and not force and _is_long_lived(profile.values):
        raise _would_lose_keys(name, profile.at(_KEYS[0]))
    if name == "DEFAULT":
        raise ConfigError("[DEFAULT] would lend its keys to every profile", "choose another name")


def write(
    session: Session,
    name: str,
    origin: str,
    config: Config,
    *,
    serial: str | None = None,
    force: bool = False,
    keep_longer: bool = False,
) -> bool:
    """Save `session`, renewed from profile `origin`, as `name`; whether that changed the file.

    `serial` is written as mfa_serial where the origin itself names no device. With `keep_longer`
    a session that is there and outlives this one stays. Raises ConfigError and AwsenvError.
    """
    check_name(name, config, force=force)
    if not session.credentials.session_token or session.expires_at is None:
        raise CredentialsError(
            f"the credentials of profile {origin!r} are no session that could be saved",
            "awsenv saves MFA sessions and roles",
        )
    expires_at = session.expires_at
    values = dict(
        zip(
            _KEYS,
            (
                session.credentials.access_key_id,
                session.credentials.secret_access_key,
                session.credentials.session_token,
            ),
            strict=True,
        )
    )
    values |= {"expiration": iso_utc(expires_at), SAVED_FROM: origin}
    if serial:
        values["mfa_serial"] = serial
    region = _region_of(origin, config)
    if region and not _region_of(name, config):
        # Most tools do nothing at all with a profile that has none.
        values["region"] = region

    def change(text: IniText) -> None:
        there = text.values(name)
        if _is_long_lived(there) and not force:
            raise _would_lose_keys(name, shown(config.credentials_path))
        if keep_longer and _outlives(there, expires_at):
            return
        old_token = {_OLD_TOKEN: values[_KEYS[2]]} if there.get(_OLD_TOKEN) else {}
        text.set(name, {**values, **old_token})

    from awsenv.config.writing import edit

    return edit(config.credentials_path, change)


def remove(name: str, config: Config) -> bool:
    """Take the session saved as `name` out of the credentials file; whether there was one.

    A section that others use as their source stays, without keys, so that it is still known
    what it is to be renewed from; so do keys in it that awsenv has not written.
    """
    needed = any(each.get("source_profile") == name for each in config.profiles.values())
    needed = needed and not any(each.get(SAVE_AS) == name for each in config.profiles.values())
    found = False

    def change(text: IniText) -> None:
        nonlocal found
        there = text.values(name)
        found = SAVED_FROM in there and _KEYS[0] in there and not _is_long_lived(there)
        if not found:
            return
        gone = [key for key in (*_WRITTEN, *(() if needed else _NOTED)) if key in there]
        origin = there.get(SAVED_FROM)
        if isinstance(origin, str) and there.get("region") == _region_of(origin, config):
            gone.append("region")
        if set(there) == set(gone):
            text.remove(name)
        else:
            text.set(name, dict.fromkeys(gone))

    from awsenv.config.writing import edit

    edit(config.credentials_path, change)
    return found


def _region_of(name: str, config: Config) -> str | None:
    profile = config.profiles.get(name)
    return profile.get("region") if profile else None


def _is_long_lived(values: Values | Mapping[str, str]) -> bool:
    return bool(values.get(_KEYS[0])) and not (values.get(_KEYS[2]) or values.get(_OLD_TOKEN))


def _outlives(there: Values, expires_at: int) -> bool:
    expiration = there.get("expiration")
    return isinstance(expiration, str) and (epoch_of(expiration) or 0) > expires_at


def _would_lose_keys(name: str, where: str) -> ConfigError:
    return ConfigError(
        f"[{name}] holds long-lived keys ({where}), which saving a session there would destroy",
        "choose another name with --as, or pass --force if the keys may go",
    )
