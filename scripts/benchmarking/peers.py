"""Peers on the same STS: the aws CLI, and those of the package index, which are installed first.

Each gets the role's session twice in a round: with nothing kept, and with what it keeps itself.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from importlib.metadata import distributions, version
from pathlib import Path

from benchmarking.cases import PASS, Case, Row, process, timed
from benchmarking.ground import BIN, PYTHON, Ground
from benchmarking.terminal import Terminal

SECTION = "Peers"
# aws-export-credentials breaks with the botocore that gave credentials an account id.
PACKAGES = ["awsume", "aws-export-credentials", "boto3<1.34", "setuptools<80"]


_FOLDER = BIN.parent / "benchmark-peers"


def peers(ground: Ground, install: bool) -> list[Case]:
    cases = _aws_cli(ground)
    if install and _installed(_FOLDER):
        cases += [_awsume(ground, _FOLDER / "bin"), _export(ground, _FOLDER / "bin")]
    return cases


def versions() -> str:
    """Of the peers that are there, and of what they stand on."""
    found = [f"awscli {version('awscli')}"]
    for folder in _FOLDER.glob("lib/python*/site-packages"):
        there = {each.name: each.version for each in distributions(path=[str(folder)])}
        names = ("awsume", "aws-export-credentials", "botocore")
        found += [f"{name} {there[name]}" for name in names if name in there]
    return ", ".join(found)


def _aws_cli(ground: Ground) -> list[Case]:
    home = ground.empty("aws-home")
    env = ground.env | {"HOME": str(home)}
    command = [str(BIN / "aws"), "sts", "get-caller-identity"]
    as_role = [*command, "--profile", "dev"]

    def cold() -> float:
        ground.empty("aws-home")
        return typed(as_role, env, "MFA code", ground.code())

    name = "aws CLI, get-caller-identity"
    return [
        process(SECTION, f"{name}, plain keys", command, ground.env | ground.keys, to=PASS),
        _twice(f"{name} as a role", ", code typed at once", cold, lambda: timed(as_role, env)),
    ]


def _awsume(ground: Ground, programs: Path) -> Case:
    command = [str(programs / "awsumepy"), "dev"]
    env = ground.env | {"XDG_CACHE_HOME": str(ground.empty("awsume"))}

    def cold() -> float:
        ground.empty("awsume")
        return timed([*command, "--mfa-token", ground.code()], env)

    # It keeps the MFA session, and none of a role.
    return _twice("awsume NAME", ", code given", cold, lambda: timed(command, env))


def _export(ground: Ground, programs: Path) -> Case:
    kept = ground.empty("export") / "kept"
    command = [str(programs / "aws-export-credentials"), "--profile", "dev", "--env-export"]
    command += ["--cache-file", str(kept)]

    def cold() -> float:
        kept.unlink(missing_ok=True)
        return typed(command, ground.env, "MFA code", ground.code())

    name = "aws-export-credentials --profile NAME"
    return _twice(name, ", code typed at once", cold, lambda: timed(command, ground.env))


def _twice(name: str, how: str, cold: Callable[[], float], warm: Callable[[], float]) -> Case:
    rows = [Row(f"{name}, cold{how}", to=PASS), Row(f"{name}, again", to=PASS)]
    return Case(SECTION, rows, lambda: [cold(), warm()], optional=True)


def typed(command: list[str], env: Mapping[str, str], asks: str, code: str) -> float:
    """Seconds of a process that asks for a code at its terminal, and is given it at once."""
    started = time.perf_counter()
    terminal = Terminal(command, env, quiet=True)
    terminal.read_until(asks)
    terminal.write(f"{code}\n")
    terminal.wait()
    return time.perf_counter() - started


def _installed(folder: Path) -> bool:
    """Whether the peers are there, in an environment of their own, with launchers as today's."""
    done = folder / "installed"
    if done.exists():
        return True
    python = str(folder / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet"]
    for command in (
        [PYTHON, "-m", "venv", "--clear", str(folder)],
        [*pip, "--upgrade", "pip>=25.1"],
        [*pip, *PACKAGES],
    ):
        if subprocess.run(command, check=False).returncode:
            sys.stderr.write("the peers could not be installed; continuing without them\n")
            return False
    done.touch()
    return True
