"""Sessions saved as profiles, for tools that read nothing but the credentials file.

Two keys tie a saved session to the profile that it is renewed from: `awsenv_save_as = NAME` in
that profile, or `awsenv_saved_from = PROFILE` in the section [NAME] itself. Other tools pass
over both. Looking them up is pure; `write` and `remove` edit the credentials file.
"""

from __future__ import annotations

import os
import sys

from awsenv.config import Config, shown
from awsenv.config.kept_keys import KEPT
from awsenv.config.saved_sections import (
    IDENTITY,
    KEYS,
    OLD_TOKEN,
    SAVE_AS,
    SAVED_FROM,
    SAVED_WITH,
    STRONGER,
    asked_with,
    expiration_in,
    identity_note,
    identity_of,
    is_long_lived,
    keys_in,
)
from awsenv.errors import ConfigError, CredentialsError
from awsenv.plan.tool_settings import KEYS as TOOL_KEYS
from awsenv.values.notation import encode_pairs, iso_utc
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsenv.config.ini_text import IniText, Values
    from awsenv.values.credentials import Session


_WRITTEN = (*KEYS, OLD_TOKEN, "expiration", IDENTITY)
_NOTED = (SAVED_FROM, SAVED_WITH, "mfa_serial")


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
    if profile and not force and is_long_lived(keys_in(profile)):
        raise _would_lose_keys(name, profile.at(KEYS[0]))
    if profile and profile.get(KEPT):
        raise ConfigError(
            f"profile {name!r} has its keys in the keychain ({profile.at(KEPT)}), so a session "
            "saved under that name would be ignored",
            "choose another name with --as",
        )
    if name == "DEFAULT":
        raise ConfigError("[DEFAULT] would give its keys to every profile", "choose another name")


def write(
    session: Session,
    name: str,
    origin: str,
    config: Config,
    *,
    identity: str,
    saved_with: Mapping[str, str] | None = None,
    serial: str | None = None,
    force: bool = False,
    keep_longer: bool = False,
) -> bool:
    """Save `session`, renewed from profile `origin`, as `name`; returns whether that changed the
    file.

    `origin` is "" if `saved_with`, the options it was asked with, says how to renew it instead.
    {} says that there were none, and None leaves in place what the section says of them.
    `identity` says whose session it is (awsenv.plan.identity). `serial` is written as mfa_serial
    if the origin itself names no device. With `keep_longer`, a session of the same identity
    that outlives this one stays. Raises ConfigError and AwsenvError.
    """
    check_name(name, config, force=force)
    if not session.credentials.session_token or session.expires_at is None:
        raise CredentialsError(
            f"the credentials of profile {origin!r} are not a session",
            "awsenv saves only MFA sessions and roles",
        )
    expires_at = session.expires_at
    values = dict(
        zip(
            KEYS,
            (
                session.credentials.access_key_id,
                session.credentials.secret_access_key,
                session.credentials.session_token,
            ),
            strict=True,
        )
    )
    noted: dict[str, str | None] = {}
    values |= {
        "expiration": iso_utc(expires_at),
        IDENTITY: identity_note(identity, session.credentials.access_key_id),
    }
    asked = asked_with(name, config)
    if saved_with is not None:
        asked = {f"OPTION_{key.upper()}": text for key, text in saved_with.items()}
        noted[SAVED_WITH] = encode_pairs(saved_with) or None
    noted[SAVED_FROM] = None if asked else origin
    if serial:
        values["mfa_serial"] = serial
    region = session.region if saved_with else _region_of(origin, config)
    if region and not _region_of(name, config):
        # Most tools do nothing with a profile that has no region.
        values["region"] = region
    named = [origin, asked.get("OPTION_PROFILE"), asked.get("OPTION_SOURCE_PROFILE")]
    own = next((config.profiles.get(each) for each in named if each), None)
    told = {key: own.get(key) if own else None for key in TOOL_KEYS}
    # What the config says of the new profile itself is the user's.
    told = {key: value for key, value in told.items() if not _in_config(name, key, config)}

    def change(text: IniText) -> None:
        there = text.values(name)
        if is_long_lived(there) and not force:
            raise _would_lose_keys(name, shown(config.credentials_path))
        if keep_longer and identity_of(there) == identity and _outlives(there, expires_at):
            return
        old_token = {OLD_TOKEN: values[KEYS[2]]} if there.get(OLD_TOKEN) else {}
        # Only a section that awsenv has written is brought up to date.
        settings = {
            key: value
            for key, value in told.items()
            if value or (key in there and IDENTITY in there)
        }
        notes = {key: value for key, value in noted.items() if value or key in there}
        text.set(name, {**values, **notes, **old_token, **settings})

    from awsenv.config.writing import edit

    changed = edit(config.credentials_path, change)
    if changed:
        warn_if_shared(config.credentials_path)
    return changed


def warn_if_shared(path: str) -> None:
    """Tell the user if other users can read the keys that have just been written to `path`."""
    mode = os.stat(path).st_mode & 0o777
    if os.name == "posix" and mode & 0o077:
        file = visible(shown(path))
        sys.stderr.write(
            f"awsenv: other users can read {file} (mode {mode:04o}): chmod 600 {file}\n"
        )


def names(config: Config) -> list[str]:
    """The profiles that are saved sessions which awsenv has written."""
    notes = (SAVED_FROM, SAVED_WITH)
    return [name for name, each in config.profiles.items() if any(map(each.get, notes))]


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
        ours = SAVED_FROM in there or SAVED_WITH in there
        found = ours and KEYS[0] in there and not is_long_lived(there)
        if not found:
            return
        gone = [key for key in (*_WRITTEN, *(() if needed else _NOTED)) if key in there]
        region = there.get("region")
        if region and region in [_region_of(origin, config) for origin in _origins(name, config)]:
            gone.append("region")
        gone += [key for key in TOOL_KEYS if key in there and IDENTITY in there]
        if set(there) == set(gone):
            text.remove(name)
        else:
            text.set(name, dict.fromkeys(gone))

    from awsenv.config.writing import edit

    edit(config.credentials_path, change)
    return found


def _origins(name: str, config: Config) -> list[str]:
    """The profiles that the session saved as `name` may have its region from."""
    own, asked = config.profiles.get(name), asked_with(name, config)
    named = [own.get(SAVED_FROM) if own else None]
    named += [asked.get("OPTION_PROFILE"), asked.get("OPTION_SOURCE_PROFILE")]
    return [each for each in named if each]


def _in_config(name: str, key: str, config: Config) -> bool:
    profile = config.profiles.get(name)
    return profile is not None and profile.path_of(key) == config.config_path


def _region_of(name: str, config: Config) -> str | None:
    profile = config.profiles.get(name)
    return profile.get("region") if profile else None


def _outlives(there: Values, expires_at: int) -> bool:
    return (expiration_in(there) or 0) > expires_at


def _would_lose_keys(name: str, where: str) -> ConfigError:
    return ConfigError(
        f"[{name}] holds long-lived keys ({where}), which saving a session there would destroy",
        "choose another name with --as, or pass --force if the keys may go",
    )
