"""Fixtures for every test: an environment of its own, a running STS, the program."""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from awsenv.demo.server import Server
from awsenv.demo.world import demo_world, write_config
from support.world import RunningSts, run_awsenv


def pytest_configure() -> None:
    # So that a scenario of the hooks that fails says what it saw.
    pytest.register_assert_rewrite("support.hook_scenarios", "support.question_scenarios")


# What random tests start from, the same in every worker; AWSENV_TEST_SEED repeats a run.
SEED = int(os.environ.get("AWSENV_TEST_SEED") or random.SystemRandom().randrange(10**9))
os.environ["AWSENV_TEST_SEED"] = str(SEED)


def pytest_report_header() -> str:
    return f"AWSENV_TEST_SEED={SEED}"


@pytest.fixture
def seed() -> int:
    """What a random test starts from; it stands at the top of each run, failed or not."""
    return SEED


@pytest.fixture(autouse=True)
def clean_env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A HOME of the test's own, and nothing of the caller's AWS, awsenv or XDG settings."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "AWSENV_", "XDG_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    if os.name == "nt":
        monkeypatch.setenv("LOCALAPPDATA", str(home / "AppData" / "Local"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    return home


@pytest.fixture
def sts(clean_env: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningSts]:
    """A running server with the newcomer's world, and its config under HOME/.aws."""
    with Server(demo_world()) as server:
        folder = clean_env / ".aws"
        write_config(server.world, server.url, str(folder))
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        yield RunningSts(server, folder)


@pytest.fixture
def awsenv() -> Callable[..., CompletedProcess[str]]:
    """Run the real program: awsenv("assume", "dev", env={...}, timeout=60)."""
    return run_awsenv
