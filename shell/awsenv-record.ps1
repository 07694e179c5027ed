# What awsenv-more.ps1 reads with itself: a session's record on disk, taken over where it is newer than
# the shell's, and the switch to another profile's, without a process.
function script:Get-CacheFolder {
    $user = if ($script:unix) { $env:HOME } else { $env:USERPROFILE }
    $folder = $env:AWSENV_CACHE_DIR
    if ($folder) {
        if ($folder -match '^~[\\/]') { $folder = [IO.Path]::Combine($user, $folder.Substring(2)) }
        # A relative path is relative to where PowerShell is, and not to where its process is.
        $here = $ExecutionContext.SessionState.Path.CurrentFileSystemLocation.ProviderPath
        return [IO.Path]::Combine($here, $folder)
    }
    if (-not $script:unix) {
        $base = $env:LOCALAPPDATA
        if (-not $base) { $base = [IO.Path]::Combine($user, 'AppData', 'Local') }
    }
    elseif ($env:XDG_CACHE_HOME -cmatch '^/') { $base = $env:XDG_CACHE_HOME }
    else { $base = [IO.Path]::Combine($user, '.cache') }
    [IO.Path]::Combine($base, 'awsenv')
}

function script:Get-CacheFile([string]$folder, [string]$name) {
    [IO.FileInfo]::new([IO.Path]::Combine((Get-CacheFolder), $folder, $name))
}

# The text of a record's file; nothing where there is none, or it is not to be trusted.
function script:Get-RecordText($file) {
    # Pipes and devices have no length. Reading one would block.
    if (-not $file.Exists -or $file.Length -eq 0 -or $file.Length -gt 65536) { return }
    if ($file.Attributes -band [IO.FileAttributes]::ReparsePoint) { return }
    # What nobody but its owner can read is ours if we can read it.
    if ($script:unix -and ([int]$file.UnixFileMode -band 63)) { return }
    try { [Text.UTF8Encoding]::new($false, $true).GetString([IO.File]::ReadAllBytes($file.FullName)) } catch { return }
}

# The names and values in the record of $key; nothing where it is torn or no record.
function script:Get-Record([string]$folder, [string]$key) {
    $text = Get-RecordText (Get-CacheFile $folder $key)
    if (-not $text -or $text -cmatch '[\x00-\x09\x0b-\x1f\x7f-\x9f]') { return }
    if (-not $text.EndsWith("`nEND=$key`n", [StringComparison]::Ordinal)) { return }
    $lines = $text.Split([char]10)
    if (-not $lines[0].Equals('AWSENV_RECORD=2')) { return }
    $values = [Collections.Generic.Dictionary[string, string]]::new([StringComparer]::Ordinal)
    $checked = $false
    # The last two are the end mark and what follows its line end: nothing.
    for ($index = 1; $index -lt $lines.Count - 2; $index++) {
        $name, $value = $lines[$index].Split([char[]]'=', 2)
        if ($null -eq $value -or $name.Equals('END') -or -not ($name -cmatch '^[A-Z_][A-Z0-9_]*\z')) { return }
        if ($values.ContainsKey($name)) { return }
        if ($name.Equals('CHECK')) {
            # It repeats what stands above it: a byte that has changed since is not the same twice.
            if ($checked -or -not $value.Equals([string]::Join('.', $values.Values))) { return }
            $checked = $true
        }
        else { $values[$name] = $value }
    }
    if ($checked) { $values }
}

$script:credentials = 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_CREDENTIAL_EXPIRATION'

# The record of a session that is live, with more left than $margin seconds; nothing where there is none.
function script:Get-Session([string]$key, [long]$margin) {
    if (-not ($key -cmatch '^[0-9a-f]{40}\z')) { return }
    $values = Get-Record 'sessions' $key
    if ($null -eq $values) { return }
    foreach ($name in $script:credentials + 'ISSUED_AT' + 'EXPIRES_AT') {
        if (-not $values.ContainsKey($name) -or -not $values[$name]) { return }
    }
    if (-not ($values['AWS_ACCESS_KEY_ID'] -cmatch '^[A-Za-z0-9]+\z')) { return }
    if (-not (Test-Time $values['ISSUED_AT']) -or -not (Test-Time $values['EXPIRES_AT'])) { return }
    $issued, $expires, $now = [long]$values['ISSUED_AT'], [long]$values['EXPIRES_AT'], (Get-Now)
    if ($issued -gt $now + 900 -or $expires -le $issued -or $expires - $issued -gt 129600) { return }
    if ($expires - $now -gt (Get-Margin $margin ($expires - $issued))) { $values }
}

