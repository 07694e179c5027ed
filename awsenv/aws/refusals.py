"""What AWS or the network said, as one line for a person and a hint with the likely fix.

The codes and wordings are those of the AWS STS API reference ("Common Errors" and the errors of
each action). Where AWS gives one answer for two causes, the line names both.
"""

from __future__ import annotations

import os
import time

from awsenv.aws import answer_size
from awsenv.aws.partitions import default_region, partition_of_region
from awsenv.errors import AwsenvError, ConfigError, NetworkError, RefusedError
from awsenv.values.durations import format_duration
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from awsenv.aws.connection import Connection

# The caller acts on these; every other refusal is reported.
BAD_CODE = "BadMFACode"
TOO_LONG = "DurationTooLong"
UNKNOWN_KEY = "InvalidClientTokenId"
STALE = ("ExpiredToken", UNKNOWN_KEY)


def explain(
    error: Exception, connection: Connection, parameters: Mapping[str, Any], where: str
) -> AwsenvError:
    """The error to raise for what botocore raised while calling STS at `where`."""
    from botocore.exceptions import ClientError, ParamValidationError

    if isinstance(error, ClientError):
        return _refusal(error.response, connection, parameters)
    if isinstance(error, ParamValidationError):
        text = str(error).partition("\n")[2] or str(error)
        return ConfigError(f"AWS would refuse this request: {text.strip()}", "correct that value")
    return network(error, where)


def is_passing(error: Exception) -> bool:
    """Whether the same call may succeed a moment later: throttling, or a failure inside STS."""
    from botocore import exceptions

    if isinstance(error, exceptions.ClientError):
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return "Throttl" in code or code == "RequestLimitExceeded" or status >= 500
    lasting = (exceptions.SSLError, exceptions.ProxyConnectionError)
    if isinstance(getattr(error, "kwargs", {}).get("error"), answer_size.TooLargeError):
        return False
    return isinstance(error, exceptions.HTTPClientError) and not isinstance(error, lasting)


def _refusal(
    response: Mapping[str, Any], connection: Connection, parameters: Mapping[str, Any]
) -> RefusedError:
    code = str(response.get("Error", {}).get("Code", ""))
    message = str(response.get("Error", {}).get("Message", "")).strip()
    role = parameters.get("RoleArn")
    if code == "AccessDenied":
        line, hint, code = _denied(message, connection, parameters)
    elif code == "ValidationError":
        line, hint, code = _invalid(message, parameters)
    elif code in ("ExpiredToken", "ExpiredTokenException"):
        code = "ExpiredToken"
        line = f"AWS says that these have expired: {connection.source}"
        hint = "get new ones where they come from"
    elif code in ("InvalidClientTokenId", "UnrecognizedClientException"):
        code = "InvalidClientTokenId"
        line = f"AWS does not know {connection.source}: deleted, inactive or mistyped"
        hint = "look at the access key in the IAM console, or name another profile"
        if default_region(partition_of_region(connection.region)) != connection.region:
            hint += f"; if {connection.region} is not enabled for the account, pass --region"
    elif code in ("SignatureDoesNotMatch", "RequestExpired", "InvalidSignatureException"):
        line, hint = _signature(response, message, connection)
    elif "Throttl" in code or code == "RequestLimitExceeded":
        line, hint = "AWS is throttling this account's calls to STS", "wait a little and try again"
    elif code == "RegionDisabledException":
        line = f"STS is switched off in {connection.region} for this account"
        hint = "pass --region with a region that is active, or activate it in the IAM console"
    elif response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
        line, hint = f"STS had a failure of its own ({code})", "try again in a moment"
    else:
        line = f"AWS refused{f' {role}' if role else ''}: {message} ({code})"
        hint = "`awsenv explain` shows what is asked of AWS"
    return RefusedError(visible(line, 600), hint, code=code)


def _denied(
    message: str, connection: Connection, parameters: Mapping[str, Any]
) -> tuple[str, str, str]:
    role, serial = parameters.get("RoleArn"), parameters.get("SerialNumber")
    if "one time pass code" in message and "invalid" in message:
        return (
            f"AWS did not accept the code for {serial}: it is wrong, or has been used",
            "wait for the next code, and check the device's clock",
            BAD_CODE,
        )
    if "MultiFactorAuthentication failed" in message:
        return (
            f"AWS does not know {serial} as an MFA device of this user",
            "`aws iam list-mfa-devices` shows the serial; set it as mfa_serial",
            "WrongSerial",
        )
    if "GetSessionToken with session" in message:
        return (
            "AWS gives MFA sessions only to long-lived keys, and this is a session: "
            f"{connection.source}",
            "name a profile with the IAM user's own keys as the source, or drop mfa_serial",
            "AccessDenied",
        )
    if not role:
        return f"AWS refused: {message}", "the user's policies forbid it", "AccessDenied"
    with_mfa = connection.with_mfa
    rest = "or an --external-id; your own policy may lack sts:AssumeRole"
    if with_mfa:
        hint = (
            "the role may not trust you, want a newer MFA code (--mfa-direct gives it one), " + rest
        )
    elif connection.keys_of:
        device = f"awsenv setup {visible(connection.keys_of)} finds your device"
        hint = f"the role may want MFA ({device}), may not trust you, or want {rest[3:]}"
    else:
        hint = f"the role may not trust you, want MFA, which only an IAM user's keys have, {rest}"
    used = "with MFA" if with_mfa else "without MFA"
    return f"AWS denies you {role} ({used}): {message}", hint, "AccessDenied"


