"""NAME=value lines, for docker's --env-file, for dotenv libraries and for `set -a; . FILE`.

Their readers agree on little: docker treats quotes as part of the value, python-dotenv expands
${NAME} even inside single quotes, and a shell runs what follows a blank. So a value is written as
it is, where all of them read that unchanged, and refused otherwise. Variables to remove cannot be
expressed and are left out, as is what only awsenv in a shell needs.
"""

from awsenv.environment.change import EnvChange
from awsenv.errors import AwsenvError

_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=+,@%")
_FOR_SHELLS = ("AWSENV_BASELINE", "AWSENV_PUT", "AWSENV_SESSION")


def render(change: EnvChange) -> str:
    return "\n".join(
        f"{name}={_checked(name, value)}"
        for name, value in change.set.items()
        if name not in _FOR_SHELLS
    )


def _checked(name: str, value: str) -> str:
    if _BARE.issuperset(value):
        return value
    raise AwsenvError(
        f"dotenv cannot hold the value of {name}: its readers disagree on blanks and quotes",
        "use --format json, or awsenv exec, which needs no file",
    )
