"""Lengths of time as people write them: 3600, 90m, 8h, 1d, 1h30m."""

from awsenv.errors import UsageError
from awsenv.values.notation import whole_number

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_duration(text: str, what: str = "duration") -> int:
    """The seconds that `text` means: a number of seconds, or numbers with s, m, h or d.

    Raises UsageError; `what` names what was being read.
    """
    wrong = UsageError(
        f"{what} {text!r} is not a duration", "write seconds or units: 3600, 90m, 8h, 1d"
    )
    rest = text.strip().lower()
    seconds = whole_number(rest)
    if seconds is not None:
        return seconds
    total, number = 0, ""
    for char in rest:
        if whole_number(number + char, 9) is not None:
            number += char
        elif char in _SECONDS and number:
            total, number = total + int(number) * _SECONDS[char], ""
        else:
            raise wrong
    if number or not total:
        raise wrong
    return total


def format_duration(seconds: int) -> str:
    """`seconds` the way the prompt shows them: 1h05m, 42m, 59s; never negative."""
    seconds = max(0, seconds)
    if seconds < 60:
        return f"{seconds}s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes}m"
    return f"{minutes // 60}h{minutes % 60:02d}m"
