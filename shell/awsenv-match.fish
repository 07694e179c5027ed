# Which lines need the session: the last part of awsenv.fish, sourced by it when the first line runs
# after a session has expired. docs/matching.md has the rules; the table of commands is
# awsenv-commands, beside this file. What runs seldom may take its time.

# --- 1. tables -----------------------------------------------------------------------------

# The rules, a rule an element. What only fish's own commands know: with these options they run nothing.
set -g __awsenv_table '- command -*[sqa]*' '- command --search' '- command --query' '- command --all' '- builtin -*[nq]*' '- builtin --names' '- builtin --query'
set -g __awsenv_rules_file (string replace -r '[^/]*$' awsenv-commands -- $__awsenv_more)
if test -f $__awsenv_rules_file -a -r $__awsenv_rules_file
    while read -l __awsenv_line
        set -a __awsenv_table $__awsenv_line
    end <$__awsenv_rules_file
else
    set -a __awsenv_table '+ aws'
end
set -e __awsenv_rules_file
set -g __awsenv_names (string replace -rf '^[^#] (\S+).*' '$1' -- $__awsenv_table)
set -g __awsenv_spares (string replace -rf '^- \* (-.*)' '$1' -- $__awsenv_table)

# The parts of a line in which newlines have become \x1e: comments, what separates commands,
# redirections, words with all their quotes.
set -g __awsenv_lexer '#[^\x1e]*|\\\\\x1e|[;\x1e\x60]|&&|\|\||&?\||&(?![>&])|\$?\(|\)|(?:\d*|&)[<>]+[&|?]?|(?:[^\s;|&()<>\x27\x60"\\\\#$\x1e]|\$(?!\()|(?<=[^\s;|&()])#|\\\\[^\x1e]|\x27(?:[^\x27\\\\]|\\\\.)*\x27|"(?:[^"\\\\]|\\\\.)*")+'

# Finds the rules for command $argv[1]; false if there are none.
function __awsenv_find_rules
    builtin contains -- $argv[1] $__awsenv_names $__awsenv_own_yes
    or return 1
    set -l escaped (string escape --style=regex -- $argv[1])
    set -g __awsenv_rules (string replace -rf -- '^(.) '$escaped'(?: |$)' '$1 ' $__awsenv_table)
    # Options with which it needs no session, as one pattern.
    set -l options (string match -rg '^- (-.*)' -- $__awsenv_rules) $__awsenv_spares
    set options (string escape --style=regex -- $options | string replace -a '\\*' '.*' | string replace -a '\\?' . | string replace -ra '\\\\\\[(\w+)\\\\\\]' '[$1]')
    set -g __awsenv_spared '^(?:'(string join '|' -- $options)')(?:=.*)?$'
end

# Prints $argv[1], in which only * and ? are special, as a pattern for a whole text.
function __awsenv_pattern
    set -l escaped (string escape --style=regex -- $argv[1])
    set escaped (string replace -a '\\*' '.*' -- $escaped)
    builtin printf '(?s)^(?:%s)\\z' (string replace -a '\\?' . -- $escaped)
end

# Takes AWSENV_COMMANDS apart: names that ask, names that never do, and patterns for whole commands.
function __awsenv_read_own
    set -g __awsenv_own_text $argv[1]
    set -g __awsenv_own_yes
    set -g __awsenv_own_no
    set -g __awsenv_own_patterns
    for part in (string split -n \x1e -- (string replace -ra '[;\n]' \x1e -- $AWSENV_COMMANDS | string join \x1e))
        if string match -qr '[*?]' -- $part
            set -a __awsenv_own_patterns (string trim -- $part)
            continue
        end
        for word in (string split -n ' ' -- (string replace -a \t ' ' -- $part))
            if string match -qr '^-.' -- $word
                set -a __awsenv_own_no (string sub -s 2 -- $word)
            else
                set -a __awsenv_own_yes $word
            end
        end
    end
end

# --- 2. a line -----------------------------------------------------------------------------

# True if the line $argv[1] holds a command that needs the session.
function __awsenv_matches
    set -l own "$(string join \x1e -- $AWSENV_COMMANDS)"
    builtin contains -- "$own" "$__awsenv_own_text"
    or __awsenv_read_own "$own"
    set -g __awsenv_gone
    set -g __awsenv_seen
    set -g __awsenv_made
    __awsenv_scan "$argv[1]" 1
end

