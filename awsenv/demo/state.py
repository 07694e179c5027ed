"""What a running server knows besides its world: clocks, faults to come, requests received."""

import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from awsenv.demo.answers import ServiceError
from awsenv.demo.model import Caller
from awsenv.demo.world import World
from awsenv.values.notation import whole_number


@dataclass
class Clock:
    """The real clock, and two that may be set apart from it (seconds)."""

    session_shift: float = 0.0
    server_shift: float = 0.0

    def real(self) -> float:
        """What MFA codes go by."""
        return time.time()

    def session(self) -> float:
        """The clock that the age and the expiry of sessions go by."""
        return time.time() + self.session_shift

    def server(self) -> float:
        """The clock that signatures are checked against, and that Date and Expiration show."""
        return time.time() + self.server_shift


@dataclass
class Fault:
    """Something to go wrong with the next `left` requests (of one `action`, where set)."""

    left: int
    action: str
    hang_seconds: float = 0.0
    refusal: ServiceError | None = None


@dataclass
class Received:
    """A request, without its MFA code and without any secret."""

    action: str
    service: str
    region: str
    access_key_id: str
    parameters: Mapping[str, str]
    user_agent: str
    status: int = 0
    error: str = ""


@dataclass
class State:
    """Everything a request may read or change; hold `lock` for it."""

    world: World
    clock: Clock = field(default_factory=Clock)
    faults: list[Fault] = field(default_factory=list)
    life_caps: dict[str, float] = field(default_factory=dict)
    """Seconds a session may live at most, by action; "" is for every action."""
    new_key_refusals: int = 0
    new_key_delay: float = 0.0
    list_delay: float = 0.0
    disabled_regions: set[str] = field(default_factory=set)
    """Opt-in regions that the accounts have not enabled."""
    received: deque[Received] = field(default_factory=lambda: deque(maxlen=10_000))
    lock: threading.RLock = field(default_factory=threading.RLock)
    stopping: threading.Event = field(default_factory=threading.Event)

    def next_fault(self, action: str) -> Fault | None:
        """Take one from the first fault that fits."""
        for fault in self.faults:
            if fault.action in ("", action):
                fault.left -= 1
                self.faults = [each for each in self.faults if each.left > 0]
                return fault
        return None

    def life(self, action: str, seconds: int) -> float:
        """How long a session that was granted `seconds` really lives."""
        return min(seconds, self.life_caps.get(action, self.life_caps.get("", seconds)))


@dataclass
class Call:
    """One request on its way through: what was asked, and by whom (None: unsigned)."""

    state: State
    service: str
    action: str
    params: Mapping[str, str]
    caller: Caller | None

    @property
    def world(self) -> World:
        return self.state.world

    @property
    def signer(self) -> Caller:
        """Who signed, for actions that are never reached unsigned."""
        assert self.caller is not None
        return self.caller

    def member_list(self, name: str) -> list[str]:
        """The values of `name.member.N`, in order of N."""
        return [value for _, value in self._members(name, "")]

    def member_pairs(self, name: str, first: str, second: str) -> list[tuple[str, str]]:
        """The pairs of `name.member.N.first` and `name.member.N.second`."""
        seconds = dict(self._members(name, f".{second}"))
        return [(value, seconds.get(n, "")) for n, value in self._members(name, f".{first}")]

    def _members(self, name: str, tail: str) -> list[tuple[int, str]]:
        found = []
        for key, value in self.params.items():
            if key.startswith(f"{name}.member.") and key.endswith(tail):
                number = whole_number(key[len(name) + 8 : len(key) - len(tail)])
                if number is not None:
                    found.append((number, value))
        return sorted(found)


def as_json(received: Received) -> dict[str, Any]:
    return dict(vars(received))
