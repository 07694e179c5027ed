"""`awsenv init`: the line for the rc file, and putting it there."""

import sys

from awsenv import shells
from awsenv.config import shown
from awsenv.errors import AwsenvError, UsageError
from awsenv.install import powershell_profile, rc_block, rc_files, short_name
from awsenv.install.hook_files import FILES
from awsenv.parameters.declared import argument, flag, value
from awsenv.sessions.from_request import tell
from awsenv.shells.detection import detect
from awsenv.values.text import visible


def command(
    *,
    shell: str | None = argument("[SHELL]", "bash, zsh, fish or powershell; default: this shell."),
    install: bool = flag("--install", "Add the line to the rc file."),
    uninstall: bool = flag("--uninstall", "Take the line out of the rc file."),
    alias: str | None = value("--alias", "NAME", "Also make NAME short for awsenv assume."),
) -> None:
    """Print the line that loads the shell hook, for your rc file."""
    if install and uninstall:
        raise UsageError("--install and --uninstall exclude each other", "leave one of them out")
    if alias and uninstall:
        raise UsageError("--uninstall takes the short name out too", "leave --alias out")
    if shell and shell.lower() not in shells.SHELLS:
        hooks = ", ".join(FILES)
        raise UsageError(f"there is no hook for {shell!r}", f"the hooks are for {hooks}")
    chosen = shells.get(shell) if shell else detect()
    line = rc_block.line_for(chosen, alias)
    if alias:
        _say_what_is_hidden(alias)
    if install:
        _install(chosen, alias)
    elif uninstall:
        _uninstall(chosen)
    else:
        sys.stdout.write(f"{line}\n")
        if sys.stdout.isatty():
            rc = shown(rc_files.path_for(chosen.name))
            tell(f"add this line to {rc}, or run: awsenv init --install")


def _say_what_is_hidden(alias: str) -> None:
    import shutil

    program = shutil.which(alias)
    if program:
        tell(f"{alias} is short for `awsenv assume` from now on, and hides {shown(program)}")


def _install(shell: shells.Shell, alias: str | None) -> None:
    change = rc_block.adding(shell, alias)
    warning = powershell_profile.find().warning if shell.name == "powershell" else None
    if warning:
        tell(warning)
    if change.is_one:
        show(change)
        change.write()
        tell(f"changed {shown(change.path)}; new shells load the hook")
    else:
        tell(f"{shown(change.path)} has the line already; new shells load the hook")
    if shell.name == _this_shell():
        line = rc_block.load_line_for(shell, alias or short_name.in_use(change.after))
        tell(f"to load it into this shell now, type: {line}")
    if shell.name == "zsh" and not rc_block.completes(change.after):
        tell(
            "zsh's completion seems to be off, so TAB will not complete awsenv; to turn it on, add"
            f" to {shown(change.path)}: autoload -Uz compinit && compinit"
        )


def _uninstall(shell: shells.Shell) -> None:
    changes = rc_block.removals(shell.name)
    for change in changes:
        show(change)
        change.write()
        tell(f"changed {shown(change.path)}; new shells do not load the hook")
    if not changes:
        tell(f"{shown(rc_files.path_for(shell.name))} does not have the line")
    elif shell.name == _this_shell():
        tell("to take the hook out of this shell now, type: awsenv_unload")


def _this_shell() -> str | None:
    try:
        return detect().name
    except AwsenvError:
        return None


def show(change: rc_block.Change) -> None:
    """Show what changes in an rc file."""
    import difflib

    texts = (change.before, change.after)
    old, new = (text.decode("utf-8", "replace").splitlines() for text in texts)
    for row in difflib.unified_diff(old, new, lineterm="", n=1):
        if not row.startswith(("---", "+++", "@@")):
            sys.stderr.write(f"  {visible(row)}\n")
