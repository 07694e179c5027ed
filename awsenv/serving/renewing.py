"""A session with time left for every request, renewed without asking anyone where possible.

Requests arrive on threads of their own. Sessions are obtained on the main thread only, one at a
time, because only there can a terminal be used and signals be handled.
"""

from __future__ import annotations

import queue
import threading
import time

from awsenv.errors import AwsenvError, CredentialsError, ProgramError
from awsenv.fast.answer import RENEW_BELOW

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awsenv.sessions.acquiring import Flow
    from awsenv.values.credentials import Session

# How long a request waits for the new session while the old one would do, in seconds: the SDKs
# wait for one to two seconds in all.
_PATIENCE = 0.5
# How long a request waits otherwise. No SDK waits that long; it asks again.
_LONGEST = 60
# After a renewal that failed, the next attempt to ask a person, or to do without one while the
# old session lives, comes no sooner than this, in seconds.
_PAUSE = 30


class Job:
    """A session being got: the session or the error, once it is `done`."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.session: Session | None = None
        self.error: AwsenvError | None = None


class Keeper:
    """Keeps `last`, and gets its successors with `renew`, which is given whether it lives."""

    def __init__(self, last: Session, renew: Callable[[bool], Session]) -> None:
        self._last = last
        self._renew = renew
        self._lock = threading.Lock()
        self._job: Job | None = None
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()

    def session(self) -> Session:
        """A session that lives; raises AwsenvError. For any thread but the main one."""
        if _left(self._last) > _wanted(self._last):
            return self._last
        with self._lock:
            if self._job is None:
                self._job = Job()
                self._jobs.put(self._job)
            job = self._job
        if not job.done.wait(_PATIENCE) and _left(self._last) > 0:
            return self._last
        if not job.done.wait(_LONGEST):
            raise AwsenvError("the session is still being renewed", "try again")
        if job.session:
            return job.session
        if _left(self._last) > 0:
            return self._last
        assert job.error is not None
        raise job.error

    def work(self) -> None:
        """On the main thread: get what is requested, until `end` is called."""
        while (job := self._jobs.get()) is not None:
            try:
                job.session = self._last = self._renew(_left(self._last) > 0)
            except AwsenvError as error:
                job.error = error
            except Exception as error:  # noqa: BLE001 - the command goes on, and may ask again
                job.error = AwsenvError(f"unexpected {type(error).__name__}: {error}")
            with self._lock:
                self._job = None
            job.done.set()

    def end(self) -> None:
        self._jobs.put(None)


class Renewal:
    """How a session is renewed: without asking anyone if possible, otherwise by asking.

    `flow` makes a run through the plan that asks nobody. `ask` gets a session by one that may ask;
    `tell` prints a line.
    """

    def __init__(
        self,
        flow: Callable[[], Flow],
        ask: Callable[[], Session],
        tell: Callable[[str], None],
    ) -> None:
        self._flow = flow
        self._ask = ask
        self._tell = tell
        self._failed_at = -float(_PAUSE)
        self._asked_at = -float(_PAUSE)
        self._error = AwsenvError("")
        self._told = False

    def __call__(self, lives: bool) -> Session:
        """A session, as good as there is; `lives` says that the one before can still serve."""
        now = time.monotonic()
        if lives and now - self._failed_at < _PAUSE:
            raise self._error
        try:
            session = self._flow().run()
        except AwsenvError as error:
            self._failed_at, self._error = now, error
            # A login in another terminal may have obtained one.
            cached = self._flow().cached()
            if cached:
                return cached
            if not isinstance(error, CredentialsError) or isinstance(error, ProgramError):
                raise
            session = self._asked(now, error)
        self._told = False
        self._failed_at = self._asked_at = -float(_PAUSE)
        return session

    def _asked(self, now: float, error: AwsenvError) -> Session:
        if now - self._asked_at < _PAUSE:
            raise error
        try:
            return self._ask()
        except AwsenvError as failure:
            self._asked_at = time.monotonic()
            if not self._told:
                self._told = True
                said = "; ".join(filter(None, [failure.message, failure.hint]))
                self._tell(f"no new session for the command: {said}")
            raise


def _left(session: Session) -> float:
    return (session.expires_at or 0) - time.time()


def _wanted(session: Session) -> float:
    """With less than this left, in seconds, a session is renewed: before the SDKs insist on it."""
    life = (session.expires_at or 0) - (session.issued_at or 0)
    return min(RENEW_BELOW, life // 2)
