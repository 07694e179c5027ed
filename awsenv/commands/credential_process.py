"""`awsenv credential-process`: what `credential_process =` in ~/.aws/config wants.

Format: "Sourcing credentials with an external process" in the AWS SDKs and Tools guide.
"""

import json
import os
import sys

from awsenv.config import Config, load
from awsenv.errors import ConfigError, CredentialsError, ProgramError
from awsenv.fast import answer, note
from awsenv.parameters.request_options import takes_request
from awsenv.plan.plan import Plan
from awsenv.plan.request import Request
from awsenv.sessions.from_request import flow_for, plan_for
from awsenv.sources.external_process import WITHIN
from awsenv.values.credentials import Session
from awsenv.values.notation import iso_utc


@takes_request
def command(request: Request) -> None:
    """Print a role's credentials as JSON, for credential_process in ~/.aws/config."""
    config = load()
    plan = plan_for(request, config=config)
    if plan.root.source == "process" and plan.root.profile in _callers():
        raise ConfigError(
            f"profile {plan.root.profile!r} gets its credentials from itself: its "
            f"credential_process calls awsenv for the same profile ({plan.root.where})",
            "let it name another profile, one with a role or keys of its own",
        )
    session = _session(plan, config)
    note.leave(plan, session, config, os.environ)
    printed: dict[str, object] = {
        "Version": 1,
        "AccessKeyId": session.credentials.access_key_id,
        "SecretAccessKey": session.credentials.secret_access_key,
    }
    if session.credentials.session_token:
        printed["SessionToken"] = session.credentials.session_token
    if session.expires_at is not None:
        printed["Expiration"] = iso_utc(session.expires_at)
    if session.account:
        printed["AccountId"] = session.account
    sys.stdout.write(f"{json.dumps(printed)}\n")


def _callers() -> list[str]:
    return os.environ.get(WITHIN, "").split("\n")


def _session(plan: Plan, config: Config) -> Session:
    """A session with time enough left if that takes no code, else any live one, else a new one."""
    flow = flow_for(plan, config=config)
    try:
        return flow_for(plan, config=config, may_ask=False, renew_below=answer.RENEW_BELOW).run()
    except ProgramError:
        # A second attempt would fail the same way, or ask for the same thing again.
        session = flow.cached()
        if session is None:
            raise
        return session
    except CredentialsError:
        return flow.cached() or flow.run()
