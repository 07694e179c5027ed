# shellcheck shell=bash disable=SC2034,SC2128,SC2154,SC2178
# What awsenv-more.bash reads with itself: a session's record on disk, taken over where it is newer than
# the shell's, and the switch to another profile's, without a process.
# bash copies a function for each call of it, looks variables up in all of its callers' locals, and
# takes longer over quotes than over what is in them. So what is seldom needed has a function of its
# own, and what is assigned, where nothing is split, stands without quotes.

# Sets __awsenv_cache to the folder of the records.
__awsenv_find_cache() {
  case ${AWSENV_CACHE_DIR-},${XDG_CACHE_HOME-} in
    ,/*) __awsenv_cache=$XDG_CACHE_HOME/awsenv ;;
    ,*) __awsenv_cache=${HOME-}/.cache/awsenv ;;
    \~/*) __awsenv_cache=${HOME-}${AWSENV_CACHE_DIR#\~} ;;
    *) __awsenv_cache=$AWSENV_CACHE_DIR ;;
  esac
}

# Reads the first eight lines from its input into `lines`, and the others with their ends into `rest`.
# Both are the caller's. No record has more than a hundred lines.
__awsenv_read() {
  local line left=65536 IFS=
  if ((__awsenv_version >= 404)); then builtin mapfile -t -n 8 lines && builtin mapfile -n 99 rest && return; fi
  lines=() rest=()
  while builtin read -r line && ((left > 0)); do
    left=$((left - ${#line} - 1))
    if ((${#lines[@]} < 8)); then lines+=("$line"); else rest+=("$line"$'\n'); fi
  done
  # Never without an element, which older versions take for unset.
  if [[ -n $line || ${#rest[@]} == 0 ]]; then rest+=("$line"); fi
}

# True if the record in `lines` and `rest`, which the caller has, is a session's. Sets `tenth`, the
# caller's too, to a tenth of its life in seconds.
__awsenv_check_record() {
  local names text IFS=' ' || return 1
  local -a all || return 1
  all=("${lines[@]}" "${rest[@]%$'\n'}")
  # Nearly always the names are those of the last record.
  names=${all[*]/=*/=}
  # With a space in it, the same text could be cut into other lines.
  text=${all[*]}
  if [[ ${#text} -gt 65536 || $text =~ [[:cntrl:]] || ${lines[0]} != AWSENV_RECORD=2 || ${lines[3]} == *' '* ]]; then return 1; fi
  if [[ $names != "$__awsenv_names" ]] && ! __awsenv_check_names "$names "; then return 1; fi
  # With a 0 before them, they would be octal numbers.
  if [[ ${lines[1]:10:1}${lines[2]:11:1} == *0* || ${lines[4]:18} == *[!A-Za-z0-9]* ||
    ${lines[3]} == *= || ${lines[4]} == *= ]]; then return 1; fi
  if ! __awsenv_is_time "${lines[1]:10}" || ! __awsenv_is_time "${lines[2]:11}"; then return 1; fi
  if ((tenth = ${lines[2]:11} - ${lines[1]:10}, tenth <= 0 || tenth > 129600)); then return 1; fi
  tenth=$((tenth / 10)) __awsenv_names=$names
  if ((__awsenv_version >= 501)); then __awsenv_known[x${lines[@]:1:4}]=$tenth; fi
}
__awsenv_names=

# True if each line has a name in capitals before its =, that no other has, and those that awsenv writes
# first are there.
__awsenv_check_names() {
  local name seen=' ' IFS=' '
  if [[ $1 == *[!A-Z0-9_=\ ]* || $1 == *[!=]' '* || " $1" == *' '[0-9=]* ||
    $1 != 'AWSENV_RECORD= ISSUED_AT= EXPIRES_AT= AWS_CREDENTIAL_EXPIRATION= AWS_ACCESS_KEY_ID= AWS_SECRET_ACCESS_KEY= AWS_SESSION_TOKEN= CHECK= '*'END= ' ]]; then return 1; fi
  for name in $1; do
    if [[ $seen == *" ${name%?} "* ]]; then return 1; fi
    seen+="${name%?} "
  done
}

# Takes over the session in record $1 if it lives for longer than $2 seconds; export is left to the
# caller. False where the record is missing, torn or not to be trusted.
__awsenv_take() {
  # Where somebody has made one of these read-only.
  local lines rest expires tenth= || return 1
  __awsenv_file=$__awsenv_cache/sessions/$1
  if [[ ${#1} != 40 || $1 == *[!0-9a-f]* || ! -f $__awsenv_file || -L $__awsenv_file || ! -O $__awsenv_file || ! -r $__awsenv_file ]]; then return 1; fi
  if ((__awsenv_version >= 501)); then
    { builtin mapfile -t -n 8 lines && builtin mapfile -n 99 rest; } <"$__awsenv_file"
    # What is known by its times and its key need not be checked again.
    tenth=${__awsenv_known[x${lines[@]:1:4}]-} __awsenv_now=$EPOCHSECONDS
  else
    __awsenv_read <"$__awsenv_file"
    __awsenv_clock
  fi
  # A byte that has changed is not what CHECK repeats, no record is that large, and its end has to be
  # whole, down to the last line's own end.
  if [[ ${lines[7]-} != "CHECK=${lines[1]:10}.${lines[2]:11}.${lines[3]:26}.${lines[4]:18}.${lines[5]:22}.${lines[6]:18}" ]]; then return 1; fi
  if [[ ${#lines[6]} -gt 65536 || "${rest[*]: -1}" != "END=$1"$'\n' || ${lines[5]-} != AWS_SECRET_ACCESS_KEY=?* || ${lines[6]-} != AWS_SESSION_TOKEN=?* ]] || { [[ -z $tenth ]] && ! __awsenv_check_record; }; then return 1; fi
  expires=${lines[2]:11}
  # The clock has no fractions: what is left may be a second less.
  if ((expires - __awsenv_now <= ($2 < tenth ? $2 : tenth) + 1 || ${lines[1]:10} > __awsenv_now + 900)); then return 1; fi
  # Quicker than as arguments of export.
  AWSENV_ISSUED_AT=${lines[1]:10} AWSENV_EXPIRES_AT=$expires AWS_CREDENTIAL_EXPIRATION=${lines[3]:26} \
    AWS_ACCESS_KEY_ID=${lines[4]:18} AWS_SECRET_ACCESS_KEY=${lines[5]:22} AWS_SESSION_TOKEN=${lines[6]:18}
}

# Takes over a session that another terminal has got meanwhile; false where there is none.
__awsenv_load() {
  if [[ ${AWSENV_PUT-} != AWS_ACCESS_KEY_ID=* ]]; then return 1; fi
  __awsenv_seconds "${AWSENV_LEAD:-2m}" 120
  __awsenv_find_cache
  if ! __awsenv_take "${AWSENV_SESSION-}" "$__awsenv_n"; then return 1; fi
  builtin export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION AWSENV_EXPIRES_AT AWSENV_ISSUED_AT \
    AWSENV_PUT="AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID${AWSENV_PUT#"${AWSENV_PUT%%&*}"}"
}

# Sets __awsenv_name to a variable that a renewal sets and that is read-only; false if none is. bash
# would set the others. Only trying tells of them all, in a subshell; it is seldom needed.
__awsenv_find_fixed() {
  local names='AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION AWSENV_EXPIRES_AT AWSENV_ISSUED_AT AWSENV_PUT'
  local IFS=' '
  # shellcheck disable=SC2086
  if (\builtin unset -v $names) 2>/dev/null; then return 1; fi
  for __awsenv_name in $names; do
    if ! (\builtin unset -v "$__awsenv_name") 2>/dev/null; then return 0; fi
  done
  return 1
}

# What awsenv's answer depends on, beside the files; another awsenv may know of more. And what it sets,
# and finds its files by.
__awsenv_relevant='HOME USERPROFILE AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE AWS_ENDPOINT_URL AWS_ENDPOINT_URL_STS AWS_IGNORE_CONFIGURED_ENDPOINT_URLS AWSENV_DEADLINE AWSENV_DURATION AWSENV_LEAD AWSENV_MFA_DURATION AWSENV_MFA_PROCESS_TIMEOUT AWSENV_MIN_LEFT'
__awsenv_sets='AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION AWSENV_PROFILE AWSENV_SESSION AWSENV_EXPIRES_AT AWSENV_ISSUED_AT AWSENV_BASELINE AWSENV_PUT AWS_REGION AWS_DEFAULT_REGION'
__awsenv_places='AWSENV_CACHE_DIR XDG_CACHE_HOME'

# Makes two functions, for a loop over the names takes long. __awsenv_look sets `state` to what is
# relevant, and `kinds` to the attributes of the others, and what has to be put aside.
# __awsenv_look_closer sets `settings` to |NAME=value of what is relevant, and `flags` to `nx,` where
# that is exported, nothing else and not empty, and to `,` where it is not there.
__awsenv_make_look() {
  local name state='' kinds='' settings='' flags='' IFS=' '
  for name in $__awsenv_relevant; do
    state+="\\|\${$name+\$$name:\${$name@a}}" settings+="\\|$name=\$$name" flags+="\${$name:+n}\${$name@a},"
  done
  for name in $__awsenv_sets; do kinds+="\${$name@a},"; done
  for name in $__awsenv_places; do kinds+="\${$name+s}\${$name@a},"; done
  for name in AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SECURITY_TOKEN AWS_ACCOUNT_ID; do kinds+="\${$name+$name}"; done
  builtin eval "__awsenv_look() {
      state=$state kinds=$kinds
      __awsenv_find_cache
    }
    __awsenv_look_closer() { settings=$settings flags=$flags; }"
}

# Sets __awsenv_keys[$1] to the name of the note on profile $1.
__awsenv_make_key() {
  local each i hex='' || return 1
  # Under nocasematch, what is compared below would mean something else.
  if [[ ${#1} -gt 100 || $1 == *[!\ -~]* ]] || builtin shopt -q nocasematch; then return 1; fi
  for ((i = 0; i < ${#1}; i += 8)); do
    builtin printf -v each %02x "'${1:i}" "'${1:i+1}" "'${1:i+2}" "'${1:i+3}" "'${1:i+4}" "'${1:i+5}" "'${1:i+6}" "'${1:i+7}"
    hex+=$each
  done
  __awsenv_keys[$1]=${hex:0:2*${#1}}
}

# Learns what `note`, which the caller has, says on profile $1, as known[$2]. False if it is for
# another name, or another state.
__awsenv_learn() {
  local settings flags region kinds=${kinds//sx,/,} IFS=' ' || return 1
  local -a lines || return 1
  # Without a session of awsenv's there must be nothing at all.
  case $kinds in x,x,x,x,x,x,x,x,x,x,*) ;; ,,,,,,,,,,,,*) ;; *) return 1 ;; esac
  # What is set but not exported is something else to the program, and so may be what is empty.
  __awsenv_look_closer
  if [[ ${kinds//x,/,} != ,,,,,,,,,,,,,, || ${flags//nx,/,} != ,,,,,,,,,,,,, ]]; then return 1; fi
  # A here-string would take ten times as long. Empty lines, which are lost here, are looked for below.
  local - IFS=$'\n' && set -f
  # shellcheck disable=SC2206
  lines=($note)
  IFS=' '
  # In the order in which awsenv writes them, and the end.
  region=${lines[4]:7}
  if [[ ${#lines[@]} != 16 || $note == *$'\n\n'* || ${note: -1} != $'\n' || ${lines[0]} != AWSENV_RECORD=2 || ${lines[1]} != "NAME=$1" || ${lines[2]} != SESSION=?* ||
    ${lines[3]} != MARGIN=?* || ${lines[3]:7} == *[!0123456789]* || ${#lines[3]} -gt 19 || ${lines[4]} != REGION=* || $region == *[!A-Za-z0-9-]* ||
    ${lines[5]} != "CHECK=$1.${lines[2]:8}.${lines[3]:7}.$region" || ${lines[6]} != ENVIRONMENT=* ||
    ${lines[7]} != "RELEVANT=$__awsenv_relevant" || ${lines[8]} != "PLAIN_ENVIRONMENT=$settings" || ${lines[9]} != CONFIG=/* ||
    ${lines[10]} != CONFIG_STAMP=?* || ${lines[11]} != CREDENTIALS=/* || ${lines[12]} != CREDENTIALS_STAMP=?* ||
    ${lines[13]} != CONFIG_TEXT=* || ${lines[14]} != CREDENTIALS_TEXT=* || ${lines[15]} != "END=${__awsenv_keys[$1]}" || ${lines[*]} =~ [[:cntrl:]] ]]; then return 1; fi
  # A $ in a path stands for a variable that is not compared here, and a | stands between values.
  case ${lines[6]}\& in *=\&* | *%24* | *%7C*) return 1 ;; esac
  __awsenv_known[$2]=${#__awsenv_facts[@]}
  __awsenv_facts+=("${lines[9]:7}" "${lines[11]:12}" "${lines[2]:8}" $((10#${lines[3]:7})) "${region:+&AWS_DEFAULT_REGION=$region&AWS_REGION=$region}" "$region" "${lines[13]:12}" "${lines[14]:17}")
}

# True if the AWS file $1 says what it said, which is $2 with a ` for each line's end. A line that
# begins with aws_se holds a secret, and is empty there. Neither a file's time nor its place tells as much.
__awsenv_unchanged() {
  local text='' IFS=\` || return 1
  local -a lines=() || return 1
  if [[ -e $1 ]]; then
    if [[ ! -f $1 || ! -r $1 ]]; then return 1; fi
    # No text has more lines than characters, and of a longer file no more is read.
    builtin mapfile -t -n $((${#2} + 1)) lines <"$1"
    text="${lines[*]}"${lines[0]+\`}
    # Without secrets, as a config nearly always is.
    if [[ $text == "$2" ]]; then return 0; fi
    text="${lines[*]/#aws_se*/}"${lines[0]+\`}
  fi
  [[ $text == "$2" ]]
}

__awsenv_export() {
  builtin export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION AWSENV_PROFILE AWSENV_SESSION \
    AWSENV_EXPIRES_AT AWSENV_ISSUED_AT AWSENV_BASELINE AWSENV_PUT AWS_REGION AWS_DEFAULT_REGION
}

# `awsenv assume $1` without a process, where it is certain what the program would do: its note on
# that name fits what the AWS files say, and all settings and variables are as it knows them. False,
# with nothing changed, in any doubt.
__awsenv_switch() {
  local state kinds put file note known n config credentials region || return 1
  case $- in *[kux]*) local - && set +kux ;; esac
  # shellcheck disable=SC2050
  if [[ a == A || -z ${__awsenv_keys[$1]} ]] && ! __awsenv_make_key "$1"; then return 1; fi
  # Of what awsenv sets, all has to be as it left it: else there would be something to put aside.
  put=AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID${AWS_DEFAULT_REGION+&AWS_DEFAULT_REGION=$AWS_DEFAULT_REGION}${AWS_REGION+&AWS_REGION=$AWS_REGION}
  if [[ ${AWSENV_PUT-AWS_ACCESS_KEY_ID=} != "$put" || $AWSENV_PUT\& == *=\&* || $AWS_ACCESS_KEY_ID$AWS_DEFAULT_REGION$AWS_REGION == *[!A-Za-z0-9-]* ]]; then return 1; fi
  __awsenv_look
  # What is there but not exported, the program does not see.
  if [[ $kinds == ,* && -n ${AWSENV_PUT+x} ]]; then return 1; fi
  file=$__awsenv_cache/names/${__awsenv_keys[$1]}
  if [[ ! -f $file || -L $file || ! -O $file || ! -r $file ]]; then return 1; fi
  builtin mapfile -d '' note <"$file"
  known=$1/$kinds$state$note
  n=${__awsenv_known[$known]}
  if [[ -z $n ]]; then
    if ! __awsenv_learn "$1" "$known"; then return 1; fi
    n=${__awsenv_known[$known]}
  fi
  config=${__awsenv_facts[n]} credentials=${__awsenv_facts[n + 1]} region=${__awsenv_facts[n + 5]}
  # Without a region of the profile's, the one from before awsenv would count.
  if [[ -z $region && $AWSENV_BASELINE == *REGION=* ]]; then return 1; fi
  # Which of the person's own keys may stay put aside, the program knows.
  if [[ -n $AWSENV_KEEP_KEYS && ($AWSENV_BASELINE == *ACCESS_KEY* || $AWSENV_BASELINE == *_TOKEN=*) ]]; then return 1; fi
  if ! __awsenv_unchanged "$config" "${__awsenv_facts[n + 6]}" || ! __awsenv_unchanged "$credentials" "${__awsenv_facts[n + 7]}"; then return 1; fi
  if ! __awsenv_take "${__awsenv_facts[n + 2]}" "${__awsenv_facts[n + 3]}"; then return 1; fi
  AWSENV_BASELINE=${AWSENV_PUT+$AWSENV_BASELINE} AWSENV_PUT=AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID${__awsenv_facts[n + 4]} \
    AWSENV_PROFILE=$1 AWSENV_SESSION=${__awsenv_facts[n + 2]} AWS_REGION=$region AWS_DEFAULT_REGION=$region
  if [[ $kinds != x,x,x,x,x,x,x,x,x,x,x,x,* ]]; then __awsenv_export; fi
  if [[ -z $region ]]; then builtin unset -v AWS_REGION AWS_DEFAULT_REGION; fi
  __awsenv_left $((AWSENV_EXPIRES_AT - __awsenv_now))
  if [[ -t 2 ]]; then builtin printf 'awsenv: %s for %s\n' "$1" "$__awsenv_text" >&2; fi
  return 0
}

if ((__awsenv_version >= 501)); then
  __awsenv_make_look
  # What has been checked in this shell, which takes four times as long as to find it here: sessions,
  # and what is noted on profiles, in the state that it fits. __awsenv_facts has what those notes say.
  declare -gA __awsenv_keys __awsenv_known
  __awsenv_keys=() __awsenv_known=() __awsenv_facts=()
else
  # bash before 5.1 does not tell what a variable is without a process.
  __awsenv_switch() { return 1; }
fi
