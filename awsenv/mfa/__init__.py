"""MFA codes, wherever they come from."""

from __future__ import annotations

from awsenv.errors import CredentialsError
from awsenv.mfa import used_codes
from awsenv.mfa.given_code import OptionSource
from awsenv.mfa.mfa_process import MfaProcessSource
from awsenv.mfa.prompts import chosen
from awsenv.mfa.question import CodeSource, EmptyCode, Question
from awsenv.terminal.opening import why_closed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from awsenv.mfa.question import Last

__all__ = ["Codes", "EmptyCode", "NoCodes", "Question"]

# In this order. A source without a code leaves it to the next one.
SOURCES: tuple[Callable[[Question], CodeSource], ...] = (
    OptionSource,
    MfaProcessSource,
    chosen,
)
TRIES = 3


class Codes:
    """The codes to try, one after another, until the caller is content.

        codes = Codes(Question(serial, profile, ...))
        for code in codes:
            try: call AWS with it
            except refused: codes.refused(); continue
            codes.accepted(); break

    Iterating raises CredentialsError if no code can be obtained, CancelledError, EmptyCode where
    that is allowed, and TakenOver if another awsenv asks instead.
    """

    def __init__(self, question: Question) -> None:
        self._question = question
        self._sources = [source(question) for source in SOURCES]
        self._last: Last = ""
        self._code = ""
        self._refusals = 0

    def __iter__(self) -> Iterator[str]:
        while True:
            self._code = self._next()
            yield self._code

    def refused(self) -> None:
        """AWS did not accept the code; raises CredentialsError the third time."""
        self._last = "refused"
        self._refusals += 1
        if self._refusals >= TRIES:
            raise CredentialsError(
                f"AWS did not accept {TRIES} MFA codes for {self._question.device}",
                "check that this is the device that shows them, and that its clock is right",
            )

    def accepted(self) -> None:
        """AWS accepted the code, so it is used up."""
        self._last = "used"
        question = self._question
        used_codes.remember(question.serial, self._code, question.clock(), question.step)

    def _next(self) -> str:
        question = self._question
        while self._sources:
            code = self._sources[0].code(self._last)
            if code is None:
                del self._sources[0]
            elif used_codes.was_used(question.serial, code, question.clock(), question.step):
                self._last = "used"
            else:
                return code
        raise self._nobody()

    def _nobody(self) -> CredentialsError:
        device, given = self._question.device, "the code given with --mfa-code"
        if self._last == "used":
            return CredentialsError(f"{given} was just used", "wait for the device's next code")
        if self._last == "refused":
            return CredentialsError(
                f"AWS did not accept {given}: it is wrong, or was used before",
                f"take the next code of {device}",
            )
        import shlex

        reason = why_closed() or "nobody can be asked for it"
        login = shlex.join(["awsenv", "login", *filter(None, [self._question.login])])
        return CredentialsError(
            f"an MFA code is needed for {device}, and {reason}",
            f"run {login} at a terminal first, pass --mfa-code, or set "
            "mfa_prompt = auto to be asked by a dialog",
        )


class NoCodes:
    """For a call that needs no code: None, as often as it is asked."""

    def __iter__(self) -> Iterator[None]:
        while True:
            yield None

    def refused(self) -> None:
        """AWS asks for a code although none was planned."""
        raise CredentialsError(
            "AWS asks for an MFA code here, and the profile names no MFA device",
            "add mfa_serial to the profile, or pass --mfa-serial",
        )

    def accepted(self) -> None:
        """There was no code to be spent."""
