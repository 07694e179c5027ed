"""Hostile strings, evaluated by each real shell as a person evaluates what awsenv prints."""

import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from awsenv import shells
from awsenv.environment.change import EnvChange
from campaign.counting import Count
from campaign.place import Place

_MANY, _BATCH = 10_000, 500
# Quotes of every shell, expansions, escapes, separators, control characters, text far from ASCII.
_CHARACTERS = (
    "'\"`$\\!#~*?[](){}<>|&;=%^@, \t\n\r\x01\x07\x1b\x7f"
    "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u00a0\u0085\u2028\u2029\ufeff\uf600\u00e9\u00df"
    "\u4e2d\U0001f692\u202e0aAfFxX7"
)
_WHOLE = (
    *("", "'", "''", "\\", "\\'", "$(exit 9)", "`exit 9`", "${HOME}", "%PATH%", "!!", "a'b\"c"),
    *("\n", " ", "-n", "x; touch pwned", "'; throw 'x", "\u2019 + (exit) + \u2019", "$'\\x41'"),
)
_DUMP = "import os, sys; sys.stdout.write(repr(dict(os.environb)))"
_EVALUATE = {
    "bash": ('eval "$(cat {file})"', ("bash", "--norc", "--noprofile")),
    "zsh": ('eval "$(cat {file})"', ("zsh", "-f")),
    "fish": ("cat {file} | source", ("fish", "--no-config")),
    "posix": ('eval "$(cat {file})"', ("dash",)),
    "powershell": (
        "Invoke-Expression ([IO.File]::ReadAllText('{file}'))",
        ("pwsh", "-NoLogo", "-NoProfile", "-NonInteractive", "-File"),
    ),
}


def hostile_strings(_place: Place, chance: random.Random, scale: float) -> list[Count]:
    return [_through(shell, chance, int(_MANY * scale)) for shell in _EVALUATE]


def _through(shell: str, chance: random.Random, many: int) -> Count:
    evaluate, program = _EVALUATE[shell]
    count = Count(f"hostile strings through {program[0]}", "arrive unchanged")
    if not shutil.which(program[0]):
        count.why_not = f"no {program[0]} here"
        return count
    while count.tried < many:
        size = min(_BATCH, many - count.tried)
        wanted = {f"NASTY_{n}": _string(chance, octets=shell != "powershell") for n in range(size)}
        seen = _evaluated(shell, evaluate, program, wanted)
        for name, text in wanted.items():
            # PowerShell takes a variable that is set to nothing for one that is not there.
            missing = b"" if shell == "powershell" and not text else None
            found = seen.get(name.encode(), missing)
            count.check(found == text.encode("utf-8", "surrogateescape"), f"{text!r}: {found!r}")
    return count


def _string(chance: random.Random, octets: bool) -> str:
    kind = chance.random()
    if kind < 0.1:
        return chance.choice(_WHOLE)
    size = chance.randrange(25)
    if kind < 0.6:
        return "".join(chance.choices(_CHARACTERS, k=size))
    if kind < 0.8 and octets:
        data = bytes(chance.randrange(1, 256) for _ in range(size))
        return data.decode("utf-8", "surrogateescape")
    codes = (
        chance.choice((chance.randrange(1, 0xD800), chance.randrange(0xE000, 0x110000)))
        for _ in range(size)
    )
    return "".join(map(chr, codes))


def _evaluated(
    shell: str, evaluate: str, program: tuple[str, ...], values: dict[str, str]
) -> dict[bytes, bytes]:
    """What a program sees that the shell starts after the statements."""
    with tempfile.TemporaryDirectory() as folder:
        statements, script = Path(folder, "statements"), Path(folder, "script.ps1")
        text = shells.get(shell).render(EnvChange(values))
        statements.write_bytes(text.encode("utf-8", "surrogateescape") + b"\n")
        (Path(folder) / "dump.py").write_text(_DUMP)
        python = f"{'& ' if shell == 'powershell' else ''}'{sys.executable}' -ISX utf8"
        script.write_text(f"{evaluate.format(file=statements)}\n{python} '{folder}/dump.py'\n")
        done = subprocess.run(
            [*program, str(script)],
            env={"PATH": os.environ["PATH"], "HOME": folder, "LC_ALL": "C.UTF-8"},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
            check=False,
        )
        found = done.stdout.decode(errors="replace")
    try:
        seen: dict[bytes, bytes] = ast.literal_eval(found)
    except (ValueError, SyntaxError):
        return {b"": done.stderr}
    return seen
