"""Lock files, which the system unlocks when their process ends, however it ends."""

from __future__ import annotations

import os
import sys

_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


def take(path: str) -> int | None:
    """The open file at `path`, locked for this process; None if another one holds it.

    Raises OSError where it cannot be opened.
    """
    while True:
        handle = os.open(path, _FLAGS, 0o600)
        if not _lock(handle):
            os.close(handle)
            return None
        if sys.platform == "win32" or _is_at(handle, path):
            return handle
        # It was removed while this process waited: the next process makes another file.
        os.close(handle)


def remove(path: str) -> None:
    """Remove the lock file at `path` unless a process holds it."""
    if sys.platform == "win32":
        os.unlink(path)
        return
    handle = take(path)
    if handle is not None:
        os.unlink(path)
        os.close(handle)


def _is_at(handle: int, path: str) -> bool:
    try:
        there = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(handle), there)


def _lock(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
