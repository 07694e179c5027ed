"""xonsh. There is no hook for it."""

from awsenv.shells.shell import Shell
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.environment.change import EnvChange


class Xonsh(Shell):
    name = "xonsh"
    mark = "('awsenv',"

    def render(self, change: "EnvChange") -> str:
        pairs = ", ".join(f"{name!r}: {self.value(value)}" for name, value in change.set.items())
        # One expression: xonsh runs nothing of it before it has read it to the end.
        removed = f"[${{...}}.pop(name, None) for name in {list(change.unset)!r}]"
        return f"{self.mark} ${{...}}.update({{{pairs}}}), {removed})[:0]"

    def fail(self, message: str) -> str:
        return f"raise RuntimeError({self.value('awsenv: ' + visible(message))})"

    def line_to_type(self, command: str) -> str:
        return f"execx($({command}))"

    def value(self, text: str) -> str:
        return ascii(text)


SHELL = Xonsh()
