"""From a plan to a session: what is cached, what is asked of STS, what is kept.

A step's session is read from its record while it is live. Otherwise its parent's session is
obtained first, then the step's lock; then the record is read once more, and only then is STS
called. So ten processes at once cause one prompt and one call.
"""

from __future__ import annotations

import time

from awsenv import sources
from awsenv.aws import refusals
from awsenv.aws.partitions import default_region, partition_of_region
from awsenv.aws.sts import Granted, Sts
from awsenv.errors import AwsenvError, CredentialsError, RefusedError
from awsenv.lean.dataclasses import dataclass, replace
from awsenv.mfa import Codes, NoCodes, Question
from awsenv.mfa.question import TakenOver
from awsenv.plan.identity import step_identities
from awsenv.plan.settings import HOUR
from awsenv.saved import renewal
from awsenv.saved.origin import no_longer_good
from awsenv.sessions import store
from awsenv.sessions.lock import Held, RecordLock, Waiting
from awsenv.sessions.session_record import Values, as_session, as_values, credentials_in, refused_at
from awsenv.sources.sign_in import SignInNeeded, offer
from awsenv.storage import record_format
from awsenv.terminal.opening import open_terminal, terminal_name
from awsenv.values.credentials import Credentials, Session
from awsenv.values.durations import format_duration
from awsenv.values.steps import AssumeRole, FromSource, GetSessionToken, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awsenv.plan.plan import Plan
    from awsenv.sources.root import Context, Resolved
    from awsenv.terminal.terminal import Terminal

_NOBODY = Credentials("", "")


@dataclass
class Manner:
    """How to get a session: whether anyone may be asked, and what they are told.

    `lead` is a margin in seconds that applies besides the plan's. `renew_below` is one that is
    capped at half of a session's life instead of a tenth. `allow_empty` makes an empty code mean
    "never mind", raised as EmptyCode; `note` is shown above the question. `from_hook` says that a
    shell's hook waits for this process.
    """

    tell: Callable[[str], None]
    may_ask: bool = True
    allow_empty: bool = False
    note: str = ""
    from_hook: bool = False
    lead: int = 0
    renew_below: int = 0
    mfa_process_timeout: int = 30


