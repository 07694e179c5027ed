"""What AWS tools would read from a profile besides its credentials, as environment variables.

Keys in the environment take a tool away from the profile they come from, and with it from the
profile's endpoints, certificates and endpoint variants; what [default] says of these would then
apply. The variables are those of the AWS SDKs and Tools Reference Guide ("Settings reference").
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.config import Config, Profile


# By the key in a profile. Where [default] has one that a profile has not, there may be a value
# that says no.
_VARIABLES = {
    "ignore_configured_endpoint_urls": ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false"),
    "ca_bundle": ("AWS_CA_BUNDLE", None),
    "use_fips_endpoint": ("AWS_USE_FIPS_ENDPOINT", "false"),
    "use_dualstack_endpoint": ("AWS_USE_DUALSTACK_ENDPOINT", "false"),
    "sts_regional_endpoints": ("AWS_STS_REGIONAL_ENDPOINTS", "regional"),
    "account_id_endpoint_mode": ("AWS_ACCOUNT_ID_ENDPOINT_MODE", "preferred"),
    "s3_us_east_1_regional_endpoint": ("AWS_S3_US_EAST_1_REGIONAL_ENDPOINT", "regional"),
}
# What a profile that is saved under another name takes along.
KEYS = ("endpoint_url", "services", *_VARIABLES)


def tool_settings(name: str | None, config: Config) -> tuple[dict[str, str], list[str]]:
    """The variables that make tools do as in profile `name`, and lines on what none can say.

    Without what [default] says as well, which tools read by themselves.
    """
    profile, default = config.profiles.get(name or ""), config.profiles.get("default")
    if profile is None or profile is default:
        return {}, []
    found: dict[str, str] = {}
    notes: list[str] = []
    for key, (variable, otherwise) in _VARIABLES.items():
        value, usual = profile.get(key), default.get(key) if default else None
        if value == usual:
            continue
        if value:
            found[variable] = value
        elif otherwise:
            found[variable] = otherwise
        else:
            notes.append(_leaks(key, default))
    if found.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return found, notes
    return found | _endpoints(profile, default, config, notes), notes


def _endpoints(
    profile: Profile, default: Profile | None, config: Config, notes: list[str]
) -> dict[str, str]:
    own, usual = _named(profile, config), _named(default, config) if default else {}
    left = [variable for variable in usual if variable not in own]
    if "AWS_ENDPOINT_URL" in own or not left:
        # What [default] says as well, tools read there.
        return {name: url for name, url in own.items() if usual.get(name) != url}
    if not own:
        # Every service has AWS's own endpoint, as in the profile.
        return {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}
    notes.append(_leaks("endpoint_url" if "AWS_ENDPOINT_URL" in left else "services", default))
    return own


def _named(profile: Profile, config: Config) -> dict[str, str]:
    """The endpoints that `profile` names, by variable."""
    found = {"AWS_ENDPOINT_URL": profile.get("endpoint_url") or ""}
    for service, block in config.services.get(profile.get("services") or "", {}).items():
        url = block.get("endpoint_url") if not isinstance(block, str) else None
        found[f"AWS_ENDPOINT_URL_{service.upper().replace('-', '_').replace(' ', '_')}"] = url or ""
    return {variable: url for variable, url in found.items() if url}


def _leaks(key: str, default: Profile | None) -> str:
    where = default.at(key) if default else ""
    return f"AWS tools also follow {key} of [default] ({where}): no variable can say otherwise"
