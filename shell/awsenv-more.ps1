# The rest of awsenv for PowerShell: awsenv.psm1 reads it with the first prompt that has a session to
# show, the first `awsenv`, or the first TAB after it. `script:` in front of the functions' names puts them
# into the module, from wherever they are read.

# --- 2. settings ---------------------------------------------------------------------------

# AWSENV_AUTO=match|all|off  AWSENV_LEAD=2m  AWSENV_COMMANDS="mytool -kubectl"
# AWSENV_PROMPT=on|manual|off  AWSENV_PROMPT_FORMAT='[{profile} {left}] '
# AWSENV_PROMPT_WARN=15m  AWSENV_PROMPT_URGENT=5m  AWSENV_PROMPT_COLORS='32 33 31'  AWSENV_NOTICE=10m
# They are read where they are used, so that a change takes effect at once.
$script:mark = '& { <# awsenv #>'
$script:unix = [IO.Path]::DirectorySeparatorChar -eq '/'

$script:units = @{ '' = 1; 's' = 1; 'm' = 60; 'h' = 3600; 'd' = 86400 }

# The seconds in $text (90, 45s, 2m, 1h30m), or $default where it is none.
function script:Get-Seconds([string]$text, [long]$default) {
    if (-not ($text -cmatch '^([0-9]{1,8}[smhd])*[0-9]{1,8}[smhd]?\z')) { return $default }
    [long]$seconds = 0
    foreach ($part in [regex]::Matches($text, '([0-9]+)([smhd]?)')) {
        $seconds += [long]$part.Groups[1].Value * $script:units[$part.Groups[2].Value]
    }
    $seconds
}

# --- 3. clock and digits -------------------------------------------------------------------

function script:Get-Now { [DateTimeOffset]::UtcNow.ToUnixTimeSeconds() }

# Anything but digits would be an error, or a number to nobody but .NET.
function script:Test-Time([string]$text) { $text -cmatch '^[0-9]{1,12}\z' }

# --- 4. is the session ours? ---------------------------------------------------------------

# True while the variable that awsenv put first still has the value it was given. Compared by
# their characters: -ceq passes over those that sort as nothing.
function script:Test-Ours {
    if (-not ($env:AWSENV_PUT -cmatch '^(AWS_ACCESS_KEY_ID|AWS_PROFILE)=([^&]+)')) { return $false }
    $name, $value = $Matches[1], $Matches[2]
    if ($value.Contains('%')) { $value = [Uri]::UnescapeDataString($value) }
    # Keys, whoever exported them, win over a profile.
    if ($name -ceq 'AWS_PROFILE' -and $env:AWS_ACCESS_KEY_ID) { return $false }
    $value.Equals([Environment]::GetEnvironmentVariable($name))
}

# How many seconds before its end a session of $life seconds (0: unknown) counts as expired:
# $seconds, or a tenth of its life.
function script:Get-Margin([long]$seconds, [long]$life) {
    if ($life -gt 0) { [math]::Min($seconds, [long][math]::Floor($life / 10)) } else { $seconds }
}

function script:Get-Lead { Get-Seconds $env:AWSENV_LEAD 120 }

function script:Test-Expired {
    if (-not (Test-Time $env:AWSENV_EXPIRES_AT) -or -not (Test-Ours)) { return $false }
    [long]$life = 0
    if (Test-Time $env:AWSENV_ISSUED_AT) { $life = [long]$env:AWSENV_EXPIRES_AT - [long]$env:AWSENV_ISSUED_AT }
    (Get-SessionEnd) - (Get-Now) -le (Get-Margin (Get-Lead) $life)
}

# --- 5. segment ----------------------------------------------------------------------------

$script:reset = "$([char]27)[0m"

# $text without what would move or hide text on a screen, and not too long.
function script:Get-Visible([string]$text) {
    $shown = [regex]::Replace($text, '[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]', '?')
    if ($shown.Length -gt 60) { $shown.Substring(0, 59) + '~' } else { $shown }
}

function script:Get-Left([long]$seconds) {
    if ($seconds -le 0) { 'expired' }
    elseif ($seconds -lt 60) { "${seconds}s" }
    elseif ($seconds -lt 3600) { '{0}m' -f [math]::Floor($seconds / 60) }
    else { '{0}h{1:00}m' -f [math]::Floor($seconds / 3600), [math]::Floor($seconds % 3600 / 60) }
}

# The colour, such as 32, for a session that has $seconds left; '' for none. $own are the profile's.
function script:Get-Color([long]$seconds, [long]$warn, [long]$urgent, [string]$own) {
    if ($env:NO_COLOR -or $env:TERM -ceq 'dumb' -or -not $Host.UI.SupportsVirtualTerminal) { return '' }
    $colors = if ($own) { $own } else { $env:AWSENV_PROMPT_COLORS }
    if ($null -eq $colors) { $colors = '32 33 31' }
    $colors = $colors.Split([char]' ')
    $color = $colors[0]
    if ($seconds -le $urgent) { $color = $colors[-1] }
    elseif ($colors.Count -gt 1 -and $seconds -le $warn) { $color = $colors[1] }
    if ($color -cmatch '^[0-9;]+\z') { $color } else { '' }
}

# Sets AWSENV_SEGMENT, the text, and AWSENV_COLOR and AWSENV_COLOR_END around it, and until when and
# for which variables they are good.
function script:Update-Segment {
    $shared = $script:shared
    [long]$now = [DateTimeOffset]::UtcNow.ToUnixTimeSeconds()
    $shared.Until = [long]0
    $values = @($null) * $shared.Names.Count
    for ($index = 0; $index -lt $values.Count; $index++) {
        $values[$index] = [Environment]::GetEnvironmentVariable($shared.Names[$index])
    }
    $script:AWSENV_SEGMENT, $color, $until = Get-Segment $now
    $script:AWSENV_COLOR = $color
    $script:AWSENV_COLOR_END = if ($color) { $script:reset } else { '' }
    $isOurs = -not $env:AWSENV_PROMPT -or $env:AWSENV_PROMPT -ceq 'on'
    $isShown = $isOurs -and $script:AWSENV_SEGMENT
    $shared.Front = if ($isShown) { $color + $script:AWSENV_SEGMENT + $script:AWSENV_COLOR_END } else { '' }
    $shared.Values, $shared.From, $shared.Until = $values, $now, $until
}

