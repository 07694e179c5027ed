"""SIGKILL at every change of a file that a writing command makes."""

import random
import shutil
import subprocess
import sys
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
_COMMANDS = (
    ("assume", "dev", "--refresh", "--shell", "bash"),
    ("login", "--refresh", "--mfa-code", "{code}"),
    ("save", "dev", "--as", "kept"),
    ("assume", "audit", "--export-profile", "--shell", "bash"),
    ("rotate",),
    ("logout",),
    ("logout", "--all"),
    ("init", "bash", "--install"),
    ("init", "fish", "--install"),
    ("init", "powershell", "--install"),
    ("init", "bash", "--uninstall"),
)
_MOMENTS = 200


def kills(place: Place, chance: random.Random, scale: float) -> list[Count]:
    commands = _COMMANDS if scale == 1 else chance.sample(_COMMANDS, 1)
    return [_killed(place, command, scale) for command in commands]


def _killed(place: Place, command: tuple[str, ...], scale: float) -> Count:
    count = Count(f"kills of `awsenv {' '.join(command)}`", "files whole, goes on afterwards")
    kept = place.home.parent / "kept"
    for moment in range(_MOMENTS):
        if scale < 1 and moment > 3:
            break
        _copy(place, kept)
        words = _words(place, command)
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
        again = place.run(*_words(place, command))
        if again.returncode:
            count.failures.append(f"again, at {moment}: {again.stderr}")
        # Rotated keys are the server's matter too; all else begins anew.
        if command[0] != "rotate":
            _put_back(place, kept)
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


def _torn(place: Place) -> str:
    """What is not whole under the home, or "" if all is."""
    folder = place.home / ".aws"
    try:
        config, found = (ini.read(str(folder / name)) for name in ("config", "credentials"))
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return repr(error)
    if not config or "default" not in found:
        return "an AWS file has lost its sections"
    keys = found["default"].values
    known = {key.id: key for key in place.server.world.user("alice").keys}
    key = known.get(str(keys["aws_access_key_id"]))
    if key is None or not key.active or key.secret != keys["aws_secret_access_key"]:
        return "the key on disk is not one that works"
    rc = place.home / ".bashrc"
    text = rc.read_text() if rc.exists() else ""
    if text.count(">>> awsenv") != text.count("<<< awsenv"):
        return "half a block in .bashrc"
    others = [*place.cache.rglob("*"), *(place.home / ".local").rglob("*"), *folder.iterdir()]
    open_ones = [path for path in others if path.is_file() and path.stat().st_mode & 0o077]
    return f"others can read {open_ones[0]}" if open_ones else ""
