# awsenv for fish 3.5 and later: the session's time left in the prompt, and a code asked for
# just before the command that needs it. `awsenv init fish --install` adds it to config.fish.
# This is what every shell pays for; the rest, in awsenv-more.fish, is loaded when there is a session
# or somebody calls for awsenv.

# --- 1. guard ------------------------------------------------------------------------------

if not status is-interactive; or test "$__awsenv_loaded" = $fish_pid
    return 0
end
# Not a mere flag: that could reach child shells.
set -g __awsenv_loaded $fish_pid
set -g __awsenv_more (status filename | string replace -r '(^|/)awsenv\.fish$' '$1awsenv-more.fish')
string match -q '/*' -- $__awsenv_more
or set __awsenv_more $PWD/$__awsenv_more
set -g AWSENV_SEGMENT ''
set -g AWSENV_COLOR ''
set -g AWSENV_COLOR_END ''
functions -q awsenv
and functions -c awsenv __awsenv_their_function

# Puts the real functions in the place of those below; false where their file is missing.
function __awsenv_rest
    set -l fish_trace
    test -r $__awsenv_more
    and builtin source $__awsenv_more
    test "$__awsenv_ready" = $fish_pid
end

function __awsenv_prompt --on-event fish_prompt
    test -n "$AWSENV_PUT"
    and __awsenv_rest
    and __awsenv_prompt
end

function __awsenv_completions
    __awsenv_rest
    and __awsenv_completions
end
complete -c awsenv -f -a '(__awsenv_completions)'

function awsenv
    if __awsenv_rest
        awsenv $argv
    else
        command awsenv $argv
    end
end

function awsenv_segment
    __awsenv_rest
    and awsenv_segment
end

function awsenv_unload
    __awsenv_rest
    and awsenv_unload
end