# True if a simple command in $argv[1] needs the session. If $argv[2] is set, what awsenv does there
# acts on this shell; then __awsenv_gone is set where the line leaves the session: what comes after
# needs it no more.
function __awsenv_scan
    set -l words
    # The words before each (...) that is still open.
    set -l outer
    set -l leaves $argv[2]
    set -l skip
    set -l depth 0
    for token in (string match -ra -- $__awsenv_lexer "$(string replace -a \n \x1e -- $argv[1])") \;
        switch $token
            case '#*' \\\x1e
            case \; \x1e '`' '|' '||' '&' '&&' '&|' ')'
                # The body of a function is run some other time.
                set -l first (string match -rv '^(and|or|not|!)$' -- $words)
                if test $depth -gt 0
                    if builtin contains -- "$first[1]" function if while for switch begin
                        set depth (builtin math $depth + 1)
                    else if builtin contains -- "$first[1]" end
                        set depth (builtin math $depth - 1)
                    end
                else if builtin contains -- "$first[1]" function
                    set depth 1
                else if set -q words[1]
                    __awsenv_needs "$leaves" $words
                    and return 0
                    set -q __awsenv_gone[1]
                    and return 1
                end
                set words
                if test $token = ')'; and set -q outer[1]
                    # What it prints is a word of the command around it.
                    set words (string split -n \x1f -- $outer[-1])
                    if string match -qr '^\w+=$' -- "$words[-1]"
                        set words[-1] $words[-1]_
                    else
                        set -a words _
                    end
                    set -e outer[-1]
                    set leaves $argv[2]
                    set -q outer[1]
                    and set leaves (__awsenv_evaluates "$argv[2]" (string split -n \x1f -- $outer[-1]))
                end
            case '(' '$('
                set -a outer "$(string join \x1f -- $words)"
                set leaves (__awsenv_evaluates "$argv[2]" $words)
                set words
            case '*'
                if test $depth = 0; and string match -q '*"*$(*' -- $token
                    set -l inside (__awsenv_evaluates "$leaves" $words)
                    set -l quoted (string replace -ra -- '("(?:[^"\\\\]|\\\\.)*")|\'(?:[^\'\\\\]|\\\\.)*\'' '$1' $token)
                    for text in (string match -rag -- '(?<!\\\\)\$(\((?:[^()]|(?1))*+\))' $quoted)
                        __awsenv_scan (string sub -s 2 -e -1 -- $text) $inside
                        and return 0
                        set -q __awsenv_gone[1]
                        and return 1
                    end
                end
                if set -q skip[1]
                    set skip
                else if string match -qr '^(\d*|&)[<>]' -- $token
                    set skip 1
                else
                    set -a words $token
                end
        end
    end
    return 1
end

# Prints something if what awsenv prints as a word behind $argv[2..] is evaluated there.
function __awsenv_evaluates
    test -n "$argv[1]"
    and string match -qr '^(eval|source|\.)$' -- $argv[2..]
    and builtin echo 1
end

# --- 3. a simple command -------------------------------------------------------------------

