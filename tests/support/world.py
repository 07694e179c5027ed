"""What the shared fixtures are made of: a running server with its config, and the program."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from awsenv.demo.control import Control
from awsenv.demo.server import Server
from awsenv.demo.world import World


@dataclass
class RunningSts:
    """A server with its world, and the config that leads to it under HOME/.aws."""

    server: Server
    aws_folder: Path

    @property
    def control(self) -> Control:
        return self.server.control

    @property
    def world(self) -> World:
        return self.server.world

    @property
    def url(self) -> str:
        return self.server.url

    def code(self, serial: str = "") -> str:
        """An MFA code that will be accepted; waits only where every one so far is used."""
        while True:
            code, wait = self.control.unused_code(serial)
            if code:
                return code
            time.sleep(wait)


def run_awsenv(
    *args: str, env: dict[str, str] | None = None, timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run the real program with no terminal anywhere; `env` is added to the environment."""
    return subprocess.run(
        [sys.executable, "-m", "awsenv", *args],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, **(env or {})},
        start_new_session=True,
        timeout=timeout,
        check=False,
    )


def settle(sts: RunningSts) -> None:
    """Wait until the config is old enough for nobody to doubt when it was written."""
    changed = max(path.stat().st_ctime for path in sts.aws_folder.iterdir())
    time.sleep(max(0.0, changed + 1.2 - time.time()))


def without_endpoints(sts: RunningSts) -> None:
    """Leave the endpoint to AWS_ENDPOINT_URL: what a profile says of it, a shell leaves to us."""
    config = sts.aws_folder / "config"
    config.write_text(config.read_text().replace(f"endpoint_url = {sts.url}\n", ""))