function script:Set-Credentials($values) {
    foreach ($name in $script:credentials) { [Environment]::SetEnvironmentVariable($name, $values[$name]) }
    $env:AWSENV_EXPIRES_AT = $values['EXPIRES_AT']
    $env:AWSENV_ISSUED_AT = $values['ISSUED_AT']
}

# Takes over a session that another terminal has got meanwhile; false where there is none.
function script:Import-Record {
    if (-not ($env:AWSENV_PUT -cmatch '^AWS_ACCESS_KEY_ID=')) { return $false }
    $values = Get-Session $env:AWSENV_SESSION (Get-Lead)
    if ($null -eq $values) { return $false }
    Set-Credentials $values
    $env:AWSENV_PUT = $env:AWSENV_PUT -creplace '^[^&]*', "AWS_ACCESS_KEY_ID=$($values['AWS_ACCESS_KEY_ID'])"
    $true
}

# Switches to the live session of profile $name as `awsenv assume $name` would, and starts no
# process for it. False, and nothing changed, wherever that is not certain.
function script:Switch-Session([string]$name) {
    try { $change = Get-Change $name } catch { return $false }
    if ($null -eq $change) { return $false }
    foreach ($variable in $change.Keys) {
        $value = $change[$variable]
        if ($null -eq $value) { $value = [NullString]::Value }
        [Environment]::SetEnvironmentVariable($variable, $value)
    }
    if (-not [Console]::IsErrorRedirected) {
        $left = Get-Left ([long]$env:AWSENV_EXPIRES_AT - (Get-Now))
        [Console]::Error.WriteLine("awsenv: $(Get-Visible $name) for $left")
    }
    $true
}

# The variables and what `awsenv assume $name` would make of each; nothing where that is not certain.
function script:Get-Change([string]$name) {
    if (-not $name -or $name.StartsWith('-', [StringComparison]::Ordinal)) { return }
    $key = [BitConverter]::ToString([Text.Encoding]::UTF8.GetBytes($name)).Replace('-', '').ToLowerInvariant()
    $key = $key.Substring(0, [math]::Min(200, $key.Length))
    $note = Get-Record 'names' $key
    if ($null -eq $note -or -not $name.Equals($note['NAME']) -or -not (Test-Time $note['MARGIN'])) { return }
    if (-not (Test-Note $note)) { return }
    $values = Get-Session $note['SESSION'] ([long]$note['MARGIN'])
    $baseline = Get-Baseline
    if ($null -eq $values -or $null -eq $baseline) { return }
    $change = [ordered]@{}
    foreach ($variable in $script:credentials) { $change[$variable] = $values[$variable] }
    foreach ($variable in $script:others) { $change[$variable] = $null }
    $put = [ordered]@{ AWS_ACCESS_KEY_ID = $values['AWS_ACCESS_KEY_ID'] }
    foreach ($region in 'AWS_DEFAULT_REGION', 'AWS_REGION') {
        if ($note['REGION']) { $put[$region] = Get-Encoded $note['REGION'] }
        elseif ($baseline.Contains($region)) { $put[$region] = $baseline[$region] }
        if ($put.Contains($region)) { $change[$region] = [Uri]::UnescapeDataString($put[$region]) }
    }
    $change['AWSENV_PROFILE'] = $name
    $change['AWSENV_SESSION'] = $note['SESSION']
    $change['AWSENV_EXPIRES_AT'] = $values['EXPIRES_AT']
    $change['AWSENV_ISSUED_AT'] = $values['ISSUED_AT']
    $change['AWSENV_BASELINE'] = Join-Pairs $baseline
    $change['AWSENV_PUT'] = Join-Pairs $put
    $change
}

