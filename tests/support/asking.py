"""Shells in which `asker` and `holder` are programs: see asking_program and holding_program."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.terminal_driver import Driven, bare_environment, drive

HERE = Path(__file__).parent
SERIAL = "arn:aws:iam::111122223333:mfa/alice"
PROMPT = "code for the test:"
Start = Callable[..., Driven]


def tools(folder: Path) -> str:
    """A PATH on which the two programs are."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    for name, file in {"asker": "asking_program.py", "holder": "holding_program.py"}.items():
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec {sys.executable} {HERE / file} "$@"\n')
        program.chmod(0o755)
    return os.pathsep.join([str(programs), bare_environment(folder)["PATH"]])


def start(shell: str, folder: Path, rc: str = "", **env: str) -> Driven:
    """A shell with the two programs, whose answers go to `folder`/out as well."""
    return drive(
        shell,
        folder,
        rc=rc,
        # So that no line is wrapped: temporary folders have long names.
        columns=300,
        env={
            "PATH": tools(folder),
            "ASKING": shell,
            "ASKING_OUT": str(folder / "out"),
            "PYTHONPATH": str(HERE.parents[1]),
            **env,
        },
    )


def answers(folder: Path) -> list[str]:
    """What the asking programs came to, one line each."""
    out = folder / "out"
    return out.read_text().splitlines() if out.exists() else []


def assert_sane(shell: Driven) -> None:
    """The shell has its foreground back, and programs get a terminal in its usual modes."""
    if shell.foreground() != shell.pid:
        pytest.fail("the foreground was not given back")
    modes = shell.run("stty -a")
    for mode in ("echo", "icanon", "isig", "icrnl", "opost", "iexten"):
        assert f"-{mode}" not in modes.replace(";", " ").split(), modes
        assert mode in modes.replace(";", " ").split(), modes
    # The shell may tell of a job that has ended.
    assert "sane" in shell.run("echo sa''ne").splitlines()
