"""From the profile asked for, up its source profiles, to the credentials at the root."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from awsenv.config import Config, Profile, default_profile_name
from awsenv.errors import ConfigError
from awsenv.request import Request
from awsenv.sources import Root, find_root
from awsenv.sources.environment import environment_root


@dataclass
class Chain:
    """The profiles passed on the way up, and those whose role is assumed, the last one first.

    A role that the command line gave stands in `roles` as None. `start` is the profile that was
    asked for, by name or as the default.
    """

    root: Root
    start: str | None = None
    profiles: list[Profile] = field(default_factory=list)
    roles: list[Profile | None] = field(default_factory=list)

    @property
    def top(self) -> Profile | None:
        return self.profiles[0] if self.profiles else None

    def first(self, key: str) -> Profile | None:
        """The profile nearest to the one asked for that has `key`."""
        return next((profile for profile in self.profiles if profile.get(key)), None)


def walk(request: Request, config: Config, env: Mapping[str, str]) -> Chain:
    """The chain for `request`; raises ConfigError with the profile, file and line at fault.

    The rules are botocore's (`AssumeRoleProvider`): a profile that serves as a source and has
    keys of its own is not assumed, and a profile may name itself as the source of its keys.
    """
    profiles: list[Profile] = []
    roles: list[Profile | None] = [None] if request.role_arn else []
    start = request.profile
    if not start and not request.source_profile and not request.from_env:
        start = default_profile_name(env)
    name = start or request.source_profile
    as_target = start is not None
    while name:
        profile = _find(name, profiles, config, request)
        if profile is None:
            break
        profiles.append(profile)
        given = request.source_profile if as_target else None
        if not (_assumes(profile) and (as_target or not _has_keys(profile))) and not given:
            break
        if _assumes(profile) and not (as_target and request.role_arn):
            roles.append(profile)
        as_target = False
        following = given or profile.get("source_profile")
        if following and not given and profile.get("credential_source"):
            raise ConfigError(
                f"profile {profile.name!r} has both source_profile and credential_source "
                f"({profile.at('credential_source')})",
                "keep the one that leads to the credentials",
            )
        if following == profile.name and _has_keys(profile):
            break
        if following in [seen.name for seen in profiles]:
            raise _circle(profiles, following or "")
        name = following
    return Chain(_root(request, profiles, env), start, profiles, roles)


def _find(name: str, passed: list[Profile], config: Config, request: Request) -> Profile | None:
    if passed and name not in config.profiles and name != request.source_profile:
        if request.from_env:
            return None
        last = passed[-1]
        raise ConfigError(
            f"profile {last.name!r} has source_profile = {name!r}, which does not exist "
            f"({last.at('source_profile')})",
            f"add a profile {name!r}, or name the one that holds the keys",
        )
    return config.profile(name)


def _circle(profiles: list[Profile], following: str) -> ConfigError:
    names = " -> ".join([*(profile.name for profile in profiles), following])
    return ConfigError(
        f"the source profiles go in a circle: {names} ({profiles[-1].at('source_profile')})",
        "let the last one name a profile that holds keys",
    )


def _root(request: Request, profiles: list[Profile], env: Mapping[str, str]) -> Root:
    if request.from_env:
        return environment_root(env)
    last = profiles[-1]
    root = find_root(last, env)
    if root:
        return replace(root, profile=root.profile or last.name)
    if last.get("role_arn"):
        raise ConfigError(
            f"profile {last.name!r} has a role_arn, but nothing to assume it from "
            f"({last.at('role_arn')})",
            "add source_profile = the profile that holds your keys",
        )
    raise ConfigError(
        f"profile {last.name!r} has neither a role nor keys ({last.where})",
        "add role_arn and source_profile in the config, or keys in the credentials file",
    )


def _assumes(profile: Profile) -> bool:
    # With a web identity token the role belongs to that source, as in botocore.
    return bool(profile.get("role_arn")) and not profile.get("web_identity_token_file")


def _has_keys(profile: Profile) -> bool:
    return bool(profile.get("aws_access_key_id"))