# True if the simple command $argv[2..] needs the session; for $argv[1] see above.
function __awsenv_needs
    set -g __awsenv_words
    set -g __awsenv_own ''
    set -g __awsenv_kube_file ''
    for word in $argv[2..]
        set -l plain "$(string unescape -- $word)"
        or set plain $word
        set -a __awsenv_words $plain
    end
    set -l count (builtin count $__awsenv_words)
    set -l i 1
    set -l follows
    while test $i -le $count
        set -l word $__awsenv_words[$i]
        set -l raw $argv[(builtin math $i + 1)]
        if string match -qr '^[A-Za-z_]\w*=' -- $raw
            __awsenv_is_identity $word
            and set __awsenv_own 1
            set i (builtin math $i + 1)
            continue
        end
        if builtin contains -- "$raw" and or not ! begin if else while '{' '}'
            set i (builtin math $i + 1)
            continue
        end
        set -l rest
        test $i -lt $count
        and set rest $argv[(builtin math $i + 2)..]
        # An alias is a function that says so, or one that the line makes.
        if not builtin contains -- "$raw" $__awsenv_seen
            set -l body $__awsenv_made
            functions -q -- $raw
            and set -a body (functions --details --verbose -- $raw)[5]
            set body (string match -rg -- '^alias '(string escape --style=regex -- $raw)'[ =](.+)$' $body)
            if set -q body[1]
                set -a __awsenv_seen $raw
                test -z "$__awsenv_own"
                and __awsenv_scan "$body[1] $rest" "$argv[1]"
                return
            end
        end
        # A text that is run.
        if set -q follows[1]; and string match -qr '[^\w./:@%+,=-]' -- $word
            test -z "$__awsenv_own"
            and __awsenv_scan "$word" ''
            return
        end
        set -g __awsenv_name (string replace -r '.*/' '' -- $word | string replace -r '\.exe$' '' | string replace -r '(?<=.)@.*' '')
        if set -q __awsenv_alias; and test "$raw" = "$__awsenv_alias"
            set __awsenv_name awsenv
            set -p rest assume
        end
        if builtin contains -- "$__awsenv_name" awsenv
            string match -v -- '-*' $rest | read -l subcommand
            test -n "$argv[1]"
            and builtin contains -- "$subcommand" assume unset refresh
            and set -g __awsenv_gone 1
            return 1
        end
        switch "$__awsenv_name"
            case alias
                set -a __awsenv_made "$__awsenv_words[$i..]"
            case set export
                # Another identity of this shell, from here on.
                test -n "$argv[1]"
                and string match -qr '^(?:set (?:-\S+ )*(?:-\w*[ex]\w*|--erase|--export) (?:-\S+ )*(?:AWS_ACCESS_KEY_ID|AWS_PROFILE|AWS_DEFAULT_PROFILE)\b|set AWS_ACCESS_KEY_ID .|export (?:\S+ )*(?:AWS_ACCESS_KEY_ID|AWS_PROFILE|AWS_DEFAULT_PROFILE)=.)' -- "$__awsenv_words[$i..]"
                and set -g __awsenv_gone 1
        end
        builtin contains -- "$__awsenv_name" $__awsenv_own_no
        and return 1
        if set -q __awsenv_own_patterns[1]
            __awsenv_says $i
            switch $status
                case 0
                    test -z "$__awsenv_own"
                    return
                case 1
                    return 1
            end
        end
        __awsenv_find_rules "$__awsenv_name"
        or return 1
        if builtin contains -- "$__awsenv_name" $__awsenv_own_yes; or not __awsenv_follow $i
            test -z "$__awsenv_own"
            and __awsenv_asks $i
            return
        end
        set i $__awsenv_command_at
        set follows 1
        if test "$__awsenv_name" = eval -a $i -le $count
            test -z "$__awsenv_own"
            and __awsenv_scan "$__awsenv_words[$i..]" "$argv[1]"
            return
        end
    end
    return 1
end

# True if $argv[1], an assignment, names an identity of its own.
function __awsenv_is_identity
    string match -qr '^KUBECONFIG=(?<__awsenv_kube_file>.+)' -- $argv[1]
    and set -g __awsenv_kube_file $__awsenv_kube_file
    string match -qr '^(AWS_ACCESS_KEY_ID|AWS_PROFILE|AWS_DEFAULT_PROFILE)=.' -- $argv[1]
end

# What the person's patterns say of the words from $argv[1] on: 0 that it asks, 1 that it does not, 2
# nothing.
function __awsenv_says
    set -l texts "$__awsenv_words[$argv[1]..]"
    set -a texts $__awsenv_name(string sub -s (builtin math 1 + (string length -- $__awsenv_words[$argv[1]])) -- $texts)
    set -l says 2
    for pattern in $__awsenv_own_patterns
        if string match -q -- '-*' $pattern
            string match -qr -- (__awsenv_pattern (string sub -s 2 -- $pattern)) $texts
            and return 1
        else if string match -qr -- (__awsenv_pattern $pattern) $texts
            set says 0
        end
    end
    return $says
end

