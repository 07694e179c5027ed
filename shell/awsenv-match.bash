# shellcheck shell=bash disable=SC2034,SC2128,SC2154,SC2178
# What awsenv-more.bash reads once a session has expired and a line is about to run: whether the line
# needs the session, the renewal, and how the line is dropped where that was cancelled.
# Functions give their results in variables: $(...) would cost a process.

__awsenv_aliases=
# See awsenv.bash.
if \builtin shopt -q expand_aliases; then __awsenv_aliases=a && \builtin shopt -u expand_aliases; fi
case $- in *k*) __awsenv_aliases+=k && set +k ;; esac

# --- 1. matching ---------------------------------------------------------------------------

# docs/matching.md has the rules; the table of commands is awsenv-commands, beside this file. A word
# that was quoted has a \ in front in what follows, for it is no alias and no keyword; other quoted text
# is _N_, where N is its number in `quoted`, and what a substitution leaves behind is _.

# True if the line $1 holds a command that needs the session. Sets __awsenv_gone if the line leaves
# the session: what comes after that needs it no more.
__awsenv_matches() {
  local body=0 apart=''
  local -a quoted=()
  # In a long text, characters of several bytes would be counted again and again.
  if ((${#1} > 1000)); then local LC_ALL=C; fi
  __awsenv_gone=
  if [[ -z $__awsenv_plus ]]; then __awsenv_read_table; fi
  if [[ ${AWSENV_COMMANDS-} != "$__awsenv_own_text" ]]; then __awsenv_read_own; fi
  __awsenv_scan "$1" ' '
}
__awsenv_plus='' __awsenv_own_text='' __awsenv_own_yes=' ' __awsenv_own_no=' ' __awsenv_own_patterns=()

# Each kind of rule becomes one text, a rule a line with a blank at its end, for a search in a text is
# what bash does quickly.
__awsenv_read_table() {
  local kind rule IFS=' '
  __awsenv_plus=$'\n' __awsenv_minus=$'\n' __awsenv_kube=$'\n' __awsenv_valued=$'\n' __awsenv_runners=$'\n'
  if [[ -f ${__awsenv_more%/*}/awsenv-commands && -r ${__awsenv_more%/*}/awsenv-commands ]]; then
    while builtin read -r kind rule; do
      case $kind in
        +) __awsenv_plus+=$rule\ $'\n' ;;
        -) __awsenv_minus+=$rule\ $'\n' ;;
        k) __awsenv_kube+=$rule\ $'\n' ;;
        =) __awsenv_valued+=$rule\ $'\n' ;;
        \>) __awsenv_runners+=$rule\ $'\n' ;;
      esac
    done <"${__awsenv_more%/*}/awsenv-commands"
  fi
  if [[ $__awsenv_plus == $'\n' ]]; then __awsenv_plus+=$'aws \n'; fi
}

# Takes AWSENV_COMMANDS apart: names into two texts, patterns into a list.
__awsenv_read_own() {
  local part sign IFS=$' \t\n'
  __awsenv_own_text=${AWSENV_COMMANDS-} __awsenv_own_yes=' ' __awsenv_own_no=' ' __awsenv_own_patterns=()
  while builtin read -r part; do
    case $part in
      *[*?]*)
        # Of all that bash knows in patterns, only these two.
        part=${part//\\/\\\\} && part=${part//[/\\[} && part=${part//(/\\(}
        __awsenv_own_patterns+=("$part")
        ;;
      *)
        local -a words=()
        builtin read -r -a words <<<"$part" || true
        for part in ${words[@]+"${words[@]}"}; do
          case $part in -?*) __awsenv_own_no+="${part#-} " ;; *) __awsenv_own_yes+="$part " ;; esac
        done
        ;;
    esac
  done <<<"${__awsenv_own_text//;/$'\n'}"
}

__awsenv_keywords='^[[:blank:]]*((then|do|else|elif|if|while|until|!|\{)[[:blank:]]+)*'
__awsenv_in_case=$__awsenv_keywords'case[[:blank:]]+[^[:blank:]]+[[:blank:]]+in([[:blank:]]+(.*))?$'
__awsenv_in_test=$__awsenv_keywords'\[\[[[:blank:]]'
__awsenv_defines='^[[:blank:]]*function[[:blank:]]+[^[:blank:]]+[[:blank:]]*$'
# shellcheck disable=SC2016
__awsenv_string='^"(([^"\\`$]|\\.|\$[^"\\`(])*)"'
__awsenv_c_string='^\$'\''([^'\''\\]|\\.)*'\'

# True if a simple command in $1 needs the session; $2 are the aliases so far.
#
# `kinds` has what is open: P a subshell, S a substitution, K one in `...`, F the body of a function in
# (...), and where no command stands, L a list of words, A arithmetic, B ${...}, Q "...". `outers` has
# the simple command around each.
__awsenv_scan() {
  local rest=$1 aliases=$2 simple='' kind='' cases=0 verdict='' text IFS=$' \t\n'
  local -a kinds=() outers=() starts=() heres=()
  while [[ -n $rest && -z $verdict ]]; do
    text=${rest%%[\\\"\'\`\$\#\(\)\<\>\;\|\&\}$'\n']*}
    case $kind in [QABL]) ;; *) simple+=$text ;; esac
    rest=${rest:${#text}}
    case $kind$rest in
      Q\"*) __awsenv_pop && __awsenv_quote "${starts[${#kinds[@]}]:0:${#starts[${#kinds[@]}]}-${#rest}}" && rest=${rest:1} ;;
      [AL]\(*) __awsenv_push "$kind" 1 ;;
      [AL]\)* | B\}*) __awsenv_pop && simple+=_ && rest=${rest:1} ;;
      [QAB]\'* | [QABL][!\\\"\'\`\$]*) rest=${rest:1} ;;
      [QABL]\\*) rest=${rest:2} ;;
      *\\$'\n'*) if [[ ${rest:0:2} == \\$'\n' ]]; then rest=${rest:2}; else __awsenv_step; fi ;;
      *) __awsenv_step ;;
    esac
  done
  if [[ -z $verdict ]]; then __awsenv_end_command; fi
  return "${verdict:-1}"
}

# One step of the above, where a special character is next.
__awsenv_step() {
  case $rest in
    \\*)
      __awsenv_quote "${rest:1:1}"
      rest=${rest:2}
      ;;
    \"*)
      if [[ $rest =~ $__awsenv_string ]]; then
        rest=${rest:${#BASH_REMATCH[0]}}
        __awsenv_quote "${BASH_REMATCH[1]}"
      else
        __awsenv_push Q 1
      fi
      ;;
    \'*)
      text=${rest:1} && text=${text%%\'*} && rest=${rest:${#text}+2}
      __awsenv_quote "$text"
      ;;
    \`*)
      if [[ $kind == K ]]; then
        __awsenv_end_command
        __awsenv_pop
        simple+=_ rest=${rest:1}
      else
        __awsenv_push K 1
      fi
      ;;
    \$\'*)
      if [[ $rest =~ $__awsenv_c_string ]]; then rest=${rest:${#BASH_REMATCH[0]}}; else rest=; fi
      simple+=_
      ;;
    \$\(\(*) __awsenv_push A 2 && __awsenv_push A 1 ;;
    \$\(*) __awsenv_push S 2 ;;
    \$\{*) __awsenv_push B 2 ;;
    \#*) case $simple in '' | *[[:blank:]]) rest=${rest#"${rest%%$'\n'*}"} ;; *) simple+=${rest:0:1} rest=${rest:1} ;; esac ;;
    [\<\>]\(*) __awsenv_push S 2 ;;
    [\<\>]* | \&\>*) __awsenv_redirect ;;
    $'\n'*) __awsenv_end_line ;;
    \;[\;\&]*)
      __awsenv_end_command
      if ((cases)); then simple='case \ in '; fi
      rest=${rest#;} && rest=${rest#[;&]} && rest=${rest#&}
      ;;
    \;*) __awsenv_end_command && rest=${rest:1} ;;
    \(* | \)* | [\|\&]*)
      # Neither the patterns of `case` nor what is within [[ ]] are commands.
      if [[ $simple =~ $__awsenv_in_test && $simple != *[[:blank:]]']]'* ]]; then
        simple+=' ' rest=${rest:1}
      elif [[ $simple =~ $__awsenv_in_case && ${BASH_REMATCH[4]} != esac* ]]; then
        case $rest in \)*) if [[ $simple != 'case \ in'* ]]; then cases=$((cases + 1)); fi && simple= ;; esac
        rest=${rest:1}
      else
        case $rest in
          \(*) __awsenv_open ;;
          \)*) __awsenv_close ;;
          *) __awsenv_end_command && rest=${rest:1} ;;
        esac
      fi
      ;;
    *) simple+=${rest:0:1} rest=${rest:1} ;;
  esac
}

# Opens $1, whose mark has $2 characters.
__awsenv_push() {
  rest=${rest:$2}
  kinds+=("$1") outers+=("$simple") starts+=("$rest") kind=$1
  case $1 in [PSKF]) simple= ;; esac
}

__awsenv_pop() {
  local n=$((${#kinds[@]} - 1))
  simple=${outers[n]}
  unset -v "kinds[$n]" "outers[$n]"
  kind=
  if ((n)); then kind=${kinds[n - 1]}; fi
}

# Adds the quoted text $1 to the simple command.
__awsenv_quote() {
  case $1 in
    *[!A-Za-z0-9_./:@%+,=-]*) simple+=_${#quoted[@]}_ && quoted+=("$1") ;;
    # Not an assignment, as it would be without quotes.
    [!-]*=*) simple+=_ ;;
    *) simple+=\\$1 ;;
  esac
}

# Where a ( stands among commands.
__awsenv_open() {
  local args='^\([[:blank:]]*\)'
  case $simple in *[=?*+@]) __awsenv_push L 1 && return 0 ;; esac
  if [[ $simple == *[![:blank:]]* && $rest =~ $args ]]; then
    # The name of a function is no command; what stands before it may be.
    rest=${rest:${#BASH_REMATCH[0]}}
    simple=${simple%"${simple##*[![:blank:]]}"}
    case $simple in *[[:blank:]]*) simple=${simple%[[:blank:]]*} && __awsenv_end_command ;; esac
    simple='function _ '
  elif [[ $simple =~ $__awsenv_defines ]]; then
    body=$((body + 1))
    __awsenv_push F 1
  elif [[ $rest == '(('* ]]; then
    __awsenv_push A 1 && __awsenv_push A 1
  else
    __awsenv_end_command
    __awsenv_push P 1
  fi
}

__awsenv_close() {
  __awsenv_end_command
  rest=${rest:1}
  case $kind in
    '' | K) return 0 ;;
    F) body=$((body - 1)) ;;
  esac
  case $kind in S) __awsenv_pop && simple+=_ ;; *) __awsenv_pop && simple='' ;; esac
}

# A redirection becomes a word that begins with <, or digits and <.
__awsenv_redirect() {
  local word='^[[:blank:]]*([^][:space:];&|<>()]+)'
  text=${simple##*[[:blank:]]}
  if [[ $text == *[!0123456789]* ]]; then simple+=' '; fi
  simple+='<'
  case $rest in
    \<\<\<*) rest=${rest:3} ;;
    \<\<*)
      if [[ ${rest#<<} =~ $word ]]; then
        heres+=("${BASH_REMATCH[1]}")
        rest=${rest:2+${#BASH_REMATCH[0]}} simple+=_
      else
        rest=${rest:2}
      fi
      ;;
    *) rest=${rest#&} && rest=${rest:1} && rest=${rest#[\>\&\|]} ;;
  esac
}

# A line's end, behind which the here-documents of `heres` come.
__awsenv_end_line() {
  local here end line left inner
  rest=${rest:1}
  for here in ${heres[@]+"${heres[@]}"}; do
    left=$rest inner='' end=${here#-} && end=${end//[\\\"\']/}
    while [[ -n $left ]]; do
      line=${left%%$'\n'*}
      left=${left:${#line}+1}
      case $here in -*) line=${line#"${line%%[!$'\t']*}"} ;; esac
      if [[ $line == "$end" ]]; then
        # Of the text, only its substitutions are commands.
        case $here:$inner in *[\\\"\']*:*) inner= ;; *:*\$\(* | *:*\`*) inner=": \"${inner//\"/}\"" ;; *) inner= ;; esac
        rest=$inner$'\n'$left
        break
      fi
      inner+=$line$'\n'
    done
  done
  heres=()
  if [[ $simple =~ $__awsenv_defines || $simple =~ $__awsenv_in_test && $simple != *[[:blank:]]']]'* ]] || [[ $simple =~ $__awsenv_in_case && -z ${BASH_REMATCH[4]} ]]; then
    simple+=' '
  else
    __awsenv_end_command
  fi
}

# The simple command is complete. Sets `verdict` to 0 if it needs the session, to 1 if nothing that
# follows does.
__awsenv_end_command() {
  text=$simple simple=
  if [[ $text =~ $__awsenv_in_case ]]; then
    case ${BASH_REMATCH[4]} in esac*) text=${BASH_REMATCH[4]} ;; *) return 0 ;; esac
  fi
  if [[ -z ${text//[[:blank:]]/} ]]; then return 0; fi
  if __awsenv_uses_aws "$text" "$aliases"; then verdict=0; elif [[ -n $__awsenv_gone ]]; then verdict=1; fi
  return 0
}

# True if the simple command $1 needs the session; $2 are the aliases so far. Of the callers it has
# `outers`, the commands around it, `body`, how deep in the bodies of functions it is, and `apart`, which
# is set where it runs in a shell of its own.
__awsenv_uses_aws() {
  local word name text own='' skip='' follows='' kube_file='' i=0 j IFS=$' \t\n'
  local -a words=() all=()
  builtin read -r -a all <<<"$1" || true
  for word in ${all[@]+"${all[@]}"}; do
    case $skip$word in
      skip*) skip= ;;
      *[\<\>]) skip=skip ;;
      *[\<\>]*) ;;
      *) words+=("$word") ;;
    esac
  done
  while ((i < ${#words[@]})); do
    word=${words[i]}
    case $word in
      AWS_ACCESS_KEY_ID=?* | AWS_PROFILE=?* | AWS_DEFAULT_PROFILE=?*) own=1 ;;
      KUBECONFIG=?*) kube_file=${word#*=} ;;
      *[!A-Za-z0-9_+]*=*) break ;;
      [!0123456789=]*=*) ;;
      then | do | else | elif | if | while | until | !) ;;
      'esac') cases=$((cases ? cases - 1 : 0)) ;;
      '{') if ((body)); then body=$((body + 1)); fi ;;
      '}') if ((body)); then body=$((body - 1)); fi ;;
      # From here to the end of its body, which is run some other time.
      function) if [[ ${words[i + 2]-} == '{' ]]; then body=$((body + 1)) && i=$((i + 2)); else return 1; fi ;;
      coproc) case ${words[i + 2]-} in '{' | if | while | until | for | case | select | '[[') i=$((i + 1)) ;; esac ;;
      *)
        if ((body)); then return 1; fi
        # Below bash 4 there is no such array, and the word would be taken for arithmetic.
        if ((__awsenv_version >= 400)) && [[ $2 != *" $word "* && -n ${BASH_ALIASES[$word]-} ]]; then
          __awsenv_scan "${BASH_ALIASES[$word]} ${words[*]:i+1}" "$2$word " && [[ -z $own ]]
          return
        fi
        # A text that is run.
        if [[ -n $follows && $word == _[0123456789]*_ ]]; then
          if [[ $follows != eval ]]; then local apart=1; fi
          word=${word#_}
          __awsenv_scan "${quoted[${word%_}]-}" "$2" && [[ -z $own ]]
          return
        fi
        if [[ -n ${__awsenv_alias-} && $word == "$__awsenv_alias" ]]; then
          words=(awsenv assume "${words[@]:i+1}") && i=0 word=awsenv
        fi
        name=${word//\\/} && name=${name##*/} && name=${name%.exe}
        case $name in ?*@*) name=${name%%@*} ;; awsenv | export | declare | typeset | unset) if __awsenv_leaves; then return 1; fi ;; esac
        case $__awsenv_own_no in *" $name "*) return 1 ;; esac
        if ((${#__awsenv_own_patterns[@]})); then
          __awsenv_is_own && j=0 || j=$?
          if ((j < 2)); then return $j; fi
        fi
        if [[ $__awsenv_own_yes == *" $name "* || $__awsenv_runners != *$'\n'"$name "* ]] || ! __awsenv_follow; then
          __awsenv_asks
          return
        fi
        i=$j follows=$name
        continue
        ;;
    esac
    i=$((i + 1))
  done
  # Assignments alone change the shell's own keys.
  case " $1" in *[[:blank:]]AWS_ACCESS_KEY_ID=?*) if [[ -n $own$follows ]]; then name=export i=-1 && __awsenv_leaves; fi ;; esac
  return 1
}

# Sets __awsenv_gone if the command `name`, whose words are those from i on, changes the identity of this
# shell. True for awsenv itself, which needs no session.
__awsenv_leaves() {
  local n is=''
  for word in ${words[@]+"${words[@]:i+1}"}; do
    case $name,${word//\\/} in
      awsenv,-*) ;;
      awsenv,assume | awsenv,unset | awsenv,refresh) is=1 && break ;;
      awsenv,*) break ;;
      unset,AWS_ACCESS_KEY_ID | unset,AWS_PROFILE | unset,AWS_SESSION_TOKEN) is=1 ;;
      [!u]*,AWS_ACCESS_KEY_ID=?* | [!u]*,AWS_PROFILE=?* | [!u]*,AWS_DEFAULT_PROFILE=?*) is=1 ;;
    esac
  done
  # What $(...) and <(...) print has to be evaluated for that.
  for n in ${kinds[@]+"${!kinds[@]}"}; do
    case ${kinds[n]},$name in [SK],awsenv) case " ${outers[n]}" in *[[:blank:]]eval[[:blank:]]* | *[[:blank:]]source[[:blank:]]* | *[[:blank:]].[[:blank:]]*) ;; *) is= ;; esac ;; [SK],*) is= ;; esac
  done
  if [[ -n $is && -z $apart ]]; then __awsenv_gone=1; fi
  [[ $name == awsenv ]]
}

