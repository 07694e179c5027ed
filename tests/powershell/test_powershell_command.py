"""`awsenv` as a command of a real PowerShell session, and the reader, beside a real STS."""

import os
import random
import re
import sys
import time
from pathlib import Path
from urllib.parse import unquote

import pytest

from awsenv.storage import paths
from support.powershell_session import PowerShellSession, quoted
from support.shells_at_hand import need_shell
from support.world import RunningSts

PYTHON = quoted(sys.executable)
ASSUME = "awsenv assume dev --mfa-code {}"
SHOW = '"<$env:AWSENV_PROFILE>"'

# Read here, for a test has no variables of awsenv's.
LINES = int(os.environ.get("AWSENV_TEST_LINES") or 150)


@pytest.fixture
def session(tmp_path: Path) -> PowerShellSession:
    return PowerShellSession(tmp_path)


def _lines(session: PowerShellSession, *lines: str, before: str = "") -> list[str]:
    done = session.run(*lines, before=before)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_assume_and_unset_act_on_the_session(session: PowerShellSession, sts: RunningSts) -> None:
    shown = _lines(
        session,
        "$env:AWS_PROFILE = 'mine'",
        ASSUME.format(sts.code()),
        '"$? $LASTEXITCODE $env:AWSENV_PROFILE <$env:AWS_PROFILE>"',
        "awsenv refresh && 'refreshed'",
        "awsenv unset",
        '"<$env:AWSENV_PROFILE> $env:AWS_PROFILE"',
    )
    assert shown == ["True 0 dev <>", "refreshed", "<> mine"]


WAYS = (
    "Invoke-Expression (awsenv assume dev)",
    "awsenv assume dev | Out-String | Invoke-Expression",
    'iex "$(awsenv assume dev)"',
    "Invoke-Expression (\n    awsenv assume dev\n)",
    "$text = if ($true) { awsenv assume dev }; Invoke-Expression $text",
)


@pytest.mark.parametrize("way", WAYS)
def test_what_is_caught_is_text_to_evaluate(
    session: PowerShellSession, sts: RunningSts, way: str
) -> None:
    shown = _lines(session, ASSUME.format(sts.code()), "awsenv unset", SHOW, way, SHOW)
    assert shown == ["<>", "<dev>"]


def test_a_failure_stops_a_script_a_function_and_a_block(session: PowerShellSession) -> None:
    done = session.run("awsenv assume nope", "'ran'")
    assert (done.returncode, done.stdout) == (1, "")
    assert "nope" in done.stderr
    shown = _lines(
        session,
        "function f { awsenv assume nope; 'ran' }",
        'try { f } catch { "f: $_" }',
        "try { awsenv assume nope; 'ran' } catch { \"block: $_\" }",
        "try { Invoke-Expression (awsenv assume nope); 'ran' } catch { \"caught: $_\" }",
        "$LASTEXITCODE",
        SHOW,
    )
    assert [line.split("awsenv: ")[0] for line in shown[:3]] == ["f: ", "block: ", "caught: "]
    assert all("nope" in line for line in shown[:3])
    assert shown[3:] == ["3", "<>"]


def test_everything_else_is_the_program(session: PowerShellSession, sts: RunningSts) -> None:
    code = "import os, sys; print(sys.argv[1:], os.environ['AWSENV_PROFILE']); sys.exit(7)"
    feed = "import sys; print(sys.stdin.read().split())"
    shown = _lines(
        session,
        ASSUME.format(sts.code()),
        "awsenv unset",
        f"awsenv exec dev -- {PYTHON} -c {quoted(code)} -- 012 1e3 0x10 -x 'a b'",
        '"$? $LASTEXITCODE"',
        f"awsenv exec dev {PYTHON} -c 'exit(3)' || \"else $LASTEXITCODE\"",
        f"'one', 'two' | awsenv exec dev {PYTHON} -c {quoted(feed)}",
        "awsenv assume dev --format json | ConvertFrom-Json | ForEach-Object { $_.AWSENV_PROFILE }",
        "(awsenv assume dev --shell posix).Substring(0, 10)",
        SHOW,
    )
    assert shown == [
        # The first -- is awsenv's, the second the command's.
        "['--', '012', '1e3', '0x10', '-x', 'a b'] dev",
        "False 7",
        "else 3",
        "['one', 'two']",
        "dev",
        "{ : awsenv",
        "<>",
    ]


