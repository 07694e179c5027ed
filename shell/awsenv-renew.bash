# shellcheck shell=bash disable=SC2034,SC2128,SC2154,SC2178
# The renewal of a session that has expired when a line is about to run, and how the line is dropped
# where that was cancelled.

# --- 1. renewing ----------------------------------------------------------------------------

# True if the line $1 is one to renew the session for.
__awsenv_wanted() {
  if [[ ${AWSENV_AUTO-} == off ]]; then return 1; fi
  # In this mode a cancel holds until there is a new session; then only what uses AWS asks.
  if [[ ${AWSENV_AUTO-} == all && ${__awsenv_snoozed-} != "${AWSENV_EXPIRES_AT-}" ]]; then
    case $1 in awsenv | awsenv[[:blank:]_]* | exit | exit[[:blank:]]*) return 1 ;; *) return 0 ;; esac
  fi
  __awsenv_matches "$1"
}

# Renews the session; false if the line must not run.
__awsenv_renew() {
  local out code=0
  if __awsenv_find_fixed; then
    if [[ $__awsenv_told != *"$__awsenv_name"* ]]; then
      __awsenv_told+=" $__awsenv_name"
      builtin printf 'awsenv: %s is read-only in this shell, so the session cannot be renewed here\n' "$__awsenv_name" >&2
    fi
    return 0
  fi
  if __awsenv_load; then return 0; fi
  out=$(AWSENV_BEFORE_LINE=1 AWSENV_LEAD=${AWSENV_LEAD:-2m} \builtin command awsenv refresh --shell bash) || code=$?
  # No code was given, or there is no awsenv (any more): the line runs as it is.
  if [[ $code == 127 || $out == '{ : awsenv; }' ]]; then return 0; fi
  if [[ $code == 0 && $out == '{ : awsenv;'* ]] && builtin eval "$out"; then return 0; fi
  __awsenv_snoozed=${AWSENV_EXPIRES_AT-}
  return 1
}
__awsenv_told=''

# Drops the whole line that is about to run. The expired credentials stay: without any, tools
# would fall through to another identity.
__awsenv_drop() {
  # So that the next prompt ends it.
  __awsenv_settled=()
  # Every command up to the next prompt is skipped, those of lines that were pasted with this one
  # too. extdebug, which can do that, turns on -T and -E as well; under -e its verdict would end the
  # shell.
  __awsenv_flags=$- __awsenv_dropped=1 __awsenv_fails=
  if builtin shopt -q extdebug; then __awsenv_flags+=x; fi
  set +e
  builtin shopt -s extdebug
  # Before 5.0 an interrupt from a DEBUG trap can wedge the shell or end it.
  if ((__awsenv_version >= 500)); then
    # The person's own INT trap must not run; it is back before the next prompt.
    __awsenv_int=$(\builtin trap -p INT)
    if [[ -n $__awsenv_int ]]; then builtin trap - INT; fi
    builtin kill -INT $$
  fi
}

# What is skipped counts as a success, so `while read x; do aws ...` would go round for ever. After
# a few rounds, plain commands fail instead; where that does not help, only leaving does.
__awsenv_skip() {
  local word IFS
  local -a words
  IFS=$' \t\n'
  if [[ -n ${FUNCNAME[2]-} ]]; then return 0; fi
  if __awsenv_in_prompt_command; then __awsenv_fails=$BASH_COMMAND && return 0; fi
  if ((++__awsenv_dropped > 1000)); then builtin exit 130; fi
  if ((__awsenv_dropped < 20)) || [[ $BASH_COMMAND == *[!A-Za-z0-9_:./=@%+,\ -]* ]]; then return 0; fi
  builtin read -r -a words <<<"$BASH_COMMAND"
  for word in "${words[@]}"; do
    case $word in *=*) continue ;; */* | -*) return 0 ;; esac
    if declare -F -- "$word" >/dev/null; then return 0; fi
    builtin eval "$word() { [[ __awsenv_ == fails ]]; }"
    __awsenv_fails=$BASH_COMMAND __awsenv_failing+=" $word"
    return 0
  done
}

__awsenv_end_drop() {
  local word IFS
  IFS=$' \t\n'
  if [[ -n $__awsenv_int ]]; then builtin eval "$__awsenv_int" && __awsenv_int=; fi
  if [[ -z $__awsenv_dropped ]]; then return 0; fi
  __awsenv_dropped=
  for word in $__awsenv_failing; do unset -f "$word"; done
  __awsenv_failing=
  if [[ $__awsenv_flags != *x ]]; then builtin shopt -u extdebug; fi
  case $__awsenv_flags in *T*) set -T ;; *) set +T ;; esac
  case $__awsenv_flags in *E*) set -E ;; *) set +E ;; esac
  case $__awsenv_flags in *e*) set -e ;; esac
}

# --- 2. the line ---------------------------------------------------------------------------

# Sets __awsenv_history to the line read last, if it is kept in the history. Where HISTTIMEFORMAT is
# read-only, `history` would put a time before it.
__awsenv_read_history() {
  __awsenv_history=$(
    \builtin printf -v HISTTIMEFORMAT %s '' 2>/dev/null || :
    if [[ -z ${HISTTIMEFORMAT-} ]]; then \builtin history 1; else \builtin fc -ln -0; fi
  ) || true
  case $__awsenv_history in
    $'\t'*) __awsenv_history=${__awsenv_history:2} ;;
    *)
      __awsenv_history=${__awsenv_history#"${__awsenv_history%%[0123456789]*}"}
      __awsenv_history=${__awsenv_history#"${__awsenv_history%%[!0123456789]*}"}
      __awsenv_history=${__awsenv_history#"${__awsenv_history%%[!* ]*}"}
      ;;
  esac
}

# A command of other tools.
__awsenv_in_prompt_command() {
  local IFS
  IFS=';'
  [[ ";${PROMPT_COMMAND[*]-};" == *[\;$'\n ']"$BASH_COMMAND"[\;$'\n ']* ]]
}

# True if the line is one to renew the session for, as far as the command that is about to run and the
# history tell. __awsenv_gone is set if that command takes the session away itself.
__awsenv_line_wanted() {
  __awsenv_gone=
  if __awsenv_in_prompt_command; then return 1; fi
  if __awsenv_wanted "$BASH_COMMAND"; then
    # A function may have changed the session, earlier in the line.
    __awsenv_compute
    __awsenv_expired
    return
  fi
  if [[ -n $__awsenv_gone ]]; then return 1; fi
  # `x | aws` should ask before x starts. The history may hold another line than this one.
  if [[ -n $__awsenv_line ]]; then return 1; fi
  __awsenv_read_history
  if [[ ${__awsenv_history//[[:space:]]/} != *"${BASH_COMMAND//[[:space:]]/}"* ]]; then return 1; fi
  __awsenv_line=1
  __awsenv_wanted "$__awsenv_history" && __awsenv_gone='' && return
  __awsenv_gone=
  return 1
}
