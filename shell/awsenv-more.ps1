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

# The record of a session and the switch to another; and how a call of `awsenv` was written.
. "$PSScriptRoot/awsenv-record.ps1"
. "$PSScriptRoot/awsenv-call.ps1"

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
