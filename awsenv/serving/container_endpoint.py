"""The container credentials protocol on 127.0.0.1, as the AWS SDKs speak it.

They send GET to AWS_CONTAINER_CREDENTIALS_FULL_URI with AWS_CONTAINER_AUTHORIZATION_TOKEN in the
Authorization header ("Container credential provider" in the AWS SDKs and Tools guide). A client
that does not know the token, or that was sent here under another host's name (a page in a browser,
by DNS rebinding), gets a bare 403.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from awsenv.errors import AwsenvError
from awsenv.values.notation import iso_utc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from awsenv.values.credentials import Session

_PATH = "/credentials"


class Endpoint:
    """A server that answers with what `session` gives, from the moment it is entered."""

    def __init__(self, session: Callable[[], Session]) -> None:
        self.token = secrets.token_urlsafe(32)
        self._server = _Server(session, self.token)
        self.url = f"http://{self._server.authority}{_PATH}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, session: Callable[[], Session], token: str) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.session = session
        self.token = token
        self.authority = f"127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: object) -> None:
        """Say nothing of a client that has hung up; stderr is the command's."""


class _Request(BaseHTTPRequestHandler):
    server: _Server
    # How long, in seconds, a client may hold a connection open without sending anything.
    timeout = 10

    def do_GET(self) -> None:
        if not self._may_ask():
            self._answer(403)
        elif self.path != _PATH:
            self._answer(404)
        else:
            try:
                self._answer(200, credentials_json(self.server.session()))
            except AwsenvError as error:
                kind = type(error).__name__
                said = "; ".join(filter(None, [error.message, error.hint]))
                self._answer(503, json.dumps({"code": kind, "message": f"awsenv: {said}"}))

    def _may_ask(self) -> bool:
        token = self.headers.get_all("Authorization", [])
        wanted = self.server.token.encode()
        return self.headers.get_all("Host", []) == [self.server.authority] and (
            len(token) == 1 and hmac.compare_digest(token[0].encode("utf-8", "replace"), wanted)
        )

    def _answer(self, status: int, body: str = "") -> None:
        data = body.encode()
        # Without the headers that reveal which program answers.
        self.send_response_only(status)
        if data:
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = True

    def send_error(self, code: int, *_: object) -> None:
        """Requests that this server does not understand get a bare status, too."""
        self._answer(code)

    def log_message(self, *_: object) -> None:
        """Write nothing: stderr is the command's."""


def credentials_json(session: Session) -> str:
    """`session` as the protocol has it."""
    credentials = session.credentials
    answer = {
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key,
        "Token": credentials.session_token,
        "Expiration": iso_utc(session.expires_at or 0),
    }
    if session.role_arn:
        answer["RoleArn"] = session.role_arn
    return json.dumps(answer)
