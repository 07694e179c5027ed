# awsenv for fish 3.5 and later: the session's time left in the prompt, and a code asked for
# just before the command that needs it. `awsenv init fish --install` adds it to config.fish.

# --- 1. guard ------------------------------------------------------------------------------

if not status is-interactive; or test "$__awsenv_loaded" = $fish_pid
    return 0
end
# Not a mere flag: that could reach child shells.
set -g __awsenv_loaded $fish_pid

# --- 2. settings ---------------------------------------------------------------------------

# AWSENV_AUTO=match|all|off  AWSENV_LEAD=2m  AWSENV_COMMANDS="mytool -kubectl"
# AWSENV_PROMPT=on|manual|off  AWSENV_PROMPT_FORMAT='[{profile} {left}] '
# AWSENV_PROMPT_WARN=15m  AWSENV_PROMPT_URGENT=5m  AWSENV_PROMPT_COLORS='32 33 31'
# They are read where they are used, so that a change takes effect at once.
set -g __awsenv_commands aws sam cdk terraform tofu terragrunt pulumi packer kubectl helm eksctl \
    k9s copilot sls serverless ansible-playbook aws-nuke

# Prints the seconds in $argv[1] (90, 45s, 2m, 1h30m), or $argv[2] where it is none.
function __awsenv_seconds
    if string match -qr '^(\d{1,6}[smhd])*(\d{1,9})?$' -- "$argv[1]"; and test -n "$argv[1]"
        math (string replace -a s '*1+' -- $argv[1] | string replace -a m '*60+' | string replace -a h '*3600+' | string replace -a d '*86400+' | string replace -r '\+$' '')
    else
        echo $argv[2]
    end
end

# --- 3. clock and digits -------------------------------------------------------------------

# Sets __awsenv_now to the epoch seconds: when the root folder was changed, and how long ago.
function __awsenv_clock
    set -g __awsenv_now (math (path mtime /) + (path mtime --relative /))
end

# Asked before any arithmetic.
function __awsenv_is_time
    string match -qr '^\d{1,12}$' -- "$argv[1]"
end

# --- 4. is the session ours? ---------------------------------------------------------------

# True while the variable that awsenv put first still has the value it was given.
function __awsenv_ours
    set -l pair (string match -r '^(AWS_ACCESS_KEY_ID|AWS_PROFILE)=([^&]+)' -- "$AWSENV_PUT")
    or return 1
    set -l name $pair[2]
    # Keys, whoever exported them, win over a profile.
    test $name = AWS_PROFILE -a -n "$AWS_ACCESS_KEY_ID"
    and return 1
    set -l value (string unescape --style=url -- $pair[3])
    test "$$name" = "$value"
end

# True if what ends at $argv[1], issued at $argv[2] (0: unknown), has lapsed or is about to.
function __awsenv_ends
    set -l lead (__awsenv_seconds "$AWSENV_LEAD" 120)
    if test $argv[1] -gt $argv[2]
        set lead (math "min($lead, floor(($argv[1] - $argv[2]) / 10))")
    end
    __awsenv_clock
    test (math "$argv[1] - $__awsenv_now") -le $lead
end

function __awsenv_lapsed
    set -l issued 0
    __awsenv_is_time "$AWSENV_ISSUED_AT"
    and set issued $AWSENV_ISSUED_AT
    __awsenv_ours
    and __awsenv_is_time "$AWSENV_EXPIRES_AT"
    and __awsenv_ends $AWSENV_EXPIRES_AT $issued
end

# --- 5. segment ----------------------------------------------------------------------------

