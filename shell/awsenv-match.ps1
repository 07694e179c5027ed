# Which lines need the session, for awsenv in PowerShell: read when one has expired and a line is
# about to run. docs/matching.md has the rules; the table of commands is awsenv-commands, beside this file.

# --- 1. tables -----------------------------------------------------------------------------

# Each kind of rule by the name of its command.
function script:Read-Table {
    $kinds = @{}
    foreach ($kind in '+', '-', 'k', '=', '>') {
        $kinds[$kind] = [Collections.Generic.Dictionary[string, object]]::new([StringComparer]::OrdinalIgnoreCase)
    }
    $file = [IO.Path]::Combine($PSScriptRoot, 'awsenv-commands')
    $lines = if ([IO.File]::Exists($file)) { [IO.File]::ReadAllLines($file) } else { '+ aws', '- * --profile' }
    foreach ($line in $lines) {
        $kind, $name, $words = $line -split ' +'
        if ($null -eq $name -or -not $kinds.ContainsKey($kind)) { continue }
        $rules = $null
        if (-not $kinds[$kind].TryGetValue($name, [ref]$rules)) {
            $rules = [Collections.Generic.List[object]]::new()
            $kinds[$kind][$name] = $rules
        }
        $rules.Add(@{ Words = @(if ($null -ne $words) { $words }) })
    }
    $script:rules = $kinds
}

$script:rules = $null
# What the command that is looked at has as KUBECONFIG of its own.
$script:kubeFile = ''
$script:own = $null

# What AWSENV_COMMANDS says: names that ask and do not, and patterns of whole commands.
function script:Read-Own([string]$text) {
    $own = @{ Text = $text; Yes = @(); No = @(); Patterns = @() }
    foreach ($part in $text -split '[;\r\n]') {
        $part = $part.Trim()
        if ($part.IndexOfAny([char[]]'*?') -ge 0) {
            $isNo = $part.StartsWith('-', [StringComparison]::Ordinal)
            if ($isNo) { $part = $part.Substring(1) }
            $own.Patterns += @{ Asks = -not $isNo; Pattern = Get-Pattern $part }
            continue
        }
        foreach ($name in -split $part) {
            if ($name -match '^-(.+)') { $own.No += $Matches[1] } else { $own.Yes += $name }
        }
    }
    $script:own = $own
}

# Of all that PowerShell knows in patterns, only * and ?.
function script:Get-Pattern([string]$text) {
    [Management.Automation.WildcardPattern]::new($text.Replace('`', '``').Replace('[', '`[').Replace(']', '`]'))
}

function script:Get-Rules([string]$kind, [string]$name) {
    $rules = $null
    if ($script:rules[$kind].TryGetValue($name, [ref]$rules)) { $rules }
}

# --- 2. a line -----------------------------------------------------------------------------

# True if the line holds a command that needs the session.
function script:Test-LineUsesAws([string]$line) {
    $tokens = $problems = $null
    $tree = [Management.Automation.Language.Parser]::ParseInput($line, [ref]$tokens, [ref]$problems)
    # PowerShell runs nothing of what it cannot read.
    if ($problems.Count) { return $false }
    if ($null -eq $script:rules) { Read-Table }
    if ($null -eq $script:own -or $script:own.Text -cne "$env:AWSENV_COMMANDS") { Read-Own "$env:AWSENV_COMMANDS" }
    $aliases = @{}
    $end = Get-End $tree $line
    foreach ($command in Get-Commands $tree) {
        # From there on the line is another identity's.
        if ($command.Extent.StartOffset -ge $end) { return $false }
        if (Test-InFunction $command) { continue }
        $words = @(Get-CommandWords $command)
        if ($words.Count -eq 0) { continue }
        if (Test-ShortName $words[0]) { $words = @('awsenv', 'assume') + @(Get-Tail $words 1) }
        Add-Alias $words $aliases
        if ((Test-Leaves $words $command) -or (Test-Identity $words)) { return $false }
        foreach ($text in Get-Evaluated $command $words) { if (Test-LineUsesAws $text) { return $true } }
        if (Test-Command $words $aliases) { return $true }
    }
    $false
}