# True if what awsenv has noted about a profile's name still holds: the AWS files say what they said,
# and the settings are those of then.
function script:Test-Note($note) {
    $settings = ''
    foreach ($name in $note['RELEVANT'].Split([char]' ')) {
        $value = [Environment]::GetEnvironmentVariable($name)
        # Empty and unset look the same here, and are not the same to all of them. Where a value
        # names another variable, that counts too.
        if ($null -ne $value -and ($value.Length -eq 0 -or $value.IndexOfAny([char[]]'$%') -ge 0)) { return $false }
        $settings += "|$name=$value"
    }
    $settings.Equals($note['PLAIN_ENVIRONMENT']) -and
    (Test-Unchanged $note['CONFIG'] $note['CONFIG_TEXT']) -and
    (Test-Unchanged $note['CREDENTIALS'] $note['CREDENTIALS_TEXT'])
}

# True if the AWS file at $path says what it said, which is $noted with a ` for each line's end. A
# line that begins with aws_se holds a secret, and is empty there. Neither a file's time nor its
# place tells as much.
function script:Test-Unchanged([string]$path, $noted) {
    # What is relative to somewhere else here than in the program is for the program.
    if ($null -eq $noted -or -not [IO.Path]::IsPathRooted($path)) { return $false }
    if (-not [IO.File]::Exists($path)) { return $noted.Length -eq 0 -and -not [IO.Directory]::Exists($path) }
    # Larger than any that is noted, or no file at all.
    if ([IO.FileInfo]::new($path).Length -gt 65536) { return $false }
    $text = [IO.File]::ReadAllText($path)
    if ($text -and -not $text.EndsWith("`n", [StringComparison]::Ordinal)) { $text += "`n" }
    ($text -creplace '(?m)^aws_se[^\n]*', '').Replace([char]10, [char]96).Equals($noted)
}

$script:others = @(
    'AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_SECURITY_TOKEN', 'AWS_ACCOUNT_ID'
)

# What AWSENV_BASELINE has to say: the variables' values as if awsenv had never run here, encoded.
# Nothing where only the program can tell what is whose.
function script:Get-Baseline {
    $isOurs = $null -ne $env:AWSENV_PUT
    if ($isOurs -and (-not (Test-Ours) -or -not ($env:AWSENV_PUT -cmatch '^AWS_ACCESS_KEY_ID='))) { return }
    # A default that the person has set is for the program, and so is what a profile sets for tools.
    if (-not $isOurs -and $null -ne [Environment]::GetEnvironmentVariable('AWSENV_PROFILE')) { return }
    $before, $put = (Get-Pairs $env:AWSENV_BASELINE), (Get-Pairs $env:AWSENV_PUT)
    if ($before.Contains('AWSENV_PROFILE') -or $before.Contains('AWSENV_KEYS_OF')) { return }
    foreach ($name in $put.Keys) {
        if ($name -and $name -cnotmatch '^AWS_(ACCESS_KEY_ID|REGION|DEFAULT_REGION)\z') { return }
    }
    $baseline = [ordered]@{}
    foreach ($name in $script:credentials + $script:others) {
        $value = [Environment]::GetEnvironmentVariable($name)
        # Bytes that are no UTF-8 are lost on the way to .NET.
        if ("$value".Contains([string][char]0xfffd)) { return }
        if ($null -ne $value) { $value = Get-Encoded $value }
        if ($isOurs -and ($script:credentials -contains $name -or [object]::Equals($value, $put[$name]))) {
            $value = $before[$name]
        }
        if ($null -ne $value) { $baseline[$name] = $value }
        # Which of the person's own keys may be put aside, the program knows.
        if ($null -ne $value -and $env:AWSENV_KEEP_KEYS -and $name -cmatch 'ACCESS_KEY|_TOKEN\z') { return }
    }
    $baseline
}

# The names, and the values as they are encoded, in a text of NAME=value pairs.
function script:Get-Pairs([string]$text) {
    $pairs = @{}
    foreach ($pair in $text.Split([char]'&')) {
        $name, $value = $pair.Split([char[]]'=', 2)
        $pairs[$name] = $value
    }
    $pairs
}

function script:Get-Encoded([string]$text) {
    $encoded = [Uri]::EscapeDataString($text)
    foreach ($char in ':', '/', '+', '=', ',', '@') { $encoded = $encoded.Replace([Uri]::HexEscape($char), $char) }
    # Windows PowerShell leaves these as they are.
    foreach ($char in '!', '*', "'", '(', ')') { $encoded = $encoded.Replace($char, [Uri]::HexEscape($char)) }
    $encoded
}

function script:Join-Pairs($pairs) {
    $texts = foreach ($name in $pairs.Keys) { "$name=$($pairs[$name])" }
    $texts -join '&'
}
