"""Numbers in text that anybody may have written: read in one place, or taken for none."""

import re
from pathlib import Path

import pytest

from awsenv.values.digits import whole_number

PACKAGE = Path(__file__).parents[2] / "awsenv"


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("007", 7), ("9" * 12, 999_999_999_999)])
def test_a_number(text: str, number: int) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize(
    "text", [None, "", " 1", "1\n", "-1", "+1", "1_0", "1.0", "٣", "²", "1" * 13, "1" * 5000]
)
def test_no_number(text: str | None) -> None:
    assert whole_number(text) is None


def test_fewer_digits() -> None:
    assert whole_number("123", 3) == 123
    assert whole_number("1234", 3) is None


def test_nothing_else_judges_digits() -> None:
    """`isdigit` says yes to digits that `int` refuses; only the names of variables may ask it."""
    told = [
        f"{path.relative_to(PACKAGE).as_posix()}: {line.strip()}"
        for path in PACKAGE.rglob("*.py")
        for line in path.read_text().splitlines()
        if re.search(r"\.is(digit|decimal|numeric)\(", line)
    ]
    allowed = {"values/digits.py", "storage/record_format.py", "aws/arn.py"}
    assert [line for line in told if line.partition(":")[0] not in allowed] == []
