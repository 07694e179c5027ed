"""The user's terminal: where questions are asked while the shell captures stdout.

When a process may use it: a terminal has one process group in its foreground, and the input of
other programs must not be stolen. On POSIX systems awsenv asks only if all of this holds:

1. There is a controlling terminal: /dev/tty opens. (Not under setsid, cron, or an editor's jobs.)
2. The process's own group is the foreground group. That is the case in `awsenv`,
   `eval "$(awsenv …)"`, `awsenv … | cat`, in functions, shell hooks and whatever a foreground
   program starts, such as the aws CLI by credential_process. It is not the case after
   `awsenv … &`, whatever else is running.
3. It does not ignore both SIGINT and SIGQUIT. A shell without job control, such as one that runs
   a script, starts its `&` jobs this way, in the very group that holds the terminal.
4. The terminal is in line mode (ICANON). A program in its own foreground group that reads single
   keys (an editor, a pager, watch, the shell's line editor) is using it at this moment, even if
   that program started awsenv.

A shell's hook is the exception, because it waits for awsenv and says so (`from_hook`): fish calls
it in the middle of its line editor, in raw mode (4), and bash may call it for the second part of a
pipeline when the first part is in the foreground (2). That is fine while the terminal echoes what
is typed, because then the first part is neither an editor nor asking for a password.

On Windows a console has no foreground group: awsenv asks wherever there is a console.
"""

from __future__ import annotations

import sys

from awsenv.terminal.terminal import Terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class _Platform(Protocol):
        def find(self, from_hook: bool, /) -> Terminal | str: ...
        def name(self) -> str: ...


def open_terminal(*, from_hook: bool = False) -> Terminal | None:
    """The user's terminal; None if there is none, or if it may not be used (see above).

    `from_hook` says that a shell's hook runs this process and waits for it.
    """
    found = _platform().find(from_hook)
    return found if isinstance(found, Terminal) else None


def why_closed(*, from_hook: bool = False) -> str | None:
    """Why open_terminal gives None, in a few words; None where it gives a terminal."""
    found = _platform().find(from_hook)
    if isinstance(found, Terminal):
        found.close()
        return None
    return found


def terminal_name() -> str:
    """The name of the controlling terminal, such as pts/3; "" if there is none."""
    return _platform().name()


def _platform() -> _Platform:
    if sys.platform == "win32":
        from awsenv.terminal import windows_terminal as platform
    else:
        from awsenv.terminal import posix_terminal as platform
    return platform
