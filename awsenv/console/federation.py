"""The address that signs a browser in to the AWS console as a role.

"Enable custom identity broker access to the AWS console" in the IAM User Guide: the federation
endpoint gives a sign-in token for a role's session (not for an IAM user's keys or MFA session). A
URL with that token signs in whoever opens it, for 15 minutes. The console session then lasts as
long as the role's session.
"""

from collections.abc import Mapping

from awsenv.aws.arn import partition_in
from awsenv.aws.deadline import Deadline
from awsenv.aws.partitions import PARTITIONS, partition_of_region
from awsenv.config import Config
from awsenv.console.destination import Destination
from awsenv.errors import ConfigError, RefusedError, UsageError
from awsenv.plan.plan import Plan
from awsenv.values.credentials import Session
from awsenv.values.steps import GetSessionToken


def check(plan: Plan) -> None:
    """Raise UsageError, before anyone is asked for a code, if `plan` does not lead to a role."""
    mfa = bool(plan.steps) and isinstance(plan.steps[-1], GetSessionToken)
    if mfa or (not plan.steps and not plan.root.temporary):
        what = "an MFA session" if mfa else "long-lived keys"
        raise UsageError(
            f"profile {plan.profile!r} resolves to {what} of an IAM user, and AWS signs in to the "
            "console with a role's session only",
            "name a profile with a role_arn, or pass --role-arn",
        )


def sign_in_url(
    session: Session,
    place: Destination,
    config: Config,
    env: Mapping[str, str],
    deadline: Deadline,
    *,
    logout: bool = False,
) -> str:
    """A URL that signs in whoever opens it, and leads to `place` in the console.

    With `logout` it ends the console session that the browser has first.

    AWSENV_SIGNIN_URL is another federation endpoint to ask. Raises RefusedError, NetworkError.
    """
    import json
    from urllib.parse import urlencode

    from awsenv.aws import http

    signin, console = _hosts(session)
    endpoint = _checked(env.get("AWSENV_SIGNIN_URL")) or f"https://{signin}/federation"
    destination = place.address(console, session.region)
    keys = {
        "sessionId": session.credentials.access_key_id,
        "sessionKey": session.credentials.secret_access_key,
        "sessionToken": session.credentials.session_token,
    }
    if keys["sessionToken"] is None:
        raise _unfit(session, "they are long-lived keys")
    query = urlencode({"Action": "getSigninToken", "Session": json.dumps(keys)})
    bundle = http.ca_bundle(config, session.profile, env)
    reply = http.get(f"{endpoint}?{query}", "the sign-in endpoint of AWS", bundle, deadline)
    if reply.status != 200:
        raise _unfit(session, f"the sign-in endpoint answered {reply.status}")
    try:
        token = json.loads(reply.body)["SigninToken"]
    except (ValueError, TypeError, KeyError):
        raise _unfit(session, "the sign-in endpoint gave no token") from None
    given = {"Action": "login", "Issuer": "awsenv", "Destination": destination}
    url = f"{endpoint}?{urlencode({**given, 'SigninToken': token})}"
    if not logout:
        return url
    return f"https://{signin}/oauth?{urlencode({'Action': 'logout', 'redirect_uri': url})}"


def _checked(url: str | None) -> str | None:
    """`url`, to which keys may be sent; raises ConfigError where others could read them."""
    if not url:
        return None
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    here = host in ("127.0.0.1", "::1", "localhost")
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and here)):
        raise ConfigError(
            f"AWSENV_SIGNIN_URL {url!r} is no https address, and the session's keys are sent there",
            "unset it, or write it as https://HOST/federation",
        )
    return url


def _unfit(session: Session, why: str) -> RefusedError:
    return RefusedError(
        f"AWS does not sign in to the console with the credentials of {session.profile!r}: {why}",
        "only a live session of a role can; try --refresh",
    )


def _hosts(session: Session) -> tuple[str, str]:
    """The hosts of the sign-in endpoint and of the console in the session's partition."""
    arn = session.role_arn or session.identity_arn
    name = partition_in(arn) if arn else partition_of_region(session.region or "")
    known = PARTITIONS.get(name)
    if not (known and known.sign_in and known.console):
        raise ConfigError(
            f"the console of the partition {name} is not known to awsenv",
            "sign in to it in the browser",
        )
    return known.sign_in, known.console