def _invalid(message: str, parameters: Mapping[str, Any]) -> tuple[str, str, str]:
    asked = format_duration(int(parameters.get("DurationSeconds", 0)))
    role = parameters.get("RoleArn")
    if "MaxSessionDuration" in message:
        return (
            f"{role} does not give sessions of {asked}: its maximum is shorter",
            "ask for less with --duration, or have the role's maximum session duration raised",
            TOO_LONG,
        )
    if "1 hour session limit" in message:
        return (
            f"{role} is assumed from another role's session, so it gives 1 h at most, not {asked}",
            "ask for --duration 1h, or assume it from the user's MFA session",
            TOO_LONG,
        )
    if "serialNumber" in message:
        return (
            f"{parameters.get('SerialNumber')} is not an MFA serial that STS accepts",
            "use the ARN of a virtual device (…:mfa/name) or the number of a hardware token",
            "WrongSerial",
        )
    return f"AWS refused the request: {message}", "correct the value it names", "ValidationError"


def _signature(
    response: Mapping[str, Any], message: str, connection: Connection
) -> tuple[str, str]:
    from email.utils import parsedate_to_datetime

    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    try:
        skew = parsedate_to_datetime(headers["date"]).timestamp() - time.time()
    except (KeyError, TypeError, ValueError):
        skew = 0.0
    if "expired" in message or "not yet current" in message or abs(skew) > 300:
        side = "behind" if skew > 0 else "ahead of"
        return (
            f"this machine's clock is {format_duration(round(abs(skew) / 60) * 60)} {side} AWS's",
            "set the clock (AWS allows 15 m), then try again",
        )
    return (
        f"the secret access key of {connection.source} does not match its key ID",
        f"copy the secret key again ({connection.where or 'environment'})",
    )


def network(error: Exception, where: str) -> AwsenvError:
    from botocore import exceptions

    if isinstance(error, exceptions.SSLError):
        return _tls(error, where)
    if isinstance(getattr(error, "kwargs", {}).get("error"), answer_size.TooLargeError):
        return NetworkError(
            f"{where} sent an answer without an end",
            "what answers there is not AWS; check the endpoint and the proxy",
        )
    unread = ("ResponseParserError", "ParserError", "ExpatError")
    # The last two: of a time in an answer that no calendar has.
    strange = isinstance(error, KeyError | RuntimeError | OverflowError)
    if strange or type(error).__name__ in unread:
        return NetworkError(
            f"what answers at {where} is not STS",
            "a proxy or a sign-in page of the network may stand in between; open it in a browser",
        )
    told = {
        exceptions.ProxyConnectionError: f"the proxy on the way to {where} does not answer",
        exceptions.InvalidProxiesConfigError: f"the proxy for {where} is not set up right",
        exceptions.ConnectTimeoutError: f"{where} does not answer",
        exceptions.ReadTimeoutError: f"{where} does not answer",
        exceptions.HTTPClientError: f"cannot reach {where}",
        exceptions.EndpointConnectionError: f"cannot reach {where}",
    }
    for kind, line in told.items():
        if isinstance(error, kind):
            return NetworkError(
                line, "check the network, the VPN and the proxy (HTTPS_PROXY, NO_PROXY)"
            )
    if isinstance(error, ValueError | exceptions.BotoCoreError):
        return ConfigError(f"cannot call {where}: {error}", "correct the setting it names")
    return AwsenvError(
        f"calling {where} failed: {type(error).__name__}: {error}",
        "set AWSENV_DEBUG=1 to see where it happened, and report it",
    )


def _tls(error: Exception, where: str) -> AwsenvError:
    if "[Errno" in str(error):
        named = os.environ.get("AWS_CA_BUNDLE") or "named by ca_bundle"
        return ConfigError(
            f"cannot read the file of trusted certificates, {named}",
            "correct AWS_CA_BUNDLE, or ca_bundle in the profile",
        )
    return NetworkError(
        f"the TLS certificate of {where} is not trusted",
        "set ca_bundle or AWS_CA_BUNDLE to your network's CA file",
    )
