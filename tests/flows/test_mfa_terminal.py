"""MFA codes asked for at the terminal, in real shells, with stdout captured."""

import shlex
import time
from pathlib import Path

import pytest

pytest.importorskip("termios")

from support.asking import SERIAL, answers, assert_sane, start

PROMPT = f"MFA code for {SERIAL} (prod-admin):"
WRONG = "that code was not accepted (wrong, or already used)"
MALFORMED = "an MFA code is six digits"
RUN = 'eval "$(asker codes {})" && echo went on'

pytestmark = pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])


def calls(folder: Path) -> list[str]:
    """The codes that were sent to AWS."""
    file = folder / "calls"
    return file.read_text().split() if file.exists() else []


def test_right_at_once(shell: str, tmp_path: Path) -> None:
    with start(shell, tmp_path) as driven:
        driven.submit(RUN.format("123456"))
        driven.wait_for(PROMPT)
        driven.type("123 456\r")
        driven.wait_for_prompt()
        assert driven.output() == f"{PROMPT} *******\nwent on"
        assert driven.run("echo $GOT") == "123456"
        assert_sane(driven)


def test_wrong_then_right(shell: str, tmp_path: Path) -> None:
    with start(shell, tmp_path) as driven:
        driven.submit(RUN.format(f"123456 --calls {tmp_path / 'calls'}"))
        for number, code in enumerate(("111111", "222222", "123456"), 1):
            driven.wait_for(PROMPT, times=number)
            driven.type(f"{code}\r")
        driven.wait_for_prompt()
        asked = f"{PROMPT} ******"
        assert driven.output().splitlines() == [asked, WRONG, asked, WRONG, asked, "went on"]
        assert calls(tmp_path) == ["111111", "222222", "123456"]
        assert_sane(driven)


def test_three_wrong_codes(shell: str, tmp_path: Path) -> None:
    with start(shell, tmp_path) as driven:
        driven.submit(RUN.format("123456"))
        for number in (1, 2, 3):
            driven.wait_for(PROMPT, times=number)
            driven.type("111111\r")
        driven.wait_for_prompt()
        assert driven.output().splitlines()[-2] == (
            f"awsenv: AWS did not accept 3 MFA codes for {SERIAL}"
        )
        assert answers(tmp_path) == []
        assert_sane(driven)


def test_what_is_no_code_is_not_sent(shell: str, tmp_path: Path) -> None:
    with start(shell, tmp_path) as driven:
        driven.submit(RUN.format(f"123456 --calls {tmp_path / 'calls'}"))
        for number, line in enumerate(("", "12345", "123456"), 1):
            driven.wait_for(PROMPT, times=number)
            driven.type(f"{line}\r")
        driven.wait_for_prompt()
        assert driven.output().count(MALFORMED) == 2
        assert calls(tmp_path) == ["123456"]
        driven.submit(RUN.format(f"123456 --calls {tmp_path / 'calls'}"))
        for number, line in enumerate(("1234567", "abcdef", "١٢٣٤٥٦"), 1):
            driven.wait_for(PROMPT, times=number)
            driven.type(f"{line}\r")
        driven.wait_for_prompt()
        assert "what was typed was not six digits" in driven.output()
        assert calls(tmp_path) == ["123456"]
        assert_sane(driven)


def test_empty_code_where_that_is_an_answer(shell: str, tmp_path: Path) -> None:
    with start(shell, tmp_path) as driven:
        driven.submit(RUN.format("123456 --empty"))
        driven.wait_for(PROMPT)
        driven.press("enter")
        driven.wait_for_prompt()
        assert answers(tmp_path) == ["empty"]


@pytest.mark.parametrize("keys", ["\x03", "\x04"])
def test_cancel_after_a_wrong_code(shell: str, keys: str, tmp_path: Path) -> None:
    with start(shell, tmp_path) as driven:
        for _ in range(3):
            driven.submit(RUN.format("123456"))
            driven.wait_for(PROMPT)
            driven.type("111111\r")
            driven.wait_for(PROMPT, times=2)
            driven.type(keys)
            driven.wait_for_prompt()
            assert driven.output().splitlines()[-1] == "awsenv: cancelled"
            assert_sane(driven)


def test_used_code_is_waited_out(shell: str, tmp_path: Path) -> None:
    line = RUN.format(f"123456,654321 --step 3 --calls {tmp_path / 'calls'}")
    with start(shell, tmp_path) as driven:
        driven.submit(line)
        driven.wait_for(PROMPT)
        driven.type("123456\r")
        driven.wait_for_prompt()
        driven.submit(line)
        driven.wait_for(PROMPT)
        typed = time.time()
        driven.type("123456\r")
        driven.wait_for("that code was just used; the next one comes in")
        driven.wait_for(PROMPT, times=2)
        assert time.time() // 3 > typed // 3, "it was to wait for the next code"
        driven.type("654321\r")
        driven.wait_for_prompt()
        # The countdown is gone from the screen, and nothing was sent twice.
        assert driven.output().splitlines() == [f"{PROMPT} ******"] * 2 + ["went on"]
        assert calls(tmp_path) == ["123456", "654321"]
        assert_sane(driven)


