"""What the commands share: from a request to its plan and its session."""

from __future__ import annotations

import os
import sys

from awsenv.aws.deadline import Deadline
from awsenv.config import Config, load
from awsenv.plan.plan import Plan, make_plan
from awsenv.plan.settings import Settings
from awsenv.sources.root import Context
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsenv.plan.request import Request
    from awsenv.sessions.acquiring import Flow


def tell(line: str) -> None:
    """Tell the user something; never on stdout, which may be evaluated."""
    sys.stderr.write(f"awsenv: {visible(line, 1000)}\n")
    sys.stderr.flush()


def plan_for(
    request: Request, env: Mapping[str, str] = os.environ, config: Config | None = None
) -> Plan:
    """The plan for `request`, by the settings in `env` and by `config` or the files that `env`
    names.
    """
    return make_plan(request, config or load(env), Settings.read(env), env)


def flow_for(
    plan: Plan,
    env: Mapping[str, str] = os.environ,
    config: Config | None = None,
    *,
    may_ask: bool = True,
    for_hook: bool = False,
    note: str = "",
    lead: int = 0,
    renew_below: int = 0,
) -> Flow:
    """The run through `plan`, in the manner that the arguments say (`acquiring.Manner`)."""
    from awsenv.sessions.acquiring import Flow, Manner

    settings = Settings.read(env)
    manner = Manner(
        tell=tell,
        may_ask=may_ask,
        allow_empty=for_hook,
        note=note,
        from_hook=for_hook,
        lead=lead,
        renew_below=renew_below,
        mfa_process_timeout=settings.mfa_process_timeout,
    )
    return Flow(plan, Context(config or load(env), dict(env), Deadline(settings.deadline)), manner)