# Where the line sets another identity itself.
function script:Get-End($tree, [string]$line) {
    if ($line -notmatch '\$(env:|\{env:)AWS_') { return [int]::MaxValue }
    foreach ($node in $tree.FindAll({ $args[0] -is [Management.Automation.Language.AssignmentStatementAst] }, $true)) {
        if ($node.Left.Extent.Text -match '^\$\{?env:AWS_(ACCESS_KEY_ID|PROFILE|DEFAULT_PROFILE)\}?$') {
            return $node.Extent.EndOffset
        }
    }
    [int]::MaxValue
}

# A function is only defined by its line; so is a block that is put into a variable, and nothing more.
function script:Test-InFunction($command) {
    $kept = @()
    for ($node = $command; $null -ne $node; $node = $node.Parent) {
        if ($node -is [Management.Automation.Language.FunctionDefinitionAst]) { return $true }
        if ($node -is [Management.Automation.Language.AssignmentStatementAst] -and
            $node.Right -is [Management.Automation.Language.CommandExpressionAst] -and
            $node.Right.Expression -is [Management.Automation.Language.ScriptBlockExpressionAst]) { $kept += $node }
        $tree = $node
    }
    foreach ($node in $kept) {
        $rest = $tree.Extent.Text.Substring($node.Extent.EndOffset - $tree.Extent.StartOffset)
        if ($rest.IndexOf($node.Left.Extent.Text, [StringComparison]::OrdinalIgnoreCase) -lt 0) { return $true }
    }
    $false
}

# What Invoke-Expression is given as text.
function script:Get-Evaluated($command, $words) {
    if ((Get-Definition $words[0] @{}) -ne 'Invoke-Expression') { return }
    $elements = @($command.CommandElements)
    if ($command.Parent -is [Management.Automation.Language.PipelineAst]) {
        $before = $command.Parent.PipelineElements[0]
        if ($before -is [Management.Automation.Language.CommandExpressionAst]) { $elements += $before.Expression }
    }
    foreach ($element in Get-Tail $elements 1) {
        if ($element -is [Management.Automation.Language.StringConstantExpressionAst] -or
            $element -is [Management.Automation.Language.ExpandableStringExpressionAst]) { $element.Value }
    }
}

# True if from here on the shell has another identity; see Get-End.
function script:Test-Identity($words) {
    if ((Get-Definition $words[0] @{}) -notin 'Set-Item', 'New-Item', 'Remove-Item', 'Clear-Item') { return $false }
    [bool](@(Get-Tail $words 1) -match '^(-(lit|p)\w*:)?env:[\\/]?AWS_(ACCESS_KEY_ID|PROFILE|DEFAULT_PROFILE)\b')
}

# The words of a command, what is known of them only when it runs as it is written.
function script:Get-CommandWords($command) {
    $isRest = $false
    foreach ($element in $command.CommandElements) {
        if ($isRest) { -split $element.Extent.Text; continue }
        if ($element -is [Management.Automation.Language.StringConstantExpressionAst]) { $element.Value }
        elseif ($element -is [Management.Automation.Language.ExpandableStringExpressionAst]) { $element.Value }
        # Without its colon, an option of PowerShell's is as another program's.
        else { $element.Extent.Text }
        # What follows is for a program, word by word.
        $isRest = $element.Extent.Text -ceq '--%'
    }
}

# Notes an alias that the line makes itself.
function script:Add-Alias($words, $aliases) {
    if ($words[0] -notin 'Set-Alias', 'New-Alias', 'sal', 'nal') { return }
    $given = @()
    $name = $value = $null
    for ($index = 1; $index -lt $words.Count; $index++) {
        if ($words[$index] -match '^-n') { $name = $words[++$index] }
        elseif ($words[$index] -match '^-v') { $value = $words[++$index] }
        elseif ($words[$index] -match '^-(sc|d|o)') { $index++ }
        elseif ($words[$index] -notmatch '^-') { $given += $words[$index] }
    }
    if ($null -eq $name -and $given.Count) { $name, $given = $given }
    if ($null -eq $value -and @($given).Count) { $value = @($given)[0] }
    if ($name -and $value) { $aliases[$name] = $value }
}

