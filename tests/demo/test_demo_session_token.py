"""GetSessionToken and GetCallerIdentity: proving who one is."""

import threading
from collections.abc import Iterator

import pytest

from awsenv.demo import totp
from awsenv.demo.model import User
from awsenv.demo.server import Server
from awsenv.demo.world import (
    ALLOW_NOTHING,
    MFA_OR_SELF_SERVICE,
    World,
    document,
    statement,
    trusting,
)
from support.demo_client import (
    STS_VERSION,
    Refused,
    assume,
    client,
    code_of,
    life,
    mfa_session,
    refused,
    send,
    signed,
    steady_step,
)

BAD_CODE = Refused(
    "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ", 403
)
BAD_DEVICE = Refused(
    "AccessDenied",
    "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA "
    "serial number is valid and associated with this user.",
    403,
)


@pytest.fixture
def server() -> Iterator[Server]:
    world = World()
    alice = world.add_user("alice", mfa=True)
    world.add_user("bob", mfa="GAHT12345678")
    world.add_user("boss", root=True, mfa=True)
    world.add_role("deploy", trust=trusting(alice.arn))
    with Server(world) as running:
        yield running


@pytest.fixture
def alice(server: Server) -> User:
    return server.world.user("alice")


def test_a_session_with_mfa(server: Server, alice: User) -> None:
    session = mfa_session(server, alice)
    assert life(session) == pytest.approx(43200, abs=5)
    identity = client(server, session).get_caller_identity()
    assert identity["Arn"] == alice.arn == "arn:aws:iam::111122223333:user/alice"
    assert identity["UserId"] == alice.id
    assert identity["Account"] == "111122223333"


def test_the_shape_of_what_is_issued(server: Server, alice: User) -> None:
    session = mfa_session(server, alice)
    assert session["AccessKeyId"].startswith("ASIA")
    assert len(session["AccessKeyId"]) == 20
    assert len(session["SecretAccessKey"]) == 40
    assert len(session["SessionToken"]) >= 300
    for text in (session["SecretAccessKey"], session["SessionToken"], alice.key.secret):
        assert "+" in text
        assert "/" in text
    assert alice.key.id.startswith("AKIA")
    assert len(alice.key.id) == 20


@pytest.mark.parametrize("seconds", [900, 3600, 129600])
def test_durations(server: Server, alice: User, seconds: int) -> None:
    assert life(mfa_session(server, alice, DurationSeconds=seconds)) == pytest.approx(
        seconds, abs=5
    )


@pytest.mark.parametrize(
    ("seconds", "rule"),
    [
        (899, "greater than or equal to 900"),
        (129601, "less than or equal to 129600"),
        (-5, "greater than or equal to 900"),
    ],
)
def test_durations_out_of_range(server: Server, alice: User, seconds: int, rule: str) -> None:
    get = client(server, alice.key).get_session_token
    assert refused(get, DurationSeconds=seconds) == Refused(
        "ValidationError",
        f"1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy "
        f"constraint: Member must have value {rule}",
        400,
    )


def test_a_root_user_gets_an_hour_at_most(server: Server) -> None:
    boss = server.world.user("boss")
    session = mfa_session(server, boss)
    assert life(session) == pytest.approx(3600, abs=5)
    identity = client(server, session).get_caller_identity()
    assert identity["Arn"] == "arn:aws:iam::111122223333:root"
    assert identity["UserId"] == "111122223333"


def test_no_policy_is_asked(server: Server, alice: User) -> None:
    for policy in (ALLOW_NOTHING, document(statement("Deny", Action="*", Resource="*"))):
        server.control.set_user_policy("alice", policy)
        session = mfa_session(server, alice)
        assert client(server, session).get_caller_identity()["Arn"] == alice.arn


