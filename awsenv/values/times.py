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
