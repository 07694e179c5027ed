"""`awsenv uninstall`: everything awsenv has put on this machine is taken away again."""

from __future__ import annotations

import os
import shlex
import sys
from functools import partial

from awsenv.config import Config, load, shown
from awsenv.config.kept_keys import kept_id
from awsenv.config.writing import remove_locks
from awsenv.errors import AwsenvError, CancelledError, UsageError
from awsenv.install import hook_files, rc_block
from awsenv.parameters.declared import flag
from awsenv.saved import sections
from awsenv.sessions import store
from awsenv.sessions.from_request import tell
from awsenv.storage import clearing, paths
from awsenv.terminal.opening import open_terminal
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def command(
    *,
    yes: bool = flag("--yes", "Do it without asking."),
) -> int:
    """Remove the shell hooks, cached sessions and saved sessions, and say what is left.

    It shows first what will be removed, and asks. Your profiles and keys stay as they are.
    """
    changes = [change for name in _shells() for change in rc_block.removals(name)]
    config = _config()
    saved = sections.names(config) if config else []
    goes = _what_goes(changes, saved, config)
    if not goes:
        tell("there is nothing to remove but the program itself")
    else:
        _list("this will be removed:", goes)
        if not yes:
            _confirm()
        problems = _remove(changes, saved, config)
        for problem in problems:
            tell(problem)
        if problems:
            return 1
        tell("removed; in shells that are open, type: awsenv_unload")
    _list("this is left:", _what_stays(config))
    return 0


def _shells() -> list[str]:
    """Shells whose rc files may have the line. PowerShell is asked only if it has the hook."""
    made = [name for name in hook_files.FILES if os.path.exists(hook_files.path_of(name))]
    return [name for name in hook_files.FILES if name != "powershell" or name in made]


def _config() -> Config | None:
    try:
        return load()
    except AwsenvError as error:
        tell(f"{error.message}: saved sessions in the AWS files are left alone")
        return None


def _what_goes(
    changes: list[rc_block.Change], saved: list[str], config: Config | None
) -> list[str]:
    goes = [
        f"the lines from # >>> awsenv to # <<< awsenv in {shown(each.path)}" for each in changes
    ]
    if os.path.isdir(paths.data_dir()):
        goes.append(f"the hooks in {shown(paths.data_dir())}")
    if os.path.isdir(paths.cache_dir()):
        goes.append(
            f"the {store.count()} cached sessions and all else in {shown(paths.cache_dir())}"
        )
    if saved and config:
        names = ", ".join(f"[{name}]" for name in saved)
        goes.append(f"the saved sessions {names} in {shown(config.credentials_path)}")
    return goes


def _remove(changes: list[rc_block.Change], saved: list[str], config: Config | None) -> list[str]:
    """Remove everything that can be; what went wrong, a line for each."""
    problems: list[str] = []

    def attempt(action: Callable[[], object]) -> None:
        try:
            action()
        except AwsenvError as error:
            problems.append(f"{error.message}; {error.hint}" if error.hint else error.message)

    for change in changes:
        attempt(change.write)
    if config:
        for name in saved:
            attempt(partial(sections.remove, name, config))
        attempt(lambda: remove_locks(config))
    attempt(clearing.clear_cache)
    names = [name for files in hook_files.FILES.values() for name in files]
    names += [f"{shell}.version" for shell in hook_files.FILES]
    attempt(lambda: clearing.clear_data(names))
    return problems


def _what_stays(config: Config | None) -> list[str]:
    stays = []
    if config:
        for name, profile in config.profiles.items():
            keys = [key for key in profile.values if key.startswith("awsenv_")]
            if keys:
                stays.append(f"{', '.join(keys)} in profile {name!r}, which other tools ignore")
            if kept_id(profile):
                back = shlex.join(["awsenv", "keys", "remove", name, "--to-file"])
                stays.append(
                    f"the secret of {kept_id(profile)} in the keychain; before you remove the "
                    f"program, {back} moves it to the credentials file"
                )
            if "awsenv" in (profile.get("credential_process") or ""):
                stays.append(f"profile {name!r}, whose credential_process is awsenv")
    for folder in (paths.cache_dir(), paths.data_dir()):
        if os.path.isdir(folder):
            stays += [shown(os.path.join(folder, name)) for name in sorted(os.listdir(folder))]
    if "AWSENV_PUT" in os.environ:
        stays.append("the credentials in this shell's environment, until it ends")
    return [*stays, f"the program; to remove it, type: {_removal_of_the_program()}"]


def _removal_of_the_program() -> str:
    """What takes this awsenv away, by the folder that it is installed in."""
    place = f"{os.path.realpath(sys.prefix)}/".replace(os.sep, "/")
    for mark, line in (
        ("/uv/tools/", "uv tool uninstall awsenv-shell"),
        ("/pipx/", "pipx uninstall awsenv-shell"),
        ("/Cellar/", "brew uninstall awsenv"),
    ):
        if mark in place:
            return line
    return f"{sys.executable} -P -m pip uninstall awsenv-shell"


def _confirm() -> None:
    terminal = open_terminal()
    if terminal is None:
        raise UsageError("there is no terminal to ask at", "pass --yes to remove all of this")
    with terminal:
        if terminal.ask("remove all of it? [y/N] ").strip().lower() not in ("y", "yes"):
            raise CancelledError("nothing was removed")


def _list(title: str, items: list[str]) -> None:
    sys.stderr.write("".join([f"{title}\n", *(f"  {visible(item)}\n" for item in items)]))
