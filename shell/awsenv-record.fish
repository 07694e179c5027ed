# What awsenv-more.fish reads with itself: a session's record on disk, taken over where it is newer than
# the shell's, and the switch to another profile's, without a process.
# Reads file $argv[2] in folder $argv[1] of the cache: sets its caller's `file` and `text`. False where
# it is missing, or no regular file of this user, or a link.
function __awsenv_read --no-scope-shadowing
    set file "$HOME/.cache/awsenv"
    set -l rest
    if string match -qr '^~(?<rest>/.*)' -- "$AWSENV_CACHE_DIR"
        set file "$HOME$rest"
    else if test -n "$AWSENV_CACHE_DIR"
        set file "$AWSENV_CACHE_DIR"
    else if string match -q '/*' -- "$XDG_CACHE_HOME"
        set file $XDG_CACHE_HOME/awsenv
    end
    set file $file/$argv[1]/$argv[2]
    test -f $file -a ! -L $file -a -O $file -a -r $file
    and read --null text <$file
end

# Takes over the session in record $argv[1] if it has more than $argv[2] seconds left, or more than
# a tenth of its life. What a pattern names is a local variable from there on.
function __awsenv_take
    set -l file
    set -l text
    set -l value '[^\x00-\x1f\x7f-\x9f]++)\n'
    string match -qr '^[0-9a-f]{40}\z' -- "$argv[1]"
    and __awsenv_read sessions $argv[1]
    # Whole, in the order in which awsenv writes it, no byte changed since, and no name twice.
    and string match -qr "(*LF)^AWSENV_RECORD=2\nISSUED_AT=(?<__awsenv_issued>[1-9]\d{0,11})\nEXPIRES_AT=(?<__awsenv_expires>[1-9]\d{0,11})\nAWS_CREDENTIAL_EXPIRATION=(?<__awsenv_expiration>$value"'AWS_ACCESS_KEY_ID=(?<__awsenv_key>[A-Za-z0-9]++)\n'"AWS_SECRET_ACCESS_KEY=(?<__awsenv_secret>$value""AWS_SESSION_TOKEN=(?<__awsenv_token>$value"'CHECK=\k<__awsenv_issued>\.\k<__awsenv_expires>\.\k<__awsenv_expiration>\.\k<__awsenv_key>\.\k<__awsenv_secret>\.\k<__awsenv_token>\n(?<__awsenv_rest>(?:(?!END=|CHECK=|AWSENV_RECORD=|ISSUED_AT=|EXPIRES_AT=|AWS_)[A-Z_][A-Z0-9_]*+=[^\x00-\x1f\x7f-\x9f]*+\n)*+)END='$argv[1]'\n\z' -- "$text"
    and not string match -qr '(*LF)(?:^|\n)([A-Z_][A-Z0-9_]*+=)(?:.*+\n)*?\1' -- $__awsenv_rest
    or return 1
    set -l life "$__awsenv_expires - $__awsenv_issued"
    __awsenv_left $__awsenv_expires (builtin path mtime /; builtin path mtime --relative /) $life "$life + 900" "min($argv[2], floor(($life) / 10))"
    test $__awsenv_numbers[1] -gt 0 -a $__awsenv_numbers[1] -le 129600
    and test $__awsenv_seconds_left -gt $__awsenv_numbers[3] -a $__awsenv_seconds_left -le $__awsenv_numbers[2]
    or return 1
    set -gx AWS_ACCESS_KEY_ID $__awsenv_key
    set -gx AWS_SECRET_ACCESS_KEY $__awsenv_secret
    set -gx AWS_SESSION_TOKEN $__awsenv_token
    set -gx AWS_CREDENTIAL_EXPIRATION $__awsenv_expiration
    set -gx AWSENV_ISSUED_AT $__awsenv_issued
    set -gx AWSENV_EXPIRES_AT $__awsenv_expires
end

# Takes over a session that another terminal has got meanwhile; false where there is none.
function __awsenv_load
    set -l fish_read_limit 65536
    string match -q 'AWS_ACCESS_KEY_ID=*' -- "$AWSENV_PUT"
    and __awsenv_take "$AWSENV_SESSION" (__awsenv_seconds "$AWSENV_LEAD" 120)
    and set -gx AWSENV_PUT (string replace -r '=[^&]*' "=$AWS_ACCESS_KEY_ID" -- $AWSENV_PUT)
end

