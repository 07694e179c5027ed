"""NAME=value lines, for docker's --env-file, for dotenv libraries and for `set -a; . FILE`.

They agree on little: docker takes quotes as part of the value, python-dotenv replaces ${NAME}
even inside single quotes and drops backslashes there. So a value is bare wherever all of them
take it as it stands, quoted where at least those that know quotes agree, and otherwise refused.
Variables to remove have no way to be written and are left out.
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
