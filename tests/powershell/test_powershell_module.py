"""The module's functions in a real PowerShell, without a terminal."""

import csv
import re
import time
from pathlib import Path

import pytest

from awsenv.values.notation import encode_pairs
from support.powershell_session import PowerShellSession, quoted

CASES = Path(__file__).parents[1] / "data" / "match-cases-powershell.tsv"
KEY = "AWS_ACCESS_KEY_ID"
IN_MODULE = "& (Get-Module awsenv)"


@pytest.fixture
def session(tmp_path: Path) -> PowerShellSession:
    return PowerShellSession(tmp_path)


def live(left: int = 2550, **more: str) -> dict[str, str]:
    """Variables as an assume leaves them."""
    now = int(time.time())
    return {
        KEY: "ASIAPRETENDED",
        "AWSENV_PUT": f"{KEY}=ASIAPRETENDED",
        "AWSENV_PROFILE": "dev",
        "AWSENV_EXPIRES_AT": str(now + left),
        "AWSENV_ISSUED_AT": str(now - 10),
        **more,
    }


# Lines that use AWS


def _matches(session: PowerShellSession, lines: list[str], before: str = "", **env: str) -> str:
    """A 1 or a 0 for each of `lines`."""
    given = ",\n".join(quoted(line) for line in lines)
    shown = session.output(
        before,
        f"$lines = @({given})",
        f"foreach ($line in $lines) {{ [int]({IN_MODULE} {{ Test-Line @args }} $line) }}",
        env=env,
    )
    return "".join(shown)


def test_the_table_of_lines(session: PowerShellSession) -> None:
    rows = [row.split("\t") for row in CASES.read_text("utf-8").splitlines()]
    assert len(rows) > 70
    found = _matches(session, [line for _, line in rows], "Set-Alias tf terraform -Scope Global")
    wrong = [row for row, answer in zip(rows, found, strict=True) if row[0] != answer]
    assert not wrong


TABLE = CASES.with_name("match-cases.tsv")
# Lines of the other shells that mean something else here, or nothing: what stands in front is the
# command, ` and \ are others, and text in quotes is called by & alone.
ELSEWHERE = re.compile(r"^\s*[A-Z_]+=|^if .*then|^!|^[\"(<>]|^x=|`|\\")


def test_the_table_of_lines_of_all_shells(session: PowerShellSession, tmp_path: Path) -> None:
    with TABLE.open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    cases = []
    for row in rows:
        # A line end is written as \\n in the table.
        if row["shells"] == "all" and not ELSEWHERE.search(row["line"].replace("\\n", "")):
            kube = str(TABLE.parent / "kube" / row["kubeconfig"]) if row["kubeconfig"] else ""
            line = row["line"].replace("\\n", "\n")
            cases.append((row["answer"], kube, row["AWSENV_COMMANDS"], line))
    assert len(cases) > 250
    given = ",\n".join(f"@({', '.join(quoted(each) for each in case[1:])})" for case in cases)
    found = session.output(
        f"$cases = @({given})",
        "foreach ($case in $cases) {",
        "$env:KUBECONFIG, $env:AWSENV_COMMANDS, $line = $case",
        f"[int]({IN_MODULE} {{ Test-Line @args }} $line) }}",
        env={"HOME": str(tmp_path)},
    )
    wrong = [case for case, answer in zip(cases, found, strict=True) if case[0] != answer]
    assert not wrong, "\n".join(map(repr, wrong))
    assert not list(tmp_path.glob("p"))


def test_further_lines(session: PowerShellSession) -> None:
    rows = {
        "aws s3 ls --profile other": "0",
        "aws --profile=other s3 ls": "0",
        "aws --profile other s3 ls; aws s3 ls": "1",
        "sudo aws --profile other s3 ls": "0",
        "C:\\Tools\\AWS.EXE s3 ls": "1",
        "if ($true) {": "0",
        "aws s3 ls )": "0",
        "": "0",
        "one; two; three s3": "1",
        "own plan": "1",
        "kubectl get pods": "0",
        "$block = { aws s3 ls }; & $block": "1",
        "class A { [void] B() { aws s3 ls } }": "0",
        "Start-Process -FilePath aws": "1",
        "Get-Nothing-Of-The-Kind": "0",
    }
    aliases = {"one": "echo", "two": "three", "three": "aws"}
    before = "\n".join(f"Set-Alias {name} {aliases[name]} -Scope Global" for name in aliases)
    found = _matches(session, list(rows), before, AWSENV_COMMANDS="own -kubectl")
    assert dict(zip(rows, found, strict=True)) == rows


