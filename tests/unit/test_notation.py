"""Numbers in text that anybody may have written: read in one place, or taken for none."""

from pathlib import Path

import pytest

from awsenv.values.notation import whole_number

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
