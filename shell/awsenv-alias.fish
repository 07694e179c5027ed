# A short name for `awsenv assume`, with completion: `source awsenv-alias.fish NAME`, behind the
# hook. `awsenv init fish --install --alias NAME` adds it to config.fish.

string match -qr '^[A-Za-z0-9_-]+$' -- $argv[1]
or return 2
# For the hook, which has to know which lines leave the session.
set -g __awsenv_alias $argv[1]
function $argv[1] -w 'awsenv assume' -d 'awsenv assume'
    awsenv assume $argv
end
