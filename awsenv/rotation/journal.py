"""What a key rotation is about to do and has done, so that a killed one can be completed.

A record (see awsenv.storage.record_format) in the data folder, named by the key that is being
replaced. It holds the new key until that is in the AWS files.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress

from awsenv.errors import AwsenvError
from awsenv.lean.dataclasses import dataclass, replace
from awsenv.storage import paths, private_files, record_format
from awsenv.values.credentials import Credentials
from awsenv.values.digits import whole_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Journal:
    """A rotation of the key `old` of `user`, begun at `started_at` (epoch seconds).

    `known` are the keys that the user had then. `new` is None until AWS has made the new key.
    """

    old: str
    user: str
    started_at: int
    known: tuple[str, ...]
    new: Credentials | None = None

    def with_new(self, new: Credentials) -> Journal:
        return replace(self, new=new)

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
    journals = filter(None, map(_read, names))
    return next(
        (
            each
            for each in journals
            if key_id == each.old or (each.new and key_id == each.new.access_key_id)
        ),
        None,
    )


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
    new = None
    if "AWS_ACCESS_KEY_ID" in values:
        new = Credentials(values["AWS_ACCESS_KEY_ID"], values.get("AWS_SECRET_ACCESS_KEY", ""))
    return Journal(
        name,
        values.get("USER", ""),
        whole_number(values.get("STARTED_AT")) or 0,
        tuple(values.get("KNOWN", "").split()),
        new,
    )


def _folder() -> str:
    return os.path.join(paths.data_dir(), "rotations")


def _path(old: str) -> str:
    return os.path.join(_folder(), old)
