"""`awsenv unset`: statements that take an assume back."""

import os

from awsenv.environment.change import unset_change
from awsenv.parameters.output_options import FORMAT, PRINT, SHELL, renderer


def command(
    *, shell: str | None = SHELL, format_: str | None = FORMAT, print_: bool = PRINT
) -> None:
    """Print statements that restore what the variables held before the first assume."""
    emit = renderer(["awsenv", "unset"], shell=shell, format_=format_, print_=print_)
    emit(unset_change(os.environ))
