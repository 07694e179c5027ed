"""A real PowerShell without a terminal, with the module loaded: runs on every system.

The module leaves such a session alone. It is loaded all the same, from a copy without that
guard, so that its functions, the prompt, the reader and the command can be called in a script.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from awsenv.shells import get
from support.powershell_syntax import SHELL_FILES
from support.shells_at_hand import need_shell

_GUARD = "if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage'"
# A module does not take over the strictness of who imports it.
_STRICT = "Microsoft.PowerShell.Core\\Set-StrictMode -Version Latest\n"
# Windows PowerShell is called powershell. Read here, for a test has no variables of awsenv's.
_PROGRAM = os.environ.get("AWSENV_TEST_POWERSHELL") or "pwsh"
_START = f"""{_STRICT}
$global:ErrorActionPreference = 'Stop'
$global:PSNativeCommandUseErrorActionPreference = $false
"""


def quoted(text: str) -> str:
    """`text` as PowerShell writes it, in ASCII."""
    return get("powershell").value(text)


class PowerShellSession:
    """Runs scripts, strict, in a folder that holds the copy of the module."""

    def __init__(self, folder: Path) -> None:
        self.program = need_shell(_PROGRAM)
        self.folder = folder
        text = (SHELL_FILES / "awsenv.psm1").read_text("ascii")
        start = text.index(_GUARD)
        end = text.index("\n}\n", start) + 3
        (folder / "awsenv.psm1").write_text(_STRICT + text[:start] + text[end:], "ascii")
        shutil.copy(SHELL_FILES / "awsenv-commands", folder)
        for name in (
            "awsenv-hook.ps1",
            "awsenv-more.ps1",
            "awsenv-record.ps1",
            "awsenv-call.ps1",
            "awsenv-match.ps1",
            "awsenv_command.ps1",
        ):
            strict = "" if name == "awsenv_command.ps1" else _STRICT
            (folder / name).write_text(strict + (SHELL_FILES / name).read_text("ascii"), "ascii")
        self.load = f"Import-Module {quoted(str(folder / 'awsenv.psm1'))}"
        # As by the first line that is read.
        self.begin = (
            "& (Get-Module awsenv) { Start-Hook; Read-Rest; Register-Completion; Join-Prompt }"
        )

    def run(
        self, *lines: str, env: Mapping[str, str] = {}, stdin: str = "", before: str = ""
    ) -> "subprocess.CompletedProcess[str]":
        """Run `before`, load the module, run `lines`."""
        script = self.folder / "script.ps1"
        text = "\n".join([_START + before, self.load, self.begin, *lines, ""])
        script.write_text(text, "utf-8-sig")
        return subprocess.run(
            [self.program, "-NoLogo", "-NoProfile", "-NonInteractive", "-File", str(script)],
            input=stdin,
            cwd=self.folder,
            # Without a terminal, whoever runs the tests.
            start_new_session=True,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=120,
            check=False,
            env={
                **os.environ,
                "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
                "POWERSHELL_TELEMETRY_OPTOUT": "1",
                "NO_COLOR": "1",
                **env,
            },
        )

    def output(self, *lines: str, **options: object) -> list[str]:
        """The lines that a script prints which must succeed and say nothing on stderr."""
        done = self.run(*lines, **options)  # type: ignore[arg-type]
        assert (done.stderr, done.returncode) == ("", 0), done.stdout
        return done.stdout.splitlines()
