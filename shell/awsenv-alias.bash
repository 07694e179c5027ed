# shellcheck shell=bash
# A short name for `awsenv assume`, with completion: `. awsenv-alias.bash NAME`, behind the hook.
# `awsenv init bash --install --alias NAME` adds it to the rc file.

case $1 in '' | *[!A-Za-z0-9_-]*) \builtin return 2 ;; esac
\builtin eval "$1() { awsenv assume \"\$@\"; }"
# For the hook, which has to know which lines leave the session.
# shellcheck disable=SC2034
__awsenv_alias=$1

__awsenv_complete_alias() {
  builtin local COMP_LINE="$COMP_LINE" COMP_POINT="$COMP_POINT" name="$1" before
  before=${COMP_LINE%%"$name"*}
  COMP_LINE="awsenv assume${COMP_LINE#"$before$name"}"
  COMP_POINT=$((COMP_POINT - ${#before} - ${#name} + 13))
  __awsenv_complete awsenv "$2" "$3"
}
\builtin complete -F __awsenv_complete_alias "$1"