# Sets __awsenv_command_at to where in the words the command stands that the runner at $argv[1] runs. False
# if it is no runner.
function __awsenv_follow
    set -l best -1
    for rule in (string replace -rf '^> ' '' -- $__awsenv_rules)
        set -l parts (string split -n ' ' -- $rule)
        set -g __awsenv_options (string match -- '-*' $parts)
        set -g __awsenv_at (builtin math $argv[1] + 1)
        set -l operands 0
        set -l leads 0
        for part in (string match -v -- '-*' $parts)
            if string match -qr '^(\d|\*)$' -- $part
                set operands $part
                continue
            else if string match -qr '^\*-' -- $part
                # Behind an option.
                set -l option (__awsenv_pattern (string sub -s 2 -- $part))
                while test $__awsenv_at -le (builtin count $__awsenv_words); and not string match -qr -- $option "$__awsenv_words[$__awsenv_at]"
                    set -g __awsenv_at (builtin math $__awsenv_at + 1)
                end
                set -g __awsenv_at (builtin math $__awsenv_at + 1)
                test $__awsenv_at -le (builtin count $__awsenv_words)
                and continue
                set leads -1
                break
            end
            __awsenv_skip_options
            if not builtin contains -- "$__awsenv_words[$__awsenv_at]" $part
                set leads -1
                break
            end
            set leads (builtin math $leads + 1)
            set -g __awsenv_at (builtin math $__awsenv_at + 1)
        end
        test $leads -gt $best
        or continue
        set best $leads
        if test $operands = '*'
            set operands 1
            while test $__awsenv_at -le (builtin count $__awsenv_words); and not builtin contains -- "$__awsenv_words[$__awsenv_at]" --
                set -g __awsenv_at (builtin math $__awsenv_at + 1)
            end
        else
            __awsenv_skip_options
            or set -g __awsenv_at (builtin math 1 + (builtin count $__awsenv_words))
        end
        set -g __awsenv_command_at (builtin math $__awsenv_at + $operands)
    end
    test $best -ge 0
end

# Moves __awsenv_at past options, their values, and assignments. False if with one of them nothing is run.
function __awsenv_skip_options
    while test $__awsenv_at -le (builtin count $__awsenv_words)
        set -l word $__awsenv_words[$__awsenv_at]
        if string match -qr '^-.' -- $word
            string match -qr -- $__awsenv_spared $word
            and return 1
            builtin contains -- $word $__awsenv_options
            and set -g __awsenv_at (builtin math $__awsenv_at + 1)
            test "$__awsenv_words[$__awsenv_at]" = AWS_ACCESS_KEY_ID
            and set -g __awsenv_own 1
        else if string match -qr '^[A-Za-z_]\w*=' -- $word
            __awsenv_is_identity $word
            and set -g __awsenv_own 1
        else
            return 0
        end
        set -g __awsenv_at (builtin math $__awsenv_at + 1)
        builtin contains -- $word --
        and return 0
    end
    return 0
end

# True if the command whose words are those from $argv[1] on needs the session by the rules.
function __awsenv_asks
    set -l plus 0
    builtin contains -- "$__awsenv_name" $__awsenv_own_yes
    and set plus 1
    set -l uses (string replace -rf '^\+ ' '' -- $__awsenv_rules)
    set -l eks (string match -r '^k ' -- $__awsenv_rules)
    if test $plus = 0; and not set -q uses[1]; and not set -q eks[1]
        return 1
    end
    set -l valued (string split -n ' ' -- (string replace -rf '^= ' '' -- $__awsenv_rules))
    set -g __awsenv_leads
    set -l before ''
    set -l context ''
    set -l config $__awsenv_kube_file
    set -l words $__awsenv_words
    set -e words[1..$argv[1]]
    for word in $words
        if test -n "$before"
            switch $before
                case --context --kube-context
                    set context $word
                case --kubeconfig
                    set config $word
            end
            set before ''
            continue
        end
        switch $word
            case --
                break
            case '-*'
                string match -qr -- $__awsenv_spared $word
                and return 1
                switch $word
                    case '--context=*' '--kube-context=*'
                        set context (string replace -r '^[^=]*=' '' -- $word)
                    case '--kubeconfig=*'
                        set config (string replace -r '^[^=]*=' '' -- $word)
                end
                builtin contains -- $word $valued
                and set before $word
            case '*'
                set -a __awsenv_leads $word
        end
    end
    set -l count (__awsenv_longest $uses)
    test $count -gt $plus
    and set plus $count
    set -l kube ''
    if test $plus = 0
        set plus 1
        set kube 1
    end
    test $plus -gt (__awsenv_longest (string replace -rf '^- (?!-)' '' -- $__awsenv_rules))
    or return 1
    test -z "$kube"
    or __awsenv_is_eks "$context" "$config"
end

