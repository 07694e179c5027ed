"""`NAME=value` pairs joined by `&`, every byte but letters, digits and `-._~:/+=,@` as %XX."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_PLAIN = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/+=,@"


def encode_pairs(pairs: "Mapping[str, str]") -> str:
    """`pairs` as AWSENV_BASELINE and AWSENV_PUT write them."""
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
