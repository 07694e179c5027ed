"""awsenv's own files and folders: only their owner can read them, from the moment they exist."""

import os
import stat

from awsenv.errors import AwsenvError
from awsenv.lean.contextlib import suppress
from awsenv.storage import paths
from awsenv.storage.replacing import replace_file

# Neither following a link nor waiting for the other end of a pipe.
_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_READ |= getattr(os, "O_BINARY", 0)


def make_private_dir(path: str) -> None:
    """Make `path` and what is missing above it, each 0700; raises AwsenvError.

    A folder of ours that others can read is closed to them; a folder of somebody else is an error.
    """
    try:
        if os.path.lexists(path) and not os.path.isdir(path):
            raise NotADirectoryError(20, "it is a file")
        missing = []
        folder = path
        while not os.path.isdir(folder):
            missing.append(folder)
            folder = os.path.dirname(folder)
        for folder in reversed(missing):
            with suppress(FileExistsError):
                os.mkdir(folder, 0o700)
        if os.name == "posix":
            facts = os.stat(path)
            if facts.st_uid != os.geteuid():
                raise AwsenvError(
                    f"{path} belongs to another user", "set AWSENV_CACHE_DIR to a folder of yours"
                )
            if facts.st_mode & 0o077:
                os.chmod(path, 0o700)
    except OSError as error:
        raise AwsenvError(
            f"cannot make the folder {path}: {error.strerror}", _elsewhere(path)
        ) from None


def write_private(path: str, text: str, *, lasting: bool = True) -> None:
    """Replace the file at `path` by `text`, 0600; a crash leaves the old or the new one, whole.

    One that is not `lasting` may be lost in a power cut: what is cheap to get again need not wait
    for the disk.
    """
    try:
        replace_file(path, text.encode(), lasting=lasting)
    except OSError as error:
        raise AwsenvError(
            f"cannot write {path}: {error.strerror}", f"free some space, or {_elsewhere(path)}"
        ) from None


def read_private(path: str, largest: int = 1 << 20) -> str | None:
    """The text of a file that awsenv has written; None where it is missing or cannot be its own.

    That is: no regular file, a symbolic link, somebody else's, larger than `largest` bytes, no
    UTF-8. What awsenv keeps for itself only saves time, so it is never an error.
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


def _elsewhere(path: str) -> str:
    cached = path.startswith(paths.cache_dir())
    variable = "AWSENV_CACHE_DIR" if cached else "XDG_DATA_HOME"
    return f"make it writable, or set {variable} to another folder"