# What the person's patterns say of `words` from i on: 0 that it asks, 1 that it does not, 2 nothing.
__awsenv_is_own() {
  local pattern says=2 IFS=' '
  local text="${words[*]:i}"
  text=${text//\\/}
  for pattern in "${__awsenv_own_patterns[@]}"; do
    # shellcheck disable=SC2053
    case $pattern in
      -*) if [[ $text == ${pattern#-} || $name${text#"${text%% *}"} == ${pattern#-} ]]; then return 1; fi ;;
      *) if [[ $text == $pattern || $name${text#"${text%% *}"} == $pattern ]]; then says=0; fi ;;
    esac
  done
  if [[ $says == 0 && -n $own ]]; then says=1; fi
  return $says
}

# Sets j to where in `words` the command stands that the runner at i runs. False if it is no runner.
__awsenv_follow() {
  local rules=$__awsenv_runners rule text part options operands at best=-1 leads IFS=$' \t\n'
  while [[ $rules == *$'\n'"$name "* ]]; do
    rules=${rules#*$'\n'"$name "}
    rule=${rules%%$'\n'*} operands=0 leads=0 at=$((i + 1))
    text=" $rule"
    rule=${text%% -*}
    options="${text#"$rule"} " rule=${rule# }
    rule=${rule:+${rule% } }
    while [[ -n $rule ]]; do
      part=${rule%% *} rule=${rule#* }
      case $part in
        [0123456789] | \*) operands=$part ;;
        # Behind an option.
        \*-*)
          # shellcheck disable=SC2053
          while [[ ${words[at]-} != ${part#?} ]]; do if ((++at >= ${#words[@]})); then continue 3; fi; done
          at=$((at + 1))
          ;;
        *)
          __awsenv_skip_options
          if [[ ${words[at]-} != "$part" ]]; then continue 2; fi
          leads=$((leads + 1)) at=$((at + 1))
          ;;
      esac
    done
    if ((leads <= best)); then continue; fi
    best=$leads
    if [[ $operands == \* ]]; then
      while ((at < ${#words[@]})) && [[ ${words[at]} != -- ]]; do at=$((at + 1)); done
      operands=1
    elif ! __awsenv_skip_options; then
      at=${#words[@]}
    fi
    j=$((at + operands))
  done
  ((best >= 0))
}

# Moves `at` past options, their values, and assignments. False if with one of them nothing is run.
__awsenv_skip_options() {
  while ((at < ${#words[@]})); do
    case ${words[at]} in
      --) at=$((at + 1)) && return 0 ;;
      -?*)
        if __awsenv_has_option "${words[at]}"; then return 1; fi
        if [[ $options == *" ${words[at]} "* ]]; then at=$((at + 1)); fi
        if [[ ${words[at]-} == AWS_ACCESS_KEY_ID ]]; then own=1; fi
        ;;
      AWS_ACCESS_KEY_ID=?* | AWS_PROFILE=?* | AWS_DEFAULT_PROFILE=?*) own=1 ;;
      KUBECONFIG=?*) kube_file=${words[at]#*=} ;;
      [A-Za-z_]*=*) ;;
      *) return 0 ;;
    esac
    at=$((at + 1))
  done
}

# True if with option $1 `name` needs no session.
__awsenv_has_option() {
  local each rules rule
  for each in "$name" \*; do
    rules=$__awsenv_minus
    while [[ $rules == *$'\n'"$each -"* ]]; do
      rules=${rules#*$'\n'"$each -"}
      rule=-${rules%%' '*}
      # shellcheck disable=SC2053
      if [[ $1 == $rule || $1 == $rule=* ]]; then return 0; fi
    done
  done
  return 1
}

# True if command `name`, whose words are those from i on, needs the session by the rules.
__awsenv_asks() {
  local plus=0 options=' ' leads='' rules kube='' kube_context='' kube_config=$kube_file count IFS=$' \t\n'
  if [[ $__awsenv_own_yes == *" $name "* ]]; then plus=1; fi
  case $plus$__awsenv_plus$__awsenv_kube in 1* | *$'\n'"$name "*) ;; *) return 1 ;; esac
  if [[ -n $own ]]; then return 1; fi
  rules=$__awsenv_valued
  while [[ $rules == *$'\n'"$name "* ]]; do
    rules=${rules#*$'\n'"$name "}
    options+=${rules%%$'\n'*}
  done
  for ((j = i + 1; j < ${#words[@]}; j++)); do
    word=${words[j]//\\/}
    case $word in
      --) break ;;
      -*)
        if __awsenv_has_option "$word"; then return 1; fi
        case $word in
          --context | --kube-context) kube_context=${words[j + 1]-} ;;
          --context=* | --kube-context=*) kube_context=${word#*=} ;;
          --kubeconfig) kube_config=${words[j + 1]-} ;;
          --kubeconfig=*) kube_config=${word#*=} ;;
        esac
        if [[ $options == *" $word "* ]]; then j=$((j + 1)); fi
        ;;
      *) leads+="$word " ;;
    esac
  done
  if __awsenv_longest "$__awsenv_plus" && ((count > plus)); then plus=$count; fi
  if ((plus == 0)) && [[ $__awsenv_kube == *$'\n'"$name "* ]]; then plus=1 kube=1; fi
  if __awsenv_longest "$__awsenv_minus" && ((count >= plus)); then return 1; fi
  ((plus)) && { [[ -z $kube ]] || __awsenv_is_eks "${kube_context//\\/}" "${kube_config//\\/}"; }
}

# Sets `count` to the words of the longest rule in $1 that fits `name` and `leads`; false if none does.
__awsenv_longest() {
  local rules=$1 rule have n
  count=0
  while [[ $rules == *$'\n'"$name "* ]]; do
    rules=${rules#*$'\n'"$name "}
    rule=${rules%%$'\n'*} have=$leads n=1
    while [[ -n $rule ]]; do
      # shellcheck disable=SC2053
      if [[ -z $have || ${have%% *} != ${rule%% *} ]]; then continue 2; fi
      rule=${rule#* } have=${have#* } n=$((n + 1))
    done
    if ((n > count)); then count=$n; fi
  done
  ((count))
}

# True if the kubeconfig's context is one of EKS, or may be: $1 is the context, $2 the file that the
# command names itself.
__awsenv_is_eks() {
  local context=$1 files=$2 file user contexts=$'\n' users=$'\n' mentioned='' json='' left=20000 current=''
  local reads=$'^(.*[[:blank:]{,"])?command"?:[[:blank:]]*"?([^",[:blank:]]*/)?(aws|aws-iam-authenticator|awsenv)(\\.exe)?("|,|$)'
  case $files in _[0123456789]*_) files=${files#_} && files=${quoted[${files%_}]-_} ;; esac
  files=${files:-${KUBECONFIG:-${HOME-}/.kube/config}}:
  while [[ -n $files ]]; do
    file=${files%%:*} files=${files#*:}
    case $file in \~/*) file=${HOME-}${file#\~} ;; *\$* | _*) return 0 ;; esac
    if [[ -f $file && -r $file ]]; then __awsenv_read_kube <"$file"; fi
    if ((left <= 0)); then return 0; fi
  done
  if [[ -z $context ]]; then context=$current; fi
  case $context$json in '') return 1 ;; arn:aws*:eks:*) return 0 ;; esac
  if [[ $contexts == *$'\n'"$context"$'\t'* ]]; then
    user=${contexts#*$'\n'"$context"$'\t'} && user=${user%%$'\n'*}
    if [[ $users == *$'\n'"$user"$'\t'* ]]; then
      users=${users#*$'\n'"$user"$'\t'} && users=${users%%$'\n'*}
      users=${users##*/}
      case ${users%.exe} in aws | aws-iam-authenticator | awsenv) return 0 ;; *) return 1 ;; esac
    fi
  fi
  [[ -n $mentioned ]]
}

# Adds what the file on its input says to the caller's `current`, `contexts` and `users`, first come
# first served. It reads the plain style in which kubectl writes; of JSON and other styles of YAML it
# only sets `mentioned`, if they run a command that uses AWS.
__awsenv_read_kube() {
  local line text key value section='' dash='' inner='' name='' found='' pad IFS=
  while builtin read -r line || [[ -n $line ]]; do
    # A line of base64 may be long; two million characters are not a kubeconfig.
    left=$((left - 1 - ${#line} / 100))
    if ((left <= 0)); then return 0; fi
    line=${line%$'\r'}
    if [[ $line == *command* && $line =~ $reads ]]; then mentioned=1; fi
    text=${line#"${line%%[! ]*}"}
    case $text in '' | \#*) continue ;; esac
    pad=$((${#line} - ${#text}))
    if [[ $text == '{'* ]]; then json=' '; fi
    if [[ $pad == 0 && $text != -* ]]; then
      __awsenv_end_item
      section=${text%%:*} dash=
      if [[ $section == current-context && -z $current ]]; then
        __awsenv_scalar "${text#*:}"
        current=$value
      fi
      continue
    fi
    case $section in contexts | users) ;; *) continue ;; esac
    if [[ $text == '- '* && ${dash:-$pad} == "$pad" ]]; then
      __awsenv_end_item
      dash=$pad text=${text#-}
      line=${text#"${text%%[! ]*}"}
      inner=$((pad + 1 + ${#text} - ${#line})) text=$line pad=$inner
    fi
    key=${text%%:*}
    __awsenv_scalar "${text#*:}"
    case $section,$key,$pad in
      *,name,"$inner") name=$value ;;
      contexts,user,* | users,command,*) found=$value ;;
    esac
  done
  __awsenv_end_item
}

__awsenv_end_item() {
  case $section in
    contexts) contexts+=$name$'\t'$found$'\n' ;;
    users) users+=$name$'\t'$found$'\n' ;;
  esac
  name='' found=''
}

# Sets `value` to what YAML's $1 stands for.
__awsenv_scalar() {
  value=${1#"${1%%[! ]*}"}
  value=${value%"${value##*[! ]}"}
  case $value in \"*\" | \'*\') value=${value:1:${#value}-2} ;; esac
}

# --- 2. renewing ----------------------------------------------------------------------------

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

# --- 3. the line ---------------------------------------------------------------------------

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

# Last, as the sign that all of it has been read.
__awsenv_asking=1
case $__awsenv_aliases in *k) set -k ;; esac
case $__awsenv_aliases in a*) builtin shopt -s expand_aliases ;; esac
__awsenv_aliases=
