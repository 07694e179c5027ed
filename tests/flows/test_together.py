"""Many at once: one prompt, one call; waiting, taking over, cancelling, giving up."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pexpect
import pytest

from support.world import RunningSts, run_awsenv

PROMPT = "MFA code for .*: "
COMMAND = ["-m", "awsenv", "exec", "dev", sys.executable, "-c", "print('GOT')"]


class Terminals:
    """awsenv in as many terminals as a test opens."""

    def __init__(self) -> None:
        self.opened: list[pexpect.spawn] = []

    def open(self) -> pexpect.spawn:
        child = pexpect.spawn(
            sys.executable, COMMAND, env=dict(os.environ), encoding="utf-8", timeout=20
        )
        self.opened.append(child)
        return child


@pytest.fixture
def terminals() -> Iterator[Terminals]:
    opened = Terminals()
    yield opened
    for child in opened.opened:
        child.close(force=True)


def test_ten_at_once_ask_once(sts: RunningSts, terminals: Terminals) -> None:
    first = terminals.open()
    first.expect(PROMPT)
    others = [
        subprocess.Popen(
            [sys.executable, *COMMAND],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        for _ in range(7)
    ]
    watching = [terminals.open(), terminals.open()]
    for child in watching:
        child.expect("waiting for the MFA code asked for at pts/.*press Enter")
    first.sendline(sts.code())
    first.expect("GOT")
    for child in watching:
        child.expect("GOT")
    for process in others:
        out, err = process.communicate(timeout=30)
        assert "GOT" in out, err
    assert sts.control.count("GetSessionToken") == 1
    assert sts.control.count("AssumeRole") == 1


def test_enter_takes_over(sts: RunningSts, terminals: Terminals) -> None:
    first = terminals.open()
    first.expect(PROMPT)
    second = terminals.open()
    second.expect("press Enter")
    second.sendline("")
    second.expect(PROMPT)
    first.expect("waiting for the MFA code")
    second.sendline(sts.code())
    second.expect("GOT")
    first.expect("GOT")
    assert sts.control.count("GetSessionToken") == 1


def test_taking_over_from_a_stopped_process(sts: RunningSts, terminals: Terminals) -> None:
    first = terminals.open()
    first.expect(PROMPT)
    os.kill(first.pid, 19)
    second = terminals.open()
    second.expect("press Enter")
    second.sendline("")
    second.expect(PROMPT)
    second.sendline(sts.code())
    second.expect("GOT")
    os.kill(first.pid, 18)


def test_if_the_one_who_asks_cancels_another_asks(sts: RunningSts, terminals: Terminals) -> None:
    first = terminals.open()
    first.expect(PROMPT)
    second = terminals.open()
    second.expect("press Enter")
    first.sendintr()
    first.expect("cancelled")
    second.expect(PROMPT)
    second.sendline(sts.code())
    second.expect("GOT")


def test_without_a_terminal_waiting_ends(
    sts: RunningSts, terminals: Terminals, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = terminals.open()
    first.expect(PROMPT)
    started = time.monotonic()
    done = run_awsenv("assume", "dev", "--shell", "bash")
    assert 29 < time.monotonic() - started < 40
    assert done.returncode == 4
    assert done.stdout == "false\n"
    assert f"(pid {first.pid})" in done.stderr
    first.sendline(sts.code())
    first.expect("GOT")


def test_two_profiles_stay_apart(sts: RunningSts) -> None:
    assert run_awsenv("login", "--mfa-code", sts.code()).returncode == 0
    told = [
        subprocess.Popen(
            [sys.executable, "-m", "awsenv", "whoami", profile],
            stdout=subprocess.PIPE,
            text=True,
        )
        for profile in ("dev", "audit", "longhaul", "dev")
    ]
    said = [process.communicate(timeout=60)[0] for process in told]
    for profile, text in zip(("dev", "audit", "longhaul", "dev"), said, strict=True):
        assert f"assumed-role/{profile}/" in text
    assert sts.control.count("GetSessionToken") == 1
