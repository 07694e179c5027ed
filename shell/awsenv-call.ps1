# What awsenv-more.ps1 reads with itself: how a call of `awsenv` was written, so that the program gets
# the words as another program would.

# Where the command $call stands in $text, its caller's: its Node in the syntax tree, nothing where
# that cannot be told; and as Kind 'caught' where its output goes somewhere, 'alone' where it is all
# of a line at the prompt, else 'inside'.
function script:Get-Call($call, [string]$text) {
    $tree = Get-Tree $text
    if (-not [object]::ReferenceEquals($tree, $script:placesOf)) {
        # Once for a text: a loop calls from the same place again and again.
        $script:places = @{}
        foreach ($command in Get-Commands $tree) {
            $script:places["$($command.Extent.StartLineNumber):$($command.Extent.StartColumnNumber)"] = $command
        }
        $script:placesOf = $tree
    }
    $node = $script:places["$($call.ScriptLineNumber):$($call.OffsetInLine)"]
    $kind = 'caught'
    if ($call.PipelinePosition -ge $call.PipelineLength) {
        $kind = if ($null -eq $node) { 'inside' } else { Get-CallKind $node $tree (-not $call.ScriptName) }
    }
    @{ Node = $node; Kind = $kind }
}

$script:places = @{}
$script:placesOf = $null

function script:Get-CallKind($node, $tree, [bool]$isLine) {
    foreach ($redirection in $node.Redirections) {
        $isFile = $redirection -is [Management.Automation.Language.FileRedirectionAst]
        if ($isFile -and $redirection.FromStream -in 'Output', 'All') { return 'caught' }
    }
    $alone = $isLine -and $null -ne $tree.EndBlock -and $tree.EndBlock.Statements.Count -eq 1
    for ($parent = $node.Parent; $null -ne $parent; $node, $parent = $parent, $parent.Parent) {
        if (Test-Catches $node $parent) { return 'caught' }
        $kind = $parent.GetType().Name
        if ($kind -ceq 'FunctionDefinitionAst') { return 'inside' }
        if ($kind -notin 'PipelineAst', 'PipelineChainAst', 'NamedBlockAst', 'ScriptBlockAst') { $alone = $false }
    }
    if ($alone) { 'alone' } else { 'inside' }
}

