"""How numbers, times and pairs are written: in the environment, in files, in answers.

One module, because every answer needs all of it and each import costs a shell a third of a
millisecond. Nothing here imports datetime before a time has to be read.
"""

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# Enough digits for a moment in epoch seconds for the next thirty thousand years.
MOMENT = 12
_PLAIN = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/+=,@"


def whole_number(text: "str | None", most: int = MOMENT) -> "int | None":
    """The number that 1 to `most` ASCII digits write; None if `text` is anything else.

    `int` alone also accepts signs, blanks, underscores and the digits of other scripts, and raises
    ValueError for a text of thousands of digits.
    """
    if text and len(text) <= most and text.isascii() and text.isdigit():
        return int(text)
    return None


def is_code(text: str) -> bool:
    """Whether `text` has the form of an MFA code."""
    return len(text) == 6 and whole_number(text) is not None


def iso_utc(epoch: int) -> str:
    """`epoch` seconds as ISO 8601 in UTC, ending in Z, as AWS and its SDKs write it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch))


def epoch_of(text: str) -> int | None:
    """Epoch seconds of an ISO 8601 time, which is UTC if it does not say; None if it is not one."""
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(text.strip())
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None


def moment_of(text: str) -> int | None:
    """Epoch seconds of a time as other tools write it: ISO 8601, or seconds since 1970."""
    number = whole_number(text.strip(), 13)
    if number is None:
        return epoch_of(text)
    # What is this large is in milliseconds.
    return number // 1000 if number >= 10**12 else number


def encode_pairs(pairs: "Mapping[str, str]") -> str:
    """`NAME=value` joined by `&`, every byte but letters, digits and `-._~:/+=,@` as %XX.

    This is how AWSENV_BASELINE and AWSENV_PUT are written.
    """
    return "&".join(f"{_quote(name)}={_quote(value)}" for name, value in pairs.items())


def decode_pairs(text: str) -> dict[str, str]:
    """The pairs in `text`; what encode_pairs cannot have written is left out."""
    pairs = {}
    for pair in text.split("&"):
        name, _, value = pair.partition("=")
        try:
            found = {_unquote(name): _unquote(value)}
            if "%00" not in pair and encode_pairs(found) == pair:
                pairs.update(found)
        except ValueError:
            continue
    return pairs


def _quote(text: str) -> str:
    data = text.encode("utf-8", "surrogateescape")
    if not data.translate(None, _PLAIN):
        return text
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in data)


def _unquote(text: str) -> str:
    head, *parts = text.encode("utf-8", "surrogateescape").split(b"%")
    data = head + b"".join(bytes((int(part[:2], 16),)) + part[2:] for part in parts)
    return data.decode("utf-8", "surrogateescape")
