# What `awsenv` runs in a session with the module awsenv. A script, for a function would lose `$?`
# and `&&`. assume, unset and refresh act on the session; everything else is the program, untouched.
# Without help in comments: with it, PowerShell would keep a -? to itself.
if ($MyInvocation.InvocationName -eq 'awsenv_unload') {
    # Here, and not in the module: Remove-Module clears the session that it is called in.
    Microsoft.PowerShell.Core\Remove-Module -Name awsenv
    return
}
if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
    # A session that has become a constrained one. Nothing but cmdlets may be called.
    $awsenvFound = @(Microsoft.PowerShell.Core\Get-Command awsenv -CommandType Application -ErrorAction Ignore)
    if (-not $awsenvFound) {
        Microsoft.PowerShell.Utility\Write-Error 'awsenv: there is no program awsenv on PATH' -ErrorAction Continue
        exit 127
    }
    $awsenvProgram = $awsenvFound[0]
    if ($MyInvocation.ExpectingInput) { $input | & $awsenvProgram @args } else { & $awsenvProgram @args }
    exit $LASTEXITCODE
}
foreach ($awsenv in Microsoft.PowerShell.Core\Get-Module -Name awsenv) {
    if ($awsenv.ExportedAliases.ContainsKey('awsenv')) { break }
}
# Names that are no caller's: the call below is evaluated here, and sees the caller's variables.
$awsenvGiven = $args
$awsenvLook = { , $ExecutionContext.SessionState.PSVariable.GetValue($args[0]) }
$awsenvCall = & $awsenv { Read-Rest; Start-Call @args } $MyInvocation $args $awsenvLook
if ($null -ne $awsenvCall.Code) { $awsenvCall.Text; exit $awsenvCall.Code }
$awsenvProgram = $awsenvCall.Program
$awsenvScript = [scriptblock]::Create($awsenvCall.Script)
if ($awsenvCall.IsApplied) {
    # A failure is dealt with by Complete-Call.
    $PSNativeCommandUseErrorActionPreference = $false
    $awsenvText = & $awsenvScript
    $awsenvCode = $LASTEXITCODE
    & $awsenv { Complete-Call @args } $awsenvCall $awsenvText $awsenvCode
    exit $awsenvCode
}
if ($MyInvocation.ExpectingInput) { $input | & $awsenvScript } else { & $awsenvScript }
exit $LASTEXITCODE
