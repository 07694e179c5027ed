"""The one way awsenv writes a file, its own or the user's: a finished copy takes its place."""

from __future__ import annotations

import os

from awsenv.lean.contextlib import suppress

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


def replace_file(
    path: str,
    data: bytes,
    *,
    copy: str = "",
    mode: int | None = None,
    lasting: bool = True,
    before: bytes | None = None,
) -> bool:
    """Replace the file at `path` with `data`; a crash leaves the old file or the new one, whole.

    The copy beside it, named `copy` or at random, is 0600 from the moment it exists. It stays so
    unless `mode` is given: then it gets the mode and owner of the old file, or, if there is no old
    file, `mode` less the umask. A file that is not `lasting` may be lost in a power cut, and does
    not wait for the disk. If `before` is given and the file contains something else by now, nothing
    is replaced and False is returned. Raises OSError.
    """
    new = copy or f"{path}.{os.getpid()}.{os.urandom(4).hex()}.tmp"
    # A new file gets its mode on creation, so that the umask applies; an old file's mode is copied.
    facts = None if mode is None else _facts(path)
    handle = os.open(new, _FLAGS, 0o600 if mode is None or facts else mode)
    try:
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            if facts and os.name == "posix":
                with suppress(PermissionError):
                    os.fchown(file.fileno(), facts.st_uid, facts.st_gid)
                os.fchmod(file.fileno(), facts.st_mode & 0o7777)
            if lasting:
                os.fsync(file.fileno())
        if before is not None and content(path) != before:
            return False
        os.replace(new, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(new)
    if lasting and os.name == "posix":
        _sync_folder(os.path.dirname(path) or ".")
    return True


def content(path: str) -> bytes:
    """The bytes of a file, empty if it is missing; raises OSError."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


def _facts(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _sync_folder(folder: str) -> None:
    """Make sure that the replacement itself is on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
