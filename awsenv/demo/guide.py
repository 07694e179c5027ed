"""What the demo tells the user."""

from __future__ import annotations

import os
import time
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awsenv.terminal.terminal import Terminal

GREETING = """\
This is an AWS of your own, on this machine only: a user (alice), her MFA device, and roles in
other accounts. Nothing here touches your ~/.aws. Type `exit` to leave. Try, in this order:

  awsenv assume prod-admin   asks for an MFA code; the demo's authenticator shows it
  awsenv whoami              what STS says of this shell
  awsenv assume dev          another role: no code this time
  awsenv assume audit        a role that is reached through prod-admin
  awsenv explain audit       what is asked of AWS for that, for how long, and why
  awsenv assume forbidden    what a refusal looks like
  awsenv demo expire 20      from now on sessions last 20 s: assume one, watch the prompt, then
                             try `aws sts get-caller-identity` or another command that uses AWS
  awsenv unset               everything as it was

`awsenv demo code` shows the authenticator. Without the shell hook, and in scripts, the line is:
  {line}
"""


def authenticator_now() -> str:
    """What the device of the running demo shows at this moment."""
    from awsenv.demo.place import running

    code = running().current_code()
    return authenticator(code.code, code.seconds_left, code.used)


class TickingAuthenticator:
    """The device's little screen, on the line above a question, kept up to date.

    Called again and again while the question is open; what it gives is what `idle` gives.
    """

    def __init__(self, terminal: Terminal, idle: Callable[[], bool]) -> None:
        self._terminal = terminal
        self._idle = idle
        self._next = time.monotonic() + 1
        self._draws = os.environ.get("TERM", "dumb") != "dumb"

    def __call__(self) -> bool:
        if self._draws and time.monotonic() >= self._next:
            self._next = time.monotonic() + 1
            with suppress(Exception):
                # Up, over the line, and back to where the cursor was.
                self._terminal.write(f"\x1b7\x1b[A\r\x1b[2K{authenticator_now()}\x1b8")
        return self._idle()


def authenticator(code: str, seconds_left: float, used: bool) -> str:
    """The line that stands for the device's little screen."""
    left = f"{max(1, round(seconds_left))} s"
    if used:
        return f"demo authenticator: {code[:3]} {code[3:]} (used; the next one in {left})"
    return f"demo authenticator: {code[:3]} {code[3:]} ({left} left)"
