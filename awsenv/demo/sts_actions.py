"""The STS actions."""

import re
from collections.abc import Callable, Mapping

from awsenv.demo import passed
from awsenv.demo.answers import ServiceError, Value, access_denied, validation_error
from awsenv.demo.constraints import Constraints
from awsenv.demo.model import (
    Caller,
    IssuedSession,
    Role,
    User,
    random_id,
    random_secret,
    random_token,
)
from awsenv.demo.permissions import context_of, require_assume
from awsenv.demo.policy import AccessRequest, Decision, Policy
from awsenv.demo.state import Call
from awsenv.values.notation import iso_utc

_NAME = r"[\w+=,.@-]*"
_SERIAL = r"[\w+=/:,.@-]*"
_ARN = r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD]+"
_ROLE_ARN = re.compile(r"arn:[a-z-]+:iam::\d{12}:role/[\w+=,.@/-]+", re.ASCII)
_CHAIN_SECONDS = 3600


def get_caller_identity(call: Call) -> Mapping[str, Value]:
    caller = call.signer
    return {"Arn": caller.arn, "UserId": caller.user_id, "Account": caller.account}


def get_session_token(call: Call) -> Mapping[str, Value]:
    """No policy is consulted: with this call people prove who they are."""
    caller = call.signer
    user = caller.user
    if caller.session or user is None:
        raise access_denied("Cannot call GetSessionToken with session credentials")
    limits = Constraints(call.params)
    seconds = limits.whole("DurationSeconds", 900, 129600, 43200)
    _mfa_limits(limits)
    limits.done()
    with_mfa = _use_mfa_code(call)
    session = _issue(
        call,
        user,
        min(seconds, 3600) if user.root else seconds,
        mfa_at=call.state.clock.session() if with_mfa else None,
    )
    return {"Credentials": _credentials(call, session)}


def assume_role(call: Call) -> Mapping[str, Value]:
    caller = call.signer
    limits = Constraints(call.params)
    arn, name, seconds = _role_limits(limits)
    external_id = limits.text("ExternalId", 2, 1224, r"[\w+=,.@:\/-]*")
    asked_identity = limits.text("SourceIdentity", 2, 64, _NAME)
    _mfa_limits(limits)
    limits.done()
    role = _role(call, arn)
    if caller.user and caller.user.root:
        raise access_denied("Roles may not be assumed by root accounts.")
    policies = passed.session_policies(call)
    tags, transitive = passed.tags(call)
    context = context_of(call, fresh_mfa=_use_mfa_code(call))
    context["sts:rolesessionname"] = name
    source_identity = passed.source_identity(call, asked_identity)
    given = {"sts:externalid": external_id, "sts:sourceidentity": source_identity}
    context |= {key: value for key, value in given.items() if value}
    context |= {f"aws:requesttag/{key.lower()}": value for key, value in tags.items()}
    require_assume(call, role, arn, "sts:AssumeRole", context)
    if tags:
        require_assume(call, role, arn, "sts:TagSession", context)
    if source_identity:
        require_assume(call, role, arn, "sts:SetSourceIdentity", context)
    assert role is not None
    chained = caller.user is None
    if chained and seconds > _CHAIN_SECONDS:
        raise validation_error(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed "
            "by role chaining."
        )
    _check_role_maximum(role, seconds)
    session = _issue(
        call,
        role,
        seconds,
        name=name,
        tags=tags,
        transitive=transitive,
        source_identity=source_identity,
        policies=policies,
    )
    answer = _assumed(call, session)
    return answer | ({"SourceIdentity": source_identity} if source_identity else {})


def assume_role_with_web_identity(call: Call) -> Mapping[str, Value]:
    limits = Constraints(call.params)
    arn, name, seconds = _role_limits(limits)
    token = limits.text("WebIdentityToken", 4, 20000, r"(?s:.*)", required=True)
    limits.done()
    role = _role(call, arn)
    policies = passed.session_policies(call)
    provider = next((each for each in call.world.providers if token in each.tokens), None)
    if provider is None:
        raise ServiceError(
            "InvalidIdentityToken",
            "No OpenIDConnect provider found in your account for the token that was given",
        )
    subject = provider.tokens[token]
    host = provider.host.lower()
    context = {
        f"{host}:sub": subject,
        f"{host}:aud": "sts.amazonaws.com",
        "sts:rolesessionname": name,
    }
    names = frozenset({("Federated", provider.arn)})
    request = AccessRequest("sts:AssumeRoleWithWebIdentity", arn, context, names)
    if role is None or role.trust.decide(request) is not Decision.ALLOW:
        raise access_denied("Not authorized to perform sts:AssumeRoleWithWebIdentity")
    _check_role_maximum(role, seconds)
    session = _issue(call, role, seconds, name=name, policies=policies)
    extra = {
        "SubjectFromWebIdentityToken": subject,
        "Audience": "sts.amazonaws.com",
        "Provider": provider.arn,
    }
    return _assumed(call, session) | extra


