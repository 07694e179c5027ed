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
        return
    shell = _shell()
    if shell is None:
        return
    try:
        path = rc_files.path_for(shell)
        installed = b"awsenv" in rc_files.read(path)
    except AwsenvError:
        return
    hook = hook_files.path_of(shell)
    if installed and not os.path.isfile(hook):
        yield Finding(
            f"{shown(path)} loads {shown(hook)}, which does not exist, so no shell has the hook",
            f"awsenv init {shell} --install",
        )
        return
    yield Finding(
        f"the hook is not loaded in this {shell}"
        + (f", although {shown(path)} loads it in new ones" if installed else ""),
        "open a new shell"
        if installed
        else f"awsenv init {shell} --install, for the time left in the prompt and renewal on time",
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


def _shell() -> str | None:
    try:
        name = detect().name
    except AwsenvError:
        return None
    return name if name in hook_files.FILES else None
