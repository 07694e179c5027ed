"""`awsenv console`: the AWS console in the browser, signed in as a role."""

from __future__ import annotations

import os
import sys

from awsenv.aws.deadline import Deadline
from awsenv.config import Config, load, marks
from awsenv.console import federation
from awsenv.console.destination import of_service, of_text
from awsenv.environment.change import put_still_holds
from awsenv.errors import CredentialsError, UsageError
from awsenv.lean.dataclasses import replace
from awsenv.listing import usage_counts
from awsenv.parameters.declared import flag, value
from awsenv.parameters.request_options import takes_request
from awsenv.plan.account import account_of
from awsenv.plan.chain import walk
from awsenv.plan.request import Request
from awsenv.plan.settings import Settings
from awsenv.sessions import store
from awsenv.sessions.changed import changed_since
from awsenv.sessions.from_request import flow_for, plan_for, tell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.console.browser import Wish
    from awsenv.plan.plan import Plan


@takes_request
def command(
    request: Request,
    *,
    service: str | None = value("--service", "SERVICE", "Open this service, such as ec2."),
    destination: str | None = value(
        "--destination", "PLACE", "Open this place: s3/buckets/NAME, or an address."
    ),
    logout: bool = flag("--logout", "End the browser's console session first."),
    url_only: bool = flag("--url-only", "Print the address instead of opening it."),
) -> None:
    """Open the AWS console in the browser as PROFILE, or as this shell's session."""
    env = dict(os.environ)
    if service and destination:
        raise UsageError("--service and --destination exclude each other", "leave one of them out")
    place = of_text(destination) if destination else of_service(service)
    if env.get("AWSENV_DEMO"):
        raise UsageError("the demo has no console to open", "try it with an AWS account of yours")
    config = load(env)
    named = bool(request.options())
    plan = plan_for(request, env, config) if named else _of_shell(request, env, config)
    federation.check(plan)
    wish = _wish(plan, config, env)
    session = flow_for(plan, env).run()
    deadline = Deadline(Settings.read(env).deadline)
    url = federation.sign_in_url(session, place, config, env, deadline, logout=logout)
    usage_counts.note(plan.profile)
    if url_only:
        sys.stdout.write(f"{url}\n")
        return
    from awsenv.console.browser import open_privately

    account = account_of(plan, config)
    tell(f"opening the console as {plan.profile}" + (f" in {account}" if account else ""))
    open_privately(url, wish, env)


def _wish(plan: Plan, config: Config, env: dict[str, str]) -> Wish:
    """The browser for the plan's profile: what it says itself, or one that it starts from."""
    from awsenv.console.browser import Wish

    chain = walk(plan.request, config, env)
    named = chain.first("awsenv_console_browser")
    color = marks.color(chain.top)
    if named:
        key = "awsenv_console_browser"
        return Wish(named.get(key), named.at(key), plan.profile, color)
    variable = "AWSENV_CONSOLE_BROWSER"
    return Wish(env.get(variable) or None, variable, plan.profile, color)


def _of_shell(request: Request, env: dict[str, str], config: Config) -> Plan:
    """The plan of the session that this shell has, if it has one; else that of `request`.

    Raises CredentialsError if the config has been edited since, so that it is another one now.
    """
    values = store.load_if_key(env.get("AWSENV_SESSION", "")) if put_still_holds(env) else None
    if not values:
        return plan_for(request, env, config)
    same = replace(
        Request.from_options(values),
        region=request.region,
        mfa_code=request.mfa_code,
        refresh=request.refresh,
        min_left=request.min_left,
    )
    plan = plan_for(same, env, config)
    changed = changed_since(plan, values)
    if changed:
        raise CredentialsError(
            f"{changed} as in this shell",
            f"run awsenv assume {plan.profile} to switch to it, or name it here",
        )
    return plan
