"""`set` lines for cmd.exe: a batch file, or `for /f "delims=" %i in ('…') do @%i`."""

from awsenv.environment.change import EnvChange
from awsenv.errors import AwsenvError

# No escape for these works in every place where cmd.exe may read the line.
_REFUSED = frozenset('"%!')


def render(change: EnvChange) -> str:
    """A line per variable; an empty value removes it, for cmd.exe knows no empty variables."""
    lines = [f'set "{name}={_checked(name, value)}"' for name, value in change.set.items()]
    return "\n".join([*lines, *(f'set "{name}="' for name in change.unset)])


def _checked(name: str, value: str) -> str:
    # Beyond ASCII, what arrives would depend on the console's code page.
    if not (value.isascii() and value.isprintable()) or not _REFUSED.isdisjoint(value):
        raise AwsenvError(f"the value of {name} cannot be quoted for cmd.exe", "use PowerShell")
    return value
