"""Other people's hooks: the real programs where they are at hand, else their way of hooking in.

A stand-in does what the tool does to PROMPT_COMMAND, traps, arrays and prompts, in our own words,
and makes `neighbour_saw` hold the lines that it was told of.
"""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

# As bash-preexec does: the DEBUG trap is taken over at the first prompt, the trap before becomes a
# function, PROMPT_COMMAND is put between two commands of its own, and whatever comes after the
# second is taken for the person's line, once per prompt.
_BASH_PREEXEC = r"""
bash_preexec_imported=defined; __bp_imported=defined
__bp_interactive=; precmd_functions+=(); preexec_functions+=()
__bp_in_prompt_command() {
  local each IFS=$'\n;' all=(); read -rd '' -a all <<<"${PROMPT_COMMAND[*]-}"
  for each in "${all[@]}"; do [[ "${each## }" == "$1" ]] && return 0; done; return 1
}
__bp_precmd_invoke_cmd() { local f; for f in "${precmd_functions[@]}"; do "$f"; done; }
__bp_interactive_mode() { __bp_interactive=on; }
__bp_preexec_invoke_exec() {
  local f line; [[ -n $__bp_interactive && -z ${COMP_LINE-} ]] || return; __bp_interactive=
  __bp_in_prompt_command "$BASH_COMMAND" && return
  line=$(HISTTIMEFORMAT= builtin history 1 | sed '1 s/^ *[0-9][0-9]*[* ] //')
  for f in "${preexec_functions[@]}"; do "$f" "$line"; done
}
__bp_install() {
  [[ "${PROMPT_COMMAND[*]-}" == *__bp_precmd_invoke_cmd* ]] && return 1
  trap '__bp_preexec_invoke_exec "$_"' DEBUG
  local old; old=$(sed "s/[^']*'\(.*\)'[^']*/\1/" <<<"${__bp_trap_string-}")
  [[ -n $old ]] && eval "__bp_original_debug_trap() { $old"$'\n}' &&
    preexec_functions+=(__bp_original_debug_trap)
  local kept=${PROMPT_COMMAND//"$__bp_install_string"/:}
  PROMPT_COMMAND=$'__bp_precmd_invoke_cmd\n'$kept
  if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)); then
    PROMPT_COMMAND+=('__bp_interactive_mode')
  else PROMPT_COMMAND+=$'\n__bp_interactive_mode'; fi
  __bp_precmd_invoke_cmd; __bp_interactive_mode
}
__bp_install_string=$'__bp_trap_string="$(trap -p DEBUG)"\ntrap - DEBUG\n__bp_install'
PROMPT_COMMAND=${PROMPT_COMMAND:+$PROMPT_COMMAND$'\n'}$__bp_install_string
neighbour() { neighbour_saw+="<$1>"; }; preexec_functions+=(neighbour)
"""

# A theme that makes the whole prompt anew each time.
_THEMES = {
    "bash": "theme() { PS1='theme #$((_driven+=1))> '; }; PROMPT_COMMAND=\"theme;$PROMPT_COMMAND\"",
    "zsh": "theme() { PROMPT='theme #${_driven}> ' }; precmd_functions+=(theme)",
    "fish": 'function fish_prompt; echo -n "theme #$_driven> "; end',
}
_LATE_THEMES = {
    "bash": "theme() { PS1='theme #$((_driven+=1))> '; };"
    ' PROMPT_COMMAND="${PROMPT_COMMAND:+$PROMPT_COMMAND;}theme"',
    "zsh": "theme() { setopt prompt_subst; PROMPT='theme #${_driven}> ' }\n"
    "precmd_functions+=(theme)",
}
# powerlevel10k: an instant prompt that holds back all output until the first prompt, options and
# PROMPT set at each prompt, last of all hooks whatever the others do. The segment is in there by
# the person's hand.
_POWERLEVEL10K = {
    "zsh": "exec {held}>&1 >$HOME/output; AWSENV_PROMPT=manual\n"
    "theme() { setopt no_prompt_bang prompt_cr prompt_percent prompt_sp prompt_subst\n"
    "exec >&$held; awsenv_segment >/dev/null\n"
    "PROMPT='${AWSENV_SEGMENT//\\%/%%}theme #${_driven}> '\n"
    "TRAPINT() { return $(( $1 + 128 )) }\n"
    "precmd_functions=(${precmd_functions:#theme} theme) }; precmd_functions+=(theme)"
}
# mise: before each prompt and on each change of folder, in front of all others.
_MISE = {
    "bash": '_mise_hook() { local s=$?; neighbour_saw+="<mise>"; return $s; };'
    ' PROMPT_COMMAND="_mise_hook${PROMPT_COMMAND:+;$PROMPT_COMMAND}"',
    "zsh": '_mise_hook() { neighbour_saw+="<mise>" }\n'
    "typeset -ag precmd_functions chpwd_functions\n"
    "precmd_functions=(_mise_hook $precmd_functions); chpwd_functions+=(_mise_hook)",
    "fish": "function _mise_hook --on-event fish_prompt; set -g neighbour_saw '<mise>'; end",
}
# atuin: told of each line before it runs, and of its end at the prompt.
_ATUIN = {
    "zsh": 'n() { neighbour_saw+="<$1>" }; preexec_functions+=(n); precmd_functions+=(n)',
    "fish": 'function n --on-event fish_preexec; set -g neighbour_saw "$neighbour_saw<$argv>"; end',
}
_EXAMPLES = "/usr/share/doc/fzf/examples/key-bindings"


