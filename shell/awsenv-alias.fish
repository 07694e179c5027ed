# A short name for `awsenv assume`, with completion: `source awsenv-alias.fish NAME`, behind the
# hook. `awsenv init fish --install --alias NAME` adds it to config.fish.

string match -qr '^[A-Za-z0-9_-]+$' -- $argv[1]
or return 2
function $argv[1] -w 'awsenv assume' -d 'awsenv assume'
    awsenv assume $argv
end
