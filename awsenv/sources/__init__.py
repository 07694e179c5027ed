"""Where the credentials at the root of a chain come from: one file each, and one line here.

A source looks at a profile and says whether it applies (`find`, which reads and runs nothing), and
later gets the credentials (`resolve`).
"""

from __future__ import annotations

from awsenv.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsenv.config import Config, Profile
    from awsenv.sources.root import Context, Resolved, Root, Source


# Every source and its module here, which lists it in SOURCES. The sources of a profile are tried in
# this order, which is botocore's; the keychain comes before keys in a file.
MODULES = {
    "web-identity": "web_identity",
    "sso": "sso",
    "keychain": "keychain_keys",
    "keys": "file_keys",
    "login": "aws_login",
    "process": "external_process",
    "config-keys": "file_keys",
    # Only where credential_source names them.
    "environment": "environment_keys",
    "ec2": "metadata",
    "ecs": "metadata",
}


def sources() -> dict[str, Source]:
    """Every source by name, in the order of MODULES."""
    if not _SOURCES:
        for name, module in MODULES.items():
            # As in awsenv.shells.
            found = __import__(f"awsenv.sources.{module}", fromlist=["SOURCES"]).SOURCES
            _SOURCES[name] = found[name]
    return _SOURCES


_SOURCES: dict[str, Source] = {}

# The values of credential_source, which names what a role is assumed with.
CREDENTIAL_SOURCES = {
    "Environment": "environment",
    "Ec2InstanceMetadata": "ec2",
    "EcsContainer": "ecs",
}


def find_root(profile: Profile, config: Config, env: Mapping[str, str]) -> Root | None:
    """The credentials that `profile` itself holds or names, if any; ConfigError if they are
    incomplete.
    """
    named = profile.get("credential_source") if profile.get("role_arn") else None
    if named and named not in CREDENTIAL_SOURCES:
        raise ConfigError(
            f"credential_source = {named!r} is not one that AWS knows "
            f"({profile.at('credential_source')})",
            f"use one of {', '.join(CREDENTIAL_SOURCES)}",
        )
    for name, source in sources().items():
        fits = name == CREDENTIAL_SOURCES[named] if named else name not in _ONLY_NAMED
        root = source.find(profile, config, env) if fits else None
        if root:
            return root
    return None


def resolve(root: Root, context: Context) -> Resolved:
    """The credentials of `root`; raises CredentialsError, RefusedError or NetworkError."""
    return sources()[root.source].resolve(root, context)


_ONLY_NAMED = frozenset(CREDENTIAL_SOURCES.values())
