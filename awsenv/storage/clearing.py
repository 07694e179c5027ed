"""Removing awsenv's own folders: what it has made in them, and then the folders if empty."""

from __future__ import annotations

import os

from awsenv.errors import AwsenvError
from awsenv.lean.contextlib import suppress
from awsenv.storage import paths
from awsenv.storage.private_files import MARK, make_private_dir

_CACHE_FOLDERS = ("sessions", "names", "locks", "mfa", "console", "server", "shells", "accounts")
_CACHE_FILES = ("overview", "used", MARK)


def clear_cache() -> list[str]:
    """Remove the cache folder; what had to stay. Raises AwsenvError where it is not awsenv's."""
    cache = paths.cache_dir()
    if not os.path.isdir(cache):
        return []
    # Checks that the folder is ours.
    make_private_dir(cache)
    for folder in _CACHE_FOLDERS:
        place = os.path.join(cache, folder)
        if os.path.islink(place) or not os.path.isdir(place):
            continue
        _remove(place, os.listdir(place))
    _remove(cache, _CACHE_FILES, keep_folder=True)
    remove_empty(cache)
    return _left(cache)


def clear_data(names: list[str]) -> list[str]:
    """Remove the files `names` from the data folder, and the folder; what had to stay."""
    folder = paths.data_dir()
    if not os.path.isdir(folder):
        return []
    _remove(folder, names, keep_folder=True)
    with suppress(OSError):
        # A note of a key rotation may hold the only copy of a key.
        os.rmdir(os.path.join(folder, "rotations"))
    remove_empty(folder)
    return _left(folder)


def remove_empty(folder: str) -> None:
    """Remove `folder` and those above it, as long as they are empty and in the home folder."""
    home = os.path.realpath(os.path.expanduser("~"))
    real = os.path.realpath(folder)
    with suppress(OSError):
        while real.startswith(f"{home}{os.sep}"):
            os.rmdir(real)
            real = os.path.dirname(real)


def _remove(folder: str, names: list[str] | tuple[str, ...], *, keep_folder: bool = False) -> None:
    for name in names:
        path = os.path.join(folder, name)
        try:
            os.unlink(path)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise AwsenvError(
                f"cannot remove {path}: {(error.strerror or str(error)).lower()}",
                "remove it yourself, then run this again",
            ) from None
    if not keep_folder:
        with suppress(OSError):
            os.rmdir(folder)


def _left(folder: str) -> list[str]:
    with suppress(FileNotFoundError):
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    return []
