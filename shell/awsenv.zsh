# awsenv for zsh 5.4 and later: the session's time left in the prompt, and a code asked for
# just before the command that needs it. `awsenv init zsh --install` adds it to ~/.zshrc.
# Functions give their results in variables: $(...) would cost a process.

# --- 1. guard ------------------------------------------------------------------------------

[[ -o interactive ]] || \builtin return 0
# Not a mere flag: under `setopt all_export` that would reach child shells.
[[ "${__awsenv_loaded-}" != "$$" ]] || \builtin return 0
\builtin typeset -g __awsenv_loaded="$$" __awsenv_aliases=''
# Functions are parsed without aliases, so that no alias of a builtin ends up in them.
[[ ! -o aliases ]] || { __awsenv_aliases=1 && \builtin unsetopt aliases; }

# --- 2. settings ---------------------------------------------------------------------------

# AWSENV_AUTO=match|all|off  AWSENV_LEAD=2m  AWSENV_COMMANDS="mytool -kubectl"
# AWSENV_PROMPT=on|manual|off  AWSENV_PROMPT_FORMAT='[{profile} {left}] '
# AWSENV_PROMPT_WARN=15m  AWSENV_PROMPT_URGENT=5m  AWSENV_PROMPT_COLORS='32 33 31'
# They are read where they are used, so that a change takes effect at once.
typeset -g __awsenv_commands=' aws sam cdk terraform tofu terragrunt pulumi packer kubectl helm eksctl k9s copilot sls serverless ansible-playbook aws-nuke '
# Every function that zsh or a person calls begins with these, for the options here are theirs.
typeset -g __awsenv_options='\builtin emulate -L zsh -o extended_glob -o no_err_exit -o no_err_return'

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

# Sets __awsenv_now to the epoch seconds, without the module that EPOCHSECONDS needs.
__awsenv_clock() {
  typeset -g __awsenv_now='%D{%s}'
  __awsenv_now=${(%)__awsenv_now}
}

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

