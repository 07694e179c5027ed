# What `awsenv` runs in a session with the module awsenv. A script, for a function would lose `$?`
# and `&&`. assume, unset and refresh act on the session; everything else is the program, untouched.
if ($MyInvocation.InvocationName -eq 'awsenv_unload') {
    # Here, and not in the module: Remove-Module clears the session that it is called in.
    Microsoft.PowerShell.Core\Remove-Module -Name awsenv
    return
}
foreach ($module in Microsoft.PowerShell.Core\Get-Module -Name awsenv) {
    if ($module.ExportedAliases.ContainsKey('awsenv')) { break }
}
$line = $args -join ' '
$command, $value = $line -split ' '
if ($line -cmatch '^(auto (on|off|all)|prompt (on|off))\z') {
    & $module { Set-Switch @args } $command $value
    exit 0
}
if ($command -ceq 'auto') {
    $Host.UI.WriteErrorLine('awsenv: usage: awsenv auto on|off|all')
    exit 2
}
$isStatement = $command -cmatch '^(assume|unset|refresh)\z'
foreach ($word in $args) {
    if ("$word" -cmatch '^--(|help|print|(shell|format)(=.*)?)\z') { $isStatement = $false }
}
$kind = 'caught'
if ($isStatement) {
    $stack = @([runspace]::DefaultRunspace.Debugger.GetCallStack())
    $caller = if ($stack.Count -gt 1) { $stack[1].Position }
    $text = if ($null -ne $caller) { $caller.StartScriptPosition.GetFullScript() }
    $kind = & $module { Get-CallKind @args } $MyInvocation $text
    $isPlain = $command -ceq 'assume' -and $args.Count -eq 2 -and $args[1] -is [string] -and $kind -cne 'caught'
    if ($isPlain -and (& $module { Switch-Session @args } $args[1])) { exit 0 }
}
$program = & $module { Get-Program }
if (-not $program) {
    if ($isStatement -and $kind -cne 'alone') { throw 'awsenv: there is no program awsenv on PATH' }
    $Host.UI.WriteErrorLine('awsenv: there is no program awsenv on PATH')
    exit 127
}
# Invoke-Expression (awsenv assume ...) and pipes get what the program prints.
if ($isStatement -and $kind -ceq 'caught') { & $program @args --shell powershell; exit $LASTEXITCODE }
if ($isStatement) {
    # A failure is dealt with below.
    $PSNativeCommandUseErrorActionPreference = $false
    $text = & $program @args --shell powershell
    $code = $LASTEXITCODE
    & $module { Complete-Call @args } $command $text $code $kind
    exit $code
}
if ($MyInvocation.ExpectingInput) { $input | & $program @args } else { & $program @args }
exit $LASTEXITCODE
