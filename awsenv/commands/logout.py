"""`awsenv logout`: forget sessions, and remove the profiles they were saved as."""

import os

from awsenv.config import load, shown
from awsenv.environment.change import put_still_holds
from awsenv.errors import ConfigError, UsageError
from awsenv.parameters.declared import flag
from awsenv.parameters.request_options import PROFILE
from awsenv.plan.identity import source_identity
from awsenv.plan.plan import Plan
from awsenv.plan.request import Request
from awsenv.saved import sections
from awsenv.sessions import store
from awsenv.sessions.from_request import plan_for, tell


def command(
    *,
    profile: str | None = PROFILE,
    everything: bool = flag("--all", "Delete every cached session of every profile."),
) -> None:
    """Delete the cached MFA session of a profile's user, and every role session from it."""
    if everything and profile:
        raise UsageError("--all and a profile exclude each other", "leave one of them out")
    plan = None if everything else plan_for(Request(profile=profile))
    removed = _remove_saved(plan)
    count = store.forget_all() if plan is None else _forget(plan)
    told = [f"deleted {count} cached session{'' if count == 1 else 's'}"] if count else []
    if removed:
        file = shown(load().credentials_path)
        told.append(f"removed {', '.join(f'[{name}]' for name in removed)} from {file}")
    tell("; ".join(told) or "there was no cached session")
    if put_still_holds(os.environ):
        tell("this shell still has its session: awsenv unset takes it out")


def _forget(plan: Plan) -> int:
    """Delete what was obtained with the same credentials as `plan`'s session."""
    keys, records = store.step_keys(plan), store.records()
    sources = {source_identity(plan.root.identity, plan.endpoint)}

    def found() -> list[str]:
        return [
            key
            for key, values in records.items()
            if key in keys or values.get("SOURCE_IDENTITY") in sources
        ]

    # A credential_process that calls awsenv has given the same keys to another profile.
    given = {records[key]["AWS_ACCESS_KEY_ID"] for key in found()}
    sources |= {
        values.get("SOURCE_IDENTITY", "")
        for values in records.values()
        if values["AWS_ACCESS_KEY_ID"] in given
    } - {""}
    for key in found():
        store.forget(key)
    return len(found())


def _remove_saved(plan: Plan | None) -> list[str]:
    """Remove the saved sessions that come from the same credentials as `plan`'s, or all."""
    config = load()
    names = sections.names(config)
    if plan is not None:
        names = [name for name in names if _source(name) == plan.root.identity]
    return [name for name in names if sections.remove(name, config)]


def _source(name: str) -> str | None:
    try:
        return plan_for(Request(profile=name)).root.identity
    except (ConfigError, UsageError):
        # A profile that has been broken since: `logout --all` removes it.
        return None
