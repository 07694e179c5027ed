"""Whole numbers in text that anybody may have written: environment, files, answers."""

# As many digits as a moment in epoch seconds has for the next thirty thousand years.
MOMENT = 12


def whole_number(text: "str | None", most: int = MOMENT) -> "int | None":
    """The number that 1 to `most` ASCII digits write; None where `text` is anything else.

    `int` alone takes signs, blanks, underscores and the digits of other scripts as well, and
    raises ValueError for a text of thousands of digits.
    """
    if text and len(text) <= most and text.isascii() and text.isdigit():
        return int(text)
    return None
