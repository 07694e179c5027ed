# awsenv for PowerShell 7.4 and later (in Windows PowerShell 5.1: prompt and command): the
# session's time left in the prompt, and a code asked for just before the command that needs it.
# `awsenv init powershell --install` adds it to $PROFILE.
# The engine's own API in place of most cmdlets: their first use loads a module, which takes
# longer than this whole file.

# --- 1. guard ------------------------------------------------------------------------------

# False in a host that runs one command or script and ends.
function Test-Interactive {
    if ($Host.Name -ceq 'ServerRemoteHost' -or $Host.Name -ceq 'Default Host') { return $false }
    if ($Host.Name -cne 'ConsoleHost') { return $true }
    if ([Console]::IsInputRedirected) { return $false }
    $stays = $false
    $isValue = $true
    foreach ($word in [Environment]::GetCommandLineArgs()) {
        # The first word is the program.
        if ($isValue) { $isValue = $false; continue }
        if ($word -match '^--?noni') { return $false }
        if ($word -match '^--?noe') { $stays = $true; continue }
        if ($word -match '^--?(cus|config|ex|ep$|inp|if$|o|ps|settings|v|w)') { $isValue = $true; continue }
        if ($word -match '^(--?(c|e|f)|[^-])') { return $stays }
    }
    $true
}

function Test-Loaded {
    foreach ($other in Microsoft.PowerShell.Core\Get-Module -Name awsenv) {
        if ($other.ExportedAliases.ContainsKey('awsenv')) { return $true }
    }
    $false
}

if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage' -or (Test-Loaded) -or -not (Test-Interactive)) {
    Microsoft.PowerShell.Core\Export-ModuleMember
    return
}

# --- 2. settings ---------------------------------------------------------------------------

# AWSENV_AUTO=match|all|off  AWSENV_LEAD=2m  AWSENV_COMMANDS="mytool -kubectl"
# AWSENV_PROMPT=on|manual|off  AWSENV_PROMPT_FORMAT='[{profile} {left}] '
# AWSENV_PROMPT_WARN=15m  AWSENV_PROMPT_URGENT=5m  AWSENV_PROMPT_COLORS='32 33 31'
# They are read where they are used, so that a change takes effect at once.
$script:commands = @(
    'aws', 'sam', 'cdk', 'terraform', 'tofu', 'terragrunt', 'pulumi', 'packer', 'kubectl', 'helm', 'eksctl', 'k9s',
    'copilot', 'sls', 'serverless', 'ansible-playbook', 'aws-nuke'
)
$script:wrappers = @(
    'sudo', 'doas', 'env', 'command', 'exec', 'nohup', 'nice', 'time', 'timeout', 'xargs', 'watch', 'Start-Process'
)
$script:mark = '& { <# awsenv #>'
$script:unix = [IO.Path]::DirectorySeparatorChar -eq '/'
$script:module = $ExecutionContext.SessionState.Module

$script:units = @{ '' = 1; 's' = 1; 'm' = 60; 'h' = 3600; 'd' = 86400 }

# The seconds in $text (90, 45s, 2m, 1h30m), or $default where it is none.
function Get-Seconds([string]$text, [long]$default) {
    if (-not ($text -cmatch '^([0-9]{1,8}[smhd])*[0-9]{1,8}[smhd]?\z')) { return $default }
    [long]$seconds = 0
    foreach ($part in [regex]::Matches($text, '([0-9]+)([smhd]?)')) {
        $seconds += [long]$part.Groups[1].Value * $script:units[$part.Groups[2].Value]
    }
    $seconds
}

# --- 3. clock and digits -------------------------------------------------------------------

function Get-Now { [DateTimeOffset]::UtcNow.ToUnixTimeSeconds() }

# Anything but digits would be an error, or a number to nobody but .NET.
function Test-Time([string]$text) { $text -cmatch '^[0-9]{1,12}\z' }

# --- 4. is the session ours? ---------------------------------------------------------------

# True while the variable that awsenv put first still has the value it was given. Compared by
# their characters: -ceq passes over those that sort as nothing.
function Test-Ours {
    if (-not ($env:AWSENV_PUT -cmatch '^(AWS_ACCESS_KEY_ID|AWS_PROFILE)=([^&]+)')) { return $false }
    $name, $value = $Matches[1], $Matches[2]
    if ($value.Contains('%')) { $value = [Uri]::UnescapeDataString($value) }
    # Keys, whoever exported them, win over a profile.
    if ($name -ceq 'AWS_PROFILE' -and $env:AWS_ACCESS_KEY_ID) { return $false }
    $value.Equals([Environment]::GetEnvironmentVariable($name))
}

