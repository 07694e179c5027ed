"""awsenv's own files and folders: only their owner can read them, from the moment they exist."""

import os
import stat

from awsenv.errors import AwsenvError
from awsenv.lean.contextlib import suppress
from awsenv.storage import paths
from awsenv.values.notation import whole_number

# Do not follow links, and do not wait for the other end of a pipe.
_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_READ |= getattr(os, "O_BINARY", 0)
# In the cache folder, says that it is awsenv's, and to programs that make backups, that it is one.
MARK = "CACHEDIR.TAG"
_SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55\n# awsenv"
_ABOUT = """ keeps its sessions here. See https://bford.info/cachedir/
"""
_FOLDERS = ("sessions", "names", "locks", "mfa", "console", "server", "shells", "accounts")
_FILES = ("overview", "used")
_HEX = frozenset("0123456789abcdef")


def make_private_dir(path: str) -> None:
    """Create `path` and missing parents, each 0700; raises AwsenvError.

    A folder of ours that others can read is closed to them. Another user's folder is an error, also
    on the way to `path`, and so is a cache folder that other programs keep files in.
    """
    if path.startswith(paths.NOWHERE):
        raise AwsenvError(
            f"there is no home folder: HOME is {os.environ.get('HOME', 'not set')}",
            "set HOME to the path of your home folder",
        )
    try:
        _make_own(path)
    except OSError as error:
        raise AwsenvError(
            f"cannot make the folder {path}: {(error.strerror or str(error)).lower()}",
            paths.elsewhere(path),
        ) from None


def _make_own(path: str) -> None:
    cache = paths.cache_dir()
    if path == cache or path.startswith(cache + os.sep):
        _make(cache)
        _claim(cache)
        # awsenv itself never creates links there.
        if path != cache and os.path.islink(path):
            raise OSError(40, "it is a symbolic link")
        _close(cache)
    _make(path)
    _close(path)


def _make(path: str) -> None:
    """Create `path` if it is missing; raises AwsenvError if it belongs to another user."""
    if os.name != "posix":
        os.makedirs(path, exist_ok=True)
        return
    from awsenv.storage import way

    real = way.walk(path)
    if os.stat(real).st_uid != os.geteuid():
        raise way.foreign(real)


def _close(path: str) -> None:
    """Close the folder `path` to everybody else."""
    if os.name == "posix" and os.stat(path).st_mode & 0o077:
        os.chmod(path, 0o700)


def _claim(cache: str) -> None:
    """Put awsenv's mark into the cache folder; raises AwsenvError where others use the folder."""
    mark = os.path.join(cache, MARK)
    if (read_private(mark, 1000) or "").startswith(_SIGNATURE):
        return
    if os.environ.get("AWSENV_CACHE_DIR"):
        # Elsewhere the folder is called awsenv, which is mark enough.
        names = [name for name in os.listdir(cache) if name not in _FOLDERS and name not in _FILES]
        with suppress(FileNotFoundError):
            names += filter(_no_record, os.listdir(os.path.join(cache, "sessions")))
        names = [name for name in names if not is_temporary(name)]
        if names:
            raise AwsenvError(
                f"{cache} holds files of other programs, such as {min(names)}",
                "set AWSENV_CACHE_DIR to a folder of its own, which awsenv makes",
            )
    write_private(mark, _SIGNATURE + _ABOUT, lasting=False)


def is_key(name: str) -> bool:
    """Whether `name` has the form of a record's key: 40 hexadecimal digits."""
    return len(name) == 40 and _HEX.issuperset(name)


def _no_record(name: str) -> bool:
    return not is_key(name)


def is_temporary(name: str) -> bool:
    """Whether `name` is one that `write_private` gives to an unfinished file."""
    parts = name.rsplit(".", 3)
    if len(parts) != 4 or parts[3] != "tmp":
        return False
    return whole_number(parts[1]) is not None and len(parts[2]) == 8 and _HEX.issuperset(parts[2])


def write_private(path: str, text: str, *, lasting: bool = True) -> None:
    """Replace the file at `path` with `text`, 0600; a crash leaves the old file or the new one,
    whole.

    If it is not `lasting`, it may be lost in a power cut: what is cheap to get again need not wait
    for the disk.
    """
    # Most commands only read.
    from awsenv.storage.replacing import replace_file

    try:
        replace_file(path, text.encode(), lasting=lasting)
    except OSError as error:
        raise AwsenvError(
            f"cannot write {path}: {error.strerror}", f"free some space, or {paths.elsewhere(path)}"
        ) from None


def read_private(path: str, largest: int = 1 << 20) -> str | None:
    """The text of a file that awsenv has written; None if it is missing or cannot be awsenv's own.

    That is the case for anything but a regular file, for one that is a symbolic link, another
    user's, larger than `largest` bytes, or not UTF-8. What awsenv keeps for itself only saves time,
    so none of this is an error.
    """
    try:
        handle = os.open(path, _READ)
    except (OSError, ValueError):
        return None
    try:
        facts = os.fstat(handle)
        foreign = os.name == "posix" and facts.st_uid != os.geteuid()
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > largest or foreign:
            return None
        return os.read(handle, facts.st_size + 1).decode()
    except (OSError, UnicodeDecodeError):
        return None
    finally:
        os.close(handle)
