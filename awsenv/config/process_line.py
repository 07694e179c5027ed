"""`credential_process = awsenv credential-process PROFILE`, for AWS tools."""

from __future__ import annotations

import os

PROCESS = ("awsenv", "credential-process")


def process_line(profile: str) -> str:
    """The command line, as the SDKs split it on this system."""
    words = [*PROCESS, *(["--"] if profile.startswith("-") else []), profile]
    if os.name == "nt":
        import subprocess

        return subprocess.list2cmdline(words)
    import shlex

    return shlex.join(words)
