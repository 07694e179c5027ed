"""`awsenv exec`: run a command with a session's environment."""

import os
import sys

from awsenv.environment.change import assume_change
from awsenv.errors import UsageError
from awsenv.parameters.declared import arguments, flag
from awsenv.parameters.request_options import takes_request
from awsenv.plan.request import Request
from awsenv.serving.not_started import explained
from awsenv.sessions.from_request import flow_for, plan_for
from awsenv.terminal.stopping import restore


@takes_request
def command(
    request: Request,
    *,
    server: bool = flag("--server", "Serve the credentials, renewed as long as it runs."),
    words: list[str] | None = arguments("COMMAND …", "The command and its arguments."),
) -> int:
    """Run a command with a role's credentials; all that follows PROFILE is the command's."""
    words = list(words or [])
    if words[:1] == ["--"]:
        words.pop(0)
    if not words:
        raise UsageError("there is no command to run", "awsenv exec PROFILE COMMAND …")
    env = dict(os.environ)
    plan = plan_for(request, env)
    if server:
        from awsenv.serving.serve import serve

        return serve(plan, words)
    session = flow_for(plan, env).run()
    return _run(words, assume_change(session, env).apply_to(env))


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
