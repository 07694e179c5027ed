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
    """Credentials with the story behind them; what a plan comes to.

    Times are epoch seconds, None where the credentials do not expire. `key` names the record
    on disk, None where there is none (long-lived keys). `region` is what the profile says.
    """

    credentials: Credentials
    profile: str
    region: str | None = None
    expires_at: int | None = None
    issued_at: int | None = None
    key: str | None = None
    role_arn: str | None = None
    identity_arn: str | None = None
