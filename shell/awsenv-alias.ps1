# A short name for `awsenv assume`, with completion: `. awsenv-alias.ps1 NAME`, behind the hook.
# `awsenv init powershell --install --alias NAME` adds it to $PROFILE.
param([string]$Name)
if ($Name -cnotmatch '^[A-Za-z0-9_-]+\z') { return }
Microsoft.PowerShell.Management\Set-Item -LiteralPath "function:global:$Name" -Value { awsenv assume @args }
Microsoft.PowerShell.Core\Register-ArgumentCompleter -Native -CommandName $Name -ScriptBlock {
    param($word, $command, $cursor)
    $at = $command.Extent
    $typed = $at.Text.PadRight($cursor - $at.StartOffset).Substring(0, $cursor - $at.StartOffset)
    $line = 'awsenv assume' + $typed.Substring($command.CommandElements[0].Extent.Text.Length)
    [Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches
}
