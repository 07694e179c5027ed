"""Which STS endpoint a plan's calls go to, by the rules of the AWS SDKs reference guide."""

from __future__ import annotations

from awsenv.config import Config, Profile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# The region whose STS answers where nobody named one, by partition.
_DEFAULT_REGIONS = {
    "aws": "us-east-1",
    "aws-cn": "cn-north-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-eusc": "eusc-de-east-1",
    "aws-iso": "us-iso-east-1",
    "aws-iso-b": "us-isob-east-1",
    "aws-iso-e": "eu-isoe-west-1",
    "aws-iso-f": "us-isof-south-1",
}


def partition(arn: str | None) -> str:
    """The partition in `arn`; "aws" where it is no ARN, as a hardware device's serial is not."""
    parts = (arn or "").split(":")
    return parts[1] if len(parts) > 2 and parts[0] == "arn" and parts[1] else "aws"


def sts_region(
    asked: str | None, profiles: Sequence[Profile], arn: str | None, env: Mapping[str, str]
) -> str:
    """The region to call STS in: asked for, of the nearest profile, of the environment."""
    named = [asked, *(profile.get("region") for profile in profiles)]
    named += [env.get("AWS_REGION"), env.get("AWS_DEFAULT_REGION")]
    name = partition(arn)
    # Without an ARN nothing tells the partition but the regions themselves.
    known = (arn or "").startswith("arn:")
    fitting = (region for region in named if region and (not known or _fits(region, name)))
    return next(fitting, _DEFAULT_REGIONS.get(name, "us-east-1"))


def _fits(region: str, name: str) -> bool:
    prefixes = {"aws-cn": "cn-", "aws-us-gov": "us-gov-", "aws-eusc": "eusc-"}
    if name in prefixes:
        return region.startswith(prefixes[name])
    return not region.startswith(tuple(prefixes.values()))


def explicit_endpoint(
    config: Config, profile: Profile | None, env: Mapping[str, str]
) -> str | None:
    """The STS endpoint that the environment or the profile names, if any."""
    ignored = env.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") or (
        profile.get("ignore_configured_endpoint_urls") if profile else None
    )
    if (ignored or "").lower() == "true":
        return None
    from_env = env.get("AWS_ENDPOINT_URL_STS") or env.get("AWS_ENDPOINT_URL")
    if from_env or profile is None:
        return from_env or None
    services = config.services.get(profile.get("services") or "", {})
    own = services.get("sts")
    specific = None if own is None or isinstance(own, str) else own.get("endpoint_url")
    return specific or profile.get("endpoint_url")