# Sets AWSENV_SEGMENT, the text, and AWSENV_COLOR and AWSENV_COLOR_END to stand around it.
function __awsenv_compute
    set -g AWSENV_SEGMENT ''
    set -g AWSENV_COLOR ''
    set -g AWSENV_COLOR_END ''
    if test "$AWSENV_PROMPT" = off; or test -z "$AWSENV_PROFILE"; or not __awsenv_ours
        return 0
    end
    set -l format '[{profile} {left}] '
    set -q AWSENV_PROMPT_FORMAT
    and set format "$AWSENV_PROMPT_FORMAT"
    set -l seconds 1000000
    set -l left '?'
    if __awsenv_is_time "$AWSENV_EXPIRES_AT"
        __awsenv_clock
        set seconds (math $AWSENV_EXPIRES_AT - $__awsenv_now)
        if test $seconds -ge 3600
            set left (math "floor($seconds / 3600)")h(string pad -w 2 -c 0 (math "floor($seconds / 60) % 60"))m
        else if test $seconds -ge 60
            set left (math "floor($seconds / 60)")m
        else if test $seconds -gt 0
            set left {$seconds}s
        else
            set left lapsed
        end
    else if test -z "$AWSENV_EXPIRES_AT"
        set format (string replace -- ' {left}' '' $format)
    end
    if test "$__awsenv_shown[1]" != "$AWSENV_PROFILE"
        # Without what would move or hide text on a screen: control characters, marks of direction,
        # line separators, the byte order mark.
        set -g __awsenv_shown "$AWSENV_PROFILE" (string replace -ra '[\x00-\x1f\x7f-\x9f\x{61c}\x{200e}\x{200f}\x{2028}-\x{202e}\x{2066}-\x{2069}\x{feff}]' '?' -- "$AWSENV_PROFILE" | string sub -l 60)
    end
    # The name comes last: it may hold a {left} of its own.
    set AWSENV_SEGMENT (string replace -- '{left}' $left $format | string replace -- '{profile}' "$__awsenv_shown[2]" | string collect)
    set -l colors 32 33 31
    set -q AWSENV_PROMPT_COLORS
    and set colors (string split -n ' ' -- "$AWSENV_PROMPT_COLORS")
    set -l color $colors[1]
    if test $seconds -le (__awsenv_seconds "$AWSENV_PROMPT_URGENT" 300)
        set color $colors[-1]
    else if test $seconds -le (__awsenv_seconds "$AWSENV_PROMPT_WARN" 900)
        set color $colors[2]
    end
    if test -z "$NO_COLOR"; and test "$TERM" != dumb; and string match -qr '^[\d;]+$' -- "$color"
        set AWSENV_COLOR \e'['$color'm'
        set AWSENV_COLOR_END \e'[0m'
    end
end

# For prompts made by hand: computes the segment anew and prints it, without colour.
function awsenv_segment
    __awsenv_compute
    echo -n $AWSENV_SEGMENT
end

# --- 6. prompt placement -------------------------------------------------------------------

# Puts the segment in front of fish_prompt, unless that has it already or the person places it.
# Themes may define fish_prompt again at any time: it is ours while it says so.
function __awsenv_place
    if test -n "$AWSENV_PROMPT"; and test "$AWSENV_PROMPT" != on
        return 0
    end
    if __awsenv_is_placed
        return 0
    end
    functions fish_prompt | string match -qr 'AWSENV_SEGMENT|awsenv_segment'
    and return 0
    functions -q __awsenv_their_prompt
    and functions -e __awsenv_their_prompt
    functions -c fish_prompt __awsenv_their_prompt
    __awsenv_define_prompt
end

function __awsenv_is_placed
    test (functions --details --verbose fish_prompt)[-1] = 'awsenv before another prompt'
end

function __awsenv_define_prompt
    # Theirs comes first, for it sees $status and $pipestatus as they are only there.
    function fish_prompt --description 'awsenv before another prompt'
        set -l lines (__awsenv_their_prompt $argv)
        if test -z "$AWSENV_PROMPT"; or test "$AWSENV_PROMPT" = on
            printf %s "$AWSENV_COLOR" "$AWSENV_SEGMENT" "$AWSENV_COLOR_END"
        end
        printf %s (string join \n -- $lines | string collect)
    end
end

# --- 7. record -----------------------------------------------------------------------------

# Takes over a session that another terminal has got meanwhile; false where there is none.
function __awsenv_load
    set -l key "$AWSENV_SESSION"
    string match -qr '^[0-9a-f]{40}$' -- $key
    and string match -q 'AWS_ACCESS_KEY_ID=*' -- "$AWSENV_PUT"
    or return 1
    set -l folder "$HOME/.cache/awsenv"
    string match -q '/*' -- "$XDG_CACHE_HOME"
    and set folder $XDG_CACHE_HOME/awsenv
    test -n "$AWSENV_CACHE_DIR"
    and set folder (string replace -r '^~/' "$HOME/" -- "$AWSENV_CACHE_DIR")
    set -l file $folder/sessions/$key
    # A regular file of this user, and no link.
    test -f $file; and not test -L $file; and test -O $file; and test -r $file
    or return 1
    # The last line is empty if the one before it ends as it should.
    set -l text (string collect --no-trim-newlines <$file)
    or return 1
    string match -qr '^AWSENV_RECORD=1\n(?:[A-Z_][A-Z0-9_]*=[^\x00-\x1f\x7f-\x9f]*\n)+$' -- $text
    and string match -qr '\nEND='$key'\n$' -- $text
    or return 1
    set -l names (string match -ar '(?m)^[A-Z_][A-Z0-9_]*(?==)' -- $text)
    # No name twice, so END is the last line alone.
    test (count $names) = (count (printf '%s\n' $names | path sort --unique))
    or return 1
    set -l values
    for name in AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION ISSUED_AT EXPIRES_AT
        set -l found (string match -r '(?m)^'$name'=(.+)$' -- $text)
        or return 1
        set -a values $found[2]
    end
    string match -qr '^[A-Za-z0-9]+$' -- $values[1]
    and __awsenv_is_time $values[5]
    and __awsenv_is_time $values[6]
    and not __awsenv_ends $values[6] $values[5]
    and test $values[5] -le (math $__awsenv_now + 900)
    and test (math $values[6] - $values[5]) -le (math 36 x 3600)
    or return 1
    set -gx AWS_ACCESS_KEY_ID $values[1]
    set -gx AWS_SECRET_ACCESS_KEY $values[2]
    set -gx AWS_SESSION_TOKEN $values[3]
    set -gx AWS_CREDENTIAL_EXPIRATION $values[4]
    set -gx AWSENV_ISSUED_AT $values[5]
    set -gx AWSENV_EXPIRES_AT $values[6]
    set -gx AWSENV_PUT (string replace -r '=[^&]*' "=$values[1]" -- $AWSENV_PUT)
