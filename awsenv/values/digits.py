"""Whole numbers in text of uncertain origin: the environment, files, answers."""

# Enough digits for a moment in epoch seconds for the next thirty thousand years.
MOMENT = 12


def whole_number(text: "str | None", most: int = MOMENT) -> "int | None":
    """The number that 1 to `most` ASCII digits write; None if `text` is anything else.

    `int` alone also accepts signs, blanks, underscores and the digits of other scripts, and raises
    ValueError for a text of thousands of digits.
    """
    if text and len(text) <= most and text.isascii() and text.isdigit():
        return int(text)
    return None
