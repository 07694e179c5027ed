"""SHA-256, for the names of records."""

try:
    # hashlib loads OpenSSL, which takes longer than all the work done here. Like the standard
    # library's random, this uses the module beneath hashlib where it exists.
    from _sha2 import sha256  # type: ignore[import-not-found]
except ImportError:
    try:
        from _sha256 import sha256  # type: ignore[import-not-found]
    except ImportError:
        from hashlib import sha256


def digest(text: str) -> str:
    """The hexadecimal SHA-256 of `text`."""
    found: str = sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
    return found