$script:noticed = ''

# Says once for a session that it is about to expire, where AWSENV_NOTICE wants that. Gives after how
# many seconds it is to be looked at again.
function script:Show-Notice([long]$seconds) {
    $limit = Get-Seconds $env:AWSENV_NOTICE 0
    if ($limit -le 0 -or $script:noticed -ceq $env:AWSENV_EXPIRES_AT) { return [long]::MaxValue }
    if ($seconds -ge $limit) { return $seconds - $limit + 1 }
    $script:noticed = $env:AWSENV_EXPIRES_AT
    if ($seconds -gt 0) {
        $about = "$(Get-Visible $env:AWSENV_PROFILE) expires in $(Get-Left $seconds)"
        $Host.UI.WriteErrorLine("awsenv: $about; awsenv refresh renews it")
    }
    [long]::MaxValue
}

# When the session ends. What an exported profile stands for is gone once somebody has logged out.
function script:Get-SessionEnd {
    $isProfile = $env:AWSENV_PUT -cmatch '^AWS_PROFILE=' -and $env:AWSENV_SESSION -cmatch '^[0-9a-f]{40}\z'
    if ($isProfile -and -not (Get-CacheFile 'sessions' $env:AWSENV_SESSION).Exists) { return [long]0 }
    [long]$env:AWSENV_EXPIRES_AT
}

# The segment's text, the escape sequence of its colour, and when either is another one.
function script:Get-Segment([long]$now) {
    if (-not $env:AWSENV_PROFILE -or -not (Test-Ours)) { return '', '', [long]::MaxValue }
    $notice = [long]::MaxValue
    if ($env:AWSENV_NOTICE -and (Test-Time $env:AWSENV_EXPIRES_AT)) {
        $notice = $now + [math]::Min([long]86400, (Show-Notice ([long]$env:AWSENV_EXPIRES_AT - $now)))
    }
    if ($env:AWSENV_PROMPT -ceq 'off') { return '', '', $notice }
    $left = ''
    $seconds = $until = [long]::MaxValue
    $warn, $urgent = (Get-Seconds $env:AWSENV_PROMPT_WARN 900), (Get-Seconds $env:AWSENV_PROMPT_URGENT 300)
    if (Test-Time $env:AWSENV_EXPIRES_AT) {
        $seconds = (Get-SessionEnd) - $now
        $left = Get-Left $seconds
        # What a profile stands for goes when somebody logs out: looked at before each prompt.
        $until = if ($env:AWSENV_PUT -cmatch '^AWS_PROFILE=') { $now } else { $now + (Get-Wait $seconds $warn $urgent) }
    }
    elseif ($env:AWSENV_EXPIRES_AT) { $left = '?' }
    $format = $env:AWSENV_PROMPT_FORMAT
    if ($null -eq $format) { $format = '[{profile} {left}] ' }
    if (-not $left) { $format = $format.Replace(' {left}', '') }
    $account, $own = Get-Account
    $format = $format.Replace('{account}', $account)
    # The name last: it may hold a {left} itself.
    $shown = $env:AWSENV_PROFILE
    # Some tools take a profile before keys: they are somebody else now.
    $isKeys = $env:AWSENV_PUT -cmatch '^AWS_ACCESS_KEY_ID='
    if ($env:AWS_PROFILE -and $isKeys) { $shown += " (AWS_PROFILE=$env:AWS_PROFILE)" }
    $text = $format.Replace('{left}', $left).Replace('{profile}', (Get-Visible $shown))
    $color = Get-Color $seconds $warn $urgent $own
    if ($color) { $color = "$([char]27)[${color}m" }
    $text, $color, [math]::Min($until, $notice)
}

# What the session's account is called, and the colours that its profile has of its own. The program
# keeps them in a file, a line each.
function script:Get-Account {
    if (-not ($env:AWSENV_SESSION -cmatch '^[0-9a-f]{40}\z')) { return '', '' }
    $text = Get-RecordText (Get-CacheFile 'accounts' $env:AWSENV_SESSION)
    if (-not $text) { return '', '' }
    $lines = $text.Split([char]10)
    [regex]::Replace((Get-Visible $lines[0]), '[{}]', '?')
    if ($lines.Count -gt 1) { $lines[1] } else { '' }
}

# For how many seconds the text and the colour for $seconds left stay as they are.
function script:Get-Wait([long]$seconds, [long]$warn, [long]$urgent) {
    if ($seconds -le 0) { return 86400 }
    [long]$wait = if ($seconds -lt 60) { 1 } else { $seconds % 60 + 1 }
    foreach ($limit in $warn, $urgent) {
        if ($seconds -gt $limit) { $wait = [math]::Min($wait, $seconds - $limit) }
    }
    $wait
}

# --- 6. prompt placement -------------------------------------------------------------------

# What terminals know the beginning of a prompt by (OSC 133, and VS Code's 633).
$script:promptMark = '\x1b\](?:133|633);(?:A|P;k=)[^\x07\x1b]*(?:\x07|\x1b\\)'

# The prompt $text with the segment in front, but where the line is done and only what is to remain of
# its prompt is drawn. Every host shows the first object that a prompt function gives, and PS> where
# there is none.
function script:Add-Segment([object[]]$text) {
    if ($script:shared.InReader -and (Test-Transient)) { return $text }
    $first = if ($text.Count -and "$($text[0])") { "$($text[0])" } else { 'PS>' }
    # Within what is marked as the prompt, and after empty lines: they belong between the output
    # above and all of the prompt.
    $at = 0
    if ($first.Contains([char]27)) {
        foreach ($found in [regex]::Matches($first, $script:promptMark)) { $at = $found.Index + $found.Length }
    }
    while ($at -lt $first.Length -and ([int]$first[$at] -eq 13 -or [int]$first[$at] -eq 10)) { $at++ }
    $first.Insert($at, $script:shared.Front)
}

