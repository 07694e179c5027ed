"""From the requested profile, through its source profiles, to the credentials at the root."""

from __future__ import annotations

from awsenv.config import Config, Profile, default_profile_name
from awsenv.config.kept_keys import kept_id
from awsenv.config.saved_sections import origin_of
from awsenv.errors import ConfigError
from awsenv.lean.dataclasses import dataclass, field, replace
from awsenv.sources import find_root
from awsenv.sources.environment_keys import environment_root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsenv.plan.request import Request
    from awsenv.sources.root import Root


@dataclass
class Chain:
    """The profiles on the way to the root, and those whose role is assumed, the last one first.

    A role given on the command line is None in `roles`. `start` is the profile that was requested,
    by name or by default. `saved` has the names of the saved sessions on the way, by the profile
    each is renewed from, and `above_saved` says how many profiles and roles come before the first
    of them.
    """

    root: Root
    start: str | None = None
    profiles: list[Profile] = field(default_factory=list)
    roles: list[Profile | None] = field(default_factory=list)
    saved: dict[str, list[str]] = field(default_factory=dict)
    above_saved: tuple[int, int] | None = None

    @property
    def top(self) -> Profile | None:
        return self.profiles[0] if self.profiles else None

    @property
    def base(self) -> Profile | None:
        """The profile asked for, or where that is a saved session, the one it is saved from."""
        names = [name for names in self.saved.values() for name in names]
        return next((profile for profile in self.profiles if profile.name not in names), None)

    def names_role(self, name: str) -> bool:
        """Whether the role of profile `name` is one of those assumed."""
        return any(profile is not None and profile.name == name for profile in self.roles)

    def first(self, key: str) -> Profile | None:
        """The nearest profile to the requested one that has `key`."""
        return next((profile for profile in self.profiles if profile.get(key)), None)


def walk(
    request: Request,
    config: Config,
    env: Mapping[str, str],
    roots: dict[str, Root] | None = None,
) -> Chain:
    """The chain for `request`; raises ConfigError with the profile, file and line at fault.

    Callers that walk many profiles pass `roots`, in which the root of each profile is kept.

    The rules are botocore's (`AssumeRoleProvider`): the role of a profile that serves as a source
    and has keys of its own is not assumed, and a profile may name itself as the source of its keys.
    In addition, a saved session stands for the profile that it is renewed from.
    """
    profiles: list[Profile] = []
    roles: list[Profile | None] = [None] if request.role_arn else []
    saved: dict[str, list[str]] = {}
    above_saved: tuple[int, int] | None = None
    start = request.profile
    if not start and not request.source_profile and not request.from_env:
        start = default_profile_name(env, config.profiles)
    name = start or request.source_profile
    as_target = whole = start is not None
    while name:
        given = request.source_profile if as_target else None
        origin = None if given or request.from_env else origin_of(name, config)
        if origin:
            if origin in saved or origin in [seen.name for seen in profiles]:
                raise _circle(profiles, origin)
            above_saved = above_saved or (len(profiles), len(roles))
            saved[origin] = [name]
            profiles += [config.profiles[name]] if name in config.profiles else []
            # The whole session of that profile, including its role, was saved.
            name, as_target, whole = origin, False, True
            continue
        profile = _find(name, profiles, config, request)
        if profile is None:
            break
        profiles.append(profile)
        assumes = _assumes(profile)
        if not (assumes and (whole or not _has_keys(profile))) and not given:
            break
        if assumes and not (as_target and request.role_arn):
            roles.append(profile)
        as_target = whole = False
        following = given or profile.get("source_profile")
        if not given and not request.from_env:
            _check_source(profile)
        if following == profile.name and _has_keys(profile):
            break
        if following in [seen.name for seen in profiles]:
            raise _circle(profiles, following or "")
        name = following
    last = profiles[-1].name if profiles else ""
    root = roots.get(last) if roots else None
    if root is None:
        root = _root(request, profiles, config, env)
        if roots is not None:
            roots[last] = root
    return Chain(root, start, profiles, roles, saved, above_saved)


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


def _check_source(profile: Profile) -> None:
    """Raise ConfigError if a role names no source, or two: the AWS CLI refuses both.

    This holds even if the profile has keys beside its role.
    """
    named, of_place = profile.get("source_profile"), profile.get("credential_source")
    if named and of_place:
        raise ConfigError(
            f"profile {profile.name!r} has both source_profile and credential_source "
            f"({profile.at('credential_source')})",
            "keep the one that leads to the credentials",
        )
    if not named and not of_place:
        raise _sourceless(profile)


def _sourceless(profile: Profile) -> ConfigError:
    keys = _has_keys(profile)
    return ConfigError(
        f"profile {profile.name!r} has a role_arn, but nothing to assume it from "
        f"({profile.at('role_arn')})",
        f"add source_profile = {profile.name}, whose keys these are, or remove role_arn"
        if keys
        else "add source_profile = the profile that holds your keys",
    )


def _circle(profiles: list[Profile], following: str) -> ConfigError:
    names = " -> ".join([*(profile.name for profile in profiles), following])
    return ConfigError(
        f"the source profiles go in a circle: {names} ({profiles[-1].at('source_profile')})",
        "let the last one name a profile that holds keys",
    )


def _root(
    request: Request, profiles: list[Profile], config: Config, env: Mapping[str, str]
) -> Root:
    if request.from_env:
        return environment_root(env)
    last = profiles[-1]
    root = find_root(last, config, env)
    if root:
        return root if root.profile else replace(root, profile=last.name)
    if last.get("role_arn"):
        raise _sourceless(last)
    if last.get("sso_session") or last.get("sso_start_url"):
        raise ConfigError(
            f"profile {last.name!r} signs in with SSO, but names no account and role "
            f"({last.where})",
            "add sso_account_id and sso_role_name; `aws configure sso` writes them",
        )
    raise ConfigError(
        f"profile {last.name!r} has neither a role nor keys ({last.where})",
        "add role_arn and source_profile in the config, or keys in the credentials file",
    )


def _assumes(profile: Profile) -> bool:
    # With a web identity token, the role belongs to that source, as in botocore.
    return bool(profile.get("role_arn")) and not profile.get("web_identity_token_file")


def _has_keys(profile: Profile) -> bool:
    return bool(profile.get("aws_access_key_id") or kept_id(profile))