end

# --- 8. matching ---------------------------------------------------------------------------

# True if the line $argv[1] holds a command that uses AWS and does not choose a profile itself.
function __awsenv_matches
    # Quoted text is blanked, but for bare words and $(...) inside "...".
    set -l text (string replace -ra -- '\'([\w./-]*)\'|"([\w./-]*)"|"(?:[^"\\\\]|\\\\.)*?(\$\((?:[^"\\\\]|\\\\.)*)"|(\'(?:[^\'\\\\]|\\\\.)*\'|"(?:[^"\\\\]|\\\\.)*")|\\\\\n|\\\\([\w./-])|(\\\\.)' '$1$2${3:+_${3}}${4:+_}$5${6:+_}' $argv[1] | string collect)
    # Comments, and what looks like a separator without being one.
    set text (string replace -ra '(?m)(^|[\s;|&()])#.*' '$1' -- $text | string collect)
    set text (string replace -ra '[<>]&|&>' '>' -- $text | string collect)
    for simple in (string split -n \n -- (string replace -ra '[;|&()`]' \n -- $text | string collect))
        __awsenv_uses_aws (string split -n ' ' -- (string replace -a \t ' ' -- $simple))
        and return 0
    end
    return 1
end

# True if the words of a simple command run something that uses AWS, without a --profile.
function __awsenv_uses_aws
    set -l before
    set -l found
    set -l skip
    contains -- --profile $argv
    or string match -q -- '--profile=*' $argv
    and return 1
    for word in $argv
        set -l name (string replace -r '.*/' '' -- $word)
        if set -q skip[1]
            set skip
        else if string match -qr '[<>]' -- $word
            string match -qr '[<>]$' -- $word
            and set skip 1
        else if string match -qr '^[A-Za-z_]\w*=' -- $word
            continue
        else if __awsenv_is_command $name
            return 0
        else if set -q before[1]
            # After sudo and its kind, any later word counts; but `command -v aws` only looks it up.
            contains -- $before$word command-v command-q command-s type
            and return 1
        else if contains -- $name sudo doas env command exec nohup nice time timeout xargs watch
            set before $name
        else if not contains -- $name and or not ! begin if else while then do elif until '{' '}'
            return 1
        end
    end
    return 1
end

function __awsenv_is_command
    set -l own (string split -n ' ' -- "$AWSENV_COMMANDS")
    not contains -- -$argv[1] $own
    and not string match -q -- '-*' $argv[1]
    and contains -- "$argv[1]" $__awsenv_commands $own
end

# --- 9. refresh ----------------------------------------------------------------------------

# True if the line $argv[1] is one to renew the session for.
function __awsenv_wanted
    test "$AWSENV_AUTO" != off
    or return 1
    # In this mode a cancel holds until there is a new session; then only what uses AWS asks.
    if test "$AWSENV_AUTO" = all; and test "$__awsenv_snoozed" != "$AWSENV_EXPIRES_AT"
        not string match -qr '^\s*(awsenv|exit)(?![\w-]*\w)|^\s*awsenv_|^\s*$' -- $argv[1]
        return
    end
    __awsenv_matches $argv[1]
end

# Renews the session; false if the line must not run.
function __awsenv_renew
    __awsenv_load
    and return 0
    set -l lead $AWSENV_LEAD
    test -n "$lead"
    or set lead 2m
    set -l out (AWSENV_LEAD=$lead command awsenv refresh --shell fish)
    set -l code $status
    # No code was given, or there is no awsenv (any more): the line runs as it is.
    if test $code = 127; or test "$out" = 'begin; : awsenv; end'
        return 0
    end
    if test $code = 0; and string match -q 'begin; : awsenv;*' -- "$out"
        eval $out
        and return 0
    end
    set -g __awsenv_snoozed "$AWSENV_EXPIRES_AT"
    return 1
end

