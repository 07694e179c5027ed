"""Once a day, what no run will read again is removed: by name and age, in awsenv's own folders.

A name that awsenv cannot have made is left alone, whatever folder it is in.
"""

from __future__ import annotations

import os
import stat
import time

from awsenv.lean.contextlib import suppress
from awsenv.storage import locking, paths
from awsenv.storage.private_files import MARK, is_key, is_temporary

_DAY = 24 * 3600
# How old a file may become: what a killed process has left unfinished, and the rest. A shell may
# renew its session by a record that has expired.
_UNFINISHED = 3600
_UNUSED = 30 * _DAY


def sweep() -> None:
    """Remove what is left over, unless that was done today; the cache folder is known to be
    ours.
    """
    cache, now = paths.cache_dir(), time.time()
    mark = os.path.join(cache, MARK)
    with suppress(OSError):
        if 0 <= now - os.stat(mark).st_mtime < _DAY:
            return
        os.utime(mark)
    for folder in ("", "sessions", "names", "locks", "mfa", "accounts"):
        _sweep(os.path.join(cache, folder), folder, now)
    _sweep(paths.data_dir(), "", now)
    _sweep(os.path.join(paths.data_dir(), "rotations"), "", now)


def _sweep(path: str, folder: str, now: float) -> None:
    """Remove what may go from the folder at `path`, which is called `folder` in the cache."""
    with suppress(OSError):
        whole = os.stat(path, follow_symlinks=False)
        if not stat.S_ISDIR(whole.st_mode) or (os.name == "posix" and whole.st_uid != os.geteuid()):
            return
        for entry in os.scandir(path):
            facts = entry.stat(follow_symlinks=False)
            # The other time of a note on a name is that of an AWS file.
            age = now - (facts.st_ctime if folder == "names" else facts.st_mtime)
            unfinished = is_temporary(entry.name) and now - facts.st_mtime > _UNFINISHED
            if unfinished or (age > _UNUSED and _may_go(folder, entry.name)):
                _remove(entry.path)


def _may_go(folder: str, name: str) -> bool:
    """Whether a file called `name` is one that may go from `folder`."""
    stem, _, kind = name.partition(".")
    if folder in ("sessions", "mfa", "accounts"):
        return is_key(name)
    if folder == "locks":
        return is_key(stem) and kind in ("lock", "code", "who", "take")
    if folder == "names":
        return kind in ("", "credentials") and not set(stem) - set("0123456789abcdef")
    return False


def _remove(path: str) -> None:
    with suppress(OSError):
        if path.endswith((".lock", ".code")):
            locking.remove(path)
        else:
            os.unlink(path)
