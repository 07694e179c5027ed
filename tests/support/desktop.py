"""A desktop without a screen: an X server of a test's own, and hands for its windows."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from support.shells_at_hand import need_program

TITLE = "awsenv"


class Desktop:
    """A running X server on which windows are found by their title, and answered with keys."""

    def __init__(self, display: str) -> None:
        self.env = {"DISPLAY": display, "NO_AT_BRIDGE": "1", "GTK_A11Y": "none"}

    def windows(self, title: str = TITLE) -> list[str]:
        """The windows of that title, without waiting for any."""
        done = self._xdotool("search", "--onlyvisible", "--name", f"^{title}$")
        return done.stdout.split()

    def wait_for_window(self, title: str = TITLE, seconds: float = 30) -> str:
        """Waits for a window of that title; its number."""
        end = time.monotonic() + seconds
        while not (found := self.windows(title)):
            assert time.monotonic() < end, f"no window {title!r} in {seconds:g} s"
            time.sleep(0.1)
        return found[-1]

    def program_of(self, window: str) -> str:
        """The process that shows a window; the server gives numbers of windows anew."""
        return self._xdotool("getwindowpid", window).stdout.strip()

    def wait_for_another(self, program: str, seconds: float = 30) -> str:
        """Waits for a window of another process than `program`; that process."""
        end = time.monotonic() + seconds
        while True:
            found = [self.program_of(window) for window in self.windows()]
            if found and found[-1] not in ("", program):
                return found[-1]
            assert time.monotonic() < end, "the window does not come again"
            time.sleep(0.1)

    def wait_for_none(self, title: str = TITLE, seconds: float = 30) -> None:
        """Waits until every window of that title is gone."""
        end = time.monotonic() + seconds
        while self.windows(title):
            assert time.monotonic() < end, f"a window {title!r} is still there"
            time.sleep(0.1)

    def answer(self, *keys: str, text: str = "", window: str = "") -> None:
        """Types `text`, then presses `keys`, in the window that is there, or comes."""
        window = window or self.wait_for_window()
        # There is no window manager that would give it the keyboard.
        self._xdotool("windowfocus", "--sync", window)
        if text:
            self._xdotool("type", "--delay", "20", text)
        for key in keys:
            self._xdotool("key", key)

    def _xdotool(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["xdotool", *words],
            env={**os.environ, **self.env},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )


@contextmanager
def desktop() -> Iterator[Desktop]:
    """A desktop while the block runs."""
    need_program("xdotool")
    command = [need_program("Xvfb"), "-displayfd", "1", "-screen", "0", "800x600x24"]
    server = subprocess.Popen(
        [*command, "-nolisten", "tcp"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert server.stdout is not None
        number = server.stdout.readline().strip()
        assert number.isdigit(), "Xvfb does not start"
        yield Desktop(f":{number}")
    finally:
        server.terminate()
        server.wait()
        assert server.stdout is not None
        server.stdout.close()
