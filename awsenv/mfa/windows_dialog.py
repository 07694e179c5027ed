"""The dialog of Windows, by Windows PowerShell, which every Windows has; from WSL too."""

from __future__ import annotations

import sys

from awsenv.errors import CancelledError
from awsenv.mfa.dialog import LIMIT, TITLE, DialogSource, nobody_answered
from awsenv.shells import get

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_CANCELLED, _TIMED_OUT = 10, 11
_SCRIPT = """\
$ErrorActionPreference = 'Stop'
Add-Type -AssemblyName System.Windows.Forms
Add-Type -AssemblyName System.Drawing
[System.Windows.Forms.Application]::EnableVisualStyles()
$form = New-Object System.Windows.Forms.Form
$form.Text = {title}
$form.ClientSize = New-Object System.Drawing.Size(440, 130)
$form.StartPosition = 'CenterScreen'
$form.FormBorderStyle = 'FixedDialog'
$form.MaximizeBox = $false
$form.MinimizeBox = $false
$form.TopMost = $true
$label = New-Object System.Windows.Forms.Label
$label.Text = {text}
$label.UseMnemonic = $false
$label.SetBounds(12, 10, 416, 50)
$box = New-Object System.Windows.Forms.TextBox
$box.UseSystemPasswordChar = $true
$box.SetBounds(12, 64, 416, 24)
$ok = New-Object System.Windows.Forms.Button
$ok.Text = 'OK'
$ok.DialogResult = 'OK'
$ok.SetBounds(272, 96, 75, 26)
$cancel = New-Object System.Windows.Forms.Button
$cancel.Text = 'Cancel'
$cancel.DialogResult = 'Cancel'
$cancel.SetBounds(353, 96, 75, 26)
$form.Controls.AddRange(@($label, $box, $ok, $cancel))
$form.AcceptButton = $ok
$form.CancelButton = $cancel
$timer = New-Object System.Windows.Forms.Timer
$timer.Interval = {milliseconds}
$timer.Add_Tick({{ $form.DialogResult = 'Abort' }})
$timer.Start()
$form.Add_Shown({{ $form.Activate(); $box.Select() }})
$answer = $form.ShowDialog()
if ($answer -eq 'OK') {{ [Console]::Out.Write($box.Text); exit 0 }}
if ($answer -eq 'Abort') {{ exit {timed_out} }}
exit {cancelled}
"""


class WindowsSource(DialogSource):
    name = "windows"

    def command(self, text: str, note: str) -> list[str]:
        return [
            *("powershell.exe", "-NoLogo", "-NoProfile", "-NonInteractive", "-Sta"),
            *("-EncodedCommand", encoded(script("\r\n".join(filter(None, [note, text]))))),
        ]

    def read(self, status: int, output: str, complaint: str) -> str:
        if status == _CANCELLED:
            raise CancelledError
        if status == _TIMED_OUT:
            raise nobody_answered()
        if status:
            raise self.failed(complaint or f"it exited with {status}")
        return super().read(status, output, complaint)


def script(text: str) -> str:
    """What shows `text`, which stands in it as a literal of PowerShell's."""
    literal = get("powershell").value
    return _SCRIPT.format(
        title=literal(TITLE),
        text=literal(text),
        milliseconds=LIMIT * 1000,
        timed_out=_TIMED_OUT,
        cancelled=_CANCELLED,
    )


def encoded(text: str) -> str:
    """`text` as -EncodedCommand takes it."""
    import base64

    return base64.b64encode(text.encode("utf-16-le")).decode("ascii")


def fits(env: Mapping[str, str]) -> bool:
    if sys.platform == "win32":
        return True
    import shutil

    return bool(env.get("WSL_DISTRO_NAME")) and shutil.which("powershell.exe") is not None


SOURCE = WindowsSource
