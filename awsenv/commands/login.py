"""`awsenv login`: the day's MFA code, given now."""

import time

from awsenv.parameters.request_options import takes_request
from awsenv.plan.plan import mfa_part
from awsenv.plan.request import Request
from awsenv.sessions.from_request import flow_for, plan_for, tell
from awsenv.values.durations import format_duration


@takes_request
def command(request: Request) -> None:
    """Get the MFA session that serves every role, and say until when it lasts."""
    plan = plan_for(request)
    part = mfa_part(plan)
    session = flow_for(part).run()
    assert session.expires_at is not None
    left = format_duration(session.expires_at - int(time.time()))
    until = time.strftime("%a %H:%M", time.localtime(session.expires_at))
    tell(f"logged in with {plan.root.description} until {until} ({left})")
    if len(plan.steps) > len(part.steps) and plan.steps[-1].saves:
        # The profile's role is kept saved under a name, which every login renews.
        flow_for(plan).run()
