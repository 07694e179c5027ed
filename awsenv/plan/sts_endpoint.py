"""Which STS endpoint a plan's calls go to, by the rules of the AWS SDKs and Tools reference
guide.
"""

from __future__ import annotations

from awsenv.aws.arn import partition_in
from awsenv.aws.partitions import default_region, may_be_in
from awsenv.environment.change import settings_put

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from awsenv.config import Config, Profile


def sts_region(
    asked: str | None, profiles: Sequence[Profile], arn: str | None, env: Mapping[str, str]
) -> str:
    """The region to call STS in: the requested one, else the nearest profile's, else the
    environment's.
    """
    named = [asked, *(profile.get("region") for profile in profiles)]
    named += [env.get("AWS_REGION"), env.get("AWS_DEFAULT_REGION")]
    name = partition_in(arn)
    # Without an ARN, only the regions themselves tell the partition.
    known = (arn or "").startswith("arn:")
    fitting = (region for region in named if region and (not known or may_be_in(region, name)))
    return next(fitting, default_region(name))


def explicit_endpoint(
    config: Config, profile: Profile | None, env: Mapping[str, str]
) -> str | None:
    """The STS endpoint that the environment or the profile names, if any."""
    # Not what awsenv has put there for the tools, by another profile.
    put = settings_put(env)
    env = {name: value for name, value in env.items() if name not in put}
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
