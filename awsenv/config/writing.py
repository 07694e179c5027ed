"""The one way awsenv writes to the AWS files: one section at a time, all or nothing.

    edit(config.credentials_path, lambda text: text.set("ops-sts", {"aws_access_key_id": ...}))

The file is read under a lock, changed as awsenv.config.ini_text changes it, and replaced in one
step by a finished copy. A crash leaves the old file or the new one, no writer's change is lost, a
symbolic link stays one, and mode and owner are kept. A new file is 0600.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from awsenv.config import Config, reading
from awsenv.config.ini_text import IniText
from awsenv.config.places import shown
from awsenv.errors import AwsenvError, ConfigError
from awsenv.storage.replacing import content, replace_file

# Others hold the lock for milliseconds only.
_PATIENCE = 10.0
_TRIES = 5


def edit(path: str, change: Callable[[IniText], None]) -> bool:
    """Apply `change` to the file at `path`; returns whether that changed the file.

    `change` may be called more than once. Raises ConfigError if AWS tools would refuse the file, or
    if no file is named, and AwsenvError if it cannot be written.
    """
    if not path:
        raise ConfigError(
            "there is no AWS file to write to",
            "unset AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, or give them a path",
        )
    reading.check(path)
    real = os.path.realpath(path)
    try:
        _make_folder(os.path.dirname(real))
        with _lock(real):
            for _ in range(_TRIES):
                before = content(real)
                text = IniText(before, path)
                change(text)
                if text.data == before:
                    return False
                if _replace(real, before, text.data):
                    return True
    except OSError as error:
        raise AwsenvError(
            f"cannot write {shown(path)}: {(error.strerror or str(error)).lower()}",
            "make the file and its folder writable for your user",
        ) from None
    raise AwsenvError(f"another program keeps changing {shown(path)}", "try again when it is done")


def edit_profile(config: Config, name: str, values: Mapping[str, str | None]) -> bool:
    """Set keys of profile `name` in the config file, as `IniText.set` does; as `edit` otherwise."""
    profile = config.profiles.get(name)
    header = profile.header_in(config.config_path) if profile else None
    if header is None:
        import shlex

        header = "default" if name == "default" else f"profile {shlex.quote(name)}"
    section = header
    return edit(config.config_path, lambda text: text.set(section, values))


def remove_locks(config: Config) -> None:
    """Remove the lock files that writing has left beside the AWS files."""
    for path in (config.config_path, config.credentials_path):
        with suppress(OSError):
            os.unlink(_beside(os.path.realpath(path), "lock"))


@contextmanager
def _lock(real: str) -> Iterator[None]:
    """Hold the lock of the file at `real`. It lies beside the file, so whoever shares the file
    shares the lock.
    """
    from filelock import FileLock, Timeout

    try:
        with FileLock(_beside(real, "lock"), timeout=_PATIENCE, mode=0o600):
            _give_to_owner_of_folder(_beside(real, "lock"))
            yield
    except Timeout:
        raise AwsenvError(
            f"another awsenv has been writing {shown(real)} for {_PATIENCE:g} s", "try again"
        ) from None


def _beside(real: str, what: str) -> str:
    folder, name = os.path.split(real)
    return os.path.join(folder, f".{name}.awsenv-{what}")


def _make_folder(folder: str) -> None:
    if not os.path.isdir(folder):
        above = os.path.dirname(folder)
        _make_folder(above)
        if _is_root() and os.stat(above).st_uid != 0:
            raise AwsenvError(
                f"{shown(above)} belongs to another user, and no {os.path.basename(folder)} in it",
                "run this as that user, or set HOME to your own home folder",
            )
        with suppress(FileExistsError):
            os.mkdir(folder, 0o700)


def _is_root() -> bool:
    return os.name == "posix" and os.geteuid() == 0


def _give_to_owner_of_folder(path: str) -> None:
    """If root creates a file in another user's folder, give it to that user."""
    if _is_root():
        facts = os.stat(os.path.dirname(path))
        os.chown(path, facts.st_uid, facts.st_gid, follow_symlinks=False)


def _replace(real: str, before: bytes, data: bytes) -> bool:
    """Put `data` in the place of `before`; False if another program has changed that meanwhile."""
    new = _beside(real, "new")
    # A crash may have left one behind; its writer no longer holds the lock.
    with suppress(FileNotFoundError):
        os.unlink(new)
    # Other programs do not use the lock.
    is_new = not os.path.exists(real)
    done = replace_file(real, data, copy=new, mode=0o600, before=before)
    if done and is_new:
        _give_to_owner_of_folder(real)
    return done
