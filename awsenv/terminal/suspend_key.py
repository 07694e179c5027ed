"""The key that stops a program (Ctrl-Z) has no effect while a question is open.

An awsenv that is killed at its question cannot restore the key. So the key is kept in the terminal
itself, in a slot that no system uses, and the next awsenv restores it from there.
"""

from __future__ import annotations

import os
import sys
import termios

from awsenv.lean.contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CC = 6
# The value of a control character that no key triggers.
DISABLED = b"\0" if sys.platform == "linux" else b"\xff"
_SPARE = {"linux": 18, "darwin": 19}.get(sys.platform)
_EMPTY = (b"\0", b"\xff", 0)


def take_away(modes: list[Any]) -> None:
    """Have the key mean nothing in `modes`, and keep it in them."""
    keys = modes[_CC]
    if _SPARE is not None:
        keys[_SPARE] = keys[termios.VSUSP]
    keys[termios.VSUSP] = DISABLED


def give_back(modes: list[Any]) -> bool:
    """Undo `take_away` in `modes`, whoever did it; returns whether there was anything to undo."""
    keys = modes[_CC]
    if _SPARE is None or keys[_SPARE] in _EMPTY or keys[termios.VSUSP] != DISABLED:
        return False
    keys[termios.VSUSP], keys[_SPARE] = keys[_SPARE], b"\0"
    return True


def mend(handle: int) -> None:
    """Undo it in the terminal `handle`, if this process may change that one now."""
    with suppress(OSError, termios.error):
        modes = termios.tcgetattr(handle)
        if give_back(modes) and os.tcgetpgrp(handle) == os.getpgrp():
            termios.tcsetattr(handle, termios.TCSANOW, modes)
