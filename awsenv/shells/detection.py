"""Which shell is going to evaluate what is printed.

The processes above this one tell. $SHELL does not: it is the login shell, whatever runs now.
"""

import os

from awsenv.shells import SHELLS, get
from awsenv.shells.shell import Shell


def detect() -> Shell:
    """The shell that will evaluate what is printed; raises UsageError where nothing tells."""
    name = reading_shell()
    if name is None:
        from awsenv.errors import UsageError

        raise UsageError(
            "cannot tell which shell this is for", "pass --shell bash, zsh, fish or powershell"
        )
    return get(name)


def reading_shell() -> str | None:
    """The name of the shell that reads this program's stdout, such as bash or pwsh; None where
    nothing tells. It may be one that awsenv knows nothing of, such as nu.
    """
    nearest = os.getppid()
    reader = _reader(nearest)
    return _name(reader) or (_name(nearest) if reader != nearest else None)


def known_reading_shell() -> str | None:
    """`reading_shell` where that is plain to see, at no cost; None in any doubt."""
    return _plain_name(_reader(os.getppid()))


def _reader(pid: int) -> int:
    """The first process from `pid` upwards that does not hand on its own stdout to us.

    In `eval "$(wrapper)"`, a wrapper that is a shell script, make or uv run lets us write where
    it writes itself; the shell that evaluates has the other end of that pipe. Only Linux tells;
    elsewhere, and on a terminal, it is `pid`.
    """
    nearest = pid
    try:
        ours = os.fstat(1)
        while pid > 1 and not os.isatty(1):
            theirs = os.stat(f"/proc/{pid}/fd/1")
            if (theirs.st_dev, theirs.st_ino) != (ours.st_dev, ours.st_ino):
                return pid
            pid = _parent(pid)
    except (OSError, ValueError):
        return pid
    return nearest


def _parent(pid: int) -> int:
    with open(f"/proc/{pid}/stat", "rb") as file:
        # 12 (name, which may hold anything) S 34 …
        return int(file.read().rpartition(b")")[2].split()[1])


def _name(pid: int) -> str | None:
    """The name of the shell that `pid` is, or else of the nearest one above it."""
    return _plain_name(pid) or _by_shellingham(pid)


def _plain_name(pid: int) -> str | None:
    command = _command(pid)
    name = _base(command[0])
    if name in SHELLS:
        return name
    if name == "dotnet" and any(_base(word) == "pwsh.dll" for word in command[1:]):
        return "pwsh"
    return None


def _command(pid: int) -> list[str]:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().decode("utf-8", "replace").split("\0")
    except OSError:
        return [""]


def _base(path: str) -> str:
    # A login shell's name begins with a dash.
    return os.path.basename(path).removeprefix("-").lower()


def _by_shellingham(pid: int) -> str | None:
    import shellingham  # type: ignore[import-untyped]

    # Of a login shell, shellingham takes the name from $SHELL: from fish -l it would say bash.
    variable = os.environ.pop("SHELL", None)
    try:
        return str(shellingham.detect_shell(pid, max_depth=20)[0]).removesuffix(".exe")
    except (OSError, RuntimeError, ValueError, TypeError, IndexError):
        # The last two: a process above has ended meanwhile, and its command line is empty.
        return None
    finally:
        if variable is not None:
            os.environ["SHELL"] = variable
