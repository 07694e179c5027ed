"""A program at a terminal of its own, driven without a library: those wait fixed times."""

import os
import pty
import select
import shutil
import time
from collections.abc import Mapping

_TIMEOUT = 60.0
# What a shell asks its terminal at the start, waiting for the answer: cursor position, kind.
_ANSWERS = {b"\x1b[6n": b"\x1b[1;1R", b"\x1b[c": b"\x1b[?62c"}


class FailedError(Exception):
    """A program did not do what it should; the message has what it showed."""


class Terminal:
    """`command` as the leader of a session on a new terminal; with `quiet`, its stdout is not the
    terminal, as in eval "$(…)"."""

    def __init__(self, command: list[str], env: Mapping[str, str], *, quiet: bool = False) -> None:
        self._master, slave = pty.openpty()
        path = os.ttyname(slave)
        program = shutil.which(command[0], path=env["PATH"]) or command[0]
        output = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)
        # Opened by the leader of a session that has no terminal yet, it becomes the session's.
        self._pid = os.posix_spawn(
            program,
            command,
            env,
            setsid=True,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, path, os.O_RDWR, 0),
                output if quiet else (os.POSIX_SPAWN_DUP2, 0, 1),
                (os.POSIX_SPAWN_DUP2, 0, 2),
            ],
        )
        os.close(slave)
        self._command = command
        self.seen = ""
        self._at = 0

    def write(self, text: str) -> None:
        os.write(self._master, text.encode())

    def read_until(self, text: str) -> None:
        """Read until `text` is there, behind what the last call waited for."""
        while (found := self.seen.find(text, self._at)) < 0:
            if not self._read():
                raise FailedError(f"{self._command}: ended before {text!r}:\n{self.seen}")
        self._at = found + len(text)

    def read_for(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self._master], [], [], left)[0]:
                self._read()

    def wait(self) -> None:
        """Until the program has ended, which it must with success."""
        while self._read():
            pass
        os.close(self._master)
        code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        if code:
            raise FailedError(f"{self._command}: exit code {code}:\n{self.seen}")

    def _read(self) -> bool:
        if not select.select([self._master], [], [], _TIMEOUT)[0]:
            raise FailedError(f"{self._command}: nothing for {_TIMEOUT:g} s:\n{self.seen}")
        try:
            data = os.read(self._master, 65536)
        except OSError:
            # How Linux says that nobody holds the other end any more.
            return False
        for question, answer in _ANSWERS.items():
            if question in data:
                os.write(self._master, answer)
        self.seen += data.decode(errors="replace")
        return bool(data)
