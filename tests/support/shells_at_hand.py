"""Which real programs a test may count on.

What is missing is skipped loudly on a developer's machine and is a failure under CI.
"""

import os
import shutil
import sys

import pytest

SHELLS = ("bash", "zsh", "fish")
# Shells that have statements but no hook. Other systems' packages of them are not installed.
WITHOUT_HOOK = ("ksh93", "mksh", "yash", "busybox", "tcsh", "elvish", "nu", "xonsh")
LINUX_ONLY = frozenset(
    {"strace", "gnome-keyring-daemon", "dbus-run-session", *WITHOUT_HOOK} - {"xonsh"}
)


def need_program(name: str) -> str:
    """The path of a program; skips the test where it is missing, or fails it under CI."""
    path = shutil.which(name)
    if path:
        return path
    if name in LINUX_ONLY and sys.platform != "linux":
        pytest.skip(f"{name} is installed on Linux only: what it would show is not tested here")
    if os.environ.get("CI"):
        pytest.fail(f"{name} is not installed, and under CI that is a failure")
    pytest.skip(f"{name.upper()} IS NOT INSTALLED: nothing that it does is tested here")


def need_shell(name: str) -> str:
    """The path of a shell: bash, zsh, fish or pwsh; see need_program."""
    if os.name == "nt" and name not in ("pwsh", "powershell"):
        pytest.skip(f"{name} is not driven through a terminal on Windows")
    return need_program(name)
