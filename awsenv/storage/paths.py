"""Where awsenv keeps its files. The shell hooks compute the cache folder the same way."""

import os
import sys


def _base(variable: str, *default: str) -> str:
    if sys.platform == "win32":
        return os.environ.get("LOCALAPPDATA") or os.path.expanduser("~\\AppData\\Local")
    # The XDG specification: a relative path is to be ignored.
    value = os.environ.get(variable, "")
    return value if os.path.isabs(value) else os.path.join(os.path.expanduser("~"), *default)


def cache_dir() -> str:
    """AWSENV_CACHE_DIR, else awsenv/ in the user's cache folder (XDG_CACHE_HOME, ~/.cache)."""
    chosen = os.environ.get("AWSENV_CACHE_DIR")
    if chosen:
        return os.path.abspath(os.path.expanduser(chosen))
    return os.path.join(_base("XDG_CACHE_HOME", ".cache"), "awsenv")


def sessions_dir() -> str:
    """The folder of session records, one file each, named by key."""
    return os.path.join(cache_dir(), "sessions")


def data_dir() -> str:
    """awsenv/ in the user's data folder (XDG_DATA_HOME, ~/.local/share): the hooks' copies."""
    return os.path.join(_base("XDG_DATA_HOME", ".local", "share"), "awsenv")
