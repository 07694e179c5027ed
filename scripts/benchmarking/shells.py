"""The rows from inside of shells with the hook, each of which is at a terminal and interactive.

A shell takes its times itself and prints them: "measured WHAT COUNT BEGIN END" in seconds.
bash and zsh are timed at real prompts, with Enter pressed again and again, and on a typed line:
bash's DEBUG trap is part of what the hook costs, and acts there only. In fish and PowerShell
nothing but the functions is called at a prompt, so that a script may call them.
"""

import re
import shutil
import subprocess
from collections.abc import Callable

from benchmarking.cases import Case, Row, at_most, ratio
from benchmarking.ground import AWSENV, Ground
from benchmarking.terminal import FailedError, Terminal

SECTION = "In a shell with the hook"
PROMPTS, SWITCHES = 100, 200
Times = dict[str, list[float]]

# bash 5 and zsh.
_RC = """
say() { printf 'measured %s %s %s %s\\n' "$@"; }
began='' ended=''
# Runs first; the prompt itself ends with the other time, behind the hook's part.
at_prompt() {
  if [[ -n $began ]]; then say prompt 1 "$began" "$ended"; fi
  ended='' began=$EPOCHREALTIME
}
PS1='${ended:=$EPOCHREALTIME} ready> '
"""
_BASH = "PROMPT_COMMAND=at_prompt\n"
_ZSH = "zmodload zsh/datetime\nsetopt prompt_subst\nprecmd_functions=(at_prompt)\n"
_LOAD = """
start=$EPOCHREALTIME
{line}
say start 1 "$start" "$EPOCHREALTIME"
"""
_TYPED = (
    'start=$EPOCHREALTIME; awsenv assume prod-admin; say first 1 "$start" "$EPOCHREALTIME";'
    " start=$EPOCHREALTIME; for ((i = 0; i < {pairs}; i++)); do awsenv assume dev;"
    ' awsenv assume prod-admin; done; say switch {switches} "$start" "$EPOCHREALTIME";'
    ' say "to $AWSENV_PROFILE"'
)

# `time` measures well, but says it in words: "Executed in  204.98 micros".
_FISH = """
function fish_prompt
    echo -n '> '
end
echo measured start 1
time begin
    {line}
end
awsenv assume dev
emit fish_prompt
fish_prompt
set -l prompts (seq {prompts})
set -l pairs (seq {pairs})
echo measured prompt {prompts}
time for each in $prompts
    emit fish_prompt
    fish_prompt >/dev/null
end
echo measured first 1
time begin
    awsenv assume prod-admin
end
echo measured switch {switches}
time for each in $pairs
    awsenv assume dev
    awsenv assume prod-admin
end
echo "measured to $AWSENV_PROFILE"
exec true
"""

