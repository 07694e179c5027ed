"""The line that says which session a shell now has, and for how long."""

import time

from awsenv.values.durations import format_duration
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.values.credentials import Session


def summary(session: "Session") -> str:
    """`prod-admin for 59m`, on one line."""
    name = visible(session.profile)
    if session.expires_at is None:
        return f"{name}: long-lived keys, which do not expire"
    return f"{name} for {format_duration(session.expires_at - int(time.time()))}"
