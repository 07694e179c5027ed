# The rest of awsenv.fish, sourced by it at the first need: it may come from a newer awsenv than the
# small file that the shell has loaded.

# --- 2. settings ---------------------------------------------------------------------------

# AWSENV_AUTO=match|all|off  AWSENV_LEAD=2m  AWSENV_COMMANDS="mytool -kubectl"
# AWSENV_PROMPT=on|manual|off  AWSENV_PROMPT_FORMAT='[{profile} {left}] '
# AWSENV_PROMPT_WARN=15m  AWSENV_PROMPT_URGENT=5m  AWSENV_PROMPT_COLORS='32 33 31'  AWSENV_NOTICE=10m
# They are read where they are used, so that a change takes effect at once.
# `builtin` stands before what people have functions and aliases of the same name for. Where `test`
# is given several conditions, a value of foreign origin comes last in each: `!` and -n mislead it.
# What an assume sets, or removes; the first six are there without awsenv too.
set -g __awsenv_sets AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION \
    AWS_REGION AWS_DEFAULT_REGION AWSENV_PROFILE AWSENV_SESSION AWSENV_EXPIRES_AT AWSENV_ISSUED_AT \
    AWSENV_BASELINE AWSENV_PUT

# Prints the seconds in $argv[1] (90, 45s, 2m, 1h30m), or $argv[2] where it is none.
function __awsenv_seconds
    if string match -qr '^(\d{1,6}[smhd])*(\d{1,9})?$' -- "$argv[1]"; and test -n "$argv[1]"
        builtin math (string replace -a s '*1+' -- $argv[1] | string replace -a m '*60+' | string replace -a h '*3600+' | string replace -a d '*86400+' | string replace -r '\+$' '')
    else
        builtin echo $argv[2]
    end
end

# --- 3. clock and digits -------------------------------------------------------------------

# Sets __awsenv_now to the epoch seconds: when the root folder was changed, and how long ago.
function __awsenv_clock
    set -g __awsenv_now (builtin math (builtin path mtime /; builtin echo +; builtin path mtime --relative /))
end

# What counts seconds and is cheaper to read than a clock, for a substitution costs as much as ten
# commands: how long the machine has been up, or where nothing tells that, how old the root folder is.
set -g __awsenv_ticks
test -r /proc/uptime
and set __awsenv_ticks /proc/uptime

# Asked before any arithmetic.
function __awsenv_is_time
    string match -qr '^\d{1,12}\z' -- "$argv[1]"
end

# --- 4. is the session ours? ---------------------------------------------------------------

# True while the variable that awsenv put first still has the value it was given.
function __awsenv_ours
    set -l name
    set -l value
    string match -qr '^(?<name>AWS_ACCESS_KEY_ID|AWS_PROFILE)=(?<value>[^&]+)' -- "$AWSENV_PUT"
    or return 1
    # Keys, whoever exported them, win over a profile.
    test $name = AWS_PROFILE -a -n "$AWS_ACCESS_KEY_ID"
    and return 1
    string match -q '*%*' -- $value
    and set value (string unescape --style=url -- $value | string collect)
    test "$$name" = "$value"
end

# Finds out what stays the same until a variable changes. __awsenv_end: the end of the session,
# where that is known and the session ours. __awsenv_lead: how long before it counts as expired.
function __awsenv_know
    set -g __awsenv_end ''
    set -g __awsenv_parts
    set -g __awsenv_colors
    set -g __awsenv_record ''
    set -g __awsenv_limits 900 300
    set -g __awsenv_until 0
    set -g __awsenv_from 0
    __awsenv_ours
    or return 0
    if __awsenv_is_time "$AWSENV_EXPIRES_AT"
        set __awsenv_end $AWSENV_EXPIRES_AT
        set -g __awsenv_lead (__awsenv_seconds "$AWSENV_LEAD" 120)
        __awsenv_is_time "$AWSENV_ISSUED_AT"
        and test $AWSENV_ISSUED_AT -lt $__awsenv_end
        and set __awsenv_lead (builtin math "min($__awsenv_lead, floor(($__awsenv_end - $AWSENV_ISSUED_AT) / 10))")
        set -q AWSENV_NOTICE
        and set __awsenv_limits[3] (__awsenv_seconds "$AWSENV_NOTICE" 0)
        # Where a profile is exported, what it stands for is gone once somebody has logged out. It is
        # looked at anew at each prompt then.
        if string match -q 'AWS_PROFILE=*' -- "$AWSENV_PUT"; and string match -qr '^[0-9a-f]{40}\z' -- "$AWSENV_SESSION"
            set -l file
            set -l text
            __awsenv_read sessions $AWSENV_SESSION
            set __awsenv_record $file
            if not test -e "$file"
                set __awsenv_end 0
                set __awsenv_state ''
            end
        end
    end
    test -n "$AWSENV_PROFILE" -a off != "$AWSENV_PROMPT"
    and __awsenv_know_text
