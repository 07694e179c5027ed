"""pinentry, which gpg asks for passphrases with, by the Assuan protocol.

"The Assuan protocol" in libassuan's manual, and "Pinentry protocol" in pinentry's: a line per
request and per answer; % CR and LF within a line are written as %25, %0D and %0A. Some pinentries
open a window, others use the terminal, which is lent to them where awsenv has one to ask at.
"""

from __future__ import annotations

import os
import sys
import time

from awsenv.errors import CancelledError, CredentialsError
from awsenv.lean.contextlib import suppress
from awsenv.lean.signal import signals as signal
from awsenv.mfa import dialog
from awsenv.mfa.dialog import LIMIT, TITLE, DialogSource, has_display, nobody_answered
from awsenv.mfa.question import TakenOver
from awsenv.values.notation import whole_number
from awsenv.values.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping

    from awsenv.terminal.terminal import Terminal

PROGRAM = "AWSENV_PINENTRY"
_POLL = 0.1
# The error codes of libgpg-error, in the lower 16 bits of what ERR says.
_CANCELLED, _FULLY_CANCELLED, _TIMED_OUT, _UNKNOWN_OPTION = 99, 198, 62, 174
# A line of the protocol has at most 1000 bytes, including the command and the line ending.
_LONGEST = 900


class PinentrySource(DialogSource):
    name = "pinentry"

    def typed(self, note: str, turn: dialog._Turn) -> str:
        from contextlib import nullcontext

        question = self._question
        terminal = question.open_terminal()
        with terminal or nullcontext(), terminal.lent() if terminal else nullcontext() as give:
            process = dialog.start(self.name, [program()], turn)
            talk = _Assuan(process, question.idle)
            try:
                if give is not None:
                    give(process.pid)
                question.begin_meanwhile()
                typed = self._asked(talk, note, terminal)
                talk.bye()
                return typed
            except BrokenPipeError:
                if terminal and talk.asking and _interrupted(process):
                    raise CancelledError from None
                raise self.failed("it ended in the middle of the question") from None
            finally:
                dialog.kill(process)

    def _asked(self, talk: _Assuan, note: str, terminal: Terminal | None) -> str:
        talk.greeting()
        for option in _options(terminal):
            # It may not know an option; that does no harm.
            talk.ask(f"OPTION {option}")
        question = self._question
        talk.ask(f"SETTIMEOUT {LIMIT}")
        for command, text in (
            ("SETTITLE", TITLE),
            ("SETDESC", f"MFA code for {question.device}\n({visible(question.purpose, 60)})"),
            ("SETPROMPT", "MFA code:"),
            ("SETERROR", note),
        ):
            if text:
                talk.ask(f"{command} {_escaped(text)}")
        talk.asking = True
        error, data = talk.ask("GETPIN")
        number = error.partition(" ")[0]
        code = (whole_number(number) or 0) & 0xFFFF
        if code in (_CANCELLED, _FULLY_CANCELLED):
            raise CancelledError
        if code == _TIMED_OUT:
            raise nobody_answered()
        if error:
            raise self.failed(error.partition(" ")[2] or error)
        return data


def _interrupted(process: subprocess.Popen[bytes]) -> bool:
    """Whether it ended by Ctrl-C, which one at the terminal gets itself; pinentry-curses then
    exits with 1 and says nothing."""
    import subprocess

    with suppress(subprocess.TimeoutExpired):
        return process.wait(1) in (-signal.SIGINT, 128 + signal.SIGINT, 1)
    return False


class _Assuan:
    """A conversation with a pinentry; every request gets one answer."""

    def __init__(self, process: object, idle: Callable[[], bool]) -> None:
        import queue
        import threading
        from subprocess import Popen

        assert isinstance(process, Popen)
        self._process, self._idle = process, idle
        self.asking = False
        self._end = time.monotonic() + LIMIT + 10
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        try:
            while line := stream.readline(4096):
                self._lines.put(line)
        except (OSError, ValueError):
            pass
        self._lines.put(b"")

    def greeting(self) -> None:
        """Wait for the OK that it says by itself."""
        self._answer()

    def ask(self, request: str) -> tuple[str, str]:
        """What ERR said, "" for OK, and the data that came before."""
        stream = self._process.stdin
        assert stream is not None
        stream.write(f"{request}\n".encode())
        stream.flush()
        return self._answer()

    def bye(self) -> None:
        """Let it end by itself, for which it gets a second."""
        import subprocess

        with suppress(OSError, CredentialsError):
            self.ask("BYE")
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1)

    def _answer(self) -> tuple[str, str]:
        data = b""
        while True:
            word, _, rest = self._line().rstrip(b"\r\n").partition(b" ")
            if word == b"OK":
                return "", _unescaped(data)
            if word == b"ERR":
                return rest.decode("utf-8", "replace") or "?", ""
            if word == b"D":
                data += rest
            elif word == b"INQUIRE":
                assert self._process.stdin is not None
                self._process.stdin.write(b"CAN\n")
                self._process.stdin.flush()
            elif word not in (b"S", b"") and not word.startswith(b"#"):
                raise _broken(f"it answered {visible(word.decode('utf-8', 'replace'), 60)}")

    def _line(self) -> bytes:
        import queue

        while True:
            try:
                line = self._lines.get(timeout=_POLL)
            except queue.Empty:
                if self._idle():
                    raise TakenOver from None
                if time.monotonic() > self._end:
                    raise nobody_answered() from None
                continue
            if not line:
                raise BrokenPipeError
            return line


def _broken(why: str) -> CredentialsError:
    return CredentialsError(
        f"what mfa_prompt = pinentry runs does not speak pinentry's protocol: {why}",
        f"check {PROGRAM}, or set mfa_prompt to another way to ask",
    )


def _options(terminal: Terminal | None) -> list[str]:
    env = os.environ
    options = []
    if terminal is not None and terminal.fileno() is not None:
        # The controlling terminal; it has the same name there as here.
        options += ["ttyname=/dev/tty", f"ttytype={env.get('TERM') or 'dumb'}"]
    locale = env.get("LC_ALL") or env.get("LC_CTYPE") or env.get("LANG")
    options += [f"lc-ctype={locale}"] if locale else []
    return [option for option in options if option.isprintable()]


def _escaped(text: str) -> str:
    data = text.encode("utf-8", "replace")[:_LONGEST].decode("utf-8", "ignore")
    return data.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _unescaped(data: bytes) -> str:
    from urllib.parse import unquote_to_bytes

    return unquote_to_bytes(data).decode("utf-8", "replace")


def program() -> str:
    """The pinentry to run: AWSENV_PINENTRY, else the one of the system."""
    usual = "pinentry-mac" if sys.platform == "darwin" else "pinentry"
    return os.path.expanduser(os.environ.get(PROGRAM) or usual)


def fits(env: Mapping[str, str]) -> bool:
    """Whether there is one, and it can open a window."""
    import shutil

    shown = sys.platform == "darwin" or has_display(env)
    return shown and shutil.which(program()) is not None


SOURCE = PinentrySource
