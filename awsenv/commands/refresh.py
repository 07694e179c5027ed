"""`awsenv refresh`: renew the session of this shell, as the hooks do before a command."""

from __future__ import annotations

import os
import time

from awsenv.config import load
from awsenv.config.saved_sections import asked_with
from awsenv.environment.change import EnvChange, is_profile_mode, put_still_holds, refresh_change
from awsenv.errors import AwsenvError, CancelledError, CredentialsError
from awsenv.lean.dataclasses import replace
from awsenv.mfa import EmptyCode
from awsenv.parameters.declared import flag, value
from awsenv.parameters.output_options import SHELL, renderer
from awsenv.plan.request import Request
from awsenv.plan.settings import Settings
from awsenv.saved.profile_mode import choose
from awsenv.sessions import store
from awsenv.sessions.changed import changed_since
from awsenv.sessions.from_request import flow_for, plan_for, tell
from awsenv.sessions.summary import summary
from awsenv.terminal.opening import open_terminal
from awsenv.values.durations import format_duration, parse_duration
from awsenv.values.notation import whole_number
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awsenv.plan.plan import Plan

# Set by the hooks where a line is about to run.
_BEFORE_LINE = "AWSENV_BEFORE_LINE"
_KEYS = "awsenv: Enter: leave the session as it is; Ctrl-C: cancel"


def command(
    *,
    shell: str | None = SHELL,
    force: bool = flag("--force", "Get a new session even while this one is live."),
    if_below: int | None = value(
        "--if-below",
        "TIME",
        "Renew only if less than this is left, and then for longer than this.",
        parse=lambda text: parse_duration(text, "--if-below"),
    ),
) -> None:
    """Print statements that renew this shell's session: keys and expiry, never a region."""
    emit = renderer(["awsenv", "refresh"], shell=shell)
    env = dict(os.environ)
    before_line = env.get(_BEFORE_LINE) == "1"
    try:
        if if_below is not None and _left(env) > if_below:
            emit(EnvChange({}))
            return
        note = _keys_before_line(env) if before_line else _KEYS
        _renew(emit, env, note, force=force, min_left=if_below)
    except AwsenvError as error:
        if before_line:
            error.message += "; nothing of the line was run"
        raise


def _left(env: Mapping[str, str]) -> int:
    """How many seconds the session of this shell still lasts, as far as the shell knows."""
    if not put_still_holds(env):
        return 0
    return (whole_number(env.get("AWSENV_EXPIRES_AT")) or 0) - int(time.time())


def _renew(
    emit: Callable[[EnvChange], None],
    env: Mapping[str, str],
    note: str,
    *,
    force: bool,
    min_left: int | None,
) -> None:
    if not put_still_holds(env) or not env.get("AWSENV_PROFILE"):
        raise CredentialsError(
            "this shell has no awsenv session to renew",
            "get one with: awsenv assume PROFILE",
        )
    values = store.load_if_key(env.get("AWSENV_SESSION", "")) or {}
    plan = plan_for(replace(_request(env, values), refresh=force, min_left=min_left), env)
    export = choose(plan, load(env)) if is_profile_mode(env) else None
    plan = export.plan if export else plan
    _confirm_if_changed(plan, values)
    try:
        lead = Settings.read(env).lead
        session = flow_for(plan, env, for_hook=True, note=note, lead=lead).run()
    except EmptyCode:
        emit(EnvChange({}))
        return
    if export:
        export.save(session, load(env))
    if session.credentials.access_key_id == env.get("AWS_ACCESS_KEY_ID"):
        tell(f"{summary(session)}: nothing to renew yet; --force gets a new session")
    session = replace(session, profile=env["AWSENV_PROFILE"])
    emit(refresh_change(session, env, export.name if export else ""))


def _keys_before_line(env: Mapping[str, str]) -> str:
    """What the keys do at the question, where a hook asks it before a line runs."""
    end = whole_number(env.get("AWSENV_EXPIRES_AT", ""))
    left = end - int(time.time()) if end is not None else 0
    state = f"expires in {format_duration(left)}" if left > 0 else "has expired"
    profile = visible(env.get("AWSENV_PROFILE", ""), 60)
    return (
        f"awsenv: {profile} {state}. Enter: run the line without renewing it;"
        " Ctrl-C: do not run the line"
    )


def _request(env: Mapping[str, str], values: Mapping[str, str]) -> Request:
    """The request of the original assume, or the profile by its name where that is lost."""
    if not values:
        return Request(profile=env["AWSENV_PROFILE"])
    request = Request.from_options(values)
    name = env["AWSENV_PROFILE"]
    if asked_with(name, load(env)):
        return Request(profile=name)
    # Two profiles can share a session: the one named in this shell is the one to renew.
    if request.profile and name in load(env).profiles:
        return replace(request, profile=name)
    return request


def _confirm_if_changed(plan: Plan, values: Mapping[str, str]) -> None:
    """Ask before the shell gets another identity because the config was edited in the meantime."""
    changed = changed_since(plan, values)
    if not changed:
        return
    terminal = open_terminal(from_hook=True)
    if terminal is None:
        raise CredentialsError(
            f"{changed} as in this shell", f"run awsenv assume {plan.profile} to switch to it"
        )
    with terminal:
        if terminal.ask(f"{changed} as in this shell. Go on? [y/N] ").strip().lower() not in (
            "y",
            "yes",
        ):
            raise CancelledError
