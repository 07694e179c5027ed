"""How a person is asked for a code: one module each, and one line in this table.

`mfa_prompt` in the profile selects one, or AWSENV_MFA_PROMPT. A module has `SOURCE`, which asks,
and `fits(env)`, which says whether it can ask here; `auto` selects the first in the table that can.
"""

from __future__ import annotations

import os

from awsenv.errors import ConfigError
from awsenv.mfa.terminal_prompt import TerminalSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from awsenv.mfa.question import CodeSource, Question

TERMINAL, AUTO = "terminal", "auto"
# The order in which `auto` tries them, after the terminal.
PROMPTS = {
    "osascript": "osascript",
    "windows": "windows_dialog",
    "kdialog": "kdialog",
    "zenity": "zenity",
    "pinentry": "pinentry",
    "ykman": "ykman",
}
NAMES = (TERMINAL, *PROMPTS, AUTO)


def chosen(question: Question) -> CodeSource:
    """What asks for the code of `question`; raises ConfigError for an unknown name."""
    name = check(question.prompt, question.prompt_by)
    if name == AUTO:
        name = _fitting(question)
    source: CodeSource = (
        TerminalSource(question) if name == TERMINAL else _module(name).SOURCE(question)
    )
    return source


def check(name: str, by: str) -> str:
    """`name`, where it is one that mfa_prompt can have; `by` says where it was set."""
    if name not in NAMES:
        raise ConfigError(
            f"mfa_prompt is {name!r}, which is no way to ask ({by})",
            f"set it to one of: {', '.join(NAMES)}",
        )
    return name


def dialog_fits(env: Mapping[str, str] = os.environ) -> str | None:
    """The name of a dialog that can be shown here, if there is one."""
    return next((name for name in PROMPTS if _module(name).fits(env)), None)


def _fitting(question: Question) -> str:
    terminal = question.open_terminal()
    if terminal is not None:
        terminal.close()
        return TERMINAL
    return dialog_fits() or TERMINAL


def _module(name: str) -> Any:
    # As in awsenv.shells.
    return __import__(f"awsenv.mfa.{PROMPTS[name]}", fromlist=["SOURCE"])
