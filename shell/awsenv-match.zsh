# Which lines need the session: the last part of awsenv.zsh, sourced by it when the first line runs
# after a session has expired. docs/matching.md has the rules; the table of commands is
# awsenv-commands, beside this file. The options are zsh's own here, with extended_glob.

# --- 1. tables -----------------------------------------------------------------------------

# By the name of a command: what stands behind it in its rules, a rule a line.
typeset -gA __awsenv_uses=() __awsenv_spares=() __awsenv_eks=() __awsenv_valued=() __awsenv_runs=()
# The person's: names that ask, names that never do, and patterns for whole commands.
typeset -ga __awsenv_own_yes=() __awsenv_own_no=() __awsenv_own_patterns=()
typeset -g __awsenv_any_spares='' __awsenv_own_text='' __awsenv_gone=''

__awsenv_read_table() {
  local file=${__awsenv_more:h}/awsenv-commands line kind name
  if [[ -f $file && -r $file ]]; then
    for line in ${(f)"$(<$file)"}; do
      kind=${line%% *} name=${${line#* }%% *}
      line=${${line#* }#"$name"}
      case $kind in
        +) __awsenv_uses[$name]+=${line# }$'\n' ;;
        -) if [[ $name == '*' ]]; then __awsenv_any_spares+=${line# }$'\n'; else __awsenv_spares[$name]+=${line# }$'\n'; fi ;;
        k) __awsenv_eks[$name]=1 ;;
        =) __awsenv_valued[$name]+=$line ;;
        \>) __awsenv_runs[$name]+=${line# }$'\n' ;;
      esac
    done
  fi
  if (( ! $#__awsenv_uses )); then __awsenv_uses[aws]=$'\n'; fi
}
__awsenv_read_table

# Takes AWSENV_COMMANDS apart.
__awsenv_read_own() {
  local part word
  __awsenv_own_text=${AWSENV_COMMANDS-} __awsenv_own_yes=() __awsenv_own_no=() __awsenv_own_patterns=()
  for part in "${(@s:;:)${__awsenv_own_text//$'\n'/;}}"; do
    if [[ $part == *[*?]* ]]; then
      # Of all that zsh knows in patterns, only these two.
      part=${(b)${${part##[[:blank:]]#}%%[[:blank:]]#}}
      __awsenv_own_patterns+=("${${part//\\\*/*}//\\\?/?}")
    else
      for word in ${=part}; do
        if [[ $word == -?* ]]; then __awsenv_own_no+=("${word#-}"); else __awsenv_own_yes+=("$word"); fi
      done
    fi
  done
}

# --- 2. a line -----------------------------------------------------------------------------

# True if the line $1 holds a command that needs the session.
__awsenv_matches() {
  local IFS=$' \t\n'
  __awsenv_gone=''
  if [[ ${AWSENV_COMMANDS-} != "$__awsenv_own_text" ]]; then __awsenv_read_own; fi
  __awsenv_scan "$1" 1
}

# True if a simple command in $1 needs the session. If $2 is set, what awsenv does there acts on this
# shell; then __awsenv_gone is set where the line leaves the session: what comes after needs it no more.
__awsenv_scan() {
  local word skip='' body='' text=$1 leaves=$2 cases=0 depth=0
  local -a words=()
  # zsh's own lexer; a last separator ends the last command.
  for word in "${(@Z+C+)1}" ';'; do
    case $skip in
      head)
        if [[ $word == in ]]; then skip=pattern; elif __awsenv_scan_inside "$word"; then return 0; fi
        if [[ -n $__awsenv_gone ]]; then return 1; fi
        continue
        ;;
      pattern)
        case $word in
          ')' | '('*')') skip='' ;;
          'esac') skip='' cases=$(( cases - 1 )) ;;
        esac
        continue
        ;;
    esac
    # The body of a function is run some other time.
    case $body:$word in
      start:'{' | start:'(') body=$word depth=1 && continue ;;
      start:'()' | start:\;) continue ;;
      start:*) body=simple ;;
      '{:{' | '(:(') depth=$(( depth + 1 )) && continue ;;
      '{:}' | '(:)')
        depth=$(( depth - 1 ))
        if (( ! depth )); then body=''; fi
        continue
        ;;
      '{:'* | '(:'*) continue ;;
    esac
    if [[ -z $body && $word == *[\`\(]* ]] && __awsenv_scan_inside "$word"; then return 0; fi
    if [[ -n $__awsenv_gone ]]; then return 1; fi
    case $skip in
      list) if [[ $word == ')' ]]; then skip=''; fi && continue ;;
      names) if [[ $word == ')' ]]; then skip='' words=(); fi && continue ;;
      word) skip='' && continue ;;
      delimiter)
        skip=''
        if __awsenv_cut_here; then
          # Once more, without its text.
          __awsenv_scan "$text" "$leaves"
          return
        fi
        continue
        ;;
    esac
    if [[ ${words[1]-} == '[[' && $words[-1] != ']]' && $word != \; ]]; then words+=("$word") && continue; fi
    case $word in
      '()')
        # Without a name it is run at once.
        if (( $#words )); then body=start words=(); fi
        continue
        ;;
      '(') if [[ ${words[1]-} == (for|foreach|select) ]]; then skip=names && continue; fi ;|
      ';'* | '|'* | '&' | '&'[^\>]* | '(' | ')' | '{' | '}')
        if [[ $body == simple ]]; then body='' words=(); fi
        if (( $#words )) && __awsenv_needs 1; then return 0; fi
        if [[ -n $__awsenv_gone ]]; then return 1; fi
        words=()
        if [[ $word == \;[\;\&\|] ]] && (( cases )); then skip=pattern; fi
        continue
        ;;
      '<<' | '<<-') skip=delimiter && continue ;;
      [0-9]#(\>|\<)##(\&|\||\!)# | \&\>##(\||\!)#) skip=word && continue ;;
      [A-Za-z_]*=\() skip=list && continue ;;
    esac
    if (( ! $#words )); then
      case $word in
        then | do | else | elif | if | while | until | ! | coproc | always | -) continue ;;
        case) skip=head cases=$(( cases + 1 )) && continue ;;
        'esac') cases=$(( cases ? cases - 1 : 0 )) && continue ;;
        repeat) skip=word && continue ;;
      esac
    elif [[ $words[1] == function ]]; then
      body=start words=() && continue
    fi
    words+=("$word")
  done
  return 1
}

# Takes the text of a here-document, whose delimiter is `word`, out of the caller's `text`; what stands in
# it as a substitution is left. False if there is none.
__awsenv_cut_here() {
  local mark inner='' line left rest
  mark=${(MS)text##\<\<(-|)[[:blank:]]#"$word"}
  if [[ -z $mark || ${text#*"$mark"} != *$'\n'* ]]; then return 1; fi
  rest=${text#*"$mark"}
  left=${rest#*$'\n'}
  while [[ -n $left ]]; do
    line=${left%%$'\n'*}
    left=${${left#"$line"}#$'\n'}
    if [[ $mark == \<\<-* ]]; then line=${line##$'\t'#}; fi
    if [[ $line == "${(Q)word}" ]]; then
      if [[ $word != *[\\\"\']* && $inner == *(\$\(|\`)* ]]; then inner="; : \"${inner//\"/}\""; else inner=''; fi
      text="${text%%"$mark"*}<_${rest%%$'\n'*}$inner"$'\n'$left
      return 0
    fi
    inner+=$line$'\n'
  done
  return 1
}

# True if in a $(...), a <(...) or a `...` of the word $1 a command needs the session. Of the caller it
# has `words` and `leaves`.
__awsenv_scan_inside() {
  local rest=$1 inner double='' depth n evaluated=''
  # What awsenv prints there acts on this shell only where it is evaluated.
  if [[ -n $leaves && -n ${(M)words:#(eval|source|.)} ]]; then evaluated=1; fi
  while rest=${rest##[^\\\"\'\`\$\<\>=]##} && [[ -n $rest ]]; do
    case $rest in
      \\?*) rest=${rest[3,-1]} && continue ;;
      \"*) if [[ -n $double ]]; then double=''; else double=1; fi ;;
      \$\'*) if [[ -z $double ]]; then rest=${${rest[3,-1]}##([^\\\']|\\?)#}; fi ;;
      \'*) if [[ -z $double ]]; then rest=\'${${rest[2,-1]}#*\'}; fi ;;
      \`*)
        rest=${rest[2,-1]}
        inner=${(M)rest##([^\\\`]|\\?)#}
        rest=${rest#"$inner"}
        if __awsenv_scan "${inner//\\(#b)([\\\`\$])/$match[1]}" "$evaluated"; then return 0; fi
        if [[ -n $__awsenv_gone ]]; then return 1; fi
        ;;
      \$\(\(*) rest=${rest[3,-1]} ;;
      \$\(* | [\<\>=]\(*)
        if [[ $rest != \$* && -n $double ]]; then rest=${rest[2,-1]} && continue; fi
        rest=${rest[3,-1]} depth=1
        for (( n = 1; n <= $#rest; n++ )); do
          case $rest[n] in
            \\) n=$(( n + 1 )) ;;
            \') n=$(( n + ${${rest[n+1,-1]}[(i)\']} )) ;;
            \")
              inner=${rest[n+1,-1]}
              inner=${(M)inner##([^\\\"]|\\?)#}
              n=$(( n + $#inner + 1 ))
              ;;
            \() depth=$(( depth + 1 )) ;;
            \)) if (( --depth == 0 )); then break; fi ;;
          esac
        done
        inner=${rest[1,n-1]} rest=x${rest[n+1,-1]}
        if __awsenv_scan "$inner" "$evaluated"; then return 0; fi
        if [[ -n $__awsenv_gone ]]; then return 1; fi
        ;;
    esac
    rest=${rest[2,-1]}
  done
  return 1
}

# --- 3. a simple command -------------------------------------------------------------------

# True if the simple command in the caller's `words`, from word $1 on, needs the session.
__awsenv_needs() {
  local i=$1 j own='' word name text pattern says='' follows='' kube_file=''
  while (( i <= $#words )); do
    word=$words[i]
    case $word in
      [A-Za-z_][A-Za-z0-9_]#(|\[*\])(+|)=*)
        if __awsenv_is_identity; then own=1; fi
        if [[ $word == KUBECONFIG=?* ]]; then kube_file=${(Q)word#*=}; fi
        i=$(( i + 1 ))
        continue
        ;;
    esac
    word=${(Q)word}
    # A text that is run.
    if [[ -n $follows && $word == *[^A-Za-z0-9_./:@%+,=-]* ]]; then
      [[ -z $own ]] && __awsenv_scan "$word" ''
      return
    fi
    if [[ -n ${__awsenv_alias-} && $word == "$__awsenv_alias" ]]; then
      words=(awsenv assume "${(@)words[i+1,-1]}") i=1 word=awsenv
    fi
    name=${${word##*/}%.exe}
    if [[ $name == ?*@* ]]; then name=${name%%@*}; fi
    if [[ $name == awsenv ]]; then
      text=${${(@)words[i+1,-1]:#-*}[1]}
      if [[ -n $leaves && ${(Q)text} == (assume|unset|refresh) ]]; then __awsenv_gone=1; fi
      return 1
    fi
    # Another identity of this shell, from here on.
    case $name in
      export | declare | typeset) text=${(M)words[i+1,-1]:#(AWS_ACCESS_KEY_ID|AWS_PROFILE|AWS_DEFAULT_PROFILE)=?*} ;;
      unset) text=${(M)words[i+1,-1]:#(AWS_ACCESS_KEY_ID|AWS_PROFILE|AWS_SESSION_TOKEN)} ;;
      *) text='' ;;
    esac
    if [[ -n $leaves && -n $text ]]; then __awsenv_gone=1; fi
    if (( $__awsenv_own_no[(Ie)$name] )); then return 1; fi
    if (( $#__awsenv_own_patterns )); then
      text="${(j: :)${(@Q)words[i,-1]}}"
      for pattern in "${__awsenv_own_patterns[@]}"; do
        # Behind a letter, = and ~ are nothing special.
        if [[ x$text == x${~pattern#-} || x$name${text#"$word"} == x${~pattern#-} ]]; then
          if [[ $pattern == -* ]]; then return 1; fi
          says=1
        fi
      done
      if [[ -n $says ]]; then
        [[ -z $own ]]
        return
      fi
    fi
    if (( $__awsenv_own_yes[(Ie)$name] )) || [[ -z ${__awsenv_runs[$name]-} ]] || ! __awsenv_follow; then
      [[ -z $own ]] && __awsenv_asks
      return
    fi
    if [[ $name == eval ]]; then
      [[ -z $own ]] && __awsenv_scan "${(j: :)${(@Q)words[j,-1]}}" "$leaves"
      return
    fi
    i=$j follows=1
  done
  if [[ -n $leaves && -n $own && -z $follows && -n ${(M)words:#AWS_ACCESS_KEY_ID=?*} ]]; then __awsenv_gone=1; fi
  return 1
}

# True if `word`, an assignment, names an identity of its own.
__awsenv_is_identity() {
  [[ $word == (AWS_ACCESS_KEY_ID|AWS_PROFILE|AWS_DEFAULT_PROFILE)=* && -n ${(Q)word#*=} ]]
}

# Sets j to where in `words` the command stands that the runner at i runs. False if it is no runner.
__awsenv_follow() {
  local rule part options operands at best=-1 leads
  local -a parts
  for rule in "${(@f)__awsenv_runs[$name]%$'\n'}"; do
    operands=0 leads=0 at=$(( i + 1 ))
    parts=(${=rule})
    options=${(j: :)${(M)parts:#-*}}
    options=" $options "
    for part in ${parts:#-*}; do
      case $part in
        [0-9] | \*) operands=$part && continue ;;
        # Behind an option.
        \*-*)
          while (( at <= $#words )) && [[ ${(Q)words[at]} != ${~part#?} ]]; do at=$(( at + 1 )); done
          if (( at++ >= $#words )); then continue 2; fi
          continue
          ;;
      esac
      __awsenv_skip_options
      if [[ ${(Q)words[at]-} != "$part" ]]; then continue 2; fi
      leads=$(( leads + 1 )) at=$(( at + 1 ))
    done
    if (( leads <= best )); then continue; fi
    best=$leads
    if [[ $operands == \* ]]; then
      while (( at <= $#words )) && [[ $words[at] != -- ]]; do at=$(( at + 1 )); done
      operands=1
    elif ! __awsenv_skip_options; then
      at=$(( $#words + 1 ))
    fi
    j=$(( at + operands ))
  done
  (( best >= 0 ))
}

# Moves `at` past options, their values, and assignments. False if with one of them nothing is run.
__awsenv_skip_options() {
  local word
  while (( at <= $#words )); do
    word=${(Q)words[at]}
    case $word in
      --) at=$(( at + 1 )) && return 0 ;;
      -?*)
        if __awsenv_has_option "$word"; then return 1; fi
        if [[ $options == *" $word "* ]]; then at=$(( at + 1 )); fi
        if [[ ${(Q)words[at]} == AWS_ACCESS_KEY_ID ]]; then own=1; fi
        ;;
      KUBECONFIG=?*) kube_file=${word#*=} ;;
      [A-Za-z_][A-Za-z0-9_]#=*) if __awsenv_is_identity; then own=1; fi ;;
      *) return 0 ;;
    esac
    at=$(( at + 1 ))
  done
}

# True if with option $1 `name` needs no session.
__awsenv_has_option() {
  local rule rules=${__awsenv_spares[$name]-}$__awsenv_any_spares
  for rule in ${(M)${(f)rules}:#-*}; do
    if [[ $1 == (${~rule}|${~rule}=*) ]]; then return 0; fi
  done
  return 1
}

# True if the command `name`, whose words are those from i on, needs the session by the rules.
__awsenv_asks() {
  local plus=0 options="${__awsenv_valued[$name]-} " kube='' kube_context='' kube_config=$kube_file count word
  local -a leads=()
  if (( $__awsenv_own_yes[(Ie)$name] )); then plus=1; fi
  if [[ $plus == 0 && -z ${__awsenv_uses[$name]-}${__awsenv_eks[$name]-} ]]; then return 1; fi
  for (( j = i + 1; j <= $#words; j++ )); do
    word=${(Q)words[j]}
    case $word in
      --) break ;;
      -*)
        if __awsenv_has_option "$word"; then return 1; fi
        case $word in
          --context | --kube-context) kube_context=${(Q)words[j+1]-} ;;
          --context=* | --kube-context=*) kube_context=${word#*=} ;;
          --kubeconfig) kube_config=${(Q)words[j+1]-} ;;
          --kubeconfig=*) kube_config=${word#*=} ;;
        esac
        if [[ $options == *" $word "* ]]; then j=$(( j + 1 )); fi
        ;;
      *) leads+=("$word") ;;
    esac
  done
  if [[ -n ${__awsenv_uses[$name]-} ]]; then
    __awsenv_longest "${(@f)__awsenv_uses[$name]%$'\n'}"
    plus=$(( count > plus ? count : plus ))
  fi
  if (( ! plus )); then plus=1 kube=1; fi
  __awsenv_longest ${${(f)${__awsenv_spares[$name]-}}:#-*}
  (( plus > count )) && { [[ -z $kube ]] || __awsenv_is_eks; }
}

# Sets `count` to the words, with `name`, of the longest of these rules that fits `leads`; 0 if none does.
__awsenv_longest() {
  local rule n
  local -a parts
  count=0
  for rule; do
    parts=(${=rule})
    for (( n = 1; n <= $#parts; n++ )); do
      if [[ ${leads[n]-} != ${~parts[n]} ]]; then continue 2; fi
    done
    if (( n > count )); then count=$n; fi
  done
}

# --- 4. kubectl's context ------------------------------------------------------------------

# True if the kubeconfig's context belongs to EKS, or may: of `kube_context` and `kube_config`, which
# the command names, or else the current one.
__awsenv_is_eks() {
  local context=$kube_context file current='' mentioned='' json='' user runs
  local -A contexts=() users=()
  if [[ $kube_config == *\$* ]]; then return 0; fi
  for file in "${(@s/:/)${kube_config:-${KUBECONFIG:-${HOME-}/.kube/config}}}"; do
    file=${file/#\~\//${HOME-}/}
    if [[ ! -f $file || ! -r $file ]]; then continue; fi
    if [[ -n "$file"(#qNL+2000000) ]] || ! __awsenv_read_kube "$file"; then return 0; fi
  done
  if [[ -z $context ]]; then context=$current; fi
  if [[ $context == arn:aws*:eks:* ]]; then return 0; fi
  if [[ -z $context$json ]]; then return 1; fi
  user=${contexts[n$context]-}
  if [[ -n ${contexts[n$context]+x} && -n ${users[n$user]+x} ]]; then
    runs=${${users[n$user]##*/}%.exe}
    [[ $runs == (aws|aws-iam-authenticator|awsenv) ]]
    return
  fi
  [[ -n $mentioned ]]
}

# Adds what file $1 says to the caller's `current`, `contexts` and `users`, first come first served.
# It reads the plain style in which kubectl writes; of JSON and other styles of YAML it only sets
# `mentioned`, if they run a command that uses AWS. False where the file is too long.
__awsenv_read_kube() {
  local line text section='' dash='' inner='' name='' found='' value
  integer pad
  local -a lines=("${(@f)${"$(<$1)"//$'\r'}}")
  if (( $#lines > 20000 )); then return 1; fi
  for line in "${lines[@]}"; do
    if [[ $line == *command* && $line == (|*[[:blank:]{,\"])command(|\")":"[[:blank:]]#(|\")(|[^\",[:blank:]]#/)(aws|aws-iam-authenticator|awsenv)(|.exe)([\",]*|) ]]; then mentioned=1; fi
    text=${line##[[:blank:]]#}
    if [[ -z $text || $text == \#* ]]; then continue; fi
    if [[ $text == \{* ]]; then json=1; fi
    pad=$(( $#line - $#text ))
    if [[ $pad == 0 && $text != -* ]]; then
      __awsenv_end_item
      section=${text%%:*} dash=''
      if [[ $section == current-context && -z $current ]]; then
        __awsenv_scalar "${text#*:}"
        current=$value
      fi
      continue
    fi
    if [[ $section != (contexts|users) ]]; then continue; fi
    if [[ $text == '- '* && ${dash:-$pad} == $pad ]]; then
      __awsenv_end_item
      dash=$pad text=${${text#-}##[[:blank:]]#}
      pad=$(( $#line - $#text )) inner=$pad
    fi
    __awsenv_scalar "${text#*:}"
    case $section,${text%%:*},$pad in
      *,name,$inner) name=$value ;;
      contexts,user,* | users,command,*) found=$value ;;
    esac
  done
  __awsenv_end_item
}

__awsenv_end_item() {
  case $section in
    contexts) if [[ -z ${contexts[n$name]+x} ]]; then contexts[n$name]=$found; fi ;;
    users) if [[ -z ${users[n$name]+x} ]]; then users[n$name]=$found; fi ;;
  esac
  name='' found=''
}

# Sets `value` to what YAML's $1 stands for.
__awsenv_scalar() {
  value=${${1##[[:blank:]]#}%%[[:blank:]]#}
  if [[ $value == (\"*\"|\'*\') ]]; then value=${value[2,-2]}; fi
}
