"""`awsenv exec`: run a command with a session's environment."""

import os
import sys

from awsenv.environment.change import assume_change
from awsenv.errors import AwsenvError, UsageError
from awsenv.parameters.declared import arguments
from awsenv.parameters.request_options import takes_request
from awsenv.plan.request import Request
from awsenv.sessions.from_request import flow_for, plan_for
from awsenv.terminal.stopping import restore


class CommandError(AwsenvError):
    """The command could not be started; the exit code is a shell's own, 126 or 127."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message, "check the name and the PATH")
        self.exit_code = exit_code


@takes_request
def command(
    request: Request,
    *,
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
    except FileNotFoundError:
        error = CommandError(f"there is no command {words[0]!r}", 127)
        if words[0].startswith("-"):
            error.hint = "options of awsenv exec go before PROFILE"
        raise error from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise CommandError(f"cannot run {words[0]!r}: {reason}", 126) from None
