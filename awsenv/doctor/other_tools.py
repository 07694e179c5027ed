"""What aws-vault, granted, awsume and aws-mfa write into the AWS files, and how it reads here."""

from __future__ import annotations

import shlex

from awsenv.doctor import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from awsenv.config import Config, Profile
    from awsenv.doctor import Case

# What aws-vault takes from the profile that include_profile names; parent_profile is its old name.
_INCLUDES = ("include_profile", "parent_profile")
_INCLUDED = (
    "mfa_serial",
    "mfa_process",
    "source_profile",
    "role_arn",
    "role_session_name",
    "external_id",
    "duration_seconds",
    "region",
    "sso_start_url",
    "sso_region",
    "sso_account_id",
    "sso_role_name",
    "web_identity_token_file",
)
_GRANTED = {
    "granted_sso_start_url": "sso_start_url",
    "granted_sso_region": "sso_region",
    "granted_sso_account_id": "sso_account_id",
    "granted_sso_role_name": "sso_role_name",
    "granted_color": "awsenv_color",
}
_LONG_TERM = "-long-term"


def check(case: Case) -> Iterator[Finding]:
    if case.config is None:
        return
    for profile in case.config.profiles.values():
        yield from _aws_vault(profile, case.config)
        yield from _granted(profile)
        yield from _awsume(profile)
        yield from _aws_mfa(profile)


def _aws_vault(profile: Profile, config: Config) -> Iterator[Finding]:
    for key in _INCLUDES:
        name = profile.get(key)
        if name is None:
            continue
        lines = list(_missing(profile, config, key))
        if lines:
            yield Finding(
                f"{key} = {name} is read by aws-vault only: to AWS tools and to awsenv, profile "
                f"{profile.name!r} lacks what {name!r} says",
                f"write it out in [profile {profile.name}]: {', '.join(lines)}",
                profile.at(key),
            )
        else:
            yield Finding(
                f"{key} = {name} is read by aws-vault only, and adds nothing here",
                "remove it once nobody uses aws-vault any more",
                profile.at(key),
                problem=False,
            )
    words = _words(profile.get("credential_process"))
    if words[:1] == ["aws-vault"] and "--no-session" not in words and profile.get("mfa_serial"):
        yield Finding(
            "aws-vault gives a session here, to which AWS gives no MFA session",
            f"credential_process = aws-vault export --no-session --format=json {profile.name}",
            profile.at("credential_process"),
        )


def _missing(profile: Profile, config: Config, key: str) -> Iterator[str]:
    """The lines that aws-vault would take from elsewhere, and further still from there."""
    have, seen = set(profile.values), {profile.name}
    name = profile.get(key)
    while name and name in config.profiles and name not in seen:
        seen.add(name)
        included = config.profiles[name]
        for each in _INCLUDED:
            text = included.get(each)
            if text and each not in have:
                have.add(each)
                yield f"{each} = {text}"
        name = next(filter(None, (included.get(each) for each in _INCLUDES)), None)


def _granted(profile: Profile) -> Iterator[Finding]:
    keys = [key for key in _GRANTED if profile.get(key)]
    lines = [
        f"{_GRANTED[key]} = {profile.get(key)}" for key in keys if not profile.get(_GRANTED[key])
    ]
    if lines:
        yield Finding(
            f"{keys[0]} is read by granted only",
            f"write in [profile {profile.name}]: {', '.join(lines)}",
            profile.at(keys[0]),
            problem=any("sso" in line for line in lines) and not profile.get("credential_process"),
        )


def _awsume(profile: Profile) -> Iterator[Finding]:
    if profile.get("autoawsume"):
        yield Finding(
            f"[{profile.name}] is a session that awsume --auto-refresh has left; awsenv renews "
            "sessions in the shell instead",
            "remove the section once no program uses it, or replace it: awsenv save PROFILE "
            f"--as {shlex.quote(profile.name)}",
            profile.where,
            problem=False,
        )


def _aws_mfa(profile: Profile) -> Iterator[Finding]:
    device = profile.get("aws_mfa_device")
    if not device or profile.get("mfa_serial"):
        return
    name = profile.name
    session = name.removesuffix(_LONG_TERM)
    then = f", then: awsenv save {shlex.quote(name)} --as {shlex.quote(session)}"
    header = "default" if name == "default" else f"profile {shlex.quote(name)}"
    yield Finding(
        f"aws_mfa_device is read by aws-mfa only: profile {name!r} names no MFA device here",
        f"add mfa_serial = {device} to [{header}] in the config"
        + (then if session != name else ""),
        profile.at("aws_mfa_device"),
    )


def _words(command: str | None) -> list[str]:
    try:
        return shlex.split(command or "")
    except ValueError:
        return []
