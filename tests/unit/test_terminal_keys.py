"""What a terminal sends, as keys: also what it sends while a shell's extended keyboard is on."""

import termios

import pytest

from awsenv.terminal.key_input import INTERRUPT, Keys
from awsenv.terminal.terminal import DOWN, END_OF_FILE, ENTER, ERASE, ERASE_LINE, ERASE_WORD, UP


def keys() -> Keys:
    characters: list[object] = [b"\0"] * 40
    characters[termios.VERASE] = b"\x7f"
    characters[termios.VKILL] = b"\x18"
    characters[termios.VEOF] = b"\x04"
    return Keys(characters)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"12 3\r", ["1", "2", " ", "3", ENTER]),
        (b"1\n", ["1", ENTER]),
        (b"\x7f\b\x18\x04\x03", [ERASE, ERASE, ERASE_LINE, END_OF_FILE, INTERRUPT]),
        ("é🚒".encode(), ["é", "🚒"]),
        (b"\xff", ["\ufffd"]),
        (b"\x1b[200~123456\x1b[201~", list("123456")),
        (b"\x1b[A\x1b[1;5C\x1bOP\x1b[3~7", [UP, "7"]),
        (b"\x1b[B\x1bOB\x1bOA", [DOWN, DOWN, UP]),
        (b"\x1bx7", ["7"]),
        (b"\x1b\x1b[A7", [UP, "7"]),
        (b"\x1b[99;5u", [INTERRUPT]),
        (b"\x1b[99;5:1u", [INTERRUPT]),
        (b"\x1b[99::99;133u", [INTERRUPT]),
        (b"\x1b[27;5;99~", [INTERRUPT]),
        (b"\x1b[100;5u", [END_OF_FILE]),
        (b"\x1b[13u\x1b[127u\x1b[119;5u", [ENTER, ERASE, ERASE_WORD]),
        (b"\x1b[99u\x1b[99;2u\x1b[;u\x1b[u", []),
        (b"\x1b[" + b"1" * 100 + b"\r", [*("1" * 62), ENTER]),
    ],
    ids=repr,
)
def test_keys(sent: bytes, expected: list[str]) -> None:
    assert keys().feed(sent, 1.0) == expected


@pytest.mark.parametrize("sent", [b"\x1b[99;5u", b"\x1b[200~1\x1b[201~2", "é7".encode()])
def test_a_sequence_may_come_in_pieces(sent: bytes) -> None:
    whole, pieces = keys().feed(sent, 1.0), keys()
    each = [pieces.feed(bytes([byte]), 1.0 + index / 1000) for index, byte in enumerate(sent)]
    assert [key for found in each for key in found] == whole


def test_a_key_after_escape_is_a_key_of_its_own() -> None:
    pressed = keys()
    assert pressed.feed(b"\x1b", 1.0) == []
    assert pressed.feed(b"[", 2.0) == ["["]