end

# __awsenv_parts: the text before the time left and, where there is one in it, the text after.
# __awsenv_colors, and __awsenv_limits: how much time left has the second and the third one.
function __awsenv_know_text
    set -l format '[{profile} {left}] '
    set -q AWSENV_PROMPT_FORMAT
    and set format "$AWSENV_PROMPT_FORMAT"
    set -l head
    set -l tail
    test -z "$AWSENV_EXPIRES_AT"
    and string match -qr '(?s)^(?<head>.*?) \{left\}(?<tail>.*)' -- $format
    and set format $head$tail
    set -l profile $AWSENV_PROFILE
    # Some tools take a profile before keys: they are somebody else now.
    string match -q 'AWS_ACCESS_KEY_ID=*' -- "$AWSENV_PUT"
    and test -n "$AWS_PROFILE"
    and set profile "$profile (AWS_PROFILE=$AWS_PROFILE)"
    set profile (__awsenv_plain "$profile" | string sub -l 60)
    set -l colors
    __awsenv_know_account
    # Taken apart before the name is put in: that may hold a {left} of its own.
    string match -qr '(?s)^(?<head>.*?)\{left\}(?<tail>.*)' -- $format
    or set head $format
    for text in $head $tail
        string match -qr '(?s)^(?<head>.*?)\{profile\}(?<tail>.*)' -- $text
        and set text $head$profile$tail
        set -a __awsenv_parts $text
    end
    set __awsenv_limits[1..2] (__awsenv_seconds "$AWSENV_PROMPT_WARN" 900) (__awsenv_seconds "$AWSENV_PROMPT_URGENT" 300)
    test -n "$NO_COLOR" -o dumb = "$TERM"
    and return 0
    set __awsenv_colors 32 33 31
    set -q AWSENV_PROMPT_COLORS
    and set __awsenv_colors (string split -n ' ' -- "$AWSENV_PROMPT_COLORS")
    test -n "$colors"
    and set __awsenv_colors (string split -n ' ' -- $colors)
end

# Puts what the session's account is called into `format`, and sets `colors` to the profile's own, if
# it has any. Both are the caller's. The program keeps them in a file, a line each.
function __awsenv_know_account --no-scope-shadowing
    set -l file
    set -l text ''
    string match -qr '^[0-9a-f]{40}\z' -- "$AWSENV_SESSION"
    and __awsenv_read accounts $AWSENV_SESSION
    set -l lines (string split \n -- "$text")
    set colors $lines[2]
    set text (__awsenv_plain (string sub -l 60 -- "$lines[1]" | string trim) | string replace -ra '[{}]' '?')
    # Not by a substitution, which makes a list of a format with several lines.
    string match -qr '(?s)^(?<head>.*?)\{account\}(?<tail>.*)' -- $format
    and set format "$head$text$tail"
end

# Prints $argv[1] without what would move or hide text on a screen: control characters, marks of
# direction, line separators, the byte order mark.
function __awsenv_plain
    string replace -ra '[\x00-\x1f\x7f-\x9f\x{61c}\x{200e}\x{200f}\x{2028}-\x{202e}\x{2066}-\x{2069}\x{feff}]' '?' -- $argv[1]
end

function __awsenv_expired
    __awsenv_compute
    test -n "$__awsenv_end"
    or return 1
    __awsenv_clock
    test (builtin math $__awsenv_end - $__awsenv_now) -le $__awsenv_lead
end

# --- 5. segment ----------------------------------------------------------------------------

# Sets __awsenv_seconds_left until $argv[1], by the clock $argv[2..3], and __awsenv_text to what
# people read; and __awsenv_numbers to what three further expressions come to.
function __awsenv_left
    set -l left "$argv[1] - $argv[2] - $argv[3]"
    set -l parts (builtin math $left; builtin math "floor(($left) / 3600)"; builtin math "floor(($left) / 60) % 60"; for each in $argv[4..]; builtin math $each; end)
    set -g __awsenv_seconds_left $parts[1]
    set -g __awsenv_numbers $parts[4..]
    set -g __awsenv_text expired
    if test $parts[2] -gt 0
        set __awsenv_text $parts[2]h$parts[3]m
        test $parts[3] -lt 10
        and set __awsenv_text $parts[2]h0$parts[3]m
    else if test $parts[3] -gt 0
        set __awsenv_text $parts[3]m
    else if test $parts[1] -gt 0
        set __awsenv_text $parts[1]s
    end