# True while a key's handler that is about to accept or to cancel the line has its prompt drawn anew:
# the transient prompt of starship and oh-my-posh.
function script:Test-Transient {
    foreach ($frame in [runspace]::DefaultRunspace.Debugger.GetCallStack()) {
        if ($null -eq $frame.Position) { continue }
        $tree = Get-Tree $frame.Position.StartScriptPosition.GetFullScript()
        for ($node = Find-Node $tree $frame.Position; $null -ne $node; $node = $node.Parent) {
            if ($node -isnot [Management.Automation.Language.ScriptBlockAst]) { continue }
            if ($node.Extent.Text -match '::(\w*AcceptLine|CancelLine|CopyOrCancelLine)\(') { return $true }
            break
        }
    }
    $false
}

# The smallest scriptblock in $tree that $extent is part of.
function script:Find-Node($tree, $extent) {
    $found = $tree
    foreach ($node in $tree.FindAll({ $args[0] -is [Management.Automation.Language.ScriptBlockAst] }, $true)) {
        $at = $node.Extent
        if ($at.StartOffset -le $extent.StartOffset -and $at.EndOffset -ge $extent.EndOffset) { $found = $node }
    }
    $found
}

# The syntax tree of $text. The last ones are kept: a script in a loop calls with the same text.
$script:trees = [Collections.Generic.Dictionary[string, object]]::new([StringComparer]::Ordinal)
function script:Get-Tree([string]$text) {
    $tree = $null
    if (-not $script:trees.TryGetValue($text, [ref]$tree)) {
        $tokens = $problems = $null
        $tree = [Management.Automation.Language.Parser]::ParseInput($text, [ref]$tokens, [ref]$problems)
        if ($script:trees.Count -ge 4) { $script:trees.Clear() }
        $script:trees[$text] = $tree
    }
    $tree
}

# --- 7. record -----------------------------------------------------------------------------

function script:Get-CacheFolder {
    $user = if ($script:unix) { $env:HOME } else { $env:USERPROFILE }
    $folder = $env:AWSENV_CACHE_DIR
    if ($folder) {
        if ($folder -match '^~[\\/]') { $folder = [IO.Path]::Combine($user, $folder.Substring(2)) }
        # A relative path is relative to where PowerShell is, and not to where its process is.
        $here = $ExecutionContext.SessionState.Path.CurrentFileSystemLocation.ProviderPath
        return [IO.Path]::Combine($here, $folder)
    }
    if (-not $script:unix) {
        $base = $env:LOCALAPPDATA
        if (-not $base) { $base = [IO.Path]::Combine($user, 'AppData', 'Local') }
    }
    elseif ($env:XDG_CACHE_HOME -cmatch '^/') { $base = $env:XDG_CACHE_HOME }
    else { $base = [IO.Path]::Combine($user, '.cache') }
    [IO.Path]::Combine($base, 'awsenv')
}

function script:Get-CacheFile([string]$folder, [string]$name) {
    [IO.FileInfo]::new([IO.Path]::Combine((Get-CacheFolder), $folder, $name))
}

# The text of a record's file; nothing where there is none, or it is not to be trusted.
function script:Get-RecordText($file) {
    # Pipes and devices have no length. Reading one would block.
    if (-not $file.Exists -or $file.Length -eq 0 -or $file.Length -gt 65536) { return }
    if ($file.Attributes -band [IO.FileAttributes]::ReparsePoint) { return }
    # What nobody but its owner can read is ours if we can read it.
    if ($script:unix -and ([int]$file.UnixFileMode -band 63)) { return }
    try { [Text.UTF8Encoding]::new($false, $true).GetString([IO.File]::ReadAllBytes($file.FullName)) } catch { return }
}

# The names and values in the record of $key; nothing where it is torn or no record.
function script:Get-Record([string]$folder, [string]$key) {
    $text = Get-RecordText (Get-CacheFile $folder $key)
    if (-not $text -or $text -cmatch '[\x00-\x09\x0b-\x1f\x7f-\x9f]') { return }
    if (-not $text.EndsWith("`nEND=$key`n", [StringComparison]::Ordinal)) { return }
    $lines = $text.Split([char]10)
    if (-not $lines[0].Equals('AWSENV_RECORD=2')) { return }
    $values = [Collections.Generic.Dictionary[string, string]]::new([StringComparer]::Ordinal)
    $checked = $false
    # The last two are the end mark and what follows its line end: nothing.
    for ($index = 1; $index -lt $lines.Count - 2; $index++) {
        $name, $value = $lines[$index].Split([char[]]'=', 2)
        if ($null -eq $value -or $name.Equals('END') -or -not ($name -cmatch '^[A-Z_][A-Z0-9_]*\z')) { return }
        if ($values.ContainsKey($name)) { return }
        if ($name.Equals('CHECK')) {
            # It repeats what stands above it: a byte that has changed since is not the same twice.
            if ($checked -or -not $value.Equals([string]::Join('.', $values.Values))) { return }
            $checked = $true
        }
        else { $values[$name] = $value }
    }
    if ($checked) { $values }
}

$script:credentials = 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_CREDENTIAL_EXPIRATION'

# The record of a session that is live, with more left than $margin seconds; nothing where there is none.
function script:Get-Session([string]$key, [long]$margin) {
    if (-not ($key -cmatch '^[0-9a-f]{40}\z')) { return }
    $values = Get-Record 'sessions' $key
    if ($null -eq $values) { return }
    foreach ($name in $script:credentials + 'ISSUED_AT' + 'EXPIRES_AT') {
        if (-not $values.ContainsKey($name) -or -not $values[$name]) { return }
    }
    if (-not ($values['AWS_ACCESS_KEY_ID'] -cmatch '^[A-Za-z0-9]+\z')) { return }
    if (-not (Test-Time $values['ISSUED_AT']) -or -not (Test-Time $values['EXPIRES_AT'])) { return }
    $issued, $expires, $now = [long]$values['ISSUED_AT'], [long]$values['EXPIRES_AT'], (Get-Now)
    if ($issued -gt $now + 900 -or $expires -le $issued -or $expires - $issued -gt 129600) { return }
    if ($expires - $now -gt (Get-Margin $margin ($expires - $issued))) { $values }
}

