"""The shells that awsenv prints statements for: one file each, and one line here."""

from awsenv.shells.shell import Shell

__all__ = ["SHELLS", "Shell", "get"]

# Every name that --shell accepts, and its module here, loaded on demand.
SHELLS = {
    "bash": "bash",
    "zsh": "zsh",
    "fish": "fish",
    "powershell": "powershell",
    "pwsh": "powershell",
    "posix": "posix",
    "sh": "posix",
    "dash": "posix",
    "ash": "posix",
    "ksh": "posix",
    "mksh": "posix",
    "lksh": "posix",
    "oksh": "posix",
    "yash": "posix",
    "nushell": "nushell",
    "nu": "nushell",
    "elvish": "elvish",
    "xonsh": "xonsh",
    "tcsh": "tcsh",
    "csh": "tcsh",
}


def get(name: str) -> Shell:
    """The shell called `name`; raises UsageError if awsenv does not support it."""
    module = SHELLS.get(name.lower())
    if module is None:
        from awsenv.errors import UsageError

        known = ", ".join(dict.fromkeys(SHELLS.values()))
        raise UsageError(
            f"the shell {name!r} is not supported",
            f"pass --shell with one of {known}; or --format json",
        )
    # Importing importlib would take longer than importing the shell.
    shell: Shell = __import__(f"awsenv.shells.{module}", fromlist=["SHELL"]).SHELL
    return shell
