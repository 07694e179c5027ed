"""Replaces an access key in steps, each of which leaves a working key at hand.

1. Note what is about to be done, and which keys the user has.
2. Have AWS create the new key, and note it.
3. Check that AWS accepts it, which can take a while.
4. Write it to every section that contains the old one. If the old one is in the keychain, the new
   one is stored beside it, and only the id in the config changes.
5. Read the files again, and check that what they contain works.
6. Deactivate the old key, check that the new one still works, delete the old one.

Each step first looks at the current state, so after a failure, whatever the last step was, running
all of them again completes the work.
"""

from __future__ import annotations

import time

from awsenv.aws.deadline import Deadline
from awsenv.aws.iam import DENIED, GONE, AccessKey, Iam
from awsenv.aws.refusals import STALE
from awsenv.aws.sts import Sts
from awsenv.config import Config, load, reading, shown
from awsenv.config.kept_keys import KEPT_ID, kept_id
from awsenv.config.saved_sections import credentials_of
from awsenv.config.writing import edit
from awsenv.errors import AwsenvError, ConfigError, RefusedError, UsageError
from awsenv.lean.dataclasses import dataclass
from awsenv.rotation import journal
from awsenv.rotation.journal import Journal
from awsenv.sources.keychain_keys import kept_credentials
from awsenv.storage import keychain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    from awsenv.config.ini_text import IniText
    from awsenv.plan.plan import Plan
    from awsenv.values.credentials import Credentials

    T = TypeVar("T")


# A key that AWS created within this many seconds of our note that we are about to create one, and
# that was never used, is the one whose answer never reached us.
_MOMENT = 5 * 60
# So many seconds after it was made, all of AWS knows a key, or knows of none.
_SETTLED = 15 * 60


@dataclass
class Means:
    """What a rotation needs from outside.

    `mfa_session` gets an MFA session of the user with the keys in the files at that moment. `ask`
    asks the user about a key; None if there is nobody to ask. `delete_key` is a second key that may
    be deleted. `patience` is how long AWS may take to know the new key, in seconds.
    """

    plan: Plan
    env: Mapping[str, str]
    seconds: float
    tell: Callable[[str], None]
    mfa_session: Callable[[], Credentials]
    ask: Callable[[str], bool | None]
    delete_key: str | None
    patience: float