function script:Set-Credentials($values) {
    foreach ($name in $script:credentials) { [Environment]::SetEnvironmentVariable($name, $values[$name]) }
    $env:AWSENV_EXPIRES_AT = $values['EXPIRES_AT']
    $env:AWSENV_ISSUED_AT = $values['ISSUED_AT']
}

# Takes over a session that another terminal has got meanwhile; false where there is none.
function script:Import-Record {
    if (-not ($env:AWSENV_PUT -cmatch '^AWS_ACCESS_KEY_ID=')) { return $false }
    $values = Get-Session $env:AWSENV_SESSION (Get-Lead)
    if ($null -eq $values) { return $false }
    Set-Credentials $values
    $env:AWSENV_PUT = $env:AWSENV_PUT -creplace '^[^&]*', "AWS_ACCESS_KEY_ID=$($values['AWS_ACCESS_KEY_ID'])"
    $true
}

# --- 8. matching ---------------------------------------------------------------------------

# Made once: each conversion of a block takes milliseconds.
$script:isCommand = [Func[Management.Automation.Language.Ast, bool]] {
    param($node)
    $node -is [Management.Automation.Language.CommandAst]
}
function script:Get-Commands($tree) { $tree.FindAll($script:isCommand, $true) }

# awsenv-match.ps1 is read when the first line is to run after a session has expired.
$script:canMatch = $false
function script:Test-Line([string]$line) {
    if (-not $script:canMatch) {
        . "$PSScriptRoot/awsenv-match.ps1"
        $script:canMatch = $true
    }
    Test-LineUsesAws $line
}

# --- 9. refresh ----------------------------------------------------------------------------

$script:snoozed = ''

# True if the line is one to renew the session for.
function script:Test-Wanted([string]$line) {
    if ($env:AWSENV_AUTO -ceq 'off' -or -not $line.Trim()) { return $false }
    # After a cancel, only what uses AWS asks until there is a new session.
    if ($env:AWSENV_AUTO -ceq 'all' -and $script:snoozed -cne $env:AWSENV_EXPIRES_AT) {
        return -not ($line -match '^\s*(awsenv(_\w+)?|exit)(\s|$)')
    }
    Test-Line $line
}

function script:Get-Program {
    $found = $ExecutionContext.InvokeCommand.GetCommand('awsenv', 'Application')
    if ($null -ne $found) { $found.Path }
}

# Runs a program; gives its exit code and what it wrote to stdout. Its stderr is the terminal:
# the host keeps to itself what a reader's `& program` writes there. $LASTEXITCODE stays.
function script:Invoke-Program([string]$path, [string[]]$words) {
    $start = [Diagnostics.ProcessStartInfo]::new($path)
    # .NET Framework has no list of arguments, only a line of them.
    if ($start.PSObject.Properties['ArgumentList']) { foreach ($word in $words) { $start.ArgumentList.Add($word) } }
    else { $start.Arguments = '"' + (($words -replace '(\\*)"', '$1$1\"' -replace '(\\+)$', '$1$1') -join '" "') + '"' }
    $start.UseShellExecute = $false
    $start.RedirectStandardOutput = $true
    $start.StandardOutputEncoding = [Text.Encoding]::UTF8
    $start.WorkingDirectory = $ExecutionContext.SessionState.Path.CurrentFileSystemLocation.ProviderPath
    $process = [Diagnostics.Process]::Start($start)
    try {
        $text = $process.StandardOutput.ReadToEnd()
        $process.WaitForExit()
        @{ Code = $process.ExitCode; Text = $text.TrimEnd() }
    }
    finally { $process.Dispose() }
}

# Runs $block with Ctrl-C as a key: on Windows it would else stop the reader too, and the host
# would read the next line by itself. Elsewhere awsenv has the terminal for its own.
function script:Invoke-WithoutBreak([scriptblock]$block) {
    if ($script:unix) { return & $block }
    $before = [Console]::TreatControlCAsInput
    [Console]::TreatControlCAsInput = $true
    try { & $block } finally { [Console]::TreatControlCAsInput = $before }
}

# Renews the session; false if the line must not run. The expired credentials then stay as they
# are: without any, tools would fall through to another identity.
function script:Update-Session {
    if (Import-Record) { return $true }
    $program = Get-Program
    # There is no awsenv (any more): the line runs as it is.
    if (-not $program) { return $true }
    $script:shared.Asked = $true
    $env:AWSENV_BEFORE_LINE = '1'
    try { $done = Invoke-WithoutBreak { Invoke-Program $program 'refresh', '--shell', 'powershell' } }
    finally { $env:AWSENV_BEFORE_LINE = $null }
    if ($done.Code -eq 0 -and (Test-Statement $done.Text)) {
        $null = & ([scriptblock]::Create($done.Text))
        return $true
    }
    $script:snoozed = $env:AWSENV_EXPIRES_AT
    $false
}

# Nothing else is ever evaluated: no help, no error, no other program's text.
function script:Test-Statement($text) {
    $text -is [string] -and $text.StartsWith($script:mark, [StringComparison]::Ordinal)
}

# A code that was typed before its question is in PSReadLine's hands by then, as the next line. It
# is neither run nor written to the history.
$script:code = '^\s*[0-9]{6}\s*\z'

# Keeps such a line out of PSReadLine's history; gives what is to be put back, nothing without it.
function script:Set-HistoryFilter {
    $type = 'Microsoft.PowerShell.PSConsoleReadLine' -as [type]
    if ($null -eq $type) { return }
    $options = $type::GetOptions()
    $before, $code = $options.AddToHistoryHandler, $script:code
    $options.AddToHistoryHandler = {
        param($line)
        if ($line -cmatch $code) { $false } elseif ($null -eq $before) { $true } else { $before.Invoke($line) }
    }.GetNewClosure()
    @{ Options = $options; Before = $before }
}

# --- 10. hooking in ------------------------------------------------------------------------

