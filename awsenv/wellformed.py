"""What AWS would refuse for its form alone, found before a code is spent on it.

The patterns are those of the AssumeRole API reference (RoleArn, RoleSessionName,
SourceIdentity) and of region names.
"""

from __future__ import annotations

from awsenv.config import Profile
from awsenv.errors import AwsenvError, ConfigError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.plan import Plan, Step

_IN_NAMES = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+=,.@-")
_IN_REGIONS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


def check_region(region: str | None, where: str | None = None) -> None:
    """Raises UsageError, or ConfigError where the region stands in a file."""
    if region and not _IN_REGIONS.issuperset(region):
        raise _wrong(f"region {region!r} is not the name of a region", "eu-west-1, say", where)


def check_step(step: Step, profile: Profile | None) -> None:
    """Raises UsageError, or ConfigError where what is wrong stands in `profile`."""
    if step.kind != "role":
        return

    def at(key: str, value: str | None) -> str | None:
        return profile.at(key) if profile and profile.get(key) == value else None

    arn = step.role_arn or ""
    parts = arn.split(":", 5)
    good = len(parts) == 6 and parts[0] == "arn" and parts[2] == "iam" and parts[5][:5] == "role/"
    if not (good and arn.isascii() and arn.isprintable()):
        hint = "write it as arn:aws:iam::123456789012:role/name"
        raise _wrong(f"{arn!r} is not the ARN of a role", hint, at("role_arn", arn))
    for what, key, name in (
        ("session name", "role_session_name", step.session_name),
        ("source identity", "source_identity", step.source_identity),
    ):
        if name and not (2 <= len(name) <= 64 and _IN_NAMES.issuperset(name)):
            raise _wrong(
                f"the {what} {name!r} is not one that AWS takes",
                "use 2 to 64 of these: letters, digits and _ + = , . @ -",
                at(key, name),
            )
    keys = {tag.partition("=")[0] for tag in step.tags}
    for key in step.transitive_tags:
        if key not in keys:
            text = f"{key!r} is to be a transitive tag, but there is no tag of that key"
            raise _wrong(text, f"add --tag {key}=VALUE, or leave it out", None)


def check(plan: Plan, profiles: list[Profile]) -> None:
    """Check every step of `plan`, and its region."""
    by_name = {profile.name: profile for profile in profiles}
    for step in plan.steps:
        check_step(step, by_name.get(step.profile))
    named = next((each for each in profiles if each.get("region") == plan.region), None)
    asked = plan.request.region == plan.region
    check_region(plan.region, named.at("region") if named and not asked else None)


def _wrong(message: str, hint: str, where: str | None) -> AwsenvError:
    return ConfigError(f"{message} ({where})", hint) if where else UsageError(message, hint)
