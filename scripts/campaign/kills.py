"""SIGKILL at every change of a file that a writing command makes."""

import random
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from awsenv.config import ini
from campaign.counting import Count
from campaign.place import Place

# Ends awsenv before its n-th change of a file under HOME or the cache.
_KILLED = """
import os, signal, sys
left, homes = int(sys.argv[1]), (os.environ["HOME"], os.environ["AWSENV_CACHE_DIR"])
del sys.argv[1]
def hook(event, arguments):
    global left
    changes = event in ("os.rename", "os.remove", "os.mkdir", "os.chmod", "os.utime")
    changes = changes or event == "open" and arguments[2] & (os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
    if changes and str(arguments[0]).startswith(homes):
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
sys.addaudithook(hook)
from awsenv.entry import main
main()
"""


@dataclass(frozen=True)
class _Case:
    """A writing command, after what has to be done before."""

    words: tuple[str, ...]
    before: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        first = f"`awsenv {' '.join(self.before)}`, then " if self.before else ""
        return f"{first}`awsenv {' '.join(self.words)}`"


_MOVED = ("keys", "add", "--from-file")
_CASES = (
    _Case(("assume", "dev", "--refresh", "--shell", "bash")),
    _Case(("login", "--refresh", "--mfa-code", "{code}")),
    _Case(("save", "dev", "--as", "kept")),
    _Case(("assume", "audit", "--export-profile", "--shell", "bash")),
    _Case(("logout",)),
    _Case(("logout", "--all")),
    _Case(("setup", "--region", "eu-north-1", "--yes")),
    _Case(("rotate",)),
    _Case(_MOVED),
    _Case(("rotate",), _MOVED),
    _Case(("keys", "remove", "--to-file", "--yes"), _MOVED),
    _Case(("init", "bash", "--install")),
    _Case(("init", "fish", "--install")),
    _Case(("init", "powershell", "--install")),
    _Case(("init", "bash", "--uninstall"), ("init", "bash", "--install")),
    _Case(("uninstall", "--yes"), ("init", "zsh", "--install")),
)
_MOMENTS = 200
# A keychain that is a file, for all that a kill interrupts is awsenv's own.
_KEYCHAIN = {"PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring"}
_SECRET = "import keyring, sys; print(keyring.get_password('awsenv', sys.argv[1]) or '')"


def kills(place: Place, chance: random.Random, scale: float) -> list[Count]:
    place.env.update(_KEYCHAIN)
    cases = _CASES if scale == 1 else chance.sample(_CASES, 1)
    return [_killed(place, case, scale) for case in cases]


def _killed(place: Place, case: _Case, scale: float) -> Count:
    count = Count(f"kills of {case.line}", "files whole, goes on afterwards")
    kept = place.home.parent / "kept"
    at_first = place.home.parent / "at-first"
    _copy(place, at_first)
    if case.before and (done := place.run(*case.before)).returncode:
        count.failures.append(f"before: {done.stderr}")
    for moment in range(_MOMENTS):
        if scale < 1 and moment > 3:
            break
        _copy(place, kept)
        words = _words(place, case.words)
        done = subprocess.run(
            [sys.executable, "-P", "-c", _KILLED, str(moment), *words],
            env=place.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode != -9:
            if done.returncode:
                count.failures.append(f"at {moment}: {done.stderr}")
            break
        count.check(not (told := _torn(place)), f"at {moment}: {told}")
        again = place.run(*_words(place, case.words))
        if again.returncode:
            count.failures.append(f"again, at {moment}: {again.stderr}")
        count.check(not (told := _torn(place)), f"again, at {moment}: {told}")
        # Rotated keys are the server's matter too; all else begins anew.
        if case.words[0] != "rotate":
            _put_back(place, kept)
    if case.words[0] != "rotate":
        _put_back(place, at_first)
    elif case.before:
        place.run("keys", "remove", "--to-file", "--yes")
    return count


def _words(place: Place, command: tuple[str, ...]) -> list[str]:
    """The command line, with a code that has not been used in it."""
    if "{code}" not in command:
        return list(command)
    # It would be half a minute until the device shows another.
    place.server.world.device("").last_step = 0
    shutil.rmtree(place.cache / "mfa", ignore_errors=True)
    return [place.code() if word == "{code}" else word for word in command]


def _copy(place: Place, kept: Path) -> None:
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(place.home, kept / "home", symlinks=True)
    shutil.copytree(place.cache, kept / "cache", symlinks=True)


def _put_back(place: Place, kept: Path) -> None:
    for path, copy in ((place.home, kept / "home"), (place.cache, kept / "cache")):
        shutil.rmtree(path)
        shutil.copytree(copy, path, symlinks=True)


def _key(place: Place, values: Mapping[str, object]) -> tuple[str, str]:
    """The key id and the secret, from the file or, where the config says so, from the keychain."""
    key_id = str(values.get("aws_access_key_id") or values.get("awsenv_access_key_id"))
    if "aws_secret_access_key" in values:
        return key_id, str(values["aws_secret_access_key"])
    done = subprocess.run(
        [sys.executable, "-c", _SECRET, key_id],
        env=place.env,
        capture_output=True,
        text=True,
        check=True,
    )
    kept = done.stdout.strip()
    return key_id, kept


def _torn(place: Place) -> str:
    """What is not whole under the home, or "" if all is."""
    folder = place.home / ".aws"
    try:
        config, found = (ini.read(str(folder / name)) for name in ("config", "credentials"))
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return repr(error)
    if not config or "default" not in found:
        return "an AWS file has lost its sections"
    key_id, secret = _key(place, config["default"].values | found["default"].values)
    known = {key.id: key for key in place.server.world.user("alice").keys}
    key = known.get(key_id)
    if key is None or not key.active or key.secret != secret:
        return "the key on disk is not one that works"
    rc = place.home / ".bashrc"
    text = rc.read_text() if rc.exists() else ""
    if text.count(">>> awsenv") != text.count("<<< awsenv"):
        return "half a block in .bashrc"
    others = [*place.cache.rglob("*"), *(place.home / ".local").rglob("*"), *folder.iterdir()]
    ours = (path for path in others if path.is_file() and "python_keyring" not in path.parts)
    open_ones = [path for path in ours if path.stat().st_mode & 0o077]
    return f"others can read {open_ones[0]}" if open_ones else ""
