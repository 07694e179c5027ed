"""`awsenv unset`: statements that take an assume back."""

import os

from awsenv.environment import unset_change
from awsenv.output import FormatOption, PrintOption, ShellOption, renderer


def command(
    shell: ShellOption = None, format_: FormatOption = None, print_: PrintOption = False
) -> None:
    """Print statements that restore what the variables held before the first assume."""
    renderer(["awsenv", "unset"], shell, format_, print_)(unset_change(os.environ))
