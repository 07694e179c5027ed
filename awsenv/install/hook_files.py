"""The hook files: where they ship, and the copies that rc files source.

An rc file sources a copy in the user's data folder, so that it keeps working whatever happens to
the Python that awsenv is installed in. A newer awsenv updates the copy when it runs.
"""

import os

from awsenv import __version__
from awsenv.errors import AwsenvError, UsageError
from awsenv.lean.contextlib import suppress
from awsenv.storage import paths
from awsenv.storage.private_files import make_private_dir, read_private, write_private
from awsenv.values.notation import whole_number

# The files of each shell; the first is the one to source, and loads the others when needed.
FILES = {
    "bash": (
        "awsenv.bash",
        "awsenv-record.bash",
        "awsenv-more.bash",
        "awsenv-line.bash",
        "awsenv-match.bash",
        "awsenv-renew.bash",
        "awsenv-alias.bash",
        "awsenv-commands",
    ),
    "zsh": (
        "awsenv.zsh",
        "awsenv-record.zsh",
        "awsenv-more.zsh",
        "awsenv-match.zsh",
        "awsenv-alias.zsh",
        "awsenv-commands",
    ),
    "fish": (
        "awsenv.fish",
        "awsenv-record.fish",
        "awsenv-more.fish",
        "awsenv-match.fish",
        "awsenv-alias.fish",
        "awsenv-commands",
    ),
    "powershell": (
        "awsenv.psm1",
        "awsenv-hook.ps1",
        "awsenv-record.ps1",
        "awsenv-call.ps1",
        "awsenv-more.ps1",
        "awsenv-match.ps1",
        "awsenv_command.ps1",
        "awsenv-alias.ps1",
        "awsenv-commands",
    ),
}


def packaged_hook(shell: str) -> str:
    """The hook of `shell` as it came with this awsenv; raises UsageError for other shells."""
    if shell not in FILES:
        raise UsageError(
            f"there is no hook for {shell}", "the hooks are for bash, zsh, fish and powershell"
        )
    return os.path.join(_folder(), FILES[shell][0])


def installed_hook(shell: str) -> str:
    """The copy in the user's data folder, made or renewed by this call."""
    packaged_hook(shell)
    _copy(shell)
    return path_of(shell)


def path_of(shell: str) -> str:
    """Where the copy of the hook is, or would be."""
    return os.path.join(paths.data_dir(), FILES[shell][0])


def renew() -> None:
    """Bring the copies that are there up to date, if an older awsenv made them."""
    with suppress(OSError, AwsenvError):
        for shell in FILES:
            made_by = _version(shell)
            if made_by and made_by < _parts(__version__):
                _copy(shell)


def _folder() -> str:
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    # In a wheel they are part of the package, in a checkout they are beside it.
    inside = os.path.join(package, "shell")
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(package), "shell")


def _copy(shell: str) -> None:
    folder = paths.data_dir()
    if _version(shell) > _parts(__version__):
        return
    for name in FILES[shell]:
        text = _packaged(name)
        if text and read_private(os.path.join(folder, name)) != text:
            make_private_dir(folder)
            write_private(os.path.join(folder, name), text)
    version = os.path.join(folder, f"{shell}.version")
    if (read_private(version) or "").strip() != __version__:
        write_private(version, f"{__version__}\n")


def _packaged(name: str) -> str:
    try:
        with open(os.path.join(_folder(), name), encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def _version(shell: str) -> list[int]:
    """The version of awsenv that made the copies; [] if there are none, or if it is not known."""
    return _parts(read_private(os.path.join(paths.data_dir(), f"{shell}.version")) or "")


def _parts(version: str) -> list[int]:
    numbers = (whole_number(part) for part in version.strip().split("."))
    return [number for number in numbers if number is not None]
