"""Points in time, without the cost of importing datetime where a shell waits."""

import time


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
    plain = text.strip()
    if plain.isascii() and plain.isdigit():
        # What is longer is in milliseconds.
        return int(plain[:10]) if len(plain) in (10, 13) else None
    return epoch_of(plain)
