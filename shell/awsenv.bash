# shellcheck shell=bash disable=SC2034,SC2178
# awsenv for bash 3.2 and later: the session's time left in the prompt, and a code asked for
# just before the command that needs it. `awsenv init bash --install` adds it to ~/.bashrc.
# This is what the start of every shell pays for. The rest is in awsenv-more.bash, which is read
# once there is a session, or awsenv is called.

# --- 1. guard ------------------------------------------------------------------------------

case $- in *i*) ;; *) return 0 ;; esac
# Not a mere flag: under `set -a` that would reach child shells.
if [[ ${__awsenv_loaded-} == "$$" ]]; then return 0; fi
__awsenv_loaded=$$ __awsenv_aliases=
# Functions are parsed without aliases, so that no alias of a builtin ends up in them.
if \builtin shopt -q expand_aliases; then __awsenv_aliases=1 && \builtin shopt -u expand_aliases; fi

# --- 10. hooking in ------------------------------------------------------------------------

# What puts itself into places that others share, or has to be known before they do.
# At each prompt, one command; and text for what cannot be done within a function. Harmless
# wherever another tool has copied it to, even after unloading.
# shellcheck disable=SC2016
__awsenv_entry='"${__awsenv_run-:}" || \eval "${__awsenv_after-:}"'
__awsenv_run=__awsenv_idle
# shellcheck disable=SC2016
__awsenv_after='if __awsenv_wake; then \eval "$__awsenv_after"; else __awsenv_hand_on; fi'
__awsenv_version=$((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1]))
__awsenv_had=${PROMPT_COMMAND+p}${PS0+0}
if declare -F awsenv >/dev/null; then __awsenv_had+=$(\builtin declare -f awsenv); fi
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
# It knows from here: __awsenv_version, _entry, _run, _after, _had, _status, _join, _leave, _hand_on.
# Known of it: __awsenv_update, __awsenv_complete, awsenv, awsenv_segment, awsenv_unload.
__awsenv_fetch() {
  if [[ -r $__awsenv_more ]]; then builtin . "$__awsenv_more"; fi
  [[ $__awsenv_run != __awsenv_idle ]]
}

# True, as nearly always, if there is nothing to do at this prompt.
__awsenv_idle() {
  __awsenv_status=$?
  [[ $__awsenv_status,${AWSENV_PUT+x},${PROMPT_COMMAND[1]+x},${PROMPT_COMMAND-} == 0,,,*"$__awsenv_entry" ]]
}

# True if from now on it is the rest that acts at the prompt.
__awsenv_wake() {
  if [[ -n ${AWSENV_PUT+x} ]] && __awsenv_fetch; then __awsenv_update && return 0; fi
  __awsenv_join
  return 1
}

# Leaves the last command's status to what comes next.
__awsenv_hand_on() {
  # Under `set -e`, a failure would end the shell.
  case $- in *e*) return 0 ;; esac
  return "$__awsenv_status"
}

# Keeps our part of PROMPT_COMMAND last, after whatever sets PS1.
__awsenv_join() {
  local IFS=$'\n' all last
  # bash-preexec takes what follows its own last command for the person's line.
  all=$'\n'${PROMPT_COMMAND[*]-}
  case ${all%[$'\n;']__bp_interactive_mode} in *[$'\n;']"$__awsenv_entry") return 0 ;; esac
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

__awsenv_leave() {
  local i text
  if [[ ${PROMPT_COMMAND[*]-} != *"$__awsenv_entry"* ]]; then return 0; fi
  for i in "${!PROMPT_COMMAND[@]}"; do
    text=${PROMPT_COMMAND[i]//[$'\n;']"$__awsenv_entry"/}
    text=${text//"$__awsenv_entry"[$'\n;']/}
    text=${text//"$__awsenv_entry"/}
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

# --- 11. the awsenv command ----------------------------------------------------------------

# Where the rest is missing, it is the program.
awsenv() { if __awsenv_fetch; then awsenv "$@"; else builtin command awsenv "$@"; fi; }
awsenv_segment() { if [[ -n ${AWSENV_PUT+x} ]] && __awsenv_fetch; then awsenv_segment; fi; }
awsenv_unload() { __awsenv_fetch && awsenv_unload; }
__awsenv_complete() { if __awsenv_fetch; then __awsenv_complete "$@"; fi; } 2>/dev/null
builtin complete -F __awsenv_complete awsenv
if [[ -n $__awsenv_aliases ]]; then builtin shopt -s expand_aliases; fi
__awsenv_aliases=
