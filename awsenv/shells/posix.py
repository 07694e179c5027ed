"""dash, ash, ksh and whatever else reads POSIX sh."""

from awsenv.shells.shell import Shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.environment.change import EnvChange


class Posix(Shell):
    name = "posix"
    mark = "{ : awsenv;"
    # The backslash keeps an alias of the person's out of it.
    export = "\\export"
    unset = "\\unset"

    def render(self, change: "EnvChange") -> str:
        parts = []
        if change.set:
            pairs = (f"{name}={self.value(value)}" for name, value in change.set.items())
            parts.append(" ".join((self.export, *pairs)))
        if change.unset:
            # -v: without it, a function of that name would go where there is no variable.
            parts.append(" ".join((self.unset, "-v", *change.unset)))
        # &&: where a variable is read-only, the line must stop.
        return f"{self.mark} {' && '.join(parts)}; }}" if parts else f"{self.mark} }}"

    def line_to_type(self, command: str) -> str:
        return f'eval "$({command})"'

    def value(self, text: str) -> str:
        return "'" + text.replace("'", "'\\''") + "'"


SHELL = Posix()
