"""Evaluate printed statements in the real shells, in every way that a person may write it."""

import ast
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from support.shells_at_hand import need_shell

_DUMP = "import os, sys; sys.stdout.write(repr(dict(os.environb)))"


@dataclass(frozen=True)
class Way:
    """One shell in one mode, and one way to evaluate what the program $PRINT prints."""

    printed_for: str
    program: str
    arguments: tuple[str, ...]
    modes: str
    evaluate: str

    def __str__(self) -> str:
        return f"{self.program} {self.modes} {self.evaluate}".replace('"', "")


_BASH = ("--norc", "--noprofile")
_STRICT_ZSH = (
    "setopt csh_junkie_quotes no_unset err_exit sh_word_split ksh_arrays rc_quotes"
    " ignore_braces glob_subst magic_equal_subst warn_create_global"
)
EVAL, SOURCE = 'eval "$($PRINT)"', "source <($PRINT)"

WAYS = (
    Way("bash", "bash", _BASH, "set -euo pipefail; set -H", EVAL),
    Way("bash", "bash", _BASH, "set -euo pipefail; set -H", SOURCE),
    Way("bash", "bash", _BASH, "set -o posix -eu", EVAL),
    Way("zsh", "zsh", ("-f",), _STRICT_ZSH, 'eval "$(${=PRINT})"'),
    Way("zsh", "zsh", ("-f",), _STRICT_ZSH, "source <(${=PRINT})"),
    Way("zsh", "zsh", ("-f",), "emulate ksh", EVAL),
    Way("fish", "fish", ("--no-config",), "", "$PRINT | source"),
    Way("fish", "fish", ("--no-config",), "", "eval ($PRINT)"),
    Way("fish", "fish", ("--no-config",), "", 'eval "$($PRINT)"'),
    Way("fish", "fish", ("--no-config",), "", "source ($PRINT | psub)"),
    Way("posix", "dash", (), "set -eu", EVAL),
    Way("posix", "ksh93", (), "set -eu", EVAL),
    Way("posix", "mksh", (), "set -eu", EVAL),
    Way("posix", "busybox", ("ash",), "set -eu", EVAL),
    Way("posix", "bash", ("--posix", *_BASH), "set -eu", EVAL),
    Way("posix", "zsh", ("-f",), "emulate sh; set -eu", EVAL),
)
# The first way of each shell, where the mode does not matter.
PLAIN = tuple(
    {way.printed_for: way for way in reversed(WAYS) if not way.modes.startswith("emulate")}.values()
)


@dataclass(frozen=True)
class Outcome:
    """What a shell ended with. `env` is what a program started after the lines sees."""

    env: dict[bytes, bytes]
    stdout: str
    stderr: str
    status: int


def run_lines(way: Way, lines: list[str], env: dict[str, str] | None = None) -> Outcome:
    """Run `lines` in the shell after its modes; $DUMP as a line keeps the environment."""
    with tempfile.TemporaryDirectory() as folder:
        home, dump = Path(folder), Path(folder, "env")
        program = home / "dump.sh"
        program.write_text(f"#!/bin/sh\nexec {sys.executable} -ISc '{_DUMP}' >{dump}\n")
        program.chmod(0o755)
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "XDG_CONFIG_HOME": f"{folder}/config",
            "XDG_DATA_HOME": f"{folder}/data",
            "LC_ALL": "C.UTF-8",
            "DUMP": str(program),
            **(env or {}),
        }
        script = home / "script"
        script.write_text("\n".join([way.modes or ":", *lines, ""]))
        # Where there is no dash, every POSIX system has some sh.
        missing = way.program == "dash" and not shutil.which("dash")
        shell = need_shell("sh" if missing else way.program)
        done = subprocess.run(
            [shell, *way.arguments, str(script)],
            env=variables,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
        seen = ast.literal_eval(dump.read_text()) if dump.exists() else {}
    return Outcome(
        seen, done.stdout.decode(), done.stderr.decode(errors="replace"), done.returncode
    )


def evaluate(way: Way, printed: bytes, env: dict[str, str] | None = None) -> Outcome:
    """Evaluate what a program printed, then keep the environment."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(printed)
        file.flush()
        # A word list in sh and zsh, a list in fish.
        setting = "set PRINT cat" if way.program == "fish" else "PRINT='cat"
        setting += f" {file.name}" + ("" if way.program == "fish" else "'")
        return run_lines(way, [setting, way.evaluate, "$DUMP"], env)


def octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