# `awsenv assume $argv[1]` without a process, where it is certain what the program would do: its
# note on that name is as new as the AWS files, and all variables are as they were or as awsenv
# left them. False, with nothing changed, in any doubt.
function __awsenv_switch
    # Without tracing, which would show the secret and the token. What is longer, in bytes, is none of
    # awsenv's.
    set -l fish_trace
    set -l fish_read_limit 65536
    set -l file
    set -l text
    set -l value '[^\x00-\x1f\x7f-\x9f]++)\n'
    set -l key
    # fish 3.5 cannot compare the times of files.
    string match -qr '^[!-~]{1,300}\z' -- "$argv[1]"
    and not string match -q '3.5.*' -- $version
    and __awsenv_is_untouched
    and string match -qar '(?<__awsenv_chars>.)' -- $argv[1]
    and set key (builtin printf %02x \'$__awsenv_chars[1..100])
    and __awsenv_read names $key
    # In the order in which awsenv writes it.
    and string match -qr "(*LF)^AWSENV_RECORD=2\nNAME=(?<__awsenv_name>$value""SESSION=(?<__awsenv_session>$value"'MARGIN=(?<__awsenv_margin>\d{1,9})\nREGION=(?<__awsenv_region>[A-Za-z0-9-]*+)\nCHECK=\k<__awsenv_name>\.\k<__awsenv_session>\.\k<__awsenv_margin>\.\k<__awsenv_region>\n'"ENVIRONMENT=(?:$value""RELEVANT=(?<__awsenv_names>$value""PLAIN_ENVIRONMENT=(?<__awsenv_settings>$value""CONFIG=(?=/)(?<__awsenv_config>$value""CONFIG_STAMP=(?:$value""CREDENTIALS=(?=/)(?<__awsenv_credentials>$value""CREDENTIALS_STAMP=(?:$value"'CONFIG_TEXT=(?<__awsenv_config_text>[^\x00-\x1f\x7f-\x9f]*+)\nCREDENTIALS_TEXT=(?<__awsenv_credentials_text>[^\x00-\x1f\x7f-\x9f]*+)\nEND='$key'\n\z' -- "$text"
    and test "$__awsenv_name" = "$argv[1]"
    and __awsenv_has_settings $__awsenv_settings $__awsenv_names
    and __awsenv_unchanged $__awsenv_config "$__awsenv_config_text"
    and __awsenv_unchanged $__awsenv_credentials "$__awsenv_credentials_text"
    or return 1
    if test -z "$__awsenv_region"; and string match -q '*REGION=*' -- "$AWSENV_BASELINE"
        # The region from before awsenv would count.
        return 1
    end
    if test -n "$AWSENV_KEEP_KEYS"; and string match -qr 'ACCESS_KEY|_TOKEN=' -- "$AWSENV_BASELINE"
        # Which of the person's own keys may stay put aside, the program knows.
        return 1
    end
    __awsenv_take $__awsenv_session $__awsenv_margin
    or return 1
    set -q AWSENV_PUT
    or set -g AWSENV_BASELINE ''
    set -l put AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID
    if test -n "$__awsenv_region"
        set -gx AWS_REGION $__awsenv_region
        set -gx AWS_DEFAULT_REGION $__awsenv_region
        set put "$put&AWS_DEFAULT_REGION=$__awsenv_region&AWS_REGION=$__awsenv_region"
    else
        set -eg AWS_REGION AWS_DEFAULT_REGION
    end
    set -gx AWSENV_PROFILE $__awsenv_name
    set -gx AWSENV_SESSION $__awsenv_session
    set -gx AWSENV_BASELINE "$AWSENV_BASELINE"
    set -gx AWSENV_PUT $put
    test -t 2
    and builtin echo "awsenv: $__awsenv_name for $__awsenv_text" >&2
    return 0
end

# True if what awsenv sets is as it left it, or has not been set by anybody.
function __awsenv_is_untouched
    # `set -q` gives the number of names that are not set.
    set -q AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SECURITY_TOKEN AWS_ACCOUNT_ID
    test $status = 4
    or return 1
    # A local variable hides what is set here, and a universal one shows up where that goes.
    set -q --local $__awsenv_sets
    test $status = 12
    or return 1
    set -q --universal $__awsenv_sets
    test $status = 12
    or return 1
    if not set -q AWSENV_PUT
        set -q $__awsenv_sets[1..6]
        test $status = 6
        return
    end
    set -l key
    set -l region
    set -l default
    string match -qr '^AWS_ACCESS_KEY_ID=(?<key>[A-Za-z0-9]+)(?:&AWS_DEFAULT_REGION=(?<default>[A-Za-z0-9-]+))?(?:&AWS_REGION=(?<region>[A-Za-z0-9-]+))?\z' -- "$AWSENV_PUT"
    and string match -qr '^(?:AWS_[A-Z_]+=[\w.~:/+=,@%-]*(?:&(?!\z)|\z))*\z' -- "$AWSENV_BASELINE"
    and test "$key|$region|$default" = "$AWS_ACCESS_KEY_ID|$AWS_REGION|$AWS_DEFAULT_REGION"
    or return 1
    # Empty is not unset.
    set -q AWS_REGION
    and test -z "$AWS_REGION"
    and return 1
    not set -q AWS_DEFAULT_REGION
    or test -n "$AWS_DEFAULT_REGION"
end

# What an assume depends on, beside the AWS files.
set -g __awsenv_relevant HOME USERPROFILE AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE AWS_ENDPOINT_URL \
    AWS_ENDPOINT_URL_STS AWS_IGNORE_CONFIGURED_ENDPOINT_URLS AWSENV_DEADLINE AWSENV_DURATION \
    AWSENV_LEAD AWSENV_MFA_DURATION AWSENV_MFA_PROCESS_TIMEOUT AWSENV_MIN_LEFT

# True if the variables named in $argv[2] are those, and what $argv[1] says.
function __awsenv_has_settings
    # By their names, for a loop takes ten times as long.
    set -l found "|HOME=$HOME|USERPROFILE=$USERPROFILE|AWS_CONFIG_FILE=$AWS_CONFIG_FILE|AWS_SHARED_CREDENTIALS_FILE=$AWS_SHARED_CREDENTIALS_FILE|AWS_ENDPOINT_URL=$AWS_ENDPOINT_URL|AWS_ENDPOINT_URL_STS=$AWS_ENDPOINT_URL_STS|AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=$AWS_IGNORE_CONFIGURED_ENDPOINT_URLS|AWSENV_DEADLINE=$AWSENV_DEADLINE|AWSENV_DURATION=$AWSENV_DURATION|AWSENV_LEAD=$AWSENV_LEAD|AWSENV_MFA_DURATION=$AWSENV_MFA_DURATION|AWSENV_MFA_PROCESS_TIMEOUT=$AWSENV_MFA_PROCESS_TIMEOUT|AWSENV_MIN_LEFT=$AWSENV_MIN_LEFT"
    test "$__awsenv_relevant" = $argv[2]
    and test "$found" = "$argv[1]"
    # Where one of them names another variable, that counts too.
    and not string match -q '*$*' -- $found
    # Empty and unset look the same here, and are not the same to all of them.
    and not builtin contains -- '' $HOME $USERPROFILE $AWS_CONFIG_FILE $AWS_SHARED_CREDENTIALS_FILE $AWS_ENDPOINT_URL $AWS_ENDPOINT_URL_STS $AWS_IGNORE_CONFIGURED_ENDPOINT_URLS $AWSENV_DEADLINE $AWSENV_DURATION $AWSENV_LEAD $AWSENV_MFA_DURATION $AWSENV_MFA_PROCESS_TIMEOUT $AWSENV_MIN_LEFT
    or return 1
    set -q $__awsenv_relevant
    set -l missing $status
    set -q $__awsenv_relevant'[1]'
    test $status = $missing
    or return 1
    # All that are set are seen by programs too.
    set -l all $__awsenv_relevant $__awsenv_sets AWSENV_CACHE_DIR XDG_CACHE_HOME
    set -q $all
    set missing $status
    set -q --export $all
    test $status = $missing
end

# True if the AWS file $argv[1] says what it said, which is $argv[2] with a ` for each line's end. A
# line that begins with aws_se holds a secret, and is empty there. Neither a file's time nor its
# place tells as much.
function __awsenv_unchanged
    if not test -e $argv[1]
        test -z "$argv[2]"
        return
    end
    set -l text
    # In bytes; what is longer is not what was noted.
    set -l fish_read_limit 65536
    test -f $argv[1] -a -r $argv[1]
    and read --null text <$argv[1]
    set text (string replace -r '\n\z' '' -- $text | string replace -r '^aws_se.*' '')
    test "$argv[2]" = (string join ` -- $text '')
end
