"""Who signed a request, and whether they may be believed."""

import time
from calendar import timegm
from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPConnection
from urllib.parse import quote

import pytest

from awsenv.demo.model import User
from awsenv.demo.server import Server
from awsenv.demo.world import World
from support.demo_client import STS_VERSION, client, mfa_session, refused, send, signed

WHO_AM_I = f"Action=GetCallerIdentity&Version={STS_VERSION}"
INVALID = "The security token included in the request is invalid."
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your "
    "AWS Secret Access Key and signing method. Consult the service documentation for details."
)


@pytest.fixture
def server() -> Iterator[Server]:
    world = World()
    world.add_user("alice", mfa=True)
    with Server(world) as running:
        yield running


@pytest.fixture
def alice(server: Server) -> User:
    return server.world.user("alice")


def denied(server: Server, headers: dict[str, str], body: str = WHO_AM_I) -> tuple[int, str, str]:
    answer = send(server, headers, body)
    kind, code, message = answer.error()
    assert kind == "Sender"
    assert answer.headers["content-type"] == "text/xml"
    return answer.status, code, message


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "cn-north-1", "mars-1"])
def test_a_signature_for_any_region_is_good(server: Server, alice: User, region: str) -> None:
    answer = send(server, signed(server, alice.key, region=region), WHO_AM_I)
    assert answer.status == 200
    assert alice.arn.encode() in answer.body


def test_a_get_with_a_query_is_good(server: Server, alice: User) -> None:
    path = f"/a%20b~?Version={STS_VERSION}&Action=GetCallerIdentity&Odd=%C3%A9%20%2B~"
    headers = signed(server, alice.key, "", method="GET", path=path)
    assert send(server, headers, method="GET", path=path).status == 200
    assert send(server, headers, method="GET", path=path + "x").status == 403


def test_no_signature(server: Server) -> None:
    status, code, message = denied(server, {})
    assert (status, code) == (403, "MissingAuthenticationToken")
    assert message == "Request is missing Authentication Token"


def test_an_unknown_key(server: Server, alice: User) -> None:
    stranger = replace(alice.key, id="AKIAAAAAAAAAAAAAAAAA")
    assert denied(server, signed(server, stranger)) == (403, "InvalidClientTokenId", INVALID)


def test_a_wrong_secret(server: Server, alice: User) -> None:
    wrong = replace(alice.key, secret=alice.key.secret.swapcase())
    assert denied(server, signed(server, wrong)) == (403, "SignatureDoesNotMatch", MISMATCH)


def test_an_inactive_key(server: Server, alice: User) -> None:
    sts = client(server, alice.key)
    server.control.set_key_active(alice.key.id, active=False)
    refusal = refused(sts.get_caller_identity)
    assert (refusal.code, refusal.message, refusal.status) == (
        "InvalidClientTokenId",
        INVALID,
        403,
    )
    server.control.set_key_active(alice.key.id, active=True)
    assert sts.get_caller_identity()["Arn"] == alice.arn


def test_the_body_is_covered(server: Server, alice: User) -> None:
    headers = signed(server, alice.key)
    tampered = WHO_AM_I.replace("GetCallerIdentity", "GetSessionToken")
    headers["Content-Length"] = str(len(tampered))
    assert denied(server, headers, tampered) == (403, "SignatureDoesNotMatch", MISMATCH)


@pytest.mark.parametrize("name", ["X-Amz-Date", "Host", "Content-Type"])
def test_the_signed_headers_are_covered(server: Server, alice: User, name: str) -> None:
    # It answers under other names too: here the signature has to tell.
    server.any_host = True
    headers = signed(server, alice.key)
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() + 2))
    other = {"X-Amz-Date": now, "Host": "sts.amazonaws.com", "Content-Type": "text/plain"}
    status, code, _ = denied(server, headers | {name: other[name]})
    assert (status, code) == (403, "SignatureDoesNotMatch")


def test_a_signed_header_that_is_not_there(server: Server, alice: User) -> None:
    headers = signed(server, alice.key)
    headers["Authorization"] = headers["Authorization"].replace("host;", "host;x-gone;")
    assert denied(server, headers)[1] == "SignatureDoesNotMatch"


