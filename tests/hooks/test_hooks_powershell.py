"""What only PowerShell has: its reader, modules, wrapped functions, `$?`, constrained language."""

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("termios")
from support.hooked_shells import HOOKS, SYNTAXES, Hooked, start
from support.shells_at_hand import need_shell
from support.terminal_driver import Driven, bare_environment
from support.world import RunningSts, run_awsenv

LOAD = f"Import-Module '{HOOKS / 'awsenv.psm1'}'"


def _start(folder: Path, sts: RunningSts, before: str = "", **more: Any) -> Hooked:
    return start(SYNTAXES["pwsh"], folder, sts, before=before, **more)


def session_variables(left: int) -> dict[str, str]:
    """What a shell inherits that is started from one with a session."""
    return {
        "AWS_ACCESS_KEY_ID": "ASIAPRETENDED",
        "AWSENV_PUT": "AWS_ACCESS_KEY_ID=ASIAPRETENDED",
        "AWSENV_PROFILE": "dev",
        "AWSENV_EXPIRES_AT": str(int(time.time()) + left),
    }


# A reader or a prompt that fails

READERS = {
    "throws": "throw 'broken'",
    "gives nothing": "",
    "gives nothing that is a line": "$null",
    "gives a number": "7",
    "writes an error": "Write-Error 'broken'",
}


@pytest.mark.parametrize("body", READERS.values(), ids=READERS)
def test_a_reader_that_fails_leaves_a_shell_that_works(
    tmp_path: Path, sts: RunningSts, body: str
) -> None:
    reader = f"function global:PSConsoleHostReadLine {{ {body} }}"
    with (h := _start(tmp_path, sts, before=reader)).shell:
        assert h.shell.run("'works'").endswith("works")
        h.assume()
        h.lapse()
        h.ask("aws a")
        h.answer(h.sts.code())
        assert len(h.calls()) == 1
        # It is said once, and not at every line.
        assert h.shell.screen().count("PSConsoleHostReadLine") == 1


def test_a_reader_that_gives_more_than_the_line(tmp_path: Path, sts: RunningSts) -> None:
    reader = (
        "$global:r = $function:PSConsoleHostReadLine\n"
        "function global:PSConsoleHostReadLine { 1; 'noise'; & $r }"
    )
    with (h := _start(tmp_path, sts, before=reader)).shell:
        assert h.shell.run("'works'") == "works"
        assert h.shell.run("'still'") == "still"


def test_without_psreadline_below_the_line_lines_are_still_read(
    tmp_path: Path, sts: RunningSts
) -> None:
    with (h := _start(tmp_path, sts, after="Remove-Module PSReadLine")).shell:
        assert h.shell.run("'works'").endswith("works")
        h.assume()
        h.lapse()
        h.ask("aws a; aws b")
        h.shell.press("ctrl-c")
        h.wait_until_dropped("aws a; aws b")
        assert h.calls() == []


PROMPTS = {"throws": "throw 'broken'", "gives nothing": "", "gives several": "'p1> '; 'p2> '"}


@pytest.mark.parametrize("body", PROMPTS.values(), ids=PROMPTS)
def test_a_prompt_that_fails_leaves_a_shell_that_works(
    tmp_path: Path, sts: RunningSts, body: str
) -> None:
    with (h := _start(tmp_path, sts)).shell:
        h.pretend(2550)
        h.shell.submit(f"function global:prompt {{ {body} }}; 'one'")
        h.shell.wait_for("one")
        # The prompt after that is the first one that ours is around.
        h.shell.submit("'two'")
        h.shell.wait_for("two")
        h.shell.submit("'three'")
        h.shell.wait_for("[prod-admin 42m]")
        h.shell.type("function global:prompt { \"#1000> \" }; 'four'\r")
        h.shell.wait_for_prompt()


# Loading orders, and unloading

# posh-git sets its prompt only where it finds PowerShell's own.
DEFAULT = (
    'function global:prompt { "PS $($executionContext.SessionState.Path.CurrentLocation)'
    "$('>' * ($nestedPromptLevel + 1)) \" }\n"
)
POSH_GIT = (
    "if ((Get-Command prompt).Definition.Contains('executionContext.SessionState.Path')) {\n"
    'function global:prompt { $global:_driven += 1; "git #$($global:_driven)> " } }\n'
)


