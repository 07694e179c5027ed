"""The code given with --mfa-code, which works once."""

from __future__ import annotations

from awsenv.errors import UsageError
from awsenv.mfa.question import Question, is_code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.mfa.question import Last


class OptionSource:
    def __init__(self, question: Question) -> None:
        self._given = question.given

    def code(self, last: Last) -> str | None:
        if last or self._given is None:
            return None
        given = self._given.replace(" ", "")
        if not is_code(given):
            raise UsageError(
                "--mfa-code is not an MFA code", "give it the six digits that the device shows"
            )
        return given
