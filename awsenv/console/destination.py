"""Where in the console a sign-in leads to."""

from __future__ import annotations

from awsenv.errors import UsageError

# What TAB offers for --service; where the console calls a service otherwise, by what name.
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


class Destination:
    """A service, a deep link such as `s3/buckets/foo`, or a full address of the console's."""

    def __init__(self, path: str) -> None:
        self._path = path

    def address(self, host: str, region: str | None) -> str:
        """The full address; raises UsageError for one that is not the console's at `host`."""
        from urllib.parse import urlsplit

        if "://" not in self._path:
            return _with_region(f"https://{host}/{self._path}", region)
        parts = urlsplit(self._path)
        there = parts.hostname or ""
        own = there == host or there.endswith(f".{host}")
        if parts.scheme != "https" or not own or parts.username or parts.port:
            raise UsageError(
                f"--destination {self._path} is not an address of the console at {host}",
                "copy it from the browser's address bar, or write it as s3/buckets/NAME",
            )
        return self._path


def of_service(service: str | None) -> Destination:
    """The start page of `service`, or the console's; raises UsageError if it is not a service."""
    path = SERVICES.get(service, service) if service else "console"
    if service and service not in SERVICES and "/" in service:
        raise UsageError(
            f"--service {service!r} is more than the name of a service",
            f"write it as --destination {service}",
        )
    plain = path.replace("-", "").replace("/", "")
    if not plain.isascii() or not plain.isalnum():
        raise UsageError(
            f"--service {service!r} is not the name of a service", "write it as --service ec2"
        )
    return Destination(f"{path}/home")


def of_text(text: str) -> Destination:
    """What --destination says; raises UsageError for what cannot be part of an address."""
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise UsageError(
            f"--destination {text!r} has characters that no address has",
            "copy the address from the browser's address bar",
        )
    if "://" in text:
        return Destination(text)
    path = text.lstrip("/")
    if not any(char in path for char in "/?#"):
        return of_service(path)
    service, slash, rest = path.partition("/")
    return Destination(f"{SERVICES.get(service, service)}{slash}{rest}")


def _with_region(address: str, region: str | None) -> str:
    """`address` for `region`, unless it says which region itself."""
    from urllib.parse import parse_qs, urlsplit, urlunsplit

    parts = urlsplit(address)
    if not region or "region" in parse_qs(parts.query):
        return address
    query = f"region={region}" + (f"&{parts.query}" if parts.query else "")
    return urlunsplit(parts._replace(query=query))
