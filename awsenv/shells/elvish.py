"""elvish, from 0.18 on. There is no hook for it."""

from awsenv.shells.shell import Shell
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.environment.change import EnvChange


class Elvish(Shell):
    name = "elvish"
    mark = "{ nop awsenv;"

    def render(self, change: "EnvChange") -> str:
        parts = [f"set-env {name} {self.value(value)};" for name, value in change.set.items()]
        parts += [f"unset-env {name};" for name in change.unset]
        return " ".join((self.mark, *parts, "}"))

    def fail(self, message: str) -> str:
        return f"fail {self.value('awsenv: ' + visible(message))}"

    def line_to_type(self, command: str) -> str:
        return f"eval ({command} | slurp)"

    def value(self, text: str) -> str:
        """Printable ASCII between double quotes, and every other byte in octal."""
        return '"' + "".join(map(_escape, text.encode("utf-8", "surrogateescape"))) + '"'


def _escape(byte: int) -> str:
    # Octal digits stand for a byte; hexadecimal ones would stand for a character.
    plain = 0x20 <= byte < 0x7F and byte not in b'"\\'
    return chr(byte) if plain else f"\\{byte:03o}"


SHELL = Elvish()