# True if what ends at $1, issued at $2 (0: unknown), has lapsed or is about to.
__awsenv_ends() {
  __awsenv_seconds "${AWSENV_LEAD:-2m}" 120
  if (( 10#$1 > 10#$2 && __awsenv_n > (10#$1 - 10#$2) / 10 )); then
    __awsenv_n=$(( (10#$1 - 10#$2) / 10 ))
  fi
  __awsenv_clock
  (( 10#$1 - __awsenv_now <= __awsenv_n ))
}

__awsenv_lapsed() {
  local issued=${AWSENV_ISSUED_AT-}
  if ! __awsenv_is_time "$issued"; then issued=0; fi
  __awsenv_ours && __awsenv_is_time "${AWSENV_EXPIRES_AT-}" && __awsenv_ends "$AWSENV_EXPIRES_AT" "$issued"
}

# --- 5. segment ----------------------------------------------------------------------------

# What would move or hide text on a screen, beside control characters: marks of direction, line
# separators, the byte order mark.
typeset -g __awsenv_marks=$'\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad\xe2\x80\xae\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9\xef\xbb\xbf'

# Sets AWSENV_SEGMENT, the text, and AWSENV_COLOR and AWSENV_COLOR_END to stand around it.
__awsenv_compute() {
  local left='' seconds=1000000 text color=${AWSENV_PROMPT_COLORS-32 33 31} name
  typeset -g AWSENV_SEGMENT='' AWSENV_COLOR='' AWSENV_COLOR_END=''
  if [[ ${AWSENV_PROMPT-} == off || -z ${AWSENV_PROFILE-} ]] || ! __awsenv_ours; then return 0; fi
  text=${AWSENV_PROMPT_FORMAT-'[{profile} {left}] '}
  if __awsenv_is_time "${AWSENV_EXPIRES_AT-}"; then
    __awsenv_clock
    seconds=$(( 10#$AWSENV_EXPIRES_AT - __awsenv_now )) left=lapsed
    if (( seconds > 0 )); then left=${seconds}s; fi
    if (( seconds >= 60 )); then left=$(( seconds / 60 ))m; fi
    if (( seconds >= 3600 )); then left=$(( seconds / 3600 ))h${(l:2::0:)$(( seconds / 60 % 60 ))}m; fi
  elif [[ -n ${AWSENV_EXPIRES_AT-} ]]; then
    left='?'
  else
    text=${text/ \{left\}/}
  fi
  if [[ $text == *\{left\}* ]]; then text=${text%%\{left\}*}$left${text#*\{left\}}; fi
  # The name comes last: it may hold a {left} of its own.
  name=${AWSENV_PROFILE//[[:cntrl:]$__awsenv_marks]/?}
  if (( ${#name} > 60 )); then name=${name[1,59]}~; fi
  if [[ $text == *\{profile\}* ]]; then text=${text%%\{profile\}*}$name${text#*\{profile\}}; fi
  AWSENV_SEGMENT=$text
  __awsenv_seconds "${AWSENV_PROMPT_WARN:-15m}" 900
  if (( seconds <= __awsenv_n )); then color=${color#* }; fi
  __awsenv_seconds "${AWSENV_PROMPT_URGENT:-5m}" 300
  if (( seconds <= __awsenv_n )); then color=${color##* }; fi
  color=${color%% *}
  case ${NO_COLOR:+x}$color in '' | *[^0123456789\;]*) return 0 ;; esac
  if [[ ${TERM-} != dumb ]]; then AWSENV_COLOR=$'\e['${color}m AWSENV_COLOR_END=$'\e[0m'; fi
}

# For prompts made by hand: computes the segment anew and prints it, without colour.
awsenv_segment() {
  builtin eval "$__awsenv_options"
  __awsenv_compute
  builtin print -rn -- "$AWSENV_SEGMENT"
}

# --- 6. prompt placement -------------------------------------------------------------------

# Puts the segment in front of PROMPT, unless PROMPT has it already or the person places it. The
# text stands in psvar: from there it is shown as it is, with or without PROMPT_SUBST.
__awsenv_place() {
  local front=''
  psvar[61]=$AWSENV_SEGMENT
  if [[ ${AWSENV_PROMPT:-on} == on && -n $AWSENV_SEGMENT && $1 == on ]]; then
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

# Takes over a session that another terminal has got meanwhile; false where there is none.
__awsenv_load() {
  local key=${AWSENV_SESSION-} file=${AWSENV_CACHE_DIR-} line name lines=0
  local -A values
  if [[ $key != [0123456789abcdef](#c40) || ${AWSENV_PUT-} != AWS_ACCESS_KEY_ID=* ]]; then return 1; fi
  case $file in \~/*) file=${HOME-}${file#\~} ;; '') file=${HOME-}/.cache/awsenv ;; esac
  case ${AWSENV_CACHE_DIR:+x}${XDG_CACHE_HOME-} in /*) file=$XDG_CACHE_HOME/awsenv ;; esac
  file=$file/sessions/$key
  if [[ ! -f $file || -L $file || ! -O $file || ! -r $file ]]; then return 1; fi
  while IFS= builtin read -r line; do
    name=${line%%=*}
    case $(( lines++ ))$line in 0AWSENV_RECORD=1) continue ;; 0*) return 1 ;; esac
    case $name in '' | "$line" | [0123456789]* | *[^ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_]*) return 1 ;; esac
    if [[ -n ${values[END]-} || -n ${values[$name]+x} || $line == *[[:cntrl:]]* ]]; then return 1; fi
    values[$name]=${line#*=}
  done 2>/dev/null <"$file"
  # What is left in $line is a last line that does not end.
  if [[ ${values[END]-} != "$key" || -n $line || ${values[AWS_ACCESS_KEY_ID]-} != [A-Za-z0-9]## ]]; then return 1; fi
  for name in AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION; do
    if [[ -z ${values[$name]-} ]]; then return 1; fi
  done
  if ! __awsenv_is_time "${values[ISSUED_AT]-}" || ! __awsenv_is_time "${values[EXPIRES_AT]-}"; then return 1; fi
  if __awsenv_ends "${values[EXPIRES_AT]}" "${values[ISSUED_AT]}"; then return 1; fi
  if (( 10#${values[ISSUED_AT]} > __awsenv_now + 900 )); then return 1; fi
  if (( 10#${values[EXPIRES_AT]} - 10#${values[ISSUED_AT]} > 36 * 3600 )); then return 1; fi
  for name in AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION; do
    export "$name=${values[$name]}"
  done
  export AWSENV_EXPIRES_AT="${values[EXPIRES_AT]}" AWSENV_ISSUED_AT="${values[ISSUED_AT]}"
  export AWSENV_PUT="AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID${AWSENV_PUT#"${AWSENV_PUT%%\&*}"}"
}

# --- 8. matching ---------------------------------------------------------------------------

# True if the line $1 holds a command that uses AWS and does not choose a profile itself.
__awsenv_matches() {
  local word name before='' found='' skip='' over='' inner
  # zsh's own lexer; a last separator ends the last command.
  for word in "${(@Z+C+)1}" ';'; do
    case $word in
      \;* | \|* | \&* | \( | \) | \{ | \})
        if [[ -n $found && $over != profile ]]; then return 0; fi
        # The words of x=(...) are no commands.
        if [[ $skip != list || $word == \) ]]; then before='' found='' skip='' over=''; fi
        continue
        ;;
    esac
    # What is run inside of a word.
    inner=$word
    if [[ $word != *\"* ]]; then inner=${word//\'[^\']#\'/}; fi
    case $inner in
      *\$\(* | [\<\>=]\(*) if __awsenv_matches "${inner#*\(}"; then return 0; fi ;;
      *\`*\`*) if __awsenv_matches "${${inner#*\`}%\`*}"; then return 0; fi ;;
    esac
    case $skip$word in
      list* | word*) if [[ $skip == word ]]; then skip=''; fi && continue ;;
      --profile | --profile=*) over=profile && continue ;;
      *[\<\>] | *[\<\>]\&) skip=word && continue ;;
      [A-Za-z_]*=\() skip=list && continue ;;
      [A-Za-z_][A-Za-z0-9_]#(+|)=*) continue ;;
    esac
    name=${${(Q)word}##*/}
    if [[ -n $found$over ]]; then continue; fi
    if __awsenv_is_command "$name"; then found=1 && continue; fi
    # After sudo and its kind, any later word counts; but `command -v aws` only looks it up.
    case $before$word in command-[vV]) over=1 ;; esac
    if [[ -n $before ]]; then continue; fi
    case $name in
      then | do | else | elif | if | while | until | ! | '()') ;;
      sudo | doas | env | command | exec | nohup | nice | time | timeout | xargs | watch | noglob | nocorrect | -) before=$name ;;
      *) over=1 ;;
    esac
  done
  return 1
}

__awsenv_is_command() {
  case " ${AWSENV_COMMANDS-} " in *" -$1 "*) return 1 ;; esac
  [[ $1 == [^-]* && "$__awsenv_commands${AWSENV_COMMANDS-} " == *" $1 "* ]]
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
  local out code=0
  if __awsenv_load; then return 0; fi
  out=$(AWSENV_LEAD=${AWSENV_LEAD:-2m} \command awsenv refresh --shell zsh) || code=$?
  # No code was given, or there is no awsenv (any more): the line runs as it is.
  if [[ $code == 127 || $out == '{ : awsenv; }' ]]; then return 0; fi
  if [[ $code == 0 && $out == '{ : awsenv;'* ]] && builtin eval "$out"; then return 0; fi
  typeset -g __awsenv_snoozed="${AWSENV_EXPIRES_AT-}"
  return 1
}

# --- 10. hooking in ------------------------------------------------------------------------

typeset -g __awsenv_front='' __awsenv_snoozed='' __awsenv_completes='' __awsenv_psvar="${#psvar}"
typeset -g __awsenv_had="${precmd_functions+p}${preexec_functions+x}"

# $3 is the line with its aliases expanded. zsh hands $? on by itself around hooks.
__awsenv_preexec() {
  builtin eval "$__awsenv_options"
  if ! __awsenv_lapsed || ! __awsenv_wanted "$3" || __awsenv_renew; then return 0; fi
  # Drops the whole line. The lapsed credentials stay: without any, tools would fall through to
  # another identity. The person's own trap is back when this function has ended.
  trap - INT
  builtin kill -INT $$
}

__awsenv_precmd() {
  local percent=off
  [[ ! -o prompt_percent ]] || percent=on
  builtin eval "$__awsenv_options"
  __awsenv_compute
  if [[ -z $__awsenv_completes ]] && typeset -f compdef >/dev/null; then
    compdef __awsenv_complete awsenv
    __awsenv_completes=1
  fi
  # After whatever sets PROMPT.
  if [[ ${precmd_functions[-1]-} != __awsenv_precmd ]]; then
    precmd_functions=(${precmd_functions:#__awsenv_precmd} __awsenv_precmd)
  fi
  __awsenv_place $percent
}

typeset -ga precmd_functions preexec_functions
precmd_functions+=(__awsenv_precmd)
# First, so that a dropped line is not begun by others.
preexec_functions=(__awsenv_preexec "${preexec_functions[@]}")

# --- 11. the awsenv command ----------------------------------------------------------------

typeset -g __awsenv_function=''
if typeset -f awsenv >/dev/null; then __awsenv_function=$(\builtin typeset -f awsenv); fi
# assume, unset and refresh act on this shell; everything else is the program, untouched.
awsenv() {
  case "${1-},${2-},$#" in
    auto,on,2) typeset -g AWSENV_AUTO=match ;;
    auto,off,2 | auto,all,2) typeset -g AWSENV_AUTO="$2" ;;
    auto,*) builtin print -r -- 'awsenv: usage: awsenv auto on|off|all' >&2 && return 2 ;;
    prompt,on,2 | prompt,off,2) typeset -g AWSENV_PROMPT="$2" ;;
    assume,* | unset,* | refresh,*) __awsenv_apply "$@" ;;
    doctor,*) AWSENV_HOOK='zsh 0.1.0' command awsenv "$@" ;;
    *) command awsenv "$@" ;;
  esac
}

__awsenv_apply() {
  builtin eval "$__awsenv_options"
  local argument out code=0
  for argument; do
    case $argument in -- | --help | --shell | --shell=* | --format | --format=* | --print) code=1 ;; esac
  done
  # eval "$(awsenv assume ...)" and pipes get what the program prints.
  if [[ $code == 1 || ! -t 1 ]]; then
    command awsenv "$@"
    return
  fi
  out=$(\command awsenv "$@" --shell zsh) || code=$?
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
  builtin eval "$__awsenv_options"
  local name
  AWSENV_PROMPT=off __awsenv_place off
  precmd_functions=(${precmd_functions:#__awsenv_precmd})
  preexec_functions=(${preexec_functions:#__awsenv_preexec})
  if [[ $__awsenv_had != p* && -z $precmd_functions ]]; then unset precmd_functions; fi
  if [[ $__awsenv_had != *x && -z $preexec_functions ]]; then unset preexec_functions; fi
  psvar[61]=()
  if (( ${#psvar} > __awsenv_psvar )) && [[ -z ${(j::)psvar[__awsenv_psvar + 1,-1]} ]]; then
    psvar=("${(@)psvar[1,__awsenv_psvar]}")
  fi
  if [[ -n $__awsenv_completes ]]; then compdef -d awsenv; fi
  builtin unfunction awsenv awsenv_segment awsenv_unload
  unsetopt aliases
  builtin eval "$__awsenv_function"
  unset AWSENV_SEGMENT AWSENV_COLOR AWSENV_COLOR_END
  unset -m '__awsenv_*'
  builtin unfunction -m '__awsenv_*'
}

[[ -z $__awsenv_aliases ]] || builtin setopt aliases