# How many seconds before its end a session of $life seconds (0: unknown) counts as lapsed:
# $seconds, or a tenth of its life.
function Get-Margin([long]$seconds, [long]$life) {
    if ($life -gt 0) { [math]::Min($seconds, [long][math]::Floor($life / 10)) } else { $seconds }
}

function Get-Lead { Get-Seconds $env:AWSENV_LEAD 120 }

function Test-Lapsed {
    if (-not (Test-Time $env:AWSENV_EXPIRES_AT) -or -not (Test-Ours)) { return $false }
    [long]$life = 0
    if (Test-Time $env:AWSENV_ISSUED_AT) { $life = [long]$env:AWSENV_EXPIRES_AT - [long]$env:AWSENV_ISSUED_AT }
    [long]$env:AWSENV_EXPIRES_AT - (Get-Now) -le (Get-Margin (Get-Lead) $life)
}

# --- 5. segment ----------------------------------------------------------------------------

$script:AWSENV_SEGMENT = $script:segment = ''
$script:AWSENV_COLOR = $script:color = ''
$script:AWSENV_COLOR_END = ''
$script:reset = "$([char]27)[0m"

# $text without what would move or hide text on a screen, and not too long.
function Get-Visible([string]$text) {
    $shown = [regex]::Replace($text, '[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]', '?')
    if ($shown.Length -gt 60) { $shown.Substring(0, 59) + '~' } else { $shown }
}

function Get-Left([long]$seconds) {
    if ($seconds -le 0) { 'expired' }
    elseif ($seconds -lt 60) { "${seconds}s" }
    elseif ($seconds -lt 3600) { '{0}m' -f [math]::Floor($seconds / 60) }
    else { '{0}h{1:00}m' -f [math]::Floor($seconds / 3600), [math]::Floor($seconds % 3600 / 60) }
}

# The colour, such as 32, for a session that has $seconds left; '' for none.
function Get-Color([long]$seconds, [long]$warn, [long]$urgent) {
    if ($env:NO_COLOR -or $env:TERM -ceq 'dumb' -or -not $Host.UI.SupportsVirtualTerminal) { return '' }
    $colors = $env:AWSENV_PROMPT_COLORS
    if ($null -eq $colors) { $colors = '32 33 31' }
    $colors = $colors.Split([char]' ')
    $color = $colors[0]
    if ($seconds -le $urgent) { $color = $colors[-1] }
    elseif ($colors.Count -gt 1 -and $seconds -le $warn) { $color = $colors[1] }
    if ($color -cmatch '^[0-9;]+\z') { $color } else { '' }
}

# What the segment is made of, besides the time.
$script:parts = @(
    'AWSENV_PROMPT', 'AWSENV_PROFILE', 'AWSENV_PUT', 'AWS_ACCESS_KEY_ID', 'AWS_PROFILE', 'AWSENV_EXPIRES_AT',
    'AWSENV_PROMPT_FORMAT', 'AWSENV_PROMPT_WARN', 'AWSENV_PROMPT_URGENT', 'AWSENV_PROMPT_COLORS', 'NO_COLOR', 'TERM'
)
$script:state = ''
$script:from = $script:until = [long]0

# Sets AWSENV_SEGMENT, the text, and AWSENV_COLOR and AWSENV_COLOR_END around it. As long as neither
# text nor colour can have changed, what was set last time is good.
function Update-Segment {
    [long]$now = [DateTimeOffset]::UtcNow.ToUnixTimeSeconds()
    $state = ''
    foreach ($name in $script:parts) {
        $value = [Environment]::GetEnvironmentVariable($name)
        # Empty and unset are two things.
        if ($null -eq $value) { $state += '|' } else { $state += "|=$value" }
    }
    if ($now -lt $script:from -or $now -ge $script:until -or -not $state.Equals($script:state)) {
        $script:state = ''
        $script:segment, $script:color, $script:until = Get-Segment $now
        $script:from = $now
        $script:state = $state
    }
    $script:AWSENV_SEGMENT = $script:segment
    $script:AWSENV_COLOR = $script:color
    $script:AWSENV_COLOR_END = if ($script:color) { $script:reset } else { '' }
}

