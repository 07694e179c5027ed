"""Keys in the environment: --from-env, and `credential_source = Environment`."""

from __future__ import annotations

from awsenv.environment.change import before
from awsenv.errors import CredentialsError
from awsenv.sources.metadata import container_root
from awsenv.sources.root import Context, Resolved, Root
from awsenv.sources.web_identity import environment_token
from awsenv.values.credentials import Credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsenv.config import Config, Profile


class EnvironmentSource:
    def find(self, profile: Profile, _config: Config, env: Mapping[str, str]) -> Root | None:
        return _keys(env, profile.at("credential_source")) or _nothing()

    def resolve(self, _root: Root, context: Context) -> Resolved:
        keys = before(context.env)
        return Resolved(
            Credentials(keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"], _token(keys))
        )


def environment_root(env: Mapping[str, str]) -> Root:
    """What the environment held or named before awsenv; raises CredentialsError without any.

    Keys, else the web identity token of a Kubernetes pod or a build job, else a container's role.
    """
    return _keys(env) or environment_token(env) or container_root(env) or _nothing()


def _keys(env: Mapping[str, str], where: str = "") -> Root | None:
    keys = before(env)
    if not keys.get("AWS_ACCESS_KEY_ID") or not keys.get("AWS_SECRET_ACCESS_KEY"):
        return None
    return Root(
        "environment",
        "the keys in the environment",
        keys["AWS_ACCESS_KEY_ID"],
        None,
        where,
        temporary=bool(_token(keys)),
    )


def _nothing() -> Root:
    raise CredentialsError(
        "there are no keys in the environment",
        "export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile",
    )


def _token(keys: Mapping[str, str]) -> str | None:
    return keys.get("AWS_SECURITY_TOKEN") or keys.get("AWS_SESSION_TOKEN") or None


SOURCES = {"environment": EnvironmentSource()}
