"""`awsenv status`: the current session and how long it lasts, without the network."""

from __future__ import annotations

import os
import sys
import time

from awsenv.aws.arn import account_in
from awsenv.environment.change import is_profile_mode, overruled_by, put_still_holds
from awsenv.parameters.declared import argument, flag
from awsenv.sessions import store
from awsenv.sessions.session_record import KINDS
from awsenv.storage import record_format
from awsenv.values.durations import format_duration
from awsenv.values.notation import whole_number
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from awsenv.plan.plan import Plan

# After a logout, above all.
_ONLY_HERE = "it is no longer cached: only this shell has it, until `awsenv unset`"
# No session, or an expired one: the exit code of "no usable credentials".
_NONE = 4


def command(
    *,
    profile: str | None = argument("[PROFILE]", "A profile; without one, this shell's session."),
    as_json: bool = flag("--json", "As JSON."),
) -> int:
    """Tell the profile, account, role, time left and source of a session."""
    facts = _of_profile(profile) if profile else _of_shell()
    if as_json:
        import json

        sys.stdout.write(f"{json.dumps(facts)}\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in _lines(facts, profile)))
    return 0 if facts["seconds_left"] != 0 and facts["profile"] else _NONE


def _of_shell() -> dict[str, Any]:
    env = os.environ
    if not put_still_holds(env):
        return _facts(None, {}, None)
    expires = env.get("AWSENV_EXPIRES_AT", "")
    values = store.load_if_key(env.get("AWSENV_SESSION", "")) or {}
    if expires and is_profile_mode(env) and _is_gone(env, values):
        expires = "0"
    facts = _facts(
        env.get("AWSENV_PROFILE"),
        values or _as_planned(env),
        # A value that is not a time counts as expired.
        (whole_number(expires, 10) or 0) if expires else None,
    )
    is_cached = bool(values) if env.get("AWSENV_SESSION") else None
    return facts | {"overruled_by": overruled_by(env), "is_cached": is_cached}


def _as_planned(env: Mapping[str, str]) -> dict[str, str]:
    """What the config says of this shell's session, if it still stands for the very same one."""
    from awsenv.errors import AwsenvError
    from awsenv.plan.request import Request
    from awsenv.sessions.from_request import plan_for

    try:
        plan = plan_for(Request(profile=env.get("AWSENV_PROFILE")))
        is_same = store.step_keys(plan)[-1:] == [env.get("AWSENV_SESSION")]
    except AwsenvError:
        return {}
    return _of_plan(plan) if is_same else {}


def _is_gone(env: Mapping[str, str], values: Mapping[str, str]) -> bool:
    """Whether the exported profile no longer stands for this shell's session, whose record has
    `values`: after a logout, or because another session has been put there.
    """
    if not values:
        return True
    from awsenv.config import load
    from awsenv.config.saved_sections import still_stands_for

    return not still_stands_for(env["AWS_PROFILE"], values.get("IDENTITY"), load(env))


def _of_profile(profile: str) -> dict[str, Any]:
    from awsenv.plan.request import Request
    from awsenv.sessions.from_request import plan_for

    plan = plan_for(Request(profile=profile))
    if not plan.steps:
        return _facts(plan.profile, {"SOURCE": plan.root.description}, None)
    values = store.load(store.step_keys(plan)[-1]) or {}
    expires = record_format.seconds_left(values) + int(time.time()) if values else 0
    return _facts(plan.profile, {**_of_plan(plan), **values}, expires)


def _of_plan(plan: Plan) -> dict[str, str]:
    """What a record of its last session would say."""
    step = plan.steps[-1]
    return {
        "SOURCE": plan.root.description,
        "ROLE_ARN": step.role_arn or "",
        "KIND": KINDS[type(step)],
        "SERIAL": step.serial or "",
    }


def _facts(profile: str | None, values: dict[str, str], expires_at: int | None) -> dict[str, Any]:
    arn = values.get("ROLE_ARN") or values.get("SERIAL") or ""
    left = None if expires_at is None else max(0, expires_at - int(time.time()))
    return {
        "profile": profile,
        "account": values.get("ACCOUNT") or account_in(arn),
        "role_arn": values.get("ROLE_ARN") or None,
        "identity_arn": values.get("IDENTITY_ARN") or None,
        "kind": values.get("KIND") or None,
        "source": values.get("SOURCE") or None,
        "expires_at": expires_at or None,
        "seconds_left": left,
    }


def _served(env: Mapping[str, str]) -> str | None:
    """The profile with whose credentials this shell is served, if it runs in a served command."""
    if not env.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"):
        return None
    from awsenv.serving.surroundings import NAME

    return env.get("AWSENV_PROFILE") if env.get("AWS_PROFILE") == NAME else None


def _lines(facts: dict[str, Any], asked: str | None) -> list[str]:
    if not facts["profile"]:
        served = None if asked else _served(os.environ)
        if served:
            return [f"this shell has {visible(served)} from awsenv exec --server, which renews it"]
        return ["this shell has no awsenv session"]
    left = facts["seconds_left"]
    if left is None:
        state = "does not expire"
    elif left:
        clock = time.strftime("%a %H:%M", time.localtime(facts["expires_at"]))
        state = f"{format_duration(left)} (until {clock})"
    else:
        state = "no live session" if asked else "expired"
    other = facts.get("overruled_by")
    rows = [
        ("profile", facts["profile"]),
        ("account", facts["account"]),
        ("role", facts["role_arn"]),
        ("time left", state),
        ("source", facts["source"]),
        ("but", other and f"{other} is set: the JavaScript SDK, the CDK and others use that"),
        ("but", left and facts.get("is_cached") is False and _ONLY_HERE),
    ]
    return [f"{name:<10} {visible(str(value))}" for name, value in rows if value]
