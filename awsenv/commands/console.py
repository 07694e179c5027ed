"""`awsenv console`: the AWS console in the browser, signed in as a role."""

from __future__ import annotations

import os
import sys

from awsenv.aws.deadline import Deadline
from awsenv.config import load
from awsenv.console import federation
from awsenv.environment.change import put_still_holds
from awsenv.errors import UsageError
from awsenv.lean.dataclasses import replace
from awsenv.listing import usage_counts
from awsenv.parameters.declared import flag, value
from awsenv.parameters.request_options import takes_request
from awsenv.plan.request import Request
from awsenv.plan.settings import Settings
from awsenv.sessions import store
from awsenv.sessions.from_request import flow_for, plan_for, tell


@takes_request
def command(
    request: Request,
    *,
    service: str | None = value("--service", "SERVICE", "Open this service, such as ec2."),
    print_: bool = flag("--print", "Print the address instead of opening it."),
) -> None:
    """Open the AWS console in the browser as PROFILE, or as this shell's session."""
    env = dict(os.environ)
    path = federation.path_of(service)
    if env.get("AWSENV_DEMO"):
        raise UsageError("the demo has no console to open", "try it with an AWS account of yours")
    plan = plan_for(request if request.options() else _of_shell(request, env), env)
    federation.check(plan)
    session = flow_for(plan, env).run()
    deadline = Deadline(Settings.read(env).deadline)
    url = federation.sign_in_url(session, path, load(env), env, deadline)
    usage_counts.note(plan.profile)
    if print_:
        sys.stdout.write(f"{url}\n")
        return
    from awsenv.console.browser import open_privately

    tell(f"opening the console as {plan.profile}")
    open_privately(url)


def _of_shell(request: Request, env: dict[str, str]) -> Request:
    """`request` for the session that this shell has, if it has one."""
    values = store.load_if_key(env.get("AWSENV_SESSION", "")) if put_still_holds(env) else None
    if not values:
        return request
    return replace(
        Request.from_options(values),
        region=request.region,
        mfa_code=request.mfa_code,
        refresh=request.refresh,
        min_left=request.min_left,
    )
