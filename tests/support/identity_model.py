"""What users do to their files, at random, and whose keys awsenv then hands out.

After each step, the fast way, each shell's switch, `credential-process` and a saved profile are
compared with a plain reading of the files by botocore: the role that a profile names, and the
user whose keys are at its source. Whose keys were handed out, the STS that issued them says.
"""

import json
import os
import random
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import botocore.session

from awsenv.demo.model import Role
from awsenv.demo.world import trusting

if TYPE_CHECKING:
    from collections.abc import Callable
from support.hook_scenarios import KEY, Hooked
from support.saving import sections
from support.world import RunningSts, run_awsenv

ROLES = ("one", "two", "six")
PROFILES = ("a", "b")
SAVED = "a-sts"


@dataclass
class Model:
    """One user's files, which `random` changes, and shells beside them."""

    sts: RunningSts
    folder: Path
    shells: list[Hooked]
    random: random.Random
    done: list[str] = field(default_factory=list)
    checks: int = 0

    def __post_init__(self) -> None:
        world = self.sts.world
        for role in ROLES:
            world.add_role(role, trust=trusting(world.user("alice").account))
        # Codes are for the tests of MFA; here a wrong key must not hide behind a question.
        self.users = [world.add_user(name) for name in ("carol", "erika")]
        self.config = self.sts.aws_folder / "config"
        self.credentials = self.sts.aws_folder / "credentials"
        self.config.write_text(self.text_of({"a": "one", "b": "two"}))
        self.credentials.write_text(self.keys_of(0))

    # What is in the files

    def text_of(self, roles: dict[str, str]) -> str:
        arns = {name: self.sts.world.role(role).arn for name, role in roles.items()}
        return "[default]\nregion = eu-west-1\n" + "".join(
            f"\n[profile {name}]\nsource_profile = default\nrole_arn = {arn}\nregion = eu-west-1\n"
            for name, arn in arns.items()
        )

    def keys_of(self, user: int) -> str:
        key = self.users[user].key
        return f"[default]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"

    def some_roles(self) -> dict[str, str]:
        return {name: self.random.choice(ROLES) for name in PROFILES}

    # Steps

    def edit_a_role(self) -> None:
        self.config.write_text(self.text_of(self.some_roles()))

    def edit_and_keep_the_time(self) -> None:
        facts = self.config.stat()
        self.config.write_text(self.text_of(self.some_roles()))
        os.utime(self.config, ns=(facts.st_atime_ns, facts.st_mtime_ns))

    def replace_by_one_of_the_same_time(self) -> None:
        facts, other = self.config.stat(), self.folder / "other"
        other.write_text(self.text_of(self.some_roles()))
        os.utime(other, ns=(facts.st_atime_ns, facts.st_mtime_ns))
        other.replace(self.config.resolve())

    def replace_by_an_older_one(self) -> None:
        other = self.folder / "older"
        other.write_text(self.text_of(self.some_roles()))
        os.utime(other, (1_500_000_000, 1_500_000_000))
        shutil.copy2(other, self.config)

    def lead_the_link_elsewhere(self) -> None:
        other = self.folder / f"linked-{len(self.done)}"
        other.write_text(self.text_of(self.some_roles()))
        facts = self.config.stat()
        os.utime(other, ns=(facts.st_atime_ns, facts.st_mtime_ns))
        self.config.unlink()
        self.config.symlink_to(other)

    def swap_the_keys(self) -> None:
        facts = self.credentials.stat()
        rest = self.credentials.read_text().partition(f"\n[{SAVED}]")
        self.credentials.write_text(self.keys_of(self.random.randrange(2)) + "".join(rest[1:]))
        if self.random.random() < 0.5:
            os.utime(self.credentials, ns=(facts.st_atime_ns, facts.st_mtime_ns))

    def let_sessions_lapse(self) -> None:
        self.sts.control.advance_sessions(7200)
        for record in self.records():
            record.unlink()

    def save(self) -> None:
        run_awsenv("save", "a", "--as", SAVED)

    def log_out(self) -> None:
        run_awsenv("logout", self.random.choice(PROFILES))

    def records(self) -> list[Path]:
        homes = [Path(os.environ["HOME"]), *(shell.home for shell in self.shells)]
        return [path for home in homes for path in home.glob(".cache/awsenv/sessions/*")]

    # What has to hold

    def expected(self, name: str) -> tuple[str, str]:
        """The role and the user that `name` stands for, as botocore reads the files."""
        found = botocore.session.Session(profile=name).full_config["profiles"]
        key = found[found[name]["source_profile"]]["aws_access_key_id"]
        return found[name]["role_arn"], self.sts.world.key(key)[0].name

    def whose(self, key_id: str) -> tuple[str, str]:
        """The role and the user behind keys that were handed out, as STS knows them."""
        session = self.sts.world.sessions[key_id]
        assert isinstance(session.owner, Role)
        return session.owner.arn, self.sts.world.key(session.issued_to)[0].name

    def check(self) -> None:
        for name in PROFILES:
            expected = self.expected(name)
            for _ in range(2):
                done = run_awsenv("credential-process", name)
                assert done.returncode == 0, (self.done, done.stderr)
                self.agrees(json.loads(done.stdout)["AccessKeyId"], expected, "program")
            for shell in self.shells:
                for _ in range(2):
                    shell.shell.run(f"awsenv assume {name}")
                    self.agrees(shell.variable(KEY), expected, shell.syntax.name)
        if f"[{SAVED}]" in self.credentials.read_text():
            expected = self.expected("a")
            done = run_awsenv("credential-process", SAVED)
            assert done.returncode == 0, (self.done, done.stderr)
            self.agrees(json.loads(done.stdout)["AccessKeyId"], expected, "saved profile")
            there = sections(self.credentials)[SAVED]["aws_access_key_id"]
            self.agrees(there, expected, "saved section")

    def agrees(self, key_id: str, expected: tuple[str, str], who: str) -> None:
        self.checks += 1
        assert self.whose(key_id) == expected, (who, self.done)

    def run(self, steps: int) -> None:
        possible: list[Callable[[], None]] = [
            self.edit_a_role,
            self.edit_and_keep_the_time,
            self.replace_by_one_of_the_same_time,
            self.replace_by_an_older_one,
            self.lead_the_link_elsewhere,
            self.swap_the_keys,
            self.let_sessions_lapse,
            self.save,
            self.log_out,
        ]
        self.check()
        for _ in range(steps):
            step = self.random.choice(possible)
            self.done.append(step.__name__)
            step()
            if self.random.random() < 0.7:
                # Longer than a file that changed is in doubt: the fast ways have their say.
                time.sleep(1.1)
            self.check()
