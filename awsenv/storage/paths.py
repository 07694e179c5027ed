"""Where awsenv keeps its files. The shell hooks compute the cache folder the same way."""

import os
import sys

# Stands for a missing home folder: nothing can be inside it.
NOWHERE = os.path.join(os.devnull, "no-home")


def _base(variable: str, *default: str) -> str:
    if sys.platform == "win32":
        return os.environ.get("LOCALAPPDATA") or os.path.expanduser("~\\AppData\\Local")
    # The XDG specification says to ignore a relative path.
    value = os.environ.get(variable, "")
    return value if os.path.isabs(value) else os.path.join(_home(), *default)


def _home() -> str:
    """The home folder; without one, a path that nothing can be inside of, rather than a place
    here.
    """
    home = os.path.expanduser("~")
    return home if os.path.isabs(home) else NOWHERE


def cache_dir() -> str:
    """AWSENV_CACHE_DIR, else awsenv/ in the user's cache folder (XDG_CACHE_HOME, ~/.cache)."""
    chosen = os.environ.get("AWSENV_CACHE_DIR")
    if chosen:
        chosen = os.path.expanduser(chosen)
        # A ~ without a home folder.
        return os.path.abspath(chosen) if chosen[:1] != "~" else NOWHERE
    return os.path.join(_base("XDG_CACHE_HOME", ".cache"), "awsenv")


def sessions_dir() -> str:
    """The folder of session records, one file each, named by key."""
    return os.path.join(cache_dir(), "sessions")


def data_dir() -> str:
    """awsenv/ in the user's data folder (XDG_DATA_HOME, ~/.local/share): the hooks' copies."""
    return os.path.join(_base("XDG_DATA_HOME", ".local", "share"), "awsenv")


def elsewhere(path: str = "") -> str:
    """What to do where `path`, or else the cache folder, cannot be used."""
    cached = not path or path.startswith(cache_dir())
    told = f"set {'AWSENV_CACHE_DIR' if cached else 'XDG_DATA_HOME'} to another folder"
    return f"make it writable, or {told}" if path else told
