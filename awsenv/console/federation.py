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
from awsenv.errors import ConfigError, RefusedError, UsageError
from awsenv.plan.plan import Plan
from awsenv.values.credentials import Session
from awsenv.values.steps import GetSessionToken

# What TAB offers for --service, and the console's own name for each service.
SERVICES = {
    "acm": "acm",
    "apigateway": "apigateway",
    "athena": "athena",
    "billing": "billing",
    "cfn": "cloudformation",
    "cloudformation": "cloudformation",
    "cloudfront": "cloudfront/v4",
    "cloudtrail": "cloudtrailv2",
    "cloudwatch": "cloudwatch",
    "cw": "cloudwatch",
    "ddb": "dynamodbv2",
    "dynamodb": "dynamodbv2",
    "ec2": "ec2",
    "ecr": "ecr",
    "ecs": "ecs",
    "eks": "eks",
    "iam": "iam",
    "kms": "kms",
    "lambda": "lambda",
    "opensearch": "aos",
    "organizations": "organizations/v2",
    "r53": "route53",
    "rds": "rds",
    "route53": "route53",
    "s3": "s3",
    "secretsmanager": "secretsmanager",
    "sfn": "states",
    "sns": "sns/v3",
    "sqs": "sqs/v3",
    "ssm": "systems-manager",
    "stepfunctions": "states",
    "vpc": "vpc",
}


def check(plan: Plan) -> None:
    """Raise UsageError, before anyone is asked for a code, if `plan` does not lead to a role."""
    mfa = bool(plan.steps) and isinstance(plan.steps[-1], GetSessionToken)
    if mfa or (not plan.steps and not plan.root.temporary):
        what = "an MFA session" if mfa else "long-lived keys"
        raise UsageError(
            f"profile {plan.profile!r} comes to {what} of an IAM user, and AWS signs in to the "
            "console with a role's session only",
            "name a profile with a role_arn, or pass --role-arn",
        )


def sign_in_url(
    session: Session,
    path: str,
    config: Config,
    env: Mapping[str, str],
    deadline: Deadline,
) -> str:
    """A URL that signs in whoever opens it, and leads to `path` of the console.

    AWSENV_SIGNIN_URL is another federation endpoint to ask. Raises RefusedError, NetworkError.
    """
    import json
    from urllib.parse import urlencode

    from awsenv.aws import http

    signin, console = _hosts(session)
    endpoint = _checked(env.get("AWSENV_SIGNIN_URL")) or f"https://{signin}/federation"
    region = f"?region={session.region}" if session.region else ""
    destination = f"https://{console}/{path}/home{region}"
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
    return f"{endpoint}?{urlencode({**given, 'SigninToken': token})}"


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


def path_of(service: str | None) -> str:
    """The path of `service` in the console; raises UsageError for what cannot be a service."""
    path = SERVICES.get(service, service) if service else "console"
    plain = path.replace("-", "").replace("/", "")
    if not plain.isascii() or not plain.isalnum():
        raise UsageError(
            f"--service {service!r} is not the name of a service", "write it as --service ec2"
        )
    return path
