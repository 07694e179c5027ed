"""Compares this machine's clock with that of STS, which refuses signatures that are 15 min off."""

import time
from collections.abc import Iterator

from awsenv.aws import http
from awsenv.aws.deadline import Deadline
from awsenv.doctor import Case, Finding
from awsenv.errors import AwsenvError
from awsenv.plan.settings import Settings
from awsenv.plan.sts_endpoint import explicit_endpoint
from awsenv.values.durations import format_duration

_WORTH_TELLING = 60
_TOO_MUCH = 5 * 60
_DOMAINS = {"cn-": "amazonaws.com.cn", "eusc-": "amazonaws.eu"}


def check(case: Case) -> Iterator[Finding]:
    if case.offline or case.config is None:
        return
    profile = case.config.profiles.get("default")
    url = explicit_endpoint(case.config, profile, case.env) or _regional(case)
    try:
        bundle = http.ca_bundle(case.config, "default", case.env)
        started = time.time()
        reply = http.get(url, f"STS at {url}", bundle, _deadline(case))
        skew = _date(reply.headers.get("date", "")) - (started + time.time()) / 2
    except AwsenvError as error:
        yield Finding(error.message, error.hint or "", problem=False)
        return
    except (TypeError, ValueError):
        return  # no AWS, and no clock to compare with
    if abs(skew) >= _WORTH_TELLING:
        side = "behind" if skew > 0 else "ahead of"
        yield Finding(
            f"this machine's clock is {format_duration(round(abs(skew)))} {side} AWS's",
            "set the clock by the network's time; AWS refuses signatures that are 15 m off",
            problem=abs(skew) >= _TOO_MUCH,
        )


def _deadline(case: Case) -> Deadline:
    try:
        return Deadline(Settings.read(case.env).deadline)
    except AwsenvError:
        return Deadline(Settings.deadline)


def _regional(case: Case) -> str:
    assert case.config is not None
    profile = case.config.profiles.get("default")
    named = [case.env.get("AWS_REGION"), case.env.get("AWS_DEFAULT_REGION")]
    named.append(profile.get("region") if profile else None)
    region = next((name for name in named if name), "us-east-1")
    domain = next((d for prefix, d in _DOMAINS.items() if region.startswith(prefix)), None)
    return f"https://sts.{region}.{domain or 'amazonaws.com'}/"


def _date(text: str) -> float:
    from email.utils import parsedate_to_datetime

    return parsedate_to_datetime(text).timestamp()
