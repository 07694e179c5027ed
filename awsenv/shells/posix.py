"""dash, ash, ksh and everything else that reads POSIX sh."""

from awsenv.shells.shell import Shell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.environment.change import EnvChange

# Printed after the shell's own message, which names the variable.
_READ_ONLY = (
    "awsenv: this variable is read-only in this shell, so nothing was changed",
    "hint: use a shell in which no startup file makes it read-only",
)


class Posix(Shell):
    name = "posix"
    mark = "{ : awsenv;"
    # The backslash bypasses the user's aliases.
    export = "\\export"
    unset = "\\unset"

    def render(self, change: "EnvChange") -> str:
        names = (*change.set, *change.unset)
        if not names:
            return f"{self.mark} }}"
        parts = []
        if change.set:
            # Not as arguments of export: under `set -k` those would go into its environment.
            parts += [f"{name}={self.value(value)}" for name, value in change.set.items()]
            parts[-1] += ";"
            parts += [self.export, *change.set]
            parts[-1] += ";"
        if change.unset:
            # -v: without it, a function of that name would be removed if there is no such variable.
            parts += [self.unset, "-v", *change.unset]
            parts[-1] += ";"
        # A trace must not show the values. All or nothing: only a subshell can test for a read-only
        # variable without ending dash, and one subshell tests all of them.
        first, second = map(self.value, _READ_ONLY)
        return (
            f"{self.mark} awsenv_flags=$-; \\set +x;"
            f" if ({self.unset} -v {' '.join(names)}); then {' '.join(parts)}"
            " awsenv_flags=0$awsenv_flags;"
            f" else \\printf '%s\\n' {first} {second} >&2; awsenv_flags=1$awsenv_flags; fi;"
            " case $awsenv_flags in"
            f" 0*x*) {self.unset} -v awsenv_flags; \\set -x ;; 0*) {self.unset} -v awsenv_flags ;;"
            f" *x*) {self.unset} -v awsenv_flags; \\set -x; \\false ;;"
            f" *) {self.unset} -v awsenv_flags; \\false ;; esac; }}"
        )

    def line_to_type(self, command: str) -> str:
        return f'eval "$({command})"'

    def load_line(self, path: str) -> str:
        return f". {path}"

    def rc_line(self, path: str) -> str:
        return f"if [ -r {path} ]; then . {path}; fi"

    def value(self, text: str) -> str:
        return "'" + text.replace("'", "'\\''") + "'"


SHELL = Posix()
