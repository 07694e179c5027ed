"""`awsenv init`: the line for the rc file, and putting it there."""

import os
import sys

from awsenv import shells
from awsenv.errors import UsageError
from awsenv.install import hook_files, powershell_profile, rc_files, short_name
from awsenv.parameters.declared import argument, flag, value
from awsenv.sessions.from_request import tell
from awsenv.shells.detection import detect
from awsenv.values.text import visible


def command(
    *,
    shell: str | None = argument("[SHELL]", "bash, zsh, fish or powershell; else this one."),
    install: bool = flag("--install", "Add it to the rc file."),
    uninstall: bool = flag("--uninstall", "Take it out of the rc file."),
    alias: str | None = value("--alias", "NAME", "Also make NAME short for awsenv assume."),
) -> None:
    """Print the line that loads the shell hook, for your rc file."""
    if install and uninstall:
        raise UsageError("--install and --uninstall exclude each other", "leave one of them out")
    if alias and uninstall:
        raise UsageError("--uninstall takes the short name out too", "leave --alias out")
    chosen = shells.get(shell) if shell else detect()
    line = _line(chosen)
    if install and not alias:
        # An install that is repeated keeps it.
        alias = short_name.in_use(rc_files.read(rc_files.path_for(chosen.name)))
    if alias:
        line += f"\n{_alias_line(chosen, short_name.check(alias))}"
    if install or uninstall:
        _change(chosen.name, line, install)
        return
    sys.stdout.write(f"{line}\n")
    if sys.stdout.isatty():
        tell(f"add this line to {_shown(rc_files.path_for(chosen.name))}, or run it with --install")


def _line(shell: shells.Shell) -> str:
    path = hook_files.installed_hook(shell.name)
    quoted = _quoted(shell, path)
    if shell.name == "fish":
        return f"if test -r {quoted}; source {quoted}; end"
    if shell.name == "powershell":
        # In constrained language mode, asking for the file would be an error already.
        return (
            "if ($ExecutionContext.SessionState.LanguageMode -eq 'FullLanguage' -and"
            f" [IO.File]::Exists({quoted})) {{ Import-Module {quoted} }}"
        )
    return f"if [ -r {quoted} ]; then . {quoted}; fi"


def _alias_line(shell: shells.Shell, name: str) -> str:
    import shutil

    program = shutil.which(name)
    if program:
        tell(f"{name} is short for `awsenv assume` from now on, and hides {_shown(program)}")
    path = os.path.join(
        os.path.dirname(hook_files.installed_hook(shell.name)), short_name.FILES[shell.name]
    )
    return short_name.line(shell, _quoted(shell, path), name)


def _quoted(shell: shells.Shell, path: str) -> str:
    home = os.path.expanduser("~")
    rest = path[len(home) :]
    plain = all(char.isascii() and (char.isalnum() or char in "/._-+") for char in rest)
    if shell.name != "powershell" and path.startswith(f"{home}/") and plain:
        # So that it fits every machine that the rc file is taken to.
        return f'"$HOME{rest}"'
    return shell.value(path)


def _change(name: str, line: str, install: bool) -> None:
    path = rc_files.path_for(name)
    there = rc_files.read(path)
    before, encoded = powershell_profile.decoded(there)
    after = rc_files.with_block(before, line) if install else rc_files.without_block(before)
    warning = powershell_profile.find().warning if install and name == "powershell" else None
    if warning:
        tell(warning)
    if after == before:
        tell(f"{_shown(path)} {'has the line already' if install else 'does not have the line'}")
        return
    _show(before, after)
    rc_files.write(path, there, encoded(after))
    done = "it takes effect in new shells" if install else "new shells are without it"
    tell(f"changed {_shown(path)}; {done}")


def _show(before: bytes, after: bytes) -> None:
    import difflib

    old, new = (text.decode("utf-8", "replace").splitlines() for text in (before, after))
    for row in difflib.unified_diff(old, new, lineterm="", n=1):
        if not row.startswith(("---", "+++", "@@")):
            sys.stderr.write(f"  {visible(row)}\n")


def _shown(path: str) -> str:
    home = os.path.expanduser("~")
    return f"~{path[len(home) :]}" if path.startswith(f"{home}{os.sep}") else path