# What becomes of the line that has been read: it, another one that runs nothing, or ''.
function script:Complete-Line($line) {
    if ($script:shared.Asked -and $line -is [string]) {
        if ($line -cmatch $script:code) { return '' }
        $script:shared.Asked = $false
    }
    if ($line -is [string] -and (Test-Expired) -and (Test-Wanted $line) -and -not (Update-Session)) {
        return Get-Dropped $line
    }
    $line
}

# Runs nothing of $line, and makes `$?` false.
function script:Get-Dropped([string]$line) {
    "Microsoft.PowerShell.Utility\Write-Error '' -ErrorAction Ignore # awsenv: not run: $(Get-Visible $line)"
}

# --- 11. the awsenv command ----------------------------------------------------------------

# The command itself is awsenv_command.ps1, which calls these.

# `awsenv auto on|off|all` and `awsenv prompt on|off`, in this shell and what it starts; `awsenv auto`
# says what holds. Gives the exit code, and what to show.
function script:Set-Switch([string]$name, [string]$value, [string]$line) {
    if ($name -ceq 'auto' -and -not ($line -cmatch '^auto (on|off|all)\z')) { return Show-Auto $line }
    $variable = "AWSENV_$($name.ToUpperInvariant())"
    if (-not $script:switched.ContainsKey($variable)) {
        $script:switched[$variable] = [Environment]::GetEnvironmentVariable($variable)
    }
    if ($name -ceq 'auto' -and $value -ceq 'on') { $value = 'match' }
    [Environment]::SetEnvironmentVariable($variable, $value)
    @{ Code = 0; Text = $null }
}

function script:Show-Auto([string]$line) {
    if ($line -cne 'auto') {
        $Host.UI.WriteErrorLine('awsenv: usage: awsenv auto on|off|all')
        return @{ Code = 2; Text = $null }
    }
    $text = switch -CaseSensitive ("$env:AWSENV_AUTO") {
        'off' { 'auto is off: no command asks for an MFA code; awsenv refresh renews the session' }
        'all' { 'auto is all: once the session has expired, every command renews it first' }
        default { 'auto is on: once the session has expired, commands that use AWS renew it first' }
    }
    @{ Code = 0; Text = $text }
}

# Ends the caller's script or line. Thrown by text that is in no file: PowerShell would show ours.
$script:throw = [scriptblock]::Create('throw $args[0]')

# Switches to the live session of profile $name as `awsenv assume $name` would, and starts no
# process for it. False, and nothing changed, wherever that is not certain.
function script:Switch-Session([string]$name) {
    try { $change = Get-Change $name } catch { return $false }
    if ($null -eq $change) { return $false }
    foreach ($variable in $change.Keys) {
        $value = $change[$variable]
        if ($null -eq $value) { $value = [NullString]::Value }
        [Environment]::SetEnvironmentVariable($variable, $value)
    }
    if (-not [Console]::IsErrorRedirected) {
        $left = Get-Left ([long]$env:AWSENV_EXPIRES_AT - (Get-Now))
        [Console]::Error.WriteLine("awsenv: $(Get-Visible $name) for $left")
    }
    $true
}

# The variables and what `awsenv assume $name` would make of each; nothing where that is not certain.
function script:Get-Change([string]$name) {
    if (-not $name -or $name.StartsWith('-', [StringComparison]::Ordinal)) { return }
    $key = [BitConverter]::ToString([Text.Encoding]::UTF8.GetBytes($name)).Replace('-', '').ToLowerInvariant()
    $key = $key.Substring(0, [math]::Min(200, $key.Length))
    $note = Get-Record 'names' $key
    if ($null -eq $note -or -not $name.Equals($note['NAME']) -or -not (Test-Time $note['MARGIN'])) { return }
    if (-not (Test-Note $note)) { return }
    $values = Get-Session $note['SESSION'] ([long]$note['MARGIN'])
    $baseline = Get-Baseline
    if ($null -eq $values -or $null -eq $baseline) { return }
    $change = [ordered]@{}
    foreach ($variable in $script:credentials) { $change[$variable] = $values[$variable] }
    foreach ($variable in $script:others) { $change[$variable] = $null }
    $put = [ordered]@{ AWS_ACCESS_KEY_ID = $values['AWS_ACCESS_KEY_ID'] }
    foreach ($region in 'AWS_DEFAULT_REGION', 'AWS_REGION') {
        if ($note['REGION']) { $put[$region] = Get-Encoded $note['REGION'] }
        elseif ($baseline.Contains($region)) { $put[$region] = $baseline[$region] }
        if ($put.Contains($region)) { $change[$region] = [Uri]::UnescapeDataString($put[$region]) }
    }
    $change['AWSENV_PROFILE'] = $name
    $change['AWSENV_SESSION'] = $note['SESSION']
    $change['AWSENV_EXPIRES_AT'] = $values['EXPIRES_AT']
    $change['AWSENV_ISSUED_AT'] = $values['ISSUED_AT']
    $change['AWSENV_BASELINE'] = Join-Pairs $baseline
    $change['AWSENV_PUT'] = Join-Pairs $put
    $change
}

# True if what awsenv has noted about a profile's name still holds: the AWS files say what they said,
# and the settings are those of then.
function script:Test-Note($note) {
    $settings = ''
    foreach ($name in $note['RELEVANT'].Split([char]' ')) {
        $value = [Environment]::GetEnvironmentVariable($name)
        # Empty and unset look the same here, and are not the same to all of them. Where a value
        # names another variable, that counts too.
        if ($null -ne $value -and ($value.Length -eq 0 -or $value.IndexOfAny([char[]]'$%') -ge 0)) { return $false }
        $settings += "|$name=$value"
    }
    $settings.Equals($note['PLAIN_ENVIRONMENT']) -and
    (Test-Unchanged $note['CONFIG'] $note['CONFIG_TEXT']) -and
    (Test-Unchanged $note['CREDENTIALS'] $note['CREDENTIALS_TEXT'])
}

