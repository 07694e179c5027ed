"""AssumeRole: who may, for how long, and with what."""

from collections.abc import Iterator

import pytest

from awsenv.demo.model import User
from awsenv.demo.server import Server
from awsenv.demo.world import (
    ALLOW_NOTHING,
    ELSEWHERE,
    HOME,
    World,
    document,
    statement,
    trusting,
)
from support.demo_client import (
    EVERYTHING,
    Refused,
    assume,
    attempt,
    client,
    code_of,
    life,
    mfa_session,
    not_authorized,
    role,
)

PRESENT = "aws:MultiFactorAuthPresent"


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


def test_the_session_of_a_role(server: Server, alice: User) -> None:
    arn = role(server, trusting(HOME), "team/deploy")
    answer = client(server, alice.key).assume_role(RoleArn=arn, RoleSessionName="a.b=c@d,e+f-g_")
    session = f"arn:aws:sts::{ELSEWHERE}:assumed-role/deploy/a.b=c@d,e+f-g_"
    assert answer["AssumedRoleUser"]["Arn"] == session
    assert life(answer["Credentials"]) == pytest.approx(3600, abs=5)
    identity = client(server, answer["Credentials"]).get_caller_identity()
    assert identity["Arn"] == session
    assert identity["Account"] == ELSEWHERE
    role_id = server.world.role(arn).id
    assert identity["UserId"] == f"{role_id}:a.b=c@d,e+f-g_"
    assert answer["AssumedRoleUser"]["AssumedRoleId"] == identity["UserId"]
    assert role_id.startswith("AROA")


# Who may


def test_a_role_that_trusts_somebody_else(server: Server, alice: User) -> None:
    arn = role(server, trusting("999900001111"))
    assert attempt(server, alice.key, arn) == not_authorized(alice.arn, arn)


def test_a_role_that_is_not_there_is_refused_alike(server: Server, alice: User) -> None:
    arn = f"arn:aws:iam::{ELSEWHERE}:role/nope"
    assert attempt(server, alice.key, arn) == not_authorized(alice.arn, arn)


def test_a_deny_in_the_trust_policy(server: Server, alice: User) -> None:
    deny = statement("Deny", Principal={"AWS": alice.arn}, Action="*")
    trust = document(*trusting(HOME)["Statement"], deny)
    arn = role(server, trust)
    tail = " with an explicit deny in the role trust policy"
    assert attempt(server, alice.key, arn) == not_authorized(alice.arn, arn, tail)


def test_a_deny_in_the_users_policy(server: Server, alice: User) -> None:
    arn, other = role(server, trusting(HOME)), role(server, trusting(HOME), "other")
    allow = statement("Allow", Action="*", Resource="*")
    deny = statement("Deny", Action="sts:AssumeRole", Resource=arn)
    server.control.set_user_policy("alice", document(allow, deny))
    tail = " with an explicit deny in an identity-based policy"
    assert attempt(server, alice.key, arn) == not_authorized(alice.arn, arn, tail)
    assert assume(server, alice.key, other)


@pytest.mark.parametrize("account", [HOME, ELSEWHERE])
@pytest.mark.parametrize("by_name", [True, False])
def test_both_sides_must_allow_but_for_a_name_at_home(
    server: Server, alice: User, account: str, by_name: bool
) -> None:
    arn = role(server, trusting(alice.arn if by_name else HOME), account=account)
    assert assume(server, alice.key, arn)
    server.control.set_user_policy("alice", ALLOW_NOTHING)
    if by_name and account == HOME:
        assert assume(server, alice.key, arn)
    elif account == HOME:
        tail = " because no identity-based policy allows the sts:AssumeRole action"
        assert attempt(server, alice.key, arn) == not_authorized(alice.arn, arn, tail)
    else:
        assert attempt(server, alice.key, arn) == not_authorized(alice.arn, arn)


def test_a_root_user_may_not(server: Server) -> None:
    boss = server.world.add_user("boss", root=True)
    arn = role(server, trusting(HOME))
    wanted = Refused("AccessDenied", "Roles may not be assumed by root accounts.", 403)
    assert attempt(server, boss.key, arn) == wanted


