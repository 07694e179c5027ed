# What awsenv-more.zsh reads with itself: a session's record on disk, taken over where it is newer than
# the shell's, and the switch to another profile's, without a process.
# Every expansion in a word copies all of the word, and what gets long costs the shell a page of memory.

# Sets __awsenv_cache to the folder of the records.
__awsenv_find_cache() {
  typeset -g __awsenv_cache=${${AWSENV_CACHE_DIR:-${${(M)XDG_CACHE_HOME:#/*}:-${HOME-}/.cache}/awsenv}/#\~\//${HOME-}/}
}

# What has been checked in this shell, which takes four times as long as to find it here: sessions,
# and what is noted on profiles, in the state that it fits. In __awsenv_facts is what they say, but
# for the secrets. A record begins with what is no secret, nearly always as long as in the last one.
typeset -gA __awsenv_keys=() __awsenv_known=()
typeset -ga __awsenv_facts=()
typeset -g __awsenv_public=0

# Learns what is in `text`, which the caller has, if it is record $1 of a session.
__awsenv_learn_record() {
  local life
  local -a match mbegin mend lines names
  if [[ $text != (#b)AWSENV_RECORD=2$'\n'ISSUED_AT=([1-9][0-9](#c0,11))$'\n'EXPIRES_AT=([1-9][0-9](#c0,11))$'\n'AWS_CREDENTIAL_EXPIRATION=([^[:cntrl:]]##)$'\n'AWS_ACCESS_KEY_ID=([A-Za-z0-9]##)$'\n'AWS_SECRET_ACCESS_KEY=([^[:cntrl:]]##)$'\n'AWS_SESSION_TOKEN=([^[:cntrl:]]##)$'\n'CHECK=([^[:cntrl:]]##)$'\n'(*)END=$1$'\n' ]]; then return 1; fi
  # The other lines: each has a name in capitals that no other has, and no control character.
  lines=("${(@f)match[8]%$'\n'}")
  if [[ -z $match[8] ]]; then lines=(); fi
  names=("${(@)lines%%=*}" END CHECK AWSENV_RECORD ISSUED_AT EXPIRES_AT AWS_CREDENTIAL_EXPIRATION AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN)
  if [[ ${#names} != ${#${(u)names}} || -n ${lines:#[A-Z_][A-Z0-9_]#=[^[:cntrl:]]#} ]]; then return 1; fi
  life=$(( match[2] - match[1] ))
  if (( life <= 0 || life > 36 * 3600 )); then return 1; fi
  __awsenv_public=$mend[4]
  __awsenv_known[${text[1,__awsenv_public]}.$#text]=$#__awsenv_facts
  __awsenv_facts+=("$match[1]" "$match[2]" "$match[3]" "$match[4]" $(( life / 10 )) $mbegin[5] $mend[5] $mbegin[6] $mend[6])
}

# Takes over the session in record $1 if it lives for longer than $2 seconds. Lengths are in bytes here.
# False where the record is missing, torn or not to be trusted.
__awsenv_take() {
  local text n check file=$__awsenv_cache/sessions/$1
  if [[ $#1 != 40 || $1 == *[^0123456789abcdef]* || ! -f $file || -L $file || ! -O $file || ! -r $file ]] || ! __awsenv_slurp $file; then return 1; fi
  n=$__awsenv_known[${text[1,__awsenv_public]}.$#text]
  if [[ -z $n ]]; then
    if ! __awsenv_learn_record "$1"; then return 1; fi
    n=$__awsenv_known[${text[1,__awsenv_public]}.$#text]
  fi
  # Whole, down to the last line's own end, and the secrets are where they were.
  if [[ ${text[-46,-1]} != $'\nEND='$1$'\n' || ${text[__awsenv_public+1,__awsenv_facts[n+6]-1]} != $'\nAWS_SECRET_ACCESS_KEY=' ||
    ${text[__awsenv_facts[n+7]+1,__awsenv_facts[n+8]-1]} != $'\nAWS_SESSION_TOKEN=' ]]; then return 1; fi
  # A byte that has changed is not what CHECK repeats.
  check=$'\nCHECK='$__awsenv_facts[n+1].$__awsenv_facts[n+2].$__awsenv_facts[n+3].$__awsenv_facts[n+4].${text[__awsenv_facts[n+6],__awsenv_facts[n+7]]}.${text[__awsenv_facts[n+8],__awsenv_facts[n+9]]}$'\n'
  if [[ ${text[__awsenv_facts[n+9]+1,__awsenv_facts[n+9]+$#check]} != "$check" ]]; then return 1; fi
  __awsenv_clock
  # The clock has no fractions: what is left may be a second less.
  if (( __awsenv_facts[n+2] - __awsenv_now <= ($2 < __awsenv_facts[n+5] ? $2 : __awsenv_facts[n+5]) + 1 || __awsenv_facts[n+1] > __awsenv_now + 900 )); then return 1; fi
  builtin export AWS_ACCESS_KEY_ID="$__awsenv_facts[n+4]" AWS_SECRET_ACCESS_KEY="${text[__awsenv_facts[n+6],__awsenv_facts[n+7]]}" \
    AWS_SESSION_TOKEN="${text[__awsenv_facts[n+8],__awsenv_facts[n+9]]}" AWS_CREDENTIAL_EXPIRATION="$__awsenv_facts[n+3]" \
    AWSENV_EXPIRES_AT="$__awsenv_facts[n+2]" AWSENV_ISSUED_AT="$__awsenv_facts[n+1]"
}

# Takes over a session that another terminal has got meanwhile; false where there is none, or where
# not all of it can be set.
__awsenv_load() {
  builtin setopt local_options no_multibyte
  local state kinds
  __awsenv_look
  if [[ ${AWSENV_PUT-} != AWS_ACCESS_KEY_ID=* || $kinds == *readonly* ]]; then return 1; fi
  __awsenv_seconds "${AWSENV_LEAD:-2m}" 120
  __awsenv_find_cache
  if ! __awsenv_take "${AWSENV_SESSION-}" "$__awsenv_n"; then return 1; fi
  builtin export AWSENV_PUT="AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID${AWSENV_PUT#"${AWSENV_PUT%%\&*}"}"
}

# What awsenv's answer depends on, beside the files; another awsenv may know of more. And what it sets,
# and finds its files by.
typeset -g __awsenv_relevant='HOME USERPROFILE AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE AWS_ENDPOINT_URL AWS_ENDPOINT_URL_STS AWS_IGNORE_CONFIGURED_ENDPOINT_URLS AWSENV_DEADLINE AWSENV_DURATION AWSENV_LEAD AWSENV_MFA_DURATION AWSENV_MFA_PROCESS_TIMEOUT AWSENV_MIN_LEFT'
typeset -g __awsenv_sets='AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION AWSENV_PROFILE AWSENV_SESSION AWSENV_EXPIRES_AT AWSENV_ISSUED_AT AWSENV_BASELINE AWSENV_PUT AWS_REGION AWS_DEFAULT_REGION'
typeset -g __awsenv_places='AWSENV_CACHE_DIR XDG_CACHE_HOME'

# Makes __awsenv_look, for a loop over the names takes ten times as long. It sets `state` to the values
# and types of what is relevant, and `kinds` to the types of the others, and what has to be put aside.
__awsenv_make_look() {
  local name state='' kinds=''
  for name in ${(s: :)__awsenv_relevant}; do state+="\${$name+\$$name:\${(t)$name}}\\|"; done
  for name in ${(s: :)__awsenv_sets} ${(s: :)__awsenv_places}; do kinds+="\${(t)$name},"; done
  for name in AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SECURITY_TOKEN AWS_ACCOUNT_ID; do kinds+="\${$name+$name}"; done
  builtin eval "__awsenv_look() { state=$state kinds=$kinds }"
}
__awsenv_make_look

# Learns what the note in `text`, which the caller has, says on profile $1, as known[$2]. False if it
# is for another name or another state.
__awsenv_learn() {
  local name expected='' region
  local -a match mbegin mend
  # What is set but not exported, or cannot be set, the program sees otherwise. Without a session of
  # awsenv's there must be nothing at all, and what is empty is something else again.
  if [[ $kinds != ((scalar-export,)(#c10)|,(#c12))(scalar-export|,)# ]]; then return 1; fi
  for name in ${(s: :)__awsenv_relevant}; do
    if [[ -n ${(P)name+x} && ( ${(Pt)name} != scalar-export(|-special) || ${(P)name} == (|*[[:cntrl:]\|\$]*) ) ]]; then return 1; fi
    expected+="|$name=${(P)name-}"
  done
  # In the order in which awsenv writes it.
  if [[ $text != (#b)AWSENV_RECORD=2$'\n'NAME=$1$'\n'SESSION=([^[:cntrl:]]##)$'\n'MARGIN=([0-9](#c1,12))$'\n'REGION=([A-Za-z0-9-]#)$'\n'CHECK=([^[:cntrl:]]##)$'\n'ENVIRONMENT=([^[:cntrl:]]##)$'\n'RELEVANT=$__awsenv_relevant$'\n'PLAIN_ENVIRONMENT=$expected$'\n'CONFIG=(/[^[:cntrl:]]##)$'\n'CONFIG_STAMP=[^[:cntrl:]]##$'\n'CREDENTIALS=(/[^[:cntrl:]]##)$'\n'CREDENTIALS_STAMP=[^[:cntrl:]]##$'\n'CONFIG_TEXT=([^[:cntrl:]]#)$'\n'CREDENTIALS_TEXT=([^[:cntrl:]]#)$'\n'END=$__awsenv_keys[$1]$'\n' ]]; then return 1; fi
  if [[ $match[4] != "$1.$match[1].$match[2].$match[3]" || $match[5]\& == *=\&* ]]; then return 1; fi
  region=$match[3]
  __awsenv_known[$2]=$#__awsenv_facts
  __awsenv_facts+=("$match[1]" "$match[2]" "$match[6]" "$match[7]" "$match[8]" "$match[9]" "$region" "${region:+&AWS_DEFAULT_REGION=$region&AWS_REGION=$region}")
}

# True if the AWS file $1 says what it said, which is $2 with a ` for each line's end. A line that
# begins with aws_se holds a secret, and is empty there. Neither a file's time nor its place tells as much.
__awsenv_unchanged() {
  local text=''
  if [[ -e $1 ]]; then
    if [[ ! -f $1 || ! -r $1 ]] || ! __awsenv_slurp "$1"; then return 1; fi
    if [[ -n $text ]]; then text="${(@pj:\`:)${(@)${(@f)${text%$'\n'}}/#aws_se*/}}\`"; fi
  fi
  [[ $text == "$2" ]]
}

# `awsenv assume $1` without a process, where it is certain what the program would do: its note on
# that name fits what the AWS files say, and all settings and variables are as it knows them. False,
# with nothing changed, in any doubt.
__awsenv_switch() {
  builtin emulate -L zsh -o extended_glob -o no_err_return +ex -o no_multibyte
  local hex put state kinds file text known n region
  hex=$__awsenv_keys[$1]
  if [[ -z $hex ]]; then
    # Not tried before 5.8.
    if [[ $ZSH_VERSION != (5.<8->|<6->.)* || $#1 -gt 100 || $1 == *[^\ -~]* ]]; then return 1; fi
    builtin printf -v hex %02x "${(@)${(@s::)1}/#/'}"
    __awsenv_keys[$1]=$hex
  fi
  # Of what awsenv sets, all has to be as it left it: else there would be something to put aside.
  put=AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID${AWS_DEFAULT_REGION+&AWS_DEFAULT_REGION=$AWS_DEFAULT_REGION}${AWS_REGION+&AWS_REGION=$AWS_REGION}
  if [[ ${AWSENV_PUT-AWS_ACCESS_KEY_ID=} != "$put" || $AWSENV_PUT\& == *=\&* || $AWS_ACCESS_KEY_ID$AWS_DEFAULT_REGION$AWS_REGION == *[^A-Za-z0-9-]* ]]; then return 1; fi
  __awsenv_look
  __awsenv_find_cache
  file=$__awsenv_cache/names/$hex
  if [[ ! -f $file || -L $file || ! -O $file || ! -r $file ]] || ! __awsenv_slurp $file; then return 1; fi
  known=$1/$kinds$state$text
  n=$__awsenv_known[$known]
  if [[ -z $n ]]; then
    if ! __awsenv_learn "$1" "$known"; then return 1; fi
    n=$__awsenv_known[$known]
  fi
  region=$__awsenv_facts[n+7]
  # Without a region of the profile's, the one from before awsenv would count.
  if [[ -z $region && $AWSENV_BASELINE == *REGION=* ]]; then return 1; fi
  # Which of the person's own keys may stay put aside, the program knows.
  if [[ -n $AWSENV_KEEP_KEYS && $AWSENV_BASELINE == *(ACCESS_KEY|_TOKEN=)* ]]; then return 1; fi
  if ! { __awsenv_unchanged "$__awsenv_facts[n+3]" "$__awsenv_facts[n+5]" && __awsenv_unchanged "$__awsenv_facts[n+4]" "$__awsenv_facts[n+6]" }; then return 1; fi
  if ! __awsenv_take "$__awsenv_facts[n+1]" "$__awsenv_facts[n+2]"; then return 1; fi
  builtin export AWSENV_PROFILE="$1" AWSENV_SESSION="$__awsenv_facts[n+1]" AWSENV_BASELINE="${AWSENV_PUT+$AWSENV_BASELINE}" \
    AWSENV_PUT="AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID$__awsenv_facts[n+8]" AWS_REGION="$region" AWS_DEFAULT_REGION="$region"
  if [[ -z $region ]]; then builtin unset AWS_REGION AWS_DEFAULT_REGION; fi
  if [[ $precmd_functions[-1] != __awsenv_precmd ]]; then __awsenv_attach; fi
  if [[ -t 2 ]]; then __awsenv_left $(( AWSENV_EXPIRES_AT - __awsenv_now )) && builtin print -ru2 -- "awsenv: $1 for $__awsenv_text"; fi
}