@dataclass(frozen=True)
class Neighbour:
    """The rc lines of a tool in each shell, and the programs and files it takes."""

    name: str
    lines: dict[str, str]
    programs: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    expected: bool = False
    """Whether it is among what continuous integration installs."""

    def missing(self, shell: str) -> str:
        """What is not on this machine, "" where everything is."""
        for program in self.programs:
            if not shutil.which(program):
                return program
        file = self.files.get(shell)
        return file if file and not os.path.exists(file) else ""


def _hooked(line: str) -> dict[str, str]:
    return {name: f'eval "$({line.format(name)})"' for name in ("bash", "zsh")} | {
        "fish": f"{line.format('fish')} | source"
    }


_COUNT = {
    "bash": "counted() { export DRIVEN=$((DRIVEN + 1)); }; starship_precmd_user_func=counted\n",
    "zsh": "counted() { export DRIVEN=$((DRIVEN + 1)) }; precmd_functions+=(counted)\n",
    "fish": "function counted --on-event fish_prompt; set -gx DRIVEN (math 0$DRIVEN + 1); end\n",
}

NEIGHBOURS = [
    Neighbour("direnv", _hooked("direnv hook {}"), ("direnv",), expected=True),
    Neighbour("zoxide", _hooked("zoxide init {}"), ("zoxide",), expected=True),
    Neighbour(
        "fzf",
        {
            "bash": f"source {_EXAMPLES}.bash",
            "zsh": f"source {_EXAMPLES}.zsh",
            "fish": f"source {_EXAMPLES}.fish; fzf_key_bindings",
        },
        ("fzf",),
        {name: f"{_EXAMPLES}.{name}" for name in ("bash", "zsh", "fish")},
    ),
    Neighbour(
        "starship",
        {name: _COUNT[name] + line for name, line in _hooked("starship init {}").items()},
        ("starship",),
    ),
    Neighbour(
        "atuin",
        {name: line for name, line in _hooked("atuin init {}").items() if name != "bash"},
        ("atuin",),
    ),
    Neighbour(
        "zsh-autosuggestions",
        {"zsh": "source /usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh"},
        files={"zsh": "/usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh"},
    ),
    Neighbour(
        "zsh-syntax-highlighting",
        {"zsh": "source /usr/share/zsh-syntax-highlighting/zsh-syntax-highlighting.zsh"},
        files={"zsh": "/usr/share/zsh-syntax-highlighting/zsh-syntax-highlighting.zsh"},
    ),
    Neighbour("bash-preexec-like", {"bash": _BASH_PREEXEC}),
    Neighbour("atuin-like", {**_ATUIN, "bash": _BASH_PREEXEC}),
    Neighbour("mise-like", _MISE),
    Neighbour("theme", _THEMES),
    Neighbour("late-theme", _LATE_THEMES),
    Neighbour("powerlevel10k-theme", _POWERLEVEL10K),
]
STARSHIP_CONFIG = """
add_newline = false
format = "$aws#${env_var.DRIVEN}> "
[env_var.DRIVEN]
format = "$env_value"
[aws]
format = "aws<$profile $duration>"
"""


def environment(folder: Path) -> dict[str, str]:
    """What the tools' own files and settings take."""
    config = folder / "starship.toml"
    config.write_text(STARSHIP_CONFIG)
    return {
        "STARSHIP_CONFIG": str(config),
        "STARSHIP_LOG": "error",
        "DRIVEN": "0",
        "ATUIN_CONFIG_DIR": str(folder / "atuin"),
        "DIRENV_LOG_FORMAT": "",
        "_ZO_DATA_DIR": str(folder / "zoxide"),
    }
