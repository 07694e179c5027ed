"""AssumeRole with tags, policies, a source identity; and AssumeRoleWithWebIdentity."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config

from awsenv.demo.model import User
from awsenv.demo.server import Server
from awsenv.demo.world import ELSEWHERE, HOME, World, document, statement, trusting
from support.demo_client import (
    EVERYTHING,
    Refused,
    assume,
    attempt,
    client,
    life,
    not_authorized,
    refused,
    role,
)


@pytest.fixture
def world() -> World:
    world = World()
    world.add_user("alice", mfa=True)
    return world


@pytest.fixture
def server(world: World) -> Iterator[Server]:
    with Server(world) as running:
        yield running


@pytest.fixture
def alice(world: World) -> User:
    return world.user("alice")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"RoleSessionName": "a b"},
            "Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy "
            r"regular expression pattern: [\w+=,.@-]*",
        ),
        ({"RoleSessionName": "é" * 3}, r"regular expression pattern: [\w+=,.@-]*"),
        ({"RoleSessionName": "x" * 65}, "Member must have length less than or equal to 64"),
        ({"ExternalId": "a b"}, r"regular expression pattern: [\w+=,.@:\/-]*"),
        ({"SourceIdentity": "a:b"}, "at 'sourceIdentity'"),
        ({"RoleArn": "arn:aws:s3:::some-bucket-here"}, "Request ARN is invalid"),
        ({"Tags": [{"Key": "k", "Value": "v" * 257}]}, "at 'tags.1.member.value'"),
        ({"Tags": [{"Key": str(n), "Value": ""} for n in range(51)]}, "at 'tags'"),
    ],
)
def test_malformed_parameters(server: Server, alice: User, params: dict, message: str) -> None:
    arn = role(server, trusting(HOME, actions=EVERYTHING))
    refusal = attempt(server, alice.key, arn, **params)
    assert (refusal.code, refusal.status) == ("ValidationError", 400)
    assert message in refusal.message


def test_tags_need_a_right_of_their_own(server: Server, alice: User) -> None:
    tags = [{"Key": "Team", "Value": "x"}]
    plain = role(server, trusting(HOME), "plain")
    tail = not_authorized(alice.arn, plain, action="sts:TagSession")
    assert attempt(server, alice.key, plain, Tags=tags) == tail
    tagged = role(server, trusting(HOME, actions=EVERYTHING), "tagged")
    assert assume(server, alice.key, tagged, Tags=tags)


def test_tags_that_do_not_fit(server: Server, alice: User) -> None:
    arn = role(server, trusting(HOME, actions=EVERYTHING))
    twice = [{"Key": "Team", "Value": "x"}, {"Key": "team", "Value": "y"}]
    refusal = attempt(server, alice.key, arn, Tags=twice)
    assert refusal.code == "InvalidParameterValue"
    assert refusal.message.startswith("Duplicate tag keys found.")
    refusal = attempt(server, alice.key, arn, Tags=twice[:1], TransitiveTagKeys=["Stage"])
    assert refusal.code == "InvalidParameterValue"


def test_transitive_tags_go_down_the_chain(server: Server, alice: User) -> None:
    first = role(server, trusting(HOME, actions=EVERYTHING), "first")
    team = {"StringEquals": {"aws:RequestTag/Team": "x"}}
    second = role(server, trusting(first, team, actions=EVERYTHING), "second")
    tags = [{"Key": "Team", "Value": "x"}, {"Key": "Stage", "Value": "dev"}]
    lost = assume(server, alice.key, first, Tags=tags)
    assert attempt(server, lost, second).code == "AccessDenied"
    kept = assume(server, alice.key, first, Tags=tags, TransitiveTagKeys=["Team"])
    assert assume(server, kept, second)
    again = attempt(server, kept, second, Tags=[{"Key": "team", "Value": "y"}])
    assert again.code == "InvalidParameterValue"


def test_a_source_identity_stays(server: Server, alice: User) -> None:
    plain = role(server, trusting(HOME), "plain")
    wanted = not_authorized(alice.arn, plain, action="sts:SetSourceIdentity")
    assert attempt(server, alice.key, plain, SourceIdentity="alice") == wanted
    first = role(server, trusting(HOME, actions=EVERYTHING), "first")
    answer = client(server, alice.key).assume_role(
        RoleArn=first, RoleSessionName="tester", SourceIdentity="alice"
    )
    assert answer["SourceIdentity"] == "alice"
    session = answer["Credentials"]
    same = {"StringEquals": {"sts:SourceIdentity": "alice"}}
    second = role(server, trusting(first, same, actions=EVERYTHING), "second")
    assert assume(server, session, second)
    assert attempt(server, session, second, SourceIdentity="bob").code == "AccessDenied"


def test_a_session_policy_narrows(server: Server, alice: User) -> None:
    first = role(server, trusting(HOME), "first")
    second = role(server, trusting(ELSEWHERE), "second")
    reading = (
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:*","Resource":"*"}}'
    )
    narrowed = assume(server, alice.key, first, Policy=reading)
    who = f"arn:aws:sts::{ELSEWHERE}:assumed-role/first/tester"
    tail = " because no identity-based policy allows the sts:AssumeRole action"
    assert attempt(server, narrowed, second) == not_authorized(who, second, tail)
    managed = [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]
    assert attempt(server, assume(server, alice.key, first, PolicyArns=managed), second) == (
        not_authorized(who, second, tail)
    )
    full = [{"arn": "arn:aws:iam::aws:policy/AdministratorAccess"}]
    assert assume(server, assume(server, alice.key, first, PolicyArns=full), second)
    forbidding = json.dumps(document(statement("Deny", Action="sts:*", Resource="*")))
    kept_out = assume(server, alice.key, first, PolicyArns=full, Policy=forbidding)
    assert "with an explicit deny" in attempt(server, kept_out, second).message


@pytest.mark.parametrize(
    "params",
    [
        {"Policy": "{"},
        {"Policy": '{"Version":"2012-10-17","Statement":{"Effect":"Maybe"}}'},
        {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/Nope"}]},
    ],
)
def test_a_session_policy_that_cannot_be_read(server: Server, alice: User, params: dict) -> None:
    arn = role(server, trusting(HOME))
    refusal = attempt(server, alice.key, arn, **params)
    assert (refusal.code, refusal.status) == ("MalformedPolicyDocument", 400)


# Web identity


@pytest.fixture
def web(server: Server) -> tuple[Server, str]:
    provider = server.world.add_provider("ci.example", {"token-of-main": "repo:main"})
    trust = trusting(
        provider.arn,
        {"StringEquals": {"ci.example:sub": "repo:main"}},
        actions=("sts:AssumeRoleWithWebIdentity",),
        kind="Federated",
    )
    return server, role(server, trust, "ci", max_duration=7200)


def web_identity(server: Server, alice: User) -> Any:
    options = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
    return client(server, alice.key, config=options).assume_role_with_web_identity


def test_a_web_identity(web: tuple[Server, str], alice: User) -> None:
    server, arn = web
    call = web_identity(server, alice)
    answer = call(
        RoleArn=arn,
        RoleSessionName="build",
        WebIdentityToken="token-of-main",
        DurationSeconds=7200,
    )
    assert answer["SubjectFromWebIdentityToken"] == "repo:main"
    session = answer["Credentials"]
    assert life(session) == pytest.approx(7200, abs=5)
    who = client(server, session).get_caller_identity()["Arn"]
    assert who == f"arn:aws:sts::{ELSEWHERE}:assumed-role/ci/build"
    chained = role(server, trusting(arn), "chained", max_duration=7200)
    assert "1 hour" in attempt(server, session, chained, DurationSeconds=7200).message


def test_a_web_identity_that_is_refused(web: tuple[Server, str], alice: User) -> None:
    server, arn = web
    server.world.add_provider("other.example", {"token-of-other": "repo:main"})
    call = web_identity(server, alice)
    params = {"RoleArn": arn, "RoleSessionName": "build"}
    assert refused(call, WebIdentityToken="nonsense", **params).code == "InvalidIdentityToken"
    wanted = Refused("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)
    assert refused(call, WebIdentityToken="token-of-other", **params) == wanted
    assert attempt(server, alice.key, arn) == not_authorized(alice.arn, arn)
    long = refused(call, WebIdentityToken="token-of-main", DurationSeconds=7201, **params)
    assert "MaxSessionDuration" in long.message