# The guard of the module lets in a script only where the shell stays on behind it. An empty module
# comes first, so that what every import takes is not counted. The host, which has the hook begin,
# does not ask for a prompt here.
_POWERSHELL = """
function global:prompt {{ '> ' }}
function Say([string]$what, [int]$count, [long]$begin) {{
    $end = [Diagnostics.Stopwatch]::GetTimestamp()
    $times = foreach ($ticks in $begin, $end) {{
        $seconds = $ticks / [Diagnostics.Stopwatch]::Frequency
        $seconds.ToString('F7', [cultureinfo]::InvariantCulture)
    }}
    [Console]::WriteLine("measured $what $count $times")
}}
# The first call of a function compiles it.
$begin = [Diagnostics.Stopwatch]::GetTimestamp()
Say warm-up 1 $begin
Import-Module '{folder}/empty.psm1'
$begin = [Diagnostics.Stopwatch]::GetTimestamp()
{line}
Say start 1 $begin
$awsenv = Get-Module awsenv
for ($i = 0; $i -lt {prompts}; $i++) {{ $null = prompt }}
$begin = [Diagnostics.Stopwatch]::GetTimestamp()
for ($i = 0; $i -lt {prompts}; $i++) {{ $null = prompt }}
Say bare {prompts} $begin
awsenv assume dev
& $awsenv {{ Start-Hook; Join-Prompt; Read-Rest }}
prompt
for ($i = 0; $i -lt {prompts}; $i++) {{ $null = prompt }}
$begin = [Diagnostics.Stopwatch]::GetTimestamp()
for ($i = 0; $i -lt {prompts}; $i++) {{ $null = prompt }}
Say prompt {prompts} $begin
$begin = [Diagnostics.Stopwatch]::GetTimestamp()
awsenv assume prod-admin
Say first 1 $begin
$begin = [Diagnostics.Stopwatch]::GetTimestamp()
for ($i = 0; $i -lt {pairs}; $i++) {{
    awsenv assume dev
    awsenv assume prod-admin
}}
Say switch {switches} $begin
"measured to $env:AWSENV_PROFILE"
$ends, $env:AWSENV_EXPIRES_AT = $env:AWSENV_EXPIRES_AT, '1'
& $awsenv {{
    $line = 'git commit -m "x" && no-such-program'
    for ($i = 0; $i -lt {prompts}; $i++) {{ $null = Complete-Line $line }}
    $begin = [Diagnostics.Stopwatch]::GetTimestamp()
    for ($i = 0; $i -lt {prompts}; $i++) {{ $null = Complete-Line $line }}
    Say line {prompts} $begin
    Register-Completion
}}
$env:AWSENV_EXPIRES_AT = $ends
$env:AWS_CONFIG_FILE = '{folder}/many-for-tab'
$null = TabExpansion2 'awsenv assume role-' 19
$begin = [Diagnostics.Stopwatch]::GetTimestamp()
for ($i = 0; $i -lt 5; $i++) {{ $found = TabExpansion2 'awsenv assume role-' 19 }}
Say tab 5 $begin
"measured names $($found.CompletionMatches.Count)"
if ([IO.File]::Exists('{folder}/zoxide.ps1')) {{
    $begin = [Diagnostics.Stopwatch]::GetTimestamp()
    . '{folder}/zoxide.ps1'
    Say zoxide-file 1 $begin
    $begin = [Diagnostics.Stopwatch]::GetTimestamp()
    Invoke-Expression (& {{ (zoxide init powershell | Out-String) }})
    Say zoxide 1 $begin
}}
[Environment]::Exit(0)
"""

