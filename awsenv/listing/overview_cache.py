"""What `awsenv list` found out last time, so that it need not read a thousand sessions again.

The file `overview` in the cache folder has a line per record and per profile, with its fields
separated by tabs. The line of a record is used while the record is the same file, those of profiles
while the AWS files and the settings are the same. Losing the file costs nothing but time.
"""

from __future__ import annotations

import os
import time

from awsenv.config import file_paths
from awsenv.errors import AwsenvError
from awsenv.fast import answer, note
from awsenv.lean.contextlib import suppress
from awsenv.storage import paths, private_files, record_format
from awsenv.values.stamps import machine, stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from awsenv.config import Config
    from awsenv.listing.row import Row

_FIRST = "AWSENV_OVERVIEW=2"
_LAST = "END"
# Enough for a hundred thousand profiles, in bytes.
_LARGEST = 64 << 20
# With these sources, the key of a session depends on more than the files and the settings.
_OF_THE_MOMENT = ("environment", "ec2", "ecs")
# The letter that marks a profile's line, ten facts, its key and problem; then the profiles it
# goes through.
_FIELDS = 13


class Index:
    """The records on disk, each read only when it has changed, and the rows made last time."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._left: dict[str, int] = {}
        self._owners: set[str] = set()
        self._env = env
        self._conditions = _conditions(env)
        old_records, self._rows, self._keys = _read(_path(), self._conditions)
        self._records: dict[str, list[str]] = {}
        self._changed = False
        now = time.time()
        with suppress(OSError):
            for entry in os.scandir(paths.sessions_dir()):
                facts = entry.stat(follow_symlinks=False)
                stamp = f"{facts.st_mtime_ns}.{facts.st_ctime_ns}.{facts.st_ino}"
                known = old_records.get(entry.name)
                if known is None or known[2] != stamp:
                    known = self._read(entry, stamp)
                    if known is None:
                        continue
                self._records[entry.name] = known
                _, _, _, issued, expires, owner, other = known
                left = record_format.left_between(issued, expires, now)
                if left:
                    self._left[entry.name] = left
                    # Also the profile for which it was obtained on the way to a role.
                    self._owners.add(owner)
                    self._owners.add(other)
        self._changed |= len(self._records) != len(old_records)

    def _read(self, entry: os.DirEntry[str], stamp: str) -> list[str] | None:
        """The fields of the line on a record, which is read for it."""
        values = record_format.read(entry.path, entry.name)
        if values is None:
            return None
        self._changed = True
        names = ("ISSUED_AT", "EXPIRES_AT", "PROFILE", "OPTION_PROFILE")
        return ["R", entry.name, stamp, *(values.get(name, "") for name in names)]

    def may_have(self, profile: str) -> bool:
        """Whether one of the records was obtained for `profile`, or on the way to another
        profile.
        """
        return profile in self._owners

    def rows(self) -> list[Row] | None:
        """The rows of last time, if nothing has changed except the time left."""
        for row in self._rows:
            key = self._keys.get(row["profile"])
            if key:
                row["seconds_left"] = self._left.get(key, 0)
            elif self.may_have(row["profile"]):
                # Nobody looked for its key last time.
                return None
        if self._rows and self._changed:
            self._save()
        return self._rows or None

    def seconds_left(self, key: str) -> int:
        """Seconds that the session named `key` still lasts, 0 if there is none."""
        return self._left.get(key, 0)

    def keep(self, rows: list[Row], keys: dict[str, str], config: Config) -> None:
        """Save what has been found out: the rows, and the keys of records by profile, according to
        `config`.
        """
        # A link may lead elsewhere than a moment ago: the rows are of what was read.
        places = [each.path for each in config.snapshots]
        stamps = [each.stamp for each in config.snapshots]
        if _condition(self._env, places, stamps) != self._conditions:
            self._conditions = ""
        # The problem may be that the environment holds no keys.
        passing = any(row["problem"] or row["source"] in _OF_THE_MOMENT for row in rows)
        self._rows = rows if self._conditions and not passing else []
        self._keys = keys
        self._save()

    def _save(self) -> None:
        lines = [_FIRST, self._conditions]
        lines += ["\t".join(fields) for fields in self._records.values()]
        rows = [_line(row, self._keys.get(row["profile"], "")) for row in self._rows]
        if None not in rows:
            lines += [line for line in rows if line]
        with suppress(AwsenvError):
            private_files.make_private_dir(paths.cache_dir())
            private_files.write_private(_path(), "\n".join([*lines, _LAST, ""]), lasting=False)


def _line(row: Row, key: str) -> str | None:
    """A line for `row`, where its values can stand in one."""
    values = (
        row["profile"],
        key,
        row["account"],
        row["account_name"],
        row["color"],
        row["role"],
        row["role_arn"],
        row["source"],
        row["source_profile"],
        row["mfa_serial"],
        row["region"],
        row["problem"],
    )
    line = "\t".join(["P", *(value or "" for value in values), *row["through"]])
    fits = line.count("\t") == len(values) + len(row["through"])
    return line if fits and line.replace("\t", "").isprintable() else None


def _row(fields: list[str]) -> Row:
    _, profile, _, account, called, color, role, arn = fields[:8]
    source, source_profile, serial, region, problem = fields[8:_FIELDS]
    return {
        "profile": profile,
        "account": account or None,
        "account_name": called or None,
        "color": color or None,
        "role": role or None,
        "role_arn": arn or None,
        "source": source or None,
        "source_profile": source_profile or None,
        "through": fields[_FIELDS:],
        "mfa_serial": serial or None,
        "region": region or None,
        "seconds_left": 0,
        "problem": problem or None,
    }


def _path() -> str:
    return os.path.join(paths.cache_dir(), "overview")


def _conditions(env: Mapping[str, str]) -> str:
    """What the rows depend on; "" if a file could change without a new timestamp."""
    places = file_paths(env)
    if note.changed_lately(*places):
        return ""
    return _condition(env, places, [stamp(place) for place in places])


def _condition(env: Mapping[str, str], places: Iterable[str], stamps: Iterable[str]) -> str:
    text = "|".join([*places, *stamps, machine(), answer.environment(dict(env))])
    return text if text.isprintable() else ""


def _read(path: str, conditions: str) -> tuple[dict[str, list[str]], list[Row], dict[str, str]]:
    """The records, the rows and the keys of records by profile in the file at `path`."""
    lines = (private_files.read_private(path, _LARGEST) or "").split("\n")
    if lines[:1] != [_FIRST] or lines[-2:] != [_LAST, ""]:
        return {}, [], {}
    found = [line.split("\t") for line in lines[2:-2]]
    records = {each[1]: each for each in found if len(each) == 7 and each[0] == "R"}
    if not conditions or lines[1] != conditions:
        return records, [], {}
    profiles = [each for each in found if each[0] == "P" and len(each) >= _FIELDS]
    keys = {each[1]: each[2] for each in profiles if each[2]}
    return records, [_row(each) for each in profiles], keys
