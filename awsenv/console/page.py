"""The page that leads a browser to an address which no other user of the machine may see.

Every user can read the arguments of every program (`ps`), and a browser gets the address as an
argument. So the browser is given a file instead, which only its owner can read and which redirects
to the address at once. A server on localhost would be an alternative, but its own address would be
an argument too, and whoever asked it first would get the answer.

A process that is left behind removes the file after a minute; by then even a slow browser has
started. Files that such a process could not remove are removed the next time.
"""

import os
import time
from contextlib import suppress
from html import escape

from awsenv.errors import AwsenvError
from awsenv.storage import private_files

_KEPT = 60
# So that a folder of others' can be swept too.
_PREFIX, _SUFFIX = "awsenv-", ".html"


def write(folder: str, url: str, *, shared: bool = False) -> str:
    """The path of a page in `folder` that leads to `url`, for a minute.

    The folder is made where it is missing, and is awsenv's own, unless it is `shared`.
    """
    if not shared:
        private_files.make_private_dir(folder)
    _sweep(folder)
    path = os.path.join(folder, f"{_PREFIX}{os.urandom(8).hex()}{_SUFFIX}")
    private_files.write_private(path, _text(url), lasting=False)
    _remove_later(path)
    return path


def remove(path: str) -> None:
    """Remove a page that no browser came for."""
    with suppress(FileNotFoundError):
        os.unlink(path)


def _text(url: str) -> str:
    if not url.isascii() or not url.isprintable():
        raise AwsenvError("the console's address has characters that no address may have")
    address = escape(url)
    return (
        '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
        f'<meta http-equiv="refresh" content="0; url={address}"><title>AWS console</title>\n'
        # What an extension is to open, a browser may open on a click only.
        f'<p><a href="{address}" rel="noreferrer">Open the AWS console</a></p>\n'
    )


def _remove_later(path: str) -> None:
    import subprocess
    import sys

    code = "import os, sys, time; time.sleep(float(sys.argv[1])); os.unlink(sys.argv[2])"
    subprocess.Popen(
        [sys.executable, "-ISc", code, str(_KEPT), path],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _sweep(folder: str) -> None:
    with suppress(OSError):
        for entry in os.scandir(folder):
            ours = entry.name.startswith(_PREFIX) and entry.name.endswith(_SUFFIX)
            if ours and entry.stat(follow_symlinks=False).st_mtime < time.time() - _KEPT:
                os.unlink(entry.path)