def test_session_credentials_are_refused(server: Server, alice: User) -> None:
    wanted = Refused("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
    for credentials in (
        mfa_session(server, alice),
        assume(server, alice.key, server.world.role("deploy").arn),
    ):
        assert refused(client(server, credentials).get_session_token) == wanted


# MFA codes


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_the_step_and_its_neighbours(server: Server, alice: User, offset: int) -> None:
    code = totp.code_for(alice.mfa.seed, steady_step() + offset)
    get = client(server, alice.key).get_session_token
    assert get(SerialNumber=alice.mfa.serial, TokenCode=code)["Credentials"]
    assert refused(get, SerialNumber=alice.mfa.serial, TokenCode=code) == BAD_CODE


@pytest.mark.parametrize("offset", [-3, 3])
def test_a_code_of_another_time(server: Server, alice: User, offset: int) -> None:
    code = totp.code_for(alice.mfa.seed, steady_step() + offset)
    get = client(server, alice.key).get_session_token
    assert refused(get, SerialNumber=alice.mfa.serial, TokenCode=code) == BAD_CODE


def test_a_code_before_the_last_used_one(server: Server, alice: User) -> None:
    step = steady_step()
    get = client(server, alice.key).get_session_token
    older, newer = (totp.code_for(alice.mfa.seed, step + offset) for offset in (-1, 0))
    get(SerialNumber=alice.mfa.serial, TokenCode=newer)
    assert refused(get, SerialNumber=alice.mfa.serial, TokenCode=older) == BAD_CODE


def test_of_ten_that_use_one_code_one_wins(server: Server, alice: User) -> None:
    body = (
        f"Action=GetSessionToken&Version={STS_VERSION}&SerialNumber={alice.mfa.serial}"
        f"&TokenCode={code_of(server, alice)}"
    )
    headers = signed(server, alice.key, body)
    barrier = threading.Barrier(10)
    seen: list[int] = []

    def race() -> None:
        barrier.wait()
        seen.append(send(server, headers, body).status)

    threads = [threading.Thread(target=race) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == [200] + [403] * 9


def test_a_hardware_device(server: Server) -> None:
    bob = server.world.user("bob")
    assert client(server, mfa_session(server, bob)).get_caller_identity()["Arn"] == bob.arn


def test_a_device_that_is_not_the_users(server: Server, alice: User) -> None:
    get = client(server, alice.key).get_session_token
    code = code_of(server, alice)
    for serial in (
        "GAHT12345678",
        "arn:aws:iam::111122223333:mfa/nobody",
        "arn:aws:iam::111122223333:u2f/user/alice/key-ABC",
    ):
        assert refused(get, SerialNumber=serial, TokenCode=code) == BAD_DEVICE
    assert get(SerialNumber=alice.mfa.serial, TokenCode=code), "the code was not used up"


def test_serial_and_code_go_together(server: Server, alice: User) -> None:
    get = client(server, alice.key).get_session_token
    wanted = Refused(
        "AccessDenied",
        "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass "
        "code.",
        403,
    )
    assert refused(get, SerialNumber=alice.mfa.serial) == wanted
    assert refused(get, TokenCode="123456") == wanted


@pytest.mark.parametrize(
    ("serial", "code", "message"),
    [
        (
            "GAHT12345678",
            "12345",
            "1 validation error detected: Value '12345' at 'tokenCode' failed to satisfy "
            "constraint: Member must have length greater than or equal to 6",
        ),
        (
            "GAHT12345678",
            "12345a",
            "1 validation error detected: Value '12345a' at 'tokenCode' failed to satisfy "
            r"constraint: Member must satisfy regular expression pattern: [\d]*",
        ),
        (
            "a device!",
            "1234567",
            "2 validation errors detected: Value 'a device!' at 'serialNumber' failed to satisfy "
            r"constraint: Member must satisfy regular expression pattern: [\w+=/:,.@-]*; "
            "Value '1234567' at 'tokenCode' failed to satisfy constraint: Member must have "
            "length less than or equal to 6",
        ),
    ],
)
def test_malformed_parameters(
    server: Server, alice: User, serial: str, code: str, message: str
) -> None:
    body = f"Action=GetSessionToken&Version={STS_VERSION}&SerialNumber={serial}&TokenCode={code}"
    answer = send(server, signed(server, alice.key, body), body)
    assert answer.status == 400
    assert answer.error() == ("Sender", "ValidationError", message)


def test_a_duration_that_is_no_number(server: Server, alice: User) -> None:
    body = f"Action=GetSessionToken&Version={STS_VERSION}&DurationSeconds=1h"
    answer = send(server, signed(server, alice.key, body), body)
    assert (answer.status, answer.error()[1]) == (400, "MalformedInput")


# What such a session is good for


def test_iam_only_with_mfa(server: Server, alice: User) -> None:
    with_mfa = mfa_session(server, alice)
    devices = client(server, with_mfa, "iam").list_mfa_devices()["MFADevices"]
    assert [device["SerialNumber"] for device in devices] == [alice.mfa.serial]
    without = client(server, alice.key).get_session_token()["Credentials"]
    assert refused(client(server, without, "iam").list_mfa_devices) == Refused(
        "InvalidClientTokenId", "The security token included in the request is invalid.", 403
    )


def test_without_mfa_it_is_good_for_its_identity(server: Server, alice: User) -> None:
    session = client(server, alice.key).get_session_token()["Credentials"]
    assert client(server, session).get_caller_identity()["Arn"] == alice.arn
    assert assume(server, session, server.world.role("deploy").arn)


def test_who_am_i_is_never_denied(server: Server, alice: User) -> None:
    server.control.set_user_policy("alice", document(statement("Deny", Action="*", Resource="*")))
    assert client(server, alice.key).get_caller_identity()["Arn"] == alice.arn


def test_a_deny_without_mfa_lets_a_person_prove_themselves(server: Server, alice: User) -> None:
    server.control.set_user_policy("alice", MFA_OR_SELF_SERVICE)
    arn = server.world.role("deploy").arn
    without = client(server, alice.key).get_session_token()["Credentials"]
    wanted = Refused(
        "AccessDenied",
        f"User: {alice.arn} is not authorized to perform: sts:AssumeRole on resource: {arn} with "
        "an explicit deny in an identity-based policy",
        403,
    )
    for credentials in (alice.key, without):
        call = client(server, credentials).assume_role
        assert refused(call, RoleArn=arn, RoleSessionName="tester") == wanted
    assert assume(server, mfa_session(server, alice), arn)
