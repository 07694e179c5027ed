"""Moves keys into the keychain, in steps each of which leaves them complete in some place.

1. Get the pair: typed, from stdin, or from the AWS files.
2. Find out whose keys they are.
3. Put them into the keychain, and read them back.
4. Write that to the config.
5. If they came from the files: repeat the whole way, from reading the config to an answer from
   AWS, and only then remove them from the files.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress

from awsenv import sources
from awsenv.aws.connection import Connection
from awsenv.aws.deadline import Deadline
from awsenv.aws.sts import Sts
from awsenv.config import Config, Profile, load, shown
from awsenv.config.kept_keys import KEPT, KEPT_ID, KEYCHAIN, kept_id
from awsenv.config.process_line import PROCESS, process_line
from awsenv.config.saved_sections import KEYS, STRONGER, credentials_of, is_session
from awsenv.config.writing import edit, edit_profile
from awsenv.errors import AwsenvError, ConfigError
from awsenv.keeping import key_pair
from awsenv.plan.plan import root_plan
from awsenv.plan.request import Request
from awsenv.plan.settings import Settings
from awsenv.plan.sts_endpoint import explicit_endpoint, sts_region
from awsenv.sources.keychain_keys import kept_credentials
from awsenv.sources.root import Context
from awsenv.storage import keychain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from awsenv.config.ini_text import IniText
    from awsenv.values.credentials import Credentials

_ID, _SECRET, _ = KEYS


def add(name: str, *, from_file: bool, for_tools: bool, tell: Callable[[str], None]) -> None:
    """Put the keys of profile `name` into the keychain; raises AwsenvError.

    With `from_file` out of the AWS files; with `for_tools`, AWS tools get a line by which they
    come to them. Where the keys are there already, nothing else happens.
    """
    config = load()
    profile = config.profiles.get(name)
    if profile:
        _check_place(profile, from_file=from_file)
    if for_tools:
        _check_process(name, profile)
    values: dict[str, str | None] = {"credential_process": process_line(name)} if for_tools else {}
    kept = kept_id(profile) if profile else None
    if profile and kept and not profile.get(_ID) and (for_tools or from_file):
        _already(profile, kept, tell)
        if values:
            edit_profile(config, name, values)
            tell(f"AWS tools get the session of profile {name!r} from awsenv now")
            _tell_of_second_codes(name, config, tell)
        return
    keys = _of_files(name, config) if from_file else key_pair.given()
    _check_other(name, profile, keys.access_key_id)
    user = _owner(keys, config, profile)
    values |= {KEPT: KEYCHAIN, KEPT_ID: keys.access_key_id}
    with _kept(keys, config, name, values):
        if from_file:
            _see_it_work(name, keys, user)
    tell(
        f"the keys of profile {name!r}, {keys.access_key_id} of {user}, are in the keychain "
        f"({keychain.backend_name()})"
    )
    if keychain.is_plain_text():
        tell("that backend stores them unencrypted: they are no safer there than in ~/.aws")
    if from_file:
        _out_of_files(name, keys.access_key_id, tell)
    if for_tools:
        _tell_of_second_codes(name, config, tell)
    else:
        tell("AWS tools do not look there; --credential-process has them ask awsenv")


def _tell_of_second_codes(name: str, config: Config, tell: Callable[[str], None]) -> None:
    """Name the profiles for which AWS tools ask for a code beside awsenv's."""
    serials = {
        profile.name: profile.get("mfa_serial")
        for profile in config.profiles.values()
        if profile.get("source_profile") == name != profile.name and profile.get("mfa_serial")
    }
    if not serials:
        return
    names = list(serials)
    listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    own = config.profiles.get(name)
    text = f"AWS tools would ask for a second code for {listed}: remove mfa_serial there"
    if not own or not (own.get("awsenv_mfa_serial") or own.get("mfa_serial")):
        text += f", and write awsenv_mfa_serial = {serials[names[0]]} in profile {name!r}"
    tell(text)


def _already(profile: Profile, key_id: str, tell: Callable[[str], None]) -> None:
    """Say that the keychain has the key; raises CredentialsError if it has not."""
    kept_credentials(key_id, profile.name, profile.at(KEPT))
    tell(f"the keys of profile {profile.name!r}, {key_id}, are in the keychain")


def _check_place(profile: Profile, *, from_file: bool) -> None:
    """Raise ConfigError where keys in the keychain would not count for `profile`."""
    for key in (*STRONGER, "login_session"):
        if profile.get(key):
            raise ConfigError(
                f"profile {profile.name!r} has {key} ({profile.at(key)}), so it needs no keys of "
                "its own",
                "give the keys a profile of their own, which others name as source_profile",
            )
    if is_session(profile):
        raise ConfigError(
            f"profile {profile.name!r} is a session ({profile.at(_ID)}), which expires",
            "name a profile with an IAM user's own keys",
        )
    if profile.get(_ID) and not from_file:
        raise ConfigError(
            f"profile {profile.name!r} has keys already ({profile.at(_ID)})",
            f"run: {_command(profile.name, '--from-file')}, which moves them to the keychain",
        )


