"""The user, asked at the terminal."""

from __future__ import annotations

import os

from awsenv.errors import CredentialsError
from awsenv.mfa.question import USED, WRONG, EmptyCode, Question, TakenOver
from awsenv.values.notation import is_code
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.mfa.question import Last
    from awsenv.terminal.terminal import Terminal

_MALFORMED_TRIES = 3
# Set in the shell of `awsenv demo`.
DEMO = "AWSENV_DEMO"


class TerminalSource:
    def __init__(self, question: Question) -> None:
        self._question = question

    def code(self, last: Last) -> str | None:
        terminal = self._question.open_terminal()
        if terminal is None:
            return None
        self._question.on_ask("asking")
        with terminal:
            if not last and self._question.note:
                terminal.say(self._question.note)
            if last == "refused":
                terminal.say(WRONG)
            elif last == "used":
                seconds = self._question.until_next_code()
                if not terminal.countdown(seconds, USED, self._question.idle):
                    raise TakenOver
            return self._ask(terminal)

    def _ask(self, terminal: Terminal) -> str:
        question = self._question
        prompt = f"MFA code for {question.device} ({visible(question.purpose, 60)}): "
        idle = question.idle
        for _ in range(_MALFORMED_TRIES):
            if os.environ.get(DEMO):
                # Users of the demo hold no real device, so show it above the question.
                from awsenv.demo.guide import TickingAuthenticator, authenticator_now

                terminal.say(authenticator_now())
                # Not where the question takes more than a line, with the stars of the code.
                if terminal.columns() > len(prompt) + 10:
                    idle = TickingAuthenticator(terminal, question.idle)
            line = terminal.ask_code(prompt, idle, question.begin_meanwhile)
            if line is None:
                raise TakenOver
            code = line.replace(" ", "")
            if not code and question.allow_empty:
                raise EmptyCode
            if is_code(code):
                return code
            terminal.say("an MFA code is six digits")
        raise CredentialsError(
            f"no MFA code for {question.device}: what was typed was not six digits",
            "try again with the code that the device shows",
        )