# True if the AWS file at $path says what it said, which is $noted with a ` for each line's end. A
# line that begins with aws_se holds a secret, and is empty there. Neither a file's time nor its
# place tells as much.
function script:Test-Unchanged([string]$path, $noted) {
    # What is relative to somewhere else here than in the program is for the program.
    if ($null -eq $noted -or -not [IO.Path]::IsPathRooted($path)) { return $false }
    if (-not [IO.File]::Exists($path)) { return $noted.Length -eq 0 -and -not [IO.Directory]::Exists($path) }
    # Larger than any that is noted, or no file at all.
    if ([IO.FileInfo]::new($path).Length -gt 65536) { return $false }
    $text = [IO.File]::ReadAllText($path)
    if ($text -and -not $text.EndsWith("`n", [StringComparison]::Ordinal)) { $text += "`n" }
    ($text -creplace '(?m)^aws_se[^\n]*', '').Replace([char]10, [char]96).Equals($noted)
}

$script:others = @(
    'AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_SECURITY_TOKEN', 'AWS_ACCOUNT_ID'
)

# What AWSENV_BASELINE has to say: the variables' values as if awsenv had never run here, encoded.
# Nothing where only the program can tell what is whose.
function script:Get-Baseline {
    $isOurs = $null -ne $env:AWSENV_PUT
    if ($isOurs -and (-not (Test-Ours) -or -not ($env:AWSENV_PUT -cmatch '^AWS_ACCESS_KEY_ID='))) { return }
    # A default that the person has set is for the program, and so is what a profile sets for tools.
    if (-not $isOurs -and $null -ne [Environment]::GetEnvironmentVariable('AWSENV_PROFILE')) { return }
    $before, $put = (Get-Pairs $env:AWSENV_BASELINE), (Get-Pairs $env:AWSENV_PUT)
    if ($before.Contains('AWSENV_PROFILE') -or $before.Contains('AWSENV_KEYS_OF')) { return }
    foreach ($name in $put.Keys) {
        if ($name -and $name -cnotmatch '^AWS_(ACCESS_KEY_ID|REGION|DEFAULT_REGION)\z') { return }
    }
    $baseline = [ordered]@{}
    foreach ($name in $script:credentials + $script:others) {
        $value = [Environment]::GetEnvironmentVariable($name)
        # Bytes that are no UTF-8 are lost on the way to .NET.
        if ("$value".Contains([string][char]0xfffd)) { return }
        if ($null -ne $value) { $value = Get-Encoded $value }
        if ($isOurs -and ($script:credentials -contains $name -or [object]::Equals($value, $put[$name]))) {
            $value = $before[$name]
        }
        if ($null -ne $value) { $baseline[$name] = $value }
        # Which of the person's own keys may be put aside, the program knows.
        if ($null -ne $value -and $env:AWSENV_KEEP_KEYS -and $name -cmatch 'ACCESS_KEY|_TOKEN\z') { return }
    }
    $baseline
}

# The names, and the values as they are encoded, in a text of NAME=value pairs.
function script:Get-Pairs([string]$text) {
    $pairs = @{}
    foreach ($pair in $text.Split([char]'&')) {
        $name, $value = $pair.Split([char[]]'=', 2)
        $pairs[$name] = $value
    }
    $pairs
}

function script:Get-Encoded([string]$text) {
    $encoded = [Uri]::EscapeDataString($text)
    foreach ($char in ':', '/', '+', '=', ',', '@') { $encoded = $encoded.Replace([Uri]::HexEscape($char), $char) }
    # Windows PowerShell leaves these as they are.
    foreach ($char in '!', '*', "'", '(', ')') { $encoded = $encoded.Replace($char, [Uri]::HexEscape($char)) }
    $encoded
}

function script:Join-Pairs($pairs) {
    $texts = foreach ($name in $pairs.Keys) { "$name=$($pairs[$name])" }
    $texts -join '&'
}

# Where the command $call stands in $text, its caller's: its Node in the syntax tree, nothing where
# that cannot be told; and as Kind 'caught' where its output goes somewhere, 'alone' where it is all
# of a line at the prompt, else 'inside'.
function script:Get-Call($call, [string]$text) {
    $tree = Get-Tree $text
    if (-not [object]::ReferenceEquals($tree, $script:placesOf)) {
        # Once for a text: a loop calls from the same place again and again.
        $script:places = @{}
        foreach ($command in Get-Commands $tree) {
            $script:places["$($command.Extent.StartLineNumber):$($command.Extent.StartColumnNumber)"] = $command
        }
        $script:placesOf = $tree
    }
    $node = $script:places["$($call.ScriptLineNumber):$($call.OffsetInLine)"]
    $kind = 'caught'
    if ($call.PipelinePosition -ge $call.PipelineLength) {
        $kind = if ($null -eq $node) { 'inside' } else { Get-CallKind $node $tree (-not $call.ScriptName) }
    }
    @{ Node = $node; Kind = $kind }
}

$script:places = @{}
$script:placesOf = $null

function script:Get-CallKind($node, $tree, [bool]$isLine) {
    foreach ($redirection in $node.Redirections) {
        $isFile = $redirection -is [Management.Automation.Language.FileRedirectionAst]
        if ($isFile -and $redirection.FromStream -in 'Output', 'All') { return 'caught' }
    }
    $alone = $isLine -and $null -ne $tree.EndBlock -and $tree.EndBlock.Statements.Count -eq 1
    for ($parent = $node.Parent; $null -ne $parent; $node, $parent = $parent, $parent.Parent) {
        if (Test-Catches $node $parent) { return 'caught' }
        $kind = $parent.GetType().Name
        if ($kind -ceq 'FunctionDefinitionAst') { return 'inside' }
        if ($kind -notin 'PipelineAst', 'PipelineChainAst', 'NamedBlockAst', 'ScriptBlockAst') { $alone = $false }
    }
    if ($alone) { 'alone' } else { 'inside' }
}

# True if the output of $node does not go where the output of $parent goes.
function script:Test-Catches($node, $parent) {
    $kind = $parent.GetType().Name
    if ($kind -in 'ParenExpressionAst', 'SubExpressionAst', 'ArrayExpressionAst', 'AssignmentStatementAst') {
        return $true
    }
    if ($kind -ceq 'PipelineAst') {
        return -not [object]::ReferenceEquals($parent.PipelineElements[$parent.PipelineElements.Count - 1], $node)
    }
    # The condition of an `if`, the list of a `foreach`.
    $node -is [Management.Automation.Language.PipelineBaseAst] -and
    $parent -is [Management.Automation.Language.StatementAst] -and
    $parent -isnot [Management.Automation.Language.PipelineBaseAst]
}

