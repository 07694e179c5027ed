# awsenv as a module of the PowerShell Gallery. `awsenv init powershell` loads awsenv.psm1 directly,
# which takes less time.
@{
    RootModule = 'awsenv.psm1'
    ModuleVersion = '0.1.0'
    GUID = '5f0c3f0e-4d0b-4b5e-9a39-6b0f7c2d8e11'
    Author = 'awsenv contributors'
    CompanyName = 'awsenv'
    Copyright = '(c) awsenv contributors. MIT License.'
    Description = 'AWS credentials in your shell, with MFA: the time left in the prompt, and a code asked for just before the command that needs it. Needs the program awsenv: uv tool install awsenv-shell'
    PowerShellVersion = '5.1'
    CompatiblePSEditions = @('Desktop', 'Core')
    FunctionsToExport = @('awsenv_segment', 'awsenv_command.ps1')
    CmdletsToExport = @()
    VariablesToExport = @('AWSENV_SEGMENT', 'AWSENV_COLOR', 'AWSENV_COLOR_END')
    AliasesToExport = @('awsenv', 'awsenv_unload')
    FileList = @(
        'awsenv.psd1', 'awsenv.psm1', 'awsenv-hook.ps1', 'awsenv-more.ps1', 'awsenv-record.ps1',
        'awsenv-call.ps1', 'awsenv-match.ps1', 'awsenv_command.ps1', 'awsenv-alias.ps1', 'awsenv-commands', 'en-US/about_awsenv.help.txt'
    )
    PrivateData = @{
        PSData = @{
            Tags = @('AWS', 'MFA', 'STS', 'credentials', 'prompt', 'Windows', 'Linux', 'MacOS')
            LicenseUri = 'https://github.com/awsenv/awsenv/blob/main/LICENSE'
            ProjectUri = 'https://github.com/awsenv/awsenv'
            ReleaseNotes = 'https://github.com/awsenv/awsenv/blob/main/CHANGELOG.md'
        }
    }
}
