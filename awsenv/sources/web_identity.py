"""A web identity token in a file: AssumeRoleWithWebIdentity, as in EKS and in build jobs."""

from __future__ import annotations

from awsenv.aws.arn import account_in
from awsenv.errors import ConfigError
from awsenv.lean.dataclasses import replace
from awsenv.sources.root import Root
from awsenv.sources.with_botocore import BotocoreSource
from awsenv.values.stamps import machine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsenv.config import Config, Profile


class WebIdentitySource(BotocoreSource):
    provider = "assume-role-with-web-identity"

    def find(self, profile: Profile, _config: Config, _env: Mapping[str, str]) -> Root | None:
        token_file = profile.get("web_identity_token_file")
        if not token_file:
            return None
        role = profile.get("role_arn")
        where = profile.at("web_identity_token_file")
        if not role:
            raise ConfigError(
                f"profile {profile.name!r} has web_identity_token_file but no role_arn ({where})",
                "add role_arn = the role that trusts the token's issuer",
            )
        root = _root(token_file, role, profile.get("role_session_name") or "")
        description = f"the web identity token of profile {profile.name!r}"
        return replace(root, description=description, profile=profile.name, where=where)


def environment_token(env: Mapping[str, str]) -> Root | None:
    """The token that AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN in `env` name, if any."""
    token_file, role = env.get("AWS_WEB_IDENTITY_TOKEN_FILE"), env.get("AWS_ROLE_ARN")
    if not token_file or not role:
        return None
    return _root(token_file, role, env.get("AWS_ROLE_SESSION_NAME", ""))


def _root(token_file: str, role: str, session_name: str) -> Root:
    return Root(
        "web-identity",
        "the web identity token in the environment",
        # Pods that share a home folder have their tokens in files of the same name.
        "\n".join(["web-identity", machine(), token_file, role, session_name]),
        temporary=True,
        role_session=True,
        kept=True,
        role_arn=role,
        account=account_in(role),
    )


SOURCES = {"web-identity": WebIdentitySource()}
