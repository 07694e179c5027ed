"""Temporary credentials and what is known about them."""

from __future__ import annotations

from awsenv.lean.dataclasses import dataclass, field


@dataclass(frozen=True)
class Credentials:
    """What signs a request. A key without a session token is long-lived."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Session:
    """Credentials and where they come from; the result of a plan.

    Times are epoch seconds, None if the credentials do not expire. `key` names the record on disk,
    None if there is none (long-lived keys). `region` is the profile's, `account`
    the number of the account that the keys belong to, if known. `settings` are variables, with
    their values, that make AWS tools do as with the profile itself.
    """

    credentials: Credentials
    profile: str
    region: str | None = None
    expires_at: int | None = None
    issued_at: int | None = None
    key: str | None = None
    role_arn: str | None = None
    identity_arn: str | None = None
    account: str | None = None
    settings: tuple[tuple[str, str], ...] = ()