# The segment's text, the escape sequence of its colour, and when either is another one.
function Get-Segment([long]$now) {
    if ($env:AWSENV_PROMPT -ceq 'off' -or -not $env:AWSENV_PROFILE -or -not (Test-Ours)) {
        return '', '', [long]::MaxValue
    }
    $left = ''
    $seconds = $until = [long]::MaxValue
    $warn, $urgent = (Get-Seconds $env:AWSENV_PROMPT_WARN 900), (Get-Seconds $env:AWSENV_PROMPT_URGENT 300)
    if (Test-Time $env:AWSENV_EXPIRES_AT) {
        $seconds = [long]$env:AWSENV_EXPIRES_AT - $now
        $left = Get-Left $seconds
        $until = $now + (Get-Wait $seconds $warn $urgent)
    }
    elseif ($env:AWSENV_EXPIRES_AT) { $left = '?' }
    $format = $env:AWSENV_PROMPT_FORMAT
    if ($null -eq $format) { $format = '[{profile} {left}] ' }
    if (-not $left) { $format = $format.Replace(' {left}', '') }
    # The name last: it may hold a {left} itself.
    $text = $format.Replace('{left}', $left).Replace('{profile}', (Get-Visible $env:AWSENV_PROFILE))
    $color = Get-Color $seconds $warn $urgent
    if ($color) { $color = "$([char]27)[${color}m" }
    $text, $color, $until
}

# For how many seconds the text and the colour for $seconds left stay as they are.
function Get-Wait([long]$seconds, [long]$warn, [long]$urgent) {
    if ($seconds -le 0) { return 86400 }
    [long]$wait = if ($seconds -lt 60) { 1 } else { $seconds % 60 + 1 }
    foreach ($limit in $warn, $urgent) {
        if ($seconds -gt $limit) { $wait = [math]::Min($wait, $seconds - $limit) }
    }
    $wait
}

# For prompts made by hand: computes the segment anew and gives it, without colour.
function awsenv_segment {
    Update-Segment
    $script:AWSENV_SEGMENT
}

# --- 6. prompt placement -------------------------------------------------------------------

# The prompt $text with the segment in front, unless the person places it. Every host shows the
# first object that a prompt function gives, and PS> where there is none.
function Add-Segment([object[]]$text) {
    $isOurs = -not $env:AWSENV_PROMPT -or $env:AWSENV_PROMPT -ceq 'on'
    if (-not $script:AWSENV_SEGMENT -or $script:placed -or -not $isOurs) { return $text }
    $front = $script:AWSENV_COLOR + $script:AWSENV_SEGMENT + $script:AWSENV_COLOR_END
    $first = if ($text.Count -and "$($text[0])") { "$($text[0])" } else { 'PS>' }
    # Empty lines first: they belong between the output above and all of the prompt.
    $first.Insert($first.Length - $first.TrimStart([char]13, [char]10).Length, $front)
}

# --- 7. record -----------------------------------------------------------------------------

