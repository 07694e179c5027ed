# What awsenv in PowerShell takes from the first line on, or from a first prompt that has something to
# show: awsenv.psm1 reads it. `script:` in front of the functions' names puts them into the module,
# from wherever they are read.

# --- 10. hooking in ------------------------------------------------------------------------

# Other tools set `prompt` and PSConsoleHostReadLine as well, before or after us, and some do not
# call what was there. So each of our two notes that it ran; the other one, finding that it did
# not, puts it around what is there by then. Where another tool has put itself around ours and is
# wrapped once more, the inner one of ours does nothing.

# The prompt that is put around $own.Previous: a closure, which belongs to no module that is ever
# removed, whoever copies it. Without a session it does next to nothing.
function script:Get-Prompt($own) {
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
            # The first is that of the session's profile; without one the others do not matter.
            $isNothing = '' -eq $awsenv.Front -and $null -eq $values[0]
            $isNothing = $isNothing -and $null -eq [Environment]::GetEnvironmentVariable($names[0])
            if ($isNothing) { $same, $names = $true, @() }
            for ($index = 0; $same -and $index -lt $names.Count; $index++) {
                # Compared by their characters, and null is not ''.
                $same = [object]::Equals([Environment]::GetEnvironmentVariable($names[$index]), $values[$index])
            }
            if (-not $same) { & $awsenv.Module { Update-Front @args } $now }
            # The only way to set `$?`. Nothing may stand between it and the call.
            if (-not $ok) { Microsoft.PowerShell.Utility\Write-Error '' -ErrorAction Ignore }
            try { $text = & $own.Previous } catch { if ('' -eq $awsenv.Front) { throw } else { $text = $null } }
            $front = $awsenv.Front
            # Unless the person places it.
            $inner = $awsenv.Inner
            if ('' -eq $front -or $own.Places -or ($null -ne $inner -and $inner.Places)) { $text }
            # Plain text, as nearly always. Add-Segment knows the rest.
            elseif ($text -is [string] -and $text.Length -and -not $awsenv.InReader -and
                $text[0] -cne $awsenv.LineEnds[0] -and $text[0] -cne $awsenv.LineEnds[1] -and
                $text.IndexOf($awsenv.Mark, [StringComparison]::Ordinal) -lt 0) { $front + $text }
            else { & $awsenv.Module { Add-Segment @args } @($text) }
        }
        finally { $awsenv.InPrompt = $false }
    }.GetNewClosure()
}

