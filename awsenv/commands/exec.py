"""`awsenv exec`: run a command with a session's environment."""

import os
import sys

from awsenv.config import load
from awsenv.environment.change import assume_change
from awsenv.errors import UsageError
from awsenv.fast import note
from awsenv.lean.dataclasses import replace
from awsenv.parameters.declared import arguments, flag
from awsenv.parameters.request_options import takes_request, tells_of_profile
from awsenv.plan.account import account_of, colors_of
from awsenv.plan.request import Request
from awsenv.serving.not_started import check, explained
from awsenv.sessions.from_request import flow_for, plan_for, tell
from awsenv.sessions.summary import summary
from awsenv.stopping import restore
from awsenv.storage import account_names
from awsenv.values.credentials import Session


@tells_of_profile("The profile; without one, you choose from a list.")
@takes_request
def command(
    request: Request,
    *,
    server: bool = flag("--server", "Serve the credentials, renewed as long as it runs."),
    words: list[str] | None = arguments(
        "COMMAND …", "The command and its arguments; without one, your shell."
    ),
) -> int:
    """Run a command with a role's credentials; all that follows PROFILE is the command's.

    Without a command it starts your shell anew, with the session in it.
    """
    words = list(words or [])
    if words[:1] == ["--"]:
        words.pop(0)
    env = dict(os.environ)
    if not words:
        _check_for_shell(server)
        if not request.options():
            from awsenv.listing import picker

            request = replace(request, profile=picker.pick(env))
    config = load(env)
    plan = plan_for(request, env, config)
    if words:
        check(words)
    else:
        session = flow_for(plan, env, config).run()
        if session.key:
            account = account_of(plan, config)
            account_names.leave(session.key, account, colors_of(plan, config))
        return _shell(session, env)
    if server:
        from awsenv.serving.serve import serve

        return serve(plan, words)
    session = flow_for(plan, env, config).run()
    note.leave(plan, session, config, env)
    return _run(words, assume_change(session, env, for_child=True).apply_to(env))


def _check_for_shell(server: bool) -> None:
    """Raise UsageError where no shell can take the place of a command."""
    if server or not sys.stdin.isatty():
        option = "--server " if server else ""
        raise UsageError("there is no command to run", f"awsenv exec {option}PROFILE COMMAND …")


def _shell(session: Session, env: dict[str, str]) -> int:
    """Replace this process with the user's shell, with the session in it."""
    from awsenv.install import subshell

    change = assume_change(session, env, for_child=True)
    name, words, added = subshell.prepare(list(change.unset))
    tell(f"this is a new {name} with {summary(session)}; exit leaves it")
    return _run(words, change.apply_to(env) | added)


def _run(words: list[str], env: dict[str, str]) -> int:
    sys.stdout.flush()
    try:
        if os.name == "posix":
            restore()
            os.execvpe(words[0], words, env)  # noqa: S606 - the point of the command
        import subprocess

        return subprocess.run(words, env=env, check=False).returncode
    except (OSError, ValueError) as error:
        raise explained(words, error) from None