def test_a_code_keeps_its_zeros(session: PowerShellSession, tmp_path: Path) -> None:
    """Looked for in the arguments that the program gets: the STS keeps codes to itself."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "awsenv").write_text('#!/bin/sh\nprintf \'<%s>\' "$@" >"$AWSENV_SEEN"; exit 3\n')
    (tools / "awsenv").chmod(0o755)
    seen = tmp_path / "seen"
    path = quoted(f"{tools}{os.pathsep}")
    session.run(
        f"$env:PATH = {path} + $env:PATH; $env:AWSENV_SEEN = {quoted(str(seen))}",
        "awsenv assume dev --mfa-code 000001",
    )
    assert seen.read_text() == "<assume><--shell><powershell><dev><--mfa-code><000001>"


def test_switches_are_for_the_session(session: PowerShellSession) -> None:
    shown = _lines(
        session,
        'awsenv auto off; "$env:AWSENV_AUTO $?"',
        'awsenv auto on; "$env:AWSENV_AUTO"',
        'awsenv auto sometimes; "$env:AWSENV_AUTO $? $LASTEXITCODE"',
        'awsenv prompt off; "$env:AWSENV_PROMPT"',
    )
    assert [line for line in shown if "usage" not in line] == [
        "off True",
        "match",
        "match False 2",
        "off",
    ]


def test_get_help_shows_text_and_leaves_a_question_mark_alone(
    session: PowerShellSession, sts: RunningSts
) -> None:
    """Help in the command's own script would make PowerShell keep -? for itself."""
    code = "import sys; print(sys.argv[1:])"
    shown = _lines(
        session,
        "Get-Help awsenv | Out-String",
        "Get-Help awsenv -Examples | Out-String",
        "(Get-Help awsenv_segment).Synopsis",
        "'---'",
        f"awsenv exec --mfa-code {sts.code()} dev {PYTHON} -c {quoted(code)} -? x",
        "awsenv status -?",
        "awsenv explain dev -?",
    )
    at = shown.index("---")
    text = "\n".join(shown[:at])
    assert "one code a day for every role" in text
    assert "awsenv exec prod-admin terraform plan" in text
    assert "github.com/awsenv/awsenv" in text
    assert shown[at - 1].startswith("Gives the session")
    assert shown[at + 1] == "['-?', 'x']"
    assert [line for line in shown if line.startswith("Usage: ")] == [
        "Usage: awsenv status [OPTIONS] [PROFILE]",
        "Usage: awsenv explain [OPTIONS] [PROFILE]",
    ]


def test_without_the_program_it_says_so(session: PowerShellSession) -> None:
    shown = _lines(session, "$env:PATH = ''; awsenv status; \"$? $LASTEXITCODE\"")
    assert shown[-1] == "False 127"


@pytest.mark.parametrize("command", ["status", "doctor --offline"])
def test_credentials_that_win_over_the_session_are_told(
    session: PowerShellSession, sts: RunningSts, command: str
) -> None:
    """Those of Set-AWSCredential, for the cmdlets of AWS."""
    told = "Set-AWSCredential has set $StoredAWSCredentials"
    assert told not in session.run(f"awsenv {command}").stderr
    done = session.run("$global:StoredAWSCredentials = 'any'", f"awsenv {command}")
    assert told in done.stderr + done.stdout


@pytest.mark.parametrize(
    "line",
    [
        f"awsenv exec {sys.executable}",
        "awsenv doctor --nope",
        f"function f {{ awsenv exec {sys.executable} @args }}; f 1",
    ],
)
def test_a_failure_that_stops_is_one_line(session: PowerShellSession, line: str) -> None:
    """With PSNativeCommandUseErrorActionPreference it is as for a program, and not about us."""
    if need_shell("pwsh").endswith("powershell"):
        pytest.skip("Windows PowerShell has no such preference")
    setting = "$global:PSNativeCommandUseErrorActionPreference = $true"
    done = session.run(setting, f"{line}; 'ran on'", "'next'")
    assert done.returncode == 1
    assert "ran on" not in done.stdout
    assert "awsenvProgram" not in done.stderr
    assert "Line |" not in done.stderr
    assert "awsenv-more" not in done.stderr
    assert len([line for line in done.stderr.splitlines() if "ended with non-zero" in line]) == 1


