"""The profiles: whether each one leads to credentials, and values that AWS would refuse."""

import re
from collections.abc import Iterator

from awsenv.aws.arn import is_iam
from awsenv.config import Config, Profile, marks
from awsenv.config.profiles import OWN_SERIAL, SERIAL
from awsenv.doctor import Case, Finding, from_error
from awsenv.errors import AwsenvError, ConfigError
from awsenv.mfa.prompts import NAMES
from awsenv.values.notation import whole_number

_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d{1,2}", re.ASCII)
_TOKEN_NUMBER = re.compile(r"[A-Za-z0-9_-]{9,64}", re.ASCII)
# _values reports the first two where they are written; the environment is another shell's.
_TOLD_ELSEWHERE = (":u2f/", "is not the ARN of a role", "environment holds no keys")
# A profile with none of these only holds settings.
_MEANT_FOR_USE = (
    "role_arn",
    "source_profile",
    "credential_source",
    "sso_account_id",
    "awsenv_keys",
)


def check(case: Case) -> Iterator[Finding]:
    if case.config is None:
        return
    for profile in case.config.profiles.values():
        yield from _values(profile)
        yield from _keys(profile)
        yield from _serial_beside_keys(profile)
        if any(profile.get(key) for key in _MEANT_FOR_USE):
            yield from _chain(profile, case.config, case)


def _values(profile: Profile) -> Iterator[Finding]:
    serial = profile.get("mfa_serial")
    if serial and ":u2f/" in serial:
        yield Finding(
            "mfa_serial is a FIDO device or passkey, and STS takes no code from one",
            "register an authenticator app as a second MFA device, and name its serial",
            profile.at("mfa_serial"),
        )
    elif serial and not (is_iam(serial, "mfa") or _TOKEN_NUMBER.fullmatch(serial)):
        yield Finding(
            f"mfa_serial = {serial} is no MFA device",
            "`aws iam list-mfa-devices` shows the serial; `awsenv setup` sets it",
            profile.at("mfa_serial"),
        )
    prompt = profile.get("mfa_prompt")
    if prompt and prompt.lower() not in NAMES:
        yield Finding(
            f"mfa_prompt = {prompt} is no way to ask",
            f"set it to one of: {', '.join(NAMES)}",
            profile.at("mfa_prompt"),
        )
    for check_mark in (marks.color, marks.confirm):
        try:
            check_mark(profile)
        except ConfigError as error:
            yield from_error(error)
    role = profile.get("role_arn")
    if role and not is_iam(role, "role"):
        yield Finding(
            f"role_arn = {role} is not the ARN of a role",
            "write it as arn:aws:iam::123456789012:role/NAME",
            profile.at("role_arn"),
        )
    region = profile.get("region")
    if region and not _REGION.fullmatch(region):
        yield Finding(
            f"region = {region} is not a region's name",
            "write it as eu-central-1, without a zone's letter",
            profile.at("region"),
        )
    duration = profile.get("duration_seconds")
    if duration and whole_number(duration) is None:
        yield Finding(
            f"duration_seconds = {duration} is refused by AWS tools, which take seconds",
            "write a number of seconds, such as 14400",
            profile.at("duration_seconds"),
        )


def _serial_beside_keys(profile: Profile) -> Iterator[Finding]:
    if profile.values.get(SERIAL) and profile.get("aws_access_key_id"):
        yield Finding(
            f"{SERIAL} stands beside keys: the .NET SDK and AWS Tools for PowerShell refuse this "
            "profile, and roles on top of it",
            f"`awsenv setup {profile.name}` renames it to {OWN_SERIAL}, which they pass over",
            profile.at(SERIAL),
            problem=False,
        )


def _keys(profile: Profile) -> Iterator[Finding]:
    key, secret = profile.get("aws_access_key_id"), profile.get("aws_secret_access_key")
    token = profile.get("aws_session_token") or profile.get("aws_security_token")
    where = profile.at("aws_access_key_id")
    if key and not secret:
        yield Finding(
            f"profile {profile.name!r} has aws_access_key_id but no aws_secret_access_key",
            "add the secret key, or remove the key id",
            where,
        )
    if secret and len(secret) != 40:
        yield Finding(
            f"aws_secret_access_key has {len(secret)} characters, and AWS's have 40",
            "copy it again",
            profile.at("aws_secret_access_key"),
            problem=False,
        )
    if key and key.startswith("ASIA") and not token:
        yield Finding(
            "these are the keys of a session, without their aws_session_token",
            "add the token; without it AWS knows no such key",
            where,
        )
    if key and key.startswith("AKIA") and token:
        yield Finding(
            "these are long-lived keys beside a session's token, which AWS refuses together",
            "remove aws_session_token",
            where,
        )
    if key and profile.get("role_arn") and profile.get("source_profile") != profile.name:
        yield Finding(
            f"profile {profile.name!r} has a role_arn, so its keys count only as the source of "
            "other profiles",
            "give the keys a profile of their own",
            where,
            problem=False,
        )


def _chain(profile: Profile, config: Config, case: Case) -> Iterator[Finding]:
    """What stops a plan for the profile."""
    from awsenv.plan.plan import make_plan
    from awsenv.plan.request import Request
    from awsenv.plan.settings import Settings

    try:
        make_plan(Request(profile=profile.name), config, Settings(), case.env)
    except AwsenvError as error:
        if not any(text in error.message for text in _TOLD_ELSEWHERE):
            yield from_error(error)
