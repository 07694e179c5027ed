"""The user's own shell, in the demo: their rc files first, then the demo's settings."""

import os
import shlex
import subprocess
from contextlib import suppress

from awsenv.demo.guide import GREETING
from awsenv.demo.place import Place
from awsenv.errors import AwsenvError
from awsenv.install.hook_files import packaged_hook
from awsenv.storage.private_files import make_private_dir, write_private

# What the user's environment and rc files may have set, and must not reach the demo.
_PREFIXES = ("AWS_", "AWSENV_")


def run_shell(place: Place) -> int:
    """Run the user's shell in the demo until they leave it; returns the shell's exit code."""
    name, path = _person_shell()
    env = {key: value for key, value in os.environ.items() if not key.startswith(_PREFIXES)}
    command, extra = _PREPARE[name](place, path)
    return subprocess.run(command, env={**env, **extra}, check=False).returncode


def _person_shell() -> tuple[str, str]:
    import shutil

    import shellingham  # type: ignore[import-untyped]

    found = []
    with suppress(shellingham.ShellDetectionFailure, RuntimeError):
        found.append(shellingham.detect_shell())
    path = os.environ.get("SHELL", "")
    found.append((os.path.basename(path), path))
    found += [(name, name) for name in ("bash", "zsh", "fish", "pwsh")]
    for name, shell in found:
        resolved = shutil.which(shell)
        if name in _PREPARE and resolved:
            return name, resolved
    raise AwsenvError("there is no bash, zsh, fish or PowerShell to run the demo in")


def _unwanted() -> str:
    """A POSIX statement that removes what rc files may have set."""
    pattern = "|".join(f"{prefix}*" for prefix in _PREFIXES)
    return (
        "for _awsenv_name in $(env | sed -n 's/^\\([A-Z_][A-Z0-9_]*\\)=.*/\\1/p'); do\n"
        f'  case "$_awsenv_name" in {pattern}) unset "$_awsenv_name" ;; esac\n'
        "done\nunset _awsenv_name\n"
    )


def _posix_settings(place: Place, shell: str) -> str:
    exports = "".join(
        f"export {name}={shlex.quote(value)}\n" for name, value in place.environment.items()
    )
    hook = f". {shlex.quote(packaged_hook(shell))}\n"
    line = 'eval "$(awsenv assume prod-admin)"'
    greeting = f"printf '%s\\n' {shlex.quote(GREETING.format(line=line))}\n"
    return _unwanted() + exports + f"cd {shlex.quote(place.home)}\n" + hook + greeting


def _bash(place: Place, path: str) -> tuple[list[str], dict[str, str]]:
    rc = os.path.join(place.folder, "bashrc")
    own = "[ -r ~/.bashrc ] && . ~/.bashrc\n"
    write_private(rc, own + _posix_settings(place, "bash"))
    return [path, "--rcfile", rc, "-i"], {}


def _zsh(place: Place, path: str) -> tuple[list[str], dict[str, str]]:
    folder = os.path.join(place.folder, "zsh")
    make_private_dir(folder)
    theirs = os.environ.get("ZDOTDIR") or os.path.expanduser("~")
    for name in (".zshenv", ".zshrc"):
        file = shlex.quote(os.path.join(theirs, name))
        text = f"ZDOTDIR={shlex.quote(theirs)}\n[ -r {file} ] && . {file}\n"
        text += f"ZDOTDIR={shlex.quote(folder)}\n"
        write_private(
            os.path.join(folder, name),
            text + (_posix_settings(place, "zsh") if name == ".zshrc" else ""),
        )
    return [path, "-i"], {"ZDOTDIR": folder}


def _fish(place: Place, path: str) -> tuple[list[str], dict[str, str]]:
    from awsenv.shells import get

    quote = get("fish").quote
    pattern = "|".join(f"^{prefix}.*" for prefix in _PREFIXES)
    lines = [f"for name in (set -nx | string match -r {quote(pattern)})"]
    # -g: a universal variable belongs to the user, in all their shells.
    lines += ["  set -eg $name", "end"]
    # The global scope takes precedence over the universal one, where the user may keep AWS_
    # variables.
    lines += [
        f"set -gx {name} {quote(value)}"
        for name, value in place.environment.items()
        if name != "PATH"
    ]
    lines += [f"set -gx PATH {quote(os.path.join(place.folder, 'bin'))} $PATH"]
    lines += [f"cd {quote(place.home)}", f"source {quote(packaged_hook('fish'))}"]
    line = "awsenv assume prod-admin | source"
    # fish greets after this file; what is to be done comes last.
    lines += ["functions -q fish_greeting; and functions -c fish_greeting _awsenv_own_greeting"]
    lines += ["function fish_greeting"]
    lines += ["  functions -q _awsenv_own_greeting; and _awsenv_own_greeting"]
    lines += [f"  echo {quote(GREETING.format(line=line))}", "end"]
    file = os.path.join(place.folder, "demo.fish")
    write_private(file, "".join(f"{line}\n" for line in lines))
    return [path, "-i", "-C", f"source {quote(file)}"], {}


def _pwsh(place: Place, path: str) -> tuple[list[str], dict[str, str]]:
    from awsenv.shells import get

    literal = get("powershell").value
    pattern = " -or ".join(f"$_.Name -like '{prefix}*'" for prefix in _PREFIXES)
    lines = [f"Get-ChildItem Env: | Where-Object {{ {pattern} }} | Remove-Item"]
    lines += [f"$env:{name} = {literal(value)}" for name, value in place.environment.items()]
    lines += [f"Set-Location -LiteralPath {literal(place.home)}"]
    lines += [f"Import-Module {literal(packaged_hook('powershell'))} -DisableNameChecking"]
    line = "Invoke-Expression (awsenv assume prod-admin)"
    lines += [f"[Console]::WriteLine({literal(GREETING.format(line=line))})"]
    file = os.path.join(place.folder, "demo.ps1")
    write_private(file, "".join(f"{line}\n" for line in lines))
    return [path, "-NoLogo", "-NoExit", "-File", file], {}


_PREPARE = {"bash": _bash, "zsh": _zsh, "fish": _fish, "pwsh": _pwsh, "powershell": _pwsh}