# All that an assume may change, on one line.
DUMP = (
    "$all = [Environment]::GetEnvironmentVariables();"
    " ($all.Keys | Where-Object { $_ -like 'AWS*' } | Sort-Object |"
    " ForEach-Object { [uri]::EscapeDataString(\"$_=$($all[$_])\") }) -join ' '"
)


def test_a_live_session_is_switched_to_without_a_process(
    session: PowerShellSession, sts: RunningSts
) -> None:
    """The first time the program does it, the second time there is none."""
    config = quoted(str(sts.aws_folder / "config"))
    steps = [
        "awsenv assume dev",
        DUMP,
        "awsenv assume prod-admin",
        DUMP,
        "$env:AWS_REGION = 'mine'",
        "awsenv assume dev",
        DUMP,
        "awsenv unset",
        DUMP,
        "$env:AWS_PROFILE = $null; $env:AWS_REGION = $null",
    ]
    before = [
        ASSUME.format(sts.code()),
        # What has only just been written is not relied on.
        "Start-Sleep 2",
        "awsenv unset",
        "$env:AWS_PROFILE = 'a b/' + [char]233 + '%'; $env:AWS_REGION = 'ap-south-1'",
    ]
    path = "$path = $env:PATH; $env:PATH = ''"
    # Only assume has to do without.
    without = [f"{path}; {step}; $env:PATH = $path" if "assume" in step else step for step in steps]
    shown = _lines(session, *before, *steps, before[-1], *without)
    assert len(shown) == 8
    assert shown[:4] == shown[4:]
    assert shown[0] != shown[1] != shown[2]
    shown = _lines(
        session,
        f'[IO.File]::AppendAllText({config}, "`n")',
        f"{path}; try {{ awsenv assume dev; 'switched' }} catch {{ \"$_\" }}",
    )
    assert shown[0].startswith("awsenv: there is no program awsenv on PATH; ")


CONFIG = """
[profile prod-admin]
[profile prod-audit]
[profile "my lab's"]
[profile it\u2019s]
"""


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("awsenv assume prod-", ["prod-admin", "prod-audit"]),
        ("awsenv assume m", ["'my lab''s'"]),
        ("awsenv assume it", ["'it\u2019\u2019s'"]),
        ("awsenv expl", ["explain"]),
        ("awsenv assume --mfa-s", ["--mfa-serial"]),
        ("$x = awsenv auto o", ["on", "off"]),
        ("awsenv exec prod-admin -- Get-ChildIte", ["Get-ChildItem"]),
        # Not the module's own functions, Get-Change among them.
        ("awsenv exec prod-admin -- Get-Chan", []),
        ("awsenv exec prod-admin awsenv assume prod-ad", ["prod-admin"]),
    ],
)
def test_tab(session: PowerShellSession, clean_env: Path, line: str, offered: list[str]) -> None:
    (clean_env / ".aws").mkdir()
    (clean_env / ".aws" / "config").write_text(CONFIG, "utf-8")
    complete = f"(TabExpansion2 {quoted(line)} {len(line)}).CompletionMatches"
    shown = session.output(
        f"{complete} | ForEach-Object {{ [uri]::EscapeDataString($_.CompletionText) }}"
    )
    assert [unquote(name) for name in shown] == offered


def test_tab_leaves_the_exit_code(session: PowerShellSession) -> None:
    line = "$null = TabExpansion2 'awsenv ' 7"
    # In a script whose output goes elsewhere, it prints what makes an evaluation fail.
    shown = _lines(session, "awsenv nonsense", line, "$LASTEXITCODE")
    assert shown == ["throw 'awsenv: no such command ''nonsense'''", "2"]


