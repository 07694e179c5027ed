"""What a key rotation is about to do and has done, so that a killed one can be completed.

A record (see awsenv.storage.record_format) in the data folder, named by the key that is being
replaced. It holds the new key until that is in the AWS files. If keys are kept in the keychain, it
holds only the id of the new one.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress

from awsenv.errors import AwsenvError
from awsenv.lean.dataclasses import dataclass, replace
from awsenv.storage import keychain, paths, private_files, record_format
from awsenv.values.credentials import Credentials
from awsenv.values.notation import whole_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Journal:
    """A rotation of the key `old` of `user`, begun at `started_at` (epoch seconds).

    `known` are the keys that the user had then. `new` is None until AWS has made the new key;
    `in_keychain` says that its secret is there, under its own id.
    """

    old: str
    user: str
    started_at: int
    known: tuple[str, ...]
    new: Credentials | None = None
    in_keychain: bool = False

    def with_new(self, new: Credentials, *, in_keychain: bool) -> Journal:
        return replace(self, new=new, in_keychain=in_keychain)

    def write(self) -> None:
        """Put it on disk, all at once; raises AwsenvError."""
        values = {
            "OLD": self.old,
            "USER": self.user,
            "STARTED_AT": str(self.started_at),
            "KNOWN": " ".join(self.known),
        }
        if self.new:
            values["AWS_ACCESS_KEY_ID"] = self.new.access_key_id
            if not self.in_keychain:
                values["AWS_SECRET_ACCESS_KEY"] = self.new.secret_access_key
        private_files.write_private(_path(self.old), record_format.render(self.old, values))

    def remove(self) -> None:
        """Take it off the disk, with what a killed run may have left of it."""
        for name in os.listdir(_folder()):
            if name.partition(".")[0] == self.old:
                with suppress(FileNotFoundError):
                    os.unlink(_path(name))


def find(key_id: str) -> Journal | None:
    """The rotation under way that `key_id` is the old or the new key of."""
    try:
        names = sorted(os.listdir(_folder()))
    except FileNotFoundError:
        return None
    for journal in filter(None, map(_read, names)):
        new = journal.new
        if key_id == journal.old or (new and key_id == new.access_key_id):
            if new and journal.in_keychain:
                # One that is gone from there is no key any more: nobody knows its secret.
                secret = keychain.read(new.access_key_id)
                new = Credentials(new.access_key_id, secret) if secret else None
            return replace(journal, new=new)
    return None


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold the lock that keeps two rotations apart; raises AwsenvError where one is under way."""
    from filelock import FileLock, Timeout

    try:
        private_files.make_private_dir(_folder())
    except AwsenvError as error:
        raise AwsenvError(error.message, "make it writable, or set XDG_DATA_HOME") from None
    try:
        with FileLock(os.path.join(_folder(), "lock"), timeout=0, mode=0o600):
            yield
    except Timeout:
        raise AwsenvError(
            "another awsenv is rotating a key right now", "wait until it is done"
        ) from None


def _read(name: str) -> Journal | None:
    values = record_format.read(_path(name), name, without_check=True)
    if not values or values.get("OLD") != name:
        return None
    new_id, secret = values.get("AWS_ACCESS_KEY_ID"), values.get("AWS_SECRET_ACCESS_KEY", "")
    return Journal(
        name,
        values.get("USER", ""),
        whole_number(values.get("STARTED_AT")) or 0,
        tuple(values.get("KNOWN", "").split()),
        Credentials(new_id, secret) if new_id else None,
        in_keychain=bool(new_id) and not secret,
    )


def _folder() -> str:
    return os.path.join(paths.data_dir(), "rotations")


def _path(old: str) -> str:
    return os.path.join(_folder(), old)
