# A short name for `awsenv assume`, with completion: `. awsenv-alias.zsh NAME`, behind the hook.
# `awsenv init zsh --install --alias NAME` adds it to ~/.zshrc.

case $1 in ('' | *[^A-Za-z0-9_-]*) \builtin return 2 ;; esac
\builtin eval "$1() { awsenv assume \"\$@\" }"
\builtin typeset -g __awsenv_alias="$1"

# Runs with the options that zsh's own completion functions expect.
__awsenv_complete_alias() {
  words=(awsenv assume "${(@)words[2,-1]}")
  (( CURRENT += 1 ))
  __awsenv_complete
}

# Once there is completion at all.
__awsenv_alias_precmd() {
  builtin emulate -L zsh
  if (( ${+_comps} )); then
    compdef __awsenv_complete_alias "$__awsenv_alias"
    precmd_functions=(${precmd_functions:#__awsenv_alias_precmd})
  fi
}
\builtin typeset -ga precmd_functions
precmd_functions+=(__awsenv_alias_precmd)
