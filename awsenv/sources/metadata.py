"""The role of an EC2 instance, an ECS task or an EKS pod, from their metadata endpoints."""

from __future__ import annotations

from awsenv.sources.root import Root
from awsenv.sources.with_botocore import BotocoreSource
from awsenv.values.stamps import machine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsenv.config import Config, Profile


class Ec2Source(BotocoreSource):
    provider = "iam-role"

    def find(self, profile: Profile, _config: Config, env: Mapping[str, str]) -> Root | None:
        name = "ec2_metadata_service_endpoint"
        endpoint = env.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or profile.get(name) or ""
        where = profile.at("credential_source")
        return _root("ec2", "the role of this EC2 instance", endpoint, profile.name, where)


class EcsSource(BotocoreSource):
    provider = "container-role"

    def find(self, profile: Profile, _config: Config, env: Mapping[str, str]) -> Root | None:
        where = profile.at("credential_source")
        return _root("ecs", "the role of this container", _address(env), profile.name, where)


def container_root(env: Mapping[str, str]) -> Root | None:
    """The container's role, if `env` says that it has one."""
    address = _address(env)
    return _root("ecs", "the role of this container", address) if address else None


def _address(env: Mapping[str, str]) -> str:
    names = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")
    return next((env[name] for name in names if env.get(name)), "")


def _root(
    source: str, description: str, address: str, profile: str | None = None, where: str = ""
) -> Root:
    # Machines that share a home folder share its records, but not their roles.
    return Root(
        source,
        description,
        "\n".join([source, machine(), address]),
        profile,
        where,
        temporary=True,
        role_session=True,
        kept=True,
    )


SOURCES = {"ec2": Ec2Source(), "ecs": EcsSource()}
