"""`awsenv assume`: statements that make the shell a role or an MFA session."""

from __future__ import annotations

import os
import sys

from awsenv.config import Config, load, marks, shown
from awsenv.config.saved_sections import credentials_of
from awsenv.environment.change import assume_change, before, keeps_no_keys
from awsenv.errors import CancelledError
from awsenv.fast import note
from awsenv.lean.dataclasses import replace
from awsenv.listing import usage_counts
from awsenv.parameters.declared import flag
from awsenv.parameters.output_options import FORMAT, PRINT, SHELL, renderer
from awsenv.parameters.request_options import takes_request
from awsenv.plan.account import account_of, colors_of
from awsenv.saved.profile_mode import choose
from awsenv.sessions.from_request import flow_for, plan_for, tell
from awsenv.sessions.summary import summary
from awsenv.storage import account_names
from awsenv.terminal.opening import open_terminal
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.plan.plan import Plan
    from awsenv.plan.request import Request


@takes_request
def command(
    request: Request,
    *,
    shell: str | None = SHELL,
    format_: str | None = FORMAT,
    print_: bool = PRINT,
    export_profile: bool = flag(
        "--export-profile", "Export AWS_PROFILE, not keys; may save a profile."
    ),
    pick: bool = flag("--pick", "Choose the profile from a list; PROFILE filters it."),
) -> None:
    """Print statements that give the shell a role's credentials: eval "$(awsenv assume NAME)"."""
    emit = renderer(["awsenv", *sys.argv[1:]], shell=shell, format_=format_, print_=print_)
    if pick or not request.options():
        from awsenv.listing import picker

        if pick or picker.wanted(os.environ):
            request = replace(request, profile=picker.pick(os.environ, request.profile or ""))
    config = load()
    plan = plan_for(request, config=config)
    export = choose(plan, config) if export_profile else None
    account = account_of(plan, config)
    if marks.confirm(config.profiles.get(plan.request.profile or "")):
        _ask(plan, account)
    session = flow_for(export.plan if export else plan, config=config).run()
    if sys.stderr.isatty():
        tell(summary(session))
        if session.expires_at is None and plan.root.source == "keys":
            tell(f"for a session with MFA instead: awsenv setup {plan.root.profile}")
    if export:
        saved = export.save(session, config)
        if saved:
            names = ", ".join(f"[{name}]" for name in saved)
            tell(f"saved the session as {names} in {shown(config.credentials_path)}")
    else:
        note.leave(plan, session, config, os.environ)
    if session.key:
        account_names.leave(session.key, account, colors_of(plan, config))
    exported = export.name if export else ""
    emit(
        assume_change(
            session, os.environ, exported, for_child=bool(format_), keys_of=_keys_of(config)
        )
    )
    usage_counts.note(plan.profile)


def _ask(plan: Plan, account: str | None) -> None:
    """Have the user confirm that they mean this profile; CancelledError if they do not.

    If there is nobody to ask, as in a script, it continues.
    """
    terminal = open_terminal()
    if terminal is None:
        return
    where = f" in account {visible(account, 60)}" if account else ""
    with terminal:
        given = terminal.ask(f"assume {visible(plan.profile, 60)}{where}? [y/N] ")
    if given.strip().lower() not in ("y", "yes"):
        raise CancelledError(f"{plan.profile} was not assumed")


def _keys_of(config: Config) -> str:
    """The profile that holds the user's own keys too, if they want none put aside."""
    own = before(os.environ)
    if not keeps_no_keys(os.environ) or not own.get("AWS_ACCESS_KEY_ID"):
        return ""
    held = (own.get("AWS_ACCESS_KEY_ID"), own.get("AWS_SECRET_ACCESS_KEY"))
    for profile in config.profiles.values():
        found = credentials_of(profile)
        if (found.access_key_id, found.secret_access_key) == held:
            return profile.name
    return ""
