"""A session as the values of its record, and back; docs/files.md describes each value."""

from __future__ import annotations

import time

from awsenv.aws.arn import account_in
from awsenv.plan.identity import source_identity, step_identities
from awsenv.plan.request import Request
from awsenv.plan.settings import HOUR
from awsenv.values.credentials import Credentials, Session
from awsenv.values.notation import iso_utc, whole_number
from awsenv.values.steps import AssumeRole, FromSource, GetSessionToken, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsenv.aws.sts import Granted
    from awsenv.plan.plan import Plan

Values = dict[str, str]
KINDS = {FromSource: "source", GetSessionToken: "mfa", AssumeRole: "role"}
# How long to remember that a role refused the duration of a setting.
_REMEMBER_REFUSAL = 7 * 24 * HOUR


def as_values(plan: Plan, index: int, granted: Granted, extra: Mapping[str, str]) -> Values:
    """What the record of step `index` of `plan` holds, once it has been `granted`."""
    step, final = plan.steps[index], index == len(plan.steps) - 1
    credentials, expires_at = granted.credentials, granted.expires_at
    values = {
        # In this order: shells find these by line number.
        "ISSUED_AT": str(granted.issued_at),
        "EXPIRES_AT": str(expires_at or ""),
        "AWS_CREDENTIAL_EXPIRATION": iso_utc(expires_at) if expires_at else "",
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_SESSION_TOKEN": credentials.session_token or "",
        "KIND": KINDS[type(step)],
        "IDENTITY": step_identities(plan)[index],
        "SOURCE_IDENTITY": source_identity(plan.root.identity, plan.endpoint),
        # AWS knows it in the region where it was obtained, whatever the region settings become.
        "STS_REGION": plan.sts_region,
        "PROFILE": plan.profile if final else step.profile,
        "SOURCE": plan.root.description,
        "ROLE_ARN": step.role_arn or "",
        "SERIAL": step.serial or "",
        "IDENTITY_ARN": granted.identity_arn or "",
        "ACCOUNT": (plan.root.account or "") if isinstance(step, FromSource) else "",
        **extra,
        **(plan.request.options() if final else _options_for_parent(step, plan.request)),
    }
    return {name: value for name, value in values.items() if value}


def _options_for_parent(step: Step, request: Request) -> Values:
    """The options that lead to a session got on the way to another one."""
    mfa_duration = step.duration if step.insisted else None
    return Request(
        profile=step.profile,
        mfa_serial=step.serial,
        mfa_duration=mfa_duration,
        from_env=request.from_env,
    ).options()


def as_session(values: Mapping[str, str], key: str, plan: Plan) -> Session:
    """The session in a record, under the name and region that `plan` gives it."""
    account = _account(values)
    if "EXPIRES_AT" not in values:
        return Session(
            credentials_in(values),
            plan.profile,
            plan.region,
            account=account,
            settings=plan.tool_settings,
        )
    return Session(
        credentials_in(values),
        plan.profile,
        plan.region,
        int(values["EXPIRES_AT"]),
        int(values["ISSUED_AT"]),
        key,
        values.get("ROLE_ARN"),
        values.get("IDENTITY_ARN"),
        account,
        plan.tool_settings,
    )


def _account(values: Mapping[str, str]) -> str | None:
    """The account that a session's keys belong to, as far as its record tells."""
    named = values.get("ACCOUNT") or account_in(values.get("ROLE_ARN"))
    return named or account_in(values.get("IDENTITY_ARN")) or account_in(values.get("SERIAL"))


def credentials_in(values: Mapping[str, str]) -> Credentials:
    """The credentials in a record."""
    return Credentials(
        values["AWS_ACCESS_KEY_ID"],
        values["AWS_SECRET_ACCESS_KEY"],
        values.get("AWS_SESSION_TOKEN"),
    )


def refused_at(values: Mapping[str, str], step: Step) -> int | None:
    """When the role of `step` refused its duration, in epoch seconds.

    None if it did not, or too long ago, or if the duration was requested on the command line.
    """
    moment = whole_number(values.get("REFUSED_AT"))
    if step.insisted or step.duration <= HOUR or moment is None:
        return None
    return moment if time.time() - moment < _REMEMBER_REFUSAL else None
