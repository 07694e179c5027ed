"""The command: started beside the server; its signals are passed on, and its end is ours.

It runs in awsenv's process group, so Ctrl-C and Ctrl-Z at the terminal reach both.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time

from awsenv.errors import CancelledError
from awsenv.lean.contextlib import suppress
from awsenv.serving.not_started import explained

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType
    from typing import Self, TypeVar

    from awsenv.serving.renewing import Keeper

    T = TypeVar("T")

# The terminal sends these to the command as well.
_OF_TERMINAL = ("SIGINT", "SIGQUIT")
_PASSED_ON = (*_OF_TERMINAL, "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")


class Command:
    """A program to be run while its sessions are kept, with its signals passed on to it."""

    def __init__(self, words: list[str], env: Mapping[str, str]) -> None:
        self._words, self._env = words, env
        self._process: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []
        self._before: dict[int, object] = {}
        self._asking = False
        self._over = threading.Event()

    def __enter__(self) -> Self:
        """Start it; raises CommandError where that is not possible."""
        for name in _PASSED_ON:
            number = getattr(signal, name, None)
            # The command ignores what this process ignores (nohup).
            if number is not None and signal.getsignal(number) != signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._pass_on)
        try:
            self._process = subprocess.Popen(self._words, env=self._env)
        except BaseException as error:
            self._put_back()
            if isinstance(error, (OSError, ValueError)):
                raise explained(self._words, error) from None
            raise
        for number in self._early:
            self._process.send_signal(number)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        process = self._process
        if process and process.poll() is None:
            # awsenv itself failed: nobody answers the command any more.
            process.terminate()
            process.wait()
        self._put_back()

    def run(self, keeper: Keeper) -> int:
        """Get sessions while the command asks for them; its exit code, or minus its signal."""
        process = self._process
        assert process is not None
        threading.Thread(target=self._watch, args=(process, keeper), daemon=True).start()
        keeper.work()
        return process.wait()

    def asking(self, ask: Callable[[], T]) -> T:
        """What `ask` returns, which may take the terminal from the command meanwhile."""
        self._asking = True
        try:
            return ask()
        finally:
            self._asking = False
            if os.name == "posix":
                # It was stopped if it went for the terminal too.
                with suppress(OSError):
                    os.killpg(os.getpgrp(), signal.SIGCONT)

    def _watch(self, process: subprocess.Popen[bytes], keeper: Keeper) -> None:
        process.wait()
        keeper.end()
        # Nobody need be asked for the command's sake any more. It may take a moment until the
        # terminal is taken and listens.
        while not self._over.wait(0.2):
            if self._asking:
                import _thread

                _thread.interrupt_main()

    def _pass_on(self, number: int, _frame: FrameType | None) -> None:
        if self._process is None:
            self._early.append(number)
        elif self._process.returncode is None and not _pressed(number):
            with suppress(OSError):
                self._process.send_signal(number)
        if self._asking:
            raise CancelledError

    def _put_back(self) -> None:
        for number, action in self._before.items():
            signal.signal(number, action)  # type: ignore[arg-type]


def _pressed(number: int) -> bool:
    """Whether a signal comes from the terminal, which has sent it to the command as well."""
    if number not in [getattr(signal, name, None) for name in _OF_TERMINAL]:
        return False
    if os.name != "posix":
        return True
    try:
        handle = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(handle) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(handle)


def end_like(code: int) -> int:
    """End by the signal that ended the command; the exit code where there was none."""
    if code >= 0 or os.name != "posix":
        return code & 0xFFFFFFFF if code < 0 else code
    import resource

    # The command may leave a core dump, awsenv may not.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    with suppress(OSError, ValueError):
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
    # One that is ignored or blocked; what a shell says then.
    time.sleep(0.1)
    return 128 - code
