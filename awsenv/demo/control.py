"""The control endpoint of a running server, and its client.

POST /_control/NAME with a JSON object and `Authorization: Bearer TOKEN`; the answer is JSON.
"""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from awsenv.demo import totp
from awsenv.demo.answers import ServiceError
from awsenv.demo.policy import Policy
from awsenv.demo.sigv4 import HttpRequest
from awsenv.demo.state import Fault, State, as_json

PREFIX = "/_control/"

Json = dict[str, Any]


class ControlError(Exception):
    """The server refused a control request, in its own words."""


@dataclass(frozen=True)
class Code:
    """An MFA code, the seconds until the device shows another, and whether it was used."""

    code: str = field(repr=False)
    seconds_left: float
    used: bool


@dataclass
class Control:
    """Steers a running server, from the same process or another."""

    url: str
    token: str = field(repr=False)

    # What is to go wrong next. `action` limits it to one action, such as AssumeRole.

    def throttle(self, count: int = 1, action: str = "") -> None:
        """Answer the next `count` requests with Throttling."""
        self.fail(count, action, status=400, code="Throttling", message="Rate exceeded")

    def fail(
        self,
        count: int = 1,
        action: str = "",
        *,
        status: int = 500,
        code: str = "InternalFailure",
        message: str = "The request processing has failed because of an unknown error.",
    ) -> None:
        """Answer the next `count` requests with that error."""
        self._call("fail", count=count, action=action, status=status, code=code, message=message)

    def hang(self, count: int = 1, action: str = "", *, seconds: float = 300) -> None:
        """Leave the next `count` requests without an answer for `seconds`, then hang up."""
        self._call("hang", count=count, action=action, seconds=seconds)

    def clear_faults(self) -> None:
        """Nothing goes wrong any more; clocks, life and new keys are as at the start."""
        self._call("clear_faults")

    # Time

    def advance_sessions(self, seconds: float) -> None:
        """Make every session issued so far, and its MFA, `seconds` older, without telling
        anyone.
        """
        self._call("advance_sessions", seconds=seconds)

    def shift_clock(self, seconds: float) -> None:
        """Set the server's clock `seconds` ahead of the real one (behind, if negative)."""
        self._call("shift_clock", seconds=seconds)

    def cap_life(self, seconds: float | None, action: str = "") -> None:
        """Let sessions live `seconds` at most, with an honest Expiration; None lifts the cap."""
        self._call("cap_life", seconds=seconds, action=action)

    def forget_sessions(self) -> None:
        """Make all sessions issued so far unknown."""
        self._call("forget_sessions")

    def disable_region(self, region: str) -> None:
        """Have the account not enabled `region`: its STS knows nobody, as AWS's answers there."""
        self._call("disable_region", region=region)

    # What was received

    def requests(self, action: str = "") -> list[Json]:
        """The requests so far, oldest first, as dicts: action, service, region, access_key_id,
        parameters, user_agent, status, error."""
        found: list[Json] = self._call("requests", action=action)["requests"]
        return found

    def count(self, action: str = "") -> int:
        return len(self.requests(action))

    def clear_requests(self) -> None:
        self._call("clear_requests")

    # MFA devices. Without a serial: the first device.

    def current_code(self, serial: str = "") -> Code:
        """What the device shows now, used or not."""
        answer = self._call("current_code", serial=serial)
        return Code(answer["code"], answer["seconds_left"], answer["used"])

    def unused_code(self, serial: str = "", *, margin: float = 5) -> tuple[str, float]:
        """(code, 0): the oldest code still accepted, and that for at least `margin` seconds
        (30 at most); or ("", seconds until there is one)."""
        answer = self._call("unused_code", serial=serial, margin=margin)
        return answer["code"], answer["wait"]

    # The world

    def set_key_active(self, key_id: str, *, active: bool) -> None:
        self._call("set_key_active", key_id=key_id, active=active)

    def set_role(self, role: str, *, max_duration: int | None = None, trust: object = None) -> None:
        """Change a role, by name or ARN; `trust` is a trust policy document."""
        self._call("set_role", role=role, max_duration=max_duration, trust=trust)

    def set_user_policy(self, user: str, policy: object) -> None:
        """Give a user, by name or ARN, another policy document."""
        self._call("set_user_policy", user=user, policy=policy)

    def delay_new_keys(self, *, requests: int = 0, seconds: float = 0) -> None:
        """Refuse access keys yet to be made until `requests` refusals and `seconds` are over."""
        self._call("delay_new_keys", requests=requests, seconds=seconds)

    def delay_lists(self, *, seconds: float = 0) -> None:
        """Leave access keys that are younger than `seconds` out of the lists of keys."""
        self._call("delay_lists", seconds=seconds)

    def _call(self, name: str, **arguments: object) -> Json:
        address = urlsplit(self.url)
        connection = HTTPConnection(address.hostname or "", address.port, timeout=10)
        try:
            headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
            connection.request("POST", PREFIX + name, json.dumps(arguments), headers)
            response = connection.getresponse()
            answer: Json = json.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise ControlError(answer.get("error", f"HTTP status {response.status}"))
        return answer


