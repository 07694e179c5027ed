# shellcheck shell=bash disable=SC2034,SC2128,SC2154,SC2178
# What awsenv.bash reads once there is a session, or awsenv is called.
# Functions give their results in variables: $(...) would cost a process.

__awsenv_aliases=
# Functions are parsed without aliases, so that no alias of a builtin ends up in them, and without -k,
# which stays in them in bash 3.2.
if \builtin shopt -q expand_aliases; then __awsenv_aliases=a && \builtin shopt -u expand_aliases; fi
case $- in *k*) __awsenv_aliases+=k && set +k ;; esac

# --- 2. settings ---------------------------------------------------------------------------

# AWSENV_AUTO=match|all|off  AWSENV_LEAD=2m  AWSENV_COMMANDS="mytool -kubectl"
# AWSENV_PROMPT=on|manual|off  AWSENV_PROMPT_FORMAT='[{profile} {left}] '
# AWSENV_PROMPT_WARN=15m  AWSENV_PROMPT_URGENT=5m  AWSENV_PROMPT_COLORS='32 33 31'  AWSENV_NOTICE=10m
# They are read where they are used, so that a change takes effect at once.
__awsenv_seen='' __awsenv_state='' __awsenv_record='' __awsenv_head='' __awsenv_tail='' __awsenv_timed='' __awsenv_end='' __awsenv_colors='' __awsenv_warn=0 __awsenv_urgent=0 __awsenv_margin=0 __awsenv_notice=0 __awsenv_noticed=''
__awsenv_shown='' __awsenv_colored='' __awsenv_from=1 __awsenv_to=0

# Sets __awsenv_n to the seconds in $1 (90, 45s, 2m, 1h30m), or to $2 where it is none.
__awsenv_seconds() {
  case $1 in '' | [smhd]* | *[!0123456789smhd]* | *[smhd][smhd]* | ?????????????*) __awsenv_n=$2 && return 0 ;; esac
  # 1h30m becomes 10#1*3600+10#30*60.
  __awsenv_n=10#${1//s/*1+10#}
  __awsenv_n=${__awsenv_n//m/*60+10#}
  __awsenv_n=${__awsenv_n//h/*3600+10#}
  __awsenv_n=${__awsenv_n//d/*86400+10#}
  __awsenv_n=$((${__awsenv_n%+10#}))
}

# Runs "$@" without a trace, in which secrets would show, and without -k, under which bash takes the
# `x=y` out of `local x=y`.
__awsenv_plainly() {
  case $- in *[kx]*) ;; *) "$@" && return || return ;; esac
  if ((__awsenv_version >= 404)); then
    local -
    set +kx
    "$@"
  else
    __awsenv_options=$-
    set +kx
    "$@"
    set -- $?
    __awsenv_put_back
    return "$1"
  fi
}
__awsenv_options=''

__awsenv_put_back() {
  case $__awsenv_options in *k*) set -k ;; esac
  case $__awsenv_options in *x*) __awsenv_options='' && set -x ;; *) __awsenv_options= ;; esac
}

# --- 3. clock and digits -------------------------------------------------------------------

# Sets __awsenv_now to the epoch seconds.
if ((__awsenv_version >= 500)); then
  __awsenv_clock() { __awsenv_now=$EPOCHSECONDS; }
elif ((__awsenv_version >= 402)); then
  __awsenv_clock() { builtin printf -v __awsenv_now '%(%s)T' -1; }
else
  # None among the builtins: one process, now, and counting from there.
  __awsenv_started=$(($(\builtin command date +%s) - SECONDS))
  __awsenv_clock() { __awsenv_now=$((__awsenv_started + SECONDS)); }
fi

# Asked before any arithmetic: there, bash would run the command in x[$(command)].
__awsenv_is_time() {
  case ${1-} in '' | *[!0123456789]* | ?????????????*) return 1 ;; esac
}

# --- 4. is the session ours? ---------------------------------------------------------------

# True while the variable that awsenv put first still has the value it was given.
__awsenv_ours() {
  local pair=${AWSENV_PUT-} value
  pair=${pair%%&*}
  value=${pair#*=} pair=${pair%%=*}
  case $pair in AWS_ACCESS_KEY_ID | AWS_PROFILE) ;; *) return 1 ;; esac
  if [[ $value == *%* ]]; then builtin printf -v value %b "${value//\%/\\x}"; fi
  # Keys, whoever exported them, win over a profile.
  if [[ $pair == AWS_PROFILE && -n ${AWS_ACCESS_KEY_ID-} ]]; then return 1; fi
  [[ -n $value && ${!pair-} == "$value" ]]
}