end

# Sets AWSENV_SEGMENT, the text, and AWSENV_COLOR and AWSENV_COLOR_END to stand around it.
function __awsenv_compute
    # Unset and empty are two things for the first two.
    set -l state f$AWSENV_PROMPT_FORMAT c$AWSENV_PROMPT_COLORS "$AWSENV_PROMPT|$AWSENV_PROFILE|$AWSENV_PUT|$AWS_ACCESS_KEY_ID|$AWS_PROFILE|$AWSENV_EXPIRES_AT|$AWSENV_ISSUED_AT|$AWSENV_LEAD|$AWSENV_PROMPT_WARN|$AWSENV_PROMPT_URGENT|$AWSENV_NOTICE|$NO_COLOR|$TERM"
    if test "$state" != "$__awsenv_state" -o -n "$__awsenv_record" -a ! -e "$__awsenv_record"
        set -g __awsenv_state "$state"
        __awsenv_know
    end
    set -l tick 0
    if test -n "$__awsenv_end"
        if set -q __awsenv_ticks[1]
            read -d ' ' tick rest <$__awsenv_ticks
        else
            set tick (builtin path mtime --relative /; builtin path mtime /)
        end
    end
    # Nothing changes until there is another text or colour.
    test $tick[1] -ge $__awsenv_from -a $tick[1] -lt $__awsenv_until -a "$tick[2]" = "$__awsenv_root"
    and test "$AWSENV_COLOR$AWSENV_SEGMENT$AWSENV_COLOR_END" = "$__awsenv_shown"
    and return 0
    set -g __awsenv_root $tick[2]
    set __awsenv_from $tick[1]
    set __awsenv_until 1
    set -l color $__awsenv_colors[1]
    set -g __awsenv_text '?'
    if test -n "$__awsenv_end"
        __awsenv_left $__awsenv_end (builtin path mtime /; builtin path mtime --relative /)
        test $__awsenv_seconds_left -le $__awsenv_limits[1]
        and set color $__awsenv_colors[2]
        test $__awsenv_seconds_left -le $__awsenv_limits[2]
        and set color $__awsenv_colors[-1]
        __awsenv_wait $__awsenv_seconds_left
        set -q __awsenv_limits[3]
        and test $__awsenv_seconds_left -gt 0 -a $__awsenv_seconds_left -le $__awsenv_limits[3]
        and test "$__awsenv_noticed" != $__awsenv_end
        and set -g __awsenv_due $__awsenv_text
    end
    set -g AWSENV_SEGMENT "$__awsenv_parts[1]"
    set -q __awsenv_parts[2]
    and set AWSENV_SEGMENT $__awsenv_parts[1]$__awsenv_text$__awsenv_parts[2]
    set -g AWSENV_COLOR ''
    set -g AWSENV_COLOR_END ''
    if test -n "$AWSENV_SEGMENT"; and string match -qr '^[\d;]+$' -- "$color"
        set AWSENV_COLOR \e'['$color'm'
        set AWSENV_COLOR_END \e'[0m'
    end
    set -g __awsenv_shown $AWSENV_COLOR$AWSENV_SEGMENT$AWSENV_COLOR_END
end

# Sets __awsenv_until to when it is to be computed again with $argv[1] seconds left.
function __awsenv_wait
    set -l next (builtin math "$argv[1] - 1")
    test $argv[1] -ge 60
    and set next (builtin math "$argv[1] - $argv[1] % 60 - 1")
    for limit in $__awsenv_limits
        test $limit -gt $next -a $limit -lt $argv[1]
        and set next $limit
    end
    # What has expired stays so. From now on it counts whose Enter is.
    if test $argv[1] -le 0
        set next -999999999
        set -e __awsenv_bound
    end
    set __awsenv_until (builtin math "$__awsenv_from + $argv[1] - $next")
end

# For prompts made by hand: computes the segment anew and prints it, without colour.
function awsenv_segment
    __awsenv_compute
    builtin printf %s "$AWSENV_SEGMENT"
end

# --- 6. prompt placement -------------------------------------------------------------------

# Puts the segment in front of fish_prompt, unless that has it already or the person places it.
# Themes may define fish_prompt again at any time: it is ours while it says so.
function __awsenv_place
    if test -n "$AWSENV_PROMPT" -a on != "$AWSENV_PROMPT"
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

