"""The commands: one module each, and this table."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


# In the order of --help, each with a one-line summary. To add a command, add a line here and a
# module of its name with a function `command`, whose docstring is the command's own help.
COMMANDS = {
    "assume": 'Give the shell a role: eval "$(awsenv assume NAME)".',
    "unset": 'Take an assume back: eval "$(awsenv unset)".',
    "refresh": "Renew this shell's session, as the hook does.",
    "exec": "Run a command with a role's credentials.",
    "credential-process": "Print credentials the way credential_process wants.",
    "login": "Get the MFA session that serves every role.",
    "logout": "Delete cached sessions of an MFA device's user.",
    "save": "Write a session into the credentials file.",
    "setup": "Find your MFA device, and write it into the config.",
    "keys": "Keep long-lived keys in the system's keychain.",
    "rotate": "Replace an IAM user's access key in your files.",
    "status": "Show this shell's session and the time left.",
    "whoami": "Ask AWS who this shell is, or who PROFILE is.",
    "list": "Show every profile, and what its session has left.",
    "console": "Open the AWS console in the browser.",
    "doctor": "Find problems in the set-up, with their fixes.",
    "explain": "Show what AWS will be asked for, and why.",
    "init": "Print or install the line that loads the shell hook.",
    "uninstall": "Remove hooks, cached and saved sessions.",
    "prompt": "Print a session's profile and time left.",
    "demo": "Try awsenv without an AWS account.",
}
# The output of these is evaluated, so a failure has to make the evaluation fail too.
EVALUATED = ("assume", "unset", "refresh", "init")
# Everything after the first argument belongs to another program.
PASSES_ON = ("exec",)


def load(name: str) -> Callable[..., int | None]:
    """The function of command `name`; imports its module."""
    module = f"awsenv.commands.{name.replace('-', '_')}"
    # As in awsenv.shells.
    command: Callable[..., int | None] = __import__(module, fromlist=["command"]).command
    return command
