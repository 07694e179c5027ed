"""Many terminals whose session expires at once: one question, and all go on."""

import random
import sys
import time

import pexpect

from campaign.counting import Count
from campaign.place import AWSENV, Place

_MANY = 50
# From the answer on, in seconds, per terminal: each starts a process of its own.
_SOON = 0.5


def many_terminals(place: Place, _chance: random.Random, scale: float) -> list[Count]:
    many = _MANY if scale == 1 else 5
    count = Count(f"{many} terminals that expire at once", "one question, one call, all go on")
    control = place.server.control
    control.forget_sessions()
    for path in (place.cache / "sessions").iterdir():
        path.unlink()
    control.clear_requests()
    words = [*AWSENV[1:], "exec", "dev", sys.executable, "-ISc", "print('GOT')"]
    opened = [
        pexpect.spawn(sys.executable, words, env=place.env, encoding="utf-8", timeout=120)
        for _ in range(many)
    ]
    try:
        asked = _asked(opened)
        for child in opened:
            if child is not asked:
                child.expect("press Enter")
        started = time.monotonic()
        asked.sendline(place.code())
        for child in opened:
            child.expect("GOT")
            count.tried += 1
        took = time.monotonic() - started
        if took > _SOON * many:
            count.failures.append(f"it took {took:.1f} s")
        calls = control.count("GetSessionToken"), control.count("AssumeRole")
        if calls != (1, 1):
            count.failures.append(f"calls to STS: {calls}")
    except (pexpect.TIMEOUT, pexpect.EOF, StopIteration) as error:
        count.failures.append(repr(error))
    finally:
        for child in opened:
            child.close(force=True)
    return [count]


def _asked(opened: list[pexpect.spawn]) -> pexpect.spawn:
    """The terminal at which the code is asked for."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        for child in opened:
            if child.expect(["MFA code for .*: ", pexpect.TIMEOUT], timeout=0.05) == 0:
                return child
    raise StopIteration("nobody was asked")