# What may stand on a line, for a script that has $one, $list, $hash and a folder with files in it.
WORDS = [
    "a",
    "-v:n",
    "-x: y",
    "-Dfoo.bar=1",
    "'~'",
    "~",
    "~/x",
    "--",
    "--",
    "''",
    '""',
    "$null",
    "$one",
    '"$one"',
    '"$one x"',
    "x$one",
    "-o:'a b'",
    "-o:$one",
    '-o:"$one b"',
    "-o: $one",
    "$list",
    "@list",
    "@hash",
    "a,b",
    "a, b",
    "a,$one",
    "'a b',c",
    "-x:a,b",
    "(1+1)",
    "$('s')",
    "@(1,2)",
    "012",
    "1e3",
    "0x10",
    "1kb",
    "*.zz",
    "'*.zz'",
    "$star",
    '"$star"',
    "-?",
    "/x:y",
    "[int]",
    "$list[1]",
    "$hash.k",
    "`'b",
    '"a""b"',
    "'it''s'",
    "$()",
    "@()",
    "-",
    "--foo=bar",
    '--foo="a b"',
    "-p$one",
    '"`n"',
    "(Get-Next)",
    "$(Get-Next)",
    "-1",
    "-.5",
    "-a-b",
    "-x:$list",
    "-x:(Get-Next)",
    "'--'",
    '"--"',
    "$true",
    "'é…'",
    "-n:''",
    "$text.Length",
    "%PATH%",
    "'a\"b'",
    "a#b",
    "@'\nx\n'@",
]
SETTING = r"""
$one = 'a b'; $list = '-x', '', '~', $null, '*.zz', '--'; $hash = @{ k = 'v w' }; $star = '*.zz'
$text = 'four'
$global:next = 0
function Get-Next { $global:next++; "next$global:next" }
"""


def _lines_of_words(count: int, seed: int) -> list[str]:
    pick = random.Random(seed)
    lines = [" ".join(pick.choices(WORDS, k=pick.randint(1, 7))) for _ in range(count)]
    # The rest of such a line is taken as it is.
    return [f"{line} --% 'a  b %HOME% $one" if pick.random() < 0.1 else line for line in lines]


def test_arguments_arrive_as_a_program_would_get_them(
    session: PowerShellSession, tmp_path: Path, seed: int
) -> None:
    """Beside the same program without us, every line twice."""
    lines = WORDS + _lines_of_words(LINES, seed)
    tools = tmp_path / "tools"
    tools.mkdir()
    program = tools / "awsenv"
    program.write_text('#!/bin/sh\n{ printf "<%s>" "$@"; echo "."; } >>"$AWSENV_SEEN"\n')
    program.chmod(0o755)
    (tmp_path / "1.zz").touch()
    (tmp_path / "2.zz").touch()
    seen = tmp_path / "seen"
    # In a script, in a function that hands its arguments on, in a block in a pipeline.
    wraps = ["{}", "function f {{ {} }}; f 1 -a:b '~' -- -c:d", "1 | ForEach-Object {{ {} }}"]
    code = []
    for number, words in enumerate(lines):
        wrap = wraps[number % 3] if "--%" not in words and "@'" not in words else "{}"
        line = re.sub(r"(?<!\S)a(?!\S)", "@args", words) if number % 6 == 1 else words
        for name in (quoted(str(program)), "awsenv"):
            code.append("$global:next = 0")
            code.append(wrap.format(f"& {name} exec {line}"))
            code.append('[IO.File]::AppendAllText($env:AWSENV_SEEN, "#$global:next`n")')
    path = quoted(f"{tools}{os.pathsep}")
    done = session.run(
        f"$env:PATH = {path} + $env:PATH; $env:AWSENV_SEEN = {quoted(str(seen))}", SETTING, *code
    )
    assert (done.stderr, done.returncode) == ("", 0), seed
    given = seen.read_text().split(".\n#")
    assert len(given) == 2 * len(lines) + 1, seed
    # Each ends with how often something was evaluated: the next one begins with it.
    calls = [re.sub(r"\A\d+\n", "", text) for text in given[:-1]]
    counts = [re.match(r"\d+", text)[0] for text in given[1:]]  # type: ignore[index]
    for number, line in enumerate(lines):
        bare, ours = 2 * number, 2 * number + 1
        assert (calls[ours], counts[ours]) == (calls[bare], counts[bare]), (line, seed)


