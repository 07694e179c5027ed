"""nushell, which evaluates no text: it loads a record. There is no hook for it."""

from awsenv.errors import AwsenvError
from awsenv.shells.shell import Shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.environment.change import EnvChange


class Nushell(Shell):
    name = "nushell"
    mark = "{"

    def render(self, change: "EnvChange") -> str:
        import json

        for name, value in change.set.items():
            if not value.isascii() and value.encode("utf-8", "replace").decode() != value:
                raise AwsenvError(
                    f"nushell cannot hold the value of {name}, which is not UTF-8",
                    "use another shell for this profile",
                )
        # A null value is not passed on to programs.
        return json.dumps({**change.set, **dict.fromkeys(change.unset)})

    def fail(self, message: str) -> str:  # noqa: ARG002
        # load-env takes no boolean, and the line ends there; whatever a pipeline's first program
        # ends with does not stop it.
        return "false"

    def line_to_type(self, command: str) -> str:
        return f"{command} | from json | load-env"

    def value(self, text: str) -> str:
        """As an argument on a line, between double quotes."""
        return '"' + "".join(map(_escape, text)) + '"'


def _escape(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    return char if char.isprintable() else f"\\u{{{ord(char):x}}}"


SHELL = Nushell()
