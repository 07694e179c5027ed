"""The user's own shell, started again with a session in its environment.

Its rc files run first, so that it is the shell they know. A few lines of ours follow: they load the
hook if the rc files have not, and unset the variables that would take precedence over the session.
These lines are in a folder of their own, which the shell removes as it reads them; no secret is in
it.
"""

from __future__ import annotations

import os
import shlex

from awsenv.errors import AwsenvError, UsageError
from awsenv.install.hook_files import packaged_hook
from awsenv.lean.contextlib import suppress
from awsenv.shells.detection import reading_shell
from awsenv.storage import paths
from awsenv.storage.private_files import make_private_dir, write_private

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# A shell that has not removed its folder by then never will.
_KEPT = 3600


def prepare(unwanted: Sequence[str]) -> tuple[str, list[str], dict[str, str]]:
    """The shell's name, the words that start it, and what to add to its environment.

    `unwanted` are variables to be unset after its rc files have run. Raises UsageError if no shell
    is found.
    """
    name, path = _person_shell()
    if name not in _PREPARED:
        return name, [path], {}
    parent = os.path.join(paths.cache_dir(), "shells")
    make_private_dir(parent)
    _sweep(parent)
    folder = os.path.join(parent, os.urandom(8).hex())
    make_private_dir(folder)
    return name, *_PREPARED[name](path, folder, unwanted)


def _person_shell() -> tuple[str, str]:
    """The shell that is asking, else the login shell: its name and its path."""
    import shutil

    login = os.environ.get("SHELL", "")
    with suppress(AwsenvError):
        name = reading_shell()
        same = shutil.which(login) if name == os.path.basename(login) else None
        path = same or shutil.which(name or "")
        if name and path:
            return name, path
    if shutil.which(login):
        return os.path.basename(login), login
    raise UsageError(
        "cannot tell which shell to start", "name it: awsenv exec PROFILE bash, or set SHELL"
    )


def _bash(path: str, folder: str, unwanted: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    rc = os.path.join(folder, "rc.bash")
    write_private(
        rc,
        "if [ -r ~/.bashrc ]; then . ~/.bashrc; elif [ -r ~/.bash_profile ]; then "
        ". ~/.bash_profile; fi\n" + _posix_lines("bash", folder, unwanted),
    )
    return [path, "--rcfile", rc, "-i"], {}


def _zsh(path: str, folder: str, unwanted: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    theirs, own = os.environ.get("ZDOTDIR"), shlex.quote(folder)
    source = 'if [[ -r "${ZDOTDIR:-$HOME}/%s" ]]; then . "${ZDOTDIR:-$HOME}/%s"; fi\n'
    back = f"ZDOTDIR={shlex.quote(theirs)}\n" if theirs else "unset ZDOTDIR\n"
    # The user's .zshenv may say where the other files are.
    again = f"typeset -g __awsenv_zdotdir=${{ZDOTDIR-}}\nexport ZDOTDIR={own}\n"
    write_private(os.path.join(folder, ".zshenv"), back + source % (".zshenv", ".zshenv") + again)
    back = "ZDOTDIR=$__awsenv_zdotdir\n[[ -n $ZDOTDIR ]] || unset ZDOTDIR\nunset __awsenv_zdotdir\n"
    # macOS has made it of ZDOTDIR already.
    back += f"[[ ${{HISTFILE-}} != {own}/* ]] || HISTFILE=${{ZDOTDIR:-$HOME}}/.zsh_history\n"
    write_private(
        os.path.join(folder, ".zshrc"),
        back + source % (".zshrc", ".zshrc") + _posix_lines("zsh", folder, unwanted),
    )
    return [path, "-i"], {"ZDOTDIR": folder}


def _posix_lines(shell: str, folder: str, unwanted: Sequence[str]) -> str:
    hook = shlex.quote(packaged_hook(shell))
    return (
        f"if ! typeset -f awsenv_unload >/dev/null; then . {hook}; fi\n"
        + (f"\\unset -v {' '.join(unwanted)}\n" if unwanted else "")
        + f"\\command rm -rf -- {shlex.quote(folder)}\n"
    )


def _fish(path: str, folder: str, unwanted: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    from awsenv.shells import get

    quote = get("fish").quote
    file = os.path.join(folder, "rc.fish")
    lines = [f"functions -q awsenv_unload; or source {quote(packaged_hook('fish'))}"]
    # -g: a universal variable is the person's, in all their shells.
    lines += [f"set -eg {' '.join(unwanted)}"] if unwanted else []
    lines += [f"command rm -rf -- {quote(folder)}"]
    write_private(file, "".join(f"{line}\n" for line in lines))
    return [path, "-i", "-C", f"source {quote(file)}"], {}


def _powershell(
    path: str, folder: str, unwanted: Sequence[str]
) -> tuple[list[str], dict[str, str]]:
    from awsenv.shells import get

    quote = get("powershell").value
    file = os.path.join(folder, "rc.ps1")
    hook = quote(packaged_hook("powershell"))
    lines = [f"if (-not (Get-Module awsenv)) {{ Import-Module {hook} -DisableNameChecking }}"]
    lines += [f"$env:{name} = $null" for name in unwanted]
    lines += [f"[IO.Directory]::Delete({quote(folder)}, $true)"]
    write_private(file, "".join(f"{line}\n" for line in lines))
    return [path, "-NoLogo", "-NoExit", "-File", file], {}


_PREPARED = {
    "bash": _bash,
    "zsh": _zsh,
    "fish": _fish,
    "pwsh": _powershell,
    "powershell": _powershell,
}


def _sweep(parent: str) -> None:
    """Remove what shells that never came up have left."""
    import shutil
    import time

    with suppress(OSError):
        for entry in os.scandir(parent):
            if entry.stat(follow_symlinks=False).st_mtime < time.time() - _KEPT:
                shutil.rmtree(entry.path, ignore_errors=True)
