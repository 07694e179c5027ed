"""Asking at the terminal, in real shells, while stdout is captured."""

import os
import re
import select
import signal
from pathlib import Path

import pytest

pytest.importorskip("termios")

from support.asking import PROMPT, answers, assert_sane, start

SHELLS = ("bash", "zsh", "fish")
EVAL = 'eval "$(asker {})"'

pytestmark = pytest.mark.parametrize("shell", SHELLS)


def test_answer_is_captured_and_shown_as_stars(shell: str, tmp_path: Path) -> None:
    with start(shell, tmp_path) as driven:
        driven.submit(EVAL.format("code"))
        driven.wait_for(PROMPT)
        driven.type("12 34x\x7f5\r")
        driven.wait_for_prompt()
        assert driven.output() == f"{PROMPT} ******"
        assert driven.run("echo $GOT") == "12 345"
        assert b"12 34" not in driven.raw.split(b"echo $GOT")[0]
        assert_sane(driven)


def test_editing_keys(shell: str, tmp_path: Path) -> None:
    with start(shell, tmp_path) as driven:
        driven.submit(EVAL.format("line"))
        driven.wait_for("go on?")
        # Ctrl-U, Ctrl-W, an arrow, pasted text, a character of two bytes, both erase keys.
        driven.type("forget\x15one two\x17\x1b[D\x1b[200~thrée\x1b[201~é\x7fe\b\t\r")
        driven.wait_for_prompt()
        assert answers(tmp_path) == ["one thrée"]
        assert driven.output() == "go on? [y/N] one thrée"


@pytest.mark.parametrize("keys", ["\x03", "\x04", "\x1b[99;5u", "\x1b[27;5;99~", "\x1c", "12\x03"])
def test_cancelling_three_times_over(shell: str, keys: str, tmp_path: Path) -> None:
    with start(shell, tmp_path) as driven:
        for _ in range(3):
            driven.submit(EVAL.format("code") + " && echo went on")
            driven.wait_for(PROMPT)
            driven.type(keys)
            driven.wait_for_prompt()
            assert driven.output().splitlines()[1:] == ["awsenv: cancelled"]
            assert_sane(driven)


def test_ctrl_z_does_nothing(shell: str, tmp_path: Path) -> None:
    with start(shell, tmp_path) as driven:
        driven.submit(EVAL.format("code"))
        driven.wait_for(PROMPT)
        driven.type("12\x1a3456\r")
        driven.wait_for_prompt()
        assert answers(tmp_path) == ["123456"]
        assert_sane(driven)


def test_what_was_typed_before_is_no_answer(shell: str, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with start(shell, tmp_path) as driven:
        driven.submit(f"echo ready; cat {pipe}; {EVAL.format('code')}")
        driven.wait_for("ready")
        driven.type("999999\r")
        driven.wait_for("999999")
        pipe.write_text("")
        driven.wait_for(PROMPT)
        driven.type("123456\r")
        driven.wait_for_prompt()
        assert answers(tmp_path) == ["123456"]
        assert_sane(driven)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_deadly_signal_puts_the_terminal_back(
    shell: str, number: signal.Signals, tmp_path: Path
) -> None:
    with start(shell, tmp_path) as driven:
        driven.submit(EVAL.format("code"))
        driven.wait_for(PROMPT)
        os.kill(driven.foreground(), number)
        driven.wait_for_prompt()
        assert answers(tmp_path) == []
        assert_sane(driven)


def test_hanging_up_ends_the_question(shell: str, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with start(shell, tmp_path) as driven:
            driven.submit(EVAL.format(f"code 9>{pipe}"))
            driven.wait_for(PROMPT)
        # The end of the pipe comes when the program that had it open is gone.
        os.set_blocking(reader, True)
        assert select.select([reader], [], [], 30)[0], "it still asks after the terminal has gone"
        assert os.read(reader, 1) == b""
    finally:
        os.close(reader)
    assert answers(tmp_path) == []


def test_countdown_is_seen_and_cleared(shell: str, tmp_path: Path) -> None:
    with start(shell, tmp_path) as driven:
        driven.submit(EVAL.format("countdown"))
        driven.wait_for("the next one comes in 3 s")
        driven.type("typed too early\r")
        driven.wait_for("the next one comes in 1 s")
        driven.wait_for_prompt()
        assert answers(tmp_path) == ["done"]
        assert driven.output() == ""
        seen = re.findall(rb"comes in (\d) s", bytes(driven.raw))
        assert seen == [b"3", b"2", b"1"]
        driven.submit(EVAL.format("countdown"))
        driven.wait_for("comes in 3 s")
        driven.press("ctrl-c")
        driven.wait_for("cancelled")
        driven.wait_for_prompt()
        assert_sane(driven)


def test_waiting_for_another_process(shell: str, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    with start(shell, tmp_path) as driven:
        driven.submit(EVAL.format(f"wait --taken {taken}"))
        driven.wait_for("waiting; press Enter")
        driven.press("enter")
        driven.wait_for_prompt()
        driven.submit(EVAL.format(f"wait --taken {taken}"))
        driven.wait_for("waiting; press Enter")
        taken.touch()
        driven.wait_for_prompt()
        assert answers(tmp_path) == ["enter", "found"]
        assert_sane(driven)


def test_name_and_hostile_text(shell: str, tmp_path: Path) -> None:
    with start(shell, tmp_path) as driven:
        driven.submit(EVAL.format("name") + " 2>/dev/null </dev/null")
        driven.wait_for_prompt()
        (name,) = answers(tmp_path)
        assert driven.output() == f"this is {name}\\x1b[31m"
        assert driven.run("tty") == f"/dev/{name}"


def test_fish_hands_over_a_raw_terminal(shell: str, tmp_path: Path) -> None:
    if shell != "fish":
        pytest.skip("only fish runs a hook in the middle of its line editor")
    with start(shell, tmp_path) as driven:
        driven.run("bind \\ct 'command asker code --hook >/dev/null; commandline -f repaint'")
        driven.type("echo my line")
        driven.wait_until(lambda: "echo my line" in driven.screen(), "the line")
        for keys in ("123456\r", "\x03", "\x04"):
            driven.press("ctrl-t")
            driven.wait_until(lambda: driven.screen().endswith(PROMPT), "the question")
            driven.type(keys)
            driven.wait_until(lambda: driven.foreground() == driven.pid, "the end")
            driven.wait_until(lambda: driven.screen().endswith("> echo my line"), "the line again")
        driven.submit("")
        driven.wait_for_prompt()
        assert driven.output() == "my line"
        assert answers(tmp_path) == ["123456"]
        assert_sane(driven)
