"""Opening an address in the user's default browser, or in the one that a profile names.

The browser is given the path of a page (see `page`), never the address itself.
"""

from __future__ import annotations

import os
import sys

from awsenv.console import page, reach
from awsenv.console.known_browsers import BROWSERS, CONTAINER
from awsenv.errors import AwsenvError, ConfigError
from awsenv.lean.dataclasses import dataclass
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# The colours that Firefox has for containers.
_COLORS = ("blue", "turquoise", "green", "yellow", "orange", "red", "pink", "purple")


@dataclass(frozen=True)
class Wish:
    """Which browser to use: the text of the setting, where it is set, and for whom.

    No text means the user's default browser. `profile` is the AWS profile, `color` its colour.
    """

    text: str | None
    by: str
    profile: str
    color: str | None = None


def open_privately(url: str, wish: Wish, env: Mapping[str, str]) -> None:
    """Have the browser open `url`; raises ConfigError for an invalid wish, and AwsenvError
    otherwise.
    """
    name, _, detail = (wish.text or "").partition(":")
    if name == CONTAINER:
        url = _container(url, detail or wish.profile, wish.color)
    words = _words(name, detail, wish, env)
    windows = _is_windows_side(words, env)
    folder = reach.windows_temp() if windows else None
    path = (
        page.write(folder, url, shared=True)
        if folder
        else page.write(reach.folder_for(words, env), url)
    )
    if not _started(words, path, windows=windows):
        page.remove(path)
        what = f"{visible(wish.text, 60)} could not" if wish.text else "no browser could"
        raise AwsenvError(
            f"{what} be opened",
            "set BROWSER or awsenv_console_browser, or pass --url-only to have the address printed",
        )


def _container(url: str, name: str, color: str | None) -> str:
    """`url` for a container tab, as granted's extension for Firefox takes it."""
    from urllib.parse import quote

    chosen = color if color in _COLORS else ""
    given = f"name={quote(name, safe='')}&url={quote(url, safe='')}"
    return f"ext+granted-containers:{given}&color={chosen}&icon=fingerprint"


def _words(name: str, detail: str, wish: Wish, env: Mapping[str, str]) -> list[str] | None:
    """The words that start the browser, %s standing for the page; None for the default one."""
    if not wish.text:
        return None
    known = BROWSERS.get("firefox" if name == CONTAINER else name)
    if known is None:
        return _command(wish)
    found = known.start(env)
    if found is None:
        raise ConfigError(
            f"awsenv_console_browser is {visible(wish.text, 60)!r} ({wish.by}), and there is no "
            f"{visible(name, 30)} here",
            "install it, or name another browser",
        )
    return [*found, *(known.options(detail) if name != CONTAINER else [])]


def _command(wish: Wish) -> list[str]:
    """A command that the user has set."""
    import shlex
    import shutil

    text = wish.text or ""
    try:
        words = shlex.split(text, posix=sys.platform != "win32")
    except ValueError:
        words = []
    if not words or not shutil.which(os.path.expanduser(words[0])):
        raise ConfigError(
            f"awsenv_console_browser is {visible(text, 60)!r} ({wish.by}), which is no browser "
            "that awsenv knows, and no command",
            f"write one of {', '.join([*BROWSERS, CONTAINER])}, with a profile as in chrome:Work, "
            "or a command",
        )
    return [os.path.expanduser(words[0]), *words[1:]]


def _is_windows_side(words: list[str] | None, env: Mapping[str, str]) -> bool:
    """Whether the browser is one of Windows, although this is WSL."""
    if not env.get("WSL_DISTRO_NAME"):
        return False
    if words is None:
        return not env.get("BROWSER")
    return words[0].lower().endswith(".exe")


def _started(words: list[str] | None, path: str, *, windows: bool) -> bool:
    if windows:
        there = reach.windows_path(path)
        if there is None:
            return False
        opener = ["rundll32.exe", "url.dll,FileProtocolHandler"]
        return _run([*(words or opener), there])
    from pathlib import Path

    address = Path(path).as_uri()
    if words is None:
        import webbrowser

        return webbrowser.open(address)
    if any("%s" in word for word in words):
        return _run([word.replace("%s", address) for word in words])
    return _run([*words, address])


def _run(words: list[str]) -> bool:
    """Start a browser and leave it to itself."""
    import subprocess

    quiet = subprocess.DEVNULL
    try:
        process = subprocess.Popen(
            words, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
        )
        # A browser that hands over to a running one ends at once; so does one that fails.
        return process.wait(1) == 0
    except subprocess.TimeoutExpired:
        return True
    except (OSError, ValueError):
        return False
