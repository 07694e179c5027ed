"""The newcomer's world, its config, and the fixtures the other tests stand on."""

import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session

from awsenv.demo.server import Server
from awsenv.demo.world import demo_world, write_config
from support.demo_client import assume, client, mfa_session, refused
from support.world import RunningSts

AWS = Path(sys.executable).with_name("aws")


def aws(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [AWS, *args],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )


def test_the_aws_cli_works_with_it(sts: RunningSts) -> None:
    told = json.loads(aws("sts", "get-caller-identity").stdout)
    assert told["Arn"] == "arn:aws:iam::111122223333:user/alice"
    alice = sts.world.user("alice")
    serial = alice.mfa.serial
    asked = aws("sts", "get-session-token", "--serial-number", serial, "--token-code", sts.code())
    found = json.loads(asked.stdout)["Credentials"]
    session = {
        "AWS_ACCESS_KEY_ID": found["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": found["SecretAccessKey"],
        "AWS_SESSION_TOKEN": found["SessionToken"],
    }
    arn = sts.world.role("prod-admin").arn
    call = ("sts", "assume-role", "--role-session-name", "cli", "--role-arn", arn)
    assert json.loads(aws(*call, **session).stdout)["AssumedRoleUser"]["Arn"].endswith("/cli")
    without = aws(*call)
    assert without.returncode != 0
    assert "(AccessDenied) when calling the AssumeRole operation" in without.stderr
    assert "with an explicit deny in an identity-based policy" in without.stderr
    keys = json.loads(aws("iam", "list-access-keys").stdout)["AccessKeyMetadata"]
    assert [key["AccessKeyId"] for key in keys] == [alice.key.id]


@pytest.mark.parametrize(
    ("name", "params", "good"),
    [
        ("prod-admin", {}, True),
        ("prod-admin", {"DurationSeconds": 3601}, False),
        ("dev", {}, True),
        ("longhaul", {"DurationSeconds": 43200}, True),
        ("fresh-mfa", {}, True),
        ("external", {}, False),
        ("external", {"ExternalId": "tenant-42"}, True),
        ("forbidden", {}, False),
        ("audit", {}, False),
    ],
)
def test_what_alice_may(sts: RunningSts, name: str, params: dict[str, Any], good: bool) -> None:
    alice = sts.world.user("alice")
    arn = sts.world.role(name).arn
    assert ":111122223333:" not in arn
    session = mfa_session(sts.server, alice)
    if good:
        assert assume(sts.server, session, arn, **params)
    else:
        call = client(sts.server, session).assume_role
        refused(call, RoleArn=arn, RoleSessionName="tester", **params)
    for_long_lived_keys = refused(
        client(sts.server, alice.key).assume_role,
        RoleArn=arn,
        RoleSessionName="tester",
        **params,
    )
    assert "with an explicit deny in an identity-based policy" in for_long_lived_keys.message


def test_audit_is_reached_through_prod_admin(sts: RunningSts) -> None:
    session = mfa_session(sts.server, sts.world.user("alice"))
    admin = assume(sts.server, session, sts.world.role("prod-admin").arn)
    audit = assume(sts.server, admin, sts.world.role("audit").arn)
    who = client(sts.server, audit).get_caller_identity()["Arn"]
    assert who == "arn:aws:sts::222233334444:assumed-role/audit/tester"


def test_fresh_mfa_gets_stale(sts: RunningSts) -> None:
    session = mfa_session(sts.server, sts.world.user("alice"))
    sts.control.advance_sessions(301)
    call = client(sts.server, session).assume_role
    refused(call, RoleArn=sts.world.role("fresh-mfa").arn, RoleSessionName="tester")


def test_alice_may_look_after_herself_without_mfa(sts: RunningSts) -> None:
    iam = client(sts.server, sts.world.user("alice").key, "iam")
    assert iam.get_user()
    assert iam.list_mfa_devices()
    new = iam.create_access_key()["AccessKey"]["AccessKeyId"]
    iam.delete_access_key(AccessKeyId=new)


def test_every_start_has_keys_of_its_own() -> None:
    one, two = demo_world().user("alice"), demo_world().user("alice")
    assert one.key.id != two.key.id
    assert one.key.secret != two.key.secret
    assert one.mfa.seed != two.mfa.seed


def test_the_config_says_what_the_world_is(sts: RunningSts) -> None:
    profiles = Session().full_config["profiles"]
    names = {role.name for role in sts.world.roles.values()}
    assert set(profiles) == {"default"} | names
    assert {profiles[name]["role_arn"] for name in names} == set(sts.world.roles)
    serial = sts.world.user("alice").mfa.serial
    assert profiles["default"]["awsenv_mfa_serial"] == serial
    assert profiles["default"]["aws_secret_access_key"] == sts.world.user("alice").key.secret
    assert {p["endpoint_url"] for p in profiles.values()} == {sts.url}
    assert profiles["audit"]["source_profile"] == "prod-admin"
    assert "mfa_serial" not in profiles["audit"]
    for name in names - {"audit"}:
        assert profiles[name]["source_profile"] == "default"
        assert profiles[name]["mfa_serial"] == serial
    assert profiles["external"]["external_id"] == "tenant-42"
    assert profiles["longhaul"]["duration_seconds"] == "43200"
    assert len({p["region"] for p in profiles.values()}) > 2


def test_the_config_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "aws"
    folder.mkdir(parents=True, mode=0o700)
    old = folder / "credentials"
    old.write_text("old")
    old.chmod(0o644)
    write_config(demo_world(), "", str(folder))
    for name in ("config", "credentials"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert "old" not in old.read_text()
    assert "endpoint_url" not in (folder / "config").read_text()


@pytest.mark.parametrize("partition", ["aws-cn", "aws-us-gov"])
def test_the_world_in_another_partition(partition: str, tmp_path: Path) -> None:
    world = demo_world(partition)
    alice = world.user("alice")
    assert alice.mfa.serial == f"arn:{partition}:iam::111122223333:mfa/alice"
    with Server(world) as server:
        session = mfa_session(server, alice)
        admin = assume(server, session, world.role("prod-admin").arn)
        assert assume(server, admin, world.role("audit").arn)
        assert assume(server, session, world.role("dev").arn)
        write_config(world, server.url, str(tmp_path))
    assert "arn:aws:" not in (tmp_path / "config").read_text()


def test_it_listens_at_once() -> None:
    quickest = 1.0
    for _ in range(5):
        started = time.perf_counter()
        with Server(demo_world()) as server:
            assert server.control.count() == 0
            quickest = min(quickest, time.perf_counter() - started)
    assert quickest < 0.05


def test_it_loads_nothing_heavy() -> None:
    script = (
        "import sys, awsenv.demo.server\n"
        "heavy = {'boto3', 'botocore', 'typer', 'rich', 'dateutil', 'asyncio', 'subprocess'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_the_fixture_hands_out_codes_that_work(sts: RunningSts) -> None:
    alice = sts.world.user("alice")
    call = client(sts.server, alice.key).get_session_token
    for _ in range(2):
        assert call(SerialNumber=alice.mfa.serial, TokenCode=sts.code())


def test_the_environment_is_the_tests_own(clean_env: Path) -> None:
    assert Path.home() == clean_env
    names = {name for name in os.environ if name.startswith(("AWS_", "AWSENV_", "XDG_"))}
    assert names == {"AWS_EC2_METADATA_DISABLED"}
    assert not any(name.lower() in ("http_proxy", "https_proxy") for name in os.environ)


def test_the_program_runs_without_a_terminal(awsenv: Any) -> None:
    done = awsenv("--help", env={"COLUMNS": "80"})
    assert done.returncode == 0, done.stderr
