"""Calls to STS, and the one place that imports botocore.

API: AWS Security Token Service, version 2011-06-15.
"""

from __future__ import annotations

import time
from _thread import allocate_lock  # threading loads more than is needed before the first call

from awsenv.aws import refusals
from awsenv.errors import AwsenvError, NetworkError
from awsenv.lean.dataclasses import dataclass
from awsenv.storage.record_format import LONGEST_LIFE
from awsenv.values.credentials import Credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    import botocore.session

    from awsenv.aws.connection import Connection
    from awsenv.aws.deadline import Deadline
    from awsenv.values.steps import AssumeRole


# Seconds to wait before retrying a call that may succeed later; taken from the end.
_PAUSES = (0.8, 0.2)


@dataclass(frozen=True)
class Granted:
    """Credentials from STS or from a source; times are epoch seconds, None if they do not
    expire.
    """

    credentials: Credentials
    issued_at: int
    expires_at: int | None
    identity_arn: str | None = None


class Sts:
    """STS as `connection` reaches it: its region, endpoint, proxy, CA bundle and time limit."""

    def __init__(self, connection: Connection, deadline: Deadline) -> None:
        self._connection = connection
        self._deadline = deadline
        self._lock = allocate_lock()
        self._made: tuple[Any, Any] | None = None

    def prepare(self, credentials: Credentials) -> None:
        """Do what takes long (importing botocore, making a client) before it is needed."""
        self._client(credentials)

    def get_session_token(
        self, credentials: Credentials, duration: int, serial: str, code: str
    ) -> Granted:
        """GetSessionToken for `duration` seconds; raises RefusedError or NetworkError."""
        parameters = {"DurationSeconds": duration, "SerialNumber": serial, "TokenCode": code}
        return self._granted("get_session_token", credentials, parameters)

    def assume_role(
        self, credentials: Credentials, step: AssumeRole, duration: int, name: str, code: str | None
    ) -> Granted:
        """AssumeRole of `step` for `duration` seconds as session `name`."""
        parameters: dict[str, Any] = {
            "RoleArn": step.role_arn,
            "RoleSessionName": name,
            "DurationSeconds": duration,
        }
        if step.external_id:
            parameters["ExternalId"] = step.external_id
        if step.tags:
            pairs = [tag.partition("=") for tag in step.tags]
            parameters["Tags"] = [{"Key": key, "Value": value} for key, _, value in pairs]
        if step.transitive_tags:
            parameters["TransitiveTagKeys"] = list(step.transitive_tags)
        if step.source_identity:
            parameters["SourceIdentity"] = step.source_identity
        if step.policy_arns:
            parameters["PolicyArns"] = [{"arn": arn} for arn in step.policy_arns]
        if code and step.serial:
            parameters["SerialNumber"], parameters["TokenCode"] = step.serial, code
        return self._granted("assume_role", credentials, parameters)

    def caller_identity(self, credentials: Credentials) -> dict[str, str]:
        """GetCallerIdentity: Arn, Account and UserId of `credentials`."""
        answer = self._call("get_caller_identity", credentials, {})
        names = ("Arn", "Account", "UserId")
        if not all(answer.get(name) for name in names):
            raise NetworkError(
                f"{self._where} answered without an identity",
                "what answers there is not AWS's STS; check the endpoint and the proxy",
            )
        return {name: str(answer[name]) for name in names}

    def _granted(
        self, operation: str, credentials: Credentials, parameters: dict[str, Any]
    ) -> Granted:
        issued_at = int(time.time())
        answer = self._call(operation, credentials, parameters)
        try:
            found = answer["Credentials"]
            expires_at = int(found["Expiration"].timestamp())
            given = [found[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")]
            if not all(given):
                raise ValueError("an empty value")
        except (LookupError, AttributeError, TypeError, ValueError, OverflowError):
            raise NetworkError(
                f"{self._where} answered without credentials that can be used",
                "what answers there is not AWS's STS; check the endpoint and the proxy",
            ) from None
        return Granted(
            Credentials(*given),
            # The call itself takes a moment, and no session lives longer than this.
            max(issued_at, expires_at - LONGEST_LIFE),
            expires_at,
            answer.get("AssumedRoleUser", {}).get("Arn"),
        )

    def _call(
        self, operation: str, credentials: Credentials, parameters: dict[str, Any]
    ) -> dict[str, Any]:
        def work(client: Any) -> dict[str, Any]:
            # The first attempt uses up the code, whatever its outcome.
            pauses = [] if "TokenCode" in parameters else list(_PAUSES)
            while True:
                try:
                    return getattr(client, operation)(**parameters)  # type: ignore[no-any-return]
                except Exception as error:
                    if not pauses or not refusals.is_passing(error):
                        raise
                    time.sleep(pauses.pop())

        where = self._where
        try:
            # Created in advance: botocore reads the AWS files for it, which is not network time.
            client = self._client(credentials)
            return self._deadline.run(lambda: work(client), where)
        except AwsenvError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever botocore raises
            raise refusals.explain(error, self._connection, parameters, where) from None

    @property
    def _where(self) -> str:
        return self._connection.endpoint or f"STS in {self._connection.region}"

    def _client(self, credentials: Credentials) -> Any:
        """The one client, which takes long to make, signing with `credentials`."""
        with self._lock:
            if self._made is None:
                self._made = self._make_client(credentials)
            client, signing = self._made
            signing.access_key = credentials.access_key_id
            signing.secret_key = credentials.secret_access_key
            signing.token = credentials.session_token
            return client

    def _make_client(self, credentials: Credentials) -> tuple[Any, Any]:
        from botocore.config import Config

        session = new_session(self._connection.config_profile)
        session.set_credentials(
            credentials.access_key_id, credentials.secret_access_key, credentials.session_token
        )
        client = session.create_client(
            "sts",
            region_name=self._connection.region,
            endpoint_url=self._connection.endpoint,
            config=Config(
                connect_timeout=5,
                read_timeout=10,
                retries={"total_max_attempts": 1, "mode": "standard"},
                # The connection says where STS is. What the environment names may be for tools.
                ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]
            ),
        )
        return client, session.get_credentials()


def new_session(profile: str | None) -> botocore.session.Session:
    """A botocore session for `profile`, or for no profile; the shell's AWS_PROFILE is ignored."""
    import botocore.session

    from awsenv.aws import answer_size

    answer_size.limit()
    if profile:
        return botocore.session.Session(profile=profile)
    return botocore.session.Session(session_vars={"profile": (None, None, None, None)})
