"""Stand-ins over HTTP for what issues credentials beside STS.

What they issue is a real session of the running STS, so that awsenv, the aws CLI and boto3 can
be asked who they are. Each refuses what AWS would refuse, in its wording where that is known.
"""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from awsenv.demo.model import IssuedSession, Role, User, random_id, random_secret, random_token
from awsenv.values.notation import iso_utc
from support.world import RunningSts


def issue(
    sts: RunningSts, owner: Role | User, life: float = 3600, name: str = "stand-in"
) -> IssuedSession:
    """A session of `owner` that the STS knows."""
    now = sts.server.state.clock.session()
    session = IssuedSession(
        random_id("ASIA"), random_secret(), random_token(), owner, now + life, name=name
    )
    with sts.server.state.lock:
        sts.world.sessions[session.key_id] = session
    return session


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    """A JSON answer; `kind` is what AWS calls an error in its x-amzn-errortype header."""

    body: object
    status: int = 200
    kind: str = ""
    location: str = ""


class StandIn:
    """A server on 127.0.0.1 that answers with `answer`; `asked` is what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """What was asked is in `asked`."""

            def _serve(self) -> None:
                url = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, url.path, dict(parse_qsl(url.query)), headers, body)
                owner.asked.append(asked)
                answer = owner.answer(asked)
                text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
                self.send_response(answer.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text.encode())))
                if answer.kind:
                    self.send_header("x-amzn-errortype", answer.kind)
                if answer.location:
                    self.send_header("Location", answer.location)
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_POST = do_PUT = _serve

        self._http = _Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def answer(self, asked: Asked) -> Answer:
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def server_bind(self) -> None:
        # HTTPServer asks the name service for its own name here, which can take seconds.
        TCPServer.server_bind(self)


class Portal(StandIn):
    """The SSO portal and its OIDC service: role credentials for an access token."""

    def __init__(self, sts: RunningSts, role: Role, life: float = 3600) -> None:
        super().__init__()
        self._sts, self.role, self._life = sts, role, life
        self.tokens = {"sso-token"}
        """The access tokens it takes."""
        self.refresh_tokens: set[str] = set()

    def answer(self, asked: Asked) -> Answer:
        if (asked.method, asked.path) == ("GET", "/federation/credentials"):
            return self._credentials(asked)
        if (asked.method, asked.path) == ("POST", "/token"):
            return self._token(asked)
        return Answer({"message": "unknown operation"}, 404, "UnknownOperationException")

    def _credentials(self, asked: Asked) -> Answer:
        if asked.headers.get("x-amz-sso_bearer_token") not in self.tokens:
            refusal = {"message": "Session token not found or invalid"}
            return Answer(refusal, 401, "UnauthorizedException")
        wanted = {"account_id": self.role.account, "role_name": self.role.name}
        if asked.query != wanted:
            return Answer({"message": "No access"}, 403, "ForbiddenException")
        session = issue(self._sts, self.role, self._life, name="jane")
        found = {
            "accessKeyId": session.key_id,
            "secretAccessKey": session.secret,
            "sessionToken": session.token,
            "expiration": int((time.time() + self._life) * 1000),
        }
        return Answer({"roleCredentials": found})

    def _token(self, asked: Asked) -> Answer:
        given = asked.json()
        if (
            given["grantType"] != "refresh_token"
            or given["refreshToken"] not in self.refresh_tokens
        ):
            return Answer({"error": "invalid_grant"}, 400, "InvalidGrantException")
        self.tokens.add("sso-token-2")
        found = {"accessToken": "sso-token-2", "expiresIn": 3600, "refreshToken": "again"}
        return Answer(found | {"tokenType": "Bearer"})


class Imds(StandIn):
    """The metadata service of an EC2 instance, version 2."""

    def __init__(self, sts: RunningSts, role: Role, life: float = 6 * 3600) -> None:
        super().__init__()
        self._role = role
        self._session = issue(sts, role, life, name="i-0123456789abcdef0")
        self._expires_at = int(time.time() + life)

    def answer(self, asked: Asked) -> Answer:
        folder = "/latest/meta-data/iam/security-credentials/"
        if (asked.method, asked.path) == ("PUT", "/latest/api/token"):
            return Answer("imds-token")
        if asked.headers.get("x-aws-ec2-metadata-token") != "imds-token":
            return Answer("", 401)
        if asked.path == folder:
            return Answer(self._role.name)
        if asked.path == folder + self._role.name:
            return Answer(
                {
                    "Code": "Success",
                    "Type": "AWS-HMAC",
                    "LastUpdated": iso_utc(int(time.time())),
                    "AccessKeyId": self._session.key_id,
                    "SecretAccessKey": self._session.secret,
                    "Token": self._session.token,
                    "Expiration": iso_utc(self._expires_at),
                }
            )
        return Answer("", 404)


class Container(StandIn):
    """The credentials endpoint of an ECS task or an EKS pod."""

    def __init__(
        self, sts: RunningSts, role: Role, authorization: str = "", name: str = "task"
    ) -> None:
        super().__init__()
        self._sts, self._role, self._authorization, self._name = sts, role, authorization, name

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization", "") != self._authorization:
            return Answer({"code": "Unauthorized", "message": "no or wrong token"}, 401)
        session = issue(self._sts, self._role, name=self._name)
        return Answer(
            {
                "RoleArn": self._role.arn,
                "AccessKeyId": session.key_id,
                "SecretAccessKey": session.secret,
                "Token": session.token,
                "Expiration": iso_utc(int(time.time() + 3600)),
            }
        )


class SignIn(StandIn):
    """AWS Sign-In for the command line: credentials for a refresh token."""

    def __init__(self, sts: RunningSts, user: User, life: int = 900) -> None:
        super().__init__()
        self._sts, self._user, self._life = sts, user, life
        self.refresh_tokens = {"refresh-1"}

    def answer(self, asked: Asked) -> Answer:
        given = asked.json()
        if asked.path != "/v1/token" or asked.headers.get("dpop", "").count(".") != 2:
            return Answer({"message": "no proof of possession"}, 400, "ValidationException")
        if given["refreshToken"] not in self.refresh_tokens:
            refusal = {"error": "TOKEN_EXPIRED", "message": "The refresh token has expired"}
            return Answer(refusal, 401, "AccessDeniedException")
        session = issue(self._sts, self._user, self._life)
        keys = {
            "accessKeyId": session.key_id,
            "secretAccessKey": session.secret,
            "sessionToken": session.token,
        }
        found = {"accessToken": keys, "tokenType": "aws_sigv4", "expiresIn": self._life}
        return Answer(found | {"refreshToken": "refresh-2"})


class Federation(StandIn):
    """The federation endpoint of the console: a sign-in token for a role's session."""

    def __init__(self, sts: RunningSts) -> None:
        super().__init__()
        self._sts = sts
        self.tokens: dict[str, str] = {}
        """Who each token signs in, an ARN."""
        self.followed: list[tuple[str, str]] = []
        """(ARN, destination) of each sign-in."""

    def answer(self, asked: Asked) -> Answer:
        given = {**asked.query, **dict(parse_qsl(asked.body.decode()))}
        if asked.path != "/federation":
            return Answer("", 404)
        if given.get("Action") == "getSigninToken":
            return self._token(given)
        if given.get("Action") == "login" and given.get("SigninToken") in self.tokens:
            who = self.tokens[given["SigninToken"]]
            self.followed.append((who, given["Destination"]))
            return Answer("", 302, location=given["Destination"])
        return Answer("", 400)

    def _token(self, given: Mapping[str, str]) -> Answer:
        keys = json.loads(given["Session"])
        session = self._sts.world.sessions.get(keys.get("sessionId"))
        valid = (
            session is not None
            and session.secret == keys.get("sessionKey")
            and session.token == keys.get("sessionToken")
            and session.expires_at > self._sts.server.state.clock.session()
        )
        if session is None or not valid or not isinstance(session.owner, Role):
            return Answer("", 400)
        token = random_token()
        self.tokens[token] = session.owner.arn
        return Answer({"SigninToken": token})
