"""`awsenv list`: every profile at a glance, without the network."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from awsenv.demo.world import HOME
from support.assuming import assume
from support.records import with_check
from support.sources import add_section, open_portal
from support.world import RunningSts, run_awsenv, settle


def rows(env: dict[str, str] | None = None) -> dict[str, dict[str, Any]]:
    done = run_awsenv("list", "--json", env=env)
    assert done.returncode == 0, done.stderr
    return {row["profile"]: row for row in json.loads(done.stdout)}


def test_every_kind_of_profile(sts: RunningSts, monkeypatch) -> None:
    serial = sts.world.user("alice").mfa.serial
    with open_portal(sts, monkeypatch) as portal:
        add_section(sts, "profile broken", role_arn="arn:aws:iam::1:role/x", source_profile="nope")
        add_section(sts, "profile empty", region="eu-west-1")
        add_section(sts, "profile tool", credential_process="true")
        role = {"role_arn": portal.role.arn, "credential_source": "Ec2InstanceMetadata"}
        add_section(sts, "profile machine", **role)
        found = rows()
        assert portal.asked == []
    assert sts.control.count() == 0
    assert found["default"] == {
        "profile": "default",
        "account_name": None,
        "color": None,
        "account": HOME,
        "role": None,
        "role_arn": None,
        "source": "keys",
        "source_profile": "default",
        "through": [],
        "mfa_serial": serial,
        "region": "eu-central-1",
        "seconds_left": 0,
        "problem": None,
    }
    audit = found["audit"]
    assert (audit["account"], audit["role"]) == ("222233334444", "audit")
    assert audit["role_arn"] == sts.world.role("audit").arn
    assert audit["through"] == ["prod-admin", "default"]
    assert audit["source_profile"] == "default"
    corp = found["corp"]
    assert (corp["source"], corp["role"], corp["account"]) == ("sso", "Developer", "444455556666")
    assert found["machine"]["source"] == "ec2"
    assert found["tool"]["source"] == "process"
    assert "which does not exist (~/.aws/config:" in found["broken"]["problem"]
    assert "neither a role nor keys" in found["empty"]["problem"]


def test_the_table_and_the_time_left(sts: RunningSts) -> None:
    assume("prod-admin", "--mfa-code", sts.code())
    found = rows()
    assert 3500 < found["prod-admin"]["seconds_left"] <= 3600
    assert 43000 < found["default"]["seconds_left"] <= 43200
    assert found["dev"]["seconds_left"] == 0
    done = run_awsenv("list")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["PROFILE", "ACCOUNT", "ROLE", "FROM", "MFA", "REGION", "LEFT"]
    by_name = {line.split()[0]: line.split() for line in lines[1:]}
    assert by_name["prod-admin"][1:-1] == [
        "444455556666",
        "prod-admin",
        "keys",
        "default",
        "yes",
        "eu-west-1",
    ]
    assert by_name["prod-admin"][-1] in ("59m", "1h00m")
    assert by_name["default"][-1] in ("11h59m", "12h00m")
    assert by_name["dev"][-1] == "-"
    # A session that the config does not lead to any more is not this profile's.
    config = sts.aws_folder / "config"
    config.write_text(config.read_text().replace("role/prod-admin", "role/other"))
    assert rows()["prod-admin"]["seconds_left"] == 0


def test_hostile_names_and_no_profiles(sts: RunningSts) -> None:
    add_section(sts, "profile \x1b[31mred\u202e", region="eu-west-1")
    out = run_awsenv("list").stdout
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "\\x1b[31mred\\u202e" in out
    done = run_awsenv("list", env={"AWS_CONFIG_FILE": "", "AWS_SHARED_CREDENTIALS_FILE": ""})
    assert done.returncode == 0
    assert "no profiles yet" in done.stdout
    (sts.aws_folder / "config").write_text("[profile a]\n[profile a]\n")
    done = run_awsenv("list")
    assert done.returncode == 3
    assert "~/.aws/config:2" in done.stderr


def test_a_thousand_profiles_without_botocore(clean_env: Path) -> None:
    folder = clean_env / ".aws"
    folder.mkdir()
    sections = [
        f"[profile p{n}]\nrole_arn = arn:aws:iam::{n:012}:role/r\nsource_profile = keys\n"
        for n in range(1000)
    ]
    (folder / "config").write_text("\n".join(sections))
    (folder / "credentials").write_text("[keys]\naws_access_key_id=A\naws_secret_access_key=S\n")
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "awsenv", "list"],
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
    )
    assert done.stdout.count("\n") == 1002
    assert "awsenv.listing.overview" in done.stderr
    for heavy in ("botocore", "boto3", "dateutil", "filelock", "rich", "json"):
        assert f" {heavy}\n" not in done.stderr, heavy


def test_what_is_kept_for_the_next_time_never_shows(sts: RunningSts) -> None:
    settle(sts)
    index = Path.home() / ".cache/awsenv/overview"
    sessions = Path.home() / ".cache/awsenv/sessions"
    live = {"default", "dev", "prod-admin"}

    def lefts(env: dict[str, str] | None = None) -> set[str]:
        """The profiles with time left, which must be the same without what was kept."""
        found = {name for name, row in rows(env).items() if row["seconds_left"]}
        kept = index.read_bytes()
        index.unlink()
        anew = {name for name, row in rows(env).items() if row["seconds_left"]}
        assert found == anew
        index.write_bytes(kept)
        return found

    assert rows()["dev"]["seconds_left"] == 0
    keys = {name: assume(name, "--mfa-code", sts.code())["AWSENV_SESSION"] for name in live}
    assert lefts() == live
    known = [line.split("\t") for line in index.read_text().splitlines()]
    assert {row[1]: row[2] for row in known if row[0] == "P" and row[2]} == keys
    assert lefts({"AWSENV_DURATION": "2h"}) == {"default"}
    assert lefts() == live
    # A record that changes, goes, or is not to be trusted any more.
    record = sessions / (keys["dev"] or "")
    text = record.read_text()
    record.write_text(with_check(text.replace("EXPIRES_AT=", "EXPIRES_AT=1")))
    assert lefts() == live - {"dev"}
    record.write_text(text)
    assert lefts() == live
    record.chmod(0o644)
    assert lefts() == live - {"dev"}
    record.chmod(0o600)
    assert lefts() == live
    record.unlink()
    assert lefts() == live - {"dev"}
    # A config that changes, even for an older one.
    config = sts.aws_folder / "config"
    text = config.read_text()
    config.write_text(text.replace("role/prod-admin", "role/other"))
    os.utime(config, (1_600_000_000, 1_600_000_000))
    assert lefts() == {"default"}
    settle(sts)
    assert lefts() == {"default"}
    config.write_text(text)
    assert lefts() == live - {"dev"}
    for spoilt in (b"", b"\xff\t", index.read_bytes()[:-3], b"AWSENV_OVERVIEW=1\n|\nR\tx\nEND\n"):
        index.write_bytes(spoilt)
        assert lefts() == live - {"dev"}


def test_what_hangs_on_the_environment_is_looked_up_each_time(sts: RunningSts) -> None:
    role = {"role_arn": sts.world.role("dev").arn, "credential_source": "Environment"}
    add_section(sts, "profile ci", **role)
    settle(sts)
    keys = {"AWS_ACCESS_KEY_ID": "AKIAX", "AWS_SECRET_ACCESS_KEY": "x"}
    for _ in range(2):
        assert "no keys in the environment" in rows()["ci"]["problem"]
        assert rows(keys)["ci"]["source"] == "environment"