@pytest.mark.parametrize("left", ["", "3000"], ids=["without a session", "with a session"])
def test_a_tool_that_looks_for_the_default_prompt(
    tmp_path: Path, sts: RunningSts, left: str
) -> None:
    env = session_variables(3630) if left else {}
    with (h := _start(tmp_path, sts, before=DEFAULT, after=POSH_GIT, env=env)).shell:
        # The first prompt of a shell that has a session already shows it.
        assert h.segment() == ("[dev 1h00m] git " if left else "git ")
        h.pretend(2550)
        assert h.segment() == "[prod-admin 42m] git "


REMOVED = """
$own = "$function:prompt"
$ExecutionContext.SessionState.Module.OnRemove = {
  if ((Get-Command prompt).Definition -eq $own) {
    $function:global:prompt = [scriptblock]::Create($default)
  }
}
"""


@pytest.mark.parametrize("left", [0, 3630], ids=["without a session", "with a session"])
def test_prompts_are_known_by_their_text_in_a_running_shell(
    tmp_path: Path, sts: RunningSts, left: int
) -> None:
    """posh-git by hand, and out again: it looks for PowerShell's prompt, then for its own."""
    default = (
        "function global:prompt { $null = $executionContext.SessionState.Path;"
        ' $global:_driven += 1; "#$($global:_driven)> " }\n'
    )
    module = tmp_path / "git.psm1"
    module.write_text(f'$default = "$function:prompt"\n{POSH_GIT}{REMOVED}')
    ours = "[dev 1h00m] " if left else ""
    env = session_variables(left) if left else {}
    with (h := _start(tmp_path, sts, before=default, env=env)).shell:
        assert h.segment() == ours
        # At the first pause ours has the text of what it is around.
        _pause(h, 3)
        h.shell.run(f"Import-Module '{module}'")
        h.shell.run("'next'")
        assert h.segment() == f"{ours}git "
        for _ in range(20):
            _pause(h, 0.5)
            if h.shell.run("(Get-Command prompt).Definition.Contains('git #')") == "True":
                break
        h.shell.run("Remove-Module git")
        h.shell.run("'next'")
        assert h.segment() == ours


def test_both_replaced_in_a_running_shell(tmp_path: Path, sts: RunningSts) -> None:
    """As by `. $PROFILE` with starship and atuin in it: neither of ours is called any more."""
    replace = r"""
function global:Set-Both {
  function global:prompt { $global:_driven += 1; "new #$($global:_driven)> " }
  function global:PSConsoleHostReadLine {
    [Microsoft.PowerShell.PSConsoleReadLine]::ReadLine($Host.Runspace, $ExecutionContext, $true)
  }
}
"""
    with (h := _start(tmp_path, sts, before=replace)).shell:
        h.pretend(2550)
        for _ in range(2):
            h.shell.run("Set-Both")
            # At the first pause they are put around what is there.
            for _ in range(20):
                _pause(h, 0.5)
                h.shell.run("'next'")
                if h.segment() == "[prod-admin 42m] new ":
                    break
            assert h.segment() == "[prod-admin 42m] new "
        h.assume()
        h.lapse()
        h.ask("aws a")
        h.shell.press("ctrl-c")
        h.wait_until_dropped("aws a")


def _pause(h: Hooked, seconds: float) -> None:
    """Nothing is typed for so long."""
    end = time.monotonic() + seconds
    h.shell.wait_until(lambda: time.monotonic() > end, "the end of a pause")


VSCODE = r"""
$global:orig = @{ prompt = $function:prompt; read = $function:PSConsoleHostReadLine }
function global:prompt {
  "$([char]27)]633;D`a$([char]27)]633;A`a" + $global:orig.prompt.Invoke() + "$([char]27)]633;B`a"
}
function global:PSConsoleHostReadLine {
  $line = $global:orig.read.Invoke(); [Console]::Write("$([char]27)]633;E`a"); $line
}
"""