function Get-CacheFolder {
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

function Get-CacheFile([string]$folder, [string]$name) {
    [IO.FileInfo]::new([IO.Path]::Combine((Get-CacheFolder), $folder, $name))
}

# The text of a record's file; nothing where there is none, or it is not to be trusted.
function Get-RecordText($file) {
    # Pipes and devices have no length. Reading one would block.
    if (-not $file.Exists -or $file.Length -eq 0 -or $file.Length -gt 65536) { return }
    if ($file.Attributes -band [IO.FileAttributes]::ReparsePoint) { return }
    # What nobody but its owner can read is ours if we can read it.
    if ($script:unix -and ([int]$file.UnixFileMode -band 63)) { return }
    try { [Text.UTF8Encoding]::new($false, $true).GetString([IO.File]::ReadAllBytes($file.FullName)) } catch { return }
}

# The names and values in the record of $key; nothing where it is torn or no record.
function Get-Record([string]$folder, [string]$key) {
    $text = Get-RecordText (Get-CacheFile $folder $key)
    if (-not $text -or $text -cmatch '[\x00-\x09\x0b-\x1f\x7f-\x9f]') { return }
    if (-not $text.EndsWith("`nEND=$key`n", [StringComparison]::Ordinal)) { return }
    $lines = $text.Split([char]10)
    if (-not $lines[0].Equals('AWSENV_RECORD=1')) { return }
    $values = [Collections.Generic.Dictionary[string, string]]::new([StringComparer]::Ordinal)
    # The last two are the end mark and what follows its line end: nothing.
    for ($index = 1; $index -lt $lines.Count - 2; $index++) {
        $name, $value = $lines[$index].Split([char[]]'=', 2)
        if ($null -eq $value -or $name.Equals('END') -or -not ($name -cmatch '^[A-Z_][A-Z0-9_]*\z')) { return }
        if ($values.ContainsKey($name)) { return }
        $values[$name] = $value
    }
    $values
}

$script:credentials = 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_CREDENTIAL_EXPIRATION'

# The record of a session that is live, with more left than $margin seconds; nothing where there is none.
function Get-Session([string]$key, [long]$margin) {
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

function Set-Credentials($values) {
    foreach ($name in $script:credentials) { [Environment]::SetEnvironmentVariable($name, $values[$name]) }
    $env:AWSENV_EXPIRES_AT = $values['EXPIRES_AT']
    $env:AWSENV_ISSUED_AT = $values['ISSUED_AT']
}

# Takes over a session that another terminal has got meanwhile; false where there is none.
function Import-Record {
    if (-not ($env:AWSENV_PUT -cmatch '^AWS_ACCESS_KEY_ID=')) { return $false }
    $values = Get-Session $env:AWSENV_SESSION (Get-Lead)
    if ($null -eq $values) { return $false }
    Set-Credentials $values
    $env:AWSENV_PUT = $env:AWSENV_PUT -creplace '^[^&]*', "AWS_ACCESS_KEY_ID=$($values['AWS_ACCESS_KEY_ID'])"
    $true
}

# --- 8. matching ---------------------------------------------------------------------------

function Get-Commands($tree) {
    $tree.FindAll({ param($node) $node -is [Management.Automation.Language.CommandAst] }, $true)
}

# True if the line holds a command that uses AWS and does not choose a profile itself.
function Test-LineUsesAws([string]$line) {
    $tokens = $problems = $null
    $tree = [Management.Automation.Language.Parser]::ParseInput($line, [ref]$tokens, [ref]$problems)
    # PowerShell runs nothing of what it cannot read.
    if ($problems.Count) { return $false }
    foreach ($command in Get-Commands $tree) {
        if ((Test-CommandUsesAws $command) -and -not (Test-InFunction $command)) { return $true }
    }
    $false
}

# A function is only defined by its line.
function Test-InFunction($command) {
    for ($node = $command.Parent; $null -ne $node; $node = $node.Parent) {
        if ($node -is [Management.Automation.Language.FunctionDefinitionAst]) { return $true }
    }
    $false
}

function Test-CommandUsesAws($command) {
    $name = $command.GetCommandName()
    # An alias may stand for another one.
    for ($aliases = 0; $name -and $aliases -lt 4; $aliases++) {
        if (Test-AwsProgram $name) { return -not (Test-OwnProfile $command '^--profile(=|$)') }
        if ($script:wrappers -contains (Get-BaseName $name)) { return Test-WrappedProgram $command }
        $alias = $ExecutionContext.InvokeCommand.GetCommand($name, 'Alias')
        # For a name with its module in front the engine passes over the type that is asked for.
        if ($null -eq $alias -or $alias.CommandType -ne 'Alias') { break }
        $name = $alias.Definition
    }
    if (-not $name -or -not (Test-AwsCmdlet $name)) { return $false }
    -not (Test-OwnProfile $command '^-(profilen|awsprofilen|storedc|accessk|credential)')
}

# After sudo, env and their like, any later word may be the command.
function Test-WrappedProgram($command) {
    if (Test-OwnProfile $command '^--profile(=|$)') { return $false }
    foreach ($word in $command.CommandElements) {
        if ($word -is [Management.Automation.Language.StringConstantExpressionAst] -and (Test-AwsProgram $word.Value)) {
            return $true
        }
    }
    $false
}

function Test-OwnProfile($command, [string]$option) {
    foreach ($element in $command.CommandElements) {
        if ($element.Extent.Text -match $option) { return $true }
    }
    $false
}

function Test-AwsProgram([string]$name) {
    $base = Get-BaseName $name
    $own = -split "$env:AWSENV_COMMANDS"
    $own -notcontains "-$base" -and ($script:commands -contains $base -or $own -contains $base)
}

function Get-BaseName([string]$name) { $name -replace '^.*[\\/]' -replace '\.(exe|cmd|bat|com|ps1)$' }

function Test-AwsCmdlet([string]$name) {
    if (-not ($name -match '^([a-z0-9_.]+\\)?[a-z]+-[a-z0-9]+$')) { return $false }
    $cmdlet = $ExecutionContext.InvokeCommand.GetCommand($name, 'Cmdlet, Function')
    $null -ne $cmdlet -and $cmdlet.ModuleName -match '^(AWS\.Tools\.|AWSPowerShell)'
}

# --- 9. refresh ----------------------------------------------------------------------------

$script:snoozed = ''
# True from a question on until the first line that is no code.
$script:asked = $false

# True if the line is one to renew the session for.
function Test-Wanted([string]$line) {
    if ($env:AWSENV_AUTO -ceq 'off' -or -not $line.Trim()) { return $false }
    # After a cancel, only what uses AWS asks until there is a new session.
    if ($env:AWSENV_AUTO -ceq 'all' -and $script:snoozed -cne $env:AWSENV_EXPIRES_AT) {
        return -not ($line -match '^\s*(awsenv(_\w+)?|exit)(\s|$)')
    }
    Test-LineUsesAws $line
}

function Get-Program {
    $found = $ExecutionContext.InvokeCommand.GetCommand('awsenv', 'Application')
    if ($null -ne $found) { $found.Path }
}

# Runs a program; gives its exit code and what it wrote to stdout. Its stderr is the terminal:
# the host keeps to itself what a reader's `& program` writes there. $LASTEXITCODE stays.
function Invoke-Program([string]$path, [string[]]$words) {
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
function Invoke-WithoutBreak([scriptblock]$block) {
    if ($script:unix) { return & $block }
    $before = [Console]::TreatControlCAsInput
    [Console]::TreatControlCAsInput = $true
    try { & $block } finally { [Console]::TreatControlCAsInput = $before }
}

# Renews the session; false if the line must not run. The lapsed credentials then stay as they
# are: without any, tools would fall through to another identity.
function Update-Session {
    if (Import-Record) { return $true }
    $program = Get-Program
    # There is no awsenv (any more): the line runs as it is.
    if (-not $program) { return $true }
    $script:asked = $true
    $done = Invoke-WithoutBreak { Invoke-Program $program 'refresh', '--shell', 'powershell' }
    if ($done.Code -eq 0 -and (Test-Statement $done.Text)) {
        $null = & ([scriptblock]::Create($done.Text))
        return $true
    }
    $script:snoozed = $env:AWSENV_EXPIRES_AT
    $false
}

# Nothing else is ever evaluated: no help, no error, no other program's text.
function Test-Statement($text) { $text -is [string] -and $text.StartsWith($script:mark, [StringComparison]::Ordinal) }

# A code that was typed before its question is in PSReadLine's hands by then, as the next line. It
# is neither run nor written to the history.
$script:code = '^\s*[0-9]{6}\s*\z'

# Keeps such a line out of PSReadLine's history; gives what is to be put back, nothing without it.
function Set-HistoryFilter {
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

# Other tools set `prompt` and PSConsoleHostReadLine as well, before or after us, and some do not
# call what was there. So each of our two notes that it ran; the other one, finding that it did
# not, puts it around what is there by then. Where another tool has put itself around ours and is
# wrapped once more, the inner one of ours does nothing.
$script:prompts = @()
$script:readers = @()
$script:promptRan = $script:readerRan = $script:prompted = $false
$script:inPrompt = $script:inReader = $script:placed = $script:unloaded = $false

# A function of its own for every wrap, which calls $name with `$?` and the wrap's number.
function Get-Wrap([string]$name, [int]$number) {
    $script:module.NewBoundScriptBlock([scriptblock]::Create("$name `$? $number"))
}

# The wrap in $wraps that is the function $present; nothing where it is not ours. Compared with
# the ScriptBlock: a FunctionInfo would follow every change of the function.
function Find-Wrap($wraps, $present) {
    foreach ($wrap in $wraps) { if ([object]::ReferenceEquals($wrap.Ours, $present)) { return $wrap } }
}

function Join-Prompt {
    $present = ${function:global:prompt}
    if ($null -eq $present -or (Find-Wrap $script:prompts $present)) { return }
    $wrap = @{ Ours = Get-Wrap 'Invoke-Prompt' $script:prompts.Count; Previous = $present }
    $wrap.Places = "$present" -cmatch 'AWSENV_SEGMENT|awsenv_segment'
    $script:prompts += $wrap
    ${function:global:prompt} = $wrap.Ours
}

function Join-Reader {
    $present = ${function:global:PSConsoleHostReadLine}
    if (Find-Wrap $script:readers $present) { return }
    $wrap = @{ Ours = Get-Wrap 'Read-Line' $script:readers.Count; Previous = $present }
    $script:readers += $wrap
    ${function:global:PSConsoleHostReadLine} = $wrap.Ours
}

# At the first pause: our reader, if it is the one that waits, has seen to the prompt itself.
function Join-Again {
    if ($script:inReader) { return }
    if (-not $script:promptRan) { Join-Prompt }
    Join-Reader
}

function Invoke-Prompt([bool]$ok, [int]$number) {
    $wrap = $script:prompts[$number]
    $script:placed = ($script:inPrompt -and $script:placed) -or $wrap.Places
    if ($script:inPrompt -or $script:unloaded) {
        if (-not $ok) { Microsoft.PowerShell.Utility\Write-Error '' -ErrorAction Ignore }
        return & $wrap.Previous
    }
    $script:inPrompt = $script:promptRan = $true
    try {
        try {
            if (-not $script:inReader) {
                if ($script:prompted -and -not $script:readerRan) { Join-Reader }
                $script:prompted = $true
                $script:readerRan = $false
            }
            Update-Segment
        }
        catch { $script:AWSENV_SEGMENT = "[awsenv: $(Get-Visible $_.Exception.Message)] " }
        # The only way to set `$?`. Nothing may stand between it and the call.
        if (-not $ok) { Microsoft.PowerShell.Utility\Write-Error '' -ErrorAction Ignore }
        $text = & $wrap.Previous
        Add-Segment @($text)
    }
    finally { $script:inPrompt = $false }
}

# The line that the host is to run: exactly one string, '' to run nothing.
function Read-Line([bool]$ok, [int]$number) {
    $wrap = $script:readers[$number]
    $inner = $script:inReader -or $script:unloaded
    if (-not $inner) {
        if (-not $script:promptRan) { Join-Prompt }
        $script:promptRan = $false
        $script:inReader = $script:readerRan = $true
    }
    $filter = $null
    try {
        if ($script:asked -and -not $inner) { $filter = Set-HistoryFilter }
        if ($null -eq $wrap.Previous) { $line = $Host.UI.ReadLine() }
        else {
            if (-not $ok) { Microsoft.PowerShell.Utility\Write-Error '' -ErrorAction Ignore }
            $line = & $wrap.Previous
        }
    }
    finally {
        if ($null -ne $filter) { $filter.Options.AddToHistoryHandler = $filter.Before }
        if (-not $inner) { $script:inReader = $false }
    }
    try {
        if ($script:asked -and -not $inner -and $line -is [string]) {
            if ($line -cmatch $script:code) { return '' }
            $script:asked = $false
        }
        if (-not $inner -and $line -is [string] -and (Test-Lapsed) -and (Test-Wanted $line)) {
            if (-not (Update-Session)) { return '' }
        }
    }
    # The host would pass over it in silence.
    catch { $Host.UI.WriteErrorLine("awsenv: $(Get-Visible $_.Exception.Message)") }
    $line
}

# --- 11. the awsenv command ----------------------------------------------------------------

# The command itself is awsenv-command.ps1, which calls these.
$script:switched = @{}

# `awsenv auto on|off|all` and `awsenv prompt on|off`, in this shell and what it starts.
function Set-Switch([string]$name, [string]$value) {
    $variable = "AWSENV_$($name.ToUpperInvariant())"
    if (-not $script:switched.ContainsKey($variable)) {
        $script:switched[$variable] = [Environment]::GetEnvironmentVariable($variable)
    }
    if ($name -ceq 'auto' -and $value -ceq 'on') { $value = 'match' }
    [Environment]::SetEnvironmentVariable($variable, $value)
}

# Switches to the live session of profile $name as `awsenv assume $name` would, and starts no
# process for it. False, and nothing changed, wherever that is not certain.
function Switch-Session([string]$name) {
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
function Get-Change([string]$name) {
    if (-not $name -or $name.StartsWith('-', [StringComparison]::Ordinal)) { return }
    $key = [BitConverter]::ToString([Text.Encoding]::UTF8.GetBytes($name)).Replace('-', '').ToLowerInvariant()
    $key = $key.Substring(0, [math]::Min(200, $key.Length))
    $note = Get-Record 'names' $key
    if ($null -eq $note -or -not $name.Equals($note['NAME']) -or -not (Test-Time $note['MARGIN'])) { return }
    if (-not (Test-Note $note $key)) { return }
    $values = Get-Session $note['SESSION'] ([long]$note['MARGIN'])
    $baseline = Get-Baseline
    if ($null -eq $values -or $null -eq $baseline) { return }
    $change = [ordered]@{}
    foreach ($variable in $script:credentials) { $change[$variable] = $values[$variable] }
    foreach ($variable in $script:others) { $change[$variable] = $null }
    $put = [ordered]@{ AWS_ACCESS_KEY_ID = $values['AWS_ACCESS_KEY_ID'] }
    foreach ($region in 'AWS_DEFAULT_REGION', 'AWS_REGION') {
        if ($note.ContainsKey('REGION')) { $put[$region] = Get-Encoded $note['REGION'] }
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

# True if what awsenv has noted about a profile's name still holds: the AWS files carry the times
# that the note's own files were given, and the settings are those of then.
function Test-Note($note, [string]$key) {
    $settings = ''
    foreach ($name in $note['RELEVANT'].Split([char]' ')) {
        $value = [Environment]::GetEnvironmentVariable($name)
        # Empty and unset look the same here, and are not the same to all of them. Where a value
        # names another variable, that counts too.
        if ($null -ne $value -and ($value.Length -eq 0 -or $value.IndexOfAny([char[]]'$%') -ge 0)) { return $false }
        $settings += "|$name=$value"
    }
    $settings.Equals($note['PLAIN_ENVIRONMENT']) -and
    (Test-SameTime $note['CONFIG'] (Get-CacheFile 'names' $key)) -and
    (Test-SameTime $note['CREDENTIALS'] (Get-CacheFile 'names' "$key.credentials"))
}

function Test-SameTime([string]$path, $stamp) {
    # What is relative to somewhere else here than in the program, and whose time is a link's, is
    # for the program.
    if (-not [IO.Path]::IsPathRooted($path)) { return $false }
    $file = [IO.FileInfo]::new($path)
    foreach ($each in $file, $stamp) {
        if (-not $each.Exists -or ($each.Attributes -band [IO.FileAttributes]::ReparsePoint)) { return $false }
    }
    $file.LastWriteTimeUtc.Ticks -eq $stamp.LastWriteTimeUtc.Ticks
}

$script:others = 'AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_SECURITY_TOKEN'

# What AWSENV_BASELINE has to say: the variables' values as if awsenv had never run here, encoded.
# Nothing where only the program can tell what is whose.
function Get-Baseline {
    $isOurs = $null -ne $env:AWSENV_PUT
    if ($isOurs -and (-not (Test-Ours) -or -not ($env:AWSENV_PUT -cmatch '^AWS_ACCESS_KEY_ID='))) { return }
    $before, $put = (Get-Pairs $env:AWSENV_BASELINE), (Get-Pairs $env:AWSENV_PUT)
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
    }
    $baseline
}

# The names, and the values as they are encoded, in a text of NAME=value pairs.
function Get-Pairs([string]$text) {
    $pairs = @{}
    foreach ($pair in $text.Split([char]'&')) {
        $name, $value = $pair.Split([char[]]'=', 2)
        $pairs[$name] = $value
    }
    $pairs
}

function Get-Encoded([string]$text) {
    $encoded = [Uri]::EscapeDataString($text)
    foreach ($char in ':', '/', '+', '=', ',', '@') { $encoded = $encoded.Replace([Uri]::HexEscape($char), $char) }
    # Windows PowerShell leaves these as they are.
    foreach ($char in '!', '*', "'", '(', ')') { $encoded = $encoded.Replace($char, [Uri]::HexEscape($char)) }
    $encoded
}

function Join-Pairs($pairs) {
    $texts = foreach ($name in $pairs.Keys) { "$name=$($pairs[$name])" }
    $texts -join '&'
}

# How the command $call is written in $text, its caller's: 'caught' where its output goes
# somewhere, 'alone' where it is all of a line at the prompt, else 'inside'.
function Get-CallKind($call, [string]$text) {
    if ($call.PipelinePosition -lt $call.PipelineLength) { return 'caught' }
    $tokens = $problems = $node = $null
    $tree = [Management.Automation.Language.Parser]::ParseInput($text, [ref]$tokens, [ref]$problems)
    foreach ($command in Get-Commands $tree) {
        $at = $command.Extent
        if ($at.StartLineNumber -eq $call.ScriptLineNumber -and $at.StartColumnNumber -eq $call.OffsetInLine) {
            $node = $command
        }
    }
    if ($null -eq $node) { return 'inside' }
    foreach ($redirection in $node.Redirections) {
        $isFile = $redirection -is [Management.Automation.Language.FileRedirectionAst]
        if ($isFile -and $redirection.FromStream -in 'Output', 'All') { return 'caught' }
    }
    $alone = -not $call.ScriptName -and -not $problems.Count -and $null -ne $tree.EndBlock -and
    $tree.EndBlock.Statements.Count -eq 1
    for ($parent = $node.Parent; $null -ne $parent; $node, $parent = $parent, $parent.Parent) {
        if (Test-Catches $node $parent) { return 'caught' }
        $kind = $parent.GetType().Name
        if ($kind -ceq 'FunctionDefinitionAst') { return 'inside' }
        if ($kind -notin 'PipelineAst', 'PipelineChainAst', 'NamedBlockAst', 'ScriptBlockAst') { $alone = $false }
    }
    if ($alone) { 'alone' } else { 'inside' }
}

# True if the output of $node does not go where the output of $parent goes.
function Test-Catches($node, $parent) {
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

# Applies what `awsenv assume` and its like have printed to the session. A failure ends the
# script or the line it is part of; alone at the prompt, awsenv itself has said all there is to say.
function Complete-Call([string]$command, $text, [int]$code, [string]$kind) {
    if ($code -eq 0) {
        if (Test-Statement $text) { $null = & ([scriptblock]::Create($text)) } else { $text }
    }
    elseif ($kind -cne 'alone') {
        if ("$text" -cmatch "^throw '(awsenv: ([^']|'')*)'\z") { throw $Matches[1].Replace("''", "'") }
        throw "awsenv: $command did not succeed"
    }
}

$alias:awsenv = [IO.Path]::Combine($PSScriptRoot, 'awsenv-command.ps1')
$alias:awsenv_unload = $alias:awsenv

# --- 12. completion ------------------------------------------------------------------------

# The program knows commands, options and profiles.
function Get-Candidates($command, [int]$cursor) {
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
function Get-OtherCandidates($command, [int]$cursor, [int]$from) {
    $at = $command.Extent
    $line = $at.Text.PadRight($cursor - $at.StartOffset).Substring($from - $at.StartOffset, $cursor - $from)
    [Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches
}

function Get-Candidate([string]$name, [string]$about) {
    $written = $name
    if (-not ($name -cmatch '^[A-Za-z0-9_./:=+-]+\z')) {
        $written = "'$([Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($name))'"
    }
    if (-not $about) { $about = $name }
    [Management.Automation.CompletionResult]::new($written, $name, 'ParameterValue', $about)
}

Microsoft.PowerShell.Core\Register-ArgumentCompleter -Native -CommandName awsenv -ScriptBlock {
    param($word, $command, $cursor)
    Get-Candidates $command $cursor
}

# --- 13. unload ----------------------------------------------------------------------------

# `Remove-Module awsenv` runs this, and so does `awsenv_unload`.
$script:module.OnRemove = {
    # Where other tools hold one of our functions, it goes on as a mere passage.
    $script:unloaded = $true
    $ExecutionContext.Events.UnsubscribeEvent($script:idle)
    $wrap = Find-Wrap $script:prompts ${function:global:prompt}
    if ($wrap) { ${function:global:prompt} = $wrap.Previous }
    $wrap = Find-Wrap $script:readers ${function:global:PSConsoleHostReadLine}
    # A function is only removed by its name without a scope.
    if ($wrap -and $null -eq $wrap.Previous) { ${function:PSConsoleHostReadLine} = $null }
    elseif ($wrap) { ${function:global:PSConsoleHostReadLine} = $wrap.Previous }
    Microsoft.PowerShell.Core\Register-ArgumentCompleter -Native -CommandName awsenv -ScriptBlock $null
    foreach ($variable in $script:switched.Keys) {
        $before = $script:switched[$variable]
        if ($null -eq $before) { $before = [NullString]::Value }
        [Environment]::SetEnvironmentVariable($variable, $before)
    }
}

Join-Prompt
Join-Reader
# Once the first prompt is there, all of $PROFILE has run. What another tool has set since then,
# without calling what was there, has left neither of our two to notice it.
$script:idle = $ExecutionContext.Events.SubscribeEvent($null, [NullString]::Value, 'PowerShell.OnIdle', $null, {
        # The engine runs this apart from its module.
        foreach ($awsenv in Microsoft.PowerShell.Core\Get-Module -Name awsenv) {
            if ($awsenv.ExportedAliases.ContainsKey('awsenv')) { & $awsenv { Join-Again } }
        }
    }, $true, $false, 1)

$exported = 'AWSENV_SEGMENT', 'AWSENV_COLOR', 'AWSENV_COLOR_END'
Microsoft.PowerShell.Core\Export-ModuleMember -Function awsenv_segment -Alias awsenv, awsenv_unload -Variable $exported
