"""docs/architecture.md, followed: one file and one line in a copy of awsenv, and the program used.

The toy shell is the page's own text. Each other row of "Where to add" has a toy here.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.assuming import identity_by_boto3
from support.world import RunningSts, run_awsenv

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = tmp_path / "copy"
    shutil.copytree(
        ROOT / "awsenv", copy / "awsenv", ignore=shutil.ignore_patterns("__pycache__", "shell")
    )
    # `python -m` looks there first.
    monkeypatch.chdir(copy)
    return copy


def add(package: Path, file: str, text: str, table: str, after: str, line: str) -> None:
    """Write a file, and put one line into a table: below the line that begins with `after`."""
    path = package / "awsenv" / file
    assert not path.exists()
    path.write_text(text)
    path = package / "awsenv" / table
    before, mark, rest = path.read_text().partition(f"{after}\n")
    assert mark
    path.write_text(f"{before}{mark}{line}\n{rest}")


def awsenv(package: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    assert Path.cwd() == package
    return run_awsenv(*args, env=env)


def run_toy(program: str, env: dict[str, str]) -> dict[str, str]:
    """The environment once a Python has read what was printed for the toy shell."""
    show = "import os, sys; exec(sys.argv[1]); print('\\0'.join(map('='.join, os.environ.items())))"
    done = subprocess.run(
        [sys.executable, "-c", show, program], env=env, capture_output=True, text=True, check=True
    )
    return dict(pair.split("=", 1) for pair in done.stdout.rstrip("\n").split("\0"))


def test_the_toy_shell_of_the_page(package: Path, sts: RunningSts) -> None:
    assert awsenv(package, "assume", "dev", "--shell", "toy").returncode == 2
    file, line = re.findall(r"^```python\n(.*?)```$", PAGE, re.M | re.S)
    add(package, "shells/toy.py", file, "shells/__init__.py", "SHELLS = {", line.rstrip("\n"))
    done = awsenv(package, "assume", "dev", "--mfa-code", sts.code(), "--shell", "toy")
    assert done.returncode == 0, done.stderr
    env = run_toy(done.stdout, {**os.environ, "AWS_PROFILE": "other"})
    assert "AWS_PROFILE" not in env
    assert "assumed-role/dev/" in identity_by_boto3(env)
    # The record is there now, and the fast way knows the shell as well.
    again = awsenv(package, "assume", "dev", "--shell", "toy")
    assert again.stdout == done.stdout
    undone = awsenv(package, "unset", "--shell", "toy", **env)
    assert "AWS_ACCESS_KEY_ID" not in run_toy(undone.stdout, env)
    failed = awsenv(package, "assume", "nope", "--shell", "toy")
    assert failed.returncode != 0
    with pytest.raises(SystemExit, match="nope"):
        exec(failed.stdout)
    refused = awsenv(package, "assume", "dev", "--shell", "nope")
    assert "toy" in refused.stderr


def test_a_format(package: Path, sts: RunningSts) -> None:
    text = (
        "def render(change):\n"
        "    return '\\n'.join(f'{name} is {value}' for name, value in change.set.items())\n"
    )
    line = '    "toy": "toy",'
    add(package, "formats/toy.py", text, "formats/__init__.py", "FORMATS = {", line)
    done = awsenv(package, "assume", "dev", "--mfa-code", sts.code(), "--format", "toy")
    assert "AWSENV_PROFILE is dev\n" in done.stdout


def test_a_check(package: Path, sts: RunningSts) -> None:
    text = (
        "from awsenv.doctor import Finding\n\n\n"
        "def check(case):\n"
        "    yield Finding('a toy is in the way', 'put it away')\n"
    )
    add(package, "doctor/toy.py", text, "doctor/__init__.py", "GROUPS = {", '    "toys": "toy",')
    done = awsenv(package, "doctor", "--offline")
    assert done.returncode == 1
    assert "a toy is in the way" in done.stdout


def test_a_command(package: Path, sts: RunningSts) -> None:
    text = (
        "import sys\n\n"
        "from awsenv.parameters.declared import argument\n\n\n"
        "def command(*, name: str = argument('NAME', 'Whose toy.')):\n"
        "    'Play.'\n"
        "    sys.stdout.write(f'the toy of {name}\\n')\n"
    )
    line = '    "play": "Play with a toy.",'
    add(package, "commands/play.py", text, "commands/__init__.py", "COMMANDS = {", line)
    assert awsenv(package, "play", "alice").stdout == "the toy of alice\n"
    for words, wanted in ((["--help"], "Play with a toy."), (["play", "--help"], "NAME")):
        done = awsenv(package, *words)
        assert wanted in done.stdout + done.stderr


def test_a_way_to_ask_for_a_code(package: Path, sts: RunningSts) -> None:
    text = """
import os


class ToySource:
    def __init__(self, question):
        pass

    def code(self, last):
        return None if last else os.environ["TOY_CODE"]


def fits(env):
    return False


SOURCE = ToySource
"""
    add(package, "mfa/toy.py", text, "mfa/prompts.py", "PROMPTS = {", '    "toy": "toy",')
    env = {"AWSENV_MFA_PROMPT": "toy", "TOY_CODE": sts.code()}
    done = awsenv(package, "assume", "dev", "--shell", "bash", **env)
    assert done.returncode == 0, done.stderr
    assert "AWSENV_PROFILE='dev'" in done.stdout


def test_a_source(package: Path, sts: RunningSts) -> None:
    user = sts.world.user("alice")
    text = f"""
from awsenv.sources.root import Resolved, Root
from awsenv.values.credentials import Credentials


class ToySource:
    def find(self, profile, config, env):
        if not profile.get("toy"):
            return None
        return Root("toy", "a toy", identity="toy", profile=profile.name)

    def resolve(self, root, context):
        return Resolved(Credentials({user.key.id!r}, {user.key.secret!r}), None)


SOURCES = {{"toy": ToySource()}}
"""
    add(package, "sources/toy.py", text, "sources/__init__.py", "MODULES = {", '    "toy": "toy",')
    config = sts.aws_folder / "config"
    config.write_text(config.read_text() + "\n[profile toys]\ntoy = yes\nregion = eu-west-1\n")
    done = awsenv(package, "whoami", "toys")
    assert done.returncode == 0, done.stderr
    assert ":user/alice" in done.stdout
