"""The browsers that awsenv knows by name, and how each is given a profile of its own."""

from __future__ import annotations

import os
import sys

from awsenv.lean.dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# Where flatpak puts the programs that start its apps.
FLATPAK_BINS = ("/var/lib/flatpak/exports/bin", "~/.local/share/flatpak/exports/bin")


@dataclass(frozen=True)
class Browser:
    """One browser: its programs on Linux, its flatpak, its app on macOS, its path on Windows."""

    programs: tuple[str, ...]
    flatpak: str
    app: str
    windows: str
    profile_option: tuple[str, ...] = ("--profile-directory={}",)

    def options(self, profile: str) -> list[str]:
        """What makes it use its profile of that name; nothing if there is no such profile."""
        return [part.format(profile) for part in self.profile_option] if profile else []

    def start(self, env: Mapping[str, str]) -> list[str] | None:
        """The words that start it here; None where it is not installed."""
        import shutil

        if sys.platform == "darwin":
            places = ("/Applications", os.path.expanduser("~/Applications"))
            found = any(os.path.isdir(f"{place}/{self.app}.app") for place in places)
            return ["open", "-na", self.app, "--args"] if found else None
        for program in self.programs:
            path = shutil.which(program, path=env.get("PATH"))
            if path:
                return [path]
        candidates = [
            os.path.join(os.path.expanduser(folder), self.flatpak) for folder in FLATPAK_BINS
        ]
        candidates += [os.path.join(root, self.windows) for root in _windows_roots(env)]
        return next(([path] for path in candidates if os.access(path, os.X_OK)), None)


def _windows_roots(env: Mapping[str, str]) -> list[str]:
    if sys.platform == "win32":
        names = ("ProgramFiles", "ProgramFiles(x86)", "LocalAppData")
        return [root for root in map(env.get, names) if root]
    if env.get("WSL_DISTRO_NAME"):
        return ["/mnt/c/Program Files", "/mnt/c/Program Files (x86)"]
    return []


_FIREFOX = Browser(
    ("firefox", "firefox-esr"),
    "org.mozilla.firefox",
    "Firefox",
    "Mozilla Firefox/firefox.exe",
    ("-P", "{}"),
)
BROWSERS = {
    "firefox": _FIREFOX,
    "chrome": Browser(
        ("google-chrome", "google-chrome-stable"),
        "com.google.Chrome",
        "Google Chrome",
        "Google/Chrome/Application/chrome.exe",
    ),
    "chromium": Browser(
        ("chromium", "chromium-browser"),
        "org.chromium.Chromium",
        "Chromium",
        "Chromium/Application/chrome.exe",
    ),
    "edge": Browser(
        ("microsoft-edge", "microsoft-edge-stable"),
        "com.microsoft.Edge",
        "Microsoft Edge",
        "Microsoft/Edge/Application/msedge.exe",
    ),
    "brave": Browser(
        ("brave-browser", "brave"),
        "com.brave.Browser",
        "Brave Browser",
        "BraveSoftware/Brave-Browser/Application/brave.exe",
    ),
    "vivaldi": Browser(
        ("vivaldi", "vivaldi-stable"),
        "com.vivaldi.Vivaldi",
        "Vivaldi",
        "Vivaldi/Application/vivaldi.exe",
    ),
}
# Firefox with a container tab in place of a profile.
CONTAINER = "firefox-container"
