"""The control endpoint: what goes wrong on demand, and who may ask for it."""

import json
import subprocess
import sys
import threading
import time
from calendar import timegm
from collections.abc import Iterator

import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from awsenv.demo.control import Control, ControlError
from awsenv.demo.model import User
from awsenv.demo.server import Server
from awsenv.demo.world import HOME, World, trusting
from support.demo_client import (
    Refused,
    assume,
    client,
    code_of,
    life,
    mfa_session,
    refused,
    send,
    signed,
)


@pytest.fixture
def server() -> Iterator[Server]:
    world = World()
    world.add_user("alice", mfa=True)
    world.add_role("deploy", trust=trusting(HOME), max_duration=7200)
    with Server(world) as running:
        yield running


@pytest.fixture
def alice(server: Server) -> User:
    return server.world.user("alice")


def deploy(server: Server) -> str:
    return server.world.role("deploy").arn


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Bearer ", "{token}", "Basic {token}"])
def test_without_the_token_nothing_is_done(server: Server, header: str | None) -> None:
    headers = {"Authorization": header.format(token=server.control_token)} if header else {}
    answer = send(server, headers, '{"seconds": 99999}', path="/_control/advance_sessions")
    assert answer.status == 403
    assert "control token" in json.loads(answer.body)["error"]
    assert server.state.clock.session_shift == 0


def test_the_token_is_not_shown(server: Server) -> None:
    assert server.control_token not in repr(server) + repr(server.control)


def test_control_from_another_process(server: Server) -> None:
    script = (
        "import sys\n"
        "from awsenv.demo.control import Control\n"
        "Control(sys.argv[1], sys.stdin.read()).advance_sessions(60)\n"
    )
    subprocess.run(
        [sys.executable, "-c", script, server.url],
        input=server.control_token,
        text=True,
        check=True,
    )
    assert server.state.clock.session_shift == 60


def test_a_command_that_does_not_fit(server: Server) -> None:
    with pytest.raises(ControlError, match="no such command"):
        server.control._call("dance")
    with pytest.raises(ControlError, match="unexpected keyword argument"):
        server.control._call("shift_clock", minutes=1)
    with pytest.raises(ControlError, match="no MFA device"):
        server.control.current_code("nobody")
    with pytest.raises(ControlError, match="unknown condition operator"):
        server.control.set_role("deploy", trust=trusting(HOME, {"Maybe": {}} | {"Hm": {"a": "b"}}))
    with pytest.raises(ControlError, match="control token"):
        Control(server.url, "wrong").clear_faults()


# What goes wrong


def test_throttling(server: Server, alice: User) -> None:
    server.control.throttle(2)
    sts = client(server, alice.key)
    wanted = Refused("Throttling", "Rate exceeded", 400)
    assert refused(sts.get_caller_identity) == wanted
    assert refused(sts.get_session_token) == wanted
    assert sts.get_caller_identity()


def test_a_fault_of_one_action(server: Server, alice: User) -> None:
    server.control.throttle(1, "AssumeRole")
    assert client(server, alice.key).get_caller_identity()
    call = client(server, alice.key).assume_role
    assert refused(call, RoleArn=deploy(server), RoleSessionName="x1").code == "Throttling"
    assert assume(server, alice.key, deploy(server))


def test_clients_that_retry_get_through(server: Server, alice: User) -> None:
    server.control.throttle(1)
    server.control.fail(1)
    patient = Config(retries={"total_max_attempts": 4, "mode": "standard"})
    assert client(server, alice.key, config=patient).get_caller_identity()
    outcomes = [(each["status"], each["error"]) for each in server.control.requests()]
    assert outcomes == [(400, "Throttling"), (500, "InternalFailure"), (200, "")]


def test_server_errors(server: Server, alice: User) -> None:
    server.control.fail(1, status=503, code="ServiceUnavailable", message="Come back later")
    wanted = Refused("ServiceUnavailable", "Come back later", 503)
    assert refused(client(server, alice.key).get_caller_identity) == wanted
    server.control.fail(1)
    answer = send(server, signed(server, alice.key), "")
    assert (answer.status, answer.error()[:2]) == (500, ("Receiver", "InternalFailure"))


def test_a_code_is_not_used_up_by_a_fault(server: Server, alice: User) -> None:
    code = code_of(server, alice)
    server.control.throttle(1)
    call = client(server, alice.key).get_session_token
    refused(call, SerialNumber=alice.mfa.serial, TokenCode=code)
    assert call(SerialNumber=alice.mfa.serial, TokenCode=code)


def test_a_silent_server(server: Server, alice: User) -> None:
    server.control.hang(1)
    hasty = Config(retries={"total_max_attempts": 1}, read_timeout=0.3)
    with pytest.raises(ReadTimeoutError):
        client(server, alice.key, config=hasty).get_caller_identity()
    assert client(server, alice.key).get_caller_identity()


def test_a_server_that_hangs_up(server: Server, alice: User) -> None:
    server.control.hang(1, seconds=0.1)
    with pytest.raises(ConnectionClosedError):
        client(server, alice.key).get_caller_identity()


def test_a_server_that_stops_lets_go_of_its_clients(server: Server, alice: User) -> None:
    server.control.hang(1)
    ended = threading.Event()

    def wait() -> None:
        with pytest.raises(ConnectionClosedError):
            client(server, alice.key).get_caller_identity()
        ended.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    deadline = time.monotonic() + 5
    while not server.control.requests() and time.monotonic() < deadline:
        pass
    server.stop()
    waiting.join(5)
    assert ended.is_set()
    with pytest.raises(ConnectionRefusedError):
        send(server)


def test_a_server_that_never_started_can_be_stopped() -> None:
    Server(World()).stop()


