"""NAME=value lines, for docker's --env-file, for dotenv libraries and for `set -a; . FILE`.

Their readers agree on little: docker treats quotes as part of the value; python-dotenv expands
${NAME} even inside single quotes, and drops backslashes there. So a value is written bare where all
of them read it unchanged, quoted where at least those that know quotes agree, and refused
otherwise. Variables to remove cannot be expressed and are left out.
"""

from awsenv.environment.change import EnvChange
from awsenv.errors import AwsenvError

_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=+,@%")


def render(change: EnvChange) -> str:
    return "\n".join(f"{name}={_value(name, value)}" for name, value in change.set.items())


def _value(name: str, value: str) -> str:
    if _BARE.issuperset(value):
        return value
    if value.isprintable() and not any(char in value for char in "\\$`"):
        for mark in "'\"":
            if mark not in value:
                return f"{mark}{value}{mark}"
    raise AwsenvError(
        f"the value of {name} cannot be written in dotenv format", "use --format json"
    )
