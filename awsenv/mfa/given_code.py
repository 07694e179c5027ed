"""The code given with --mfa-code, which works once."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.mfa.question import Last, Question


class OptionSource:
    def __init__(self, question: Question) -> None:
        self._given = question.given

    def code(self, last: Last) -> str | None:
        if last or self._given is None:
            return None
        return self._given.replace(" ", "")
