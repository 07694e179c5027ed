"""The dialog of macOS, by osascript."""

from __future__ import annotations

import sys

from awsenv.errors import CancelledError
from awsenv.mfa.dialog import LIMIT, TITLE, DialogSource, nobody_answered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# The text comes as an argument of the script, so that nothing in it is AppleScript.
_SCRIPT = f"""\
on run argv
  tell current application to activate
  set answer to display dialog (item 1 of argv) with title "{TITLE}" default answer "" \
with hidden answer buttons {{"Cancel", "OK"}} default button "OK" cancel button "Cancel" \
giving up after {LIMIT}
  if gave up of answer then error "nobody answered" number -1712
  return text returned of answer
end run
"""


class OsascriptSource(DialogSource):
    name = "osascript"

    def command(self, text: str, note: str) -> list[str]:
        return ["osascript", "-e", _SCRIPT, "\n".join(filter(None, [note, text]))]

    def read(self, status: int, output: str, complaint: str) -> str:
        if status and "(-128)" in complaint:
            raise CancelledError
        if status and "(-1712)" in complaint:
            raise nobody_answered()
        if status:
            raise self.failed(complaint or f"it exited with {status}")
        return super().read(status, output, complaint)


def fits(env: Mapping[str, str]) -> bool:
    # Over ssh, the window would open where nobody sees it.
    return sys.platform == "darwin" and not env.get("SSH_CONNECTION")


SOURCE = OsascriptSource
