"""Reading the AWS files, of which anything may stand in their place: always a bounded answer."""

from __future__ import annotations

import os
import stat

from awsenv.config.places import shown
from awsenv.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

# In bytes; a hundred thousand profiles have room in it.
LARGEST = 32 << 20
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def check(path: str) -> bool:
    """Whether there is a file at `path`; /dev/null counts as none.

    Raises ConfigError if what is there cannot be read to its end, or is larger than any AWS file.
    """
    try:
        facts = os.stat(path)
    except (OSError, ValueError):
        return False
    kind = _KINDS.get(stat.S_IFMT(facts.st_mode))
    if kind == "a device" and os.path.samestat(facts, os.stat(os.devnull)):
        return False
    if kind:
        raise ConfigError(
            f"{shown(path)} is {kind}, not a file",
            "put a file in its place, or name another one with AWS_CONFIG_FILE or "
            "AWS_SHARED_CREDENTIALS_FILE",
        )
    if facts.st_size > LARGEST:
        raise ConfigError(
            f"{shown(path)} has {facts.st_size >> 20} MB, more than the {LARGEST >> 20} MB that "
            "awsenv reads",
            "split it, and name the part that is needed with AWS_CONFIG_FILE or "
            "AWS_SHARED_CREDENTIALS_FILE",
        )
    return True


def open_text(path: str, errors: str = "strict") -> TextIO | None:
    """The file at `path`, opened as configparser opens its files; None if there is none.

    That is, in the locale's encoding and with universal newlines. Raises ConfigError as `check`
    does, and OSError.
    """
    if not check(path):
        return None
    # A pipe may have taken its place in the meantime; do not wait for it.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    return open(handle, encoding=None, errors=errors)