def test_the_host_must_be_signed(server: Server, alice: User) -> None:
    headers = signed(server, alice.key)
    headers["Authorization"] = headers["Authorization"].replace("host;", "")
    _, code, message = denied(server, headers)
    assert (code, message) == (
        "SignatureDoesNotMatch",
        "'Host' must be a 'SignedHeader' in the AWS Authorization.",
    )


def stamp(epoch: float) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(epoch))


def test_a_stale_signature(server: Server, alice: User) -> None:
    signed_at = time.time() - 16 * 60
    status, code, message = denied(server, signed(server, alice.key, signed_at=signed_at))
    assert (status, code) == (403, "SignatureDoesNotMatch")
    assert message.startswith(f"Signature expired: {stamp(signed_at)} is now earlier than 2")
    assert message.endswith(" - 15 min.)")
    limit, now = message.split("than ")[1].removesuffix(" - 15 min.)").split(" (")
    assert abs(time.time() - _epoch(now)) < 5
    assert _epoch(now) - _epoch(limit) == 900


def test_a_signature_from_the_future(server: Server, alice: User) -> None:
    signed_at = time.time() + 16 * 60
    status, code, message = denied(server, signed(server, alice.key, signed_at=signed_at))
    assert (status, code) == (403, "SignatureDoesNotMatch")
    start = f"Signature not yet current: {stamp(signed_at)} is still later than 2"
    assert message.startswith(start)
    assert message.endswith(" + 15 min.)")


@pytest.mark.parametrize("minutes", [-14, 14])
def test_a_clock_a_little_off_is_good(server: Server, alice: User, minutes: int) -> None:
    headers = signed(server, alice.key, signed_at=time.time() + minutes * 60)
    assert send(server, headers, WHO_AM_I).status == 200


def _epoch(text: str) -> int:
    return timegm(time.strptime(text, "%Y%m%dT%H%M%SZ"))


def test_a_date_in_the_scope_that_is_not_the_requests(server: Server, alice: User) -> None:
    headers = signed(server, alice.key)
    today = stamp(time.time())[:8]
    headers["Authorization"] = headers["Authorization"].replace(f"/{today}/", "/20200101/")
    _, code, message = denied(server, headers)
    assert code == "SignatureDoesNotMatch"
    assert f"'20200101' != '{today}'" in message


def test_a_scope_for_another_service(server: Server, alice: User) -> None:
    _, code, message = denied(server, signed(server, alice.key, service="iam"))
    assert code == "SignatureDoesNotMatch"
    assert message == "Credential should be scoped to correct service: 'sts'. "


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("AWS4-HMAC-SHA256 Credential=x", "Authorization header requires 'Signature' parameter."),
        ("AWS4-HMAC-SHA256 nonsense", "requires 'Credential' parameter."),
        ("Bearer abc", "Unsupported AWS 'algorithm': 'Bearer'."),
        (
            "AWS4-HMAC-SHA256 Credential=AKIA/x/aws4_request, SignedHeaders=host, Signature=0",
            "Credential must have exactly 5 slash-delimited elements, "
            "e.g. keyid/date/region/service/term, got 'AKIA/x/aws4_request'",
        ),
    ],
)
def test_an_authorization_that_cannot_be_read(server: Server, header: str, message: str) -> None:
    headers = {"Authorization": header, "X-Amz-Date": stamp(time.time())}
    status, code, found = denied(server, headers)
    assert (status, code) == (400, "IncompleteSignature")
    assert message in found


@pytest.mark.parametrize("date", ["20261399T990000Z", "yesterday", ""])
def test_a_date_that_cannot_be_read(server: Server, alice: User, date: str) -> None:
    headers = signed(server, alice.key) | {"X-Amz-Date": date}
    day = date[:8] or "x"
    present = stamp(time.time())[:8]
    headers["Authorization"] = headers["Authorization"].replace(f"/{present}/", f"/{day}/")
    assert denied(server, headers)[1] == "IncompleteSignature"