# A script that calls the program $awsenvProgram with the arguments of the call $node as a program
# would get them. PowerShell hands a script its arguments changed: without the first `--`, with
# `-x:y` in two, and a script that hands them on expands a quoted '~'. So the words are taken as they
# are typed; what is no constant has been evaluated by then and is in $given, which the script knows
# as $awsenvGiven. $more comes behind the first word. The call begins on the first line: with an error
# on another one, PowerShell shows that line of ours.
function script:Get-CallScript($node, [object[]]$given, [string]$more, [bool]$isFed, [scriptblock]$look) {
    $before, $words = '', $null
    if ($null -ne $node) { $before, $words = Get-TypedWords $node $given $more $look }
    if ($null -eq $words) { $words = Get-GivenWords $given $more }
    $feed = if ($isFed) { '$input | ' } else { '' }
    if ($given.Count -and "$($given[0])" -ceq 'doctor') {
        # It asks whether the hook is loaded, and of which version.
        $before += '$env:AWSENV_HOOK = ' + "'powershell 0.1.0'; "
        return "${before}try { $feed& `$awsenvProgram$words`n} finally { `$env:AWSENV_HOOK = `$null }`n"
    }
    "$before$feed& `$awsenvProgram$words`n"
}

# Nothing where what is typed and what is given do not go together; else what is to be done before, and the words.
function script:Get-TypedWords($node, [object[]]$given, [string]$more, [scriptblock]$look) {
    $elements = $node.CommandElements
    $counts = @(Get-Counts $elements $given.Count $look)
    if (-not $counts.Count) { return }
    $before, $words, $index = '', '', 0
    for ($number = 1; $number -lt $elements.Count; $number++) {
        $element = $elements[$number]
        if ($number -eq 1 -or $elements[$number - 1].Extent.EndOffset -ne $element.Extent.StartOffset) { $words += ' ' }
        if ((Test-Splat $element) -and $element.VariablePath.UserPath -eq 'args') {
            # What $args is there is another one here. Copied, for it has marks that indexing loses.
            $count = $counts[$number]
            $before += "`$awsenvSplat$number = [object[]]::new($count); "
            $before += "[Array]::Copy(`$awsenvGiven, $index, `$awsenvSplat$number, 0, $count); "
            $words += "@awsenvSplat$number"
        }
        else { $words += Get-WordText $element "[$index]" }
        if ($number -eq 1) { $words += $more }
        $index += $counts[$number]
    }
    $before, $words
}

function script:Test-Splat($element) {
    $element -is [Management.Automation.Language.VariableExpressionAst] -and $element.Splatted
}

# How many arguments a script gets of each of $elements, where it gets those of a hashtable last of
# all; nothing where that is not certain. $look gives the value of a variable of the caller's.
function script:Get-Counts($elements, [int]$total, [scriptblock]$look) {
    $counts = @(0) * $elements.Count
    $open = 0
    for ($number = 1; $number -lt $elements.Count; $number++) {
        $element = $elements[$number]
        if ((Test-Splat $element) -and $element.VariablePath.UserPath -eq 'args') {
            # Another one by now: what is left.
            if ($open) { return }
            $open = $number
        }
        elseif (Test-Splat $element) {
            $value = & $look $element.VariablePath.UserPath
            if ($value -is [Collections.IDictionary]) { $total -= 2 * $value.Count }
            elseif ($value -is [Collections.IList]) { $counts[$number] = $value.Count }
            else { return }
        }
        elseif ($element -isnot [Management.Automation.Language.CommandParameterAst]) { $counts[$number] = 1 }
        elseif ($null -ne $element.Argument) { $counts[$number] = 2 }
        elseif ($element.Extent.Text -cne '--') { $counts[$number] = 1 }
        $total -= $counts[$number]
    }
    if ($open) { $counts[$open] = $total }
    if ($total -eq 0 -or ($open -and $total -gt 0)) { $counts }
}

# The text of one word, whose value is $awsenvGiven$path.
function script:Get-WordText($element, [string]$path) {
    $text = $element.Extent.Text
    switch ($element.GetType().Name) {
        'CommandParameterAst' {
            if ($null -eq $element.Argument) { return $text }
            # The name is an argument of its own, before the value.
            $value = "[$([int]$path.Trim('[', ']') + 1)]"
            $name = $text.Substring(0, $element.Argument.Extent.StartOffset - $element.Extent.StartOffset)
            return $name + (Get-WordText $element.Argument $value)
        }
        'ExpandableStringExpressionAst' { return Get-GivenText $path ($element.StringConstantType -ne 'BareWord') }
        'ArrayLiteralAst' {
            # A program gets the text of a list, which is part of the syntax tree.
            if (Test-Plain $element) { return $text }
        }
        { $_ -in 'StringConstantExpressionAst', 'ConstantExpressionAst' } { return $text }
    }
    if (Test-Splat $element) { return $text }
    Get-GivenText $path $false
}

# True if evaluating it once more does nothing.
function script:Test-Plain($list) {
    foreach ($element in $list.Elements) {
        $isPlain = $element -is [Management.Automation.Language.ConstantExpressionAst] -or
        $element -is [Management.Automation.Language.VariableExpressionAst] -or
        ($element -is [Management.Automation.Language.ArrayLiteralAst] -and (Test-Plain $element))
        if (-not $isPlain) { return $false }
    }
    $true
}

# A quoted string stays as it is; all else may be a pattern for names of files.
function script:Get-GivenText([string]$path, [bool]$isQuoted) {
    if ($isQuoted) { '"$($awsenvGiven' + $path + ')"' } else { '$awsenvGiven' + $path }
}

# The words of a call that has no text, such as another program's of .NET.
function script:Get-GivenWords([object[]]$given, [string]$more) {
    $words = ''
    for ($index = 0; $index -lt $given.Count; $index++) {
        $words += ' ' + (Get-GivenText "[$index]" ($given[$index] -is [string]))
        if ($index -eq 0) { $words += $more }
    }
    $words
}

