"""Awsenv's own files, changed at random: read by Python, and by each shell's own reader."""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pexpect

from awsenv.fast import answer
from awsenv.install import hook_files
from awsenv.listing import overview_cache, usage_counts
from awsenv.mfa import used_codes
from awsenv.sessions import lock, store
from campaign.counting import Count
from campaign.place import Place

_MANY = 1000
_SECRETS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_SHELLS = ("bash", "zsh", "fish", "pwsh")
_ASSUME = ["assume", "dev", "--shell", "bash"]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """`data` as a bad disk, an editor or an attacker may leave it."""
    at = chance.randrange(len(data) + 1)
    other = bytes([chance.randrange(256)])
    lines = data.split(b"\n")
    first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
    changes: list[Callable[[], bytes]] = [
        lambda: data[:at] + other + data[at + 1 :],
        lambda: data[:at] + other + data[at:],
        lambda: data[:at] + data[at + 1 :],
        lambda: data[:at],
        lambda: data[at:],
        lambda: b"\n".join([*lines[:first], lines[second], *lines[first:]]),
        lambda: b"\n".join([*lines[:first], *lines[first + 1 :]]),
        lambda: bytes(chance.randrange(256) for _ in range(chance.randrange(200))),
        lambda: data[:at] + b"9" * chance.choice((5, 20, 5000)) + data[at:],
        lambda: data[:at] + "\u00b2".encode() + data[at + 1 :],
        lambda: data + data,
        lambda: data.replace(b"=", chance.choice((b"", b"==", b"=\0", b"=\n")), 1),
    ]
    return chance.choice(changes)()


def files_of_ours(place: Place, chance: random.Random, scale: float) -> list[Count]:
    return [*_by_python(place, chance, int(_MANY * scale)), *_by_shells(place, chance, scale)]


def _by_python(place: Place, chance: random.Random, many: int) -> list[Count]:
    with patch.dict(os.environ, place.env, clear=True):
        usage_counts.note("dev")
        hook_files.installed_hook("bash")
        record = place.cache / "sessions" / _key_of(place)
        name = place.cache / "names" / answer.name_key("dev")
        (locks,) = list((place.cache / "locks").glob("*.who"))[:1]
        (mfa,) = list((place.cache / "mfa").iterdir())[:1]
        version = place.home / ".local/share/awsenv/bash.version"
        printed, values = answer.answer(_ASSUME), store.load(record.name)
        assert printed
        assert values
        wanted = {name: values[name] for name in _SECRETS}

        def same_or_none() -> bool:
            found = store.load(record.name)
            kept = found is None or {name: found[name] for name in _SECRETS} == wanted
            return kept and answer.answer(_ASSUME) in (printed, None)

        def anything(call: Callable[[], object]) -> Callable[[], bool]:
            return lambda: call() is not NotImplemented

        waiting = lock.Waiting("", lambda: None, lambda: False, {})
        held = lock.RecordLock(locks.stem, waiting)
        readers: dict[Path, Callable[[], bool]] = {
            record: same_or_none,
            name: same_or_none,
            place.cache / "overview": anything(lambda: overview_cache.Index(os.environ).rows()),
            place.cache / "used": anything(usage_counts.counts),
            locks: anything(held._holder),
            mfa: anything(lambda: used_codes.was_used(place.code(), "123456", 0)),
            version: anything(hook_files.renew),
        }
        return [_mutate(path, read, chance, many) for path, read in readers.items()]


def _key_of(place: Place) -> str:
    note = (place.cache / "names" / answer.name_key("dev")).read_text()
    return note.partition("\nSESSION=")[2].partition("\n")[0]


def _mutate(path: Path, good: Callable[[], bool], chance: random.Random, many: int) -> Count:
    parent = "" if path.parent.name == "cache" else f"{path.parent.name}/"
    what = {"sessions": "a session's record", "names": "a profile's note", "locks": "a lock's note"}
    named = what.get(path.parent.name, f"{parent if path.parent.name == 'mfa' else ''}{path.name}")
    named = "a device's note" if path.parent.name == "mfa" else named
    count = Count(f"mutations of {named}, read by Python", "never an altered secret, no traceback")
    data, facts = path.read_bytes(), path.stat()
    for _ in range(many):
        other = mutated(data, chance)
        path.write_bytes(other)
        try:
            count.check(good(), f"{other!r}")
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            count.fail(f"{error!r} of {other!r}")
    path.write_bytes(data)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    return count


