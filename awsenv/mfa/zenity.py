"""zenity, the dialogs of GNOME and of most other desktops."""

from __future__ import annotations

from awsenv.mfa.dialog import LIMIT, TITLE, DialogSource, has_display, nobody_answered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_TIMED_OUT = 5


class ZenitySource(DialogSource):
    name = "zenity"

    def command(self, text: str, note: str) -> list[str]:
        shown = "\n".join(filter(None, [note, text]))
        return [
            *("zenity", "--entry", "--hide-text", f"--title={TITLE}"),
            f"--text={_escaped(shown)}",
            f"--timeout={LIMIT}",
        ]

    def read(self, status: int, output: str, complaint: str) -> str:
        if status == _TIMED_OUT:
            raise nobody_answered()
        return super().read(status, output, complaint)


def _escaped(text: str) -> str:
    """`text` for a label that takes backslashes for escapes, and _ for an accelerator."""
    return text.replace("\\", "\\\\").replace("_", "__")


def fits(env: Mapping[str, str]) -> bool:
    import shutil

    return has_display(env) and shutil.which("zenity") is not None


SOURCE = ZenitySource