def test_the_start_of_vs_code(tmp_path: Path) -> None:
    """By -noexit -command, after $PROFILE; both are wrapped once, the segment is in the prompt."""
    home = tmp_path / "home"
    profile = home / ".config" / "powershell" / "Microsoft.PowerShell_profile.ps1"
    profile.parent.mkdir(parents=True)
    profile.write_text(
        'function global:prompt { $global:_driven += 1; "#$($global:_driven)> " }\n'
        f"Set-PSReadLineOption -PredictionSource None\n{LOAD}\n"
    )
    (home / "integration.ps1").write_text(VSCODE)
    argv = [need_shell("pwsh"), "-nologo", "-noexit", "-command"]
    argv.append(f"try {{ . '{home / 'integration.ps1'}' }} catch {{}}")
    env = bare_environment(home, **session_variables(2550))
    with Driven(argv, env, home) as shell:
        for _ in range(3):
            shell.wait_for_prompt()
            assert shell.screen().splitlines()[-1].startswith("[dev 42m] #")
            shell.submit("'x'")
        shell.wait_for_prompt()
        shown = shell.run(
            '& (Get-Module awsenv) { "$($script:prompts.Count) $($script:readers.Count)" }'
        )
        assert shown == "1 1"
        raw = bytes(shell.raw)
        last = raw.rindex(b"\x1b]633;D")
        assert re.match(rb"\x1b\]633;D\x07\x1b\]633;A\x07.{0,12}\[dev", raw[last:])


MARKS = {
    "iterm": '"$([char]27)]133;D;0`a$([char]27)]133;A`a#$($global:_driven)> "',
    "string terminator": '"$([char]27)]133;A$([char]27)\\`n#$($global:_driven)> "',
    "none": '"`n#$($global:_driven)> "',
}


@pytest.mark.parametrize("text", MARKS.values(), ids=MARKS)
def test_the_segment_stands_within_the_marks(tmp_path: Path, sts: RunningSts, text: str) -> None:
    prompt = f"function global:prompt {{ $global:_driven += 1; {text} }}"
    with (h := _start(tmp_path, sts, before=prompt)).shell:
        h.pretend(2550)
        assert h.segment() == "[prod-admin 42m] "
        shown = bytes(h.shell.raw)
        mark = max(shown.rfind(b"]133;A"), shown.rfind(b"\r\n"))
        assert shown.rindex(b"[prod-admin") > mark
        assert b"133;A" not in shown[shown.rindex(b"[prod-admin") :]


TRANSIENT = r"""
function global:prompt {
  if ($global:short) { $global:short = $false; return "short> " }
  $global:_driven += 1; "#$($global:_driven)> "
}
function Set-Short {
  $global:short = $true
  [Microsoft.PowerShell.PSConsoleReadLine]::InvokePrompt()
}
Set-PSReadLineKeyHandler -Key Enter -ScriptBlock {
  try { Set-Short } finally { [Microsoft.PowerShell.PSConsoleReadLine]::AcceptLine() }
}
Set-PSReadLineKeyHandler -Key Ctrl+g -ScriptBlock {
  $global:_driven -= 1; [Microsoft.PowerShell.PSConsoleReadLine]::InvokePrompt()
}
"""


def test_a_transient_prompt_does_not_keep_the_segment(tmp_path: Path, sts: RunningSts) -> None:
    with (h := _start(tmp_path, sts, before=TRANSIENT)).shell:
        h.pretend(2550)
        h.shell.run("'here'")
        lines = h.shell.screen().splitlines()
        assert lines[-3] == "short> 'here'"
        assert h.segment() == "[prod-admin 42m] "
        # One that is only drawn anew keeps it.
        h.shell.press("ctrl-g")
        h.shell.type("'redrawn'")
        h.shell.wait_until(lambda: h.prompt().endswith("'redrawn'"), "the line")
        assert h.prompt().startswith("[prod-admin 42m] #")


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("venv") / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    return folder / "bin" / "Activate.ps1"