def test_cmdlets_of_aws_modules(session: PowerShellSession, tmp_path: Path) -> None:
    before = "Set-Alias thing Get-AWSToolsS3Thing -Scope Global\n"
    for name in ("AWS.Tools.S3", "AWSPowerShell.NetCore", "Other"):
        file = tmp_path / f"{name}.psm1"
        file.write_text(f"function Get-{name.replace('.', '')}Thing {{ }}\n")
        before += f"Import-Module {quoted(str(file))}\n"
    rows = {
        "Get-AWSToolsS3Thing -Region eu-west-1": "1",
        "AWS.Tools.S3\\Get-AWSToolsS3Thing": "1",
        "get-awspowershellnetcorething | Out-Null": "1",
        "thing": "1",
        "Get-OtherThing": "0",
        "Get-AWSToolsS3Thing -ProfileName other": "0",
        "Get-AWSToolsS3Thing -Credential $it": "0",
    }
    found = _matches(session, list(rows), before)
    assert dict(zip(rows, found, strict=True)) == rows


# The segment


@pytest.mark.parametrize(
    ("left", "shown"),
    [(2550, "42m"), (3930, "1h05m"), (129630, "36h00m"), (0, "expired"), (-9, "expired")],
)
def test_the_time_left(session: PowerShellSession, left: int, shown: str) -> None:
    assert session.output("awsenv_segment", env=live(left)) == [f"[dev {shown}] "]


def test_it_follows_the_clock(session: PowerShellSession) -> None:
    shown = session.output(
        "awsenv_segment",
        "while ((awsenv_segment) -notmatch 'expired') { Start-Sleep -Milliseconds 100 }",
        "awsenv_segment",
        f"$env:AWSENV_EXPIRES_AT = '{int(time.time()) + 3930}'; awsenv_segment",
        env=live(12),
    )
    assert re.fullmatch(r"\[dev 1?\ds\] ", shown[0])
    assert shown[1:] == ["[dev expired] ", "[dev 1h05m] "]


def test_when_it_is_another_one(session: PowerShellSession) -> None:
    # Seconds left, and for how many more the text and the colour stay.
    rows = {2550: 31, 3600: 1, 902: 2, 900: 1, 959: 59, 301: 1, 59: 1, 1: 1, 0: 86400, -5: 86400}
    lines = [f"{IN_MODULE} {{ Get-Wait @args }} {seconds} 900 300" for seconds in rows]
    assert session.output(*lines) == [str(wait) for wait in rows.values()]


def test_values_are_encoded_as_the_program_does_it(session: PowerShellSession) -> None:
    texts = ["", "eu-west-1", "a b/c:+=,@", "!*'()", "100%&x=y", "~._-", "\x1b\n", "é\u2028🚀"]
    lines = [f"'<' + ({IN_MODULE} {{ Get-Encoded @args }} {quoted(text)}) + '>'" for text in texts]
    expected = [f"<{encode_pairs({'X': text}).removeprefix('X=')}>" for text in texts]
    assert session.output(*lines) == expected


def test_values_are_shown_and_never_run(session: PowerShellSession, tmp_path: Path) -> None:
    touch = "$(New-Item pwned)"
    names = [touch, "${env:HOME} {left}", "a\x1b[31mb\x85\u202ec", "'; exit; '", "x" * 500]
    shown = [touch, "${env:HOME} {left}", "a?[31mb??c", "'; exit; '", "x" * 59 + "~"]
    lines = [f"$env:AWSENV_PROFILE = {quoted(name)}; awsenv_segment" for name in names]
    assert session.output(*lines, env=live()) == [f"[{name} 42m] " for name in shown]
    ends = (touch, "1x", "-5", "0x10", "1e3", "9" * 40, " 5", "\u0665")
    lines = [f"$env:AWSENV_EXPIRES_AT = {quoted(end)}; awsenv_segment" for end in ends]
    assert session.output(*lines, env=live()) == ["[dev ?] "] * len(ends)
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(
    "change",
    [
        f"$env:{KEY} = 'AKIAMINE'",
        # Equal to those who sort, and not to those who compare.
        f"$env:{KEY} = 'ASIAPRETENDED' + [char]0x200d",
        f"$env:{KEY} = 'asiapretended'",
        "$env:AWSENV_PUT = $null",
        "$env:AWSENV_PUT = 'HOME=' + $env:HOME",
        f"$env:AWSENV_PUT = 'AWS_PROFILE=a'; $env:AWS_PROFILE = 'a'; $env:{KEY} = 'AKIAMINE'",
        "$env:AWSENV_PROMPT = 'off'",
        "$env:AWSENV_PROFILE = $null",
    ],
)
def test_what_is_not_ours_has_no_segment(session: PowerShellSession, change: str) -> None:
    assert session.output(change, "awsenv_segment", env=live()) == [""]