def _check_process(name: str, profile: Profile | None) -> None:
    there = (profile.get("credential_process") if profile else None) or ""
    if profile and there and not there.startswith(" ".join(PROCESS)):
        raise ConfigError(
            f"profile {name!r} has a credential_process already "
            f"({profile.at('credential_process')})",
            "remove it first, or leave --credential-process out",
        )


def _check_other(name: str, profile: Profile | None, key_id: str) -> None:
    other = kept_id(profile) if profile else None
    if other and other != key_id:
        raise ConfigError(
            f"profile {name!r} has {other} in the keychain already",
            f"awsenv rotate replaces a key; or run: {_command(name, action='remove')}",
        )


def _of_files(name: str, config: Config) -> Credentials:
    profile = config.profile(name)
    if not profile.get(_ID) or not profile.get(_SECRET):
        raise ConfigError(
            f"profile {name!r} has no keys in the AWS files ({profile.where})",
            f"run: {_command(name)}, which asks for them",
        )
    found = credentials_of(profile)
    return key_pair.checked(found.access_key_id, found.secret_access_key)


def _owner(keys: Credentials, config: Config, profile: Profile | None) -> str:
    """The ARN of the owner of the keys; raises AwsenvError."""
    profiles = [profile] if profile else []
    connection = Connection(
        "the keys",
        profile.where if profile else "",
        profile.name if profile else None,
        sts_region(None, profiles, profile.get("mfa_serial") if profile else None, os.environ),
        explicit_endpoint(config, profile, os.environ),
        with_mfa=False,
    )
    deadline = Deadline(Settings.read().deadline)
    return Sts(connection, deadline).caller_identity(keys)["Arn"]


@contextmanager
def _kept(
    keys: Credentials, config: Config, name: str, values: dict[str, str | None]
) -> Iterator[None]:
    """Put the keys into the keychain, and `values` into the config; all back if that fails."""
    key_id = keys.access_key_id
    before = keychain.read(key_id)
    written = False
    try:
        keychain.write(key_id, keys.secret_access_key)
        edit_profile(config, name, values)
        written = True
        yield
    except BaseException:
        with suppress(AwsenvError):
            if written:
                _take_back(config, name, values)
        with suppress(AwsenvError):
            if before is None:
                keychain.remove(key_id)
            else:
                keychain.write(key_id, before)
        raise


def _take_back(config: Config, name: str, values: dict[str, str | None]) -> None:
    """What the config file said of `values` before, in the profile called `name`."""
    path, profile = config.config_path, config.profiles.get(name)
    if profile is None or profile.header_in(path) is None:
        header = load().profile(name).header_in(path) or ""
        edit(path, lambda text: text.remove(header))
        return
    there = {key: profile.get(key) for key in values if profile.path_of(key) == path}
    edit_profile(config, name, {**dict.fromkeys(values), **there})


def _see_it_work(name: str, keys: Credentials, user: str) -> None:
    """Raise ConfigError unless everything reads and works without the files' copy."""
    config, settings = load(), Settings.read()
    plan = root_plan(Request(profile=name), config, settings, os.environ)
    context = Context(config, dict(os.environ), Deadline(settings.deadline))
    found = sources.resolve(plan.root, context).credentials
    deadline = Deadline(settings.deadline)
    if found != keys or Sts(plan.connection, deadline).caller_identity(found)["Arn"] != user:
        raise ConfigError(
            f"profile {name!r} does not resolve to {keys.access_key_id} through the keychain "
            f"({plan.root.where})",
            "the keys are still in your files; `awsenv explain` shows what it resolves to",
        )


def _out_of_files(name: str, key_id: str, tell: Callable[[str], None]) -> None:
    """Take the keys out of both files' sections of the profile."""
    config = load()
    profile = config.profile(name)
    for path in dict.fromkeys([config.credentials_path, config.config_path]):
        header = profile.header_in(path) if path else None
        if header is None:
            continue

        def change(text: IniText, header: str = header) -> None:
            there = text.values(header)
            text.set(header, dict.fromkeys(key for key in (_ID, _SECRET) if key in there))

        if edit(path, change):
            tell(f"removed from [{header}] of {shown(path)}")
    others = [each for each in load().profiles.values() if each.get(_ID) == key_id]
    for other in others:
        tell(
            f"profile {other.name!r} still has them ({other.at(_ID)}): "
            f"{_command(other.name, '--from-file')}"
        )
    if not others:
        tell(f"backups may still hold them: `awsenv rotate {name}` gets a new key, which none has")


def _command(name: str, *options: str, action: str = "add") -> str:
    import shlex

    return shlex.join(["awsenv", "keys", action, name, *options])