# True for the function that `awsenv init --alias` makes.
function script:Test-ShortName([string]$name) {
    if (-not ($name -match '^[A-Za-z0-9_-]+\z')) { return $false }
    "$($ExecutionContext.SessionState.PSVariable.GetValue("function:$name"))".Trim() -ceq 'awsenv assume @args'
}

# True if the command changes the session of this shell: what comes after it needs it no more.
function script:Test-Leaves($words, $command) {
    if ((Get-BaseName $words[0]) -ne 'awsenv') { return $false }
    foreach ($word in Get-Tail $words 1) {
        if ("$word" -match '^-') { continue }
        if ("$word" -cnotmatch '^(assume|unset|refresh)\z') { return $false }
        # What is caught has to be evaluated for that.
        for ($node = $command; $null -ne $node; $node = $node.Parent) {
            if ($node -is [Management.Automation.Language.PipelineAst]) {
                foreach ($other in $node.PipelineElements) {
                    if ($other -is [Management.Automation.Language.CommandAst] -and
                        $other.GetCommandName() -in 'Invoke-Expression', 'iex') { return $true }
                }
            }
        }
        return (Get-CallKind $command $command.Parent $false) -cne 'caught'
    }
    $false
}

# --- 3. a simple command -------------------------------------------------------------------

# The words from number $from on.
function script:Get-Tail($words, [int]$from) {
    for (; $from -lt $words.Count; $from++) { $words[$from] }
}

function script:Get-BaseName([string]$name) {
    # As in npx cdk@2.100.0.
    $name -replace '^.*[\\/]' -replace '\.(exe|cmd|bat|com|ps1)$' -replace '(?<=.)@.*$'
}

# True if $words are a command that needs the session.
function script:Test-Command($words, $aliases) {
    $at, $isOwn, $isRun, $script:kubeFile = 0, $false, $false, ''
    for ($count = 0; $at -lt $words.Count -and $count -lt 20; $count++) {
        $word = $words[$at]
        # VAR=x, behind env or sudo.
        if ($at -gt 0 -and $word -cmatch '^[A-Za-z_]\w*=') {
            $isOwn = $isOwn -or $word -cmatch '^(AWS_ACCESS_KEY_ID|AWS_PROFILE|AWS_DEFAULT_PROFILE)=.'
            $at++
            continue
        }
        # A text that is run, and not a path with blanks.
        $isText = $isRun -and $word -match '\s' -and -not [IO.File]::Exists($word)
        if ($isText) { return -not $isOwn -and (Test-LineUsesAws $word) }
        $word = Get-Definition $word $aliases
        $name = Get-BaseName $word
        if ($name -eq 'awsenv' -or $script:own.No -contains $name) { return $false }
        if ($script:own.Patterns.Count) {
            $says = Get-OwnAnswer $word $name @(Get-Tail $words ($at + 1))
            if ($null -ne $says) { return $says -and -not $isOwn }
        }
        if ($script:own.Yes -notcontains $name) {
            if ($name -in 'Start-Process', 'Start-Job', 'saps', 'start') { return Test-Started $words $at $aliases }
            $follow = Get-Followed $words $at $name
            if ($null -ne $follow) {
                $at, $isRun = $follow.At, $true
                $isOwn = $isOwn -or $follow.IsOwn
                continue
            }
        }
        if ($isOwn) { return $false }
        return (Test-Asks $words $at $name) -or (Test-AwsCmdlet $word $words)
    }
    $false
}

# What an alias stands for, one of this line's or of the session's.
function script:Get-Definition([string]$name, $aliases) {
    for ($count = 0; $count -lt 4; $count++) {
        if ($aliases.ContainsKey($name)) { $name = $aliases[$name]; continue }
        if (-not ($name -match '^[^\\/*?\[\]:]+$')) { break }
        # The engine's own way looks for files and modules of that name too, which takes long.
        $alias = Microsoft.PowerShell.Utility\Get-Alias -Name $name -ErrorAction Ignore
        if ($null -eq $alias) { break }
        $name = $alias.Definition
    }
    $name
}

# What the person's patterns say of a command: true, false, or nothing.
function script:Get-OwnAnswer([string]$word, [string]$name, $rest) {
    $says = $null
    $text, $short = (@($word) + $rest -join ' '), (@($name) + $rest -join ' ')
    foreach ($each in $script:own.Patterns) {
        if (-not ($each.Pattern.IsMatch($text) -or $each.Pattern.IsMatch($short))) { continue }
        if (-not $each.Asks) { return $false }
        $says = $true
    }
    $says
}

