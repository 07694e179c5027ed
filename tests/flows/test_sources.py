"""Credentials at the root of a chain: SSO, web identity, metadata endpoints, the environment."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from awsenv.demo.model import Role
from awsenv.demo.world import trusting
from awsenv.values.notation import iso_utc
from support.assuming import assume, environment, evaluated, identity_by_boto3, identity_by_cli
from support.sources import START_URL, add_role, add_section, open_portal, sign_in
from support.stand_ins import Container, Imds, Portal, issue
from support.world import RunningSts, run_awsenv


@pytest.fixture
def portal(sts: RunningSts, monkeypatch: pytest.MonkeyPatch) -> Iterator[Portal]:
    with open_portal(sts, monkeypatch) as portal:
        yield portal


def test_sso_session(portal: Portal) -> None:
    sign_in("work")
    change = assume("corp")
    env = environment(change)
    arn = f"arn:aws:sts::{portal.role.account}:assumed-role/Developer/jane"
    assert identity_by_boto3(env) == identity_by_cli(env) == arn
    assert change["AWS_REGION"] == "eu-north-1"
    assert 3500 < int(change["AWSENV_EXPIRES_AT"] or "") - time.time() <= 3600
    # The second time it comes from the record, which the other commands see too.
    assert assume("corp")["AWS_ACCESS_KEY_ID"] == change["AWS_ACCESS_KEY_ID"]
    assert len(portal.asked) == 1
    facts = json.loads(run_awsenv("status", "corp", "--json").stdout)
    assert facts["account"] == portal.role.account
    assert facts["seconds_left"] > 3500
    told = json.loads(run_awsenv("credential-process", "corp").stdout)
    assert told["AccessKeyId"] == change["AWS_ACCESS_KEY_ID"]
    assert assume("corp", "--refresh")["AWS_ACCESS_KEY_ID"] != change["AWS_ACCESS_KEY_ID"]
    assert arn in run_awsenv("whoami", "corp").stdout


def test_sso_in_the_older_form(portal: Portal) -> None:
    sign_in(START_URL)
    assert identity_by_boto3(environment(assume("old-corp"))).endswith("/Developer/jane")


def test_role_from_sso_is_a_chain(portal: Portal, sts: RunningSts) -> None:
    sign_in("work")
    target = add_role(sts, "deploy", portal.role.arn, max_duration=43200)
    serial = "arn:aws:iam::111122223333:mfa/alice"
    keys = {"role_arn": target.arn, "source_profile": "corp", "mfa_serial": serial}
    add_section(sts, "profile deploy", duration_seconds="14400", **keys)
    done = run_awsenv("assume", "deploy", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert "/deploy/" in identity_by_boto3(environment(json.loads(done.stdout)))
    assert "lasts 1h00m, not 4h00m" in done.stderr
    assert "no MFA code: the SSO sign-in of profile 'corp' is a session already" in done.stderr
    assert sts.control.requests("AssumeRole")[0]["parameters"]["DurationSeconds"] == "3600"
    assert sts.control.count("GetSessionToken") == 0
    told = run_awsenv("explain", "deploy").stdout
    assert "from  the SSO sign-in of profile 'corp'" in told
    assert told.count("cached: yes") == 2
    done = run_awsenv("assume", "deploy", "--mfa-direct", "--shell", "bash")
    assert done.returncode == 2
    assert "session already" in done.stderr


@pytest.mark.parametrize("state", ["missing", "expired", "refused", "torn"])
@pytest.mark.parametrize("profile", ["corp", "old-corp"])
def test_lapsed_sso_sign_in(portal: Portal, state: str, profile: str) -> None:
    name = "work" if profile == "corp" else START_URL
    if state == "expired":
        sign_in(name, life=-10)
    elif state == "refused":
        sign_in(name, token="taken-back")
    elif state == "torn":
        sign_in(name)
        (file,) = Path(os.environ["HOME"], ".aws/sso/cache").iterdir()
        file.write_text("{}")
    done = run_awsenv("assume", profile, "--shell", "bash")
    assert done.returncode == 4
    assert done.stdout == "false\n"
    assert done.stderr == (
        f"awsenv: the SSO sign-in of profile {profile!r} has expired\n"
        f"hint: run: aws sso login --profile {profile}\n"
    )


def test_lapsed_token_is_refreshed_where_it_can_be(portal: Portal) -> None:
    registered = {"clientId": "id", "clientSecret": "secret", "refreshToken": "again"}
    registered["registrationExpiresAt"] = iso_utc(int(time.time() + 9999))
    portal.refresh_tokens.add("again")
    sign_in("work", life=-10, **registered)
    assert identity_by_boto3(environment(assume("corp"))).endswith("/Developer/jane")
    portal.refresh_tokens.clear()
    sign_in("work", life=-10, **registered)
    done = run_awsenv("assume", "corp", "--refresh", "--shell", "bash")
    assert done.returncode == 4
    assert "Traceback" not in done.stderr
    assert "aws sso login --profile corp" in done.stderr


def test_role_that_sso_does_not_give(portal: Portal, sts: RunningSts) -> None:
    sign_in("work")
    keys = {"sso_session": "work", "sso_account_id": "1", "sso_role_name": "Admin"}
    add_section(sts, "profile no", **keys)
    done = run_awsenv("assume", "no", "--shell", "bash")
    assert done.returncode == 5
    assert "was refused" in done.stderr
    assert "No access" in done.stderr


def test_sso_settings_that_do_not_fit(sts: RunningSts) -> None:
    of_role = {"sso_account_id": "1", "sso_role_name": "x"}
    add_section(sts, "sso-session work", sso_start_url=START_URL, sso_region="eu-west-1")
    add_section(sts, "profile typo", sso_session="wrok", **of_role)
    add_section(sts, "profile half", sso_session="work", sso_account_id="1")
    add_section(sts, "profile bare", sso_session="work")
    add_section(sts, "profile two", sso_session="work", sso_region="us-east-1", **of_role)
    for name, told in {
        "typo": "there is no [sso-session wrok]",
        "half": "sso_role_name is missing",
        "bare": "names no account and role",
        "two": "different values for sso_region",
    }.items():
        done = run_awsenv("explain", name)
        assert done.returncode == 3, name
        assert told in done.stderr
        assert "~/.aws/config:" in done.stderr
    assert "did you mean work?" in run_awsenv("explain", "typo").stderr


def test_sso_portal_out_of_reach(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_in("work")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSO", "http://127.0.0.1:9")
    done = run_awsenv("assume", "corp", "--shell", "bash", env={"AWSENV_DEADLINE": "5"})
    assert done.returncode == 6, done.stderr
    assert "the SSO sign-in of profile 'corp'" in done.stderr


@pytest.fixture
def web_role(sts: RunningSts) -> Role:
    host = "oidc.eks.eu-west-1.amazonaws.com/id/ABC"
    provider = sts.world.add_provider(host, {"jwt-1": "system:serviceaccount:default:app"})
    actions = ("sts:AssumeRoleWithWebIdentity",)
    trust = trusting(provider.arn, actions=actions, kind="Federated")
    return sts.world.add_role("pod", trust=trust)


def test_web_identity(sts: RunningSts, web_role: Role, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("jwt-1")
    keys = {"role_arn": web_role.arn, "web_identity_token_file": str(token)}
    add_section(sts, "profile pod", role_session_name="me", **keys)
    target = add_role(sts, "next", web_role.arn)
    add_section(sts, "profile next", role_arn=target.arn, source_profile="pod")
    assert identity_by_boto3(environment(assume("pod"))).endswith("assumed-role/pod/me")
    assert "/next/" in identity_by_boto3(environment(assume("next")))
    assert sts.control.count("AssumeRoleWithWebIdentity") == 1
    token.write_text("jwt-unknown")
    done = run_awsenv("assume", "pod", "--refresh", "--shell", "bash")
    assert done.returncode == 5
    assert "No OpenIDConnect provider found" in done.stderr
    token.unlink()
    done = run_awsenv("assume", "pod", "--refresh", "--shell", "bash")
    assert done.returncode == 4
    assert str(token) in done.stderr


def test_web_identity_out_of_the_environment(
    sts: RunningSts, web_role: Role, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("jwt-1")
    env = {"AWS_WEB_IDENTITY_TOKEN_FILE": str(token), "AWS_ROLE_ARN": web_role.arn}
    change = assume("--from-env", env=env)
    assert "/pod/" in identity_by_boto3(environment(change))
    target = add_role(sts, "next", web_role.arn)
    change = assume("--from-env", "--role-arn", target.arn, env=env)
    assert "/next/" in identity_by_boto3(environment(change))


def test_ec2_instance(sts: RunningSts, monkeypatch: pytest.MonkeyPatch) -> None:
    instance = sts.world.add_role("instance", trust=trusting("*"))
    target = add_role(sts, "app", instance.arn)
    keys = {"role_arn": target.arn, "credential_source": "Ec2InstanceMetadata"}
    add_section(sts, "profile app", **keys)
    done = run_awsenv("assume", "app", "--shell", "bash")
    assert done.returncode == 4
    assert "the role of this EC2 instance gave no credentials" in done.stderr
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    with Imds(sts, instance) as imds:
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.url)
        assert "/app/" in identity_by_boto3(environment(assume("app")))
        assert "/app/" in identity_by_boto3(environment(assume("app", "--refresh")))
        assert len([asked for asked in imds.asked if asked.method == "PUT"]) == 1


@pytest.mark.parametrize("in_file", [False, True])
def test_container(
    sts: RunningSts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, in_file: bool
) -> None:
    task = sts.world.add_role("task", trust=trusting("*"))
    target = add_role(sts, "app", task.arn)
    add_section(sts, "profile app", role_arn=target.arn, credential_source="EcsContainer")
    with Container(sts, task, "let-me-in") as container:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{container.url}/creds")
        done = run_awsenv("assume", "app", "--shell", "bash")
        assert done.returncode == 4
        assert "the role of this container gave no credentials" in done.stderr
        if in_file:
            (tmp_path / "token").write_text("let-me-in")
            monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(tmp_path / "token"))
        else:
            monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "let-me-in")
        assert "/app/" in identity_by_boto3(environment(assume("app")))
        change = assume("--from-env")
        assert change["AWS_CREDENTIAL_EXPIRATION"]
        assert identity_by_boto3(environment(change)).endswith("/task/task")


def test_environment_as_credential_source(sts: RunningSts) -> None:
    alice = sts.world.user("alice")
    keys = {"role_arn": sts.world.role("dev").arn, "credential_source": "Environment"}
    add_section(sts, "profile from-env", mfa_serial=alice.mfa.serial, **keys)
    env = {"AWS_ACCESS_KEY_ID": alice.key.id, "AWS_SECRET_ACCESS_KEY": alice.key.secret}
    shell = evaluated("assume", "from-env", "--mfa-code", sts.code(), env=env)
    assert "/dev/" in identity_by_boto3(shell)
    # In a shell that has the session, the keys that were there before are still the source.
    again = assume("from-env", "--refresh", env=shell)
    assert "/dev/" in identity_by_boto3(environment(again))
    done = run_awsenv("assume", "from-env", "--shell", "bash")
    assert done.returncode == 4
    assert "there are no keys in the environment" in done.stderr


@pytest.mark.parametrize("of", ["user", "role"])
def test_saved_session_as_source(sts: RunningSts, of: str) -> None:
    middle = sts.world.add_role("middle", trust=trusting("*"))
    owner, life = (sts.world.add_user("bob"), 43200) if of == "user" else (middle, 3600)
    longhaul = add_role(sts, "long", owner.arn, max_duration=43200)
    session = issue(sts, owner, 43200)
    with (sts.aws_folder / "credentials").open("a") as file:
        file.write(
            f"\n[saved]\naws_access_key_id = {session.key_id}\n"
            f"aws_secret_access_key = {session.secret}\naws_session_token = {session.token}\n"
        )
    keys = {"role_arn": longhaul.arn, "source_profile": "saved", "duration_seconds": "43200"}
    add_section(sts, "profile long", mfa_serial=sts.world.user("alice").mfa.serial, **keys)
    done = run_awsenv("assume", "long", "--format", "json")
    assert done.returncode == 0, done.stderr
    left = int(json.loads(done.stdout)["AWSENV_EXPIRES_AT"]) - time.time()
    assert life - 20 < left <= life
    assert "no MFA code: the session of profile 'saved' is a session already" in done.stderr
    assert ("does not give 12h00m" in done.stderr) == (of == "role")


def test_credential_source_that_does_not_fit(sts: RunningSts) -> None:
    keys = {"role_arn": sts.world.role("dev").arn, "credential_source": "Ec2"}
    add_section(sts, "profile x", **keys)
    add_section(sts, "profile y", source_profile="default", **keys)
    done = run_awsenv("explain", "x")
    assert done.returncode == 3
    assert "use one of Environment, Ec2InstanceMetadata, EcsContainer" in done.stderr
    assert "both source_profile and credential_source" in run_awsenv("explain", "y").stderr


def test_whoami_of_any_credentials_and_region(sts: RunningSts) -> None:
    alice = sts.world.user("alice")
    keys = {"AWS_ACCESS_KEY_ID": alice.key.id, "AWS_SECRET_ACCESS_KEY": alice.key.secret}
    told = run_awsenv("whoami", "--region", "us-gov-west-1", env=keys)
    assert alice.arn in told.stdout, told.stderr
    assert sts.control.requests()[-1]["region"] == "us-gov-west-1"
    bob = sts.world.add_user("bob")
    with (sts.aws_folder / "credentials").open("a") as file:
        file.write(
            f"\n[bob]\naws_access_key_id = {bob.key.id}\naws_secret_access_key = {bob.key.secret}\n"
        )
    assert bob.arn in run_awsenv("whoami", "--source-profile", "bob", env=keys).stdout
    done = run_awsenv("whoami", env={**keys, "AWS_SECRET_ACCESS_KEY": "x" * 40})
    assert done.returncode == 5
    assert "does not match its key ID" in done.stderr
