"""tcsh, and csh where it is tcsh. There is no hook for it."""

from awsenv.errors import AwsenvError
from awsenv.shells.shell import Shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.environment.change import EnvChange


class Tcsh(Shell):
    name = "tcsh"
    mark = "eval ': awsenv;"

    def render(self, change: "EnvChange") -> str:
        for name, value in change.set.items():
            # The lines would become words of one line.
            if "\n" in value:
                raise AwsenvError(
                    f"tcsh cannot hold the value of {name}, which has several lines",
                    "use another shell for this profile",
                )
        parts = [f"setenv {name} {self.value(value)};" for name, value in change.set.items()]
        if change.unset:
            parts.append(f"unsetenv {' '.join(change.unset)};")
        # All of it between quotes: tcsh has no other compound statement on one line.
        # There too a backslash before `!` is taken away, so each needs one more.
        whole = " ".join(parts).replace("'", "'\\''").replace("!", "\\!")
        return f"{self.mark} {whole}'"

    def line_to_type(self, command: str) -> str:
        return f'eval "`{command}`"'

    def value(self, text: str) -> str:
        # A backslash before everything: `!` and `$` mean something between any quotes.
        bare = (char if char.isalnum() or char in "_-./:=,@%+" else f"\\{char}" for char in text)
        return "".join(bare) or '""'


SHELL = Tcsh()
