<#
.SYNOPSIS
AWS credentials in your shell: one MFA code a day serves every role and every terminal.

.DESCRIPTION
awsenv assume NAME gives this session the credentials of profile NAME, awsenv unset takes them away,
awsenv refresh renews them. Everything else is the program awsenv: see awsenv --help.

.EXAMPLE
awsenv assume prod-admin

.EXAMPLE
awsenv exec prod-admin aws s3 ls

.LINK
about_awsenv

.LINK
https://github.com/awsenv/awsenv
#>

# What `awsenv` runs in a session with the module awsenv. A script, for a function would lose `$?`
# and `&&`. assume, unset and refresh act on the session; everything else is the program, untouched.
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
