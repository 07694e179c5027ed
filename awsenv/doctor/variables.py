"""The variables of this shell: those that contradict each other, and those that lead nowhere."""

import os
import time
from collections.abc import Iterator

from awsenv.doctor import Case, Finding, from_error
from awsenv.environment.change import put_still_holds
from awsenv.errors import AwsenvError
from awsenv.mfa.prompts import check as check_prompt
from awsenv.plan.settings import Settings
from awsenv.shells.detection import detect
from awsenv.values.notation import whole_number

_KEY, _SECRET, _TOKEN = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"


def check(case: Case) -> Iterator[Finding]:
    yield from _profile(case)
    yield from _keys(case)
    yield from _places(case)
    try:
        prompt = Settings.read(case.env).mfa_prompt
        if prompt:
            check_prompt(prompt, "AWSENV_MFA_PROMPT")
    except AwsenvError as error:
        yield from_error(error)


def _unset(name: str) -> str:
    """What to type to remove the variable, in the current shell."""
    try:
        return detect().unset_to_type(name)
    except AwsenvError:
        return f"unset {name}"


def _profile(case: Case) -> Iterator[Finding]:
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        value = case.env.get(name)
        if not value:
            continue
        if case.env.get(_KEY):
            yield Finding(
                f"{name} is set beside {_KEY}: the AWS CLI and boto3 take the keys, the "
                "JavaScript SDK and CDK take the profile",
                f"{_unset(name)}, or the keys",
            )
        if case.config is not None and value not in case.config.profiles:
            yield Finding(
                f"{name} names a profile that does not exist: {value}",
                f"{_unset(name)}, or set it to one that `awsenv list` shows",
            )


def _keys(case: Case) -> Iterator[Finding]:
    env = case.env
    present = [name for name in (_KEY, _SECRET) if env.get(name)]
    if len(present) == 1:
        yield Finding(
            f"{present[0]} is set without its other half", f"{_unset(present[0])}, or set both"
        )
    if env.get("AWS_SECURITY_TOKEN"):
        yield Finding(
            f"AWS_SECURITY_TOKEN is set, which boto3 prefers to {_TOKEN}",
            _unset("AWS_SECURITY_TOKEN"),
        )
    key = env.get(_KEY, "")
    if key.startswith("AKIA") and env.get(_TOKEN):
        yield Finding(
            f"{_TOKEN} is left over from a session: the key beside it is a long-lived one",
            _unset(_TOKEN),
        )
    if key.startswith("ASIA") and not (env.get(_TOKEN) or env.get("AWS_SECURITY_TOKEN")):
        yield Finding(f"{_KEY} is a session's, and {_TOKEN} is missing", "export the token as well")
    expires = whole_number(env.get("AWSENV_EXPIRES_AT"))
    if put_still_holds(env) and expires is not None and expires <= time.time():
        yield Finding(
            f"the session of {env.get('AWSENV_PROFILE')!r} in this shell has expired",
            "awsenv assume gets a new one, awsenv unset takes it out",
            problem=False,
        )


def _places(case: Case) -> Iterator[Finding]:
    env = case.env
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE"):
        value = env.get(name)
        path = os.path.expanduser(os.path.expandvars(value or ""))
        if value and not os.path.isfile(path):
            wrong = "a folder" if os.path.isdir(path) else "a file that does not exist"
            yield Finding(f"{name} names {wrong}: {value}", f"correct it, or: {_unset(name)}")
    regions = [env.get("AWS_REGION"), env.get("AWS_DEFAULT_REGION")]
    if all(regions) and regions[0] != regions[1]:
        yield Finding(
            f"AWS_REGION is {regions[0]} and AWS_DEFAULT_REGION is {regions[1]}: which one counts "
            "depends on the tool",
            "set both to the same region",
        )
    endpoint = env.get("AWS_ENDPOINT_URL")
    # The demo has an AWS of its own.
    if endpoint and not env.get("AWSENV_DEMO"):
        yield Finding(
            f"AWS_ENDPOINT_URL sends every AWS call to {endpoint}",
            f"{_unset('AWS_ENDPOINT_URL')}, unless that is meant",
            problem=False,
        )
