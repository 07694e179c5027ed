"""The demo's temporary place: a home with AWS files, a cache, and a shell that uses only these."""

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from awsenv.demo.control import Control
from awsenv.demo.server import Server
from awsenv.demo.world import demo_world, write_config
from awsenv.errors import UsageError
from awsenv.storage import locking
from awsenv.storage.private_files import make_private_dir, write_private

# Names the file that says where the running demo's control endpoint is, for the demo's own shell.
VARIABLE = "AWSENV_DEMO"
_PREFIX, _ALIVE = "awsenv-demo-", "alive"
# How long a demo may take to start, in seconds.
_UNFINISHED = 60


@dataclass
class Place:
    """A running demo: its folder, its server and the environment that leads to them."""

    folder: str
    server: Server
    environment: dict[str, str]

    @property
    def home(self) -> str:
        return os.path.join(self.folder, "home")


@contextmanager
def open_place() -> Iterator[Place]:
    """A demo that runs while the block does; its folder is removed afterwards."""
    _sweep()
    folder = os.path.realpath(tempfile.mkdtemp(prefix=_PREFIX))
    # Held while the demo runs, and released however it ends.
    held = locking.take(os.path.join(folder, _ALIVE))
    try:
        with Server(demo_world()) as server:
            yield _furnish(folder, server)
    finally:
        if held is not None:
            os.close(held)
        shutil.rmtree(folder, ignore_errors=True)


def _sweep() -> None:
    """Remove the folders of demos that were killed."""
    above = tempfile.gettempdir()
    for name in os.listdir(above):
        folder = os.path.join(above, name)
        if not name.startswith(_PREFIX) or os.path.islink(folder):
            continue
        with suppress(OSError):
            facts = os.stat(folder)
            if os.name == "posix" and facts.st_uid != os.geteuid():
                continue
            alive = os.path.join(folder, _ALIVE)
            # A demo that has just been created may not hold its lock yet.
            if time.time() - facts.st_mtime < _UNFINISHED or not os.path.isfile(alive):
                continue
            held = locking.take(alive)
            if held is not None:
                os.close(held)
                shutil.rmtree(folder, ignore_errors=True)


def _furnish(folder: str, server: Server) -> Place:
    home = os.path.join(folder, "home")
    aws = os.path.join(home, ".aws")
    make_private_dir(aws)
    # The endpoint comes from the environment, so that a profile copied elsewhere does not lead
    # here.
    write_config(server.world, "", aws)
    control = os.path.join(folder, "control")
    write_private(control, json.dumps({"url": server.url, "token": server.control_token}))
    _make_program(os.path.join(folder, "bin"))
    if shutil.which("aws") is None:
        _make_aws(os.path.join(folder, "bin"))
    environment = {
        "HOME": home,
        "AWS_CONFIG_FILE": os.path.join(aws, "config"),
        "AWS_SHARED_CREDENTIALS_FILE": os.path.join(aws, "credentials"),
        "AWS_ENDPOINT_URL": server.url,
        # There is no console here, and nothing may be sent to the real one.
        "AWSENV_SIGNIN_URL": f"{server.url}/federation",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWSENV_CACHE_DIR": os.path.join(folder, "cache"),
        "XDG_CACHE_HOME": os.path.join(home, ".cache"),
        "XDG_DATA_HOME": os.path.join(home, ".local", "share"),
        "NO_PROXY": "127.0.0.1,localhost",
        # Sessions of seconds (`awsenv demo expire 20`) start green too.
        "AWSENV_PROMPT_WARN": "12",
        "AWSENV_PROMPT_URGENT": "6",
        "PATH": os.pathsep.join([os.path.join(folder, "bin"), os.environ.get("PATH", os.defpath)]),
        VARIABLE: control,
    }
    return Place(folder, server, environment)


def _make_program(folder: str) -> None:
    """`awsenv` in the demo's PATH is the one that runs the demo, wherever that is installed.

    -P: no module in the folder that the person is in may take the place of one of its own.
    """
    make_private_dir(folder)
    if os.name != "posix":
        write_private(os.path.join(folder, "awsenv.cmd"), f'@"{sys.executable}" -P -m awsenv %*\n')
        return
    import shlex

    path = os.path.join(folder, "awsenv")
    write_private(path, f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P -m awsenv "$@"\n')
    os.chmod(path, 0o700)


# What the demo suggests where there is no AWS CLI: without it, no command would ask for a code.
_AWS = r"""#!/bin/sh
if [ "$*" = "sts get-caller-identity" ]; then exec awsenv whoami; fi
echo "aws: no AWS CLI is installed; the demo's knows \`aws sts get-caller-identity\` only" >&2
exit 2
"""


def _make_aws(folder: str) -> None:
    """A stand-in for the AWS CLI, which tells whose the shell's credentials are."""
    if os.name != "posix":
        write_private(os.path.join(folder, "aws.cmd"), "@awsenv whoami\n")
        return
    path = os.path.join(folder, "aws")
    write_private(path, _AWS)
    os.chmod(path, 0o700)


def running() -> Control:
    """The control of the demo that this shell is in; raises UsageError outside of one."""
    try:
        with open(os.environ.get(VARIABLE, ""), encoding="utf-8") as file:
            told = json.load(file)
        return Control(told["url"], told["token"])
    except (OSError, ValueError, LookupError, TypeError):
        raise UsageError("this shell is in no demo", "start one with: awsenv demo") from None
