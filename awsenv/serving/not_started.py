"""A command that could not be started."""

from __future__ import annotations

import os

from awsenv.errors import AwsenvError


class CommandError(AwsenvError):
    """The command could not be started; the exit code is a shell's own, 126 or 127."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message, "check the name and the PATH")
        self.exit_code = exit_code


def check(words: list[str]) -> None:
    """Raise CommandError where `words` surely name no command, before a code is typed for it."""
    name = words[0]
    if os.name != "posix" or "/" in name:
        return
    if not any(os.path.lexists(os.path.join(folder, name)) for folder in os.get_exec_path()):
        raise explained(words, FileNotFoundError())


def explained(words: list[str], error: Exception) -> CommandError:
    """What to raise for what the system raised as `words` were to be started."""
    if isinstance(error, FileNotFoundError):
        found = CommandError(f"there is no command {words[0]!r}", 127)
        if words[0].startswith("-"):
            found.hint = "options of awsenv exec go before PROFILE"
        elif len(words) == 1 and " " in words[0]:
            found.hint = f"leave out the quotes: {words[0]}; or, for a shell's syntax: sh -c '…'"
        return found
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return CommandError(f"cannot run {words[0]!r}: {reason}", 126)
