"""Something else than a file in the place of each file that awsenv reads."""

import os
import random
import shutil
import subprocess
from pathlib import Path

from campaign.counting import Count
from campaign.place import Place

_COMMANDS = (
    *("assume dev --shell bash", "exec dev true", "credential-process dev", "login", "list"),
    *("save dev --as x", "setup", "rotate", "status dev", "explain dev", "logout", "doctor"),
    "__complete zsh assume de",
)
_KINDS = ("a pipe", "a folder", "a device", "50 MB", "a dangling link", "a link to itself")


def special_files(place: Place, chance: random.Random, scale: float) -> list[Count]:
    count = Count("special files in the place of files", "answered soon, no traceback")
    files = [place.home / ".aws" / name for name in ("config", "credentials")]
    files += [place.cache / name for name in ("used", "overview")]
    files += list((place.cache / "names").iterdir())[:1]
    files += list((place.cache / "sessions").iterdir())[:1]
    files += list((place.cache / "locks").glob("*.lock"))[:1]
    files += [place.home / ".local/share/awsenv/bash.version"]
    cases = [(path, kind) for path in files for kind in _KINDS]
    if scale < 1:
        cases = chance.sample(cases, 2)
    for path, kind in cases:
        _try(place, count, path, kind, _COMMANDS if scale == 1 else chance.sample(_COMMANDS, 3))
    return [count]


def _try(
    place: Place, count: Count, path: Path, kind: str, commands: tuple[str, ...] | list[str]
) -> None:
    before = path.read_bytes() if path.is_file() else None
    _clear(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "a pipe":
        os.mkfifo(path, 0o600)
    elif kind == "a folder":
        path.mkdir(mode=0o700)
    elif kind == "50 MB":
        with path.open("wb") as file:
            file.truncate(50 << 20)
        path.chmod(0o600)
    else:
        path.symlink_to({"a device": "/dev/zero", "a dangling link": "nowhere"}.get(kind, path))
    for line in commands:
        try:
            done = place.run(*line.split(), timeout=20)
            good = "Traceback" not in done.stderr and "unexpected" not in done.stderr
            told = f"{done.returncode} {done.stderr}"
        except subprocess.TimeoutExpired:
            good, told = False, "it never ends"
        count.check(good, f"{kind} as {path.name}, awsenv {line}: {told}")
    _clear(path)
    if before is not None:
        path.write_bytes(before)
        path.chmod(0o600)


def _clear(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.is_symlink() or path.exists():
        path.unlink()
