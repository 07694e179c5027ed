"""`awsenv whoami`: ask STS who the credentials belong to."""

import os
import sys

from awsenv.environment.change import CREDENTIALS, put_still_holds
from awsenv.errors import AwsenvError, RefusedError
from awsenv.parameters.declared import flag
from awsenv.parameters.request_options import takes_request
from awsenv.plan.plan import Plan
from awsenv.plan.request import Request
from awsenv.sessions.from_request import flow_for, plan_for
from awsenv.storage import account_names
from awsenv.values.credentials import Credentials
from awsenv.values.text import visible

# How long to wait for what is only nice to know.
_SECONDS = 5


@takes_request
def command(
    request: Request,
    *,
    as_json: bool = flag("--json", "As JSON."),
) -> None:
    """Ask STS who this shell is, or who PROFILE is."""
    from awsenv.aws.deadline import Deadline
    from awsenv.aws.sts import Sts
    from awsenv.plan.settings import Settings

    if request.options() or not os.environ.get(CREDENTIALS[0]):
        plan = plan_for(request)
        credentials = flow_for(plan).run().credentials
    else:
        plan, credentials = _of_shell(request.region)
    sts = Sts(plan.connection, Deadline(Settings.read(os.environ).deadline))
    try:
        answer = sts.caller_identity(credentials)
    except RefusedError as error:
        if error.code == "ExpiredToken" and put_still_holds(os.environ):
            error.hint = "awsenv refresh renews this shell's session"
        raise
    alias = account_names.recent(answer["Account"]) or _learned(
        plan, credentials, answer["Account"]
    )
    if alias:
        answer["AccountAlias"] = alias
    if as_json:
        import json

        sys.stdout.write(f"{json.dumps(answer)}\n")
        return
    for name, value in answer.items():
        title = "alias" if name == "AccountAlias" else name.lower()
        sys.stdout.write(f"{title:<8} {visible(value)}\n")


def _learned(plan: Plan, credentials: Credentials, account: str) -> str | None:
    """What `account` is called, where IAM lets these credentials know."""
    from awsenv.aws.iam import Iam

    try:
        alias = Iam(plan.connection, _SECONDS).account_alias(credentials)
    except AwsenvError:
        # Most policies do not allow it, and the identity is known without it.
        return None
    if alias:
        account_names.remember(account, alias)
    return alias


def _of_shell(region: str | None) -> tuple[Plan, Credentials]:
    """The credentials in the environment, wherever they come from."""
    env = os.environ
    # Only what awsenv has not put there counts as an environment's own keys: hide the marks.
    bare = {name: value for name, value in env.items() if not name.startswith("AWSENV_PUT")}
    plan = plan_for(Request(from_env=True, region=region), bare)
    token = env.get("AWS_SECURITY_TOKEN") or env.get("AWS_SESSION_TOKEN")
    return plan, Credentials(env[CREDENTIALS[0]], env.get(CREDENTIALS[1], ""), token)
