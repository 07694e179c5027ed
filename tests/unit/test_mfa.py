"""Where MFA codes come from, as far as no terminal is needed."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from awsenv.errors import AwsenvError, CredentialsError, UsageError
from awsenv.mfa import Codes, NoCodes, Question, used_codes
from awsenv.plan.validation import check_code
from support.asking import SERIAL

HOUR = 3600.0


class Clock:
    """A clock that stands still but for the waits of what is tested."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def asked(**more: object) -> Codes:
    return Codes(Question(SERIAL, "prod-admin", **more))  # type: ignore[arg-type]


def code_of(codes: Codes) -> str:
    return next(iter(codes))


def test_given_code() -> None:
    assert code_of(asked(given="123456")) == "123456"
    assert code_of(asked(given=" 012 345 ")) == "012345"


@pytest.mark.parametrize("given", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "-12345"])
def test_a_given_code_that_is_none(given: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_code(given)
    assert caught.value.message == "--mfa-code is not an MFA code"


def test_given_code_is_in_no_repr() -> None:
    question = Question(SERIAL, "x", given="123456", process="show --secret hunter2")
    assert "123456" not in repr(question)
    assert "hunter2" not in repr(question)


def test_given_code_refused() -> None:
    codes = asked(given="123456")
    assert code_of(codes) == "123456"
    codes.refused()
    with pytest.raises(CredentialsError) as caught:
        code_of(codes)
    assert "the code given with --mfa-code" in caught.value.message
    assert "123456" not in str(caught.value) + str(caught.value.hint)


def test_given_code_that_was_just_used() -> None:
    now = 1_800_000_010.0
    codes = asked(given="123456", clock=Clock(now))
    assert code_of(codes) == "123456"
    codes.accepted()
    with pytest.raises(CredentialsError, match="just used"):
        code_of(asked(given="123456", clock=Clock(now + 30)))
    assert code_of(asked(given="654321", clock=Clock(now + 30))) == "654321"
    assert code_of(asked(given="123456", clock=Clock(now + HOUR))) == "123456"
    other = Codes(Question("arn:aws:iam::1:mfa/bob", "x", given="123456", clock=Clock(now)))
    assert code_of(other) == "123456"


def test_an_accepted_code_is_not_given_again() -> None:
    codes = asked(given="123456", clock=Clock(1_800_000_010.0))
    for _ in codes:
        codes.accepted()
        break
    with pytest.raises(CredentialsError, match="just used"):
        code_of(codes)


def test_nobody_to_ask() -> None:
    with pytest.raises(CredentialsError) as caught:
        code_of(asked())
    assert f"an MFA code is needed for {SERIAL}, and " in caught.value.message
    assert caught.value.hint == (
        "run awsenv login at a terminal first, pass --mfa-code, or set mfa_prompt = auto to be "
        "asked by a dialog"
    )


def test_no_codes() -> None:
    codes = NoCodes()
    assert [code for code, _ in zip(codes, range(3), strict=False)] == [None] * 3
    codes.accepted()
    with pytest.raises(CredentialsError, match="names no MFA device"):
        codes.refused()


def test_file_of_used_codes(clean_env: Path) -> None:
    os.umask(0o022)
    used_codes.remember(SERIAL, "123456", 1_800_000_000.0)
    (file,) = (clean_env / ".cache/awsenv/mfa").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert "123456" not in file.read_text()
    first = file.read_text()
    used_codes.remember(SERIAL, "123456", 1_800_000_000.0)
    assert [file.name] == os.listdir(file.parent)
    assert file.read_text() != first, "the same code is to look different each time"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("STEP=", "STEP=x"),
        lambda text: text.replace("STEP=", "STEP=9" * 30),
        lambda text: "",
        lambda text: text.replace("CODE=", "CODE=0"),
    ],
)
def test_a_spoilt_file_of_used_codes_says_nothing(
    spoil: Callable[[str], str], clean_env: Path
) -> None:
    now = 1_800_000_000.0
    used_codes.remember(SERIAL, "123456", now)
    assert used_codes.was_used(SERIAL, "123456", now)
    (file,) = (clean_env / ".cache/awsenv/mfa").iterdir()
    file.write_text(spoil(file.read_text()))
    assert not used_codes.was_used(SERIAL, "123456", now)


def test_used_codes_cannot_be_kept(clean_env: Path) -> None:
    (clean_env / ".cache").write_text("no folder")
    used_codes.remember(SERIAL, "123456", 1_800_000_000.0)
    assert not used_codes.was_used(SERIAL, "123456", 1_800_000_000.0)


def test_three_refusals_end_it(tmp_path: Path) -> None:
    codes = asked(given="123456")
    codes.refused()
    codes.refused()
    with pytest.raises(AwsenvError, match="did not accept 3 MFA codes"):
        codes.refused()