@pytest.mark.parametrize(
    "unload", ["awsenv_unload", "Remove-Module awsenv", f"{LOAD} -Force"], ids=lambda way: way[:13]
)
def test_a_venv_outlives_us(tmp_path: Path, sts: RunningSts, venv: Path, unload: str) -> None:
    """Activate.ps1 keeps a copy of the prompt that it finds, and puts it back."""
    with (h := _start(tmp_path, sts)).shell:
        h.pretend(2550)
        h.shell.run(f"& '{venv}'")
        assert h.segment() == "(env) [prod-admin 42m] "
        h.shell.run(unload)
        h.shell.run("'next'")
        ours = "[prod-admin 42m] " if "Force" in unload else ""
        assert h.segment() in (f"{ours}(env) ", f"(env) {ours}")
        h.shell.run(f"& '{venv}'")
        # What is set in a running shell has it from the second prompt on.
        h.shell.run("'next'")
        assert h.segment() in (f"{ours}(env) ", f"(env) {ours}")
        h.shell.run("deactivate")
        h.shell.run("'next'")
        assert h.segment() == ours
        h.shell.run(f"& '{venv}'")
        h.shell.run("deactivate")
        # The one error is Activate.ps1's own.
        shown = h.shell.run("'works'; $Error -notmatch '_PYTHON_VENV_PROMPT_PREFIX'")
        assert shown == "works"


COPIES = """
Copy-Item function:prompt function:global:kept
Copy-Item function:PSConsoleHostReadLine function:global:keptreader
$global:block = $function:prompt
"""


def test_no_copy_of_our_functions_depends_on_us(tmp_path: Path, sts: RunningSts) -> None:
    with (h := _start(tmp_path, sts)).shell:
        h.pretend(2550)
        h.shell.run("; ".join(COPIES.split("\n")[1:-1]))
        h.shell.run("awsenv_unload")
        assert h.segment() == ""
        assert h.shell.run("(kept).Length -gt 2; (& $block).Length -gt 2") == "True\nTrue"
        h.shell.run("Copy-Item function:keptreader function:global:PSConsoleHostReadLine")
        assert h.shell.run("'works'") == "works"
        # Loaded once more it is there again.
        h.shell.run(LOAD)
        h.shell.run("'x'")
        assert h.segment() == "[prod-admin 42m] "


def test_read_only_functions_are_left_alone(tmp_path: Path, sts: RunningSts) -> None:
    before = (
        "Set-Item function:global:prompt -Value ${function:prompt} -Options ReadOnly -Force\n"
        "Set-Item function:global:PSConsoleHostReadLine"
        " -Value ${function:PSConsoleHostReadLine} -Options ReadOnly -Force\n"
    )
    with (h := _start(tmp_path, sts, before=before)).shell:
        assert h.shell.run("'works'") == "works"
        assert h.shell.run("'still'") == "still"
        # The command does what it does all the same.
        h.assume()
        assert h.shell.screen().count("cannot be changed") <= 2


# Cancelling, and constrained language


def test_a_cancel_leaves_a_status(tmp_path: Path, sts: RunningSts) -> None:
    with (h := _start(tmp_path, sts)).shell:
        h.assume()
        h.lapse()
        errors = h.shell.run("$Error.Count")
        h.ask("aws a; 'ran on'")
        h.shell.press("ctrl-c")
        h.wait_until_dropped("aws a; 'ran on'")
        assert h.shell.run('"status=$?"') == "status=False"
        assert h.shell.run("$Error.Count") == errors
        assert "not run: aws a; 'ran on'" in h.shell.run("(Get-History -Count 3).CommandLine")
        h.shell.press("up")
        h.shell.press("up")
        h.shell.press("up")
        h.shell.press("up")
        h.shell.wait_until(lambda: h.prompt().endswith("aws a; 'ran on'"), "the line to edit")


def test_constrained_language_later_on(tmp_path: Path, sts: RunningSts) -> None:
    with (h := _start(tmp_path, sts)).shell:
        h.assume()
        h.shell.run("$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'")
        shown = h.shell.run("awsenv status")
        assert "dev" in shown
        assert "no program" not in h.shell.screen()
        assert "Cannot" not in h.shell.screen()
        assert "awsenv 0" in h.shell.run("awsenv --version")
        assert h.shell.run("awsenv exec dev -- sh -c 'exit 7'; $LASTEXITCODE") == "7"


def test_constrained_language_from_the_start(tmp_path: Path, sts: RunningSts) -> None:
    line = run_awsenv("init", "powershell").stdout.strip()
    hook = "$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'\n" + line
    with (h := _start(tmp_path, sts, hook=hook)).shell:
        assert h.shell.screen() == "#1>"
        assert "awsenv 0" in h.shell.run("awsenv --version")