def _fail(state: State, count: int, action: str, *, status: int, code: str, message: str) -> None:
    state.faults.append(Fault(count, action, refusal=ServiceError(code, message, status)))


def _hang(state: State, count: int, action: str, seconds: float) -> None:
    state.faults.append(Fault(count, action, hang_seconds=seconds))


def _clear_faults(state: State) -> None:
    state.faults.clear()
    state.life_caps.clear()
    state.clock.session_shift = state.clock.server_shift = 0.0
    _delay_new_keys(state, 0, 0)
    _delay_lists(state, 0)


def _advance_sessions(state: State, seconds: float) -> None:
    state.clock.session_shift += seconds


def _shift_clock(state: State, seconds: float) -> None:
    state.clock.server_shift = seconds


def _cap_life(state: State, seconds: float | None, action: str) -> None:
    state.life_caps.pop(action, None)
    if seconds is not None:
        state.life_caps[action] = seconds


def _forget_sessions(state: State) -> None:
    state.world.sessions.clear()


def _disable_region(state: State, region: str) -> None:
    state.disabled_regions.add(region)


def _requests(state: State, action: str) -> Json:
    return {"requests": [as_json(each) for each in state.received if action in ("", each.action)]}


def _clear_requests(state: State) -> None:
    state.received = deque(maxlen=state.received.maxlen)


def _current_code(state: State, serial: str) -> Json:
    device, now = state.world.device(serial), state.clock.real()
    left = totp.STEP_SECONDS - now % totp.STEP_SECONDS
    step = totp.step_at(now)
    code = totp.code_for(device.seed, step)
    return {"code": code, "seconds_left": left, "used": step <= device.last_step}


def _unused_code(state: State, serial: str, margin: float) -> Json:
    code, wait = state.world.device(serial).unused_code(state.clock.real(), margin)
    return {"code": code, "wait": wait}


def _set_key_active(state: State, key_id: str, active: bool) -> None:
    state.world.key(key_id)[1].active = active


def _set_role(state: State, role: str, max_duration: int | None, trust: object) -> None:
    found = state.world.role(role)
    if trust is not None:
        found.trust = Policy.trust(trust)
    if max_duration is not None:
        found.max_duration = max_duration


def _set_user_policy(state: State, user: str, policy: object) -> None:
    state.world.user(user).policy = Policy.identity(policy)


def _delay_lists(state: State, seconds: float) -> None:
    state.list_delay = seconds


def _delay_new_keys(state: State, requests: int, seconds: float) -> None:
    state.new_key_refusals = requests
    state.new_key_delay = seconds


_COMMANDS: dict[str, Callable[..., Json | None]] = {
    "advance_sessions": _advance_sessions,
    "cap_life": _cap_life,
    "clear_faults": _clear_faults,
    "clear_requests": _clear_requests,
    "current_code": _current_code,
    "delay_lists": _delay_lists,
    "disable_region": _disable_region,
    "delay_new_keys": _delay_new_keys,
    "fail": _fail,
    "forget_sessions": _forget_sessions,
    "hang": _hang,
    "requests": _requests,
    "set_key_active": _set_key_active,
    "set_role": _set_role,
    "set_user_policy": _set_user_policy,
    "shift_clock": _shift_clock,
    "unused_code": _unused_code,
}


def handle(state: State, request: HttpRequest) -> tuple[int, bytes]:
    """Carry out a control request, its token having been checked: HTTP status and JSON."""
    command = _COMMANDS.get(request.path.removeprefix(PREFIX))
    if command is None or request.method != "POST":
        return 404, b'{"error": "no such command"}\n'
    try:
        arguments = json.loads(request.body or b"{}")
        with state.lock:
            answer = command(state, **arguments)
    except (LookupError, TypeError, ValueError) as error:
        return 400, json.dumps({"error": str(error)}).encode()
    return 200, json.dumps(answer or {}).encode()