_NUMBERS = {"prompts": PROMPTS, "switches": SWITCHES, "pairs": SWITCHES // 2}
_STAMPS = re.compile(r"measured (\S+) (\d+) (\d+\.\d+) (\d+\.\d+)")
_WORDS = re.compile(r"measured (\w+) (\d+)\s.*?Executed in\s+([\d.]+) (\w+)", re.DOTALL)
_UNITS = {"micros": 1e-6, "millis": 1e-3, "secs": 1.0}


def _at_prompts(ground: Ground, command: list[str], env: dict[str, str]) -> str:
    """What bash or zsh shows to somebody who assumes, presses Enter often, and switches."""
    terminal = Terminal(command, ground.env | env)
    terminal.read_until("ready> ")
    terminal.write("awsenv assume dev\r")
    terminal.read_until("ready> ")
    for _ in range(PROMPTS):
        terminal.write("\r")
        terminal.read_until("ready> ")
    terminal.write(_TYPED.format(**_NUMBERS) + "\r")
    terminal.read_until("ready> ")
    terminal.write("exit\r")
    terminal.wait()
    return terminal.seen


def _bash(ground: Ground, line: str) -> Callable[[], str]:
    rc = ground.folder / "rc.bash"
    rc.write_text(_RC + _BASH + _LOAD.format(line=line))
    command = ["bash", "--noprofile", "--rcfile", str(rc), "-i"]
    return lambda: _at_prompts(ground, command, {"HISTFILE": ""})


def _zsh(ground: Ground, line: str) -> Callable[[], str]:
    folder = ground.empty("zsh")
    (folder / ".zshrc").write_text(_RC + _ZSH + _LOAD.format(line=line))
    command = ["zsh", "--no-global-rcs", "-i"]
    return lambda: _at_prompts(ground, command, {"ZDOTDIR": str(folder)})


def _fish(ground: Ground, line: str) -> Callable[[], str]:
    script = ground.folder / "measure.fish"
    script.write_text(_FISH.format(line=line, **_NUMBERS))
    config = ground.empty("fish")
    # Without this folder fish's first start reads every manual page.
    data = ground.folder / "fish-data"
    (data / "fish" / "generated_completions").mkdir(parents=True)
    env = ground.env | {"XDG_CONFIG_HOME": str(config), "XDG_DATA_HOME": str(data)}
    return lambda: _to_its_end(["fish", "-C", f"source '{script}'", "-i"], env)


def powershell_script(line: str, folder: str) -> str:
    return _POWERSHELL.format(line=line, folder=folder, **_NUMBERS)


def _powershell(ground: Ground, line: str) -> Callable[[], str]:
    script = ground.folder / "measure.ps1"
    script.write_text(powershell_script(line, str(ground.folder)))
    (ground.folder / "empty.psm1").write_text("Export-ModuleMember\n")
    profiles = (f"[profile role-{number}]\nregion = eu-west-1\n" for number in range(1000))
    (ground.folder / "many-for-tab").write_text("".join(profiles))
    if shutil.which("zoxide"):
        init = subprocess.check_output(["zoxide", "init", "powershell"], text=True)
        (ground.folder / "zoxide.ps1").write_text(init)
    quiet = {"POWERSHELL_TELEMETRY_OPTOUT": "1", "POWERSHELL_UPDATECHECK": "Off"}
    command = ["pwsh", "-NoLogo", "-NoProfile", "-NoExit", "-File", str(script)]
    return lambda: _to_its_end(command, ground.env | quiet)


def _to_its_end(command: list[str], env: dict[str, str]) -> str:
    terminal = Terminal(command, env)
    terminal.wait()
    return terminal.seen


def read_times(text: str) -> Times:
    """Seconds per one of what was measured, by its name."""
    times: Times = {}
    for what, count, begin, end in _STAMPS.findall(text):
        times.setdefault(what, []).append((float(end) - float(begin)) / int(count))
    for what, count, number, unit in _WORDS.findall(text):
        times.setdefault(what, []).append(float(number) * _UNITS[unit] / int(count))
    return times


# The program; how it is driven; the goals for a switch, a prompt and the start.
_SHELLS = {
    "bash": ("bash", _bash, at_most(0.5, "ms"), at_most(50, "us"), at_most(1, "ms")),
    "zsh": ("zsh", _zsh, at_most(0.5, "ms"), at_most(50, "us"), at_most(1, "ms")),
    "fish": ("fish", _fish, at_most(2, "ms"), at_most(300, "us"), at_most(1, "ms")),
    "powershell": ("pwsh", _powershell, ratio(0.15), at_most(100, "us"), at_most(30, "ms")),
}
# Of PowerShell alone: what it is called in the output, the row, and the goal.
_POWERSHELL_ROWS = {
    "line": Row("powershell: a line without AWS, once expired", at_most(2, "ms")),
    "tab": Row("powershell: TAB, 1,000 profiles", at_most(70, "ms")),
    "zoxide-file": Row("zoxide in PowerShell: start-up, from a file"),
    "zoxide": Row("zoxide in PowerShell: start-up, as its README has it"),
}


def shells(ground: Ground) -> list[Case]:
    cases = []
    for name, (program, drive, switch, prompt, start) in _SHELLS.items():
        rows = [
            Row(f"{name}: assume NAME, a switch", switch),
            Row(f"{name}: assume NAME, for the first time"),
            Row(f"{name}: a prompt", prompt),
            Row(f"{name}: start-up", start),
        ]
        if name == "powershell":
            rows += _POWERSHELL_ROWS.values()
        if not shutil.which(program):
            for row in rows:
                row.why_not = "not on this machine"
            cases.append(Case(SECTION, rows, lambda: ()))
            continue
        line = subprocess.check_output([AWSENV, "init", name], env=ground.env, text=True).strip()
        cases.append(Case(SECTION, rows, _measuring(drive(ground, line), name), optional=True))
    return cases


def _measuring(show: Callable[[], str], name: str) -> Callable[[], list[list[float]]]:
    def measure() -> list[list[float]]:
        text = show()
        times = read_times(text)
        # The first was shown at the prompts, the last is what the switches came to.
        shown = "[dev " in text and "measured to prod-admin" in text
        if not shown or not times.keys() >= {"switch", "first", "prompt", "start"}:
            raise FailedError(f"{name}: the hook did not do its part:\n{text}")
        found = [times["switch"], times["first"], times["prompt"], times["start"]]
        if name == "powershell":
            # Beyond the bare one.
            found[2] = [
                with_us - bare for with_us, bare in zip(found[2], times["bare"], strict=True)
            ]
            found += [times.get(each, []) for each in _POWERSHELL_ROWS]
        return found

    return measure
