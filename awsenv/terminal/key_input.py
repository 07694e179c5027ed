"""From the bytes that a terminal sends to keys.

The shell that runs awsenv in the middle of a line may have left the terminal with an extended
keyboard and bracketed paste on: then Ctrl-C arrives as an escape sequence, and pasted text between
two of them.
"""

from __future__ import annotations

import codecs
import termios

from awsenv.terminal.terminal import DOWN, END_OF_FILE, ENTER, ERASE, ERASE_LINE, ERASE_WORD, UP
from awsenv.values.notation import whole_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

INTERRUPT = "\x03"
_ESCAPE = "\x1b"
# The rest of an escape sequence follows at once; a key pressed later is a key in its own right.
_SEQUENCE_TIME = 0.1
# What the codes in ESC [ code;modifier u and ESC [ 27;modifier;code ~ mean, with Ctrl and without.
_CONTROL = {"99": INTERRUPT, "100": END_OF_FILE, "104": ERASE, "117": ERASE_LINE, "119": ERASE_WORD}
_ARROWS = {"A": UP, "B": DOWN}
_PLAIN = {"13": ENTER, "127": ERASE, "8": ERASE}


class Keys:
    """Decodes the bytes of one terminal, whose control characters are `characters`."""

    def __init__(self, characters: list[Any]) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._sequence = ""
        self._last = 0.0
        self._special = {"\r": ENTER, "\x7f": ERASE, "\b": ERASE}
        meanings = {
            termios.VERASE: ERASE,
            termios.VWERASE: ERASE_WORD,
            termios.VKILL: ERASE_LINE,
            termios.VEOF: END_OF_FILE,
            # If they are not signals.
            termios.VINTR: INTERRUPT,
            termios.VQUIT: INTERRUPT,
        }
        for index, key in meanings.items():
            character = characters[index]
            if isinstance(character, bytes) and character not in (b"\0", b"\xff"):
                self._special[character.decode("latin-1")] = key

    def feed(self, data: bytes, now: float) -> list[str]:
        """The keys in `data`, read at `now` (monotonic seconds)."""
        if now - self._last > _SEQUENCE_TIME:
            self._sequence = ""
        self._last = now
        keys = []
        for char in self._decode(data):
            if self._sequence or char == _ESCAPE:
                key = self._in_sequence(char)
            else:
                key = self._special.get(char, char)
            if key:
                keys.append(key)
        return keys

    def _in_sequence(self, char: str) -> str:
        """Take in a character of an escape sequence; the key that it completes, or ""."""
        if char == _ESCAPE:
            self._sequence = char
            return ""
        self._sequence += char
        begins = len(self._sequence) == 2 and char in "[O"
        inside = self._sequence[1] == "[" and not "@" <= char <= "~"
        if begins or (inside and len(self._sequence) < 40):
            return ""
        sequence, self._sequence = self._sequence, ""
        return _extended(sequence)


def _extended(sequence: str) -> str:
    """The key of a complete sequence; "" for the marks around pasted text and the like."""
    if sequence[-1] in _ARROWS and len(sequence) == 3:
        return _ARROWS[sequence[-1]]
    words = sequence[2:-1].split(";")
    if sequence[-1] == "~" and len(words) == 3 and words[0] == "27":
        code, modifier = words[2], words[1]
    elif sequence[-1] == "u":
        code, modifier = words[0].partition(":")[0], words[1] if len(words) > 1 else "1"
    else:
        return ""
    control = ((whole_number(modifier.partition(":")[0]) or 1) - 1) & 4
    return _CONTROL.get(code, "") if control else _PLAIN.get(code, "")
