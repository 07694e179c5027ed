# shellcheck shell=bash disable=SC2034,SC2128,SC2154,SC2178
# How awsenv reads a line of bash: which simple commands are in it, and where each of them stands. What
# it finds, awsenv-match.bash judges. Both are read once a session has expired and a line is about to run.
# Functions give their results in variables: $(...) would cost a process.
#
# A word that was quoted has a \ in front in what follows, for it is no alias and no keyword; other
# quoted text is _N_, where N is its number in `quoted`, and what a substitution leaves behind is _.

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