Action = Callable[[Call], Mapping[str, Value]]

ACTIONS: dict[str, Action] = {
    "AssumeRole": assume_role,
    "AssumeRoleWithWebIdentity": assume_role_with_web_identity,
    "GetCallerIdentity": get_caller_identity,
    "GetSessionToken": get_session_token,
}
UNSIGNED = frozenset({"AssumeRoleWithWebIdentity"})


def _mfa_limits(limits: Constraints) -> None:
    limits.text("SerialNumber", 9, 256, _SERIAL)
    limits.text("TokenCode", 6, 6, r"[\d]*")


def _role_limits(limits: Constraints) -> tuple[str, str, int]:
    arn = limits.text("RoleArn", 20, 2048, _ARN, required=True)
    name = limits.text("RoleSessionName", 2, 64, _NAME, required=True)
    seconds = limits.whole("DurationSeconds", 900, 43200, 3600)
    limits.text("Policy", 1, 2048, r"[\u0009\u000A\u000D\u0020-\u00FF]+")
    return arn, name, seconds


def _role(call: Call, arn: str) -> Role | None:
    if not _ROLE_ARN.fullmatch(arn):
        raise validation_error("Request ARN is invalid")
    return call.world.roles.get(arn)


def _check_role_maximum(role: Role, seconds: int) -> None:
    if seconds > role.max_duration:
        raise validation_error(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )


def _use_mfa_code(call: Call) -> bool:
    """Check and use up the MFA code of a request; False where it has none.

    It is used up even if the request is refused later on, for proving comes before permission.
    """
    serial, code = call.params.get("SerialNumber"), call.params.get("TokenCode")
    if serial is None and code is None:
        return False
    if serial is None or code is None:
        raise access_denied(
            "MultiFactorAuthentication failed, must provide both MFA serial number and one time "
            "pass code."
        )
    user = call.signer.user
    devices = user.devices if user else []
    device = next((each for each in devices if each.serial == serial), None)
    if device is None:
        raise access_denied(
            "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your "
            "MFA serial number is valid and associated with this user."
        )
    if not device.accept(code, call.state.clock.real()):
        raise access_denied(
            "MultiFactorAuthentication failed with invalid MFA one time pass code. "
        )
    return True


def _issue(
    call: Call,
    owner: User | Role,
    seconds: int,
    *,
    mfa_at: float | None = None,
    name: str = "",
    tags: Mapping[str, str] | None = None,
    transitive: frozenset[str] = frozenset(),
    source_identity: str = "",
    policies: tuple[Policy, ...] = (),
) -> IssuedSession:
    session = IssuedSession(
        key_id=random_id("ASIA"),
        secret=random_secret(),
        token=random_token(),
        owner=owner,
        expires_at=call.state.clock.session() + call.state.life(call.action, seconds),
        mfa_at=mfa_at,
        name=name,
        tags=tags or {},
        transitive=transitive,
        source_identity=source_identity,
        policies=policies,
        issued_to=call.caller.key_id if call.caller else "",
    )
    call.world.sessions[session.key_id] = session
    return session


def _credentials(call: Call, session: IssuedSession) -> Mapping[str, Value]:
    clock = call.state.clock
    left = session.expires_at - clock.session()
    return {
        "AccessKeyId": session.key_id,
        "SecretAccessKey": session.secret,
        "SessionToken": session.token,
        "Expiration": iso_utc(int(clock.server() + left)),
    }


def _assumed(call: Call, session: IssuedSession) -> dict[str, Value]:
    holder = Caller(session.key_id, session.owner, session)
    user = {"AssumedRoleId": holder.user_id, "Arn": holder.arn}
    return {"Credentials": _credentials(call, session), "AssumedRoleUser": user}
