"""zsh: bash's values and names, in a function that leaves options and tracing alone."""

from awsenv.shells.bash import Bash

TYPE_CHECKING = False
if TYPE_CHECKING:
    from awsenv.environment.change import EnvChange

# An anonymous function, so that its options end with it. Without no_xtrace, the secrets would
# appear in the trace of `source <(awsenv ...)` under `set -x`.
_BEGIN = "() { \\builtin emulate -L zsh -o no_xtrace; \\builtin local awsenv_name;"
# All or nothing: zsh would set the variables before the read-only one.
_CHECK = (
    "for awsenv_name in %s; do case ${(Pt)awsenv_name} in (*readonly*) \\builtin print -ru2 --"
    ' "awsenv: $awsenv_name is read-only in this shell, so nothing was changed";'
    ' \\builtin print -ru2 -- "hint: typeset +r $awsenv_name, or use a shell without that line";'
    " \\return 1;; esac; done;"
)


class Zsh(Bash):
    name = "zsh"

    def rc_line(self, path: str) -> str:
        return f"if [ -r {path} ]; then . {path}; fi"

    def render(self, change: "EnvChange") -> str:
        names = (*change.set, *change.unset)
        if not names:
            return f"{self.mark} }}"
        parts = [_BEGIN, _CHECK % " ".join(names)]
        if change.set:
            pairs = (f"{name}={self.value(value)}" for name, value in change.set.items())
            parts.append(" ".join((self.export, *pairs)) + ";")
        if change.unset:
            # -v: without it, a function of that name would be removed if there is no such variable.
            parts.append(" ".join((self.unset, "-v", *change.unset)) + ";")
        return f"{self.mark} {' '.join(parts)} }}; }}"


SHELL = Zsh()
