"""PowerShell's $PROFILE: which file that is, how it is encoded, and whether it may run at all."""

from __future__ import annotations

import os
import sys
from functools import cache

from awsenv.errors import AwsenvError, UsageError
from awsenv.lean.dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# The one of the current user and of this host, which is what people know as $PROFILE. The prompt
# and the reader are this host's as well.
_ASK = "[Console]::OutputEncoding = [Text.UTF8Encoding]::new(); $PROFILE; Get-ExecutionPolicy"
_SECONDS = 30
# With these, PowerShell runs no unsigned file, and so no $PROFILE that a user has written.
_STOPPING = ("Restricted", "AllSigned")
_SIGNATURE = b"# SIG # Begin signature block"
# PowerShell's own editors wrote UTF-16 for a long time.
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


@dataclass(frozen=True)
class StartupFile:
    """Where $PROFILE is, and the execution policy that holds for it; "" where it is not known."""

    path: str
    policy: str = ""

    @property
    def warning(self) -> str | None:
        """What stops it from running, and the way out; None where nothing does."""
        if self.policy not in _STOPPING:
            return None
        return (
            f"PowerShell's execution policy {self.policy} stops $PROFILE here; allow it with: "
            "Set-ExecutionPolicy -Scope CurrentUser RemoteSigned"
        )


@cache
def find() -> StartupFile:
    """The $PROFILE of the PowerShell in question; raises AwsenvError if it cannot be determined.

    PowerShell is asked if it is installed: on Windows the folder may have been moved.
    """
    program = _program()
    asked = _ask(program) if program else None
    if asked:
        return asked
    if sys.platform == "win32":
        raise AwsenvError(
            "cannot find out where $PROFILE is", "add what `awsenv init powershell` prints to it"
        )
    config = os.environ.get("XDG_CONFIG_HOME", "")
    config = config if os.path.isabs(config) else os.path.join(os.path.expanduser("~"), ".config")
    return StartupFile(os.path.join(config, "powershell", "Microsoft.PowerShell_profile.ps1"))


def decoded(raw: bytes) -> tuple[bytes, Callable[[bytes], bytes]]:
    """`raw`, a file's bytes, as UTF-8 without a UTF-16 mark, and what turns that back.

    Other encodings are left as they are: all that is looked for, and all that is added, is ASCII.
    Raises UsageError for a file that must not change.
    """
    mark = raw[:2]
    codec = _UTF16.get(mark)
    try:
        text = (
            raw[2:].decode(codec, "surrogatepass").encode("utf-8", "surrogatepass")
            if codec
            else raw
        )
    except UnicodeDecodeError:
        raise UsageError("$PROFILE is not valid UTF-16", "save it again in an editor") from None
    if _SIGNATURE in text:
        raise UsageError(
            "$PROFILE is signed, and a change breaks its signature",
            "add what `awsenv init powershell` prints above the signature, and sign it again",
        )

    def encoded(data: bytes) -> bytes:
        if not codec:
            return data
        return mark + data.decode("utf-8", "surrogatepass").encode(codec, "surrogatepass")

    return text, encoded


def _program() -> str | None:
    import shutil

    if sys.platform == "win32":
        from awsenv.shells.detection import reading_shell

        # Both may be installed, each with a $PROFILE of its own.
        if reading_shell() == "powershell":
            return shutil.which("powershell")
    return shutil.which("pwsh") or shutil.which("powershell")


def _ask(program: str) -> StartupFile | None:
    import subprocess

    try:
        done = subprocess.run(
            [program, "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", _ASK],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    lines = done.stdout.decode("utf-8", "replace").lstrip("\ufeff").splitlines()
    if len(lines) < 2 or not os.path.isabs(lines[0]):
        return None
    return StartupFile(lines[0], lines[1].strip())
