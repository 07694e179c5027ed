"""kdialog, the dialogs of KDE."""

from __future__ import annotations

from awsenv.mfa.dialog import TITLE, DialogSource, has_display

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class KdialogSource(DialogSource):
    name = "kdialog"

    def command(self, text: str, note: str) -> list[str]:
        shown = "\n".join(filter(None, [note, text]))
        return ["kdialog", "--title", TITLE, "--password", _plain(shown)]


def _plain(text: str) -> str:
    """`text` without what Qt would take for the beginning of a tag."""
    return text.replace("<", "(").replace(">", ")")


def fits(env: Mapping[str, str]) -> bool:
    """On KDE, and elsewhere if zenity is not installed."""
    import shutil

    kde = "KDE" in env.get("XDG_CURRENT_DESKTOP", "").split(":")
    usable = has_display(env) and shutil.which("kdialog") is not None
    return usable and (kde or shutil.which("zenity") is None)


SOURCE = KdialogSource
