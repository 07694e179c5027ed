"""`awsenv save`: a session as a profile, for tools that read nothing but the credentials file."""

import time

from awsenv.config import Config, load, saved_sections, shown
from awsenv.config.process_line import PROCESS, process_line
from awsenv.config.writing import edit_profile
from awsenv.errors import ConfigError, UsageError
from awsenv.parameters.declared import flag, value
from awsenv.parameters.request_options import hides, takes_request
from awsenv.plan.identity import step_identities
from awsenv.plan.plan import Plan
from awsenv.plan.request import Request
from awsenv.saved import sections
from awsenv.sessions.from_request import flow_for, plan_for, tell


@hides("from_env")
@takes_request
def command(
    request: Request,
    *,
    as_name: str | None = value("--as", "PROFILE", "The name to save it under."),
    as_process: str | None = value(
        "--as-process",
        "NAME",
        "Write a profile NAME that gets sessions from awsenv, instead of keys.",
    ),
    force: bool = flag("--force", "Overwrite what NAME holds, even long-lived keys."),
) -> None:
    """Write a profile's session into the credentials file, as a profile of its own."""
    if as_name and as_process:
        raise UsageError("--as and --as-process exclude each other", "leave one of them out")
    if as_process:
        _save_process(request, as_process, force=force)
    else:
        _save_session(request, as_name, force=force)


def _save_session(request: Request, as_name: str | None, *, force: bool) -> None:
    plan, config = plan_for(request), load()
    if request.from_env:
        raise UsageError(
            "a saved session is renewed from the AWS files, so --from-env does not apply",
            "name a profile with these keys",
        )
    if request.alters() and not as_name:
        raise UsageError(
            f"with {request.alters()} it is not the session of a profile, so it needs a name",
            "add --as NAME",
        )
    if not plan.steps:
        raise ConfigError(
            f"{plan.root.description} are not a session, and only sessions can be saved",
            f"run: awsenv setup {plan.root.profile or plan.profile}",
        )
    again = request.profile if saved_sections.asked_with(request.profile or "", config) else None
    name = as_name or again
    if name and (request.alters() or again):
        # What was saved with options is saved with them again.
        _save_as_asked(request, plan, name, config, force=force)
        return
    origin = profile = plan.request.profile or plan.profile
    while further := saved_sections.origin_of(origin, config):
        origin = further
    name = as_name or (profile if origin != profile else saved_sections.name_for(profile, config))
    if name in (origin, plan.root.profile):
        raise UsageError(
            f"profile {name!r} is what the session comes from, so it cannot be saved there",
            "choose another name with --as",
        )
    sections.check_name(name, config, force=force)
    session = flow_for(plan).run()
    sections.write(
        session,
        name,
        origin,
        config,
        identity=step_identities(plan)[-1],
        saved_with={},
        serial=request.mfa_serial,
        force=force,
    )
    assert session.expires_at is not None
    until = time.strftime("%a %H:%M", time.localtime(session.expires_at))
    tell(f"[{name}] in {shown(config.credentials_path)} is {origin} until {until}")


def _save_as_asked(request: Request, plan: Plan, name: str, config: Config, *, force: bool) -> None:
    """Save a session that is not a profile's own, and with it the options it was asked with."""
    if name in (plan.request.profile, request.source_profile, plan.root.profile):
        raise UsageError(
            f"profile {name!r} is what the session comes from, so it cannot be saved there",
            "choose another name with --as",
        )
    sections.check_name(name, config, force=force)
    session = flow_for(plan).run()
    prefix = len("OPTION_")
    asked = {key[prefix:].lower(): text for key, text in plan.request.options().items()}
    sections.write(
        session,
        name,
        "",
        config,
        identity=step_identities(plan)[-1],
        saved_with=asked,
        force=force,
    )
    assert session.expires_at is not None
    until = time.strftime("%a %H:%M", time.localtime(session.expires_at))
    tell(f"[{name}] in {shown(config.credentials_path)} is {plan.profile} until {until}")


def _save_process(request: Request, name: str, *, force: bool) -> None:
    plan, config = plan_for(Request(profile=request.profile)), load()
    if request != Request(profile=request.profile):
        raise UsageError(
            "--as-process takes no options of the session",
            "write them into the profile in the AWS config",
        )
    profile = plan.profile
    if name in (profile, plan.root.profile):
        raise UsageError(
            f"profile {name!r} would get its credentials from itself", "choose another name"
        )
    _check_process_name(name, config, force=force)
    values: dict[str, str | None] = {"credential_process": process_line(profile)}
    there = config.profiles.get(name)
    if plan.region and not (there and there.get("region")):
        values["region"] = plan.region
    edit_profile(config, name, values)
    tell(f"profile {name!r} in {shown(config.config_path)} gets its credentials from awsenv")
    _warn_of_path()


def _check_process_name(name: str, config: Config, *, force: bool) -> None:
    profile = config.profiles.get(name)
    if profile is None:
        return
    for key in (*saved_sections.STRONGER, "aws_access_key_id"):
        if profile.get(key):
            raise ConfigError(
                f"profile {name!r} has {key} ({profile.at(key)}), so AWS tools would ignore a "
                "credential_process there",
                "choose another name",
            )
    process = profile.get("credential_process") or ""
    if process and not process.startswith(" ".join(PROCESS)) and not force:
        raise ConfigError(
            f"profile {name!r} has a credential_process already "
            f"({profile.at('credential_process')})",
            "choose another name, or pass --force",
        )


def _warn_of_path() -> None:
    import shutil

    if shutil.which(PROCESS[0]) is None:
        tell("awsenv is not on the PATH here, and tools that use this profile need it there")
