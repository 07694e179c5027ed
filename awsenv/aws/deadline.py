"""One time limit for everything a run does over the network."""

from __future__ import annotations

import time

from awsenv.errors import NetworkError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    T = TypeVar("T")


class Deadline:
    """The seconds of network time that are left. Time a person spends typing does not count.

    A call runs on a daemon thread, because a name lookup cannot be interrupted, and because a
    socket's own timeouts start over with every retry and every byte.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.left = float(seconds)

    def run(self, call: Callable[[], T], what: str) -> T:
        """What `call` returns or raises; NetworkError naming `what` when the time is up."""
        results: list[T] = []
        errors: list[BaseException] = []

        def work() -> None:
            try:
                results.append(call())
            except BaseException as error:  # noqa: BLE001 - handed to the waiting thread
                errors.append(error)

        import threading

        thread = threading.Thread(target=work, daemon=True)
        started = time.monotonic()
        thread.start()
        thread.join(max(0.0, self.left))
        self.left -= time.monotonic() - started
        if errors:
            raise errors[0]
        if not results:
            raise NetworkError(
                f"{what} did not answer within {self.seconds:g} s",
                "check the network, VPN and proxy; AWSENV_DEADLINE sets the limit",
            )
        return results[0]
