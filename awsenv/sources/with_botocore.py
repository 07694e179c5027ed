"""What those sources share that leave the work to botocore."""

from __future__ import annotations

import os

from awsenv.errors import AwsenvError, CredentialsError, RefusedError
from awsenv.sources.root import Context, Resolved, Root
from awsenv.values.credentials import Credentials
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from awsenv.aws.deadline import Deadline


class BotocoreSource:
    """A source whose credentials come from botocore's provider of the name `provider`."""

    provider = ""

    def resolve(self, root: Root, context: Context) -> Resolved:
        return _resolve(root, self.provider, context.deadline)


def _resolve(root: Root, provider: str, deadline: Deadline) -> Resolved:
    """What botocore's `provider` finds for the profile of `root`, and nothing else it could try."""
    import botocore.credentials

    from awsenv.aws.sts import new_session

    def work() -> Any:
        # botocore reads AWS_DEFAULT_REGION only, but pods and tasks are given AWS_REGION.
        if not session.get_config_variable("region") and os.environ.get("AWS_REGION"):
            session.set_config_variable("region", os.environ["AWS_REGION"])
        resolver = botocore.credentials.create_credential_resolver(session)
        found = resolver.get_provider(provider).load()
        return found and (found.get_frozen_credentials(), getattr(found, "_expiry_time", None))

    try:
        session = new_session(root.profile)
        # Reading the AWS files is not network time.
        session.full_config  # noqa: B018
        found = deadline.run(work, root.description)
    except AwsenvError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever botocore raises
        raise _explained(error, root) from None
    if not found or not found[0].access_key:
        raise CredentialsError(
            f"{root.description} gave no credentials{f' ({root.where})' if root.where else ''}",
            "`awsenv explain` shows where they are looked for",
        )
    frozen, expiry = found
    return Resolved(
        Credentials(frozen.access_key, frozen.secret_key, frozen.token or None),
        int(expiry.timestamp()) if expiry else None,
    )


# What botocore raises if there is no token, or none that AWS still accepts.
_EXPIRED = (
    "SSOTokenLoadError",
    "UnauthorizedSSOTokenError",
    "TokenRetrievalError",
    "LoginRefreshRequired",
    "LoginTokenLoadError",
    "LoginError",
)


def _explained(error: Exception, root: Root) -> AwsenvError:
    """The error to raise for what botocore raised while resolving root credentials."""
    from botocore import exceptions

    from awsenv.aws.refusals import network
    from awsenv.sources.sign_in import SignInNeeded

    name, where = type(error).__name__, f" ({root.where})" if root.where else ""
    signs_in = {"sso": ("aws", "sso", "login"), "login": ("aws", "login")}.get(root.source)
    if signs_in and name in _EXPIRED:
        profile = ("--profile", root.profile or "default")
        return SignInNeeded(f"{root.description} has expired", (*signs_in, *profile))
    if isinstance(error, exceptions.MissingDependencyException):
        return CredentialsError(
            f"{root.description} needs the package awscrt, which is not installed",
            "install awsenv with its extra: awsenv-shell[login]",
        )
    if isinstance(error, exceptions.ClientError):
        answer = error.response.get("Error", {})
        line = f"{root.description} was refused{where}: {answer.get('Message') or name}"
        hint = "check that you may use the account and role it names"
        return RefusedError(visible(line, 600), hint, code=answer.get("Code", ""))
    if isinstance(error, exceptions.HTTPClientError | exceptions.EndpointConnectionError):
        return network(error, root.description)
    said = getattr(error, "kwargs", {}).get("error_msg") or str(error)
    return CredentialsError(
        visible(f"{root.description} gave no credentials{where}: {said}", 600),
        "`awsenv explain` shows where they are looked for",
    )
