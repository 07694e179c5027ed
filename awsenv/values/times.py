"""Points in time, without the cost of importing datetime where a shell waits."""

import time

from awsenv.values.digits import whole_number


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
