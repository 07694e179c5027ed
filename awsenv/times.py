"""Points in time, without the cost of importing datetime where a shell waits."""

import time


def iso_utc(epoch: int) -> str:
    """`epoch` seconds as ISO 8601 in UTC, ending in Z, as AWS and its SDKs write it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch))
