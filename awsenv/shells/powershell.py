"""PowerShell, from Windows PowerShell 5.1 on.

Everything is ASCII, on one line: PowerShell splits a program's output into lines, and on Windows
decodes it with the console's code page.
"""

from awsenv.shells.shell import Shell
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.environment.change import EnvChange


class PowerShell(Shell):
    name = "powershell"
    mark = "& { <# awsenv #>"

    def render(self, change: "EnvChange") -> str:
        # $null removes a variable, without an error if there is none, in every version and in
        # constrained language mode. An empty value is a value from 7.5 on; before that, it removes
        # the variable.
        parts = [f"$env:{name} = {self.value(value)};" for name, value in change.set.items()]
        parts += [f"$env:{name} = $null;" for name in change.unset]
        return " ".join((self.mark, *parts, "}"))

    def fail(self, message: str) -> str:
        return f"throw {self.value('awsenv: ' + visible(message))}"

    def line_to_type(self, command: str) -> str:
        return f"Invoke-Expression ({command})"

    def load_line(self, path: str) -> str:
        return f"Import-Module {path}"

    def rc_line(self, path: str) -> str:
        # In constrained language mode, asking for the file would be an error already.
        return (
            "if ($ExecutionContext.SessionState.LanguageMode -eq 'FullLanguage' -and"
            f" [IO.File]::Exists({path})) {{ Import-Module {path} }}"
        )

    def unset_to_type(self, name: str) -> str:
        return f"Remove-Item Env:{name}"

    def value(self, text: str) -> str:
        """Runs of printable ASCII in '…', every other UTF-16 unit as [char]NNN, joined by +."""
        parts = [""]
        data = text.encode("utf-16-le", "surrogatepass")
        for low, high in zip(data[::2], data[1::2], strict=True):
            unit = high << 8 | low
            if 0x20 <= unit < 0x7F:
                parts[-1] += chr(unit)
            else:
                parts += [f"[char]{unit}", ""]
        # Every other part is a run; the first one stays, though empty: it makes all of it text.
        terms = [part if index % 2 else _quoted(part) for index, part in enumerate(parts)]
        terms = [term for index, term in enumerate(terms) if index == 0 or term != "''"]
        return terms[0] if len(terms) == 1 else f"({' + '.join(terms)})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


SHELL = PowerShell()