set -g __awsenv_next __awsenv_their_prompt

function __awsenv_define_prompt
    # Theirs sees $status and $pipestatus as they are only here: nothing but `set` and `switch` leaves
    # them alone. Where all is well, ours is printed first, which leaves it so.
    function fish_prompt --description 'awsenv before another prompt'
        set -g __awsenv_ran 1
        set -l next $__awsenv_next
        # Theirs may hold a copy of this function, which must not call it once more.
        set -lx __awsenv_next :
        switch "$status $pipestatus"
            case '0 0'
                test -z "$AWSENV_PROMPT" -o on = "$AWSENV_PROMPT"
                and builtin printf %s "$AWSENV_COLOR$AWSENV_SEGMENT$AWSENV_COLOR_END"
                builtin true
                $next $argv
            case '*'
                set -l lines ($next $argv)
                test -z "$AWSENV_PROMPT" -o on = "$AWSENV_PROMPT"
                and set lines[1] "$AWSENV_COLOR$AWSENV_SEGMENT$AWSENV_COLOR_END$lines[1]"
                builtin printf %s "$lines[1]"
                set -q lines[2]
                and builtin printf '\n%s' $lines[2..]
        end
    end
end

# --- 7. record -----------------------------------------------------------------------------

# The record of a session and the switch to another are in awsenv-record.fish.
test -r (string replace -r '[^/]*$' awsenv-record.fish -- $__awsenv_more)
and builtin source (string replace -r '[^/]*$' awsenv-record.fish -- $__awsenv_more)

# --- 8. matching ---------------------------------------------------------------------------

# True if the line $argv[1] holds a command that needs the session. The real one is loaded at the
# first line after a session has expired.
function __awsenv_matches
    set -l file (string replace -r '[^/]*$' awsenv-match.fish -- $__awsenv_more)
    test -r $file
    or return 1
    functions -e __awsenv_matches
    builtin source $file
    __awsenv_matches $argv
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
    set -l fish_trace
    __awsenv_load
    and return 0
    set -l lead $AWSENV_LEAD
    test -n "$lead"
    or set lead 2m
    set -l out (AWSENV_BEFORE_LINE=1 AWSENV_LEAD=$lead command awsenv refresh --shell fish)
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
set -g __awsenv_due ''

# What is defined here as a handler is called from the next event on.
function __awsenv_prompt --on-event fish_prompt
    __awsenv_compute
    # If it ran at the last prompt, it is there still, be it as part of another one.
    test -z "$AWSENV_SEGMENT$__awsenv_due" -o "$__awsenv_ran$__awsenv_due" = 1
    or __awsenv_settle
    set -g __awsenv_ran ''
    set -q __awsenv_bound
    or __awsenv_bind
end

# What a prompt seldom needs. Says once, where a person wants to be told, that the session is about to
# expire.
function __awsenv_settle
    test -z "$AWSENV_SEGMENT" -o "$__awsenv_ran" = 1
    or __awsenv_place
    test -n "$__awsenv_due"
    or return 0
    set -g __awsenv_noticed $__awsenv_end
    builtin echo "awsenv: "(__awsenv_plain "$AWSENV_PROFILE")" expires in $__awsenv_due; awsenv refresh renews it" >&2
    set __awsenv_due ''
end

# Enter asks first, and keeps the line for editing where there is no code: only a key can do that. What
# it is bound to already, by a person or by a prompt with a transient form, is done afterwards.
function __awsenv_bind
    # At the second prompt once more, for a prompt may bind it when it is first shown.
    set -q __awsenv_bindings
    and set -g __awsenv_bound
    or set -g __awsenv_bindings
    for key in \r \n
        for mode in default insert
            set -l theirs (bind --user -M $mode $key 2>/dev/null)
            string match -q '*__awsenv_enter*' -- $theirs
            and continue
            # In fish's own form, with -M and -m in front of the key.
            set -l words
            builtin echo -- "$theirs[1]" | read --tokenize --list words
            set -l flags
            set -e words[1]
            while string match -q -- '-*' $words[1]
                switch $words[1]
                    case -m --sets-mode
                        set flags -m $words[2]
                        set -e words[1..2]
                    case -M --mode
                        set -e words[1..2]
                    case '*'
                        set -e words[1]
                end
            end
            set -e words[1]
            set -l name __awsenv_on_$mode(string escape --style=var -- $key)
            set -g $name "$theirs[1]" $words
            bind -M $mode $flags $key "__awsenv_enter $name"
            builtin contains -- $name $__awsenv_bindings
            or set -a __awsenv_bindings $mode $key $name
        end
    end
