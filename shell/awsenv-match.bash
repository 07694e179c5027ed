# shellcheck shell=bash disable=SC2034,SC2128,SC2154,SC2178
# Whether a line needs the session: the judgement of its commands, which awsenv-line.bash finds.
# Functions give their results in variables: $(...) would cost a process.
#
# docs/matching.md has the rules; the table of commands is awsenv-commands, beside this file.

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
