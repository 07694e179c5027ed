"""Keys out of the keychain: first out of the config, so that nothing names what is gone."""

from __future__ import annotations

from awsenv.config import load
from awsenv.config.kept_keys import KEPT, KEPT_ID, kept_id
from awsenv.config.process_line import process_line
from awsenv.config.writing import edit_profile
from awsenv.errors import CancelledError, ConfigError, CredentialsError, UsageError
from awsenv.storage import keychain
from awsenv.terminal.opening import open_terminal, why_closed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def remove(name: str, *, yes: bool, tell: Callable[[str], None]) -> None:
    """Forget the keys of profile `name`, unless another one uses them too; raises AwsenvError."""
    config = load()
    profile = config.profile(name)
    key_id = profile.get(KEPT_ID)
    if not profile.get(KEPT) and not key_id:
        raise ConfigError(
            f"profile {name!r} has no keys in the keychain ({profile.where})",
            "`awsenv keys list` shows which have",
        )
    sharing = [
        each.name
        for each in config.profiles.values()
        if each.name != name and key_id and kept_id(each) == key_id
    ]
    # It is unlocked before anything is changed.
    stored = bool(key_id) and not sharing and keychain.read(key_id or "") is not None
    if stored and not yes:
        _confirm(name, key_id or "")
    values: dict[str, str | None] = {KEPT: None, KEPT_ID: None}
    if profile.get("credential_process") == process_line(name):
        values["credential_process"] = None
    edit_profile(config, name, values)
    if sharing:
        tell(f"profile {name!r} has no keys now; profile {sharing[0]!r} uses {key_id} still")
        return
    if stored:
        try:
            keychain.remove(key_id or "")
        except CredentialsError as error:
            raise CredentialsError(
                f"the config names {key_id} no more, but it is in the keychain still: "
                f"{error.message}",
                f"remove the entry awsenv / {key_id} with the keychain's own program",
            ) from None
    what = f"{key_id} is in the keychain no more" if stored else "the keychain held none of them"
    tell(f"profile {name!r} has no keys now; {what}")


def _confirm(name: str, key_id: str) -> None:
    terminal = open_terminal()
    if terminal is None:
        raise UsageError(
            f"nobody can be asked: {why_closed() or 'there is no terminal'}",
            "pass --yes to remove the keys without asking",
        )
    with terminal:
        terminal.say(f"the secret of {key_id}, the key of profile {name!r}, is nowhere else that")
        terminal.say("awsenv knows of, and AWS does not tell it again")
        if terminal.ask("remove it? [y/N] ").strip().lower() not in ("y", "yes"):
            raise CancelledError("nothing was removed")