def test_clear_faults(server: Server, alice: User) -> None:
    server.control.throttle(5)
    server.control.shift_clock(3600)
    server.control.cap_life(5)
    server.control.advance_sessions(5)
    server.control.delay_new_keys(requests=3)
    server.control.clear_faults()
    session = mfa_session(server, alice)
    assert session["Expiration"].timestamp() - time.time() > 40000
    assert not server.state.new_key_refusals
    assert not server.state.clock.session_shift


# Time


@pytest.mark.parametrize(
    ("seconds", "start"),
    [(16 * 60, "Signature expired: "), (-16 * 60, "Signature not yet current: ")],
)
def test_a_clock_set_wrong(server: Server, alice: User, seconds: int, start: str) -> None:
    server.control.shift_clock(seconds)
    refusal = refused(client(server, alice.key).get_caller_identity)
    assert (refusal.code, refusal.status) == ("SignatureDoesNotMatch", 403)
    assert refusal.message.startswith(start)
    answer = send(server, signed(server, alice.key), "")
    said = time.strptime(answer.headers["date"], "%a, %d %b %Y %H:%M:%S GMT")
    assert abs(timegm(said) - time.time() - seconds) < 5


def test_codes_go_by_the_real_clock(server: Server, alice: User) -> None:
    server.control.advance_sessions(7200)
    server.control.shift_clock(600)
    session = mfa_session(server, alice)
    assert client(server, session).get_caller_identity()
    left = session["Expiration"].timestamp() - time.time()
    assert left == pytest.approx(43200 + 600, abs=5), "an Expiration is of the server's clock"


def test_sessions_that_live_seconds(server: Server, alice: User) -> None:
    server.control.cap_life(1.5)
    session = mfa_session(server, alice)
    left = session["Expiration"].timestamp() - time.time()
    assert -0.1 <= left <= 1.5
    assert client(server, session).get_caller_identity()
    time.sleep(1.6)
    assert refused(client(server, session).get_caller_identity).code == "ExpiredToken"
    server.control.cap_life(None)
    assert life(assume(server, alice.key, deploy(server))) == pytest.approx(3600, abs=5)


def test_only_role_sessions_that_live_seconds(server: Server, alice: User) -> None:
    server.control.cap_life(30, "AssumeRole")
    session = mfa_session(server, alice)
    assert life(session) == pytest.approx(43200, abs=5)
    assert life(assume(server, session, deploy(server))) == pytest.approx(30, abs=5)


def test_forgotten_sessions(server: Server, alice: User) -> None:
    session = mfa_session(server, alice)
    server.control.forget_sessions()
    assert refused(client(server, session).get_caller_identity).code == "InvalidClientTokenId"


# What was received


def test_the_log_of_requests(server: Server, alice: User) -> None:
    code = code_of(server, alice)
    call = client(server, alice.key, region="ap-south-1").get_session_token
    session = call(SerialNumber=alice.mfa.serial, TokenCode=code)["Credentials"]
    refused(
        client(server, session).assume_role,
        RoleArn=deploy(server),
        RoleSessionName="tester",
        DurationSeconds=7201,
        Tags=[{"Key": "Team", "Value": "x"}],
    )
    first, second = server.control.requests()
    assert first["action"] == "GetSessionToken"
    assert first["service"] == "sts"
    assert first["region"] == "ap-south-1"
    assert first["access_key_id"] == alice.key.id
    assert first["parameters"] == {"SerialNumber": alice.mfa.serial}
    assert "Boto3" in first["user_agent"]
    assert (first["status"], first["error"]) == (200, "")
    assert second["access_key_id"] == session["AccessKeyId"]
    assert second["parameters"]["Tags.member.1.Key"] == "Team"
    assert second["parameters"]["DurationSeconds"] == "7201"
    assert (second["status"], second["error"]) == (403, "AccessDenied")
    everything = json.dumps(server.control.requests()) + repr(server.state)
    for secret in (code, session["SecretAccessKey"], session["SessionToken"], alice.key.secret):
        assert secret not in everything
    assert server.control.count() == 2
    assert server.control.count("AssumeRole") == 1
    server.control.clear_requests()
    assert server.control.count() == 0


def test_nothing_is_written_to_stderr(
    server: Server, alice: User, capfd: pytest.CaptureFixture[str]
) -> None:
    refused(client(server, alice.key).get_session_token, DurationSeconds=1)
    send(server, method="PUT")
    client(server, alice.key).get_caller_identity()
    assert capfd.readouterr() == ("", "")


# Devices, roles, users


def test_the_code_a_device_shows(server: Server, alice: User) -> None:
    shown = server.control.current_code(alice.mfa.serial)
    assert 0 < shown.seconds_left <= 30
    assert not shown.used
    assert shown.code not in repr(shown)
    call = client(server, alice.key).get_session_token
    call(SerialNumber=alice.mfa.serial, TokenCode=shown.code)
    again = server.control.current_code()
    assert again.used or again.code != shown.code


def test_three_codes_and_then_a_wait(server: Server, alice: User) -> None:
    call = client(server, alice.key).get_session_token
    codes = []
    while True:
        code, wait = server.control.unused_code()
        if not code:
            break
        codes.append(code)
        call(SerialNumber=alice.mfa.serial, TokenCode=code)
    assert 2 <= len(codes) <= 4
    assert 0 < wait <= 30


def test_a_trust_policy_is_changed(server: Server, alice: User) -> None:
    assert assume(server, alice.key, deploy(server))
    server.control.set_role("deploy", trust=trusting("999900001111"))
    call = client(server, alice.key).assume_role
    refusal = refused(call, RoleArn=deploy(server), RoleSessionName="tester")
    assert refusal.code == "AccessDenied"
    server.control.set_role(deploy(server), trust=trusting(HOME))
    assert assume(server, alice.key, deploy(server))
