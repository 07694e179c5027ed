"""Assume a profile, and ask the real aws CLI and boto3 whose credentials those are."""

import json
import os
import subprocess
import sys
from pathlib import Path

from support.world import run_awsenv

AWS = str(Path(sys.executable).with_name("aws"))


def assume(*args: str, env: dict[str, str] | None = None) -> dict[str, str | None]:
    """The variables that an assume sets (None: unsets); it must have succeeded."""
    done = run_awsenv("assume", *args, "--format", "json", env=env)
    assert done.returncode == 0, done.stderr
    found: dict[str, str | None] = json.loads(done.stdout)
    return found


def environment(change: dict[str, str | None]) -> dict[str, str]:
    env = {**os.environ, **{name: value for name, value in change.items() if value is not None}}
    return {name: value for name, value in env.items() if change.get(name, "") is not None}


def identity_by_cli(env: dict[str, str]) -> str:
    told = subprocess.run(
        [AWS, "sts", "get-caller-identity", "--output", "json"],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    return str(json.loads(told.stdout)["Arn"])


def identity_by_boto3(env: dict[str, str]) -> str:
    program = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    told = subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True
    )
    return told.stdout.strip()


def evaluated(*args: str, env: dict[str, str] | None = None) -> dict[str, str]:
    """The environment of a bash with `env` once it has evaluated what awsenv prints for it."""
    done = run_awsenv(*args, "--shell", "bash", env=env)
    assert done.returncode == 0, done.stderr
    shown = subprocess.run(
        ["bash", "-c", 'eval "$1" && exec env -0', "-", done.stdout],
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return dict(pair.split("=", 1) for pair in shown.rstrip("\0").split("\0"))