# --- 10. hooking in ------------------------------------------------------------------------

set -g __awsenv_asked ''

function __awsenv_prompt --on-event fish_prompt
    __awsenv_compute
    __awsenv_place
    if not set -q __awsenv_bound
        __awsenv_bind
    end
end

# Enter asks first, and keeps the line for editing where there is no code: only a key can do
# that. A person's own binding of Enter is theirs.
function __awsenv_bind
    set -g __awsenv_bound
    for key in \r \n
        for mode in default insert
            bind --user -M $mode $key >/dev/null 2>&1
            and continue
            bind -M $mode $key __awsenv_enter
            set -a __awsenv_bound $mode
            set -a __awsenv_bound $key
        end
    end
end

function __awsenv_enter
    if not commandline --paging-mode; and commandline --is-valid; and __awsenv_lapsed
        set -l line (commandline | string collect)
        # Enter expands an abbreviation, but only after this.
        set -l word (commandline -t)
        if abbr -q -- "$word"
            set line $line (abbr --show | string match -rg -- ' -- '(string escape --style=regex -- $word)' (.+)$' | string unescape)
        end
        if __awsenv_wanted "$line"
            if not __awsenv_renew
                commandline -f repaint
                return
            end
            set -g __awsenv_asked 1
            commandline -f repaint
        end
    end
    if contains -- "$fish_key_bindings" fish_vi_key_bindings fish_hybrid_key_bindings
        set fish_bind_mode insert
    end
    commandline -f execute
end

# Where Enter is not ours. The command sees what is set here, but nothing can stop it any more.
function __awsenv_preexec --on-event fish_preexec
    if test -z "$__awsenv_asked"; and __awsenv_lapsed; and __awsenv_wanted $argv[1]
        __awsenv_renew
    end
    set -g __awsenv_asked ''
end

# --- 11. the awsenv command ----------------------------------------------------------------

# assume, unset and refresh act on this shell; everything else is the program, untouched.
functions -q awsenv
and functions -c awsenv __awsenv_their_function
function awsenv
    switch "$argv[1],$argv[2],"(count $argv)
        case auto,on,2
            set -g AWSENV_AUTO match
        case auto,off,2 auto,all,2
            set -g AWSENV_AUTO $argv[2]
        case 'auto,*'
            echo 'awsenv: usage: awsenv auto on|off|all' >&2
            return 2
        case prompt,on,2 prompt,off,2
            set -g AWSENV_PROMPT $argv[2]
        case 'assume,*' 'unset,*' 'refresh,*'
            __awsenv_apply $argv
        case 'doctor,*'
            AWSENV_HOOK='fish 0.1.0' command awsenv $argv
        case '*'
            command awsenv $argv
    end
end

function __awsenv_apply
    # `awsenv assume ... | source` and the like get what the program prints.
    if not test -t 1; or string match -qr -- '^(--|--help|--print|--(shell|format)(=.*)?)$' $argv
        command awsenv $argv
        return
    end
    set -l out (command awsenv $argv --shell fish)
    set -l code $status
    if string match -q 'begin; : awsenv;*' -- "$out"
        test $code = 0
        and eval $out
        return
    end
    test -z "$out"; or test "$out" = false
    or printf '%s\n' $out
    return $code
end

# --- 12. completion ------------------------------------------------------------------------

# The program knows commands, options and profiles.
function __awsenv_completions
    set -l words (commandline -opc) (commandline -ct)
    set -l found (command awsenv __complete fish $words[2..] 2>/dev/null)
    if string match -q -- \t'command *' $found[1]
        # From there on it is another command's line.
        set -l first (math 1 + (string replace -r '.* ' '' -- $found[1]))
        complete -C (string join -- ' ' (string escape -- $words[$first..-2]) $words[-1])
    else
        printf '%s\n' $found
    end
end
complete -c awsenv -f -a '(__awsenv_completions)'

# --- 13. unload ----------------------------------------------------------------------------

function awsenv_unload
    if __awsenv_is_placed
        functions -e fish_prompt
        functions -c __awsenv_their_prompt fish_prompt
    end
    while set -q __awsenv_bound[1]
        bind --user -M $__awsenv_bound[1] $__awsenv_bound[2] | string match -q '*__awsenv_enter*'
        and bind --erase --user -M $__awsenv_bound[1] $__awsenv_bound[2]
        set -e __awsenv_bound[1..2]
    end
    complete -e -c awsenv
    functions -e awsenv awsenv_segment awsenv_unload
    functions -q __awsenv_their_function
    and functions -c __awsenv_their_function awsenv
    functions -e (functions --all --names | string match '__awsenv_*')
    set -e AWSENV_SEGMENT AWSENV_COLOR AWSENV_COLOR_END (set --names | string match '__awsenv_*')
end
