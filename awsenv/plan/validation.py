"""What AWS would refuse for its form alone, found before a code is used up.

The patterns are those of the AssumeRole API reference (RoleArn, RoleSessionName, SourceIdentity,
SerialNumber, ExternalId, PolicyDescriptorType, Tags) and of region names.
"""

from __future__ import annotations

from awsenv.aws.arn import is_iam
from awsenv.errors import AwsenvError, ConfigError, UsageError
from awsenv.values.notation import is_code, whole_number
from awsenv.values.steps import AssumeRole, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awsenv.config import Profile
    from awsenv.values.steps import Step

_IN_NAMES = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+=,.@-")
_IN_SERIALS = _IN_NAMES | frozenset(":/")
_IN_REGIONS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


def check_region(region: str | None, where: str | None = None) -> None:
    """Raises UsageError, or ConfigError if the region is set in a file."""
    if not region:
        return
    # A name in a file may belong to an endpoint of the user's own.
    typed = where is None and not _looks_like_one(region)
    if typed or not _IN_REGIONS.issuperset(region):
        raise _wrong(f"{region!r} is not the name of a region", "such as eu-west-1", where)


def _looks_like_one(region: str) -> bool:
    """Whether `region` is made like all names of regions: eu-west-1, us-iso-east-1, aws-global."""
    *words, last = region.split("-")
    return (len(words) > 1 and whole_number(last) is not None) or (bool(words) and last == "global")


def check_code(code: str | None) -> None:
    """Raises UsageError, whether or not the code turns out to be needed."""
    if code is not None and not is_code(code.replace(" ", "")):
        raise UsageError(
            "--mfa-code is not an MFA code", "give it the six digits that the device shows"
        )


def check_step(step: Step, profile: Profile | None) -> None:
    """Raises UsageError, or ConfigError if the wrong value is in `profile`."""

    def at(key: str, value: str | None) -> str | None:
        return profile.at(key) if profile and profile.get(key) == value else None

    serial = step.serial
    if serial and not (9 <= len(serial) <= 256 and _IN_SERIALS.issuperset(serial)):
        hint = "use the ARN of a virtual device (…:mfa/name) or the number of a hardware token"
        raise _wrong(f"{serial!r} is not an MFA serial", hint, at("mfa_serial", serial))
    if isinstance(step, AssumeRole):
        _check_role(step, at)


def _check_role(step: AssumeRole, at: Callable[[str, str | None], str | None]) -> None:
    arn = step.role_arn
    if not is_iam(arn, "role"):
        hint = "write it as arn:aws:iam::123456789012:role/name"
        raise _wrong(f"{arn!r} is not the ARN of a role", hint, at("role_arn", arn))
    for what, key, name in (
        ("session name", "role_session_name", step.session_name),
        ("source identity", "source_identity", step.source_identity),
    ):
        if name and not (2 <= len(name) <= 64 and _IN_NAMES.issuperset(name)):
            raise _wrong(
                f"the {what} {name!r} is not valid for AWS",
                "use 2 to 64 of these: letters, digits and _ + = , . @ -",
                at(key, name),
            )
    external_id = step.external_id
    if external_id and not (len(external_id) >= 2 and _IN_SERIALS.issuperset(external_id)):
        hint = "use 2 or more of these: letters, digits and _ + = , . @ : / -"
        raise _wrong(f"{external_id!r} is not an external ID", hint, at("external_id", external_id))
    for policy in step.policy_arns:
        if not (policy.startswith("arn:") and len(policy) >= 20):
            hint = "write it as arn:aws:iam::aws:policy/ReadOnlyAccess"
            raise _wrong(f"{policy!r} is not the ARN of a policy", hint, None)
    keys = [tag.partition("=")[0] for tag in step.tags]
    for key in keys:
        if [other.lower() for other in keys].count(key.lower()) > 1:
            raise _wrong(f"there are two tags of the key {key!r}", "leave one out", None)
    for key in step.transitive_tags:
        if key not in keys:
            text = f"{key!r} is to be a transitive tag, but there is no tag of that key"
            raise _wrong(text, f"add --tag {key}=VALUE, or leave it out", None)


def _wrong(message: str, hint: str, where: str | None) -> AwsenvError:
    return ConfigError(f"{message} ({where})", hint) if where else UsageError(message, hint)
