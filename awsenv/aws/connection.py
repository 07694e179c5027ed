"""How a plan's calls reach AWS, and with whose credentials they are made."""

from __future__ import annotations

from awsenv.lean.dataclasses import dataclass


@dataclass(frozen=True)
class Connection:
    """The `region` and, where one is named, the `endpoint` of STS; network settings are those of
    `config_profile`. For messages: what the source credentials are, `where` they stand, and
    whether MFA is given on the way.
    """

    source: str
    where: str
    config_profile: str | None
    region: str
    endpoint: str | None
    with_mfa: bool