KINDS = {
    "awsenv assume x": "alone",
    "awsenv assume x && terraform apply": "alone",
    "awsenv assume x || 'no'": "alone",
    "awsenv assume x 2> err.txt": "alone",
    "awsenv assume x; terraform apply": "inside",
    "terraform plan; awsenv assume x": "inside",
    "if ($true) { awsenv assume x }": "inside",
    "& { awsenv assume x }": "inside",
    "function f { awsenv assume x }": "inside",
    "try { awsenv assume x } catch { }": "inside",
    "foreach ($i in 1..2) { awsenv assume x }": "inside",
    "Invoke-Expression (awsenv assume x)": "caught",
    'iex "$(awsenv assume x)"': "caught",
    "@(awsenv assume x)": "caught",
    "$x = awsenv assume x": "caught",
    "$x = if (1) { awsenv assume x }": "caught",
    "if (awsenv assume x) { }": "caught",
    "foreach ($i in awsenv assume x) { }": "caught",
    "function f { $y = awsenv assume x }": "caught",
    "& { awsenv assume x } | Out-String": "caught",
    "awsenv assume x > out.txt": "caught",
    "awsenv assume x *> out.txt": "caught",
    "Invoke-Expression (\n  awsenv assume x\n)": "caught",
}


def test_how_a_command_is_written(session: PowerShellSession) -> None:
    rows = []
    for text in KINDS:
        before = text[: max(0, text.find("awsenv"))]
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        rows.append(f"@{{ Text = {quoted(text)}; Line = {line}; Column = {column} }}")
    shown = session.output(
        f"foreach ($row in {', '.join(rows)}) {{",
        "  $call = [pscustomobject]@{ PipelinePosition = 1; PipelineLength = 1; ScriptName = '';",
        "    ScriptLineNumber = $row.Line; OffsetInLine = $row.Column }",
        "  (& (Get-Module awsenv) { Get-Call @args } $call $row.Text).Kind",
        "  $call.PipelineLength = 2",
        "  (& (Get-Module awsenv) { Get-Call @args } $call $row.Text).Kind",
        "}",
    )
    assert dict(zip(KINDS, shown[::2], strict=True)) == KINDS
    assert set(shown[1::2]) == {"caught"}


# The reader, with a line that is always the same

READER = "function global:PSConsoleHostReadLine { 'aws s3 ls' }\n"
READ = '"<$(PSConsoleHostReadLine)> $? $LASTEXITCODE"'
LAPSE = "$env:AWSENV_EXPIRES_AT = '1'; $key = $env:AWS_ACCESS_KEY_ID"
RESULT = '"$($env:AWSENV_EXPIRES_AT -ne 1) $($env:AWS_ACCESS_KEY_ID -ceq $key)"'


def _forget(kind: str) -> str:
    """A line that removes the records of a kind, or all."""
    folder = quoted(paths.sessions_dir())
    return (
        f"foreach ($file in [IO.Directory]::GetFiles({folder})) {{"
        f" if ([IO.File]::ReadAllText($file).Contains('{kind}')) {{ [IO.File]::Delete($file) }} }}"
    )


def test_a_lapsed_session_is_renewed_before_the_line_runs(
    session: PowerShellSession, sts: RunningSts
) -> None:
    shown = _lines(
        session,
        ASSUME.format(sts.code()),
        # It is on disk already: another terminal has renewed it.
        LAPSE,
        "$env:AWS_REGION = 'mine'",
        READ,
        RESULT,
        # It is not, but no code is needed.
        _forget("KIND=role"),
        LAPSE,
        READ,
        RESULT,
        "$env:AWS_REGION",
        before=READER,
    )
    assert shown == [
        "<aws s3 ls> True 0",
        "True True",
        "<aws s3 ls> True 0",
        "True False",
        "mine",
    ]


