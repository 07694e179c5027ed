"""Calls to IAM about a user's own access keys and MFA devices.

API: AWS Identity and Access Management, version 2010-05-08.
"""

from __future__ import annotations

from awsenv.aws import refusals
from awsenv.aws.deadline import Deadline
from awsenv.aws.sts import new_session
from awsenv.errors import AwsenvError, RefusedError
from awsenv.lean.dataclasses import dataclass
from awsenv.values.credentials import Credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from awsenv.aws.connection import Connection

DENIED = "AccessDenied"
GONE = "NoSuchEntity"


@dataclass(frozen=True)
class AccessKey:
    """An access key as IAM lists it; `made_at` is in epoch seconds."""

    id: str
    active: bool
    made_at: int


class Iam:
    """IAM, as the profile of `connection` reaches it. Each call gets the full time limit.

    Every function raises RefusedError with IAM's error code, or NetworkError.
    """

    def __init__(self, connection: Connection, seconds: float) -> None:
        self._connection = connection
        self._seconds = seconds
        self._clients: dict[tuple[Credentials, bool], Any] = {}

    def mfa_devices(self, who: Credentials) -> list[str]:
        """The serials of the caller's MFA devices, FIDO ones too."""
        return [each["SerialNumber"] for each in self._call(who, "list_mfa_devices")["MFADevices"]]

    def account_alias(self, who: Credentials) -> str | None:
        """What the caller's account is called; None where it has no alias."""
        found = self._call(who, "list_account_aliases")["AccountAliases"]
        return str(found[0]) if found else None

    def access_keys(self, who: Credentials) -> list[AccessKey]:
        """The caller's access keys, two at most."""
        found = self._call(who, "list_access_keys")["AccessKeyMetadata"]
        return [
            AccessKey(
                each["AccessKeyId"],
                each["Status"] == "Active",
                int(each["CreateDate"].timestamp()),
            )
            for each in found
        ]

    def create_access_key(self, who: Credentials) -> Credentials:
        """A new access key of the caller's. Never sent twice: that would make two."""
        made = self._call(who, "create_access_key", once=True)["AccessKey"]
        return Credentials(made["AccessKeyId"], made["SecretAccessKey"])

    def deactivate(self, who: Credentials, key_id: str) -> None:
        """Have AWS refuse a key of the caller's until it is activated again."""
        self._call(who, "update_access_key", AccessKeyId=key_id, Status="Inactive")

    def delete(self, who: Credentials, key_id: str) -> None:
        """Delete a key of the caller permanently."""
        self._call(who, "delete_access_key", AccessKeyId=key_id)

    def last_used(self, who: Credentials, key_id: str) -> str:
        """When and by what a key was last used, in words; AWS knows it hours late."""
        used = self._call(who, "get_access_key_last_used", AccessKeyId=key_id)["AccessKeyLastUsed"]
        moment = used.get("LastUsedDate")
        return f"last used {moment:%Y-%m-%d} by {used['ServiceName']}" if moment else "never used"

    def _call(
        self, who: Credentials, operation: str, *, once: bool = False, **parameters: Any
    ) -> dict[str, Any]:
        def work() -> dict[str, Any]:
            return getattr(client, operation)(**parameters)  # type: ignore[no-any-return]

        try:
            # Created in advance: botocore reads the AWS files for it, which is not network time.
            client = self._client(who, once)
            return Deadline(self._seconds).run(work, "IAM")
        except AwsenvError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever botocore raises
            raise _explained(error, operation, self._connection, parameters) from None

    def _client(self, who: Credentials, once: bool) -> Any:
        from botocore.config import Config

        if (who, once) not in self._clients:
            self._clients[who, once] = new_session(self._connection.config_profile).create_client(
                "iam",
                region_name=self._connection.region,
                aws_access_key_id=who.access_key_id,
                aws_secret_access_key=who.secret_access_key,
                aws_session_token=who.session_token,
                config=Config(
                    connect_timeout=5,
                    read_timeout=10,
                    retries={"total_max_attempts": 1 if once else 3, "mode": "standard"},
                ),
            )
        return self._clients[who, once]


def _explained(
    error: Exception, operation: str, connection: Connection, parameters: dict[str, Any]
) -> AwsenvError:
    from botocore.exceptions import ClientError

    answer = error.response.get("Error", {}) if isinstance(error, ClientError) else {}
    code, message = str(answer.get("Code", "")), str(answer.get("Message", "")).strip()
    action = "".join(part.capitalize() for part in operation.split("_")).replace("Mfa", "MFA")
    if code in (DENIED, "AccessDeniedException"):
        return RefusedError(
            f"AWS denies iam:{action}: {message}",
            "the user's policy has to allow it, and may want MFA for it",
            code=DENIED,
        )
    if code in (GONE, "LimitExceeded"):
        return RefusedError(f"IAM refused {action}: {message}", code=code)
    return refusals.explain(error, connection, parameters, "IAM")
