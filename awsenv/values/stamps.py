"""What tells one state of a file from another, and one machine from another."""

import os
import sys


def stamp_of(facts: os.stat_result) -> str:
    """What changes when a file is edited, replaced, or set to another time: ctime always does."""
    return f"{facts.st_mtime_ns}.{facts.st_ctime_ns}.{facts.st_size}.{facts.st_ino}.{facts.st_dev}"


def stamp(path: str) -> str:
    """The stamp of the file that `path` leads to now; "-" if there is none."""
    try:
        return stamp_of(os.stat(path))
    except FileNotFoundError:
        return "-"


def machine() -> str:
    """The name of this machine: others may share its home folder."""
    return os.environ.get("COMPUTERNAME", "") if sys.platform == "win32" else os.uname().nodename