def test_a_profile_in_place_of_keys(session: PowerShellSession) -> None:
    env = live(AWSENV_PUT="AWS_PROFILE=a%20%C3%A9", AWS_PROFILE="a é")
    del env[KEY]
    assert session.output("awsenv_segment", env=env) == ["[dev 42m] "]


# The prompt


def _prompt(name: str = "p") -> str:
    return f'function global:prompt {{ "{name}:$?> " }}\n'


def test_the_prompt_has_the_segment_in_front(session: PowerShellSession) -> None:
    shown = session.output(
        "$null = 1; prompt",
        "Get-Item nowhere -ErrorAction Ignore; prompt",
        "$env:AWSENV_PROMPT = 'manual'; prompt; $AWSENV_SEGMENT",
        "$env:AWSENV_PROMPT = $null; $env:AWSENV_PROFILE = $null; prompt",
        before=_prompt(),
        env=live(),
    )
    assert shown == [
        "[dev 42m] p:True> ",
        "[dev 42m] p:False> ",
        "p:True> ",
        "[dev 42m] ",
        "p:True> ",
    ]


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('"`n~/here`n> "', ["", "[dev 42m] ~/here", "> "]),
        ("'first', 'second'", ["[dev 42m] first"]),
        ("", ["[dev 42m] PS>"]),
        ('"$AWSENV_SEGMENT> "', ["[dev 42m] > "]),
        ('"$(awsenv_segment)> "', ["[dev 42m] > "]),
    ],
)
def test_prompts_of_many_kinds(session: PowerShellSession, body: str, shown: list[str]) -> None:
    before = f"function global:prompt {{ {body} }}"
    assert session.output("prompt", before=before, env=live()) == shown


def test_no_session_leaves_a_prompt_as_it_is(session: PowerShellSession) -> None:
    before = "function global:prompt { 'first'; 'second' }"
    assert session.output("prompt", before=before) == ["first", "second"]


# Neighbours: what each does to `prompt` and to the reader when it is loaded

TOOLS = {
    "sets the prompt": "function global:prompt { 'tool> ' }",
    "wraps the prompt": '$global:p = $function:prompt; function global:prompt { "tool $(& $p)" }',
    "sets the reader": "function global:PSConsoleHostReadLine { $global:lines.Dequeue() }",
    "wraps both": "$global:p = $function:prompt; $global:r = $function:PSConsoleHostReadLine\n"
    'function global:prompt { "tool $(& $p)" }\n'
    "function global:PSConsoleHostReadLine { & $r }",
    "sets both": "function global:prompt { 'tool> ' }\n"
    "function global:PSConsoleHostReadLine { $global:lines.Dequeue() }",
}
# As a host does it: prompt, read, run.
ROUND = '$shown = prompt; $read = PSConsoleHostReadLine; "$shown|$read"'
LINES = "$global:lines = [Collections.Queue]::new(@('one', 'two', 'three', 'four'))\n"
READER = "function global:PSConsoleHostReadLine { $global:lines.Dequeue() }\n"
EVENT = "'PowerShell.OnIdle', $null, @(), $null, $true, $true"
IDLE = f"$null = $ExecutionContext.Events.GenerateEvent({EVENT})"


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("order", ["tool first", "tool last", "tool later"])
def test_beside_other_tools(session: PowerShellSession, tool: str, order: str) -> None:
    before = LINES + READER + "function global:prompt { 'plain> ' }\n"
    first, last, later = (
        TOOLS[tool] if order == each else "" for each in ("tool first", "tool last", "tool later")
    )
    # It begins with the first prompt, after all of $PROFILE.
    begin, session.begin = session.begin, ""
    shown = session.output(
        last, begin, "$shown = prompt", IDLE, "$read = PSConsoleHostReadLine", ROUND, later,
        ROUND, ROUND,
        before=before + first, env=live(),
    )  # fmt: skip
    # Whatever is set takes effect by the second prompt, unless both are replaced in mid-session.
    expected = "tool [dev 42m] plain> " if "wraps" in tool else "[dev 42m] tool> "
    if order != "tool later" and "wraps" in tool:
        expected = "[dev 42m] tool plain> "
    if tool == "sets the reader":
        expected = "[dev 42m] plain> "
    if (tool, order) == ("sets both", "tool later"):
        expected = "tool> "
    assert shown[-1] == f"{expected}|four"
    assert all(line.count("[dev 42m]") <= 1 for line in shown)


