"""The record of one session on disk, readable by Python without json and with a shell's builtins.

    AWSENV_RECORD=2
    NAME=value
    ...
    CHECK=value.value.…
    ...
    END=<key>

UTF-8 lines that end in LF; names in capitals, digits and underscores, each at most once; no control
character in a value; the file is named by its key. CHECK repeats all values above it, joined by
dots: a byte that has changed since is found by one comparison, in a shell too. docs/files.md
describes every name. A file that deviates from this in any way is not a record: reading it returns
None.
"""

import os
import stat
import time

from awsenv.values.notation import whole_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_LIFE = 36 * 3600
# A server's clock may be slightly ahead of ours without anything being wrong.
CLOCK_SLACK = 15 * 60
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_FLAGS |= getattr(os, "O_BINARY", 0)
_LARGEST = 64 * 1024
_FIRST = "AWSENV_RECORD=2"
# Before there was a CHECK.
_FIRST_WITHOUT = "AWSENV_RECORD=1"
# Names that are known to be valid.
_SEEN: "set[str]" = set()
_NAME = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


def render(key: str, values: "Mapping[str, str]", checked: int | None = None) -> str:
    """The text of a record; raises AwsenvError if a value does not fit on a line.

    The first `checked` values stand above the CHECK; all of them unless it is given.
    """
    from awsenv.errors import AwsenvError

    lines = [_FIRST]
    for name, value in values.items():
        if not _is_name(name) or not _is_value(value):
            raise AwsenvError(
                f"the value of {name} has a line break or control character in it",
                "remove it where the value comes from",
            )
        lines.append(f"{name}={value}")
    above = list(values.values())[:checked]
    lines.insert(len(above) + 1, f"CHECK={'.'.join(above)}")
    return "\n".join([*lines, f"END={key}", ""])


def parse(text: str, key: str, *, without_check: bool = False) -> dict[str, str] | None:
    """The values in `text` if it is a whole record of `key`, else None.

    One from before there was a CHECK is taken only `without_check`.
    """
    first, last = f"{_FIRST}\n", f"\nEND={key}\n"
    old = without_check and text.startswith(_FIRST_WITHOUT)
    if old:
        first = f"{_FIRST_WITHOUT}\n"
    if not (text.startswith(first) and text.endswith(last)):
        return None
    body = text[len(first) : -len(last)]
    lines = body.split("\n") if body else []
    try:
        values = dict([line.split("=", 1) for line in lines])
    except ValueError:
        return None
    # A thousand are read for a list: the names of one are those of the next, and one look at the
    # whole text saves a look at every value.
    if not values.keys() <= _SEEN:
        if not all(_is_name(name) or name == "CHECK" for name in values):
            return None
        _SEEN.update(values)
    plain = body.isascii() and body.replace("\n", "").isprintable()
    good = plain or all(map(_is_value, values.values()))
    whole = good and len(values) == len(lines) and (old or _holds(values))
    values.pop("CHECK", None)
    return values if whole else None


def _holds(values: dict[str, str]) -> bool:
    """Whether the CHECK in `values` repeats what stands above it."""
    names = list(values)
    if "CHECK" not in values:
        return False
    above = names[: names.index("CHECK")]
    return ".".join([values[name] for name in above]) == values["CHECK"]


def read(path: str, key: str, *, without_check: bool = False) -> dict[str, str] | None:
    """The values of the record at `path`; None if it is missing, incomplete or not to be trusted.

    A record is trusted if it is a regular file, not a symbolic link, owned by this user, and nobody
    else can read or write it.
    """
    try:
        handle = os.open(path, _FLAGS)
    except (OSError, ValueError):
        return None
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > _LARGEST:
            return None
        if os.name == "posix" and (facts.st_uid != os.geteuid() or facts.st_mode & 0o077):
            return None
        text = os.read(handle, facts.st_size + 1).decode()
    except (OSError, UnicodeDecodeError):
        return None
    finally:
        os.close(handle)
    return parse(text, key, without_check=without_check)


def seconds_left(values: "Mapping[str, str]", now: float | None = None) -> int:
    """Seconds until the session in a record expires; 0 where its times cannot be true."""
    moment = time.time() if now is None else now
    return left_between(values.get("ISSUED_AT"), values.get("EXPIRES_AT"), moment)


def left_between(issued_at: str | None, expires_at: str | None, now: float) -> int:
    """Seconds from `now` to `expires_at`; 0 where the times in a record cannot be true."""
    issued, expires = whole_number(issued_at), whole_number(expires_at)
    if issued is None or expires is None:
        return 0
    if issued > now + CLOCK_SLACK or not 0 < expires - issued <= LONGEST_LIFE:
        return 0
    return max(0, int(expires - now))


def life(values: "Mapping[str, str]") -> int:
    """Seconds between issue and expiration of the session in a record."""
    issued, expires = (whole_number(values.get(name)) or 0 for name in ("ISSUED_AT", "EXPIRES_AT"))
    return expires - issued


def _is_name(name: str) -> bool:
    return (
        bool(name)
        and not name[0].isdigit()
        and _NAME.issuperset(name)
        and name not in ("END", "CHECK")
    )


def _is_value(value: str) -> bool:
    return (value.isascii() and value.isprintable()) or not any(
        ord(char) < 0x20 or 0x7F <= ord(char) <= 0x9F for char in value
    )