@dataclass
class Flow:
    """One execution of `plan`."""

    plan: Plan
    context: Context
    manner: Manner

    def __post_init__(self) -> None:
        self._keys = store.step_keys(self.plan)
        self._identities = step_identities(self.plan)
        self._sts = Sts(self.plan.connection, self.context.deadline)
        self._root: Resolved | None = None
        self._got: dict[int, Values] = {}
        self._refused: set[str] = set()
        last = store.load(self._keys[-1]) if self._keys else None
        self._first_seen = (last or {}).get("AWS_ACCESS_KEY_ID")

    def run(self) -> Session:
        """The plan's session; raises AwsenvError."""
        try:
            session = self._run()
        except RefusedError as error:
            if error.code not in refusals.STALE or not self.plan.root.saved:
                raise
            self._check_region(error, self._root_resolved().credentials)
            raise self._no_longer_good("is no longer taken by AWS") from None
        for index, values in self._got.items():
            renewal.renew(
                self.plan.steps[index],
                self._identities[index],
                as_session(values, self._keys[index], self.plan),
                self.context.config,
                self.manner.tell,
                newest=self.plan.request.refresh,
            )
        return session

    def _run(self) -> Session:
        if not self.plan.steps:
            found = self._root_resolved()
            name, region = self.plan.profile, self.plan.region
            return Session(
                found.credentials,
                name,
                region,
                found.expires_at,
                account=found.account or self.plan.root.account,
                settings=self.plan.tool_settings,
            )
        last = len(self.plan.steps) - 1
        values = self._at_hand(last)
        if values is None:
            values = self._get(last)
            self._tell_notes(values)
        return as_session(values, self._keys[last], self.plan)

    def _tell_notes(self, values: Values) -> None:
        for note in self.plan.notes:
            self.manner.tell(note)
        margin, left = self.plan.margin, record_format.seconds_left(values)
        if margin.asked and "EXPIRES_AT" in values and left <= margin.seconds:
            self.manner.tell(
                f"the new session lasts {format_duration(left)}, no longer than the "
                f"{format_duration(margin.seconds)} of --min-left"
            )

    def cached(self) -> Session | None:
        """The live session on disk, if there is one; touches nothing else."""
        last = len(self.plan.steps) - 1
        values = self._live(last) if last >= 0 else None
        return as_session(values, self._keys[last], self.plan) if values else None

    def _live(self, index: int) -> Values | None:
        """The record of a step, unless a new session is needed."""
        values = store.load(self._keys[index])
        if values is None or values.get("IDENTITY") != self._identities[index]:
            return None
        if self.plan.steps[index].insisted and "REFUSED_AT" in values:
            return None
        final = index == len(self.plan.steps) - 1
        if final and self.plan.request.refresh:
            # A session that another process has obtained since this one started is new enough.
            live = values["AWS_ACCESS_KEY_ID"] != self._first_seen
        else:
            live = record_format.seconds_left(values) > self._wanted(values, final)
        if live:
            self._got[index] = values
        return values if live else None

    def _wanted(self, values: Values, final: bool) -> int:
        """How many seconds a session must still last to be used."""
        life = record_format.life(values)
        if not final:
            return min(self.plan.margin.seconds, life // 10)
        if self.plan.margin.asked:
            return self.plan.margin.seconds
        usual = max(self.plan.margin.seconds, self.manner.lead)
        return max(min(usual, life // 10), min(self.manner.renew_below, life // 2))

    def _get(self, index: int) -> Values:
        step = self.plan.steps[index]
        parent, cached = self._parent(index)
        while True:
            with Held(RecordLock(self._keys[index], self._waiting(index))) as lock:
                found = self._live(index)
                if found:
                    return found
                try:
                    granted, extra = self._call(step, index, parent, lock)
                except TakenOver:
                    lock.yield_to_taker()
                    continue
                except RefusedError as error:
                    if not cached or error.code not in refusals.STALE:
                        raise
                    self._check_region(error, parent, got_in=store.load(self._keys[index - 1]))
                else:
                    return self._keep(index, granted, extra)
            # By the clock the parent's session was good, but AWS refused it.
            self._refused.add(parent.access_key_id)
            store.drop(self._keys[index - 1], parent.access_key_id)
            parent, cached = self._parent(index)[0], False

    def _waiting(self, index: int) -> Waiting:
        """How the session of a step is waited for while another process gets it."""
        return Waiting(
            tty=terminal_name(),
            find_terminal=self._open_terminal,
            there=lambda: self._live(index) is not None,
            limits={
                "working": self.context.deadline.seconds,
                "process": self.manner.mfa_process_timeout,
            },
            brings_code=bool(self.plan.request.mfa_code or self.plan.mfa_process),
        )

    def _check_region(
        self, error: RefusedError, refused: Credentials, got_in: Values | None = None
    ) -> None:
        """Raise RefusedError if a session is good, and only this region's STS refuses it.

        InvalidClientTokenId has two causes: keys that are gone, and a region that the account has
        not enabled. The STS where the session was obtained, or that of the partition's main region,
        tells them apart.
        """
        here = self.plan.sts_region
        there = (got_in or {}).get("STS_REGION") or default_region(partition_of_region(here))
        if error.code != refusals.UNKNOWN_KEY or there == here:
            return
        try:
            connection = replace(self.plan.connection, region=there)
            Sts(connection, self.context.deadline).caller_identity(refused)
        except RefusedError:
            return
        raise RefusedError(
            f"STS in {here} does not accept the session that STS in {there} knows: the account "
            f"has not enabled the region {here}",
            f"pass --region {there}, or enable {here} in the account's settings",
            code="RegionDisabled",
        )

    def _at_hand(self, index: int) -> Values | None:
        """A step's live session from its record, or else from a profile that it is saved as."""
        step, request = self.plan.steps[index], self.plan.request
        values = self._live(index)
        final = index == len(self.plan.steps) - 1
        if values or step.insisted or (final and (request.refresh or request.session_name)):
            return values
        granted = renewal.take(step, self._identities[index], self.context.config, self._refused)
        if granted is None:
            return None
        values = self._keep(index, granted, {})
        return values if record_format.seconds_left(values) > self._wanted(values, final) else None

    def _parent(self, index: int) -> tuple[Credentials, bool]:
        """The credentials that make a step's call, and whether they come out of a record."""
        if isinstance(self.plan.steps[index], FromSource):
            return _NOBODY, False
        if index == 0:
            return self._root_resolved().credentials, False
        values = self._at_hand(index - 1)
        if values:
            return credentials_in(values), True
        return credentials_in(self._get(index - 1)), False

    def _root_resolved(self) -> Resolved:
        if self._root is None:
            self._root = sources.resolve(self.plan.root, self.context)
            expires_at = self._root.expires_at
            if self.plan.root.saved and expires_at is not None and expires_at <= time.time():
                raise self._no_longer_good("has expired")
        return self._root

    def _from_source(self, lock: RecordLock) -> tuple[Granted, Values]:
        """What the root gives, after a sign-in if that is needed and wanted."""
        lock.note("source")
        started = int(time.time())
        try:
            found = sources.resolve(self.plan.root, self.context)
        except SignInNeeded as needed:
            lock.note("asking")
            if not offer(needed, self._open_terminal):
                raise
            lock.note("source")
            found = sources.resolve(self.plan.root, self.context)
        if found.expires_at is not None and found.expires_at <= time.time():
            raise CredentialsError(
                f"{self.plan.root.description} gave credentials that have already expired",
                "renew them where they come from",
            )
        extra = {"ACCOUNT": found.account} if found.account else {}
        return Granted(found.credentials, started, found.expires_at), extra

    def _no_longer_good(self, what: str) -> CredentialsError:
        return no_longer_good(self.plan.root, what, self.context.config, self._open_terminal)

    def _open_terminal(self) -> Terminal | None:
        hook = self.manner.from_hook
        return open_terminal(from_hook=hook) if self.manner.may_ask else None

    def _call(
        self, step: Step, index: int, parent: Credentials, lock: RecordLock
    ) -> tuple[Granted, Values]:
        """Make a step's call; with the credentials come further values for the record."""
        if isinstance(step, FromSource):
            return self._from_source(lock)
        if isinstance(step, GetSessionToken) and parent.session_token:
            raise CredentialsError(
                f"{self.plan.root.description} gave a session, and AWS gives MFA sessions only to "
                "long-lived keys",
                "drop mfa_serial, or take the IAM user's own keys as the source",
            )
        refused = refused_at(store.load(self._keys[index]) or {}, step)
        seconds = HOUR if refused else step.duration
        codes = self._codes(step, parent, lock) if step.serial else NoCodes()
        for code in codes:
            lock.note("working")
            try:
                granted = self._grant(step, parent, seconds, code)
            except RefusedError as error:
                if error.code == refusals.BAD_CODE:
                    codes.refused()
                    continue
                if error.code != refusals.TOO_LONG or step.insisted or seconds <= HOUR:
                    raise
                # AWS may have accepted the code: use the next one for the next call.
                codes.accepted()
                self.manner.tell(
                    f"{step.role_arn} does not give {format_duration(seconds)} ({step.why}); "
                    "continuing with 1h00m"
                )
                seconds, refused = HOUR, int(time.time())
                continue
            codes.accepted()
            return granted, {"REFUSED_AT": str(refused)} if refused else {}
        raise AssertionError("codes run out by raising")

    def _codes(self, step: Step, parent: Credentials, lock: RecordLock) -> Codes:
        question = Question(
            serial=step.serial or "",
            purpose=self.plan.profile,
            given=self.plan.request.mfa_code,
            process=self.plan.mfa_process,
            process_timeout=self.manner.mfa_process_timeout,
            prompt=self.plan.mfa_prompt[0] if self.manner.may_ask else "terminal",
            prompt_by=self.plan.mfa_prompt[1],
            login=self.plan.request.profile or self.plan.request.source_profile,
            open_terminal=self._open_terminal,
            allow_empty=self.manner.allow_empty,
            note=self.manner.note,
            meanwhile=lambda: self._sts.prepare(parent),
            idle=lock.is_settled,
            on_ask=lock.note,
        )
        return Codes(question)

    def _grant(
        self,
        step: GetSessionToken | AssumeRole,
        parent: Credentials,
        seconds: int,
        code: str | None,
    ) -> Granted:
        if isinstance(step, GetSessionToken):
            return self._sts.get_session_token(parent, seconds, step.serial, code or "")
        name = step.session_name or default_session_name()
        return self._sts.assume_role(parent, step, seconds, name, code)

    def _keep(self, index: int, granted: Granted, extra: Values) -> Values:
        values = self._got[index] = as_values(self.plan, index, granted, extra)
        if granted.expires_at is None or granted.credentials.session_token is None:
            # Long-lived keys from a password store: they are not ours to keep.
            return values
        try:
            store.save(self._keys[index], values)
        except AwsenvError as error:
            # The session works anyway; the next call just has to get another one.
            self.manner.tell(f"{error.message}; continuing without keeping the session")
        return values


def default_session_name() -> str:
    """`<user>-<UTC time>`, in the characters and the length that AssumeRole allows."""
    import getpass

    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = "awsenv"
    plain = "".join(
        char if char.isascii() and (char.isalnum() or char in "+=,.@-_") else "-" for char in user
    )
    return f"{plain[:40]}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