def test_without_a_code_nothing_runs(session: PowerShellSession, sts: RunningSts) -> None:
    done = session.run(
        ASSUME.format(sts.code()),
        _forget("KIND="),
        LAPSE,
        "awsenv nonsense",
        READ,
        RESULT,
        "$env:AWSENV_AUTO = 'off'",
        READ,
        before=READER,
    )
    assert done.stdout.splitlines() == [
        "throw 'awsenv: no such command ''nonsense'''",
        "<Microsoft.PowerShell.Utility\\Write-Error '' -ErrorAction Ignore"
        " # awsenv: not run: aws s3 ls> True 2",
        "False True",
        "<aws s3 ls> True 2",
    ]
    # The lapsed credentials are still there, and awsenv has said why.
    assert "no terminal" in done.stderr


def _mutated(text: str, pick: random.Random) -> str:
    """`text` with a few bytes or lines changed, lost, doubled or moved."""
    lines = text.split("\n")
    for _ in range(pick.randint(1, 3)):
        at, other = pick.randrange(len(text)), pick.randrange(len(text))
        here, there = pick.randrange(len(lines)), pick.randrange(len(lines))
        kind = pick.randrange(7)
        if kind == 0:
            text = text[:at] + chr(pick.randrange(1, 256)) + text[at + 1 :]
        elif kind == 1:
            text = text[:at] + text[at + 1 :]
        elif kind == 2:
            text = text[: max(1, at)]
        elif kind == 3:
            text = text[:at] + text[other : other + pick.randrange(40)] + text[at:]
        else:
            if kind == 4:
                lines[here], lines[there] = lines[there], lines[here]
            elif kind == 5:
                lines.insert(here, lines[there])
            elif len(lines) > 2:
                del lines[here]
            text = "\n".join(lines)
        lines = text.split("\n")
        text = text or "x"
    return text


def test_no_record_that_has_changed_is_loaded(
    session: PowerShellSession, sts: RunningSts, tmp_path: Path, seed: int
) -> None:
    """Each of many mutations gives the very session, or none."""
    pick = random.Random(seed)
    key, secret, token = _lines(
        session,
        ASSUME.format(sts.code()),
        "$env:AWSENV_SESSION; $env:AWS_SECRET_ACCESS_KEY; $env:AWS_SESSION_TOKEN",
    )
    record = Path(paths.sessions_dir(), key)
    text = record.read_text()
    folder = tmp_path / "mutated"
    folder.mkdir()
    for number in range(400):
        changed = text if number == 0 else _mutated(text, pick)
        (folder / f"{number:03}").write_bytes(changed.encode("utf-8", "replace"))
    shown = session.output(
        f"foreach ($file in [IO.Directory]::GetFiles({quoted(str(folder))}) | Sort-Object) {{",
        # The file stays, and so its mode does.
        f"  [IO.File]::WriteAllBytes({quoted(str(record))}, [IO.File]::ReadAllBytes($file))",
        f"  $found = & (Get-Module awsenv) {{ Get-Session @args }} '{key}' 0",
        "  if ($null -eq $found) { 'none' }",
        "  else { $found['AWS_SECRET_ACCESS_KEY'] + ' ' + $found['AWS_SESSION_TOKEN'] } }",
    )
    assert len(shown) == 400
    assert shown[0] == f"{secret} {token}"
    assert set(shown) == {f"{secret} {token}", "none"}, seed


@pytest.mark.parametrize("line", ["", "  ", "Get-Date", "# aws", "aws s3 ls --profile other"])
def test_other_lines_ask_nothing(session: PowerShellSession, line: str) -> None:
    now = int(time.time())
    env = {
        "AWS_ACCESS_KEY_ID": "ASIAOLD",
        "AWSENV_PUT": "AWS_ACCESS_KEY_ID=ASIAOLD",
        "AWSENV_PROFILE": "dev",
        "AWSENV_EXPIRES_AT": str(now - 5),
    }
    before = f"function global:PSConsoleHostReadLine {{ {quoted(line)} }}"
    shown = session.output('"<$(PSConsoleHostReadLine)>"', before=before, env=env)
    assert shown == [f"<{line}>"]
