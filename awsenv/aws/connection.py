"""How a plan's calls reach AWS, and with whose credentials they are made."""

from __future__ import annotations

from awsenv.lean.dataclasses import dataclass


@dataclass(frozen=True)
class Connection:
    """The `region` and, where one is named, the `endpoint` of STS; network settings are those of
    `config_profile`. For messages: what the source credentials are, `where` they stand, whether MFA
    is given on the way, and the profile whose long-lived keys could be given it.
    """

    source: str
    where: str
    config_profile: str | None
    region: str
    endpoint: str | None
    with_mfa: bool
    keys_of: str | None = None
