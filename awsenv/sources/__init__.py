"""Where the credentials at the root of a chain come from: one file each, and one line here.

A source looks at a profile and says whether it is the one (`find`, which reads and runs
nothing), and later gets the credentials (`resolve`).
"""

from __future__ import annotations

from awsenv.aws.deadline import Deadline
from awsenv.config import Config, Profile
from awsenv.errors import ConfigError
from awsenv.lean.dataclasses import dataclass, field
from awsenv.values.credentials import Credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol
else:
    Protocol = object


@dataclass(frozen=True)
class Root:
    """The root of a chain, found but not yet asked for credentials.

    `identity` tells one holder of credentials from another in the keys of records: the access
    key id where that is known beforehand. `temporary` credentials cannot get an MFA session;
    None where only resolving them will tell. From a `role_session`, AWS caps roles at 1 h.
    What is `kept` comes with an expiration, and is kept in a record until then. `role_arn` and
    `account` are there where the config names them.
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
        """Whether these are keys of a session that stand in an AWS file."""
        return self.source == "keys" and bool(self.temporary)


@dataclass(frozen=True)
class Resolved:
    """What a source gave; `expires_at` in epoch seconds where it said so."""

    credentials: Credentials
    expires_at: int | None = None


@dataclass(frozen=True)
class Context:
    """What resolving may need: the files, the environment, and the time limit on the network."""

    config: Config
    env: Mapping[str, str] = field(repr=False)
    deadline: Deadline


class Source(Protocol):
    def find(self, profile: Profile, config: Config, env: Mapping[str, str], /) -> Root | None:
        """The root that `profile` describes, if it is of this kind; ConfigError if half of it."""

    def resolve(self, root: Root, context: Context, /) -> Resolved:
        """The credentials; raises CredentialsError, RefusedError or NetworkError."""


def sources() -> dict[str, Source]:
    """Every source by name; those of a profile are looked for in this order, botocore's own."""
    if not _SOURCES:
        from awsenv.sources.aws_login import LoginSource
        from awsenv.sources.environment_keys import EnvironmentSource
        from awsenv.sources.external_process import ProcessSource
        from awsenv.sources.file_keys import KeysSource
        from awsenv.sources.metadata import Ec2Source, EcsSource
        from awsenv.sources.sso import SsoSource
        from awsenv.sources.web_identity import WebIdentitySource

        _SOURCES.update(
            {
                "web-identity": WebIdentitySource(),
                "sso": SsoSource(),
                "keys": KeysSource(in_credentials=True),
                "login": LoginSource(),
                "process": ProcessSource(),
                "config-keys": KeysSource(in_credentials=False),
                # Only where credential_source names them.
                "environment": EnvironmentSource(),
                "ec2": Ec2Source(),
                "ecs": EcsSource(),
            }
        )
    return _SOURCES


_SOURCES: dict[str, Source] = {}

# The values of credential_source, which names what a role is assumed from.
CREDENTIAL_SOURCES = {
    "Environment": "environment",
    "Ec2InstanceMetadata": "ec2",
    "EcsContainer": "ecs",
}


def find_root(profile: Profile, config: Config, env: Mapping[str, str]) -> Root | None:
    """The credentials that `profile` itself holds or names, if any; ConfigError if half of it."""
    named = profile.get("credential_source") if profile.get("role_arn") else None
    if named and named not in CREDENTIAL_SOURCES:
        raise ConfigError(
            f"credential_source = {named!r} is not one that AWS knows "
            f"({profile.at('credential_source')})",
            f"use one of {', '.join(CREDENTIAL_SOURCES)}",
        )
    for name, source in sources().items():
        fits = name == CREDENTIAL_SOURCES[named] if named else name not in _ONLY_NAMED
        root = source.find(profile, config, env) if fits else None
        if root:
            return root
    return None


def resolve(root: Root, context: Context) -> Resolved:
    """The credentials of `root`; raises CredentialsError, RefusedError or NetworkError."""
    return sources()[root.source].resolve(root, context)


_ONLY_NAMED = frozenset(CREDENTIAL_SOURCES.values())
