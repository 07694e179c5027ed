"""Which shell will evaluate what is printed.

The parent processes tell. $SHELL does not: it is the login shell, whichever shell is running.
"""

import os

from awsenv.shells import SHELLS, get
from awsenv.shells.shell import Shell

# Shells that awsenv has no statements for. One that stands between awsenv and a supported shell is
# still the one that asked, and must not be given statements in the other's language.
_OTHERS = frozenset(
    "cmd es fizsh hush ion murex ngs osh rc sash scsh wsh ysh".split()  # noqa: SIM905 - a list of words
)
# Scripts in these shells are often mere wrappers, whose output another shell evaluates.
_WRAPPING = ("bash", "zsh", "fish", "posix")
_HIGHEST = 20


def detect() -> Shell:
    """The shell that will evaluate what is printed; raises UsageError if that cannot be
    determined.
    """
    name = reading_shell()
    if name is None:
        from awsenv.errors import UsageError

        raise UsageError(
            "cannot tell which shell this is for", "pass --shell bash, zsh, fish or powershell"
        )
    return get(name)


def reading_shell() -> str | None:
    """The name of the shell that reads this program's stdout, such as bash or pwsh; None where
    nothing tells. It may be one that awsenv knows nothing of, such as osh.
    """
    nearest = os.getppid()
    reader = _reader(nearest)
    return _name(reader) or (_name(nearest) if reader != nearest else None)


def known_reading_shell() -> str | None:
    """`reading_shell` if it is plain to see, at no cost; None in any doubt."""
    name = _plain_name(_reader(os.getppid()))
    return name if name in SHELLS else None


def _reader(pid: int) -> int:
    """The first process from `pid` upwards that does not hand on its own stdout to us.

    In `eval "$(wrapper)"`, a wrapper that is a shell script, make or uv run lets us write where
    it writes itself; the shell that evaluates has the other end of that pipe. Only Linux tells;
    elsewhere, and on a terminal, it is `pid`.
    """
    nearest = below = pid
    try:
        ours = os.fstat(1)
        while pid > 1 and not os.isatty(1):
            theirs = os.stat(f"/proc/{pid}/fd/1")
            if (theirs.st_dev, theirs.st_ino) != (ours.st_dev, ours.st_ino):
                # ksh93 does not fork for $(...): it writes to a file without a name itself, and
                # reads that when we are done.
                unnamed = ours.st_nlink == 0 and ours.st_mode & 0o170000 == 0o100000
                return below if unnamed else pid
            name = _plain_name(pid)
            if name is not None and SHELLS.get(name) not in _WRAPPING:
                return pid
            pid, below = _parent(pid), pid
    except (OSError, ValueError):
        return pid
    return nearest


def _parent(pid: int) -> int:
    with open(f"/proc/{pid}/stat", "rb") as file:
        # 12 (name, which may hold anything) S 34 …
        return int(file.read().rpartition(b")")[2].split()[1])


def _name(pid: int) -> str | None:
    """The name of the shell that `pid` is, or else of the nearest one above it."""
    above = pid
    try:
        for _ in range(_HIGHEST):
            name = _plain_name(above)
            if name or above <= 1:
                return name
            above = _parent(above)
    except (OSError, ValueError):
        return _by_shellingham(pid)
    return None


def _plain_name(pid: int) -> str | None:
    """The name of the shell that process `pid` is, one of ours or not; None for other programs."""
    command = _command(pid)
    name = _base(command[0])
    if name in SHELLS or name in _OTHERS:
        return name
    if name == "dotnet" and any(_base(word) == "pwsh.dll" for word in command[1:]):
        return "pwsh"
    if name.startswith("python"):
        return "xonsh" if any(_base(word) == "xonsh" for word in command[1:4]) else None
    if name == "busybox" and len(command) > 1:
        name = _base(command[1])
    # ksh93, bash-5.2, zsh5-static, rbash
    plain = name.removesuffix("-static").rstrip("0123456789.-")
    for each in (plain, plain.removeprefix("r")):
        if each in SHELLS or each in _OTHERS:
            return each
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

    # For a login shell, shellingham returns $SHELL: for fish -l it would say bash.
    variable = os.environ.pop("SHELL", None)
    try:
        return str(shellingham.detect_shell(pid, max_depth=20)[0]).removesuffix(".exe")
    except (OSError, RuntimeError, ValueError, TypeError, IndexError):
        # The last two: a process above has ended meanwhile, and its command line is empty.
        return None
    finally:
        if variable is not None:
            os.environ["SHELL"] = variable