def test_cancel_in_the_countdown(shell: str, tmp_path: Path) -> None:
    with start(shell, tmp_path) as driven:
        driven.submit(RUN.format("123456"))
        driven.wait_for(PROMPT)
        driven.type("123456\r")
        driven.wait_for_prompt()
        driven.submit(RUN.format("123456"))
        driven.wait_for(PROMPT)
        driven.type("123456\r")
        driven.wait_for("the next one comes in")
        driven.press("ctrl-c")
        driven.wait_for_prompt()
        assert driven.output().splitlines()[1:] == ["awsenv: cancelled"]
        assert_sane(driven)


def test_given_code_that_was_used_leads_to_the_question(shell: str, tmp_path: Path) -> None:
    with start(shell, tmp_path) as driven:
        assert driven.run(RUN.format("123456 --given 123456 --step 2")) == "went on"
        driven.submit(RUN.format("123456,654321 --given 123456 --step 2"))
        driven.wait_for("that code was just used")
        driven.wait_for(PROMPT)
        driven.type("654321\r")
        driven.wait_for_prompt()
        assert answers(tmp_path) == ["123456", "654321"]


def test_given_code_in_the_background(shell: str, tmp_path: Path) -> None:
    with start(shell, tmp_path) as driven:
        errors = tmp_path / "errors"
        driven.run(f"asker codes 123456 --given 111111 >/dev/null 2>{errors} &")
        driven.wait_until(lambda: errors.exists() and errors.read_text().count("\n") == 2, "errors")
        assert "AWS did not accept the code given with --mfa-code" in errors.read_text()
        errors.unlink()
        driven.run(f"asker codes 123456 >/dev/null 2>{errors} &")
        driven.wait_until(lambda: errors.exists() and errors.read_text().count("\n") == 2, "errors")
        assert errors.read_text() == (
            f"awsenv: an MFA code is needed for {SERIAL}, and awsenv runs in the background, "
            "where it cannot ask\n"
            "hint: run awsenv login at a terminal first, pass --mfa-code, or set mfa_prompt = auto "
            "to be asked by a dialog\n"
        )


def test_taken_over_by_another_terminal(shell: str, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    with start(shell, tmp_path) as driven:
        driven.submit(RUN.format(f"123456 --taken {taken}"))
        driven.wait_for(PROMPT)
        driven.type("12")
        driven.wait_for("**")
        taken.touch()
        driven.wait_for_prompt()
        assert answers(tmp_path) == ["taken"]
        assert_sane(driven)


def mfa_process(folder: Path, script: str) -> str:
    """Options for an mfa_process that is this script of sh."""
    file = folder / "mfa-process"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return f"--process {shlex.quote(str(file))}"


def test_mfa_process_may_ask_at_the_terminal(shell: str, tmp_path: Path) -> None:
    script = 'printf "passphrase: " >&2; stty -echo; read -r x; stty echo; echo "$x"'
    with start(shell, tmp_path) as driven:
        for _ in range(3):
            driven.submit(RUN.format(f"123456 {mfa_process(tmp_path, script)}"))
            driven.wait_for("passphrase:")
            driven.type("123456\r")
            driven.wait_for_prompt()
            assert driven.output().splitlines()[-1].endswith("went on")
            # Used: the next round would wait.
            for file in (tmp_path / f"home-{shell}" / ".cache/awsenv/mfa").iterdir():
                file.unlink()
            assert_sane(driven)


def test_cancelling_mfa_process(shell: str, tmp_path: Path) -> None:
    script = 'stty -echo; printf "passphrase: " >/dev/tty; read -r x </dev/tty'
    with start(shell, tmp_path) as driven:
        for _ in range(3):
            driven.submit(RUN.format(f"123456 {mfa_process(tmp_path, script)}"))
            driven.wait_for("passphrase:")
            driven.press("ctrl-c")
            driven.wait_for_prompt()
            assert driven.output().splitlines()[-1] == "awsenv: cancelled"
            assert_sane(driven)


def test_mfa_process_that_takes_too_long(shell: str, tmp_path: Path) -> None:
    script = 'stty raw -echo; printf "passphrase: " >&2; sleep 100'
    with start(shell, tmp_path) as driven:
        driven.submit(RUN.format(f"123456 --timeout 0.5 {mfa_process(tmp_path, script)}"))
        driven.wait_for_prompt()
        assert "mfa_process did not end within 0.5 s" in driven.output()
        assert_sane(driven)


def test_mfa_process_gives_a_used_code(shell: str, tmp_path: Path) -> None:
    count = tmp_path / "count"
    script = f"echo x >>{count}; test $(wc -l <{count}) -lt 3 && echo 111111 || echo 222222"
    line = RUN.format(f"111111,222222 --step 2 {mfa_process(tmp_path, script)}")
    with start(shell, tmp_path) as driven:
        assert driven.run(line) == "went on"
        driven.submit(line)
        driven.wait_for("that code was just used; the next one comes in")
        driven.wait_for_prompt()
        assert driven.output() == "went on"
        assert answers(tmp_path) == ["111111", "222222"]
