"""The shell hook: whether this shell has loaded it, and whether it is this version's.

The hook's awsenv function tells `awsenv doctor`, and nothing else, in AWSENV_HOOK: the shell, the
version of the file that it comes from, and words for what is not as it should be: the name of a
variable that was assigned after the hook was loaded and thereby removed it, read-only:NAME, or
too-old:VERSION of the shell.
"""

import os
from collections.abc import Iterator

from awsenv import __version__
from awsenv.config import shown
from awsenv.doctor import Case, Finding
from awsenv.errors import AwsenvError
from awsenv.install import hook_files, rc_files
from awsenv.shells.detection import detect
from awsenv.values.text import visible


def check(case: Case) -> Iterator[Finding]:
    loaded, version, *states = [*case.env.get("AWSENV_HOOK", "").split(), "", ""]
    if loaded:
        if version != __version__:
            yield Finding(
                f"the hook in this {loaded} is of awsenv {version}, the program is {__version__}",
                "open a new shell; if that does not help: awsenv init --install",
            )
        for state in filter(None, states):
            yield _state(loaded, state)
    shell = loaded or _shell()
    if shell not in hook_files.FILES:
        return
    try:
        path = rc_files.path_for(shell)
        text = rc_files.read(path)
    except AwsenvError:
        return
    hook = hook_files.path_of(shell)
    # A module of the PowerShell Gallery is loaded by its name, from elsewhere.
    if os.path.basename(hook).encode() in text and not os.path.isfile(hook):
        which = "new shells do not have" if loaded else "no shell has"
        yield Finding(
            f"{shown(path)} loads {shown(hook)}, which does not exist, so {which} the hook",
            f"awsenv init {shell} --install",
        )
    elif not loaded:
        yield _not_loaded(shell, shown(path) if b"awsenv" in text else "")


def _not_loaded(shell: str, path: str) -> Finding:
    """`path` is that of the rc file, where that has the line."""
    if path:
        text = f"the hook is not loaded in this {shell}, although {path} loads it in new ones"
        return Finding(text, "open a new shell", problem=False)
    return Finding(
        f"the hook is not loaded in this {shell}",
        f"awsenv init {shell} --install, for the time left in the prompt and renewal on time",
        problem=False,
    )


def _state(shell: str, state: str) -> Finding:
    """What the hook says of itself: a variable that it lost and has back, or cannot have."""
    if state.startswith("too-old:"):
        return Finding(
            f"{shell} {visible(state.removeprefix('too-old:'))} cannot drop a line that is about to"
            " run, so no command asks for an MFA code",
            "the hook asks from zsh 5.5.1 on; until then: awsenv refresh",
        )
    name = visible(state.removeprefix("read-only:"))
    if state.startswith("read-only:"):
        lost = {
            "PS1": "the prompt cannot show the time left",
            "PROMPT": "the prompt cannot show the time left",
            "psvar": "the prompt cannot show the time left",
            "precmd_functions": "the prompt cannot show the time left",
            "preexec_functions": "no command asks for an MFA code",
            "PS0": "commands in ( ... ) do not ask for an MFA code",
        }.get(name, "the prompt shows no time left and no command asks for an MFA code")
        return Finding(
            f"{name} is read-only in this {shell}, so {lost}",
            f"find where a startup file makes {name} read-only (readonly, declare -r, typeset -r)",
        )
    return Finding(
        f"{name} was assigned after the hook was loaded, which switched the hook"
        " off; in this shell it works again now",
        f"add to {name} rather than assigning it, or load the hook after that",
    )


def _shell() -> str:
    try:
        return detect().name
    except AwsenvError:
        return ""