class Rotation:
    """One rotation of the key of a profile. `state` says in words how far it has come."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._profile = means.plan.root.profile or ""
        self._iam = Iam(means.plan.connection, means.seconds)
        self._session: Credentials | None = None
        self._keys = self._at_hand(load(means.env))
        self._new_id = ""
        # What holds the key of the profile, for messages.
        self._place = "keychain" if means.plan.root.source == "keychain" else "files"
        self._untouched = f"the old key is in your {self._place} and works"
        self.state = f"nothing has been changed: {self._untouched}"

    def run(self) -> None:
        """Rotate, or finish an earlier rotation; raises AwsenvError, after which `state` says how
        far it got.
        """
        with journal.one_at_a_time():
            note = journal.find(self._keys.access_key_id)
            if note:
                self._means.tell(f"continuing the rotation of {note.old} that was interrupted")
                note = self._unless_deleted(note)
            note = note or self._begin()
            if note.new is None:
                note = self._create(note)
            assert note.new is not None
            self._finish(note, note.new)

    def _unless_deleted(self, note: Journal) -> Journal | None:
        """`note`, or None if AWS has confirmed that the new key in it no longer exists.

        If a list does not show the key, or AWS does not accept it, that proves nothing: it takes a
        while until all of AWS knows a new key, and its secret is nowhere but in the note.
        """
        if note.new is None:
            return note
        self._new_id = note.new.access_key_id
        settled = time.time() - note.started_at > _SETTLED
        if not settled or self._new_id in [key.id for key in self._listed()]:
            return note
        try:
            self._identity(note.new)
        except RefusedError as error:
            if error.code not in STALE:
                raise
        else:
            return note
        # Either way, it is gone afterwards.
        self._unless_gone(lambda who: self._iam.delete(who, self._new_id))
        self._means.tell(f"its new key {self._new_id} has been deleted meanwhile; starting again")
        note.remove()
        self._new_id = ""
        return None

    # 1 and 2

    def _begin(self) -> Journal:
        config = load(self._means.env)
        for name in _holders(config, self._keys.access_key_id):
            profile = config.profile(name)
            if not profile.get(_ID):
                continue
            places = [profile.at(f"aws_{part}").rpartition(":")[0] for part in _PARTS]
            if places[0] != places[1]:
                raise ConfigError(
                    f"profile {name!r} has its key id in {places[0]}, its secret in {places[1]}",
                    "put both into one section of the credentials file",
                )
        user = self._identity(self._keys)
        self._means.tell(f"rotating {self._keys.access_key_id} of {user}")
        return Journal(self._keys.access_key_id, user, int(time.time()), ())

    def _create(self, note: Journal) -> Journal:
        """Have AWS make the new key, once there is room for it."""
        others = [key for key in self._listed() if key.id != note.old]
        if self._means.delete_key and not others:
            raise UsageError(
                f"the user has no second key, so {self._means.delete_key} cannot be deleted",
                "leave out --delete-key: there is room for the new key",
            )
        for key in others:
            self._make_room(key, note)
        known = tuple(key.id for key in self._listed())
        note = Journal(note.old, note.user, int(time.time()), known)
        note.write()
        self.state = f"{self._untouched}; whether AWS has made a new one is not known yet"
        try:
            new = self._iam_call(self._iam.create_access_key)
        except RefusedError:
            note.remove()
            self.state = f"nothing has been changed: {self._untouched}"
            raise
        kept = bool(_keepers(load(self._means.env), note.old))
        note = note.with_new(new, in_keychain=kept)
        self._new_id = new.access_key_id
        try:
            if kept:
                keychain.write(new.access_key_id, new.secret_access_key)
            note.write()
        except AwsenvError:
            # Its secret is lost for good.
            self._delete(self._new_id)
            self.state = f"{self._untouched}; the new one is deleted again"
            raise
        self._means.tell(f"AWS has made the new key {self._new_id}")
        return note

    def _make_room(self, key: AccessKey, note: Journal) -> None:
        """Delete a second key where that may be done; raises ConfigError otherwise."""
        used = self._last_used(key.id)
        state = "active" if key.active else "inactive"
        made = time.strftime("%Y-%m-%d %H:%M", time.gmtime(key.made_at))
        told = f"{key.id} ({state}, made {made} UTC, {used})"
        holders = _holders(load(self._means.env), key.id)
        if holders:
            raise ConfigError(
                f"the user has a second key, {told}, and profile {holders[0]!r} uses it",
                "have your profiles use one key, then rotate that",
            )
        noted = note.known and key.id not in note.known and used == "never used"
        if noted and abs(key.made_at - note.started_at) <= _MOMENT:
            question = f"{told} is the key that was being made as the last run was broken off"
            may_go = self._means.delete_key == key.id or self._means.ask(question) is not False
        elif self._means.delete_key in (None, key.id):
            question = f"the user already has two keys, and AWS allows no third: {told}"
            may_go = bool(self._means.delete_key or self._means.ask(question))
        else:
            raise UsageError(
                f"the user's second key is {told}, not {self._means.delete_key}",
                f"pass --delete-key {key.id} if that one may go",
            )
        if not may_go:
            raise ConfigError(
                f"the user already has two keys, and AWS allows no third: {told}",
                f"if nobody needs that one: awsenv rotate {self._profile} --delete-key {key.id}",
            )
        self._delete(key.id)
        if self._place == "keychain":
            # A run that was killed may have left it there.
            keychain.remove(key.id)
        self._means.tell(f"{told} is deleted")

    # 3 to 6

    def _finish(self, note: Journal, new: Credentials) -> None:
        if self._keys.access_key_id == note.old:
            self.state = f"{self._untouched}; the new one is made and noted, but not used yet"
            self._check_taken(new, note.user)
        self.state = f"both keys work; the new one is noted, and on its way into your {self._place}"
        self._write(note.old, new)
        self._keys = self._at_hand(load(self._means.env))
        self._check_files(note.old, new)
        self.state = f"the new key is in your {self._place}; the old one is still active"
        self._check_taken(self._keys, note.user)
        old = next((key for key in self._listed() if key.id == note.old), None)
        if old and old.active:
            self._unless_gone(lambda who: self._iam.deactivate(who, note.old))
            self._means.tell(f"the old key {note.old} is deactivated")
            self.state = f"the new key is in your {self._place} and works; the old one is inactive"
            self._check_taken(self._keys, note.user)
        # Also where a list does not show it: that may lag.
        self._unless_gone(lambda who: self._iam.delete(who, note.old))
        if note.in_keychain or self._place == "keychain":
            keychain.remove(note.old)
        note.remove()
        self._means.tell(f"the old key {note.old} is deleted; {self._new_id} is in its place")

    def _write(self, old: str, new: Credentials) -> None:
        """Put `new` into every section of both files that holds `old`, or names it."""
        config = load(self._means.env)
        if _keepers(config, old):
            keychain.write(new.access_key_id, new.secret_access_key)
        for path in dict.fromkeys([config.config_path, config.credentials_path]):
            inside: list[str] = []
            naming: list[str] = []

            def change(
                text: IniText, inside: list[str] = inside, naming: list[str] = naming
            ) -> None:
                for names, key in ((inside, _ID), (naming, KEPT_ID)):
                    names[:] = [
                        each for each in text.sections() if text.values(each).get(key) == old
                    ]
                for each in inside:
                    text.set(each, {_ID: new.access_key_id, _SECRET: new.secret_access_key})
                for each in naming:
                    text.set(each, {KEPT_ID: new.access_key_id})

            if path and _mentions(path, old) and edit(path, change):
                for names, where in ((inside, ""), (naming, "the keychain, and named by ")):
                    if names:
                        sections = ", ".join(f"[{name}]" for name in names)
                        self._means.tell(f"the new key is in {where}{sections} of {shown(path)}")

    def _check_files(self, old: str, new: Credentials) -> None:
        """Check that reading both files again yields the new key, and the old one nowhere."""
        config = load(self._means.env)
        wrong = _holders(config, old)
        wrong += [] if self._at_hand(config) == new else [self._profile]
        if wrong:
            raise ConfigError(
                f"profile {wrong[0]!r} does not give the new key when it is read again",
                "check that no other program writes the AWS files, then go on",
            )

    def _check_taken(self, keys: Credentials, user: str) -> None:
        """See that AWS takes `keys` as those of `user`."""
        found = self._patiently(lambda: self._identity(keys))
        if found != user:
            raise ConfigError(
                f"{keys.access_key_id} belongs to {found}, not to {user}",
                "look at what your files hold, and at the user's keys in the IAM console",
            )

    # Calls

    def _patiently(self, call: Callable[[], T]) -> T:
        """What `call` returns once AWS knows the new key: its parts learn of it one by one."""
        end, pause, told = time.monotonic() + self._means.patience, 0.25, False
        while True:
            try:
                return call()
            except RefusedError as error:
                if error.code not in STALE:
                    raise
                if time.monotonic() + pause > end:
                    raise RefusedError(
                        f"AWS does not accept the new key {self._new_id}: it does not know it yet, "
                        "or somebody has deactivated it",
                        "look at the key in the IAM console, or wait longer with --wait",
                        code=error.code,
                    ) from None
            if not told:
                self._means.tell(f"waiting until all of AWS knows {self._new_id}")
                told = True
            time.sleep(pause)
            pause = min(pause * 2, 2.0)

    def _iam_call(self, call: Callable[[Credentials], T]) -> T:
        """`call` with the keys on disk, or with an MFA session where a policy wants MFA."""
        if self._session is None:
            try:
                if self._keys.access_key_id == self._new_id:
                    return self._patiently(lambda: call(self._keys))
                return call(self._keys)
            except RefusedError as error:
                if error.code != DENIED:
                    raise
            self._session = self._means.mfa_session()
        try:
            return call(self._session)
        except RefusedError as error:
            if error.code not in STALE:
                raise
        # It was obtained with a key that no longer exists.
        self._session = self._means.mfa_session()
        return call(self._session)

    def _identity(self, keys: Credentials) -> str:
        return Sts(self._means.plan.connection, Deadline(self._means.seconds)).caller_identity(
            keys
        )["Arn"]

    def _listed(self) -> list[AccessKey]:
        return self._iam_call(self._iam.access_keys)

    def _last_used(self, key_id: str) -> str:
        try:
            return self._iam_call(lambda who: self._iam.last_used(who, key_id))
        except RefusedError:
            return "last use unknown"

    def _delete(self, key_id: str) -> None:
        self._iam_call(lambda who: self._iam.delete(who, key_id))

    def _unless_gone(self, call: Callable[[Credentials], None]) -> None:
        try:
            self._iam_call(call)
        except RefusedError as error:
            if error.code != GONE:
                raise

    def _at_hand(self, config: Config) -> Credentials:
        profile = config.profile(self._profile)
        kept = kept_id(profile)
        if kept:
            return kept_credentials(kept, profile.name, profile.at(KEPT_ID))
        return credentials_of(profile)


_PARTS = ("access_key_id", "secret_access_key")
_ID, _SECRET = (f"aws_{part}" for part in _PARTS)


def _holders(config: Config, key_id: str) -> list[str]:
    """The profiles that hold the key `key_id`, in a file or in the keychain."""
    inside = [each.name for each in config.profiles.values() if each.get(_ID) == key_id]
    return [*inside, *_keepers(config, key_id)]


def _keepers(config: Config, key_id: str) -> list[str]:
    """The profiles that have the key `key_id` in the keychain."""
    return [each.name for each in config.profiles.values() if kept_id(each) == key_id]


def _mentions(path: str, key_id: str) -> bool:
    if not reading.check(path):
        return False
    try:
        with open(path, "rb") as file:
            return key_id.encode() in file.read()
    except FileNotFoundError:
        return False
