"""A short name for `awsenv assume`: a function in each shell, which a file of its own makes."""

from __future__ import annotations

import re

from awsenv.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.shells import Shell

# The file of each shell, sourced with the name behind it.
FILES = {
    "bash": "awsenv-alias.bash",
    "zsh": "awsenv-alias.zsh",
    "fish": "awsenv-alias.fish",
    "powershell": "awsenv-alias.ps1",
}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,30}", re.ASCII)
# In the line that is in an rc file now, whichever shell's.
_IN_LINE = re.compile(rb"awsenv-alias\.[a-z0-9]+['\"]? ([A-Za-z0-9_-]+)")


def check(name: str) -> str:
    """`name`, if a function may be called so; raises UsageError."""
    if not _NAME.fullmatch(name) or name == "awsenv":
        raise UsageError(
            f"--alias {name!r} is not a name for a function",
            "use letters, digits, - and _, such as --alias assume",
        )
    return name


def line(shell: Shell, quoted: str, name: str) -> str:
    """The line for the rc file; `quoted` is the path of the file as that shell reads it."""
    if shell.name == "fish":
        return f"if test -r {quoted}; source {quoted} {name}; end"
    if shell.name == "powershell":
        return f"if ([IO.File]::Exists({quoted})) {{ . {quoted} {name} }}"
    if shell.name == "bash":
        # As the line of the hook: ~/.profile may be read by other shells.
        return f'if [ -n "${{BASH_VERSION-}}" ] && [ -r {quoted} ]; then . {quoted} {name}; fi'
    return f"if [ -r {quoted} ]; then . {quoted} {name}; fi"


def in_use(rc: bytes) -> str | None:
    """The short name that an rc file's line makes now."""
    found = _IN_LINE.search(rc)
    return found[1].decode() if found else None