# The reader around $own.Previous; where that is nothing, around what the host does by itself.
function script:Get-Reader($own) {
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
function script:Find-Wrap($wraps, $present) {
    foreach ($wrap in $wraps) { if ([object]::ReferenceEquals($wrap.Ours, $present)) { return $wrap } }
}

function script:Join-Prompt {
    $present = ${function:global:prompt}
    if ($null -eq $present -or (Find-Wrap $script:prompts $present)) { return }
    $isPlaced = "$present".IndexOf('awsenv_segment', [StringComparison]::OrdinalIgnoreCase) -ge 0
    $own = @{ Previous = $present; Places = $isPlaced; Ours = $null; HasText = $false }
    $own.Ours = Get-Prompt $own
    try { ${function:global:prompt} = $own.Ours } catch { Show-Failure "prompt cannot be changed: $_"; return }
    $script:prompts += $own
}

function script:Join-Reader {
    $present = ${function:global:PSConsoleHostReadLine}
    if ($script:readers.Count -and (Find-Wrap $script:readers $present)) { return }
    $own = @{ Previous = $present; Ours = $null }
    $own.Ours = Get-Reader $own
    try { ${function:global:PSConsoleHostReadLine} = $own.Ours }
    catch { Show-Failure "PSConsoleHostReadLine cannot be changed: $_"; return }
    $script:readers += $own
}

# Says what is wrong once, and not at every prompt.
function script:Show-Failure([string]$text) {
    if ($script:shared.Failed.Contains($text)) { return }
    $script:shared.Failed += "$text`n"
    Read-Rest
    $Host.UI.WriteErrorLine("awsenv: $(Get-Visible $text)")
}

# Called at a prompt, where what the segment shows may be another by now.
function script:Update-Front([long]$now) {
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
function script:Read-Line([bool]$ok, $own) {
    $shared = $script:shared
    if (-not $shared.PromptRan) { Join-Prompt }
    $shared.PromptRan = $false
    $shared.InReader = $shared.ReaderRan = $true
    $filter = $null
    if (-not $script:completes) { Register-Completion; Start-Idle }
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
function script:Get-Line([bool]$ok, $own) {
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
function script:Start-Idle {
    if ($null -ne $script:idle) { Stop-Idle }
    $script:idle = $ExecutionContext.Events.SubscribeEvent($null, [NullString]::Value, 'PowerShell.OnIdle', $null, {
            # The engine runs this apart from its module.
            foreach ($awsenv in Microsoft.PowerShell.Core\Get-Module -Name awsenv) {
                if ($awsenv.ExportedAliases.ContainsKey('awsenv')) { & $awsenv { Join-Again } }
            }
        }, $true, $false, 1)
}

function script:Stop-Idle {
    if ($null -ne $script:idle) { $ExecutionContext.Events.UnsubscribeEvent($script:idle) }
    $script:idle = $null
}

# Our reader, if it is the one that waits, has seen to the prompt itself.
function script:Join-Again {
    try { Set-PromptText } catch { Show-Failure "$_" }
    if ($script:shared.InReader) { return }
    if (-not $script:shared.PromptRan) { Join-Prompt }
    Join-Reader
}

# posh-git replaces no prompt but PowerShell's own, and takes back none but its own. It knows them by
# their text, so ours gets the text of what it is around: a script block made by hand, which has that
# text and calls ours. In a pause, for this takes some ten milliseconds.
function script:Set-PromptText {
    $wrap = Find-Wrap $script:prompts ${function:global:prompt}
    if ($null -eq $wrap -or $wrap.HasText) { return }
    $wrap.HasText = $true
    $text = "$($wrap.Previous)"
    $start = [Management.Automation.Language.ScriptPosition]::new('', 1, 1, $text, $text)
    $end = [Management.Automation.Language.ScriptPosition]::new('', 1, $text.Length + 1, $text, $text)
    $at = [Management.Automation.Language.ScriptExtent]::new($start, $end)
    $words = [Management.Automation.Language.CommandElementAst[]]::new(1)
    $words[0] = [Management.Automation.Language.ConstantExpressionAst]::new($at, $wrap.Ours)
    $call = [Management.Automation.Language.CommandAst]::new($at, $words, 'Ampersand', $null)
    $calls = [Management.Automation.Language.StatementAst[]]::new(1)
    $calls[0] = [Management.Automation.Language.PipelineAst]::new($at, $call)
    $body = [Management.Automation.Language.StatementBlockAst]::new($at, $calls, $null)
    $wrap.Ours = [Management.Automation.Language.ScriptBlockAst]::new($at, $null, $body, $false).GetScriptBlock()
    ${function:global:prompt} = $wrap.Ours
}

# --- 12. completion ------------------------------------------------------------------------

# At the first line that is read: the cmdlet takes longer than all else that a start does.
function script:Register-Completion {
    $script:completes = $true
    Microsoft.PowerShell.Core\Register-ArgumentCompleter -Native -CommandName awsenv -ScriptBlock {
        param($word, $command, $cursor)
        Read-Rest
        Get-Candidates $command $cursor
    }
}

# --- 13. unload ----------------------------------------------------------------------------

function script:Stop-Hook {
    Stop-Idle
    $wrap = Find-Wrap $script:prompts ${function:global:prompt}
    if ($wrap) { ${function:global:prompt} = $wrap.Previous }
    $wrap = Find-Wrap $script:readers ${function:global:PSConsoleHostReadLine}
    # A function is only removed by its name without a scope.
    if ($wrap -and $null -eq $wrap.Previous) { ${function:PSConsoleHostReadLine} = $null }
    elseif ($wrap) { ${function:global:PSConsoleHostReadLine} = $wrap.Previous }
    if ($script:completes) {
        Microsoft.PowerShell.Core\Register-ArgumentCompleter -Native -CommandName awsenv -ScriptBlock $null
    }
}
