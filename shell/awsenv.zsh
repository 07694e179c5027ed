# awsenv for zsh 5.5.1 and later: the session's time left in the prompt, and a code asked for
# just before the command that needs it. `awsenv init zsh --install` adds it to ~/.zshrc.
# This is what every shell pays for; the rest, in awsenv-more.zsh, is loaded when there is a session
# or somebody calls for awsenv.

# --- 1. guard ------------------------------------------------------------------------------

[[ -o interactive ]] || \builtin return 0
# Not a mere flag: under `setopt all_export` that would reach child shells.
if [[ "${__awsenv_loaded-}" == "$$" ]]; then
  __awsenv_again
  \builtin return 0
fi
\builtin typeset -g __awsenv_loaded="$$" __awsenv_more="${${(%):-%x}:a:h}/awsenv-more.zsh" __awsenv_ready='' __awsenv_aliases=''
# Functions are parsed without aliases, so that no alias of a builtin ends up in them.
[[ ! -o aliases ]] || { __awsenv_aliases=1 && \builtin unsetopt aliases; }
typeset -g AWSENV_SEGMENT='' AWSENV_COLOR='' AWSENV_COLOR_END='' __awsenv_completes='' __awsenv_function='' __awsenv_lost=''
typeset -g __awsenv_had="${precmd_functions+p}${preexec_functions+x}"
if typeset -f awsenv >/dev/null; then __awsenv_function=$(\builtin typeset -f awsenv); fi

# Puts the real functions in the place of those below; false where their file is missing.
__awsenv_rest() {
  builtin emulate -L zsh -o extended_glob -o no_err_return -o no_aliases +ex
  if [[ -r $__awsenv_more ]]; then builtin source "$__awsenv_more"; fi
  [[ $__awsenv_ready == "$$" ]]
}

# zsh hands $? on by itself around hooks.
__awsenv_precmd() {
  if [[ -n ${AWSENV_PUT-} ]] && __awsenv_rest; then
    __awsenv_precmd
  elif [[ -z $__awsenv_completes && -n ${_comps+x} ]]; then
    # Once there is completion at all.
    __awsenv_completes=1
    compdef __awsenv_complete awsenv
  fi
  # Behind whatever sets PROMPT, from the beginning on.
  if [[ "${precmd_functions[-1]-}" != __awsenv_precmd && "${(t)precmd_functions-}" != *readonly* ]]; then
    precmd_functions=("${precmd_functions[@]:#__awsenv_precmd}" __awsenv_precmd)
  fi
}

# Somebody may have assigned the array anew since.
__awsenv_again() {
  builtin emulate -L zsh
  if [[ -z ${precmd_functions[(r)__awsenv_precmd]} && "${(t)precmd_functions-}" != *readonly* ]]; then
    __awsenv_lost=precmd_functions
    typeset -ga precmd_functions
    precmd_functions+=(__awsenv_precmd)
  fi
}

__awsenv_complete() { if __awsenv_rest; then __awsenv_complete "$@"; fi; }
awsenv() { if __awsenv_rest; then awsenv "$@"; else command awsenv "$@"; fi; }
awsenv_segment() { if __awsenv_rest; then awsenv_segment; fi; }
awsenv_unload() { if __awsenv_rest; then awsenv_unload; fi; }

if [[ "${(t)precmd_functions-}" != *readonly* ]]; then
  typeset -ga precmd_functions
  precmd_functions+=(__awsenv_precmd)
fi
[[ -z $__awsenv_aliases ]] || builtin setopt aliases
