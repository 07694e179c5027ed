"""What an AWS account consists of: users, access keys, MFA devices, roles, sessions."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from awsenv.demo import totp
from awsenv.demo.policy import Policy

_ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def random_id(prefix: str) -> str:
    """An id such as AWS gives: AKIA (key), ASIA (session key), AIDA (user), AROA (role)."""
    return prefix + "".join(secrets.choice(_ID_ALPHABET) for _ in range(16))


def random_secret() -> str:
    """A secret access key of 40 characters that always has a + and a / in it."""
    while True:
        secret = base64.b64encode(secrets.token_bytes(30)).decode()
        if "+" in secret and "/" in secret:
            return secret


def random_token() -> str:
    """A session token of 424 characters, with + and / and = in it."""
    body = base64.b64encode(b"\xfb\xff\xbf" + secrets.token_bytes(301)).decode()
    return "IQoJb3JpZ2luX2Vj" + body


@dataclass
class UserKey:
    """A user's long-lived key.

    A new key is refused until `refusals_left` requests with it have been refused and the time
    `usable_at` (epoch seconds) has come, because AWS, too, takes a while to make a new key known
    everywhere.
    """

    id: str
    secret: str = field(repr=False)
    active: bool = True
    created_at: float = 0.0
    refusals_left: int = 0
    usable_at: float = 0.0
    last_used: tuple[float, str, str] | None = None
    """(epoch seconds, service, region)"""


@dataclass
class MfaDevice:
    """A device. The code of each time step is accepted once, and never out of order."""

    serial: str
    seed: bytes = field(repr=False)
    enabled_at: float = 0.0
    last_step: int = -1

    def accept(self, code: str, epoch: float) -> bool:
        """Use up `code` if it belongs to the step at `epoch` or a neighbour not yet passed."""
        for step in self._open_steps(epoch):
            if secrets.compare_digest(totp.code_for(self.seed, step).encode(), code.encode()):
                self.last_step = step
                return True
        return False

    def unused_code(self, epoch: float, margin: float) -> tuple[str, float]:
        """The oldest code that will be accepted for `margin` seconds yet.

        (code, 0), or ("", seconds until there is one).
        """
        for step in self._open_steps(epoch):
            if (step + 2) * totp.STEP_SECONDS - epoch > margin:
                return totp.code_for(self.seed, step), 0.0
        return "", max(0.0, self.last_step * totp.STEP_SECONDS - epoch)

    def _open_steps(self, epoch: float) -> range:
        now = totp.step_at(epoch)
        return range(max(now - 1, self.last_step + 1), now + 2)


@dataclass
class User:
    """An IAM user, or with `root` the account's root user."""

    name: str
    account: str
    partition: str
    policy: Policy
    keys: list[UserKey] = field(default_factory=list)
    devices: list[MfaDevice] = field(default_factory=list)
    id: str = ""
    root: bool = False
    created_at: float = 0.0

    @property
    def arn(self) -> str:
        path = "root" if self.root else f"user/{self.name}"
        return f"arn:{self.partition}:iam::{self.account}:{path}"

    @property
    def key(self) -> UserKey:
        """The first access key."""
        return self.keys[0]

    @property
    def mfa(self) -> MfaDevice:
        """The first MFA device."""
        return self.devices[0]


@dataclass
class Role:
    """A role: who may assume it (`trust`), for how long, and what it may do (`policy`)."""

    name: str
    account: str
    partition: str
    trust: Policy
    policy: Policy
    max_duration: int = 3600
    id: str = ""

    @property
    def arn(self) -> str:
        return f"arn:{self.partition}:iam::{self.account}:role/{self.name}"


@dataclass(frozen=True)
class WebIdentityProvider:
    """An OpenID Connect provider that knows opaque tokens: {token: subject}."""

    host: str
    arn: str
    tokens: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class IssuedSession:
    """Temporary credentials of a user (GetSessionToken) or a role (AssumeRole…).

    Times are epoch seconds of the session clock. `issued_to` is the access key ID of the caller, ""
    for one that came with a web identity token.
    """

    key_id: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    owner: User | Role
    expires_at: float
    mfa_at: float | None = None
    name: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive: frozenset[str] = frozenset()
    source_identity: str = ""
    policies: tuple[Policy, ...] = ()
    issued_to: str = ""


@dataclass(frozen=True)
class Caller:
    """Who signed a request: a user with a long-lived key, or a session."""

    key_id: str
    owner: User | Role
    session: IssuedSession | None = None

    @property
    def user(self) -> User | None:
        return self.owner if isinstance(self.owner, User) else None

    @property
    def account(self) -> str:
        return self.owner.account

    @property
    def arn(self) -> str:
        if isinstance(self.owner, User):
            return self.owner.arn
        name = self.session.name if self.session else ""
        role = self.owner
        short = role.name.rpartition("/")[2]
        return f"arn:{role.partition}:sts::{role.account}:assumed-role/{short}/{name}"

    @property
    def user_id(self) -> str:
        if isinstance(self.owner, User):
            return self.owner.account if self.owner.root else self.owner.id
        return f"{self.owner.id}:{self.session.name if self.session else ''}"

    def names(self, *, delegated: bool) -> frozenset[tuple[str, str]]:
        """What a trust policy may call this caller: itself, and with `delegated` its account."""
        own = {("AWS", "*"), ("AWS", self.arn), ("AWS", self.owner.arn)}
        if delegated or (self.user and self.user.root):
            own |= {
                ("AWS", self.account),
                ("AWS", f"arn:{self.owner.partition}:iam::{self.account}:root"),
            }
        return frozenset(own)
