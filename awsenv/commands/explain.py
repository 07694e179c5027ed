"""`awsenv explain`: the plan, step by step, without running it."""

import sys
import time

from awsenv.parameters.request_options import takes_request
from awsenv.plan.plan import Plan
from awsenv.plan.request import Request
from awsenv.sessions import store
from awsenv.sessions.from_request import plan_for
from awsenv.sessions.session_record import refused_at
from awsenv.storage import record_format
from awsenv.values.durations import format_duration
from awsenv.values.steps import AssumeRole, FromSource, GetSessionToken, Step
from awsenv.values.text import visible


@takes_request
def command(request: Request) -> None:
    """Show what would be asked of AWS, for how long and why; runs nothing."""
    lines = _lines(plan_for(request))
    sys.stdout.write("".join(f"{visible(line, 500)}\n" for line in lines))


def _lines(plan: Plan) -> list[str]:
    lines = [f"{plan.profile}"]
    where = f" ({plan.root.where})" if plan.root.where else ""
    lines.append(f"  from  {plan.root.description}{where}")
    for number, (step, key) in enumerate(zip(plan.steps, store.step_keys(plan), strict=True), 1):
        lines.extend(f"  {line}" for line in _step_lines(number, step, key))
    if not plan.steps:
        lines.append("  these credentials as they are: there is neither an MFA device nor a role")
    lines.append(f"  region  {plan.region or 'none set by the profile'}")
    lines.append(f"  STS  {plan.endpoint or plan.sts_region}")
    lines.extend(f"  note: {note}" for note in plan.notes)
    return lines


def _step_lines(number: int, step: Step, key: str) -> list[str]:
    if isinstance(step, FromSource):
        return [f"{number}  its credentials, as long as they last", *_saves(step), _cached(key)]
    if isinstance(step, GetSessionToken):
        lines = [f"{number}  GetSessionToken for {format_duration(step.duration)}"]
    else:
        lines = [f"{number}  AssumeRole {step.role_arn} for {format_duration(step.duration)}"]
    lines.append(f"     duration: {step.why}")
    if refused_at(store.load(key) or {}, step):
        lines.append("     1h00m will be asked for: the role refused a longer session lately")
    if step.serial:
        lines.append(f"     MFA code of {step.serial}")
    if isinstance(step, AssumeRole):
        lines += _role_options(step)
    return [*lines, *_saves(step), _cached(key)]


def _role_options(step: AssumeRole) -> list[str]:
    told = {
        "external ID": step.external_id,
        "session name": step.session_name,
        "tags": ", ".join(step.tags),
        "transitive tags": ", ".join(step.transitive_tags),
        "source identity": step.source_identity,
        "session policies": ", ".join(step.policy_arns),
    }
    return [f"     {name}: {value}" for name, value in told.items() if value]


def _saves(step: Step) -> list[str]:
    names = ", ".join(f"[{name}]" for name in step.saves)
    return [f"     saved as: {names}"] if names else []


def _cached(key: str) -> str:
    left = record_format.seconds_left(store.load(key) or {}, time.time())
    return f"     cached: {f'yes, {format_duration(left)} left' if left else 'no'}"