@pytest.mark.parametrize(
    ("condition", "params", "good"),
    [
        ({"StringEquals": {"sts:ExternalId": "t-42"}}, {"ExternalId": "t-42"}, True),
        ({"StringEquals": {"sts:ExternalId": "t-42"}}, {"ExternalId": "t-43"}, False),
        ({"StringEquals": {"sts:ExternalId": "t-42"}}, {}, False),
        ({"StringLike": {"sts:RoleSessionName": "${aws:username}-*"}}, {}, False),
        (
            {"StringLike": {"sts:RoleSessionName": "${aws:username}-*"}},
            {"RoleSessionName": "alice-1"},
            True,
        ),
        ({"StringEquals": {"sts:SourceIdentity": "al"}}, {"SourceIdentity": "al"}, True),
        ({"StringEquals": {"sts:SourceIdentity": "al"}}, {"SourceIdentity": "bo"}, False),
        ({"StringEquals": {"aws:username": "alice"}}, {}, True),
        ({"StringEquals": {"aws:username": "bob"}}, {}, False),
        (
            {"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:user/alice"}},
            {},
            True,
        ),
        (
            {"StringEquals": {"aws:RequestTag/Team": "x"}},
            {"Tags": [{"Key": "team", "Value": "x"}]},
            True,
        ),
        ({"StringEquals": {"aws:RequestTag/Team": "x"}}, {}, False),
    ],
)
def test_conditions(server: Server, alice: User, condition: dict, params: dict, good: bool) -> None:
    arn = role(server, trusting(HOME, condition, actions=EVERYTHING))
    if good:
        assert assume(server, alice.key, arn, **params)
    else:
        assert attempt(server, alice.key, arn, **params) == not_authorized(alice.arn, arn)


# MFA


def test_mfa_by_session_or_by_a_code_of_its_own(server: Server, alice: User) -> None:
    arn = role(server, trusting(HOME, {"Bool": {PRESENT: "true"}}))
    plain = client(server, alice.key).get_session_token()["Credentials"]
    for credentials in (alice.key, plain):
        assert attempt(server, credentials, arn) == not_authorized(alice.arn, arn)
    session = mfa_session(server, alice)
    assert assume(server, session, arn)
    direct = {"SerialNumber": alice.mfa.serial, "TokenCode": code_of(server, alice)}
    assert assume(server, alice.key, arn, **direct)
    used = attempt(server, alice.key, arn, **direct)
    assert used.message == (
        "MultiFactorAuthentication failed with invalid MFA one time pass code. "
    )


def test_a_code_is_used_up_even_where_the_role_refuses(server: Server, alice: User) -> None:
    arn = role(server, trusting("999900001111"))
    direct = {"SerialNumber": alice.mfa.serial, "TokenCode": code_of(server, alice)}
    assert attempt(server, alice.key, arn, **direct) == not_authorized(alice.arn, arn)
    assert "one time pass code" in attempt(server, alice.key, arn, **direct).message


def test_if_exists_lets_long_lived_keys_pass(server: Server, alice: User) -> None:
    arn = role(server, trusting(HOME, {"BoolIfExists": {PRESENT: "true"}}))
    assert assume(server, alice.key, arn)
    plain = client(server, alice.key).get_session_token()["Credentials"]
    assert attempt(server, plain, arn) == not_authorized(alice.arn, arn)