# Start-Process starts a program by its first word, or by -FilePath.
function script:Test-Started($words, [int]$at, $aliases) {
    for ($index = $at + 1; $index -lt $words.Count; $index++) {
        if ($words[$index] -match '^-(fi|pat)') { continue }
        if ($words[$index] -match '^-(nonewwindow|wait|passthru|loaduserprofile)') { continue }
        if ($words[$index] -match '^-') { $index++; continue }
        $rest = foreach ($word in Get-Tail $words ($index + 1)) { if ($word -notmatch '^-a') { $word -split '[, ]' } }
        return Test-Command (@($words[$index]) + @($rest)) $aliases
    }
    $false
}

# Where the command stands that a runner at $at runs, and whether it gets an identity of its own;
# nothing where $name is no runner.
function script:Get-Followed($words, [int]$at, [string]$name) {
    $best = $null
    foreach ($rule in Get-Rules '>' $name) {
        $options = @($rule.Words -like '-*')
        $result = @{ At = $at + 1; Leads = 0; IsOwn = $false }
        $operands = 0
        $fits = $true
        foreach ($part in $rule.Words) {
            if ($part -like '-*') { break }
            if ($part -cmatch '^([0-9]|\*)$') { $operands = $part; continue }
            if ($part.StartsWith('*-', [StringComparison]::Ordinal)) {
                # Behind an option.
                $pattern = $part.Substring(1)
                while ($result.At -lt $words.Count -and $words[$result.At] -cnotlike $pattern) { $result.At++ }
                $fits = ++$result.At -lt $words.Count
                if ($fits) { continue } else { break }
            }
            $null = Skip-Options $words $result $options $name
            if ($result.At -ge $words.Count -or $words[$result.At] -cne $part) { $fits = $false; break }
            $result.Leads++
            $result.At++
        }
        if (-not $fits -or ($null -ne $best -and $result.Leads -le $best.Leads)) { continue }
        $best = $result
        if ($operands -eq '*') {
            while ($result.At -lt $words.Count -and $words[$result.At] -cne '--') { $result.At++ }
            $operands = 1
        }
        elseif (-not (Skip-Options $words $result $options $name)) { $result.At = $words.Count }
        $result.At += [int]$operands
    }
    $best
}

# Moves past options, their values, and VAR=x. False if with one of them nothing is run.
function script:Skip-Options($words, $result, $options, [string]$name) {
    for (; $result.At -lt $words.Count; $result.At++) {
        $word = $words[$result.At]
        if ($word -ceq '--') { $result.At++; return $true }
        if ($word -clike '-?*') {
            if (Test-Option $word $name) { return $false }
            if ($options -ccontains $word) {
                $result.At++
                $isKey = $result.At -lt $words.Count -and $words[$result.At] -ceq 'AWS_ACCESS_KEY_ID'
                if ($isKey) { $result.IsOwn = $true }
            }
        }
        elseif ($word -cmatch '^(AWS_ACCESS_KEY_ID|AWS_PROFILE|AWS_DEFAULT_PROFILE)=.') { $result.IsOwn = $true }
        elseif ($word -cmatch '^KUBECONFIG=(.+)') { $script:kubeFile = $Matches[1] }
        elseif ($word -cnotmatch '^[A-Za-z_]\w*=') { return $true }
    }
    $true
}

# True if with this option the command needs no session.
function script:Test-Option([string]$word, [string]$name) {
    foreach ($each in $name, '*') {
        foreach ($rule in Get-Rules '-' $each) {
            $option = $rule.Words[0]
            if ($option -like '-*' -and ($word -clike $option -or $word -clike "$option=*")) { return $true }
        }
    }
    $false
}

