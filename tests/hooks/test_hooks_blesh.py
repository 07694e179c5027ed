"""ble.sh, which reads lines by itself and runs them within its own functions.

AWSENV_TEST_BLESH=/opt/blesh/ble.sh runs the real one; its way of running lines is tried everywhere.
"""

import os
import time
from pathlib import Path

import pytest

pytest.importorskip("termios")

from support.bash_hook import every_bash, start_bash
from support.hooked_shells import QUESTION, Hooked
from support.world import RunningSts

BLESH = os.environ.get("AWSENV_TEST_BLESH")
# What ble.sh does with a line: the functions in its PREEXEC, then the text in this variable.
LIKE_BLESH = """
BLE_VERSION=0.4.0 _ble_hooks=()
blehook() { case $1 in *-=*) _ble_hooks=() ;; *) _ble_hooks+=("${1#*=}") ;; esac; }
like_blesh() {
  _ble_edit_exec_BASH_COMMAND_eval=$1
  local hook
  for hook in "${_ble_hooks[@]}"; do "$hook" "$1"; done
  eval "$_ble_edit_exec_BASH_COMMAND_eval"
}
"""


@every_bash
def test_it_asks_by_the_way_that_blesh_has(
    program: str | None, tmp_path: Path, sts: RunningSts
) -> None:
    h = start_bash(tmp_path, sts, program, before=LIKE_BLESH)
    with h.shell:
        h.assume()
        # With a hook of ours for each line, however often it has been looked for.
        h.shell.run("true")
        assert h.shell.run("echo ${#_ble_hooks[@]}") == "1"
        h.shell.run("like_blesh 'aws live'")
        assert len(h.calls()) == 1
        h.lapse()
        assert h.shell.run("like_blesh 'echo aws'") == "aws"
        h.ask("like_blesh 'true | aws a; aws b'")
        h.shell.press("ctrl-c")
        h.shell.wait_for_prompt()
        assert h.shell.run("echo next") == "next"
        assert len(h.calls()) == 1
        h.ask("like_blesh 'aws a; aws b'")
        h.answer(h.sts.code())
        assert [call.split()[0] for call in h.calls()[1:]] == ["a", "b"]
        h.shell.run("awsenv_unload")
        assert h.shell.run("echo ${#_ble_hooks[@]}") == "0"


def _enter(h: Hooked, line: str) -> None:
    """Types a line at ble.sh's prompt: what comes all at once counts as pasted."""
    h.shell.type(line)
    h.shell.wait_until(lambda: line in h.shell.screen(), line)
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        h.shell._read(0.05)
    h.shell.type("\n")


def test_the_real_one(tmp_path: Path, sts: RunningSts) -> None:
    if not BLESH:
        pytest.skip("AWSENV_TEST_BLESH NAMES NO BLE.SH: the real one is not tried here")
    before = f"source {BLESH} --attach=none --norc; bleopt complete_auto_complete="
    h = start_bash(tmp_path, sts, before=before, after="ble-attach")
    with h.shell:
        _enter(h, f"awsenv assume dev --mfa-code {h.sts.code()}")
        h.shell.wait_until(lambda: "[dev " in h.prompt(), "the segment")
        for record in h.records():
            record.unlink()
        _enter(h, "export AWSENV_EXPIRES_AT=1")
        h.shell.wait_until(lambda: "[dev expired]" in h.prompt(), "the end of the session")
        _enter(h, "true | aws a; aws b")
        h.shell.wait_until(lambda: QUESTION in h.shell.screen(), "the question")
        h.shell.press("ctrl-c")
        h.shell.wait_until(lambda: "nothing of the line was run" in h.shell.screen(), "the cancel")
        h.shell.wait_until(lambda: "[dev expired]" in h.prompt(), "the next prompt")
        assert h.calls() == []
        _enter(h, "aws c; aws d")
        h.shell.wait_until(lambda: h.shell.screen().count(QUESTION) == 2, "the question again")
        h.shell.type(f"{h.sts.code()}\r")
        h.shell.wait_until(lambda: len(h.calls()) == 2, "both commands")
        h.shell.wait_until(lambda: "[dev " in h.prompt(), "the prompt")
        assert [call.split()[0] for call in h.calls()] == ["c", "d"]
