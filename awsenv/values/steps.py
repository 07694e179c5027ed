"""The steps to a session: what the source gives, GetSessionToken, AssumeRole.

Durations are in seconds; `why` says where a duration comes from. `insisted` is True if it was
requested on the command line, so that no shorter one will do. `serial` is the MFA device whose code
goes with the call. `profile` is the profile that the step's session belongs to, and `saves` are the
names it is saved under.
"""

from __future__ import annotations

from awsenv.lean.dataclasses import dataclass

HOUR = 3600


@dataclass(frozen=True)
class FromSource:
    """The credentials that a source gives, for as long as they last; always the first step."""

    profile: str
    role_arn: str | None = None
    saves: tuple[str, ...] = ()

    serial = None
    insisted = False
    duration = HOUR


@dataclass(frozen=True)
class GetSessionToken:
    """An MFA session of the IAM user whose keys the source gives."""

    profile: str
    serial: str
    duration: int
    why: str
    insisted: bool = False
    saves: tuple[str, ...] = ()

    role_arn = None


@dataclass(frozen=True)
class AssumeRole:
    """A role. `serial` is set only if the MFA code goes with this very call."""

    profile: str
    role_arn: str
    external_id: str | None = None
    session_name: str | None = None
    tags: tuple[str, ...] = ()
    transitive_tags: tuple[str, ...] = ()
    source_identity: str | None = None
    policy_arns: tuple[str, ...] = ()
    duration: int = HOUR
    why: str = ""
    insisted: bool = False
    serial: str | None = None
    saves: tuple[str, ...] = ()


Step = FromSource | GetSessionToken | AssumeRole
