"""What everything runs on: the demo's STS and files, and folders with many profiles."""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from awsenv.demo.place import Place, open_place
from benchmarking.cases import timed

BIN = Path(sys.executable).parent
PYTHON = str(BIN / "python")
AWSENV = str(BIN / "awsenv")
# Of many profiles, those that are switched to.
_NOTED = tuple(f"role-{number}" for number in range(10))
# The fields of a record that hold the profile's name.
_NAMING = ("PROFILE", "ROLE_ARN", "IDENTITY_ARN", "OPTION_PROFILE")
# The fast way relies on no file that may change again within its time stamp.
_TRUSTED_AFTER = 1.5


@dataclass
class Ground:
    """`env` is an environment in which dev and prod-admin have live sessions."""

    place: Place
    env: dict[str, str]

    @property
    def folder(self) -> Path:
        return Path(self.place.folder)

    @property
    def serial(self) -> str:
        return self.place.server.world.user("alice").mfa.serial

    @property
    def role(self) -> str:
        return self.place.server.world.role("dev").arn

    @property
    def keys(self) -> dict[str, str]:
        """The user's keys, for what reads no profile."""
        key = self.place.server.world.user("alice").key
        return {
            "AWS_ACCESS_KEY_ID": key.id,
            "AWS_SECRET_ACCESS_KEY": key.secret,
            "AWS_DEFAULT_REGION": "eu-central-1",
        }

    def code(self) -> str:
        """A code that STS will take; that one was taken before is forgotten."""
        self.place.server.world.user("alice").mfa.last_step = -1
        while True:
            code, wait = self.place.server.control.unused_code()
            if code:
                return code
            time.sleep(wait)

    def empty(self, folder: str) -> Path:
        """A folder of that name with nothing in it."""
        path = self.folder / folder
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(mode=0o700)
        return path


@contextmanager
def open_ground() -> Iterator[Ground]:
    with open_place() as place:
        ours = ("AWS_", "AWSENV_")
        env = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
        env |= place.environment
        # Without it every process would compile what it imports.
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        # The demo would print the code beside the question.
        env.pop("AWSENV_DEMO")
        # No other awsenv, of which doctor would tell.
        folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
        others = [folder for folder in folders if not Path(folder, "awsenv").exists()]
        env["PATH"] = os.pathsep.join([str(BIN), *others])
        env |= {"LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}
        ground = Ground(place, env)
        time.sleep(_TRUSTED_AFTER)
        timed([AWSENV, "login", "--mfa-code", ground.code()], env)
        for name in ("dev", "prod-admin"):
            timed([AWSENV, "assume", name, "--shell", "bash"], env)
        yield ground


def with_many(ground: Ground, count: int) -> dict[str, str]:
    """An environment whose files `make_many` makes."""
    folder = ground.folder / f"many-{count}"
    files = {"AWS_CONFIG_FILE": folder / "config", "AWSENV_CACHE_DIR": folder / "cache"}
    return ground.env | {name: str(path) for name, path in files.items()}


def make_many(ground: Ground, *counts: int) -> None:
    """For each count so many profiles, each with a live session, and nothing else.

    The sessions are copies of dev's, filed as awsenv would file those of the profiles.
    """
    for count in counts:
        folder = ground.empty(f"many-{count}")
        names = [f"role-{number}" for number in range(count)]
        text = f"[default]\nregion = eu-central-1\nmfa_serial = {ground.serial}\n" + "".join(
            f"\n[profile {name}]\nrole_arn = arn:aws:iam::444455556666:role/{name}\n"
            f"source_profile = default\nmfa_serial = {ground.serial}\nregion = eu-west-1\n"
            for name in names
        )
        (folder / "config").write_text(text)
    time.sleep(_TRUSTED_AFTER)
    for count in counts:
        with patch.dict(os.environ, with_many(ground, count), clear=True):
            _file_sessions(Path(ground.env["AWSENV_CACHE_DIR"], "sessions"))


def _file_sessions(examples: Path) -> None:
    # awsenv.fast.note notes when it is imported, and trusts no file that is younger.
    from awsenv.config import load
    from awsenv.fast import note
    from awsenv.plan.plan import make_plan
    from awsenv.plan.request import Request
    from awsenv.plan.settings import Settings
    from awsenv.sessions import store
    from awsenv.sessions.session_record import as_session
    from awsenv.storage import record_format

    records = [record_format.read(str(path), path.name) or {} for path in examples.iterdir()]
    mfa = next(values for values in records if values["KIND"] == "mfa")
    role = next(values for values in records if values["PROFILE"] == "dev")
    config, settings = load(os.environ), Settings.read(os.environ)
    for name in config.profiles:
        plan = make_plan(Request(profile=name), config, settings, os.environ)
        *above, key = store.step_keys(plan)
        if not above:
            store.save(key, mfa)
            continue
        values = {
            field: text.replace("dev", name) if field in _NAMING else text
            for field, text in role.items()
        }
        store.save(key, values)
        if name not in _NOTED:
            continue
        note.leave(plan, as_session(values, key, plan), config, os.environ)
