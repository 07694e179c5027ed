"""A short name for `awsenv assume`: a function in each shell, which a file of its own makes."""

from __future__ import annotations

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
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def check(name: str) -> str:
    """`name`, if a function may be called so; raises UsageError."""
    good = name[:1].isalpha() and len(name) < 32 and _NAME.issuperset(name)
    if not good or name == "awsenv":
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
    """The short name that an rc file's line makes now, whichever shell's line that is."""
    import re

    found = re.search(rb"awsenv-alias\.[a-z0-9]+['\"]? ([A-Za-z0-9_-]+)", rc)
    return found[1].decode() if found else None
