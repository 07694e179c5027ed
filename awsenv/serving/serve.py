"""`awsenv exec --server`: an endpoint, a command that is led to it, and sessions for both."""

from __future__ import annotations

import os

from awsenv.config import load
from awsenv.errors import UsageError
from awsenv.fast.answer import RENEW_BELOW
from awsenv.lean.dataclasses import replace
from awsenv.serving.command import Command, end_like
from awsenv.serving.container_endpoint import Endpoint
from awsenv.serving.renewing import Keeper, Renewal
from awsenv.serving.surroundings import config_copy, variables
from awsenv.sessions.from_request import flow_for, tell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.plan.plan import Plan
    from awsenv.sessions.acquiring import Flow
    from awsenv.values.credentials import Session


def serve(plan: Plan, words: list[str]) -> int:
    """Run `words` with `plan`'s session, renewed as long as they run; the exit code.

    Raises AwsenvError.
    """
    if not plan.steps:
        raise _nothing_to_renew(plan)
    env = dict(os.environ)
    config = load(env)
    first = flow_for(plan, env, config).run()
    if first.expires_at is None:
        raise _nothing_to_renew(plan)
    # A code serves once, and a new session is wanted only where the old one ends.
    later = replace(plan, request=replace(plan.request, mfa_code=None, refresh=False))

    # Each run with a time limit on the network of its own.
    def quiet() -> Flow:
        return flow_for(later, env, config, may_ask=False, renew_below=RENEW_BELOW)

    def ask() -> Session:
        return command.asking(flow_for(later, env, config).run)

    keeper = Keeper(first, Renewal(quiet, ask, tell))
    with (
        Endpoint(keeper.session) as endpoint,
        config_copy(config, plan.request.profile, first.region, tell) as (path, profile),
        Command(words, variables(env, first, endpoint, path, profile)) as command,
    ):
        code = command.run(keeper)
    return end_like(code)


def _nothing_to_renew(plan: Plan) -> UsageError:
    return UsageError(
        f"{plan.root.description} do not expire, so there is nothing for a server to renew",
        "leave --server out, or set mfa_serial or role_arn in the profile",
    )