def test_the_age_of_mfa(server: Server, alice: User) -> None:
    arn = role(server, trusting(HOME, {"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}))
    session = mfa_session(server, alice)
    assert assume(server, session, arn)
    server.control.advance_sessions(310)
    assert attempt(server, session, arn) == not_authorized(alice.arn, arn)
    direct = {"SerialNumber": alice.mfa.serial, "TokenCode": code_of(server, alice)}
    assert assume(server, session, arn, **direct), "a code of its own is fresh"
    assert assume(server, mfa_session(server, alice), arn)


def test_mfa_does_not_go_on_from_a_role(server: Server, alice: User) -> None:
    first = role(server, trusting(HOME), "first")
    needing = role(server, trusting(first, {"Bool": {PRESENT: "true"}}), "needing")
    lenient = role(server, trusting(first, {"BoolIfExists": {PRESENT: "true"}}), "lenient")
    aged = role(server, trusting(first, {"Null": {"aws:MultiFactorAuthAge": "false"}}), "aged")
    session = assume(server, mfa_session(server, alice), first)
    who = f"arn:aws:sts::{ELSEWHERE}:assumed-role/first/tester"
    for arn in (needing, lenient, aged):
        assert attempt(server, session, arn) == not_authorized(who, arn)


def test_a_roles_session_has_no_mfa_device(server: Server, alice: User) -> None:
    arn = role(server, trusting("*"))
    session = assume(server, alice.key, arn)
    direct = {"SerialNumber": alice.mfa.serial, "TokenCode": code_of(server, alice)}
    assert "verify your MFA serial number" in attempt(server, session, arn, **direct).message


# How long


@pytest.mark.parametrize("seconds", [900, 3600, 7200, 43200])
def test_durations(server: Server, alice: User, seconds: int) -> None:
    arn = role(server, trusting(HOME), max_duration=43200)
    for who in (alice.key, mfa_session(server, alice)):
        assert life(assume(server, who, arn, DurationSeconds=seconds)) == pytest.approx(
            seconds, abs=5
        )


def test_a_duration_over_the_roles_maximum(server: Server, alice: User) -> None:
    arn = role(server, trusting(HOME), max_duration=7200)
    assert assume(server, alice.key, arn, DurationSeconds=7200)
    assert attempt(server, alice.key, arn, DurationSeconds=7201) == Refused(
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        400,
    )
    server.control.set_role("deploy", max_duration=43200)
    assert assume(server, alice.key, arn, DurationSeconds=43200)


@pytest.mark.parametrize(
    ("seconds", "rule"),
    [(899, "greater than or equal to 900"), (43201, "less than or equal to 43200")],
)
def test_a_duration_out_of_range(server: Server, alice: User, seconds: int, rule: str) -> None:
    arn = role(server, trusting(HOME), max_duration=43200)
    refusal = attempt(server, alice.key, arn, DurationSeconds=seconds)
    assert refusal.code == "ValidationError"
    assert refusal.message.endswith(f"Member must have value {rule}")


def test_a_chain_is_capped_at_an_hour(server: Server, alice: User) -> None:
    first = role(server, trusting(HOME), "first", max_duration=43200)
    second = role(server, trusting(first), "second", max_duration=43200)
    session = assume(server, alice.key, first, DurationSeconds=43200)
    assert life(assume(server, session, second)) == pytest.approx(3600, abs=5)
    assert assume(server, session, second, DurationSeconds=3600)
    assert attempt(server, session, second, DurationSeconds=3601) == Refused(
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
        "chaining.",
        400,
    )


def test_a_chain_needs_the_roles_own_permission(server: Server, alice: User) -> None:
    first = role(server, trusting(HOME), "first", policy=ALLOW_NOTHING)
    second = role(server, trusting(first), "second", account="222233334444")
    third = role(server, trusting(HOME), "third")
    session = assume(server, alice.key, first)
    who = f"arn:aws:sts::{ELSEWHERE}:assumed-role/first/tester"
    assert attempt(server, session, second) == not_authorized(who, second)
    assert attempt(server, session, third) == not_authorized(who, third)
    assert attempt(server, alice.key, second) == not_authorized(alice.arn, second)


def test_one_session_of_a_role_may_be_trusted_by_name(server: Server, alice: User) -> None:
    first = role(server, trusting(HOME), "first")
    name = f"arn:aws:sts::{ELSEWHERE}:assumed-role/first/tester"
    second = role(server, trusting(name), "second")
    assert assume(server, assume(server, alice.key, first), second)
    other = assume(server, alice.key, first, RoleSessionName="other")
    who = f"arn:aws:sts::{ELSEWHERE}:assumed-role/first/other"
    assert attempt(server, other, second) == not_authorized(who, second)


# Other partitions


@pytest.mark.parametrize("partition", ["aws-cn", "aws-us-gov"])
def test_other_partitions(partition: str) -> None:
    world = World(partition)
    alice = world.add_user("alice", mfa=True)
    with Server(world) as server:
        arn = role(server, trusting(alice.arn, {"Bool": {PRESENT: "true"}}))
        home = role(server, trusting("arn:aws:iam::111122223333:root"), "wrong")
        assert arn == f"arn:{partition}:iam::{ELSEWHERE}:role/deploy"
        session = mfa_session(server, alice)
        who = client(server, assume(server, session, arn)).get_caller_identity()["Arn"]
        assert who == f"arn:{partition}:sts::{ELSEWHERE}:assumed-role/deploy/tester"
        assert attempt(server, session, home) == not_authorized(alice.arn, home)
