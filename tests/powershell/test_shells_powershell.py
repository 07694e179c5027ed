"""What is printed for PowerShell: read back, parsed by a grammar, and run where pwsh is."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_pwsh
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awsenv.environment.change import MANAGED, OWN, EnvChange
from awsenv.shells import get
from support.nasty_values import TEXT, VALUE
from support.powershell_decoder import NotUnderstoodError, ThrownError, decode
from support.shells_at_hand import need_shell

SHELL = get("powershell")
CHANGE = EnvChange(
    {"AWS_REGION": "it's\x01\u00e9\u2019 \U0001f692", "AWS_ACCESS_KEY_ID": "ASIA"},
    ("AWS_PROFILE",),
)
_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_pwsh.language()))
# Evaluations that a person may write; the first is the one to recommend.
WAYS = (
    "Invoke-Expression ({0})",
    "{0} | Out-String | Invoke-Expression",
    'iex "$({0})"',
    "iex ({0} | Out-String)",
)


def _parses(text: str) -> bool:
    return not _PARSER.parse(text.encode()).root_node.has_error


@given(values=st.dictionaries(st.sampled_from(MANAGED), VALUE), data=st.data())
def test_every_change_reads_back(values: dict[str, str], data: st.DataObject) -> None:
    left = [name for name in MANAGED if name not in values]
    unset = data.draw(st.lists(st.sampled_from(left), unique=True)) if left else []
    text = SHELL.render(EnvChange(values, unset))
    assert decode(text) == [*values.items(), *((name, None) for name in unset)]
    assert text.startswith(SHELL.mark + " ")
    assert _parses(text)


@given(message=TEXT)
def test_a_failure_throws_its_message(message: str) -> None:
    text = SHELL.fail(message)
    with pytest.raises(ThrownError, match=r"^awsenv: ") as caught:
        decode(text)
    assert "\n" not in str(caught.value)
    assert _parses(text)


def test_output_cut_short_anywhere_is_no_statement() -> None:
    text = SHELL.render(CHANGE)
    assert len(decode(text)) == 3
    for length in range(1, len(text)):
        assert not _parses(text[:length]), text[:length]
        with pytest.raises(NotUnderstoodError):
            decode(text[:length])


@pytest.mark.parametrize(
    "wrong",
    [
        "& { $env:A = 'it's' }",
        "& { $env:A = 'a' + 'b }",
        "& { $env:A = [char]65 + 'b' }",
        "& { $env:A = 'a'; ",
        '& { $env:A = "a" }',
        "& { $env:A = 'a\nb' }",
        "& { $env:A = '\u2019' }",
        "$env:A = (exit)",
    ],
)
def test_the_decoder_refuses_what_is_wrong(wrong: str) -> None:
    with pytest.raises(NotUnderstoodError):
        decode(wrong)


def test_the_decoder_knows_the_other_ways_to_write_it() -> None:
    line = (
        "[Environment]::SetEnvironmentVariable('A', 'it''s' + [char]10);"
        " [Environment]::SetEnvironmentVariable('B', [NullString]::Value); $env:C = $null"
    )
    assert decode(line) == [("A", "it's\n"), ("B", None), ("C", None)]


class Pwsh:
    """The real PowerShell, strict, with a program that prints what it is given."""

    def __init__(self, folder: Path) -> None:
        self.program = need_shell("pwsh")
        self.printed, self.dump = folder / "printed", folder / "env.json"
        self.script = folder / "lines.ps1"
        printer, dumper = folder / "print.py", folder / "dump.py"
        printer.write_text(
            "import sys\n"
            f"sys.stdout.buffer.write(open({str(self.printed)!r}, 'rb').read())\n"
            "sys.exit(int(sys.argv[1]))\n"
        )
        dumper.write_text(
            "import json, os\n"
            f"json.dump(dict(os.environ), open({str(self.dump)!r}, 'w', encoding='ascii'))\n"
        )
        self.print_command = f"& '{sys.executable}' '{printer}'"
        self.dump_command = f"& '{sys.executable}' '{dumper}'"

    def run(self, text: str, *lines: str, status: int = 0) -> "subprocess.CompletedProcess[str]":
        """Run `lines`, in which PRINT prints `text` and exits with `status`."""
        self.printed.write_bytes(text.encode("ascii") + b"\n")
        script = ["Set-StrictMode -Version Latest; $ErrorActionPreference = 'Stop'", *lines]
        command = f"{self.print_command} {status}"
        self.script.write_text("\n".join(script).replace("PRINT", command) + "\n", "ascii")
        return subprocess.run(
            [self.program, "-NoLogo", "-NoProfile", "-NonInteractive", "-File", str(self.script)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=120,
            check=False,
            env={**os.environ, "POWERSHELL_TELEMETRY_OPTOUT": "1", "AWS_PROFILE": "mine"},
        )

    def seen(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.dump.read_text("ascii"))
        return found


@pytest.fixture
def pwsh(tmp_path: Path) -> Pwsh:
    return Pwsh(tmp_path)


@pytest.mark.parametrize("way", WAYS)
@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(values=st.lists(TEXT, min_size=100, max_size=100))
def test_values_arrive_as_they_are(pwsh: Pwsh, way: str, values: list[str]) -> None:
    wanted = {f"NASTY_{index}": value for index, value in enumerate(values)}
    text = SHELL.render(EnvChange(wanted, ("AWS_PROFILE", "NEVER_SET")))
    done = pwsh.run(text, way.format("PRINT"), pwsh.dump_command)
    assert done.stderr == ""
    seen = pwsh.seen()
    # Before 7.5, setting an empty value removes the variable.
    assert {name: seen.get(name, "") for name in wanted} == wanted
    assert not {"AWS_PROFILE", "NEVER_SET"} & seen.keys()


@pytest.mark.parametrize("way", WAYS)
def test_a_failure_stops_the_line_and_changes_nothing(pwsh: Pwsh, way: str) -> None:
    line = f"try {{ {way.format('PRINT')}; 'ran' }} catch {{ \"caught $_\" }}"
    done = pwsh.run(SHELL.fail("no such profile"), line, pwsh.dump_command, status=3)
    assert done.stdout.strip() == "caught awsenv: no such profile"
    seen = pwsh.seen()
    assert seen["AWS_PROFILE"] == "mine"
    assert "AWS_ACCESS_KEY_ID" not in seen


def test_removing_what_is_not_there_is_quiet_and_succeeds(pwsh: Pwsh) -> None:
    text = SHELL.render(EnvChange({}, MANAGED + OWN))
    done = pwsh.run(text, WAYS[0].format("PRINT"), '"so: $?"')
    assert (done.stdout.strip(), done.stderr) == ("so: True", "")


def test_output_cut_short_anywhere_applies_nothing(pwsh: Pwsh) -> None:
    text = SHELL.render(CHANGE)
    pieces = (text[:length].replace("'", "''") for length in range(1, len(text)))
    done = pwsh.run(
        text,
        "$pieces = @(" + ", ".join(f"'{piece}'" for piece in pieces) + ")",
        'foreach ($piece in $pieces) { try { iex $piece; "ran $piece" } catch {} }',
        pwsh.dump_command,
    )
    assert "ran" not in done.stdout
    assert pwsh.seen()["AWS_PROFILE"] == "mine"
    assert not {"AWS_REGION", "AWS_ACCESS_KEY_ID"} & pwsh.seen().keys()
