"""Many at once: one prompt, one call; waiting, taking over, cancelling, giving up."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from awsenv.errors import CredentialsError
from awsenv.sessions import lock
from support.world import RunningSts, run_awsenv


def background(*args: str) -> subprocess.Popen[str]:
    """Python with `args`, with no terminal anywhere."""
    return subprocess.Popen(
        [sys.executable, *args],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )


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
    # As for everybody, but for 3 s instead of 30: nobody can wait so long for a test.
    assert lock.GIVE_UP_AFTER == 30
    program = (
        "from awsenv.sessions import lock; lock.GIVE_UP_AFTER = 3.0;"
        "from awsenv.entry import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "assume", "dev", "--shell", "bash"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )
    assert 3 <= time.monotonic() - started < 13
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


def test_a_stopped_asker_blocks_nobody_once_the_session_is_there(
    sts: RunningSts, terminals: Terminals
) -> None:
    first, second = terminals.open(), None
    first.expect(PROMPT)
    os.kill(first.pid, signal.SIGSTOP)
    try:
        waiting = [background(*COMMAND) for _ in range(4)]
        second = terminals.open()
        second.expect("press Enter")
        third = terminals.open()
        third.expect("press Enter")
        second.sendline("")
        second.expect(PROMPT)
        second.sendline(sts.code())
        second.expect("GOT")
        got = time.monotonic()
        third.expect("GOT")
        for process in waiting:
            out, err = process.communicate(timeout=5)
            assert "GOT" in out, err
        assert time.monotonic() - got < 3
    finally:
        os.kill(first.pid, signal.SIGCONT)
    first.expect("GOT")
    assert sts.control.count("GetSessionToken") == 1


def test_who_brings_a_code_does_not_wait_for_an_open_question(
    sts: RunningSts, terminals: Terminals
) -> None:
    first = terminals.open()
    first.expect(PROMPT)
    started = time.monotonic()
    done = run_awsenv("assume", "dev", "--mfa-code", sts.code(), "--shell", "bash")
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - started < 10
    # The question is answered with that.
    first.expect("GOT")
    assert sts.control.count("GetSessionToken") == 1


def mfa_process(sts: RunningSts, seconds: float) -> None:
    """Have the profile's code come from a slow program that says when it runs."""
    program = sts.aws_folder / "code"
    program.write_text(
        f"#!/bin/sh\necho run >>{sts.aws_folder}/runs\nsleep {seconds}\n"
        f"exec {sys.executable} -c 'import sys; from awsenv.demo.control import Control;"
        " print(Control(*sys.argv[1:]).unused_code()[0])'"
        f" {sts.url} {sts.server.control_token}\n"
    )
    program.chmod(0o755)
    config = sts.aws_folder / "config"
    config.write_text(
        config.read_text().replace("[default]\n", f"[default]\nmfa_process = {program}\n", 1)
    )


def test_a_slow_mfa_process_is_waited_for_as_long_as_it_may_take(
    sts: RunningSts, monkeypatch: pytest.MonkeyPatch
) -> None:
    from awsenv.sessions import lock

    mfa_process(sts, 4)
    # The program's own limit, not this one, is what counts.
    short = f"from awsenv.sessions import lock; lock.GIVE_UP_AFTER = {lock.GIVE_UP_AFTER / 30};"
    run = ["-c", f"import sys; {short} from awsenv.entry import main; main()"]
    monkeypatch.setenv("AWSENV_MFA_PROCESS_TIMEOUT", "20s")
    processes = [background(*run, *COMMAND[2:]) for _ in range(6)]
    for process in processes:
        out, err = process.communicate(timeout=40)
        assert "GOT" in out, err
    assert sts.control.count("GetSessionToken") == 1
    assert (sts.aws_folder / "runs").read_text().split() == ["run"]


def test_runs_with_an_mfa_process_pass_an_open_question_one_at_a_time(
    sts: RunningSts, terminals: Terminals
) -> None:
    first = terminals.open()
    first.expect(PROMPT)
    mfa_process(sts, 1)
    for process in [background(*COMMAND) for _ in range(4)]:
        out, err = process.communicate(timeout=30)
        assert "GOT" in out, err
    first.expect("GOT")
    assert (sts.aws_folder / "runs").read_text().split() == ["run"]


def test_a_request_to_take_over_that_a_kill_has_left_is_no_request(
    sts: RunningSts, terminals: Terminals
) -> None:
    first = terminals.open()
    first.expect(PROMPT)
    locks = Path(os.environ["HOME"]) / ".cache/awsenv/locks"
    (lock,) = locks.glob("*.lock")
    take = lock.with_suffix(".take")
    take.write_text("1\n")
    os.utime(take, (time.time() - 60, time.time() - 60))
    time.sleep(1)
    first.sendline(sts.code())
    first.expect("GOT")


@pytest.mark.parametrize("state", ["asking", "working", "junk", "dialog"])
def test_a_note_of_one_that_has_ended_names_nobody(
    state: str, sts: RunningSts, monkeypatch: pytest.MonkeyPatch
) -> None:
    from awsenv.sessions import lock as module

    gone = background("-c", "pass")
    gone.communicate()
    monkeypatch.setattr(module, "GIVE_UP_AFTER", 0.3)
    waiting = module.Waiting("", lambda: None, lambda: False, {})
    first, second = (module.RecordLock("a" * 40, waiting) for _ in range(2))
    first.acquire()
    note = Path(os.environ["HOME"]) / f".cache/awsenv/locks/{'a' * 40}.who"
    note.write_text(f"{state}\npts/3\n{gone.pid}\n\n")
    note.chmod(0o600)
    with pytest.raises(CredentialsError) as caught:
        second.acquire()
    assert caught.value.message == "another awsenv is getting this session, for 0 s by now"
    first.release()
    second.acquire()
