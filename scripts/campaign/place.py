"""A home with a session in it, on the demo's STS, in which everything is tried."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from awsenv.demo.place import open_place
from awsenv.demo.server import Server

# The fast way relies on no file that may change again within its time stamp.
_TRUSTED_AFTER = 1.3
AWSENV = (sys.executable, "-P", "-m", "awsenv")


@dataclass
class Place:
    """`env` leads to the files under `home`; nothing of the caller's settings is in it."""

    home: Path
    server: Server
    env: dict[str, str]

    @property
    def cache(self) -> Path:
        return Path(self.env["AWSENV_CACHE_DIR"])

    def code(self) -> str:
        """An MFA code that will be accepted; waits where every one so far is used."""
        while True:
            code, wait = self.server.control.unused_code("", margin=25)
            if code:
                return code
            time.sleep(wait)

    def run(
        self, *words: str, env: Mapping[str, str] | None = None, timeout: float = 60
    ) -> "subprocess.CompletedProcess[str]":
        """Run awsenv with no terminal anywhere."""
        return subprocess.run(
            [*AWSENV, *words],
            env={**self.env, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            start_new_session=True,
            timeout=timeout,
            check=False,
        )

    def log_in(self) -> None:
        """A live session for every role of the demo."""
        done = self.run("login", "--mfa-code", self.code())
        assert done.returncode == 0, done.stderr
        for name in ("dev", "audit"):
            assert self.run("assume", name, "--shell", "bash").returncode == 0
        assert self.run("list").returncode == 0


@contextmanager
def new_place(*, logged_in: bool = True) -> Iterator[Place]:
    """A place that is gone afterwards."""
    with open_place() as place:
        ours = ("AWS", "XDG_")
        env = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
        env |= place.environment | {"LC_ALL": "C.UTF-8"}
        env.pop("AWSENV_DEMO")
        # Without it every process would compile what it imports.
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        found = Place(Path(place.home), place.server, env)
        if logged_in:
            time.sleep(_TRUSTED_AFTER)
            found.log_in()
        yield found
