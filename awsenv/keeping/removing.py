"""Keys out of the keychain: first out of the config, so that nothing names what is gone."""

from __future__ import annotations

from awsenv.config import load, shown
from awsenv.config.kept_keys import KEPT, KEPT_ID, kept_id
from awsenv.config.process_line import process_line
from awsenv.config.saved_sections import KEYS, credentials_of
from awsenv.config.writing import edit
from awsenv.errors import CancelledError, ConfigError, CredentialsError, UsageError
from awsenv.sources.keychain_keys import kept_credentials
from awsenv.storage import keychain
from awsenv.terminal.opening import open_terminal, why_closed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awsenv.config import Config, Profile
    from awsenv.config.ini_text import IniText


def remove(name: str, *, yes: bool, to_file: bool, tell: Callable[[str], None]) -> None:
    """Remove the keys of profile `name` from the keychain, unless another profile has them too.

    With `to_file`, they are in the credentials file first. Raises AwsenvError.
    """
    config = load()
    profile = config.profile(name)
    key_id = profile.get(KEPT_ID) or ""
    if not profile.get(KEPT) and not key_id:
        if to_file and profile.get(KEYS[0]):
            _end_move(profile, tell)
            return
        raise ConfigError(
            f"profile {name!r} has no keys in the keychain ({profile.where})",
            "`awsenv keys list` shows which profiles have",
        )
    others = config.profiles.values()
    sharing = [each.name for each in others if each.name != name and kept_id(each) == key_id]
    if to_file:
        _write_back(profile, key_id, config)
        tell(f"the keys of profile {name!r} are in [{name}] of {shown(config.credentials_path)}")
    # Read before anything is changed, so that the keychain is unlocked.
    stored = bool(key_id) and not sharing and keychain.read(key_id) is not None
    if stored and not (yes or to_file):
        _confirm(name, key_id)
    _out_of_config(profile, config)
    if sharing:
        tell(f"{key_id} stays in the keychain for profile {sharing[0]!r}")
    elif stored:
        _out_of_keychain(key_id)
        tell(f"{key_id} is removed from the keychain")
    else:
        tell(f"profile {name!r} names no key in the keychain any more; there was none")


def _end_move(profile: Profile, tell: Callable[[str], None]) -> None:
    """Remove from the keychain what a run that was interrupted has put into a file."""
    key_id = profile.get(KEYS[0]) or ""
    tell(f"the keys of profile {profile.name!r} are in a file ({profile.at(KEYS[0])})")
    if keychain.read(key_id) == profile.get(KEYS[1]):
        _out_of_keychain(key_id)
        tell(f"{key_id} is removed from the keychain")
    else:
        tell(f"{key_id} is not in the keychain")


def _write_back(profile: Profile, key_id: str, config: Config) -> None:
    """Put the keys into the credentials file, and see that they can be read there."""
    keys = kept_credentials(key_id, profile.name, profile.at(KEPT))
    if profile.get(KEYS[0]):
        if credentials_of(profile) == keys:
            # An earlier run was interrupted.
            return
        raise ConfigError(
            f"profile {profile.name!r} has other keys in a file ({profile.at(KEYS[0])})",
            "remove those first, or leave --to-file out",
        )
    values = {KEYS[0]: keys.access_key_id, KEYS[1]: keys.secret_access_key}
    edit(config.credentials_path, lambda text: text.set(profile.name, values))
    if credentials_of(load().profile(profile.name)) != keys:
        raise ConfigError(
            f"profile {profile.name!r} does not give {key_id} when the files are read again",
            "the keys are still in the keychain; see what else the profile says",
        )


def _out_of_config(profile: Profile, config: Config) -> None:
    """Remove what names the keys, and the line that is of no use without them."""
    gone = [KEPT, KEPT_ID]
    if profile.get("credential_process") == process_line(profile.name):
        gone.append("credential_process")
    for path in dict.fromkeys([config.config_path, config.credentials_path]):
        header = profile.header_in(path) if path else None
        if header is None:
            continue

        def change(text: IniText, header: str = header) -> None:
            text.set(header, dict.fromkeys(key for key in gone if key in text.values(header)))

        edit(path, change)


def _out_of_keychain(key_id: str) -> None:
    try:
        keychain.remove(key_id)
    except CredentialsError as error:
        raise CredentialsError(
            f"the config does not name {key_id} any more, but it is still in the keychain: "
            f"{error.message}",
            f"remove the entry {keychain.SERVICE} / {key_id} with the keychain's own program",
        ) from None


def _confirm(name: str, key_id: str) -> None:
    terminal = open_terminal()
    if terminal is None:
        raise UsageError(
            f"nobody can be asked: {why_closed() or 'there is no terminal'}",
            "pass --yes to remove the keys without asking, or --to-file to keep them in a file",
        )
    with terminal:
        terminal.say(f"awsenv knows no other copy of the secret of {key_id}, the key of profile")
        terminal.say(f"{name!r}, and AWS does not show it again")
        if terminal.ask("remove it? [y/N] ").strip().lower() not in ("y", "yes"):
            raise CancelledError("nothing was removed")
