"""Looks for what goes wrong in practice: one file per group of checks, and one line here.

A group is a module with `check(case)`, which yields findings. It changes nothing, and only the
clock check uses the network. Values from the files are shown where that helps, secrets never.
"""

from __future__ import annotations

from importlib import import_module

from awsenv.config import Config, load
from awsenv.errors import AwsenvError
from awsenv.lean.dataclasses import dataclass, field
from awsenv.values.notation import whole_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# In the order in which they are shown: the name people see, and the module here.
GROUPS = {
    "files": "aws_files",
    "profiles": "each_profile",
    "other tools": "other_tools",
    "environment": "variables",
    "permissions": "file_modes",
    "keychain": "keychain_entries",
    "saved": "saved_sessions",
    "hook": "prompt_hook",
    "path": "program_path",
    "clock": "clock",
}


@dataclass(frozen=True)
class Finding:
    """One problem, or with `problem=False` something worth knowing; `where` is `file:line`."""

    message: str
    fix: str
    where: str = ""
    problem: bool = True


@dataclass(frozen=True)
class Case:
    """What to look at; `config` is None where the files cannot be read."""

    env: Mapping[str, str] = field(repr=False)
    config: Config | None
    offline: bool = False


def examine(env: Mapping[str, str], *, offline: bool = False) -> Iterator[tuple[str, Finding]]:
    """Every finding with its group, in the order of GROUPS."""
    try:
        config = load(env)
    except AwsenvError:
        config = None  # the group "files" tells why
    case = Case(env, config, offline)
    told: set[Finding] = set()
    for group, module in GROUPS.items():
        for finding in import_module(f"awsenv.doctor.{module}").check(case):
            # A problem with a source is a problem for each profile that uses it.
            if finding not in told:
                yield group, finding
            told.add(finding)


def from_error(error: AwsenvError) -> Finding:
    """A finding that says what `error` does; the `(file:line)` or `file:line:` in it is `where`."""
    head, _, rest = error.message.partition(": ")
    if rest and _is_place(head):
        return Finding(rest, error.hint or "", head)
    begin, end = error.message.rfind("("), error.message.rfind(")")
    place = error.message[begin + 1 : end]
    if begin > 0 and _is_place(place):
        message = error.message[:begin].rstrip() + error.message[end + 1 :]
        return Finding(message, error.hint or "", place)
    return Finding(error.message, error.hint or "")


def _is_place(text: str) -> bool:
    path, _, line = text.rpartition(":")
    return bool(path) and whole_number(line) is not None
