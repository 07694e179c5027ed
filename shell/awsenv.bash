# shellcheck shell=bash disable=SC2034,SC2178
# awsenv for bash 3.2 and later: the session's time left in the prompt, and a code asked for
# just before the command that needs it. `awsenv init bash --install` adds it to ~/.bashrc.
# This is what the start of every shell pays for. The rest is in awsenv-more.bash, which is read
# once there is a session, or awsenv is called.

# --- 1. guard ------------------------------------------------------------------------------

case $- in *i*) ;; *) return 0 ;; esac
# Not a mere flag: under `set -a` that would reach child shells.
if [[ ${__awsenv_loaded-} == "$$" ]]; then
  # PROMPT_COMMAND may have been assigned anew since.
  if declare -F __awsenv_join >/dev/null; then __awsenv_repair; fi
  return 0
fi
__awsenv_loaded=$$ __awsenv_aliases=
# Functions are parsed without aliases, so that no alias of a builtin ends up in them, and without -k,
# which stays in them in bash 3.2.
if \builtin shopt -q expand_aliases; then __awsenv_aliases=a && \builtin shopt -u expand_aliases; fi
case $- in *k*) __awsenv_aliases+=k && set +k ;; esac

# --- 10. hooking in ------------------------------------------------------------------------

# What puts itself into places that others share, or has to be known before they do.
# At each prompt, one command; and text for what cannot be done within a function. Harmless
# wherever another tool has copied it to, even after unloading.
# shellcheck disable=SC2016
__awsenv_entry='"${__awsenv_run-:}" || \eval "${__awsenv_after-:}"'
__awsenv_version=$((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1])) __awsenv_old=
# Before 4.4 our part has to leave the status to the prompt, which is one more failure to an ERR trap
# unless && follows.
if ((__awsenv_version < 404)); then __awsenv_entry+=' && :' __awsenv_old=1; fi
__awsenv_run=__awsenv_idle
# shellcheck disable=SC2016
__awsenv_after='if __awsenv_wake; then \eval "$__awsenv_after"; else __awsenv_hand_on && :; fi'
__awsenv_had=${PROMPT_COMMAND+p}${PS0+0}
if declare -F awsenv >/dev/null; then __awsenv_had+=$(\builtin declare -f awsenv); fi
# What is read-only, and so not to be had; and what had to be repaired. `awsenv doctor` is told.
__awsenv_fixed='' __awsenv_lost='' __awsenv_moved=''
# Not relative: the shell may go elsewhere before it is read.
case ${BASH_SOURCE[0]-} in
  /*) __awsenv_more=${BASH_SOURCE[0]%/*} ;;
  */*) __awsenv_more=$PWD/${BASH_SOURCE[0]%/*} ;;
  ?*) __awsenv_more=$PWD ;;
  # Text that was evaluated comes from no folder.
  *) __awsenv_more= ;;
esac
__awsenv_more+=/awsenv-more.bash
# A prompt may mention them under `set -u`; from a shell above, they may be exported.
AWSENV_SEGMENT='' AWSENV_COLOR='' AWSENV_COLOR_END=''

# Reads the rest, which may be a newer awsenv's, and puts its own functions in place of those here.
# It knows from here: __awsenv_version, _entry, _run, _after, _had, _status, _fixed, _lost, _join,
# _repair, _leave, _hand_on.
# Known of it: __awsenv_update, __awsenv_complete, awsenv, awsenv_segment, awsenv_unload.
__awsenv_fetch() {
  if [[ -r $__awsenv_more ]]; then builtin . "$__awsenv_more"; fi
  [[ $__awsenv_run != __awsenv_idle ]]
}

# True, as nearly always, if there is nothing to do at this prompt.
__awsenv_idle() {
  __awsenv_status=$?
  [[ ${__awsenv_moved:+${__awsenv_status#0}},${AWSENV_PUT+x},${PROMPT_COMMAND[1]+x},${PROMPT_COMMAND-} == ,,,*"$__awsenv_entry" ]]
}

# True if from now on it is the rest that acts at the prompt.
__awsenv_wake() {
  if [[ -n ${AWSENV_PUT+x} ]] && __awsenv_fetch; then __awsenv_update && return 0; fi
  __awsenv_join
  return 1
}

# Leaves the last command's status to what comes next: somebody has put something behind our part
# since the last prompt, or bash is too old to have the status back by itself before the prompt.
__awsenv_hand_on() {
  local moved
  moved=$__awsenv_moved __awsenv_moved=$__awsenv_old
  # Under `set -e`, a status would end the shell.
  case $moved$- in 1*e*) ;; 1*) return "$__awsenv_status" ;; esac
  return 0
}

# Keeps our part of PROMPT_COMMAND last, after whatever sets PS1.
__awsenv_join() {
  local IFS all last
  IFS=$'\n'
  # bash-preexec takes what follows its own last command for the person's line.
  all=$'\n'${PROMPT_COMMAND[*]-}
  case ${all%[$'\n;']__bp_interactive_mode} in *[$'\n;']"$__awsenv_entry") return 0 ;; esac
  # An assignment to what is read-only would end the function that tries it.
  if __awsenv_is_fixed; then return 0; fi
  __awsenv_moved=1
  __awsenv_leave
  # No subscript where there is no array: it would make one.
  if ((__awsenv_version >= 501)) && [[ ${PROMPT_COMMAND[*]@a} == *a* ]]; then
    for last in "${!PROMPT_COMMAND[@]}"; do :; done
    all=${PROMPT_COMMAND[last]}
    if [[ $all == __bp_interactive_mode ]]; then PROMPT_COMMAND[last]=$__awsenv_entry; else all=$__awsenv_entry; fi
    PROMPT_COMMAND+=("$all")
  elif [[ ${PROMPT_COMMAND-} == *__bp_interactive_mode ]]; then
    PROMPT_COMMAND=${PROMPT_COMMAND%__bp_*}$__awsenv_entry$'\n'__bp_interactive_mode
  else
    PROMPT_COMMAND=${PROMPT_COMMAND-}${PROMPT_COMMAND:+$'\n'}$__awsenv_entry
  fi
}

# Comes back where PROMPT_COMMAND was assigned and our part is lost.
__awsenv_repair() {
  if [[ ${PROMPT_COMMAND[*]-} != *"$__awsenv_entry"* && $__awsenv_fixed != *PROMPT_COMMAND* ]]; then
    __awsenv_lost=PROMPT_COMMAND
    __awsenv_join
  fi
}

# True if PROMPT_COMMAND is read-only.
__awsenv_is_fixed() {
  local text=${PROMPT_COMMAND-}
  if ((__awsenv_version >= 500)) && [[ -n $text ]]; then
    if [[ ${PROMPT_COMMAND@a} != *r* ]]; then return 1; fi
  else
    # Older versions of printf do not even report it.
    builtin printf -v PROMPT_COMMAND %s "$text;" 2>/dev/null || :
    if [[ ${PROMPT_COMMAND-} == "$text;" ]]; then PROMPT_COMMAND=$text && return 1; fi
  fi
  __awsenv_fixed=' PROMPT_COMMAND'
}

__awsenv_leave() {
  local i text before
  if [[ ${PROMPT_COMMAND[*]-} != *"$__awsenv_entry"* ]]; then return 0; fi
  for i in "${!PROMPT_COMMAND[@]}"; do
    text=${PROMPT_COMMAND[i]}
    # Not ${text//...}, in which bash 3.2 takes what is quoted for a pattern.
    while [[ $text == *"$__awsenv_entry"* ]]; do
      before=${text%%"$__awsenv_entry"*} text=${text#*"$__awsenv_entry"}
      case $before in *[$'\n;']) before=${before%?} ;; *) text=${text#[$'\n;']} ;; esac
      text=$before$text
    done
    if ((i == 0)); then
      PROMPT_COMMAND=$text
    elif [[ -z $text && -n ${PROMPT_COMMAND[i]} ]]; then
      unset -v "PROMPT_COMMAND[$i]"
    else
      PROMPT_COMMAND[i]=$text
    fi
  done
}
__awsenv_join
__awsenv_moved=$__awsenv_old

# --- 11. the awsenv command ----------------------------------------------------------------

# Where the rest is missing, it is the program.
awsenv() { if __awsenv_fetch; then awsenv "$@"; else builtin command awsenv "$@"; fi; }
awsenv_segment() { if [[ -n ${AWSENV_PUT+x} ]] && __awsenv_fetch; then awsenv_segment; fi; }
awsenv_unload() { __awsenv_fetch && awsenv_unload; }
__awsenv_complete() {
  if ((__awsenv_version >= 400)); then
    if __awsenv_fetch; then __awsenv_complete "$@"; fi
    return
  fi
  # bash 3.2 loses its place in the line if a file is read now.
  builtin local line
  COMPREPLY=()
  while IFS= builtin read -r line; do
    case $line in [!$'\t']*) COMPREPLY+=("$line") ;; esac
  done <<<"$(\builtin command awsenv __complete bash "$2" "${COMP_LINE:0:COMP_POINT}")"
} 2>/dev/null
builtin complete -F __awsenv_complete awsenv
case $__awsenv_aliases in *k) set -k ;; esac
case $__awsenv_aliases in a*) builtin shopt -s expand_aliases ;; esac
__awsenv_aliases=