def test_a_session_needs_its_own_token(server: Server, alice: User) -> None:
    session = mfa_session(server, alice)
    other = client(server, alice.key).get_session_token()["Credentials"]
    assert client(server, session).get_caller_identity()["Arn"] == alice.arn
    for token in (None, other["SessionToken"], session["SessionToken"][:-1]):
        mixed = {name: session[name] for name in ("AccessKeyId", "SecretAccessKey")}
        if token:
            mixed["SessionToken"] = token
        assert denied(server, signed(server, mixed)) == (403, "InvalidClientTokenId", INVALID)


def test_a_long_lived_key_takes_no_token(server: Server, alice: User) -> None:
    session = mfa_session(server, alice)
    mixed = {
        "AccessKeyId": alice.key.id,
        "SecretAccessKey": alice.key.secret,
        "SessionToken": session["SessionToken"],
    }
    assert denied(server, signed(server, mixed)) == (403, "InvalidClientTokenId", INVALID)


def test_a_sessions_wrong_secret(server: Server, alice: User) -> None:
    session = dict(mfa_session(server, alice))
    session["SecretAccessKey"] = session["SecretAccessKey"].swapcase()
    assert denied(server, signed(server, session))[1] == "SignatureDoesNotMatch"


def test_an_expired_session(server: Server, alice: User) -> None:
    session = mfa_session(server, alice, DurationSeconds=900)
    server.control.advance_sessions(895)
    assert client(server, session).get_caller_identity()["Arn"] == alice.arn
    server.control.advance_sessions(6)
    refusal = refused(client(server, session).get_caller_identity)
    assert (refusal.code, refusal.status) == ("ExpiredToken", 403)
    assert refusal.message == "The security token included in the request is expired"


@pytest.mark.parametrize(
    ("body", "status", "code", "message"),
    [
        ("", 400, "MissingAction", "Missing Action"),
        (
            f"Action=Dance&Version={STS_VERSION}",
            400,
            "InvalidAction",
            f"Could not find operation Dance for version {STS_VERSION}",
        ),
        (
            "Action=GetCallerIdentity&Version=2001-01-01",
            400,
            "InvalidAction",
            "Could not find operation GetCallerIdentity for version 2001-01-01",
        ),
        (
            "Action=GetCallerIdentity",
            400,
            "InvalidAction",
            "Could not find operation GetCallerIdentity for version NO_VERSION_SPECIFIED",
        ),
        (
            f"Action=ListMFADevices&Version={STS_VERSION}",
            400,
            "InvalidAction",
            f"Could not find operation ListMFADevices for version {STS_VERSION}",
        ),
    ],
)
def test_what_is_no_request(
    server: Server, alice: User, body: str, status: int, code: str, message: str
) -> None:
    assert denied(server, signed(server, alice.key, body), body) == (status, code, message)


def test_bytes_that_are_no_text(server: Server) -> None:
    answer = send(server, {}, b"Action=\xff\xfe&Version=" + STS_VERSION.encode())
    assert answer.status == 400
    evil = f"Action={quote('<b>' + chr(1) + chr(0x202E) + '&')}&Version={STS_VERSION}"
    answer = send(server, {}, evil)
    message = answer.error()[2]  # well-formed XML, whatever was asked
    assert message == f"Could not find operation <b>\ufffd\u202e& for version {STS_VERSION}"


def test_http_that_does_not_fit(server: Server) -> None:
    assert send(server, {"Transfer-Encoding": "chunked"}, b"0\r\n\r\n").status == 411
    assert send(server, {"Content-Length": "-1"}).status == 411
    assert send(server, {"Content-Length": str(2 << 20)}).status == 413
    assert send(server, method="PUT").status == 501


def test_answers_carry_a_date_and_an_id(server: Server, alice: User) -> None:
    answer = send(server, signed(server, alice.key), WHO_AM_I)
    said = time.strptime(answer.headers["date"], "%a, %d %b %Y %H:%M:%S GMT")
    assert abs(timegm(said) - time.time()) < 5
    assert answer.headers["x-amzn-requestid"].encode() in answer.body


def test_a_connection_serves_several_requests(server: Server, alice: User) -> None:
    connection = HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    try:
        for _ in range(3):
            connection.request("POST", "/", WHO_AM_I, signed(server, alice.key))
            assert connection.getresponse().read().startswith(b"<GetCallerIdentityResponse")
    finally:
        connection.close()
