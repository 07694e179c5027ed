"""Which awsenv a shell runs, where several are installed."""

import os
import sys
from collections.abc import Iterator

from awsenv.doctor import Case, Finding


def check(case: Case) -> Iterator[Finding]:
    if case.env.get("AWSENV_DEMO"):
        return  # it puts its own before the person's, and means to
    found: dict[str, str] = {}
    names = ("awsenv.exe", "awsenv.cmd", "awsenv.bat") if sys.platform == "win32" else ("awsenv",)
    for folder in case.env.get("PATH", os.defpath).split(os.pathsep):
        for name in names:
            path = os.path.join(folder or ".", name)
            if os.path.isfile(path) and os.access(path, os.X_OK):
                found.setdefault(os.path.realpath(path), path)
    if not found:
        yield Finding(
            "there is no awsenv on PATH, so hooks and credential_process cannot call it",
            "add the folder that it was installed to, or install it with pipx or uv",
        )
    elif len(found) > 1:
        first, *others = found.values()
        yield Finding(
            f"there are {len(found)} programs called awsenv on PATH; shells run {first}, and "
            f"never {', '.join(others)}",
            "uninstall what you do not need",
        )
