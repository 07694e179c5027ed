"""Amazon Resource Names: arn:partition:service:region:account:resource."""

from __future__ import annotations

from awsenv.lean.dataclasses import dataclass

_IN_NAMES = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+=,.@-")


@dataclass(frozen=True)
class Arn:
    """The parts of an ARN. Parts that a resource does not have, such as its account, are empty."""

    partition: str
    service: str
    region: str
    account: str
    resource: str


def parse_arn(text: str | None) -> Arn | None:
    """The parts of `text`; None if it is not an ARN, like the number of a hardware token."""
    parts = _split(text)
    return Arn(*parts[1:]) if parts else None


def partition_in(text: str | None) -> str:
    """The partition in the ARN `text`; "aws" if it is not an ARN."""
    parts = _split(text)
    return parts[1] if parts else "aws"


def account_in(text: str | None) -> str | None:
    """The account number in the ARN `text`, if there is one."""
    parts = _split(text)
    return parts[4] or None if parts else None


def name_in(text: str | None) -> str | None:
    """The name of the role, user or device in the ARN `text`, without its path."""
    parts = _split(text)
    return parts[5].rpartition("/")[2] or None if parts else None


def _split(text: str | None) -> list[str] | None:
    # `list` calls this for thousands of profiles, so it creates no objects of our own.
    parts = (text or "").split(":", 5)
    return parts if len(parts) == 6 and parts[0] == "arn" and parts[1] else None


def is_iam(text: str, kind: str) -> bool:
    """Whether `text` is the ARN of an IAM resource of this kind, such as "role" or "mfa".

    The form is that of "IAM ARNs" and "IAM names" in the IAM User Guide: a twelve-digit account,
    no region, a path of printable ASCII, and a name of letters, digits and _ + = , . @ -
    """
    arn = parse_arn(text)
    if arn is None or arn.service != "iam" or arn.region:
        return False
    found, _, rest = arn.resource.partition("/")
    path, _, name = rest.rpartition("/")
    digits = len(arn.account) == 12 and arn.account.isascii() and arn.account.isdigit()
    plain = all("!" <= char <= "~" for char in path)
    return digits and found == kind and plain and bool(name) and _IN_NAMES.issuperset(name)
