"""Opening an address in the browser without showing it to other users of the machine.

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

from awsenv.errors import AwsenvError
from awsenv.storage import paths, private_files

_KEPT = 60


def open_privately(url: str) -> None:
    """Have the person's browser open `url`; raises AwsenvError where there is none."""
    import webbrowser
    from pathlib import Path

    folder = os.path.join(paths.cache_dir(), "console")
    private_files.make_private_dir(folder)
    _sweep(folder)
    path = os.path.join(folder, f"{os.urandom(8).hex()}.html")
    private_files.write_private(path, _page(url), lasting=False)
    _remove_later(path)
    if not webbrowser.open(Path(path).as_uri()):
        with suppress(FileNotFoundError):
            os.unlink(path)
        raise AwsenvError(
            "no browser could be opened", "set BROWSER, or pass --print to have the address printed"
        )


def _page(url: str) -> str:
    from html import escape

    return (
        '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
        f'<meta http-equiv="refresh" content="0; url={escape(url)}"><title>AWS console</title>\n'
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
            if entry.stat().st_mtime < time.time() - _KEPT:
                os.unlink(entry.path)
