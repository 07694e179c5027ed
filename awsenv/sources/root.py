"""What every source of credentials works with: the root it finds, and the result."""

from __future__ import annotations

from awsenv.lean.dataclasses import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    from awsenv.aws.deadline import Deadline
    from awsenv.config import Config, Profile
    from awsenv.values.credentials import Credentials
else:
    Protocol = object


@dataclass(frozen=True)
class Root:
    """The root of a chain, found but not yet asked for credentials.

    `identity` tells holders of credentials apart in the keys of records: the access key id if it is
    known in advance. `temporary` credentials cannot get an MFA session; None if only resolving them
    will tell. From a `role_session`, AWS limits roles to 1 h. What is `kept` comes with an
    expiration, and is kept in a record until then. `role_arn` and `account` are set if the config
    names them.
    """

    source: str
    description: str
    identity: str
    profile: str | None = None
    where: str = ""
    temporary: bool | None = False
    role_session: bool = False
    kept: bool = False
    role_arn: str | None = None
    account: str | None = None

    @property
    def saved(self) -> bool:
        """Whether these are a session's keys in an AWS file."""
        return self.source == "keys" and bool(self.temporary)


@dataclass(frozen=True)
class Resolved:
    """What a source returned; `expires_at` is in epoch seconds, if it is known."""

    credentials: Credentials
    expires_at: int | None = None
    account: str | None = None


@dataclass(frozen=True)
class Context:
    """What resolving may need: the files, the environment, and the network time limit."""

    config: Config
    env: Mapping[str, str] = field(repr=False)
    deadline: Deadline


class Source(Protocol):
    def find(self, profile: Profile, config: Config, env: Mapping[str, str], /) -> Root | None:
        """The root that `profile` describes, if it is of this kind; ConfigError if it is
        incomplete.
        """

    def resolve(self, root: Root, context: Context, /) -> Resolved:
        """The credentials; raises CredentialsError, RefusedError or NetworkError."""