# Interactive, for in other shells the hooks do nothing. A session is taken by the shell itself, or
# the program is asked, which here does nothing.
_ASKED = '#!/bin/sh\necho asked >>"$ASKED"\nexit 4\n'
_POSIX = """
. {hook}
while read -r folder; do
  export AWSENV_CACHE_DIR="$folder"
  unset {names}
  awsenv assume dev
  printf '%s|%s|%s|%s\\n' "$folder" "${{AWS_ACCESS_KEY_ID-}}" "${{AWS_SECRET_ACCESS_KEY-}}" \\
    "${{AWS_SESSION_TOKEN-}}" >>{told}
done <{list}
"""
_FISH = """
source {hook}
while read -l folder
  set -gx AWSENV_CACHE_DIR $folder
  set -e {names}
  awsenv assume dev
  echo "$folder|$AWS_ACCESS_KEY_ID|$AWS_SECRET_ACCESS_KEY|$AWS_SESSION_TOKEN" >>{told}
end <{list}
"""
_PWSH = """
Import-Module {hook}
foreach ($folder in [IO.File]::ReadAllLines('{list}')) {{
  $env:AWSENV_CACHE_DIR = $folder
  foreach ($name in '{names}'.Split(' ')) {{ Remove-Item "env:$name" -ErrorAction Ignore }}
  try {{ awsenv assume dev }} catch {{ }}
  $line = "$folder|$env:AWS_ACCESS_KEY_ID|$env:AWS_SECRET_ACCESS_KEY|$env:AWS_SESSION_TOKEN"
  [IO.File]::AppendAllText('{told}', "$line`n")
}}
[Environment]::Exit(0)
"""
_SCRIPTS = {"bash": _POSIX, "zsh": _POSIX, "fish": _FISH, "pwsh": _PWSH}
_STARTS = {
    "bash": ("bash", "--norc", "--noprofile", "-i"),
    "zsh": ("zsh", "-f", "-i"),
    "fish": ("fish", "--no-config", "-i"),
    "pwsh": ("pwsh", "-NoLogo", "-NoProfile", "-NoExit", "-File"),
}
_SET = "AWSENV_PUT AWSENV_BASELINE AWSENV_PROFILE AWSENV_SESSION AWSENV_EXPIRES_AT AWSENV_ISSUED_AT"


def _by_shells(place: Place, chance: random.Random, scale: float) -> list[Count]:
    return [
        _by_shell(place, chance, shell, kind, int(_MANY * scale))
        for shell in _SHELLS
        for kind in ("sessions", "names")
    ]


def _by_shell(place: Place, chance: random.Random, shell: str, kind: str, many: int) -> Count:
    file = {"sessions": "a session's record", "names": "a profile's note"}[kind]
    count = Count(f"mutations of {file}, read by {shell}", "never an altered secret, no hang")
    if not shutil.which(shell):
        count.why_not = f"no {shell} here"
        return count
    key, note = _key_of(place), answer.name_key("dev")
    ground = place.home.parent / f"mutated-{shell}-{kind}"
    folders = [ground / str(number) for number in range(many + 1)]
    data = (place.cache / kind / (key if kind == "sessions" else note)).read_bytes()
    for number, folder in enumerate(folders):
        for each, name in (("sessions", key), ("names", note)):
            (folder / each).mkdir(mode=0o700, parents=True)
            target = folder / each / name
            shutil.copy2(place.cache / each / name, target)
            # The first stays as it is: it has to be taken.
            if number and each == kind:
                facts = target.stat()
                target.write_bytes(mutated(data, chance))
                os.utime(target, ns=(facts.st_atime_ns, facts.st_mtime_ns))
        folder.chmod(0o700)
    values = dict(
        line.split("=", 1) for line in (place.cache / "sessions" / key).read_text().splitlines()
    )
    wanted = "|".join(values[name] for name in _SECRETS)
    seen = _read_by(place, shell, ground, folders)
    untouched = seen.get(str(folders[0]))
    if untouched != wanted:
        count.failures.append(f"what nobody has changed was not taken: {untouched}")
    for folder in folders[1:]:
        found = seen.get(str(folder))
        count.check(found in ("||", wanted), f"{folder}: {found}")
    if not count.failures:
        shutil.rmtree(ground)
    return count


def _read_by(place: Place, shell: str, ground: Path, folders: list[Path]) -> dict[str, str]:
    """What the shell holds after an assume with each of the folders."""
    programs = ground / "bin"
    programs.mkdir()
    (programs / "awsenv").write_text(_ASKED)
    (programs / "awsenv").chmod(0o755)
    listed = ground / "list"
    listed.write_text("".join(f"{folder}\n" for folder in folders))
    told = ground / "told"
    told.write_text("")
    hook = hook_files.packaged_hook("powershell" if shell == "pwsh" else shell)
    script = ground / "script.ps1"
    names = " ".join((*_SECRETS, _SET))
    script.write_text(_SCRIPTS[shell].format(hook=hook, list=listed, names=names, told=told))
    env = {**place.env, "PATH": f"{programs}:{place.env['PATH']}", "ASKED": str(ground / "asked")}
    # At a terminal: elsewhere a switch is left to the program.
    first, *words = (*_STARTS[shell], str(script))
    child = pexpect.spawn(first, words, env=env, timeout=600)
    try:
        child.read()
    except pexpect.TIMEOUT:
        return {}
    finally:
        child.close(force=True)
    lines = [line.partition("|") for line in told.read_text(errors="replace").splitlines()]
    return {folder: rest for folder, _, rest in lines}
