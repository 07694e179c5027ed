"""What users do to their files and their environment, at random, and whose keys awsenv hands out.

After each step, the fast way, each shell's switch, `credential-process`, `exec`, a saved profile
and `status` are compared with a plain reading of the files by botocore: the roles that a profile
leads through, and the user or the container at its source. Whose keys were handed out, the STS that
issued them says.
"""

import json
import os
import random
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import botocore.session
import pytest

from awsenv.demo.model import Role
from awsenv.demo.world import trusting

if TYPE_CHECKING:
    from collections.abc import Callable
from support.hooked_shells import KEY, Hooked
from support.saving import sections
from support.stand_ins import Container
from support.world import RunningSts, run_awsenv

ROLES = ("one", "two", "six")
# Roles from keys, from another profile, from a program, and from a container.
PROFILES = ("a", "b", "tool", "task")
SAVED = "a-sts"
# The session name of the last role, if the profile sets one; all roles; and who it began with.
Identity = tuple[str, ...]
CONTAINER = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
FILES = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")


@dataclass
class Model:
    """One user's two homes, which `random` changes, and shells beside them."""

    sts: RunningSts
    folder: Path
    shells: list[Hooked]
    random: random.Random
    environment: pytest.MonkeyPatch
    containers: Mapping[str, Container]
    done: list[str] = field(default_factory=list)
    checks: int = 0

    def __post_init__(self) -> None:
        world = self.sts.world
        for role in (*ROLES, "top"):
            world.add_role(role, trust=trusting("*"))
        # Codes are for the tests of MFA; here a wrong key must not hide behind a question.
        self.users = [world.add_user(name) for name in ("carol", "erika")]
        self.places = [self.sts.aws_folder, self.folder / "other-home" / ".aws"]
        self.places[1].mkdir(parents=True)
        self.config, self.credentials = self.paths(0)
        for number in (0, 1):
            config, credentials = self.paths(number)
            config.write_text(self.text_of({"a": ROLES[number], "b": "six"}))
            credentials.write_text(self.keys_of(number))

    def begin(self) -> None:
        """With the shells there: one cache for each, whatever home it is in."""
        for shell in self.shells:
            shell.apply({"AWSENV_CACHE_DIR": str(shell.home / ".cache" / "awsenv")})
        cache = str(Path(os.environ["HOME"], ".cache", "awsenv"))
        self.environment.setenv("AWSENV_CACHE_DIR", cache)
        self.set({CONTAINER: self.containers["carol"].url})

    # What is in the files and in the environment

    def paths(self, number: int) -> tuple[Path, Path]:
        return self.places[number] / "config", self.places[number] / "credentials"

    def text_of(self, roles: dict[str, str]) -> str:
        world, choice = self.sts.world, self.random.choice
        arns = {name: world.role(role).arn for name, role in roles.items()}
        sources = {"a": "default", "b": choice(("default", "a"))}
        program = f"{sys.executable} -m awsenv credential-process a"
        names = {name: choice(("", "", "role_session_name = mine\n")) for name in arns}
        return (
            "[default]\nregion = eu-west-1\n"
            + "".join(
                f"\n[profile {name}]\nsource_profile = {sources[name]}\nrole_arn = {arn}\n"
                + f"region = eu-west-1\n{names[name]}"
                for name, arn in arns.items()
            )
            + f"\n[profile tool]\nregion = eu-west-1\ncredential_process = {program}\n"
            + f"\n[profile task]\nregion = eu-west-1\nrole_arn = {world.role('top').arn}\n"
            + "credential_source = EcsContainer\n"
        )

    def keys_of(self, user: int) -> str:
        key = self.users[user].key
        return f"[default]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"

    def some_text(self) -> str:
        return self.text_of({name: self.random.choice(ROLES) for name in "ab"})

    def set(self, values: Mapping[str, str], unset: tuple[str, ...] = ()) -> None:
        for name, value in values.items():
            self.environment.setenv(name, value)
        for name in unset:
            self.environment.delenv(name, raising=False)
        for shell in self.shells:
            shell.apply(values, unset)

    # Steps

    def edit_a_role(self) -> None:
        self.config.write_text(self.some_text())

    def edit_and_keep_the_time(self) -> None:
        facts = self.config.stat()
        self.config.write_text(self.some_text())
        os.utime(self.config, ns=(facts.st_atime_ns, facts.st_mtime_ns))

    def replace_by_one_of_the_same_time(self) -> None:
        facts, other = self.config.stat(), self.folder / "other"
        other.write_text(self.some_text())
        os.utime(other, ns=(facts.st_atime_ns, facts.st_mtime_ns))
        other.replace(self.config.resolve())

    def replace_by_an_older_one(self) -> None:
        other = self.folder / "older"
        other.write_text(self.some_text())
        os.utime(other, (1_500_000_000, 1_500_000_000))
        shutil.copy2(other, self.config)

    def lead_the_link_elsewhere(self) -> None:
        other = self.folder / f"linked-{len(self.done)}"
        other.write_text(self.some_text())
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

    def name_other_files(self) -> None:
        config, credentials = self.random.randrange(2), self.random.randrange(2)
        self.config, self.credentials = self.paths(config)[0], self.paths(credentials)[1]
        self.set(dict(zip(FILES, (str(self.config), str(self.credentials)), strict=True)))

    def move_to_a_home(self) -> None:
        number = self.random.randrange(2)
        self.config, self.credentials = self.paths(number)
        self.set({"HOME": str(self.places[number].parent)}, FILES)

    def move_to_a_container(self) -> None:
        self.set({CONTAINER: self.random.choice(list(self.containers.values())).url})

    def export_a_profile(self) -> None:
        if self.random.random() < 0.5:
            self.set({"AWS_PROFILE": "b"})
        else:
            self.set({}, ("AWS_PROFILE",))

    def records(self) -> list[Path]:
        caches = [os.environ["AWSENV_CACHE_DIR"]]
        caches += [str(shell.home / ".cache" / "awsenv") for shell in self.shells]
        return [path for cache in caches for path in Path(cache, "sessions").glob("*")]

    # What has to hold

    def expected(self, name: str) -> Identity:
        """Whom `name` stands for, as botocore reads the files."""
        profiles = botocore.session.Session(profile=name).full_config["profiles"]

        def of(each: str) -> Identity:
            profile = profiles[each]
            if "credential_process" in profile:
                return of("a")
            if "credential_source" in profile:
                url = os.environ[CONTAINER]
                at = next(who for who, found in self.containers.items() if found.url == url)
                return ("", profile["role_arn"], f"container of {at}")
            if "role_arn" not in profile:
                return ("", self.sts.world.key(profile["aws_access_key_id"])[0].name)
            own = profile.get("role_session_name", "")
            return (own, profile["role_arn"], *of(profile["source_profile"])[1:])

        return of(name)

    def whose(self, key_id: str) -> Identity:
        """Whom keys that were handed out belong to, as the STS knows them."""
        session = self.sts.world.sessions[key_id]
        own = session.name if session.name == "mine" else ""
        found = []
        while True:
            assert isinstance(session.owner, Role)
            if session.name.startswith("container of "):
                return (own, *found, session.name)
            found.append(session.owner.arn)
            following = self.sts.world.sessions.get(session.issued_to)
            if following is None:
                return (own, *found, self.sts.world.key(session.issued_to)[0].name)
            session = following

    def check(self) -> None:
        for name in self.random.sample(PROFILES, 2):
            expected = self.expected(name)
            self.check_program(name, expected)
            for shell in self.shells:
                for _ in range(2):
                    shell.shell.run(f"awsenv assume {name}")
                    self.agrees(shell.variable(KEY), expected, f"{shell.syntax.name}: {name}")
        if f"[{SAVED}]" in self.credentials.read_text():
            expected = self.expected("a")
            done = run_awsenv("credential-process", SAVED)
            assert done.returncode == 0, (self.done, done.stderr)
            self.agrees(json.loads(done.stdout)["AccessKeyId"], expected, "saved profile")
            there = sections(self.credentials)[SAVED]["aws_access_key_id"]
            self.agrees(there, expected, "saved section")

    def check_program(self, name: str, expected: Identity) -> None:
        calls = 0
        for _ in range(2):
            calls = self.sts.control.count("AssumeRole")
            done = run_awsenv("credential-process", name)
            assert done.returncode == 0, (self.done, done.stderr)
            self.agrees(json.loads(done.stdout)["AccessKeyId"], expected, f"program: {name}")
        # Never a slower answer without a reason.
        assert self.sts.control.count("AssumeRole") == calls, (name, self.done)
        done = run_awsenv("exec", name, "printenv", KEY)
        self.agrees(done.stdout.strip(), expected, f"exec: {name}")
        told = json.loads(run_awsenv("status", name, "--json").stdout)
        if name != "tool":
            assert told["role_arn"] == expected[1], (name, self.done)
        assert told["seconds_left"] > 0, (name, self.done)

    def agrees(self, key_id: str, expected: Identity, who: str) -> None:
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
            self.name_other_files,
            self.move_to_a_home,
            self.move_to_a_container,
            self.export_a_profile,
        ]
        self.begin()
        self.check()
        for _ in range(steps):
            step = self.random.choice(possible)
            self.done.append(step.__name__)
            step()
            if self.random.random() < 0.7:
                # Longer than a file that changed is in doubt: the fast ways have their say.
                time.sleep(1.1)
            self.check()