# True if command $name, whose words are those from $at on, needs the session by the rules.
function script:Test-Asks($words, [int]$at, [string]$name) {
    $plus = [int]($script:own.Yes -contains $name)
    $isKube = $script:rules['k'].ContainsKey($name)
    if (-not $plus -and -not $isKube -and -not $script:rules['+'].ContainsKey($name)) { return $false }
    $options = @(foreach ($rule in Get-Rules '=' $name) { $rule.Words })
    $leads = @()
    $context, $config = '', $script:kubeFile
    for ($index = $at + 1; $index -lt $words.Count; $index++) {
        $word = $words[$index]
        if ($word -ceq '--') { break }
        if ($word -clike '-*') {
            if (Test-Option $word $name) { return $false }
            $next = if ($index + 1 -lt $words.Count) { $words[$index + 1] } else { '' }
            if ($word -cmatch '^--(kube-)?context(=|$)') { $context = Get-Value $word $next }
            if ($word -cmatch '^--kubeconfig(=|$)') { $config = Get-Value $word $next }
            if ($options -ccontains $word) { $index++ }
            continue
        }
        $leads += $word
    }
    $plus = [math]::Max($plus, (Get-Longest '+' $name $leads))
    $asksEks = $plus -eq 0 -and $isKube
    if ($asksEks) { $plus = 1 }
    $minus = Get-Longest '-' $name $leads
    if ($minus -gt 0 -and $minus -ge $plus) { return $false }
    $plus -gt 0 -and (-not $asksEks -or (Test-Eks $context $config))
}

function script:Get-Value([string]$word, [string]$next) {
    if ($word.Contains('=')) { $word.Substring($word.IndexOf('=') + 1) } else { $next }
}

# How many words the longest rule has that fits, its name among them; 0 where none does.
function script:Get-Longest([string]$kind, [string]$name, $leads) {
    $longest = 0
    foreach ($rule in Get-Rules $kind $name) {
        $count = $rule.Words.Count
        if ($count -gt $leads.Count -or $count -lt $longest) { continue }
        $fits = $true
        for ($index = 0; $fits -and $index -lt $count; $index++) { $fits = $leads[$index] -clike $rule.Words[$index] }
        if ($fits) { $longest = $count + 1 }
    }
    $longest
}

# --- 4. cmdlets ----------------------------------------------------------------------------

$script:cmdlets = @{}
$script:modulePath = $null
$script:haveModules = $false

