"""Where a browser can read a page: not every one can read the cache folder.

A snap may not read hidden folders of the home folder, and a flatpak nothing of it, but each has a
folder of its own there. A browser of Windows, called from WSL, reads the files of Windows best.
"""

from __future__ import annotations

import os
import re

from awsenv.console.known_browsers import FLATPAK_BINS
from awsenv.lean.contextlib import suppress
from awsenv.storage import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SECONDS = 15
_SNAP = re.compile(rb"/snap/bin/([a-z0-9][a-z0-9-]*)")


def folder_for(words: Sequence[str] | None, env: Mapping[str, str]) -> str:
    """Where the browser that `words` start, or the user's default browser, can read a page."""
    home = os.path.expanduser("~")
    app = _flatpak_of(words) if words else _default_flatpak(env)
    if app and os.path.isdir(f"{home}/.var/app/{app}"):
        return f"{home}/.var/app/{app}/cache/awsenv"
    snap = _snap_of(words[0]) if words else _default_snap(env)
    if snap and os.path.isdir(f"{home}/snap/{snap}/common"):
        return f"{home}/snap/{snap}/common/awsenv"
    return os.path.join(paths.cache_dir(), "console")


def _snap_of(program: str) -> str | None:
    """The snap that a program is, or that a script of the distribution's starts."""
    import shutil

    path = shutil.which(program) or program
    found = _SNAP.search(path.encode("utf-8", "replace"))
    if found is None:
        with suppress(OSError), open(path, "rb") as file:
            start = file.read(2048)
            found = _SNAP.search(start) if start[:2] == b"#!" else None
    return found[1].decode() if found else None


def _flatpak_of(words: Sequence[str]) -> str | None:
    import shutil

    path = shutil.which(words[0]) or words[0]
    if os.path.dirname(path) in map(os.path.expanduser, FLATPAK_BINS):
        return os.path.basename(path)
    if os.path.basename(path) == "flatpak" and "run" in words:
        behind = words[words.index("run") + 1 :]
        return next((word for word in behind if not word.startswith("-")), None)
    return None


def _default_snap(env: Mapping[str, str]) -> str | None:
    # firefox_firefox.desktop: the snap, and the program in it.
    snap, found, _ = _default(env).partition("_")
    return snap if found else None


def _default_flatpak(env: Mapping[str, str]) -> str | None:
    name = _default(env).removesuffix(".desktop")
    return name if name.count(".") >= 2 else None


def _default(env: Mapping[str, str]) -> str:
    """The desktop entry of the default browser; "" where nothing tells."""
    import shutil
    import subprocess

    program = shutil.which("xdg-settings", path=env.get("PATH"))
    if program is None:
        return ""
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            [program, "get", "default-web-browser"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
        return done.stdout.decode("utf-8", "replace").strip()
    return ""


def windows_temp() -> str | None:
    """In WSL, Windows's folder for temporary files, as a path here; None if it is not accessible.

    It is inside the user's profile, which other users of Windows cannot read.
    """
    script = "[Console]::Out.Write([IO.Path]::GetTempPath())"
    path = _output("powershell.exe", "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", script)
    here = _output("wslpath", "-u", path) if path else None
    return here if here and os.path.isdir(here) else None


def windows_path(path: str) -> str | None:
    """A path in WSL as Windows names it."""
    return _output("wslpath", "-w", path)


def _output(*words: str) -> str | None:
    import subprocess

    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False
        )
        text = done.stdout.decode("utf-8", "replace").strip()
        return text if done.returncode == 0 and text.isprintable() else None
    return None
