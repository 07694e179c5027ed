"""The server: STS and IAM over HTTP, in a thread, on 127.0.0.1.

    with Server(demo_world()) as server:
        ...  # clients use it with AWS_ENDPOINT_URL=server.url

`server.control` (or `Control(url, token)` in another process) reads its log, shows MFA codes and
makes things go wrong. Requests are not written to stderr.
"""

import hmac
import os
import secrets
import socket
import sys
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, Self
from urllib.parse import parse_qsl

from awsenv.demo import answers, control, iam_actions, sigv4, sts_actions
from awsenv.demo.answers import ServiceError, Value, invalid_token
from awsenv.demo.model import Caller, User
from awsenv.demo.sigv4 import HttpRequest
from awsenv.demo.state import Call, Fault, Received, State
from awsenv.demo.world import World
from awsenv.values.notation import whole_number

_SERVICES = {"2011-06-15": "sts", "2010-05-08": "iam"}
_ACTIONS = {"sts": sts_actions.ACTIONS, "iam": iam_actions.ACTIONS}
_MAX_BODY = 1 << 20
_PRIVATE = ("TokenCode", "WebIdentityToken")


class Server:
    """A running server for one world. Use it with `with`, or call `start` and `stop`."""

    def __init__(self, world: World, *, any_host: bool = False) -> None:
        """`any_host` has it answer for every name, as behind a proxy."""
        self.world = world
        self.any_host = any_host
        self.state = State(world)
        self.control_token = secrets.token_urlsafe(32)
        self._http = _Http(("127.0.0.1", 0), self)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self.control = control.Control(self.url, self.control_token)
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(0.02,), name="awsenv-demo-server", daemon=True
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, and cancel what is still running."""
        self.state.stopping.set()
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.server_close()
        self._http.close_connections()

    def __repr__(self) -> str:
        return f"Server({self.url})"


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], owner: Server) -> None:
        self.owner = owner
        self._connections: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # HTTPServer looks up its own host name here, which can take seconds.
        TCPServer.server_bind(self)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is not worth reporting; anything else is a bug of this
        program.
        """
        error = sys.exception()
        if isinstance(error, OSError):
            return
        if os.environ.get("AWSENV_DEBUG"):
            super().handle_error(request, client_address)
        else:
            sys.stderr.write(f"awsenv: the demo's server failed at a request: {error!r:.200}\n")

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # it was closed meanwhile
                continue


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "awsenv-demo"
    sys_version = ""
    disable_nagle_algorithm = True
    server: _Http

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, *_: object) -> None:
        """Requests are in the log that the control endpoint shows."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        now = self.server.owner.state.clock.server()
        return super().date_time_string(now if timestamp is None else timestamp)

    def _serve(self) -> None:
        length = whole_number(self.headers.get("Content-Length", "0"))
        if "Transfer-Encoding" in self.headers or length is None:
            self.close_connection = True
            self._answer(411, b"", "text/plain")
            return
        if length > _MAX_BODY:
            self.close_connection = True
            self._answer(413, b"", "text/plain")
            return
        if not self._is_meant():
            self.close_connection = True
            self._answer(421, b"", "text/plain")
            return
        path, _, query = self.path.partition("?")
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            key = name.lower()
            headers[key] = f"{headers[key]},{value}" if key in headers else value
        body = self.rfile.read(length)
        request = HttpRequest(self.command, path, query, headers, body)
        if path.startswith(control.PREFIX):
            self._serve_control(request)
        else:
            self._serve_aws(request)

    def _is_meant(self) -> bool:
        """Whether the request is for this server: a browser's page cannot lead here by a name."""
        owner = self.server.owner
        names = ("127.0.0.1", "localhost")
        port = self.server.server_address[1]
        return owner.any_host or self.headers.get("Host", "") in {
            f"{name}:{port}" for name in names
        }

    def _serve_control(self, request: HttpRequest) -> None:
        given = request.headers.get("authorization", "")
        wanted = f"Bearer {self.server.owner.control_token}"
        if not hmac.compare_digest(given.encode(), wanted.encode()):
            self._answer(403, b'{"error": "the control token is missing or wrong"}\n')
            return
        status, answer = control.handle(self.server.owner.state, request)
        self._answer(status, answer)

    def _serve_aws(self, request: HttpRequest) -> None:
        state = self.server.owner.state
        params = _parameters(request)
        action = params.get("Action", "")
        service = _SERVICES.get(params.get("Version", ""), "sts")
        ident = answers.request_id()
        received = _note(state, request, params, service)
        with state.lock:
            fault = state.next_fault(action)
        if fault and fault.hang_seconds:
            state.stopping.wait(fault.hang_seconds)
            self.close_connection = True
            return
        try:
            with state.lock:
                result = _perform(state, request, params, service, fault)
            status, body = 200, answers.success(service, action, result, ident)
        except ServiceError as refusal:
            received.error = refusal.code
            status, body = refusal.status, answers.failure(service, refusal, ident)
        received.status = status
        self._answer(status, body, "text/xml", ident)

    def _answer(
        self, status: int, body: bytes, kind: str = "application/json", ident: str = ""
    ) -> None:
        self.send_response(status)
        if ident:
            self.send_header("x-amzn-RequestId", ident)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


