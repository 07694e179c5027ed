"""IAM Identity Center: `sso_session = …`, or the older sso_start_url in the profile itself."""

from __future__ import annotations

from awsenv.errors import ConfigError
from awsenv.sources.root import Root
from awsenv.sources.with_botocore import BotocoreSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsenv.config import Config, Profile

_OF_PROFILE = ("sso_account_id", "sso_role_name")
_OF_SESSION = ("sso_start_url", "sso_region")


class SsoSource(BotocoreSource):
    provider = "sso"

    def find(self, profile: Profile, config: Config, _env: Mapping[str, str]) -> Root | None:
        if not any(profile.get(key) for key in _OF_PROFILE):
            return None
        values = _values(profile, config)
        missing = [key for key in (*_OF_PROFILE, *_OF_SESSION) if not values.get(key)]
        if missing:
            raise ConfigError(
                f"profile {profile.name!r} signs in with SSO, but {' and '.join(missing)} "
                f"is missing ({profile.where})",
                "`aws configure sso` writes what is needed",
            )
        return Root(
            "sso",
            f"the SSO sign-in of profile {profile.name!r}",
            "\n".join(["sso", *(values[key] for key in (*_OF_PROFILE, *_OF_SESSION))]),
            profile.name,
            profile.at("sso_session" if profile.get("sso_session") else "sso_start_url"),
            temporary=True,
            role_session=True,
            kept=True,
            account=values["sso_account_id"],
        )


def _values(profile: Profile, config: Config) -> dict[str, str]:
    """The sso_ keys of the profile and of its [sso-session], which must not contradict."""
    own = {key: profile.get(key) or "" for key in (*_OF_PROFILE, *_OF_SESSION)}
    name = profile.get("sso_session")
    if not name:
        return own
    if name not in config.sso_sessions:
        from awsenv.values.suggest import did_you_mean

        raise ConfigError(
            f"profile {profile.name!r} has sso_session = {name!r}, and there is no "
            f"[sso-session {name}] ({profile.at('sso_session')})",
            did_you_mean(name, config.sso_sessions) or "`aws configure sso-session` writes one",
        )
    session = config.sso_sessions[name]
    for key in _OF_SESSION:
        value = session.get(key)
        text = value.strip() if isinstance(value, str) else ""
        if own[key] and own[key] != text:
            raise ConfigError(
                f"profile {profile.name!r} and [sso-session {name}] name different values for "
                f"{key} ({profile.at(key)})",
                f"remove {key} from the profile",
            )
        own[key] = text
    return own


SOURCES = {"sso": SsoSource()}