# Limits __awsenv_n seconds to a tenth of the life of what ends at $1 and was issued at $2.
__awsenv_limit() {
  if __awsenv_is_time "$2" && ((10#$1 > 10#$2 && __awsenv_n > (10#$1 - 10#$2) / 10)); then
    __awsenv_n=$(((10#$1 - 10#$2) / 10))
  fi
}

# True if the session in this shell has expired or is about to; by what the last prompt found.
__awsenv_expired() {
  if [[ -z $__awsenv_end ]]; then return 1; fi
  __awsenv_clock
  ((__awsenv_end - __awsenv_now <= __awsenv_margin))
}

# --- 5. segment ----------------------------------------------------------------------------

# What would move or hide text on a screen, beside control characters: marks of direction, line
# separators, the byte order mark.
__awsenv_marks=$'\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad\xe2\x80\xae\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9\xef\xbb\xbf'

# Sets __awsenv_text to $1 seconds as people read them.
__awsenv_left() {
  if (($1 >= 3600)); then
    builtin printf -v __awsenv_text '%dh%02dm' $(($1 / 3600)) $(($1 / 60 % 60))
  elif (($1 >= 60)); then
    __awsenv_text=$(($1 / 60))m
  elif (($1 > 0)); then
    __awsenv_text=$1s
  else
    __awsenv_text=expired
  fi
}

# Sets AWSENV_SEGMENT, the text, and AWSENV_COLOR and AWSENV_COLOR_END to stand around it.
__awsenv_compute() {
  __awsenv_clock
  __awsenv_seen=${AWSENV_PROMPT-}/${AWSENV_PROFILE-}/${AWSENV_PUT-}/${AWS_ACCESS_KEY_ID-}/${AWS_PROFILE-}/${AWSENV_EXPIRES_AT-}/${AWSENV_ISSUED_AT-}/${AWSENV_LEAD-}/${AWSENV_PROMPT_FORMAT-}/${AWSENV_PROMPT_WARN-}/${AWSENV_PROMPT_URGENT-}/${AWSENV_PROMPT_COLORS-}/${AWSENV_NOTICE-}/${NO_COLOR-}/${TERM-}
  # Where a profile is exported, what it stands for goes when somebody logs out, and may come back.
  if [[ $__awsenv_seen != "$__awsenv_state" || (-n $__awsenv_record && ((-e $__awsenv_record && $__awsenv_end == 0) || (! -e $__awsenv_record && $__awsenv_end != 0))) ]]; then
    __awsenv_state=$__awsenv_seen __awsenv_to=0 && __awsenv_prepare
  fi
  if ((__awsenv_now < __awsenv_from || __awsenv_now > __awsenv_to)); then __awsenv_render; fi
  if [[ $__awsenv_notice != 0 && $__awsenv_noticed != "$__awsenv_end" ]]; then __awsenv_give_notice; fi
  AWSENV_SEGMENT=$__awsenv_shown AWSENV_COLOR=$__awsenv_colored AWSENV_COLOR_END=${__awsenv_colored:+$'\e[0m'}
}

# Sets __awsenv_shown and __awsenv_colored, and from when to when they hold.
__awsenv_render() {
  local seconds color=$__awsenv_colors limit
  __awsenv_shown=$__awsenv_head$__awsenv_tail __awsenv_colored='' __awsenv_from=$__awsenv_now __awsenv_to=9999999999999
  if [[ -n $__awsenv_end ]]; then
    seconds=$((__awsenv_end - __awsenv_now))
    __awsenv_left $seconds
    if [[ -n $__awsenv_timed ]]; then __awsenv_shown=$__awsenv_head$__awsenv_text$__awsenv_tail; fi
    __awsenv_to=$((__awsenv_now + (seconds < 60 ? 0 : seconds % 60)))
    if ((seconds <= __awsenv_warn)); then color=${color#* }; fi
    if ((seconds <= __awsenv_urgent)); then color=${color##* }; fi
    for limit in "$__awsenv_warn" "$__awsenv_urgent" "$__awsenv_notice"; do
      if ((seconds > limit && __awsenv_end - __awsenv_to <= limit)); then __awsenv_to=$__awsenv_now; fi
    done
  fi
  color=${color%% *}
  if [[ -n $color && -n $__awsenv_shown ]]; then __awsenv_colored=$'\e['${color}m; fi
}

# Says once, where a person wants to be told, that the session is about to expire.
__awsenv_give_notice() {
  if [[ -z $__awsenv_end ]] || ((__awsenv_end <= __awsenv_now || __awsenv_end - __awsenv_now > __awsenv_notice)); then return 0; fi
  __awsenv_noticed=$__awsenv_end
  __awsenv_left $((__awsenv_end - __awsenv_now))
  builtin printf 'awsenv: %s expires in %s; awsenv refresh renews it\n' "${AWSENV_PROFILE//[[:cntrl:]$__awsenv_marks]/?}" "$__awsenv_text" >&2
}

# What of the above stays the same from prompt to prompt. Sets __awsenv_end to the session's end,
# if that is known and the session ours.
__awsenv_prepare() {
  local text=${AWSENV_PROMPT_FORMAT:-'[{profile} {left}] '} name colors=''
  __awsenv_head='' __awsenv_tail='' __awsenv_timed='' __awsenv_end='' __awsenv_colors='' __awsenv_record=''
  if [[ -z ${AWSENV_PROFILE-} ]] || ! __awsenv_ours; then return 0; fi
  if __awsenv_is_time "${AWSENV_EXPIRES_AT-}"; then
    __awsenv_end=$((10#$AWSENV_EXPIRES_AT))
    __awsenv_seconds "${AWSENV_LEAD:-2m}" 120
    __awsenv_limit "$AWSENV_EXPIRES_AT" "${AWSENV_ISSUED_AT-}"
    __awsenv_margin=$__awsenv_n
    if [[ ${AWSENV_PUT-} == AWS_PROFILE=* && ${AWSENV_SESSION-} == [0-9a-f]* && ${AWSENV_SESSION-} != *[!0-9a-f]* ]]; then
      __awsenv_find_cache
      __awsenv_record=$__awsenv_cache/sessions/$AWSENV_SESSION
      if [[ ! -e $__awsenv_record ]]; then __awsenv_end=0; fi
    fi
    __awsenv_seconds "${AWSENV_NOTICE-}" 0
    __awsenv_notice=$__awsenv_n
  elif [[ -n ${AWSENV_EXPIRES_AT-} ]]; then
    text=${text/\{left\}/\?}
  else
    text=${text/ \{left\}/}
  fi
  if [[ ${AWSENV_PROMPT-} == off ]]; then return 0; fi
  __awsenv_know_account
  # Only what stands around {left} is kept. The name may hold a {left} of its own.
  name=$AWSENV_PROFILE
  # Some tools take a profile before keys: they are somebody else now.
  if [[ ${AWSENV_PUT-} == AWS_ACCESS_KEY_ID=* && -n ${AWS_PROFILE-} ]]; then name+=" (AWS_PROFILE=$AWS_PROFILE)"; fi
  name=${name//[[:cntrl:]$__awsenv_marks]/?}
  if ((${#name} > 60)); then name=${name:0:59}~; fi
  __awsenv_head=${text%%\{left\}*}
  if [[ $text == *\{left\}* ]]; then __awsenv_timed=1 __awsenv_tail=${text#*\{left\}}; fi
  if [[ $__awsenv_head == *\{profile\}* ]]; then
    __awsenv_head=${__awsenv_head%%\{profile\}*}$name${__awsenv_head#*\{profile\}}
  elif [[ $__awsenv_tail == *\{profile\}* ]]; then
    __awsenv_tail=${__awsenv_tail%%\{profile\}*}$name${__awsenv_tail#*\{profile\}}
  fi
  __awsenv_seconds "${AWSENV_PROMPT_WARN:-15m}" 900
  __awsenv_warn=$__awsenv_n
  __awsenv_seconds "${AWSENV_PROMPT_URGENT:-5m}" 300
  __awsenv_urgent=$__awsenv_n
  __awsenv_colors=${colors:-${AWSENV_PROMPT_COLORS:-32 33 31}}
  if [[ -n ${NO_COLOR-} || ${TERM-} == dumb || $__awsenv_colors == *[!0123456789\;\ ]* ]]; then __awsenv_colors=''; fi
}

# Puts what the session's account is called into `text`, and sets `colors` to the profile's own, if it
# has any. Both are the caller's. The program keeps them in a file, a line each.
__awsenv_know_account() {
  local account='' file
  __awsenv_find_cache
  file=$__awsenv_cache/accounts/${AWSENV_SESSION-}
  if [[ ${AWSENV_SESSION-} != *[!0123456789abcdef]* && -f $file && -r $file ]]; then { IFS= builtin read -r -n 100 account && IFS= builtin read -r -n 100 colors; } <"$file" || :; fi
  account=${account//[[:cntrl:]$__awsenv_marks\{\}]/?}
  text=${text/\{account\}/"$account"}
}

# For prompts made by hand: computes the segment anew and prints it, without colour.
awsenv_segment() {
  __awsenv_state=''
  __awsenv_plainly __awsenv_compute
  builtin printf %s "$AWSENV_SEGMENT"
}

# --- 6. prompt placement -------------------------------------------------------------------

# A value that PS1 refers to is shown as it is; in PS1 itself it would be evaluated.
# shellcheck disable=SC2016
__awsenv_front='\[${AWSENV_COLOR-}\]${AWSENV_SEGMENT-}\[${AWSENV_COLOR_END-}\]'

# Puts the segment in front of PS1, unless PS1 has it already or the person places it, and our part
# into PS0. Both need the expansion of variables in prompts.
__awsenv_place() {
  local prompt=${AWSENV_PROMPT:-on}
  if ! builtin shopt -q promptvars; then
    prompt=off
    if [[ ${PS0-} == *"$__awsenv_ps0"* ]]; then __awsenv_assign PS0 "${PS0/"$__awsenv_ps0"/}"; fi
  elif ((__awsenv_version >= 503)) && [[ ${PS0-} != *__awsenv_before_line* ]]; then
    __awsenv_assign PS0 "${PS0-}$__awsenv_ps0"
  fi
  case $prompt,${PS1-} in
    on, | on,*AWSENV_SEGMENT* | on,*awsenv_segment*) ;;
    on,*) __awsenv_assign PS1 "$__awsenv_front$PS1" ;;
    *"$__awsenv_front"*) __awsenv_assign PS1 "${PS1%%"$__awsenv_front"*}${PS1#*"$__awsenv_front"}" ;;
  esac
}

# $1=$2. Where $1 is read-only, an assignment would end the function that tries it, and with it what
# bash does at the prompt; older versions of printf do not even report it.
__awsenv_assign() {
  if [[ $__awsenv_fixed == *$1* ]]; then return 0; fi
  builtin printf -v "$1" %s "$2" 2>/dev/null || :
  if [[ ${!1} != "$2" ]]; then
    __awsenv_fixed+=" $1"
    __awsenv_tell_fixed "$1"
  fi
}

# Says once what does not work, where $1 is read-only.
__awsenv_tell_fixed() {
  case $1 in
    PROMPT_COMMAND) builtin printf '%s\n' 'awsenv: PROMPT_COMMAND is read-only in this shell, so the prompt shows no time left and no command asks for an MFA code; awsenv assume and awsenv refresh work' >&2 ;;
    PS1) builtin printf '%s\n' 'awsenv: PS1 is read-only in this shell, so the prompt shows no time left; everything else works' >&2 ;;
  esac
}

# --- 7. record -----------------------------------------------------------------------------

# The record of a session and the switch to another are in awsenv-record.bash.
if [[ -r ${__awsenv_more%/*}/awsenv-record.bash ]]; then builtin . "${__awsenv_more%/*}/awsenv-record.bash"; fi

# --- 8. asking -----------------------------------------------------------------------------

# Reads what is needed once a session has expired and a line is about to run.
__awsenv_fetch_asking() {
  local name
  if [[ -n $__awsenv_asking ]]; then return 0; fi
  __awsenv_aliases=
  # See awsenv.bash.
  if \builtin shopt -q expand_aliases; then __awsenv_aliases=a && \builtin shopt -u expand_aliases; fi
  case $- in *k*) __awsenv_aliases+=k && set +k ;; esac
  __awsenv_asking=1
  for name in line match renew; do
    if [[ -r ${__awsenv_more%/*}/awsenv-$name.bash ]]; then builtin . "${__awsenv_more%/*}/awsenv-$name.bash"; else __awsenv_asking=; fi
  done
  case $__awsenv_aliases in *k) set -k ;; esac
  case $__awsenv_aliases in a*) builtin shopt -s expand_aliases ;; esac
  __awsenv_aliases=
  [[ -n $__awsenv_asking ]]
}
__awsenv_asking='' __awsenv_gone='' __awsenv_snoozed=''

# --- 10. hooking in ------------------------------------------------------------------------

# A DEBUG trap sees each simple command before it runs. It can only be seen and set outside of
# functions, so what sets it is text that PROMPT_COMMAND evaluates, once there is a session. To
# check that it is still there costs no process: if it is, it has just set __awsenv_alive.
# shellcheck disable=SC2016
__awsenv_after='[[ $__awsenv_alive == 1 || -z $__awsenv_end ]] || \eval "$__awsenv_set_trap"
__awsenv_arm && :'
# shellcheck disable=SC2016
__awsenv_set_trap='if [[ -z ${FUNCNAME-} ]] && __awsenv_wrap_trap "$(\builtin trap -p DEBUG)"; then
  \builtin trap -- "$__awsenv_trap" DEBUG
fi'
# shellcheck disable=SC2016
if ((__awsenv_version >= 503)); then __awsenv_set_trap=${__awsenv_set_trap/'$(\builtin trap -p DEBUG)'/'${ \builtin trap -p DEBUG; }'}; fi
# bash 5.3 can run a function before the line, and so sees `( aws ... )` as well.
# shellcheck disable=SC2016
__awsenv_ps0='${ [[ -z ${__awsenv_armed-} ]] || __awsenv_before_line; }'
__awsenv_alive='' __awsenv_armed='' __awsenv_dropped='' __awsenv_int='' __awsenv_trap='' __awsenv_fails='' __awsenv_failing='' __awsenv_watching='' __awsenv_lineno='' __awsenv_ble=''

# False if __awsenv_after is to follow.
if ((__awsenv_version >= 500)); then
  # Nearly always this is all, and part of every prompt: what the segment hangs on is unchanged, and
  # the prompts are as we left them. A look into a table takes half the time of a comparison, and a
  # bare $NAME half that of one that `set -u` is content with.
  declare -gA __awsenv_settled
  __awsenv_settled=()
  __awsenv_before_prompt() {
    __awsenv_status=$? __awsenv_lineno=${FUNCNAME[1]+-}$BASH_LINENO
    case $- in *[kux]*) __awsenv_seen=- ;; *) __awsenv_seen=$AWSENV_PROMPT/$AWSENV_PROFILE/$AWSENV_PUT/$AWS_ACCESS_KEY_ID/$AWS_PROFILE/$AWSENV_EXPIRES_AT/$AWSENV_ISSUED_AT/$AWSENV_LEAD/$AWSENV_PROMPT_FORMAT/$AWSENV_PROMPT_WARN/$AWSENV_PROMPT_URGENT/$AWSENV_PROMPT_COLORS/$AWSENV_NOTICE/$NO_COLOR/$TERM/$PS1/$PS0/${PROMPT_COMMAND[*]} ;; esac
    if [[ $__awsenv_alive${__awsenv_settled[$__awsenv_seen]-} == 11 ]] &&
      (((__awsenv_now = EPOCHSECONDS) <= __awsenv_to && __awsenv_now >= __awsenv_from)) && builtin shopt -q promptvars; then
      __awsenv_alive='' __awsenv_armed=1 __awsenv_histcmd=$HISTCMD
    else
      __awsenv_check
    fi
  }
else
  __awsenv_before_prompt() {
    __awsenv_status=$? __awsenv_lineno=${FUNCNAME[1]+-}$BASH_LINENO
    __awsenv_check
  }
fi

__awsenv_check() {
  __awsenv_update
  # There is no trap of ours then.
  if [[ -n $__awsenv_ble ]]; then __awsenv_alive=1; fi
  # Each command costs one more run of the trap.
  if [[ -z ${__awsenv_moved:+${__awsenv_status#0}} && ($__awsenv_alive == 1 || -z $__awsenv_end) ]]; then
    __awsenv_alive=''
    __awsenv_arm
  else
    __awsenv_alive='' __awsenv_armed=''
    return 1
  fi
}

# Brings everything up to date.
__awsenv_update() {
  if [[ -n $__awsenv_int$__awsenv_dropped ]]; then __awsenv_end_drop; fi
  __awsenv_plainly __awsenv_update_all
}

__awsenv_update_all() {
  # Where an interrupt has cut short what was to put them back.
  if [[ -n $__awsenv_options ]]; then __awsenv_put_back; fi
  __awsenv_compute
  # This is what is found nearly always.
  if [[ ${PROMPT_COMMAND-} != *"$__awsenv_entry" || -n ${PROMPT_COMMAND[1]+x} ]]; then __awsenv_join; fi
  __awsenv_place
  if [[ -n ${BLE_VERSION-} && -z $__awsenv_ble ]]; then __awsenv_join_ble; fi
  __awsenv_tested=$'\n' __awsenv_line='' __awsenv_watching='' __awsenv_settled=()
  __awsenv_seen="${PROMPT_COMMAND[*]-}"
  __awsenv_lines=${__awsenv_seen//$'\n'/}
  __awsenv_lines=$((${#__awsenv_seen} - ${#__awsenv_lines}))
  __awsenv_seen=$__awsenv_state/${PS1-}/${PS0-}/$__awsenv_seen
  if ((__awsenv_version >= 500)) && [[ -z $__awsenv_record ]] && builtin shopt -q promptvars; then __awsenv_settled[$__awsenv_seen]=1; fi
  return 0
}

# The last thing before the prompt: from here on, commands are the person's.
__awsenv_arm() {
  __awsenv_histcmd=${HISTCMD-} __awsenv_armed=${__awsenv_end:+1}
  __awsenv_hand_on
}

# True if our trap has to be set, around what `trap -p` says is there now.
__awsenv_wrap_trap() {
  local -a words=()
  case $1 in *__awsenv_alive*) return 1 ;; ?*) builtin eval "words=($1)" ;; esac
  __awsenv_old_trap=${words[2]-}
  # How POSIX mode says that there is none.
  if [[ $__awsenv_old_trap == - ]]; then __awsenv_old_trap=; fi
  # Not `__awsenv_alive=1`: as a command, an assignment would lose the person's $_.
  # shellcheck disable=SC2016
  __awsenv_trap='[[ ${__awsenv_alive:=1}${__awsenv_armed-}${__awsenv_dropped-} == 1 ]] || __awsenv_debug "$_"'
  __awsenv_trap+=${__awsenv_old_trap:+$'\n'}$__awsenv_old_trap
  # What the trap ends with decides whether the command runs, once extdebug is on.
  # shellcheck disable=SC2016
  if [[ -n $__awsenv_old_trap ]]; then
    __awsenv_trap+=$'\n''[[ -z ${__awsenv_dropped-} || $BASH_COMMAND == *__awsenv_* || -n ${FUNCNAME-} || $BASH_COMMAND == "${__awsenv_fails-}" ]]'
  fi
}

__awsenv_before_line() {
  if ! __awsenv_expired; then return 0; fi
  # A line that is not in the history is left to the trap.
  if [[ ${HISTCMD-} == "$__awsenv_histcmd" ]]; then return 0; fi
  if ! __awsenv_fetch_asking; then return 0; fi
  __awsenv_read_history
  # Else lines that were pasted with this one may still follow.
  if ! __awsenv_plainly __awsenv_wanted "$__awsenv_history"; then return 0; fi
  __awsenv_armed=
  if ! __awsenv_plainly __awsenv_renew; then __awsenv_drop; fi
}

# ble.sh reads lines by itself, and runs all there is within its functions, where no DEBUG trap of ours
# is called. It tells what it is about to run instead.
__awsenv_join_ble() {
  if declare -F blehook >/dev/null && blehook PREEXEC+=__awsenv_before_ble; then __awsenv_ble=1; fi
}

__awsenv_before_ble() {
  if ! __awsenv_expired || ! __awsenv_fetch_asking || ! __awsenv_plainly __awsenv_wanted "$1"; then return 0; fi
  # What ble.sh evaluates next. Neither an interrupt nor a status keeps it from that.
  if ! __awsenv_plainly __awsenv_renew; then
    if [[ -n ${_ble_edit_exec_BASH_COMMAND_eval+x} ]]; then _ble_edit_exec_BASH_COMMAND_eval='(exit 130)'; else _ble_edit_exec_BASH_COMMAND='(exit 130)'; fi
  fi
}

__awsenv_debug() {
  if [[ -n $__awsenv_dropped ]]; then
    __awsenv_skip
    [[ -z $__awsenv_dropped || $BASH_COMMAND == *__awsenv_* || -n ${FUNCNAME[1]-} || $BASH_COMMAND == "$__awsenv_fails" ]]
    return
  fi
  if [[ -z $__awsenv_armed || $__awsenv_tested == *$'\n'"$BASH_COMMAND"$'\n'* ]]; then return 0; fi
  # Functions, subshells under functrace, completions and key bindings are not the line itself.
  if [[ ${#FUNCNAME[@]} != 1 || $BASH_SUBSHELL != 0 || $BASH_COMMAND == *__awsenv_* || -n ${COMP_LINE+x}${READLINE_LINE+x} ]]; then return 0; fi
  # A command of a trap at the prompt. bash names it by the last command, but counts lines anew for it,
  # while the line that is typed next has a higher number than the prompt, from which PROMPT_COMMAND
  # counts on. Only digits: from the environment, both may be anything.
  case ${BASH_LINENO[0]-}$__awsenv_lineno in *[!0123456789-]*) ;; *)
    if ((${BASH_LINENO[0]:-0} + __awsenv_lines <= ${__awsenv_lineno:-0})); then return 0; fi
    ;;
  esac
  # Before the prompt after such a command, our part may have to be put back.
  case $__awsenv_watching$BASH_COMMAND in 1*) __awsenv_repair ;; *PROMPT_COMMAND*) __awsenv_watching=1 ;; esac
  if [[ $__awsenv_tested == $'\n' ]] && ! __awsenv_expired; then __awsenv_armed=$__awsenv_watching && return 0; fi
  if ! __awsenv_fetch_asking; then __awsenv_armed='' && return 0; fi
  __awsenv_tested+=$BASH_COMMAND$'\n' __awsenv_settled=()
  if ! __awsenv_plainly __awsenv_line_wanted; then
    # The rest of the line is not for this session.
    if [[ -n $__awsenv_gone ]]; then __awsenv_armed=; fi
    return 0
  fi
  # First: the next command may interrupt all this.
  __awsenv_armed=
  if ! __awsenv_plainly __awsenv_renew; then
    __awsenv_drop
    # This command is skipped as well.
    return 1
  fi
}

# --- 11. the awsenv command ----------------------------------------------------------------

# assume, unset and refresh act on this shell; everything else is the program, untouched.
awsenv() {
  if [[ ${PROMPT_COMMAND-} != *"$__awsenv_entry"* ]]; then __awsenv_repair; fi
  # Names and colours may be others afterwards.
  __awsenv_state='' __awsenv_settled=()
  case ${1-},${2-},$# in
    assume,[!-]*,2) if [[ ! -t 1 ]] || ! __awsenv_switch "$2"; then __awsenv_plainly __awsenv_apply "$@"; fi ;;
    auto,,1) __awsenv_show_auto ;;
    auto,on,2) AWSENV_AUTO=match ;;
    auto,off,2 | auto,all,2) AWSENV_AUTO=$2 ;;
    auto,*) builtin printf 'awsenv: usage: awsenv auto on|off|all\n' >&2 && return 2 ;;
    prompt,on,2 | prompt,off,2) AWSENV_PROMPT=$2 ;;
    assume,* | unset,* | refresh,*) __awsenv_plainly __awsenv_apply "$@" ;;
    doctor,*) AWSENV_HOOK='bash 0.1.0'${__awsenv_lost:+ $__awsenv_lost}${__awsenv_fixed// / read-only:} builtin command awsenv "$@" ;;
    *) builtin command awsenv "$@" ;;
  esac
}

__awsenv_show_auto() {
  case ${AWSENV_AUTO-} in
    off) builtin printf '%s\n' 'auto is off: no command asks for an MFA code; awsenv refresh renews the session' ;;
    all) builtin printf '%s\n' 'auto is all: once the session has expired, every command renews it first' ;;
    *) builtin printf '%s\n' 'auto is on: once the session has expired, commands that use AWS renew it first' ;;
  esac
}

__awsenv_apply() {
  local argument out code=0
  for argument; do
    case $argument in --help | --shell | --shell=* | --format | --format=* | --print) code=1 ;; esac
  done
  # eval "$(awsenv assume ...)" and pipes get what the program prints.
  if [[ $code == 1 || ! -t 1 ]]; then builtin command awsenv "$@" && return || return; fi
  out=$(\builtin command awsenv "$1" --shell bash "${@:2}") || code=$?
  case $code,$out in
    0,'{ : awsenv;'*) builtin eval "$out" || code=$? ;;
    *,'{ : awsenv;'* | *, | *,false) ;;
    *) builtin printf '%s\n' "$out" ;;
  esac
  return "$code"
}

# --- 12. completion ------------------------------------------------------------------------

# The program knows commands, options and profiles, and quotes what it offers for bash.
__awsenv_complete() {
  builtin local line
  COMPREPLY=()
  while IFS= builtin read -r line; do
    case $line in
      $'\tcommand '*) __awsenv_complete_command "${line##* }" "$2" ;;
      ?*) COMPREPLY+=("$line") ;;
    esac
  done <<<"$(\builtin command awsenv __complete bash "$2" "${COMP_LINE:0:COMP_POINT}")"
} 2>/dev/null

# From word $1 on it is another command's line, of which $2 is to be completed.
__awsenv_complete_command() {
  builtin local name each
  # Where readline has cut words at a : or =, its numbers are not the program's.
  if [[ "${COMP_WORDS[*]:0:$1}" != *[:=]* ]]; then
    # Of the package bash-completion, by its new name and its old one.
    for name in _comp_command_offset _command_offset; do
      if declare -F "$name" >/dev/null; then "$name" "$1" && return || return; fi
    done
    if [[ $COMP_CWORD == "$1" && $2 == [!/.~]* ]]; then
      while IFS= builtin read -r each; do COMPREPLY+=("$each"); done <<<"$(\builtin compgen -c -- "$2")"
    fi
  fi
  # Below bash 4 there is no such builtin, and no file is offered.
  builtin compopt -o bashdefault -o default || return 0
}

# --- 13. unload ----------------------------------------------------------------------------

awsenv_unload() {
  local name
  if [[ -n $__awsenv_asking ]]; then __awsenv_end_drop; fi
  AWSENV_PROMPT=off __awsenv_plainly __awsenv_place
  if (\builtin unset -v PROMPT_COMMAND) 2>/dev/null; then __awsenv_leave; fi
  if [[ ${PS0-} == *"$__awsenv_ps0"* ]]; then __awsenv_assign PS0 "${PS0/"$__awsenv_ps0"/}"; fi
  if [[ $__awsenv_had != p* && -z ${PROMPT_COMMAND-} ]]; then unset -v PROMPT_COMMAND; fi
  case $__awsenv_had in p0* | 0*) ;; *) if [[ -z ${PS0-} ]]; then unset -v PS0; fi ;; esac
  if [[ $(\builtin trap -p DEBUG) == *__awsenv_alive* ]]; then
    if [[ -n $__awsenv_old_trap ]]; then builtin trap -- "$__awsenv_old_trap" DEBUG; else builtin trap - DEBUG; fi
  fi
  if [[ -n $__awsenv_ble ]]; then blehook PREEXEC-=__awsenv_before_ble; fi
  builtin complete -r awsenv
  unset -f awsenv awsenv_segment awsenv_unload
  name=${__awsenv_had#p}
  if shopt -q expand_aliases; then shopt -u expand_aliases && __awsenv_aliases=1; fi
  builtin eval "${name#0}"
  if [[ -n $__awsenv_aliases ]]; then shopt -s expand_aliases; fi
  for name in $(\builtin compgen -A function __awsenv_); do unset -f "$name"; done
  unset -v AWSENV_SEGMENT AWSENV_COLOR AWSENV_COLOR_END "${!__awsenv_@}"
}
# In a traced function the DEBUG trap can be seen, and changed for good.
declare -ft awsenv_unload

if [[ $__awsenv_fixed == *PROMPT_COMMAND* ]]; then __awsenv_tell_fixed PROMPT_COMMAND; fi
# Last, as the sign that all of it has been read.
__awsenv_run=__awsenv_before_prompt
case $__awsenv_aliases in *k) set -k ;; esac
case $__awsenv_aliases in a*) builtin shopt -s expand_aliases ;; esac
__awsenv_aliases=