end

function __awsenv_enter
    if not commandline --paging-mode; and commandline --is-valid; and __awsenv_expired
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
    set -l theirs $$argv[1]
    if set -q theirs[2]
        for command in $theirs[2..]
            if builtin contains -- $command (bind --function-names)
                commandline -f $command
            else
                eval $command
            end
        end
        return
    end
    if builtin contains -- "$fish_key_bindings" fish_vi_key_bindings fish_hybrid_key_bindings
        set fish_bind_mode insert
    end
    commandline -f execute
end

# Where Enter was not ours. The command sees what is set here, but nothing can stop it any more.
function __awsenv_preexec --on-event fish_preexec
    if test -z "$__awsenv_asked"; and __awsenv_expired; and __awsenv_wanted $argv[1]
        __awsenv_renew
        __awsenv_bind
    end
    set -g __awsenv_asked ''
end

# --- 11. the awsenv command ----------------------------------------------------------------

# assume, unset and refresh act on this shell; everything else is the program, untouched.
function awsenv
    # Names and colours may be others afterwards.
    set -g __awsenv_state ''
    # Where it does not reach a terminal, it is for `source`.
    if test assume = "$argv[1]" -a -t 1; and not set -q argv[3]; and not string match -q -- '-*' "$argv[2]"
        __awsenv_switch $argv[2]
        and return 0
    end
    switch "$argv[1],$argv[2],$argv[3..]"
        case auto,on,
            set -g AWSENV_AUTO match
        case auto,off, auto,all,
            set -g AWSENV_AUTO $argv[2]
        case auto,,
            __awsenv_show_auto
        case 'auto,*'
            builtin echo 'awsenv: usage: awsenv auto on|off|all' >&2
            return 2
        case prompt,on, prompt,off,
            set -g AWSENV_PROMPT $argv[2]
        case 'assume,*' 'unset,*' 'refresh,*'
            __awsenv_apply $argv
        case 'doctor,*'
            AWSENV_HOOK='fish 0.1.0' command awsenv $argv
        case '*'
            command awsenv $argv
    end
end

function __awsenv_show_auto
    switch "$AWSENV_AUTO"
        case off
            builtin echo 'auto is off: no command asks for an MFA code; awsenv refresh renews the session'
        case all
            builtin echo 'auto is all: once the session has expired, every command renews it first'
        case '*'
            builtin echo 'auto is on: once the session has expired, commands that use AWS renew it first'
    end
end

function __awsenv_apply
    set -l fish_trace
    # `awsenv assume ... | source` and the like get what the program prints.
    if not test -t 1; or string match -qr -- '^(--help|--print|--(shell|format)(=.*)?)$' $argv
        command awsenv $argv
        return
    end
    set -l out (command awsenv $argv[1] --shell fish $argv[2..])
    set -l code $status
    if string match -q 'begin; : awsenv;*' -- "$out"
        test $code = 0
        and eval $out
        return
    end
    test -z "$out"; or test "$out" = false
    or builtin printf '%s\n' $out
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
        builtin printf '%s\n' $found
    end
end

# --- 13. unload ----------------------------------------------------------------------------

function awsenv_unload
    set -l kept '^$'
    if __awsenv_is_placed
        functions -e fish_prompt
        functions -c __awsenv_their_prompt fish_prompt
    else if test "$__awsenv_ran" = 1
        # Another prompt holds a copy of ours, which is then a mere passage.
        set kept '^__awsenv_(next|their_prompt)$'
    end
    while set -q __awsenv_bindings[1]
        if bind --user -M $__awsenv_bindings[1] $__awsenv_bindings[2] | string match -q '*__awsenv_enter*'
            bind --erase --user -M $__awsenv_bindings[1] $__awsenv_bindings[2]
            set -l name $__awsenv_bindings[3]
            eval $$name[1][1]
        end
        set -e __awsenv_bindings[1..3]
    end
    complete -e -c awsenv
    functions -e awsenv awsenv_segment awsenv_unload
    functions -q __awsenv_their_function
    and functions -c __awsenv_their_function awsenv
    functions -e (functions --all --names | string match '__awsenv_*' | string match -rv $kept)
    set -e AWSENV_SEGMENT AWSENV_COLOR AWSENV_COLOR_END (set --names | string match '__awsenv_*' | string match -rv $kept)
end

set -g __awsenv_ready $fish_pid