# Prints how many words, with the name, the longest of the rules $argv has that fits; 0 if none does.
function __awsenv_longest
    set -l longest 0
    for rule in $argv
        set -l n 0
        for part in (string split -n ' ' -- $rule)
            set n (builtin math $n + 1)
            # From fish 4 on, ? in a glob is no wildcard.
            if not string match -q -- $part "$__awsenv_leads[$n]"; and not begin
                    string match -qr '\?' -- $part
                    and string match -qr -- (__awsenv_pattern $part) "$__awsenv_leads[$n]"
                end
                set n -1
                break
            end
        end
        test $n -ge $longest
        and set longest (builtin math $n + 1)
    end
    builtin echo $longest
end

# --- 4. kubectl's context ------------------------------------------------------------------

# True if the kubeconfig's context $argv[1], or else the current one, belongs to EKS, or may. $argv[2]
# is the file that the command names.
function __awsenv_is_eks
    set -l files ~/.kube/config
    set -q KUBECONFIG
    and test -n "$KUBECONFIG"
    and set files (string split -n : -- "$(string join : -- $KUBECONFIG)")
    test -n "$argv[2]"
    and set files (string replace -r '^~/' "$HOME/" -- $argv[2])
    string match -q '*$*' -- $argv[2]
    and return 0
    set -l context $argv[1]
    set -l current
    set -l json
    set -l mentioned
    # name, a tab, and the context's user or the user's command.
    set -l contexts
    set -l users
    for file in $files
        test -f $file -a -r $file
        or continue
        set -l text
        set -l fish_read_limit 2000000
        read --null text <$file
        or return 0
        __awsenv_read_kube (string split \n -- (string replace -a \r '' -- $text))
        or return 0
    end
    test -n "$context"
    or set context $current[1]
    string match -q 'arn:aws*:eks:*' -- $context
    and return 0
    test -z "$context" -a -z "$json"
    and return 1
    set -l user (string replace -rf -- '^'(string escape --style=regex -- "$context")\t '' $contexts)
    if set -q user[1]
        set -l command (string replace -rf -- '^'(string escape --style=regex -- "$user[1]")\t '' $users)
        if set -q command[1]
            string match -qr '(^|/)(aws|aws-iam-authenticator|awsenv)(\.exe)?$' -- $command[1]
            return
        end
    end
    test -n "$mentioned"
end

# Adds what the lines $argv of a kubeconfig say to the caller's variables. It reads the plain style in
# which kubectl writes; of JSON and other styles of YAML it only sets `mentioned`, if they run a
# command that uses AWS. False where there are too many of them.
function __awsenv_read_kube --no-scope-shadowing
    test (builtin count $argv) -le 20000
    or return 1
    string match -qr '(?:^|[\s{,"])command"?:\s*"?(?:[^",\s]*/)?(?:aws|aws-iam-authenticator|awsenv)(?:\.exe)?(?:[",]|$)' -- $argv
    and set mentioned 1
    string match -qr '^\s*\{' -- $argv
    and set json 1
    set -a current (string replace -rf '^current-context:\s*["\']?(.*?)["\']?\s*$' '$1' -- $argv)
    set -l section ''
    set -l dash ''
    set -l inner ''
    set -l item
    set -l found
    # Only lines that matter: a loop over all would take long.
    for line in (string match -r '^[^\s#-].*|^ *- .*|^ *(?:name|user|command):.*' -- $argv) end:
        set -l pad
        set -l text
        string match -qr '^(?<pad> *)(?<text>.*)' -- $line
        set pad (string length -- "$pad")
        if test $pad = 0; and not string match -q -- '-*' $line
            set -q item[1]
            and set -a $section "$item[1]"\t"$found[1]"
            set item
            set found
            set dash ''
            string match -qr '^(?<section>contexts|users):' -- $line
            or set section ''
            continue
        end
        test -n "$section"
        or continue
        if string match -q -- '- *' $text; and test -z "$dash" -o "$dash" = $pad
            set -q item[1]
            and set -a $section "$item[1]"\t"$found[1]"
            set item
            set found
            set dash $pad
            set text (string replace -r '^- +' '' -- $text)
            set inner (builtin math (string length -- $line) - (string length -- "$text"))
            set pad $inner
        end
        set -l value (string replace -r '^[^:]*:\s*["\']?(.*?)["\']?\s*$' '$1' -- $text)
        switch "$section,$(string replace -r ':.*' '' -- $text)"
            case contexts,name users,name
                test "$pad" = "$inner"
                and set item "$value"
            case contexts,user users,command
                set found "$value"
        end
    end
    return 0
end