# True for a cmdlet of AWS's modules that is not told another identity.
function script:Test-AwsCmdlet([string]$name, $words) {
    if (-not ($name -match '^(([a-z0-9_.]+)\\)?[a-z]+-[a-z0-9]+$')) { return $false }
    $isAws = if ($name.Contains('\')) { $name -match '^(AWS\.Tools\.|AWSPowerShell)' } else { Test-OfAws $name }
    if (-not $isAws) { return $false }
    foreach ($word in $words) {
        if ($word -match '^-(profilen|awsprofilen|storedc|accessk|credential)') { return $false }
    }
    $true
}

# A name that nothing has leads PowerShell through all modules, so that is asked once, and only where
# there are modules of AWS.
function script:Test-OfAws([string]$name) {
    if ($script:modulePath -cne "$env:PSModulePath") { Find-Modules }
    $isKnown = $script:haveModules -and $script:cmdlets.ContainsKey($name)
    if ($isKnown) { return $script:cmdlets[$name] }
    if (-not $script:haveModules) { $PSModuleAutoLoadingPreference = 'None' }
    $found = $ExecutionContext.InvokeCommand.GetCommand($name, 'Cmdlet, Function')
    $isAws = $null -ne $found -and $found.ModuleName -match '^(AWS\.Tools\.|AWSPowerShell)'
    if ($script:haveModules) { $script:cmdlets[$name] = $isAws }
    $isAws
}

function script:Find-Modules {
    $script:modulePath = "$env:PSModulePath"
    $script:cmdlets = @{}
    $script:haveModules = $false
    foreach ($folder in $script:modulePath.Split([IO.Path]::PathSeparator)) {
        try {
            if (-not $folder -or -not [IO.Directory]::Exists($folder)) { continue }
            if ([IO.Directory]::GetDirectories($folder, 'AWS*').Count) { $script:haveModules = $true }
        }
        catch { $script:haveModules = $true }
    }
}

# --- 5. kubectl's context ------------------------------------------------------------------

# True if the kubeconfig's context is one of EKS, or may be; $config is the file that the command
# names itself.
function script:Test-Eks([string]$context, [string]$config) {
    if (-not $config) { $config = $env:KUBECONFIG }
    $user = if ($script:unix) { $env:HOME } else { $env:USERPROFILE }
    if (-not $config) { $config = [IO.Path]::Combine("$user", '.kube', 'config') }
    $kube = @{ Current = ''; Contexts = @{}; Users = @{}; Mentioned = $false; IsJson = $false; TooLong = $false }
    $here = $ExecutionContext.SessionState.Path.CurrentFileSystemLocation.ProviderPath
    foreach ($file in $config.Split([IO.Path]::PathSeparator)) {
        if ($file.Contains('$')) { return $true }
        if (-not $file) { continue }
        if ($file -match '^~[\\/]') { $file = [IO.Path]::Combine("$user", $file.Substring(2)) }
        $info = [IO.FileInfo]::new([IO.Path]::Combine($here, $file))
        # Pipes and devices have no length. Reading one would block.
        if (-not $info.Exists -or $info.Length -eq 0) { continue }
        if ($info.Length -gt 2000000) { return $true }
        try { Read-Kube ([IO.File]::ReadAllLines($info.FullName)) $kube } catch { continue }
    }
    if (-not $context) { $context = $kube.Current }
    if (-not $context -and -not $kube.IsJson) { return $false }
    if ($context -cmatch '^arn:aws[^:]*:eks:') { return $true }
    $name = $kube.Contexts[$context]
    if ($null -ne $name -and $kube.Users.ContainsKey($name)) {
        return (Get-BaseName $kube.Users[$name]) -in 'aws', 'aws-iam-authenticator', 'awsenv'
    }
    $kube.Mentioned
}

$script:kubeCommand = '(?:^|[\s{,"])command"?:\s*"?(?:[^",\s]*[\\/])?' +
'(?:aws|aws-iam-authenticator|awsenv)(?:\.exe)?(?:"|,|$)'

# Adds what the lines of a file say to $kube, first come first served. It reads the plain style in
# which kubectl writes; of JSON and other styles of YAML it only sets Mentioned, if they run a
# command that uses AWS.
function script:Read-Kube($lines, $kube) {
    $section = $name = $found = ''
    $dash = $inner = -1
    foreach ($line in @($lines) + 'end:') {
        if ($line.Contains('command') -and $line -cmatch $script:kubeCommand) { $kube.Mentioned = $true }
        $text = $line.TrimStart(' ')
        if ($text.Length -eq 0 -or $text[0] -eq '#') { continue }
        $pad = $line.Length - $text.Length
        if ($text[0] -eq '{') { $kube.IsJson = $true }
        $isItem = $text.StartsWith('- ', [StringComparison]::Ordinal) -and ($dash -lt 0 -or $dash -eq $pad)
        $isSection = $pad -eq 0 -and $text[0] -ne '-'
        if ($isSection -or ($isItem -and $section -in 'contexts', 'users')) {
            $to = if ($section -ceq 'contexts') { $kube.Contexts } elseif ($section -ceq 'users') { $kube.Users }
            if ($null -ne $to -and $name -and -not $to.ContainsKey($name)) { $to[$name] = $found }
            $name = $found = ''
        }
        $key, $value = $text -split ':', 2
        if ($isSection) {
            $section, $dash = $key, -1
            if ($key -ceq 'current-context' -and -not $kube.Current) { $kube.Current = Get-Scalar $value }
            continue
        }
        if ($section -notin 'contexts', 'users') { continue }
        if ($isItem) {
            $dash = $pad
            $rest = $text.Substring(1).TrimStart(' ')
            $pad = $inner = $pad + $text.Length - $rest.Length
            $key, $value = $rest -split ':', 2
        }
        if ($key -ceq 'name' -and $pad -eq $inner) { $name = Get-Scalar $value }
        elseif (($section -ceq 'contexts' -and $key -ceq 'user') -or ($section -ceq 'users' -and $key -ceq 'command')) {
            $found = Get-Scalar $value
        }
    }
}

function script:Get-Scalar([string]$text) {
    $text = $text.Trim(' ')
    if ($text -match '^"(.*)"$' -or $text -match "^'(.*)'$") { $Matches[1] } else { $text }
}