def test_unloading_puts_everything_back(session: PowerShellSession) -> None:
    shown = session.output(
        "awsenv prompt off; awsenv auto off; \"$env:AWSENV_PROMPT $env:AWSENV_AUTO\"",
        "awsenv_unload",
        "[object]::ReferenceEquals($p, $function:prompt)",
        "[object]::ReferenceEquals($r, $function:PSConsoleHostReadLine)",
        "\"<$env:AWSENV_PROMPT><$env:AWSENV_AUTO>\"",
        "Get-Command awsenv, awsenv_unload -Type Alias -ErrorAction Ignore",
        "Get-Command awsenv_segment -ErrorAction Ignore",
        "Get-Variable AWSENV_* -ErrorAction Ignore",
        "Get-Module awsenv",
        "prompt",
        before=_prompt() + LINES + READER
        + "$global:p = $function:prompt; $global:r = $function:PSConsoleHostReadLine",
        env=live(AWSENV_PROMPT="on"),
    )  # fmt: skip
    assert shown == ["off off", "True", "True", "<on><>", "p:True> "]


def test_a_reader_that_was_not_there_is_gone_again(session: PowerShellSession) -> None:
    shown = session.output(
        "$null -ne $function:PSConsoleHostReadLine",
        "Remove-Module awsenv",
        "$null -ne $function:PSConsoleHostReadLine",
    )
    assert shown == ["True", "False"]


def test_unloaded_under_another_tool_it_is_a_mere_passage(session: PowerShellSession) -> None:
    before = LINES + READER + _prompt()
    shown = session.output(TOOLS["wraps both"], "awsenv_unload", ROUND, before=before, env=live())
    assert shown == ["tool p:True> |one"]


def test_loading_twice_changes_nothing(session: PowerShellSession, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("awsenv.psm1", "awsenv-hook.ps1", "awsenv-more.ps1", "awsenv_command.ps1"):
        (copy / name).write_text((tmp_path / name).read_text())
    text = (tmp_path / "awsenv.psm1").read_text()
    # The guard against that is part of what the copy is without.
    guard = "if (Test-Loaded) { Microsoft.PowerShell.Core\\Export-ModuleMember; return }\n"
    at = text.index("# --- 2. ")
    (copy / "awsenv.psm1").write_text(text[:at] + guard + text[at:])
    shown = session.output(
        session.load,
        f"Import-Module {quoted(str(copy / 'awsenv.psm1'))}",
        "prompt",
        "awsenv auto off; $env:AWSENV_AUTO",
        before=_prompt(),
        env=live(),
    )
    assert shown == ["[dev 42m] p:True> ", "off"]


def test_a_session_without_a_terminal_is_left_alone(session: PowerShellSession) -> None:
    from support.powershell_syntax import SHELL_FILES

    session.load = f"Import-Module {quoted(str(SHELL_FILES / 'awsenv.psm1'))}"
    session.begin = ""
    shown = session.output(
        "prompt",
        "$null -ne $function:PSConsoleHostReadLine",
        "(Get-Module awsenv).ExportedCommands.Count",
        before=_prompt(),
        env=live(),
    )
    assert shown == ["p:True> ", "False", "0"]


# Where $true, the words are a Windows PowerShell's.
CALLS = {
    "pwsh": True,
    "pwsh -NoLogo": True,
    "pwsh --nologo -ep Bypass": True,
    "pwsh \u2013NoLogo \u2014WorkingDirectory /tmp": True,
    "pwsh -noexit -command x": True,
    "pwsh -NoE -File x.ps1": True,
    "pwsh -noni": False,
    "pwsh -c x": False,
    "pwsh -e eA==": False,
    "pwsh x.ps1": False,
    "pwsh /NoLogo": False,
    "powershell /NoLogo": True,
    "powershell /NoExit /Command x": True,
    "powershell /ExecutionPolicy Bypass /NoLogo": True,
    "powershell /NonI": False,
    "powershell /c x": False,
    "powershell -version 5.1 -nologo": True,
}


def test_which_calls_stay_for_lines(session: PowerShellSession) -> None:
    lines = []
    for call in CALLS:
        words = ", ".join(quoted(word) for word in call.split())
        on_windows = "$true" if call.startswith("powershell") else "$false"
        lines.append(f"{IN_MODULE} {{ Test-Stays @args }} @({words}) {on_windows}")
    assert dict(zip(CALLS, session.output(*lines), strict=True)) == {
        call: str(stays) for call, stays in CALLS.items()
    }
