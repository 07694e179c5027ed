"""The way to a folder: followed link by link, and refused where another user can change it."""

from __future__ import annotations

import os
import stat

from awsenv.errors import AwsenvError
from awsenv.lean.contextlib import suppress
from awsenv.storage import paths

_MANY_LINKS = 40
_NOBODY = 65534


def walk(path: str) -> str:
    """`path` with links resolved and missing folders created, each 0700.

    Raises AwsenvError if another user could redirect it, and OSError.
    """
    here = os.sep
    left = path.split(os.sep)[::-1]
    links = 0
    while left:
        name = left.pop()
        if name in ("", "."):
            continue
        if name == "..":
            here = os.path.dirname(here)
            continue
        step = os.path.join(here, name)
        with suppress(FileExistsError):
            if not os.path.lexists(step):
                os.mkdir(step, 0o700)
        facts = os.lstat(step)
        _check(step, facts)
        if stat.S_ISLNK(facts.st_mode):
            links += 1
            if links > _MANY_LINKS:
                raise OSError(40, "too many symbolic links")
            target = os.readlink(step)
            here = os.sep if os.path.isabs(target) else here
            left += target.split(os.sep)[::-1]
        elif stat.S_ISDIR(facts.st_mode):
            here = step
        else:
            raise NotADirectoryError(20, f"{step} is a file" if step != path else "it is a file")
    return here


def _check(path: str, facts: os.stat_result) -> None:
    """Raise AwsenvError if another user (but root) can change what `path` leads to."""
    if facts.st_uid not in (0, os.geteuid()) and not _is_unmapped(facts.st_uid):
        raise foreign(path)
    # If each user has a group of their own, and umask 002, that group can write to their folders.
    writable = facts.st_mode & (0o002 if facts.st_gid == os.getegid() else 0o022)
    if stat.S_ISDIR(facts.st_mode) and writable and not facts.st_mode & stat.S_ISVTX:
        raise AwsenvError(
            f"other users can change {path}", f"chmod go-w {path}, or {paths.elsewhere()}"
        )


def foreign(path: str) -> AwsenvError:
    """The error for what belongs to another user."""
    return AwsenvError(
        f"{path} belongs to another user", f"{paths.elsewhere()}, or HOME to your own"
    )


def _is_unmapped(user: int) -> bool:
    """Whether `user` only stands for one that does not exist in this container."""
    if user != _NOBODY:
        return False
    try:
        with open("/proc/self/uid_map", encoding="ascii") as file:
            return file.read().split() != ["0", "0", "4294967295"]
    except OSError:
        return False
