"""What `awsenv list` found out last time, so that a thousand sessions are not read anew.

The file `overview` in the cache folder, a line per fact, its fields between tabs. It is believed
for a record that is the same file still, and for a profile while the AWS files and the settings
are what they were. All that is lost with it is time.
"""

from __future__ import annotations

import os
import time

from awsenv import fast, files, paths, record, warm
from awsenv.config import Config
from awsenv.errors import AwsenvError
from awsenv.plan import Plan
from awsenv.quiet import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_FIRST = "AWSENV_OVERVIEW=1"
_LAST = "END"
# What the key of a session hangs on in these lies outside of the files and the settings.
_OF_THE_MOMENT = ("environment", "ec2", "ecs")


class Index:
    """The records on disk, each read once until it changes, and the keys that profiles have."""

    def __init__(self, config: Config, env: Mapping[str, str]) -> None:
        self._left: dict[str, int] = {}
        self._owners: set[str] = set()
        self._conditions = _conditions(config, env)
        old_records, self._keys = _read(_path(), self._conditions)
        self._records: dict[str, tuple[str, ...]] = {}
        self._changed = False
        now = time.time()
        with suppress(OSError):
            for entry in os.scandir(paths.sessions_dir()):
                self._take(entry, old_records.get(entry.name), now)
        self._changed |= len(self._records) != len(old_records)

    def _take(self, entry: os.DirEntry[str], known: tuple[str, ...] | None, now: float) -> None:
        facts = entry.stat(follow_symlinks=False)
        stamp = f"{facts.st_mtime_ns}.{facts.st_ctime_ns}.{facts.st_ino}"
        if known is None or known[0] != stamp:
            values = record.read(entry.path, entry.name)
            if values is None:
                return
            names = ("ISSUED_AT", "EXPIRES_AT", "PROFILE", "OPTION_PROFILE")
            known = (stamp, *(values.get(name, "") for name in names))
            self._changed = True
        self._records[entry.name] = known
        _, issued, expires, *owners = known
        left = record.seconds_left({"ISSUED_AT": issued, "EXPIRES_AT": expires}, now)
        if left:
            self._left[entry.name] = left
            # Also for whom it was got on the way to another profile's session.
            self._owners.update(owners)

    def may_have(self, profile: str) -> bool:
        """Whether one of the records was got for `profile`, or on the way to another one."""
        return profile in self._owners

    def key(self, profile: str) -> str | None:
        """The key of the profile's session, where it is known."""
        return self._keys.get(profile)

    def note(self, plan: Plan, key: str) -> None:
        """Keep that `key` is that of the session that `plan`, a profile's own, comes to."""
        if plan.root.source not in _OF_THE_MOMENT:
            self._keys[plan.profile] = key
            self._changed = True

    def seconds_left(self, key: str) -> int:
        """Seconds that the session named `key` still lasts, 0 where there is none."""
        return self._left.get(key, 0)

    def save(self) -> None:
        """Write down what has been found out, if that is more than was known."""
        if not self._changed:
            return
        lines = [_FIRST, self._conditions]
        lines += ["\t".join(("R", key, *fields)) for key, fields in self._records.items()]
        if self._conditions:
            lines += [f"P\t{key}\t{name}" for name, key in self._keys.items() if name.isprintable()]
        with suppress(AwsenvError):
            files.make_private_dir(paths.cache_dir())
            files.write_private(_path(), "\n".join([*lines, _LAST, ""]), lasting=False)


def _path() -> str:
    return os.path.join(paths.cache_dir(), "overview")


def _conditions(config: Config, env: Mapping[str, str]) -> str:
    """What the keys of profiles hang on; "" where a file may change within its time stamp."""
    if warm.changed_lately(config):
        return ""
    stamps = (fast.stamp(path) for path in (config.config_path, config.credentials_path))
    return "|".join([*stamps, fast.environment(dict(env))])


def _read(path: str, conditions: str) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """The records and the keys of profiles in the file at `path`."""
    try:
        with open(path, encoding="utf-8", newline="\n") as file:
            lines = file.read().split("\n")
    except (OSError, ValueError):
        return {}, {}
    if lines[:1] != [_FIRST] or lines[-2:] != [_LAST, ""]:
        return {}, {}
    rows = [line.split("\t") for line in lines[2:-2]]
    records = {row[1]: tuple(row[2:]) for row in rows if len(row) == 7 and row[0] == "R"}
    if not conditions or lines[1] != conditions:
        return records, {}
    return records, {row[2]: row[1] for row in rows if len(row) == 3 and row[0] == "P"}