def _parameters(request: HttpRequest) -> dict[str, str]:
    try:
        body = request.body.decode() if request.method == "POST" else ""
        pairs = parse_qsl(request.query, keep_blank_values=True)
        pairs += parse_qsl(body, keep_blank_values=True, max_num_fields=1000)
    except ValueError:
        return {}
    return dict(pairs)


def _note(state: State, request: HttpRequest, params: Mapping[str, str], service: str) -> Received:
    """Note what the log shows of a request: no signature, no MFA code, no token."""
    try:
        signature = sigv4.read(request)
        key_id, region = signature.key_id, signature.region
    except ServiceError:
        key_id, region = "", ""
    kept = {
        name: value
        for name, value in params.items()
        if name not in ("Action", "Version", *_PRIVATE)
    }
    agent = request.headers.get("user-agent", "")
    received = Received(params.get("Action", ""), service, region, key_id, kept, agent)
    with state.lock:
        state.received.append(received)
    return received


def _perform(
    state: State,
    request: HttpRequest,
    params: Mapping[str, str],
    service: str,
    fault: Fault | None,
) -> Mapping[str, Value]:
    if fault and fault.refusal:
        raise fault.refusal
    action, version = params.get("Action"), params.get("Version", "")
    if not action:
        raise ServiceError("MissingAction", "Missing Action")
    perform = _ACTIONS[service].get(action)
    if perform is None or version not in _SERVICES:
        message = (
            f"Could not find operation {action} for version {version or 'NO_VERSION_SPECIFIED'}"
        )
        raise ServiceError("InvalidAction", message)
    unsigned = service == "sts" and action in sts_actions.UNSIGNED
    caller = None if unsigned else _authenticate(state, request, service)
    return perform(Call(state, service, action, params, caller))


def _authenticate(state: State, request: HttpRequest, service: str) -> Caller:
    """Who signed the request. ServiceError: nobody that is known, or not now, or not for this."""
    signature = sigv4.read(request)
    if signature.region in state.disabled_regions:
        raise invalid_token()
    token = request.headers.get("x-amz-security-token", "")
    session = state.world.sessions.get(signature.key_id)
    if session:
        if not hmac.compare_digest(token.encode(), session.token.encode()):
            raise invalid_token()
        sigv4.check(request, signature, session.secret, state.clock.server(), service)
        if state.clock.session() >= session.expires_at:
            message = "The security token included in the request is expired"
            raise ServiceError("ExpiredToken", message, 403)
        # A user's session may call IAM only if an MFA code was given for it.
        if service == "iam" and isinstance(session.owner, User) and session.mfa_at is None:
            raise invalid_token()
        return Caller(session.key_id, session.owner, session)
    try:
        user, key = state.world.key(signature.key_id)
    except LookupError:
        raise invalid_token() from None
    if token or not key.active or state.clock.real() < key.usable_at:
        raise invalid_token()
    if key.refusals_left:
        key.refusals_left -= 1
        raise invalid_token()
    sigv4.check(request, signature, key.secret, state.clock.server(), service)
    key.last_used = (state.clock.real(), service, signature.region)
    return Caller(key.id, user)
