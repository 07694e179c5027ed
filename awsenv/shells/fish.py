"""fish, 3.4 and later."""

from awsenv.shells.shell import Shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.environment.change import EnvChange

_WARN = (
    'if set -qUx $awsenv_name; echo "awsenv: $awsenv_name is a universal variable and stays set:'
    ' some tools will use it instead of these credentials (hint: set -Ue $awsenv_name)" >&2; end'
)


class Fish(Shell):
    name = "fish"
    mark = "begin; : awsenv;"

    def render(self, change: "EnvChange") -> str:
        parts = [self.mark]
        if change.set:
            # Tracing is off for the values that follow, because some are secrets.
            parts.append("set -l fish_trace;")
        if change.unset:
            names = " ".join(change.unset)
            # -g: a universal variable of the user's must not vanish from all their shells.
            parts.append(f"set -eg {names}; for awsenv_name in {names}; {_WARN}; end;")
        parts += (f"set -gx {name} {self.value(value)};" for name, value in change.set.items())
        return " ".join((*parts, "end"))

    def line_to_type(self, command: str) -> str:
        return f"{command} | source"

    def load_line(self, path: str) -> str:
        return f"source {path}"

    def rc_line(self, path: str) -> str:
        return f"if test -r {path}; source {path}; end"

    def unset_to_type(self, name: str) -> str:
        return f"set --erase {name}"

    def value(self, text: str) -> str:
        """Quoted runs of printable ASCII, and every other byte as an escape outside the quotes."""
        parts, run = [], ""
        for byte in text.encode("utf-8", "surrogateescape"):
            if 0x20 <= byte < 0x7F:
                run += chr(byte)
                continue
            if run:
                parts.append(_quoted(run))
                run = ""
            parts.append(f"\\X{byte:02x}")
        if run or not parts:
            parts.append(_quoted(run))
        return "".join(parts)


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


SHELL = Fish()
