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
    Test-Stays ([Environment]::GetCommandLineArgs()) ([IO.Path]::DirectorySeparatorChar -eq '\')
}

# True if a PowerShell that is called by $words waits for lines in the end.
function Test-Stays([string[]]$words, [bool]$slashes) {
    # PowerShell takes every kind of dash for one, and on Windows a / as well.
    $dash = if ($slashes) { '^[-\u2013-\u2015/]-?' } else { '^[-\u2013-\u2015]-?' }
    $stays = $isValue = $false
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
$script:read = $script:hooked = $script:completes = $false
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
    # What a command to the terminal begins with, and so the marks of a prompt.
    Mark = "$([char]27)]"; LineEnds = [char]10, [char]13
}

# Each reads one of the other files, once.
function Read-Hook {
    if (-not $script:hooked) {
        . "$PSScriptRoot/awsenv-hook.ps1"
        $script:hooked = $true
    }
}

function Read-Rest {
    if (-not $script:read) {
        . "$PSScriptRoot/awsenv-more.ps1"
        $script:read = $true
    }
}

# --- 5. segment ----------------------------------------------------------------------------

function awsenv_segment {
    <#
    .SYNOPSIS
        Gives the session and its time left as text, without colour, for a prompt of your own.
    #>
    Read-Rest
    Update-Segment
    $script:AWSENV_SEGMENT
}

# --- 10. hooking in ------------------------------------------------------------------------

# All of $PROFILE has its turn first: posh-git sets its prompt only where it finds PowerShell's, and
# others replace what is there. So it begins at the moment at which the host looks for the prompt.
# The reader comes at once, and sees to the prompt; a prompt that has something to show, too.
function Start-Hook {
    if ($script:hooked) { return }
    Read-Hook
    Join-Reader
    if ($null -ne $env:AWSENV_PROFILE) { Join-Prompt }
}

# --- 11. the awsenv command ----------------------------------------------------------------

# What `Get-Help awsenv` shows: it looks for a command by the name of the alias's script. In the script
# itself this text would make PowerShell keep any -? for itself, another program's too.
function awsenv_command.ps1 {
    <#
    .SYNOPSIS
        AWS credentials in this shell, with MFA: one code a day for every role.
    .DESCRIPTION
        assume, unset and refresh act on this session. Everything else is the program awsenv, which gets
        its arguments as they are typed: `awsenv --help` lists its commands, `awsenv COMMAND --help` the
        options of one.

        The prompt shows the session and its time left. Once it has expired, a code is asked for just
        before a command that needs AWS. `awsenv auto off` turns that off in this shell, `awsenv_unload`
        takes all of it out.
    .EXAMPLE
        awsenv assume prod-admin

        Gives this shell the role of the profile prod-admin.
    .EXAMPLE
        awsenv exec prod-admin terraform plan

        Runs one command with it, and leaves this shell as it is.
    .EXAMPLE
        awsenv unset

        Puts this shell's own credentials back.
    .LINK
        https://github.com/awsenv/awsenv
    #>
    & $alias:awsenv @args
}
$alias:awsenv = "$PSScriptRoot/awsenv_command.ps1"
$alias:awsenv_unload = $alias:awsenv

# --- 13. unload ----------------------------------------------------------------------------

# `Remove-Module awsenv` runs this, and so does `awsenv_unload`.
$script:module.OnRemove = {
    # Where other tools hold one of our functions, it goes on as a mere passage.
    $script:shared.Module = $null
    Stop-Waiting
    if ($script:hooked) { Stop-Hook }
    foreach ($variable in $script:switched.Keys) {
        $before = $script:switched[$variable]
        if ($null -eq $before) { $before = [NullString]::Value }
        [Environment]::SetEnvironmentVariable($variable, $before)
    }
}

# Another tool may have set one since.
function Stop-Waiting {
    if ([object]::ReferenceEquals($ExecutionContext.InvokeCommand.PreCommandLookupAction, $script:waits)) {
        $ExecutionContext.InvokeCommand.PreCommandLookupAction = $null
    }
}

if ($null -eq $ExecutionContext.InvokeCommand.PreCommandLookupAction) {
    $ExecutionContext.InvokeCommand.PreCommandLookupAction = {
        param($name, $lookup)
        if ($name -ceq 'prompt' -and $lookup.CommandOrigin -eq 'Runspace') {
            $ExecutionContext.InvokeCommand.PreCommandLookupAction = $null
            # An error here would take the prompt away.
            try { Start-Hook } catch { $Host.UI.WriteErrorLine("awsenv: the hook cannot be loaded: $_") }
        }
    }
    $script:waits = $ExecutionContext.InvokeCommand.PreCommandLookupAction
}
else { Start-Hook }

$functions = 'awsenv_segment', 'awsenv_command.ps1'
$variables = 'AWSENV_SEGMENT', 'AWSENV_COLOR', 'AWSENV_COLOR_END'
Microsoft.PowerShell.Core\Export-ModuleMember $functions -Alias awsenv, awsenv_unload -Variable $variables
