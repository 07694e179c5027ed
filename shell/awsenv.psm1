# awsenv for PowerShell 7.4 and later (in Windows PowerShell 5.1: prompt and command): the
# session's time left in the prompt, and a code asked for just before the command that needs it.
# `awsenv init powershell --install` adds it to $PROFILE.
# This is what every start of a shell takes; awsenv-more.ps1 beside it is read when it is needed.
# The engine's own API in place of most cmdlets: their first use loads a module, which takes
# longer than this whole file. While it is loaded, operators in place of methods where there is a
# choice: the first call of each takes a millisecond or two.

# --- 1. guard ------------------------------------------------------------------------------

# False in a host that runs one command or script and ends.
function Test-Interactive {
    if ($Host.Name -ceq 'ServerRemoteHost' -or $Host.Name -ceq 'Default Host') { return $false }
    if ($Host.Name -cne 'ConsoleHost') { return $true }
    if ([Console]::IsInputRedirected) { return $false }
    # PowerShell takes every kind of dash for one, and on Windows a / as well.
    $dash = if ([IO.Path]::DirectorySeparatorChar -eq '\') { '^[-\u2013-\u2015/]-?' } else { '^[-\u2013-\u2015]-?' }
    $stays = $isValue = $false
    $words = [Environment]::GetCommandLineArgs()
    for ($index = 1; $index -lt $words.Count; $index++) {
        $word = $words[$index]
        if ($isValue) { $isValue = $false; continue }
        if ($word -match "${dash}noni") { return $false }
        if ($word -match "${dash}noe") { $stays = $true; continue }
        $isValue = $word -match "$dash(cus|config|ex|ep$|inp|if$|o|ps|settings|v|w)"
        if (-not $isValue -and ($word -match "$dash[cef]" -or -not ($word -match $dash))) { return $stays }
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

$script:module = $ExecutionContext.SessionState.Module
$script:AWSENV_SEGMENT = $script:AWSENV_COLOR = $script:AWSENV_COLOR_END = ''
$script:prompts = $script:readers = @()
$script:switched = @{}
$script:read = $script:completes = $false
$script:idle = $script:waits = $null
# What is shared with the prompt and the reader. They outlive the module where another tool holds
# them, so they depend on nothing but this.
$script:shared = @{
    Module = $script:module
    # What the segment is made of besides the time; their values when it was made; the text that is
    # good from one second until another.
    Names = @(
        'AWSENV_PROFILE', 'AWSENV_EXPIRES_AT', 'AWSENV_PUT', 'AWS_ACCESS_KEY_ID', 'AWS_PROFILE', 'AWSENV_PROMPT',
        'AWSENV_PROMPT_FORMAT', 'AWSENV_PROMPT_WARN', 'AWSENV_PROMPT_URGENT', 'AWSENV_PROMPT_COLORS', 'AWSENV_NOTICE',
        'NO_COLOR', 'TERM'
    )
    Values = @($null) * 13
    Front = ''; From = [long]0; Until = [long]0
    InPrompt = $false; InReader = $false; PromptRan = $false; ReaderRan = $false; Prompted = $false
    Inner = $null; Asked = $false; Failed = ''
}

# Reads the rest. It defines its functions in this module, from wherever it is read.
function Read-Rest {
    if (-not $script:read) {
        . "$PSScriptRoot/awsenv-more.ps1"
        $script:read = $true
    }
}

# --- 5. segment ----------------------------------------------------------------------------

# For prompts made by hand: computes the segment anew and gives it, without colour.
function awsenv_segment {
    Read-Rest
    Update-Segment
    $script:AWSENV_SEGMENT
}

# --- 10. hooking in ------------------------------------------------------------------------

# Other tools set `prompt` and PSConsoleHostReadLine as well, before or after us, and some do not
# call what was there. So each of our two notes that it ran; the other one, finding that it did
# not, puts it around what is there by then. Where another tool has put itself around ours and is
# wrapped once more, the inner one of ours does nothing.

# The prompt that is put around $own.Previous: a closure, which belongs to no module that is ever
# removed, whoever copies it. Without a session it does next to nothing.
function Get-Prompt($own) {
    $awsenv = $script:shared
    {
        $ok = $?
        if ($null -eq $awsenv.Module -or $awsenv.InPrompt) {
            $awsenv.Inner = $own
            if (-not $ok) { Microsoft.PowerShell.Utility\Write-Error '' -ErrorAction Ignore }
            return & $own.Previous
        }
        $awsenv.InPrompt = $awsenv.PromptRan = $true
        $awsenv.Inner = $null
        try {
            if (-not $awsenv.InReader) {
                if ($awsenv.Prompted -and -not $awsenv.ReaderRan) { & $awsenv.Module { Join-Reader } }
                $awsenv.Prompted = $true
                $awsenv.ReaderRan = $false
            }
            $now = [DateTimeOffset]::UtcNow.ToUnixTimeSeconds()
            $same = $now -ge $awsenv.From -and $now -lt $awsenv.Until
            $names, $values = $awsenv.Names, $awsenv.Values
            for ($index = 0; $same -and $index -lt $names.Count; $index++) {
                # Compared by their characters, and null is not ''.
                $same = [object]::Equals([Environment]::GetEnvironmentVariable($names[$index]), $values[$index])
            }
            if (-not $same) { & $awsenv.Module { Update-Front @args } $now }
            # The only way to set `$?`. Nothing may stand between it and the call.
            if (-not $ok) { Microsoft.PowerShell.Utility\Write-Error '' -ErrorAction Ignore }
            try { $text = & $own.Previous } catch { if ('' -eq $awsenv.Front) { throw } else { $text = $null } }
            if ('' -eq $awsenv.Front) { $text } else { & $awsenv.Module { Add-Segment @args } $own @($text) }
        }
        finally { $awsenv.InPrompt = $false }
    }.GetNewClosure()
}

# The reader around $own.Previous; where that is nothing, around what the host does by itself.
function Get-Reader($own) {
    $awsenv = $script:shared
    {
        $ok = $?
        if ($null -ne $awsenv.Module -and -not $awsenv.InReader) {
            return & $awsenv.Module { Read-Line @args } $ok $own
        }
        if ($null -eq $own.Previous) { return $Host.UI.ReadLine() }
        if (-not $ok) { Microsoft.PowerShell.Utility\Write-Error '' -ErrorAction Ignore }
        & $own.Previous
    }.GetNewClosure()
}

# The wrap in $wraps that is the function $present; nothing where it is not ours. Compared with
# the ScriptBlock: a FunctionInfo would follow every change of the function.
function Find-Wrap($wraps, $present) {
    foreach ($wrap in $wraps) { if ([object]::ReferenceEquals($wrap.Ours, $present)) { return $wrap } }
}

function Join-Prompt {
    $present = ${function:global:prompt}
    if ($null -eq $present -or (Find-Wrap $script:prompts $present)) { return }
    $own = @{ Previous = $present; Places = $null; Ours = $null }
    $own.Ours = Get-Prompt $own
    try { ${function:global:prompt} = $own.Ours } catch { Show-Failure "prompt cannot be changed: $_"; return }
    $script:prompts += $own
}

function Join-Reader {
    $present = ${function:global:PSConsoleHostReadLine}
    if ($script:readers.Count -and (Find-Wrap $script:readers $present)) { return }
    $own = @{ Previous = $present; Ours = $null }
    $own.Ours = Get-Reader $own
    try { ${function:global:PSConsoleHostReadLine} = $own.Ours }
    catch { Show-Failure "PSConsoleHostReadLine cannot be changed: $_"; return }
    $script:readers += $own
}

# Says what is wrong once, and not at every prompt.
function Show-Failure([string]$text) {
    if ($script:shared.Failed.Contains($text)) { return }
    $script:shared.Failed += "$text`n"
    Read-Rest
    $Host.UI.WriteErrorLine("awsenv: $(Get-Visible $text)")
}

# Called at a prompt, where what the segment shows may be another by now.
function Update-Front([long]$now) {
    try {
        if ($null -ne [Environment]::GetEnvironmentVariable('AWSENV_PROFILE')) {
            Read-Rest
            Update-Segment
            return
        }
        $script:AWSENV_SEGMENT = $script:AWSENV_COLOR = $script:AWSENV_COLOR_END = $script:shared.Front = ''
        $script:shared.Values = @($null) * $script:shared.Names.Count
        for ($index = 0; $index -lt $script:shared.Names.Count; $index++) {
            $script:shared.Values[$index] = [Environment]::GetEnvironmentVariable($script:shared.Names[$index])
        }
        $script:shared.From, $script:shared.Until = $now, [long]::MaxValue
    }
    catch { Show-Failure "$_" }
}

# The line that the host is to run: exactly one string, '' to run nothing.
function Read-Line([bool]$ok, $own) {
    $shared = $script:shared
    if (-not $shared.PromptRan) { Join-Prompt }
    $shared.PromptRan = $false
    $shared.InReader = $shared.ReaderRan = $true
    $filter = $null
    if (-not $script:completes) { Register-Completion }
    if ($null -ne $script:waits) { Stop-Waiting }
    try {
        if ($shared.Asked) { $filter = Set-HistoryFilter }
        $line = Get-Line $ok $own
    }
    finally {
        if ($null -ne $filter) { $filter.Options.AddToHistoryHandler = $filter.Before }
        $shared.InReader = $false
    }
    if ($shared.Asked -or $null -ne [Environment]::GetEnvironmentVariable('AWSENV_EXPIRES_AT')) {
        # The host would pass over it in silence.
        try { Read-Rest; $line = Complete-Line $line } catch { Show-Failure "$_" }
    }
    Start-Idle
    $line
}

# A line by the reader that was there. The host reads again at once, for ever, after one that fails
# or gives nothing, and by itself after one that gives several objects.
function Get-Line([bool]$ok, $own) {
    if ($null -ne $own.Previous) {
        try {
            if (-not $ok) { Microsoft.PowerShell.Utility\Write-Error '' -ErrorAction Ignore }
            $lines = @(& $own.Previous)
            for ($index = $lines.Count - 1; $index -ge 0; $index--) {
                if ($lines[$index] -is [string]) { return $lines[$index] }
            }
            Show-Failure 'PSConsoleHostReadLine gives no line; lines are read without it'
        }
        catch { Show-Failure "PSConsoleHostReadLine fails, lines are read without it: $_" }
    }
    $Host.UI.ReadLine()
}

# At the first pause of each line: a line, or the rest of $PROFILE, may have set both prompt and
# reader to others that do not call ours, which has left neither of the two to notice it.
function Start-Idle {
    if ($null -ne $script:idle) { Stop-Idle }
    $script:idle = $ExecutionContext.Events.SubscribeEvent($null, [NullString]::Value, 'PowerShell.OnIdle', $null, {
            # The engine runs this apart from its module.
            foreach ($awsenv in Microsoft.PowerShell.Core\Get-Module -Name awsenv) {
                if ($awsenv.ExportedAliases.ContainsKey('awsenv')) { & $awsenv { Join-Again } }
            }
        }, $true, $false, 1)
}

function Stop-Idle {
    if ($null -ne $script:idle) { $ExecutionContext.Events.UnsubscribeEvent($script:idle) }
    $script:idle = $null
}

# Another tool may have taken the place of our lookup action.
function Stop-Waiting {
    if ([object]::ReferenceEquals($ExecutionContext.InvokeCommand.PreCommandLookupAction, $script:waits)) {
        $ExecutionContext.InvokeCommand.PreCommandLookupAction = $null
    }
    $script:waits = $null
}

# Our reader, if it is the one that waits, has seen to the prompt itself.
function Join-Again {
    if ($script:shared.InReader) { return }
    if (-not $script:shared.PromptRan) { Join-Prompt }
    Join-Reader
}

# --- 11. the awsenv command ----------------------------------------------------------------

$alias:awsenv = "$PSScriptRoot/awsenv-command.ps1"
$alias:awsenv_unload = $alias:awsenv

# --- 12. completion ------------------------------------------------------------------------

# At the first line that is read: the cmdlet takes longer than all else that a start does.
function Register-Completion {
    $script:completes = $true
    Microsoft.PowerShell.Core\Register-ArgumentCompleter -Native -CommandName awsenv -ScriptBlock {
        param($word, $command, $cursor)
        Read-Rest
        Get-Candidates $command $cursor
    }
}

# --- 13. unload ----------------------------------------------------------------------------

# `Remove-Module awsenv` runs this, and so does `awsenv_unload`.
$script:module.OnRemove = {
    # Where other tools hold one of our functions, it goes on as a mere passage.
    $script:shared.Module = $null
    Stop-Idle
    Stop-Waiting
    $wrap = Find-Wrap $script:prompts ${function:global:prompt}
    if ($wrap) { ${function:global:prompt} = $wrap.Previous }
    $wrap = Find-Wrap $script:readers ${function:global:PSConsoleHostReadLine}
    # A function is only removed by its name without a scope.
    if ($wrap -and $null -eq $wrap.Previous) { ${function:PSConsoleHostReadLine} = $null }
    elseif ($wrap) { ${function:global:PSConsoleHostReadLine} = $wrap.Previous }
    if ($script:completes) {
        Microsoft.PowerShell.Core\Register-ArgumentCompleter -Native -CommandName awsenv -ScriptBlock $null
    }
    foreach ($variable in $script:switched.Keys) {
        $before = $script:switched[$variable]
        if ($null -eq $before) { $before = [NullString]::Value }
        [Environment]::SetEnvironmentVariable($variable, $before)
    }
}

Join-Reader
Start-Idle
# The prompt has its turn after all of $PROFILE: posh-git sets its own only where it finds
# PowerShell's. So our reader wraps it; and where the first prompt has something to show, the moment
# does at which the host looks for it.
if ($null -ne $env:AWSENV_PROFILE -and $null -eq $ExecutionContext.InvokeCommand.PreCommandLookupAction) {
    $ExecutionContext.InvokeCommand.PreCommandLookupAction = {
        param($name, $lookup)
        if ($name -ceq 'prompt' -and $lookup.CommandOrigin -eq 'Runspace') {
            $ExecutionContext.InvokeCommand.PreCommandLookupAction = $null
            Join-Prompt
        }
    }
    $script:waits = $ExecutionContext.InvokeCommand.PreCommandLookupAction
}

$exported = 'AWSENV_SEGMENT', 'AWSENV_COLOR', 'AWSENV_COLOR_END'
Microsoft.PowerShell.Core\Export-ModuleMember -Function awsenv_segment -Alias awsenv, awsenv_unload -Variable $exported
