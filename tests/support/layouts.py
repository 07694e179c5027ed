"""The three ways in which people keep MFA sessions as profiles, written for the local STS."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from support.assuming import identity_by_boto3, identity_by_cli
from support.world import RunningSts


@dataclass
class Layout:
    """`keys` holds the user's own keys, `saved` the session; `roles` use it as their source."""

    keys: str
    saved: str
    roles: dict[str, str]


LAYOUTS = {
    "ops": Layout("ops", "mfadev", {"dev": "mfadev"}),
    "default": Layout(
        "default",
        "default-sts",
        {"dev": "default-sts", "prod-admin": "default-sts", "longhaul": "default-sts"},
    ),
    "production": Layout("production-mfa", "production", {"prod-admin": "production"}),
}


def write_layout(sts: RunningSts, layout: Layout, *, save_as: bool = False) -> None:
    """Write it to HOME/.aws; with `save_as` the keys' profile names the saved one in the config."""
    alice = sts.world.user("alice")
    header = layout.keys if layout.keys == "default" else f"profile {layout.keys}"
    config = f"# by hand\n[{header}]\nregion = eu-central-1\nmfa_serial = {alice.mfa.serial}\n"
    if save_as:
        config += f"awsenv_save_as = {layout.saved}\n"
    for role, source in layout.roles.items():
        arn = sts.world.role(role).arn
        config += f"\n[profile {role}]\nrole_arn = {arn}\nsource_profile = {source}\n"
        config += "region = eu-west-1\n"
    (sts.aws_folder / "config").write_text(config)
    (sts.aws_folder / "credentials").write_text(
        f"# keys of mine\n[{layout.keys}]\naws_access_key_id = {alice.key.id}\n"
        f"aws_secret_access_key = {alice.key.secret}\n"
    )


def bare(profile: str) -> dict[str, str]:
    """The environment of a tool that knows of no awsenv, only of AWS_PROFILE."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWSENV_")}
    return {**env, "AWS_PROFILE": profile}


def who_is(profile: str) -> str:
    """The ARN that the real aws CLI and boto3 are with `profile`; they must agree."""
    found = identity_by_cli(bare(profile)), identity_by_boto3(bare(profile))
    assert len({arn.rpartition("/")[0] for arn in found}) == 1, found
    return found[0]


def refusal_of(profile: str) -> str:
    """What the aws CLI says where `profile` is of no use."""
    told = subprocess.run(
        [str(Path(sys.executable).with_name("aws")), "sts", "get-caller-identity"],
        env=bare(profile),
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode
    return told.stderr
