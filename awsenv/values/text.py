"""Text from config, environment or AWS, made safe to show on a terminal."""

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _hidden(char: str) -> bool:
    code = ord(char)
    return (
        code < 0x20
        or 0x7F <= code <= 0x9F
        or char in _BIDI
        or char in "\u2028\u2029\ufeff"
        or 0xD800 <= code <= 0xDFFF
    )


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def visible(text: str, limit: int = 300) -> str:
    """`text` on one line, with control, C1 and bidirectional characters as escapes.

    Cut to `limit` characters, the last one then being an ellipsis.
    """
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    shown = "".join(_escape(char) if _hidden(char) else char for char in text[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
