"""Real clients for the demo server, and worlds made by hand."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from xml.etree import ElementTree

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.client import BaseClient
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from awsenv.demo import totp
from awsenv.demo.model import User, UserKey
from awsenv.demo.server import Server

# The server is to judge what is sent, so botocore must let it pass.
_ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=10, parameter_validation=False)
EVERYTHING = ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")
"""What a trust policy must allow for an AssumeRole with all there is."""
STS_VERSION = "2011-06-15"


def keys_of(who: UserKey | Mapping[str, Any]) -> tuple[str, str, str | None]:
    """(id, secret, token) of a long-lived key, or of the Credentials in an answer."""
    if isinstance(who, UserKey):
        return who.id, who.secret, None
    return who["AccessKeyId"], who["SecretAccessKey"], who.get("SessionToken")


def client(
    server: Server, who: UserKey | Mapping[str, Any], service: str = "sts", **options: Any
) -> BaseClient:
    """A boto3 client that does not retry."""
    key_id, secret, token = keys_of(who)
    return boto3.client(
        service,
        endpoint_url=server.url,
        region_name=options.pop("region", "eu-west-1"),
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=options.pop("config", _ONCE),
    )


@dataclass(frozen=True)
class Refused:
    code: str
    message: str
    status: int


def refused(call: Callable[..., Any], **params: Any) -> Refused:
    """How AWS refuses this call; the test fails if it does not."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    answer = caught.value.response
    error = answer["Error"]
    assert answer["ResponseMetadata"]["RequestId"], "every answer has a request id"
    return Refused(error["Code"], error["Message"], answer["ResponseMetadata"]["HTTPStatusCode"])


def code_of(server: Server, user: User) -> str:
    """An MFA code that will be accepted; waits where all of them are used."""
    while True:
        code, wait = server.control.unused_code(user.mfa.serial)
        if code:
            return code
        time.sleep(wait)


def mfa_session(server: Server, user: User, **params: Any) -> Mapping[str, Any]:
    """The Credentials of a GetSessionToken with MFA."""
    answer = client(server, user.key).get_session_token(
        SerialNumber=user.mfa.serial, TokenCode=code_of(server, user), **params
    )
    return answer["Credentials"]


def assume(server: Server, who: Any, arn: str, **params: Any) -> Mapping[str, Any]:
    """The Credentials of an AssumeRole."""
    params = {"RoleSessionName": "tester"} | params
    return client(server, who).assume_role(RoleArn=arn, **params)["Credentials"]


def role(server: Server, trust: object, name: str = "deploy", **options: Any) -> str:
    """The ARN of a new role."""
    return server.world.add_role(name, trust=trust, **options).arn


def attempt(server: Server, who: Any, arn: str, **params: Any) -> Refused:
    """How an AssumeRole is refused."""
    params = {"RoleArn": arn, "RoleSessionName": "tester"} | params
    return refused(client(server, who).assume_role, **params)


def not_authorized(who: str, arn: str, tail: str = "", action: str = "sts:AssumeRole") -> Refused:
    """The refusal of somebody who may not."""
    message = f"User: {who} is not authorized to perform: {action} on resource: {arn}{tail}"
    return Refused("AccessDenied", message, 403)


def life(credentials: Any) -> float:
    """The seconds that credentials say they have left."""
    return credentials["Expiration"].timestamp() - time.time()


def steady_step() -> int:
    """The present time step, with at least 3 s of it left."""
    left = totp.STEP_SECONDS - time.time() % totp.STEP_SECONDS
    if left < 3:
        time.sleep(left + 0.01)
    return totp.step_at(time.time())


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def error(self) -> tuple[str, str, str]:
        """(Type, Code, Message) of an error answer."""
        root = ElementTree.fromstring(self.body)
        space = {"a": root.tag.partition("}")[0].removeprefix("{")}
        assert root.tag.endswith("}ErrorResponse")
        assert root.findtext("a:RequestId", None, space)
        found = [root.findtext(f"a:Error/a:{name}", "", space) for name in _ERROR_PARTS]
        return found[0], found[1], found[2]


_ERROR_PARTS = ("Type", "Code", "Message")


def send(
    server: Server,
    headers: Mapping[str, str] | None = None,
    body: str | bytes = "",
    *,
    method: str = "POST",
    path: str = "/",
) -> Answer:
    """One HTTP request, as it is."""
    connection = HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    try:
        connection.request(method, path, body, dict(headers or {}))
        response = connection.getresponse()
        named = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, named, response.read())
    finally:
        connection.close()


def signed(
    server: Server,
    who: UserKey | Mapping[str, Any],
    body: str = f"Action=GetCallerIdentity&Version={STS_VERSION}",
    *,
    signed_at: float | None = None,
    service: str = "sts",
    region: str = "eu-west-1",
    method: str = "POST",
    path: str = "/",
) -> dict[str, str]:
    """The headers of a request that botocore has signed, at any time one likes."""
    request = AWSRequest(method=method, url=server.url + path, data=body)
    if body:
        request.headers["Content-Type"] = "application/x-www-form-urlencoded"
    signer = SigV4Auth(Credentials(*keys_of(who)), service, region)
    moment = time.gmtime(time.time() if signed_at is None else signed_at)
    request.context["timestamp"] = time.strftime("%Y%m%dT%H%M%SZ", moment)
    signer._modify_request_before_signing(request)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    signer._inject_signature_to_request(request, signer.signature(text, request))
    return dict(request.headers.items())