# True if the output of $node does not go where the output of $parent goes.
function script:Test-Catches($node, $parent) {
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

# A script that calls the program $awsenvProgram with the arguments of the call $node as a program
# would get them. PowerShell hands a script its arguments changed: without the first `--`, with
# `-x:y` in two, and a script that hands them on expands a quoted '~'. So the words are taken as they
# are typed; what is no constant has been evaluated by then and is in $given, which the script knows
# as $awsenvGiven. $more comes behind the first word. The call begins on the first line: with an error
# on another one, PowerShell shows that line of ours.
function script:Get-CallScript($node, [object[]]$given, [string]$more, [bool]$isFed, [scriptblock]$look) {
    $before, $words = '', $null
    if ($null -ne $node) { $before, $words = Get-TypedWords $node $given $more $look }
    if ($null -eq $words) { $words = Get-GivenWords $given $more }
    $feed = if ($isFed) { '$input | ' } else { '' }
    if ($given.Count -and "$($given[0])" -ceq 'doctor') {
        # It asks whether the hook is loaded, and of which version.
        $before += '$env:AWSENV_HOOK = ' + "'powershell 0.1.0'; "
        return "${before}try { $feed& `$awsenvProgram$words`n} finally { `$env:AWSENV_HOOK = `$null }`n"
    }
    "$before$feed& `$awsenvProgram$words`n"
}

# Nothing where what is typed and what is given do not go together; else what is to be done before, and the words.
function script:Get-TypedWords($node, [object[]]$given, [string]$more, [scriptblock]$look) {
    $elements = $node.CommandElements
    $counts = @(Get-Counts $elements $given.Count $look)
    if (-not $counts.Count) { return }
    $before, $words, $index = '', '', 0
    for ($number = 1; $number -lt $elements.Count; $number++) {
        $element = $elements[$number]
        if ($number -eq 1 -or $elements[$number - 1].Extent.EndOffset -ne $element.Extent.StartOffset) { $words += ' ' }
        if ((Test-Splat $element) -and $element.VariablePath.UserPath -eq 'args') {
            # What $args is there is another one here. Copied, for it has marks that indexing loses.
            $count = $counts[$number]
            $before += "`$awsenvSplat$number = [object[]]::new($count); "
            $before += "[Array]::Copy(`$awsenvGiven, $index, `$awsenvSplat$number, 0, $count); "
            $words += "@awsenvSplat$number"
        }
        else { $words += Get-WordText $element "[$index]" }
        if ($number -eq 1) { $words += $more }
        $index += $counts[$number]
    }
    $before, $words
}

function script:Test-Splat($element) {
    $element -is [Management.Automation.Language.VariableExpressionAst] -and $element.Splatted
}

# How many arguments a script gets of each of $elements, where it gets those of a hashtable last of
# all; nothing where that is not certain. $look gives the value of a variable of the caller's.
function script:Get-Counts($elements, [int]$total, [scriptblock]$look) {
    $counts = @(0) * $elements.Count
    $open = 0
    for ($number = 1; $number -lt $elements.Count; $number++) {
        $element = $elements[$number]
        if ((Test-Splat $element) -and $element.VariablePath.UserPath -eq 'args') {
            # Another one by now: what is left.
            if ($open) { return }
            $open = $number
        }
        elseif (Test-Splat $element) {
            $value = & $look $element.VariablePath.UserPath
            if ($value -is [Collections.IDictionary]) { $total -= 2 * $value.Count }
            elseif ($value -is [Collections.IList]) { $counts[$number] = $value.Count }
            else { return }
        }
        elseif ($element -isnot [Management.Automation.Language.CommandParameterAst]) { $counts[$number] = 1 }
        elseif ($null -ne $element.Argument) { $counts[$number] = 2 }
        elseif ($element.Extent.Text -cne '--') { $counts[$number] = 1 }
        $total -= $counts[$number]
    }
    if ($open) { $counts[$open] = $total }
    if ($total -eq 0 -or ($open -and $total -gt 0)) { $counts }
}

# The text of one word, whose value is $awsenvGiven$path.
function script:Get-WordText($element, [string]$path) {
    $text = $element.Extent.Text
    switch ($element.GetType().Name) {
        'CommandParameterAst' {
            if ($null -eq $element.Argument) { return $text }
            # The name is an argument of its own, before the value.
            $value = "[$([int]$path.Trim('[', ']') + 1)]"
            $name = $text.Substring(0, $element.Argument.Extent.StartOffset - $element.Extent.StartOffset)
            return $name + (Get-WordText $element.Argument $value)
        }
        'ExpandableStringExpressionAst' { return Get-GivenText $path ($element.StringConstantType -ne 'BareWord') }
        'ArrayLiteralAst' {
            # A program gets the text of a list, which is part of the syntax tree.
            if (Test-Plain $element) { return $text }
        }
        { $_ -in 'StringConstantExpressionAst', 'ConstantExpressionAst' } { return $text }
    }
    if (Test-Splat $element) { return $text }
    Get-GivenText $path $false
}

# True if evaluating it once more does nothing.
function script:Test-Plain($list) {
    foreach ($element in $list.Elements) {
        $isPlain = $element -is [Management.Automation.Language.ConstantExpressionAst] -or
        $element -is [Management.Automation.Language.VariableExpressionAst] -or
        ($element -is [Management.Automation.Language.ArrayLiteralAst] -and (Test-Plain $element))
        if (-not $isPlain) { return $false }
    }
    $true
}

# A quoted string stays as it is; all else may be a pattern for names of files.
function script:Get-GivenText([string]$path, [bool]$isQuoted) {
    if ($isQuoted) { '"$($awsenvGiven' + $path + ')"' } else { '$awsenvGiven' + $path }
}

# The words of a call that has no text, such as another program's of .NET.
function script:Get-GivenWords([object[]]$given, [string]$more) {
    $words = ''
    for ($index = 0; $index -lt $given.Count; $index++) {
        $words += ' ' + (Get-GivenText "[$index]" ($given[$index] -is [string]))
        if ($index -eq 0) { $words += $more }
    }
    $words
}

# What awsenv_command.ps1 is to do for its call: Code, to end with it; else the Script that calls
# Program, and whether what that prints IsApplied to the session.
function script:Start-Call($invocation, [object[]]$given, [scriptblock]$look) {
    # Where another tool has taken the place of our lookup action, nothing has begun yet.
    Start-Hook
    # Names and colours may be others afterwards.
    $script:shared.Until = [long]0
    $line = $given -join ' '
    $command, $value = $line -split ' '
    if ($command -ceq 'auto' -or $line -cmatch '^prompt (on|off)\z') { return Set-Switch $command $value $line }
    # This function, the block that called it, and the script stand before the caller.
    $stack = @([runspace]::DefaultRunspace.Debugger.GetCallStack())
    $caller = if ($stack.Count -gt 3) { $stack[3].Position }
    $text = if ($null -ne $caller) { $caller.StartScriptPosition.GetFullScript() }
    $call = Get-Call $invocation "$text"
    $isStatement = Test-IsStatement $given
    $isApplied = $isStatement -and $call.Kind -cne 'caught'
    $isPlain = $isApplied -and $command -ceq 'assume' -and $given.Count -eq 2 -and $given[1] -is [string]
    if ($isPlain -and (Switch-Session $given[1])) { return @{ Code = 0; Text = $null } }
    $program = Get-Program
    if (-not $program) {
        if ($isStatement -and $call.Kind -cne 'alone') { & $script:throw $script:noProgram }
        $Host.UI.WriteErrorLine($script:noProgram)
        return @{ Code = 127; Text = $null }
    }
    if ($command -cmatch '^(status|doctor)\z' -and
        $null -ne $ExecutionContext.SessionState.PSVariable.GetValue('global:StoredAWSCredentials')) {
        $about = 'Set-AWSCredential has set $StoredAWSCredentials'
        $Host.UI.WriteErrorLine("awsenv: $about, which the AWS cmdlets prefer to the session of this shell")
        $Host.UI.WriteErrorLine('hint: Clear-AWSCredential takes it away')
    }
    $more = if ($isStatement) { ' --shell powershell' } else { '' }
    @{
        Code = $null
        Command = $command
        Kind = $call.Kind
        Program = $program
        IsApplied = $isApplied
        Script = Get-CallScript $call.Node $given $more $invocation.ExpectingInput $look
    }
}

$script:noProgram = 'awsenv: there is no program awsenv on PATH; get it with `uv tool install awsenv-shell`'

# True for a call whose output is statements for this session.
function script:Test-IsStatement([object[]]$given) {
    if (-not ("$(@($given)[0])" -cmatch '^(assume|unset|refresh)\z')) { return $false }
    foreach ($word in $given) {
        if ("$word" -cmatch '^--(help|print|(shell|format)(=.*)?)\z') { return $false }
    }
    $true
}

# Applies what `awsenv assume` and its like have printed to the session. A failure ends the
# script or the line it is part of; alone at the prompt, awsenv itself has said all there is to say.
function script:Complete-Call($call, $text, [int]$code) {
    if ($code -eq 0) {
        if (Test-Statement $text) { $null = & ([scriptblock]::Create($text)) } else { $text }
    }
    elseif ($call.Kind -cne 'alone') {
        if ("$text" -cmatch "^throw '(awsenv: ([^']|'')*)'\z") { & $script:throw $Matches[1].Replace("''", "'") }
        & $script:throw "awsenv: $($call.Command) did not succeed"
    }
}
