# The rest of awsenv.zsh, sourced by it at the first need: it may come from a newer awsenv than the
# small file that the shell has loaded. The options are zsh's own here, with extended_glob and
# without aliases, so that no alias of a builtin ends up in a function.
# Functions give their results in variables: $(...) would cost a process.

# --- 2. settings ---------------------------------------------------------------------------

# AWSENV_AUTO=match|all|off  AWSENV_LEAD=2m  AWSENV_COMMANDS="mytool -kubectl"
# AWSENV_PROMPT=on|manual|off  AWSENV_PROMPT_FORMAT='[{profile} {left}] '
# AWSENV_PROMPT_WARN=15m  AWSENV_PROMPT_URGENT=5m  AWSENV_PROMPT_COLORS='32 33 31'  AWSENV_NOTICE=10m
# They are read where they are used, so that a change takes effect at once.
typeset -g __awsenv_state='' __awsenv_head='' __awsenv_tail='' __awsenv_timed='' __awsenv_end='' __awsenv_colors='' __awsenv_warn=0 __awsenv_urgent=0 __awsenv_margin=0 __awsenv_notice=0 __awsenv_noticed='' __awsenv_record='' __awsenv_missing=''
typeset -g __awsenv_from=1 __awsenv_to=0

# Sets __awsenv_n to the seconds in $1 (90, 45s, 2m, 1h30m), or to $2 where it is none.
__awsenv_seconds() {
  typeset -g __awsenv_n="$2"
  case $1 in '' | [smhd]* | *[^0123456789smhd]* | *[smhd][smhd]* | ?????????????*) return 0 ;; esac
  # 1h30m becomes 10#1*3600+10#30*60.
  __awsenv_n=10#${1//s/*1+10#}
  __awsenv_n=${__awsenv_n//m/*60+10#}
  __awsenv_n=${__awsenv_n//h/*3600+10#}
  __awsenv_n=${__awsenv_n//d/*86400+10#}
  __awsenv_n=$(( ${__awsenv_n%+10\#} ))
}

# --- 3. clock and digits -------------------------------------------------------------------

# A clock that looks at no time zone, and a read of more than a byte at a time. Without them, prompts
# and switches take longer.
typeset -ga __awsenv_modules=()
for __awsenv_n in datetime system; do
  if ! builtin zmodload -e zsh/$__awsenv_n; then __awsenv_modules+=(zsh/$__awsenv_n); fi
done
builtin zmodload zsh/datetime 2>/dev/null
if builtin zmodload -F zsh/system +b:sysread 2>/dev/null; then
  # Sets `text`, the caller's, to what is in file $1, but to no more than 64 KiB of it. False where
  # that is nothing, or ends without a line's end.
  __awsenv_slurp() { builtin sysread -s 65536 text <$1; }
else
  __awsenv_slurp() {
    [[ -n "$1"(#qN.UL-65537) ]] || return 1
    text=$(<$1)$'\n'
    # What $(<...) leaves out is one line end.
    [[ -n "$1"(#qN.UL${#text}) ]]
  }
fi

# Sets __awsenv_now to the epoch seconds.
typeset -g __awsenv_ticking=''
if [[ ${(t)EPOCHSECONDS-} == *special* ]]; then
  __awsenv_ticking=1
  __awsenv_clock() { typeset -g __awsenv_now=$EPOCHSECONDS; }
else
  __awsenv_clock() {
    typeset -g __awsenv_now='%D{%s}'
    __awsenv_now=${(%)__awsenv_now}
  }
fi

# Asked before any arithmetic: there, zsh would run the command in x[$(command)].
__awsenv_is_time() {
  case ${1-} in '' | *[^0123456789]* | ?????????????*) return 1 ;; esac
}

# --- 4. is the session ours? ---------------------------------------------------------------

# True while the variable that awsenv put first still has the value it was given.
__awsenv_ours() {
  local pair=${${AWSENV_PUT-}%%\&*} value
  value=${pair#*=} pair=${pair%%=*}
  case $pair in AWS_ACCESS_KEY_ID | AWS_PROFILE) ;; *) return 1 ;; esac
  if [[ $value == *%* ]]; then builtin printf -v value %b "${value//\%/\\x}"; fi
  # Keys, whoever exported them, win over a profile.
  if [[ $pair == AWS_PROFILE && -n ${AWS_ACCESS_KEY_ID-} ]]; then return 1; fi
  [[ -n $value && ${(P)pair-} == "$value" ]]
}

# Limits __awsenv_n seconds to a tenth of the life of what ends at $1 and was issued at $2.
__awsenv_limit() {
  if __awsenv_is_time "$2" && (( 10#$1 > 10#$2 && __awsenv_n > (10#$1 - 10#$2) / 10 )); then
    __awsenv_n=$(( (10#$1 - 10#$2) / 10 ))
  fi
}

# True if the session in this shell has expired or is about to; by what the last prompt found.
__awsenv_expired() {
  if [[ -n $__awsenv_record && ! -e $__awsenv_record ]]; then return 0; fi
  if [[ -z $__awsenv_end ]]; then return 1; fi
  __awsenv_clock
  (( __awsenv_end - __awsenv_now <= __awsenv_margin ))
}

# --- 5. segment ----------------------------------------------------------------------------

# What would move or hide text on a screen, beside control characters: marks of direction, line
# separators, the byte order mark.
typeset -g __awsenv_marks=$'\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad\xe2\x80\xae\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9\xef\xbb\xbf'

# Sets __awsenv_text to $1 seconds as people read them.
__awsenv_left() {
  typeset -g __awsenv_text=expired
  if (( $1 >= 3600 )); then
    __awsenv_text=$(( $1 / 3600 ))h${(l:2::0:)$(( $1 / 60 % 60 ))}m
  elif (( $1 >= 60 )); then
    __awsenv_text=$(( $1 / 60 ))m
  elif (( $1 > 0 )); then
    __awsenv_text=${1}s
  fi
}

# Sets AWSENV_SEGMENT, the text, and AWSENV_COLOR and AWSENV_COLOR_END to stand around it, and from
# when to when they hold.
__awsenv_render() {
  local seconds color=$__awsenv_colors limit
  AWSENV_SEGMENT=$__awsenv_head$__awsenv_tail AWSENV_COLOR='' AWSENV_COLOR_END='' __awsenv_placed='' __awsenv_from=$__awsenv_now __awsenv_to=9999999999999
  if [[ -n $__awsenv_end ]]; then
    seconds=$(( __awsenv_end - __awsenv_now ))
    __awsenv_left $seconds
    if [[ -n $__awsenv_timed ]]; then AWSENV_SEGMENT=$__awsenv_head$__awsenv_text$__awsenv_tail; fi
    __awsenv_to=$(( __awsenv_now + (seconds < 60 ? 0 : seconds % 60) ))
    if (( seconds <= __awsenv_warn )); then color=${color#* }; fi
    if (( seconds <= __awsenv_urgent )); then color=${color##* }; fi
    for limit in $__awsenv_warn $__awsenv_urgent $__awsenv_notice; do
      if (( seconds > limit && __awsenv_end - __awsenv_to <= limit )); then __awsenv_to=$__awsenv_now; fi
    done
  fi
  color=${color%% *}
  if [[ -n $color && -n $AWSENV_SEGMENT ]]; then AWSENV_COLOR=$'\e['${color}m AWSENV_COLOR_END=$'\e[0m'; fi
}

# Says once, where a person wants to be told, that the session is about to expire.
__awsenv_give_notice() {
  local left=$(( ${__awsenv_end:-0} - __awsenv_now ))
  if (( left <= 0 || left > __awsenv_notice )) || [[ $__awsenv_noticed == "$__awsenv_end" ]]; then return 0; fi
  __awsenv_noticed=$__awsenv_end
  __awsenv_left $left
  builtin print -ru2 -- "awsenv: ${AWSENV_PROFILE//[[:cntrl:]$__awsenv_marks]/?} expires in $__awsenv_text; awsenv refresh renews it"
}

# What of the above stays the same from prompt to prompt. Sets __awsenv_end to the session's end,
# if that is known and the session ours.
__awsenv_prepare() {
  local text=${AWSENV_PROMPT_FORMAT:-'[{profile} {left}] '} name colors=''
  __awsenv_head='' __awsenv_tail='' __awsenv_timed='' __awsenv_end='' __awsenv_colors='' __awsenv_record='' __awsenv_missing=''
  if [[ -z ${AWSENV_PROFILE-} ]] || ! __awsenv_ours; then return 0; fi
  if __awsenv_is_time "${AWSENV_EXPIRES_AT-}"; then
    __awsenv_end=$(( 10#$AWSENV_EXPIRES_AT ))
    __awsenv_seconds "${AWSENV_LEAD:-2m}" 120
    __awsenv_limit "$AWSENV_EXPIRES_AT" "${AWSENV_ISSUED_AT-}"
    __awsenv_margin=$__awsenv_n
    # Where a profile is exported, what it stands for is gone once somebody has logged out.
    if [[ ${AWSENV_PUT-} == AWS_PROFILE=* && ${AWSENV_SESSION-} == [0-9a-f](#c40) ]]; then
      __awsenv_find_cache
      __awsenv_record=$__awsenv_cache/sessions/$AWSENV_SESSION
      if [[ ! -e $__awsenv_record ]]; then __awsenv_missing=1 __awsenv_end=0; fi
    fi
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
  if (( ${#name} > 60 )); then name=${name[1,59]}~; fi
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
  if [[ -n ${NO_COLOR-} || ${TERM-} == dumb || $__awsenv_colors == *[^0123456789\;\ ]* ]]; then __awsenv_colors=''; fi
}

# Puts what the session's account is called into `text`, and sets `colors` to the profile's own, if it
# has any. Both are the caller's. The program keeps them in a file, a line each.
__awsenv_know_account() {
  local account='' file
  __awsenv_find_cache
  file=$__awsenv_cache/accounts/${AWSENV_SESSION-}
  if [[ ${AWSENV_SESSION-} != *[^0123456789abcdef]* && -f $file && -r $file ]]; then { IFS= builtin read -r account && IFS= builtin read -r colors; } <"$file" || :; fi
  account=${account//[[:cntrl:]$__awsenv_marks\{\}]/?}
  text=${text/\{account\}/${account[1,60]}}
}

# Every function that zsh or a person calls begins with `emulate`, for the options here are theirs.
# +x turns tracing off: under `setopt xtrace` the secret and the token would be in the trace.
# For prompts made by hand: computes the segment anew and prints it, without colour.
awsenv_segment() {
  builtin emulate -L zsh -o extended_glob -o no_err_return +ex
  __awsenv_clock
  __awsenv_state=''
  __awsenv_prepare
  __awsenv_render
  builtin print -rn -- "$AWSENV_SEGMENT"
}

# --- 6. prompt placement -------------------------------------------------------------------

# Puts the segment in front of PROMPT, unless PROMPT has it already or the person places it. The
# text stands in psvar: from there it is shown as it is, with or without PROMPT_SUBST.
__awsenv_place() {
  local front=''
  if __awsenv_is_fixed psvar || __awsenv_is_fixed PROMPT; then return 0; fi
  if [[ ${psvar[61]-} != "$AWSENV_SEGMENT" ]]; then psvar[61]=$AWSENV_SEGMENT; fi
  if [[ ${AWSENV_PROMPT:-on} == on && -n $AWSENV_SEGMENT && $1 == % ]]; then
    front="%{$AWSENV_COLOR%}%61v%{$AWSENV_COLOR_END%}"
  fi
  if [[ -n $__awsenv_front && ${PROMPT-} == *"$__awsenv_front"* ]]; then
    if [[ $front == "$__awsenv_front" ]]; then return 0; fi
    PROMPT=${PROMPT%%"$__awsenv_front"*}${PROMPT#*"$__awsenv_front"}
  fi
  __awsenv_front=$front
  case ${PROMPT-} in *AWSENV_SEGMENT* | *awsenv_segment*) __awsenv_front='' ;; *) PROMPT=$front${PROMPT-} ;; esac
}

# --- 7. record -----------------------------------------------------------------------------

# The record of a session and the switch to another are in awsenv-record.zsh.
if [[ -r ${__awsenv_more:h}/awsenv-record.zsh ]]; then builtin source ${__awsenv_more:h}/awsenv-record.zsh; fi

# --- 8. matching ---------------------------------------------------------------------------

# True if the line $1 holds a command that needs the session. The real one is loaded at the first
# line after a session has expired.
__awsenv_matches() {
  if [[ -r ${__awsenv_more:h}/awsenv-match.zsh ]]; then
    builtin setopt local_options no_aliases
    builtin unfunction __awsenv_matches
    builtin source ${__awsenv_more:h}/awsenv-match.zsh
    __awsenv_matches "$1"
    return
  fi
  return 1
}

# --- 9. refresh ----------------------------------------------------------------------------

# True if the line $1 is one to renew the session for.
__awsenv_wanted() {
  if [[ ${AWSENV_AUTO-} == off ]]; then return 1; fi
  # In this mode a cancel holds until there is a new session; then only what uses AWS asks.
  if [[ ${AWSENV_AUTO-} == all && $__awsenv_snoozed != "${AWSENV_EXPIRES_AT-}" ]]; then
    case $1 in awsenv | awsenv[[:blank:]_]* | exit | exit[[:blank:]]*) return 1 ;; *) return 0 ;; esac
  fi
  __awsenv_matches "$1"
}

# Renews the session; false if the line must not run.
__awsenv_renew() {
  local out name code=0
  for name in AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION AWSENV_EXPIRES_AT AWSENV_ISSUED_AT AWSENV_PUT; do
    if [[ ${(Pt)name} != *readonly* ]]; then continue; fi
    if [[ $__awsenv_told != *$name* ]]; then
      __awsenv_told+=" $name"
      builtin print -ru2 -- "awsenv: $name is read-only in this shell, so the session cannot be renewed here"
    fi
    return 0
  done
  if __awsenv_load; then return 0; fi
  out=$(AWSENV_BEFORE_LINE=1 AWSENV_LEAD=${AWSENV_LEAD:-2m} \command awsenv refresh --shell zsh) || code=$?
  # No code was given, or there is no awsenv (any more): the line runs as it is.
  if [[ $code == 127 || $out == '{ : awsenv; }' ]]; then return 0; fi
  if [[ $code == 0 && $out == '{ : awsenv;'* ]] && builtin eval "$out"; then return 0; fi
  typeset -g __awsenv_snoozed="${AWSENV_EXPIRES_AT-}"
  return 1
}
typeset -g __awsenv_told=''

# --- 10. hooking in ------------------------------------------------------------------------

typeset -g __awsenv_front='' __awsenv_placed='' __awsenv_now='' __awsenv_snoozed='' __awsenv_psvar="${#psvar}"

# $3 is the line with its aliases expanded. zsh hands $? on by itself around hooks.
__awsenv_preexec() {
  builtin emulate -L zsh -o extended_glob -o no_err_return +ex
  if [[ $precmd_functions[-1] != __awsenv_precmd ]]; then
    __awsenv_attach
    if [[ ${(t)precmd_functions} == *readonly* ]]; then __awsenv_clock && __awsenv_prepare; fi
  fi
  if [[ -n $__awsenv_ticking && -z $__awsenv_record && $(( __awsenv_end - EPOCHSECONDS )) -gt $__awsenv_margin ]] || ! __awsenv_expired; then return 0; fi
  # The person's own traps are back when this function has ended.
  trap - DEBUG ZERR
  if ! __awsenv_wanted "$3" || __awsenv_renew; then return 0; fi
  # Drops the whole line. The expired credentials stay: without any, tools would fall through to
  # another identity.
  trap - INT
  builtin kill -INT $$
}

# Called where the file is sourced once more.
__awsenv_again() {
  builtin emulate -L zsh -o extended_glob -o no_err_return +ex
  __awsenv_attach
}

# Nearly always there is nothing to do: what the segment hangs on is unchanged, and so is its place. In
# profile mode there is: to look for the record.
__awsenv_precmd() {
  # % where prompt_percent is set, else %%.
  local percent=${(%):-%%} state
  builtin emulate -L zsh -o extended_glob -o no_err_return +ex
  state=$AWSENV_PROMPT/$AWSENV_PROFILE/$AWSENV_PUT/$AWS_ACCESS_KEY_ID/$AWS_PROFILE/$AWSENV_EXPIRES_AT/$AWSENV_ISSUED_AT/$AWSENV_LEAD/$AWSENV_PROMPT_FORMAT/$AWSENV_PROMPT_WARN/$AWSENV_PROMPT_URGENT/$AWSENV_PROMPT_COLORS/$NO_COLOR/$TERM
  if [[ $state != "$__awsenv_state" || -z $__awsenv_ticking || $EPOCHSECONDS -lt $__awsenv_from || $EPOCHSECONDS -gt $__awsenv_to || $percent$PROMPT != "$__awsenv_placed" ||
    $__awsenv_record$psvar[61] != "$AWSENV_SEGMENT" || $precmd_functions[-1] != __awsenv_precmd || ( -z $__awsenv_completes && -n ${_comps+x} ) ]]; then __awsenv_update; fi
}

# Brings everything up to date. `state` and `percent` are the caller's.
__awsenv_update() {
  __awsenv_clock
  if [[ $state != "$__awsenv_state" || ( -n $__awsenv_record && ( ! -e $__awsenv_record || -n $__awsenv_missing ) ) ]]; then
    __awsenv_state=$state __awsenv_to=0
    __awsenv_prepare
  fi
  if (( __awsenv_now < __awsenv_from || __awsenv_now > __awsenv_to )); then
    __awsenv_seconds "${AWSENV_NOTICE-}" 0
    __awsenv_notice=$__awsenv_n
    __awsenv_render
    __awsenv_give_notice
  fi
  # After whatever sets PROMPT.
  if [[ $precmd_functions[-1] != __awsenv_precmd ]] && ! __awsenv_is_fixed precmd_functions; then
    precmd_functions=(${precmd_functions:#__awsenv_precmd} __awsenv_precmd)
  fi
  __awsenv_attach
  # Once there is completion at all.
  if [[ -z $__awsenv_completes && -n ${_comps+x} ]]; then
    __awsenv_completes=1
    compdef __awsenv_complete awsenv
  fi
  __awsenv_place $percent
  __awsenv_placed=$percent${PROMPT-}
}

# Before 5.5.1, nothing can drop a line that is about to run: there, no line asks.
typeset -g __awsenv_asks='' __awsenv_attached=''
if [[ $ZSH_VERSION == (5.5.<1->*|5.<6->*|<6->.*) ]]; then __awsenv_asks=1; else __awsenv_lost=too-old:$ZSH_VERSION; fi

# Notes $1 for doctor; false where it is noted already.
__awsenv_note() {
  if [[ " $__awsenv_lost " == *" $1 "* ]]; then return 1; fi
  __awsenv_lost=${__awsenv_lost:+$__awsenv_lost }$1
}

# True if the variable $1 is read-only. What does not work therefore is said once.
__awsenv_is_fixed() {
  if [[ ${(Pt)1} != *readonly* ]]; then return 1; fi
  if ! __awsenv_note read-only:$1; then return 0; fi
  case $1 in
    preexec_functions) builtin print -ru2 -- "awsenv: $1 is read-only in this shell, so no command asks for an MFA code; everything else works" ;;
    *) builtin print -ru2 -- "awsenv: $1 is read-only in this shell, so the prompt shows no time left; everything else works" ;;
  esac
}

# Puts both functions where zsh calls them, also where somebody has assigned an array anew and so
# taken them out: then `awsenv doctor` is told which one.
__awsenv_attach() {
  typeset -ga precmd_functions preexec_functions
  if [[ -z ${precmd_functions[(r)__awsenv_precmd]} ]] && ! __awsenv_is_fixed precmd_functions; then
    __awsenv_note precmd_functions
    precmd_functions+=(__awsenv_precmd)
  fi
  if [[ -n $__awsenv_asks && -z ${preexec_functions[(r)__awsenv_preexec]} ]] && ! __awsenv_is_fixed preexec_functions; then
    if [[ -n $__awsenv_attached ]]; then __awsenv_note preexec_functions; fi
    # First, so that a dropped line is not begun by others.
    preexec_functions=(__awsenv_preexec "${(@)preexec_functions}")
  fi
  __awsenv_attached=1
}
__awsenv_attach

# --- 11. the awsenv command ----------------------------------------------------------------

# assume, unset and refresh act on this shell; everything else is the program, untouched.
awsenv() {
  # Names and colours may be others afterwards.
  __awsenv_state=''
  case "${1-},${2-},$#" in
    auto,on,2) typeset -g AWSENV_AUTO=match ;;
    auto,off,2 | auto,all,2) typeset -g AWSENV_AUTO="$2" ;;
    auto,,1) __awsenv_show_auto ;;
    auto,*) builtin print -r -- 'awsenv: usage: awsenv auto on|off|all' >&2 && return 2 ;;
    prompt,on,2 | prompt,off,2) typeset -g AWSENV_PROMPT="$2" ;;
    # eval "$(awsenv assume ...)" and pipes get what the program prints.
    assume,[^-]*,2) { [[ -t 1 ]] && __awsenv_switch "$2"; } || __awsenv_apply "$@" ;;
    assume,* | unset,* | refresh,*) __awsenv_apply "$@" ;;
    doctor,*) __awsenv_again; AWSENV_HOOK='zsh 0.1.0'"${__awsenv_lost:+ $__awsenv_lost}" command awsenv "$@" ;;
    *) command awsenv "$@" ;;
  esac
}

__awsenv_show_auto() {
  case ${AWSENV_AUTO-} in
    off) builtin print -r -- 'auto is off: no command asks for an MFA code; awsenv refresh renews the session' ;;
    all) builtin print -r -- 'auto is all: once the session has expired, every command renews it first' ;;
    *) builtin print -r -- 'auto is on: once the session has expired, commands that use AWS renew it first' ;;
  esac
}

__awsenv_apply() {
  builtin emulate -L zsh -o extended_glob -o no_err_return +ex
  local argument out code=0
  __awsenv_attach
  for argument; do
    case $argument in --help | --shell | --shell=* | --format | --format=* | --print) code=1 ;; esac
  done
  # eval "$(awsenv assume ...)" and pipes get what the program prints.
  if [[ $code == 1 || ! -t 1 ]]; then
    command awsenv "$@"
    return
  fi
  out=$(\command awsenv "$1" --shell zsh "${@:2}") || code=$?
  case $code,$out in
    0,'{ : awsenv;'*) builtin eval "$out" || code=$? ;;
    *,'{ : awsenv;'* | *, | *,false) ;;
    *) builtin print -r -- "$out" ;;
  esac
  return $code
}

# --- 12. completion ------------------------------------------------------------------------

# The program knows commands, options and profiles. This runs with the options that zsh's own
# completion functions expect, so they are left alone.
__awsenv_complete() {
  local -a found
  local number
  found=("${(@f)$(\builtin command awsenv __complete zsh "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
  case ${found[1]-} in
    # From there on it is another command's line.
    $'\tcommand '*)
      number=${found[1]##* }
      builtin shift $number words
      (( CURRENT -= number ))
      _normal
      ;;
    ?*) _describe awsenv found ;;
  esac
}

# --- 13. unload ----------------------------------------------------------------------------

awsenv_unload() {
  builtin emulate -L zsh -o extended_glob -o no_err_return +ex
  local name
  AWSENV_PROMPT=off __awsenv_place ''
  __awsenv_is_fixed precmd_functions || precmd_functions=(${precmd_functions:#__awsenv_precmd})
  __awsenv_is_fixed preexec_functions || preexec_functions=(${preexec_functions:#__awsenv_preexec})
  if [[ $__awsenv_had != p* && -z $precmd_functions ]]; then unset precmd_functions; fi
  if [[ $__awsenv_had != *x && -z $preexec_functions ]]; then unset preexec_functions; fi
  __awsenv_is_fixed psvar || psvar[61]=()
  if (( ${#psvar} > __awsenv_psvar )) && [[ -z ${(j::)psvar[__awsenv_psvar + 1,-1]} ]]; then
    psvar=("${(@)psvar[1,__awsenv_psvar]}")
  fi
  if [[ -n $__awsenv_completes ]]; then compdef -d awsenv; fi
  builtin unfunction awsenv awsenv_segment awsenv_unload
  unsetopt aliases
  builtin eval "$__awsenv_function"
  unset AWSENV_SEGMENT AWSENV_COLOR AWSENV_COLOR_END
  local -a modules=($__awsenv_modules)
  unset -m '__awsenv_*'
  builtin unfunction -m '__awsenv_*'
  # Unless somebody else's function has come to use them.
  if [[ $(builtin typeset -f) != *([\$\{+]EPOCH|epochtime|sysparams|errnos|[[:space:]](strftime|sysread|syswrite|sysopen|sysseek|syserror|zsystem)[[:space:]])* ]]; then
    for name in $modules; do builtin zmodload -u $name; done
  fi
}

typeset -g __awsenv_ready="$$"
