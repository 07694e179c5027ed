"""`awsenv rotate`: a new access key in the place of the old one."""

import os

from awsenv.config import load
from awsenv.config.kept_keys import kept_id
from awsenv.errors import AwsenvError, CancelledError, RefusedError, UsageError
from awsenv.parameters.declared import flag, value
from awsenv.parameters.request_options import PROFILE
from awsenv.plan.plan import Plan, mfa_part, root_plan
from awsenv.plan.request import Request
from awsenv.plan.settings import Settings
from awsenv.rotation.rotation import Means, Rotation
from awsenv.sessions.from_request import flow_for, plan_for, tell
from awsenv.terminal.opening import open_terminal
from awsenv.values.credentials import Credentials
from awsenv.values.durations import parse_duration


def command(
    *,
    profile: str | None = PROFILE,
    delete_key: str | None = value(
        "--delete-key", "KEY_ID", "Delete the user's second key to make room."
    ),
    mfa_serial: str | None = value("--mfa-serial", "SERIAL", "Use this MFA device."),
    mfa_code: str | None = value("--mfa-code", "CODE", "The MFA code, instead of asking."),
    yes: bool = flag("--yes", "Do not ask before the old key is deleted."),
    wait: str = value("--wait", "TIME", "How long AWS may take to know the new key.", "2m"),
) -> None:
    """Replace the access key of a profile's IAM user, in your files or in the keychain."""
    request = Request(profile=profile, mfa_serial=mfa_serial, mfa_code=mfa_code)
    settings = Settings.read()
    plan = root_plan(request, load(), settings, os.environ)
    if plan.root.source not in ("keys", "keychain") or plan.root.temporary:
        raise UsageError(
            f"{plan.root.description} are not an access key in the AWS files or the keychain",
            "name the profile that holds an IAM user's own keys",
        )

    if not yes:
        _confirm(plan)

    def mfa_session() -> Credentials:
        try:
            part = mfa_part(plan_for(request))
        except UsageError as error:
            raise RefusedError(
                "AWS denies this to the keys alone, and no MFA device is known",
                f"if the policy wants MFA: awsenv setup {plan.profile}",
            ) from error
        return flow_for(part).run().credentials

    means = Means(
        plan,
        os.environ,
        settings.deadline,
        tell,
        mfa_session,
        _may_delete,
        delete_key,
        parse_duration(wait, "--wait"),
    )
    rotation = Rotation(means)
    try:
        rotation.run()
    except AwsenvError as error:
        error.hint = "; ".join(filter(None, [error.hint, _so_far(rotation)]))
        raise
    except KeyboardInterrupt:
        raise CancelledError("cancelled", _so_far(rotation)) from None


def _confirm(plan: Plan) -> None:
    """Ask at a terminal, if there is one, before anything is done."""
    terminal = open_terminal()
    if terminal is None:
        return
    profile = load().profile(plan.root.profile or "")
    key_id, place = profile.get("aws_access_key_id"), "your AWS files"
    if not key_id:
        key_id, place = kept_id(profile), "the keychain"
    with terminal:
        terminal.say(
            f"awsenv: {key_id} will be replaced by a new key in {place}, and deleted;"
            " copies of it elsewhere (other machines, CI) stop working"
        )
        if terminal.ask("go on? [y/N] ").strip().lower() not in ("y", "yes"):
            raise CancelledError("nothing was changed")


def _so_far(rotation: Rotation) -> str:
    return f"so far: {rotation.state}; run it again to finish"


def _may_delete(question: str) -> bool | None:
    """Ask whether a second key may be deleted; None if there is nobody to ask."""
    terminal = open_terminal()
    if terminal is None:
        return None
    with terminal:
        terminal.say(f"awsenv: {question}")
        return terminal.ask("delete it for good? [y/N] ").strip().lower() in ("y", "yes")
