"""Who else can read or change the files that hold keys."""

import os
import stat
from collections.abc import Iterator

from awsenv.config import file_paths, ini, shown
from awsenv.doctor import Case, Finding
from awsenv.storage import paths


def check(case: Case) -> Iterator[Finding]:
    if os.name != "posix":
        return
    config_path, credentials_path = file_paths(case.env)
    yield from _file(credentials_path, 0o077, "read or change")
    holds_keys = case.config is not None and any(
        "aws_secret_access_key" in section.values for section in ini.read(config_path).values()
    )
    yield from _file(config_path, 0o077 if holds_keys else 0o022, "read or change")
    for folder in {os.path.dirname(config_path), os.path.dirname(credentials_path)} - {""}:
        yield from _file(folder, 0o022, "put files of their own into")
    yield from _folders_of_others()
    yield from _cache()


def _folders_of_others() -> Iterator[Finding]:
    """Folders in the home, on the way to awsenv's own, that another user has: root, after sudo."""
    home = os.path.expanduser("~")
    seen = set()
    for own in (paths.cache_dir(), paths.data_dir()):
        path = own
        while path.startswith(home + os.sep) and path not in seen:
            seen.add(path)
            facts = _facts(path)
            if facts is not None and facts.st_uid != os.geteuid():
                yield Finding(
                    f"{shown(path)} belongs to {_user(facts.st_uid)}, so awsenv cannot use it; a"
                    " program that was run with sudo may have created it",
                    f'sudo chown -R "$(id -un)" {shown(path)}',
                )
            path = os.path.dirname(path)


def _user(number: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"the user with the ID {number}"


def _file(path: str, forbidden: int, what: str) -> Iterator[Finding]:
    facts = _facts(path)
    if facts is None:
        return
    shared = stat.S_ISDIR(facts.st_mode) and facts.st_mode & stat.S_ISVTX
    if facts.st_uid != os.geteuid() and not shared:
        yield Finding(
            f"{shown(path)} belongs to another user", f"chown it to yourself: {shown(path)}"
        )
    elif shared:
        # A folder that everyone shares, such as /tmp: there, files belong to whoever created them.
        yield Finding(
            f"{shown(path)} is shared with other users", "keep the AWS files in a folder of yours"
        )
    elif facts.st_mode & forbidden:
        kept = stat.S_IMODE(facts.st_mode) & ~forbidden
        yield Finding(
            f"other users can {what} {shown(path)} (mode {stat.S_IMODE(facts.st_mode):04o})",
            f"chmod {kept:o} {shown(path)}",
        )


def _cache() -> Iterator[Finding]:
    folder = paths.sessions_dir()
    if _facts(folder) is None:
        return
    yield from _file(folder, 0o077, "look into")
    bad = []
    for entry in os.scandir(folder):
        facts = entry.stat(follow_symlinks=False)
        if facts.st_uid != os.geteuid() or facts.st_mode & 0o077 or not stat.S_ISREG(facts.st_mode):
            bad.append(entry.path)
    if bad:
        yield Finding(
            f"{len(bad)} of the sessions that awsenv keeps are not trusted, since others can read "
            f"or change them: {shown(bad[0])}{' …' if len(bad) > 1 else ''}",
            f"remove them; they are got again: rm {shown(bad[0])}",
        )


def _facts(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None