# What awsenv_command.ps1 is to do for its call: Code, to end with it; else the Script that calls
# Program, and whether what that prints IsApplied to the session.
function script:Start-Call($invocation, [object[]]$given, [scriptblock]$look) {
    # Where another tool has taken the place of our lookup action, nothing has begun yet.
    Start-Hook
    # Names and colours may be others afterwards.
    $script:shared.Until = [long]0
    $line = $given -join ' '
    $command, $value = $line -split ' '
    if ($command -ceq 'auto' -or $line -cmatch '^prompt (on|off)\z') { return Set-Switch $command $value $line }
    # This function, the block that called it, and the script stand before the caller.
    $stack = @([runspace]::DefaultRunspace.Debugger.GetCallStack())
    $caller = if ($stack.Count -gt 3) { $stack[3].Position }
    $text = if ($null -ne $caller) { $caller.StartScriptPosition.GetFullScript() }
    $call = Get-Call $invocation "$text"
    $isStatement = Test-IsStatement $given
    $isApplied = $isStatement -and $call.Kind -cne 'caught'
    $isPlain = $isApplied -and $command -ceq 'assume' -and $given.Count -eq 2 -and $given[1] -is [string]
    if ($isPlain -and (Switch-Session $given[1])) { return @{ Code = 0; Text = $null } }
    $program = Get-Program
    if (-not $program) {
        if ($isStatement -and $call.Kind -cne 'alone') { & $script:throw $script:noProgram }
        $Host.UI.WriteErrorLine($script:noProgram)
        return @{ Code = 127; Text = $null }
    }
    if ($command -cmatch '^(status|doctor)\z' -and
        $null -ne $ExecutionContext.SessionState.PSVariable.GetValue('global:StoredAWSCredentials')) {
        $about = 'Set-AWSCredential has set $StoredAWSCredentials'
        $Host.UI.WriteErrorLine("awsenv: $about, which the AWS cmdlets prefer to the session of this shell")
        $Host.UI.WriteErrorLine('hint: Clear-AWSCredential takes it away')
    }
    $more = if ($isStatement) { ' --shell powershell' } else { '' }
    @{
        Code = $null
        Command = $command
        Kind = $call.Kind
        Program = $program
        IsApplied = $isApplied
        Script = Get-CallScript $call.Node $given $more $invocation.ExpectingInput $look
    }
}

$script:noProgram = 'awsenv: there is no program awsenv on PATH; get it with `uv tool install awsenv-shell`'

# True for a call whose output is statements for this session.
function script:Test-IsStatement([object[]]$given) {
    if (-not ("$(@($given)[0])" -cmatch '^(assume|unset|refresh)\z')) { return $false }
    foreach ($word in $given) {
        if ("$word" -cmatch '^--(help|print|(shell|format)(=.*)?)\z') { return $false }
    }
    $true
}

# Applies what `awsenv assume` and its like have printed to the session. A failure ends the
# script or the line it is part of; alone at the prompt, awsenv itself has said all there is to say.
function script:Complete-Call($call, $text, [int]$code) {
    if ($code -eq 0) {
        if (Test-Statement $text) { $null = & ([scriptblock]::Create($text)) } else { $text }
    }
    elseif ($call.Kind -cne 'alone') {
        if ("$text" -cmatch "^throw '(awsenv: ([^']|'')*)'\z") { & $script:throw $Matches[1].Replace("''", "'") }
        & $script:throw "awsenv: $($call.Command) did not succeed"
    }
}

# --- 12. completion ------------------------------------------------------------------------

# The program knows commands, options and profiles.
function script:Get-Candidates($command, [int]$cursor) {
    $words = $starts = @()
    $end = 0
    foreach ($element in $command.CommandElements) {
        $at = $element.Extent
        if ($at.StartOffset -ge $cursor) { break }
        $starts += $at.StartOffset
        $end = $at.EndOffset
        # Of the word at the cursor, only what stands before it.
        if ($end -ge $cursor) { $words += $at.Text.Substring(0, $cursor - $at.StartOffset).Trim([char]39, [char]34) }
        elseif ($element -is [Management.Automation.Language.StringConstantExpressionAst]) { $words += $element.Value }
        else { $words += $at.Text }
    }
    if ($end -lt $cursor) {
        $words += ''
        $starts += $cursor
    }
    $given = @('__complete', 'powershell')
    # A mark before each, for PowerShell drops empty arguments.
    for ($index = 1; $index -lt $words.Count; $index++) { $given += "=$($words[$index])" }
    $program = Get-Program
    if (-not $program) { return }
    $text = (Invoke-Program $program $given).Text
    if ($text -cmatch '^\tcommand ([0-9]+)\z') { return Get-OtherCandidates $command $cursor $starts[[int]$Matches[1]] }
    foreach ($line in $text.Split([char]10)) {
        $name, $about = $line.Split([char[]]"`t", 2)
        if ($name) { Get-Candidate $name $about }
    }
}

# From offset $from on, the line is another program's.
function script:Get-OtherCandidates($command, [int]$cursor, [int]$from) {
    $at = $command.Extent
    $line = $at.Text.PadRight($cursor - $at.StartOffset).Substring($from - $at.StartOffset, $cursor - $from)
    # A module without a name is the session itself, which does not know our functions and variables.
    & ([psmoduleinfo]::new($false)) {
        [Management.Automation.CommandCompletion]::CompleteInput($args[0], $args[0].Length, $null).CompletionMatches
    } $line
}

function script:Get-Candidate([string]$name, [string]$about) {
    # The program says with a -- in front that the profile behind it would else be an option.
    $front = if ($name.StartsWith('-- ', [StringComparison]::Ordinal)) { '-- ' } else { '' }
    $name = $name.Substring($front.Length)
    $written = $name
    if (-not ($name -cmatch '^[A-Za-z0-9_./:=+-]+\z')) {
        $written = "'$([Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($name))'"
    }
    if (-not $about) { $about = $name }
    [Management.Automation.CompletionResult]::new($front + $written, $name, 'ParameterValue', $about)
}
