"""`awsenv prompt`: the prompt's segment, for what has no hook: tmux, status bars, other shells."""

from __future__ import annotations

import os
import sys
import time

from awsenv.environment.change import is_profile_mode, overruled_by, put_still_holds
from awsenv.parameters.declared import argument, value
from awsenv.values.durations import format_duration
from awsenv.values.notation import whole_number
from awsenv.values.text import visible


def command(
    *,
    profile: str | None = argument("[PROFILE]", "A profile; without one, this shell's."),
    format_: str = value(
        "--format", "TEXT", "The text, with {profile}, {account} and {left}.", "{profile} {left}"
    ),
) -> None:
    """Print a session's profile and time left, or nothing where there is none."""
    name, expires, key = _of_profile(profile) if profile else _of_shell()
    if not name:
        return
    left = ""
    if expires is not None:
        seconds = expires - int(time.time())
        left = format_duration(seconds) if seconds > 0 else "expired"
    account = _account(key) if "{account}" in format_ else ""
    head, found, tail = format_.replace("{account}", account).partition("{left}")
    text = head + (left if found else "") + tail
    head, found, tail = text.partition("{profile}")
    shown = head + (visible(name, 60) if found else "") + tail
    sys.stdout.write(f"{shown.strip()}\n")


def _account(key: str) -> str:
    from awsenv.storage import account_names

    return account_names.left(key)


def _of_shell() -> tuple[str | None, int | None, str]:
    name = os.environ.get("AWSENV_PROFILE") if put_still_holds(os.environ) else None
    expires = whole_number(os.environ.get("AWSENV_EXPIRES_AT"))
    if expires and is_profile_mode(os.environ):
        from awsenv.sessions import store

        # An exported profile stands for a session that is gone after a logout.
        if not store.load_if_key(os.environ.get("AWSENV_SESSION", "")):
            expires = 0
    other = overruled_by(os.environ)
    key = os.environ.get("AWSENV_SESSION", "") if name else ""
    return f"{name} ({other})" if name and other else name, expires, key


def _of_profile(profile: str) -> tuple[str | None, int | None, str]:
    from awsenv.fast.answer import live_session

    # Status bars ask every few seconds, and the config may have thousands of profiles.
    if session := live_session(profile):
        return profile, session.expires_at, session.key
    from awsenv.plan.request import Request
    from awsenv.sessions import store
    from awsenv.sessions.from_request import plan_for

    keys = store.step_keys(plan_for(Request(profile=profile)))
    values = store.load(keys[-1]) if keys else None
    return (profile, int(values["EXPIRES_AT"]), keys[-1]) if values else (None, None, "")
