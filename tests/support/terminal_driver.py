"""A real shell in a real pseudo-terminal, with the screen a person would see.

    with drive("zsh", tmp_path) as shell:
        assert shell.run("echo hi") == "hi"
        shell.type("ssh somewhere\r")
        shell.wait_for("password:")
        shell.press("ctrl-c")
        shell.wait_for_prompt()

Everything is synchronised on what is on the screen: the prompt carries a number that grows with
each prompt (`#7> `), and nothing sleeps. The terminal answers the cursor and device queries of a
program (ESC[6n, ESC[c), without which PowerShell and fish garble their input.
"""

import os
import re
import signal
import sys
import termios
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pexpect
import pyte

from support.shells_at_hand import need_shell

TIMEOUT = 30.0
KEYS = {
    "enter": "\r",
    "backspace": "\x7f",
    "tab": "\t",
    "escape": "\x1b",
    "up": "\x1b[A",
    "down": "\x1b[B",
    **{f"ctrl-{letter}": chr(ord(letter) - 96) for letter in "abcdefghijklmnopqrstuvwxyz"},
    "ctrl-\\": "\x1c",
}
_PROMPT = re.compile(r"#(\d+)> $")
# pyte takes these for colours and for "restore cursor".
_MISREAD = re.compile(rb"\x1b\[[>=?<][0-9;]*[mu]")
_HALF_SEQUENCE = re.compile(rb"\x1b(\[[>=?<0-9;]*)?$")

# The number grows once per prompt, however often the shell redraws it.
_PROMPTS = {
    "bash": "_driven=0; PS1='#$((_driven+=1))> '; PS2='more> '; HISTFILE=\n",
    "zsh": "_driven=0; setopt PROMPT_SUBST; PROMPT_EOL_MARK=''; PS1='#${_driven}> '; PS2='more> '\n"
    "_driven_count() { (( _driven += 1 )) }; precmd_functions+=(_driven_count)\n",
    "fish": "set -g _driven 0; set -g fish_greeting; set -g fish_color_autosuggestion black\n"
    "set -g fish_autosuggestion_enabled 0\n"
    "function _driven_count --on-event fish_prompt; set -g _driven (math $_driven + 1); end\n"
    'function fish_prompt; echo -n "#$_driven> "; end; function fish_right_prompt; end\n',
    "pwsh": "$global:_driven = 0\n"
    "if (Get-Module PSReadLine) { Set-PSReadLineOption -PredictionSource None }\n"
    'function global:prompt { $global:_driven += 1; "#$($global:_driven)> " }\n',
}


def bare_environment(home: Path, **extra: str) -> dict[str, str]:
    """An environment of nothing but what a test needs: nothing of AWS, all files under `home`."""
    home.mkdir(parents=True, exist_ok=True)
    tools = str(Path(sys.executable).parent)
    return {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_STATE_HOME": str(home / ".local" / "state"),
        "PATH": os.pathsep.join([tools, os.environ.get("PATH", os.defpath)]),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "USER": "tester",
        "NO_PROXY": "127.0.0.1,localhost",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(home / ".aws" / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(home / ".aws" / "credentials"),
        "POWERSHELL_TELEMETRY_OPTOUT": "1",
        "POWERSHELL_UPDATECHECK": "Off",
        **extra,
    }


def drive(
    shell: str,
    folder: Path,
    *,
    rc: str = "",
    rc_before_prompt: str = "",
    env: Mapping[str, str] | None = None,
    columns: int = 120,
    rows: int = 40,
    arguments: tuple[str, ...] = (),
    program: str | None = None,
) -> "Driven":
    """Starts bash, zsh, fish or pwsh with its home in `folder` and waits for its first prompt.

    `rc` is run by the shell after its numbered prompt is set, `rc_before_prompt` before it, as a
    person's rc file would be; `env` is added to a bare environment; `program` is another binary
    to run as this shell (an older bash, say).
    """
    path = program or need_shell(shell)
    home = folder / f"home-{shell}"
    environment = bare_environment(home, **(env or {}))
    text = f"{rc_before_prompt}\n{_PROMPTS[shell]}{rc}\n"
    if shell == "bash":
        (home / "rc.bash").write_text(text)
        argv = [path, "--noprofile", "--rcfile", str(home / "rc.bash"), *arguments, "-i"]
    elif shell == "zsh":
        (home / ".zshrc").write_text(text)
        environment["ZDOTDIR"] = str(home)
        argv = [path, "--no-global-rcs", *arguments, "-i"]
    elif shell == "fish":
        # Without this folder fish's first start reads every manual page, for half a minute.
        (home / ".local" / "share" / "fish" / "generated_completions").mkdir(parents=True)
        (home / "rc.fish").write_text(text)
        argv = [path, "-C", f"source {home / 'rc.fish'}", *arguments, "-i"]
    else:
        (home / "rc.ps1").write_text(text)
        argv = [path, "-NoLogo", "-NoProfile", *arguments, "-NoExit", "-File", str(home / "rc.ps1")]
    driven = Driven(argv, environment, home, columns, rows)
    try:
        driven.wait_for_prompt()
    except BaseException:
        driven.close()
        raise
    return driven


class Driven:
    """One program in a pseudo-terminal; any program may be driven, shells have a prompt."""

    def __init__(
        self,
        argv: list[str],
        env: Mapping[str, str],
        cwd: Path,
        columns: int = 120,
        rows: int = 40,
    ) -> None:
        self._view = pyte.HistoryScreen(columns, rows, history=100_000, ratio=0.5)
        self._stream = pyte.ByteStream(self._view)
        self._view.write_process_input = self._answer  # type: ignore[method-assign]
        self._held = b""
        self._first = 0
        self.prompt_number = 0
        self.raw = bytearray()
        """Every byte the terminal was sent, echo included."""
        self.child: Any = pexpect.spawn(
            argv[0], argv[1:], env=dict(env), cwd=str(cwd), dimensions=(rows, columns), timeout=None
        )
        self.child.delaybeforesend = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # What a person does

    def run(self, line: str, timeout: float = TIMEOUT) -> str:
        """Types a line at the prompt, waits for the next one, and gives what stands between."""
        self.submit(line)
        self.wait_for_prompt(timeout)
        return self.output()

    def submit(self, line: str) -> None:
        """Types a line and Enter at the prompt; what is waited for afterwards counts from here."""
        self._first = self._line_now()
        self.type(line + "\r")

    def type(self, text: str) -> None:
        """Sends keys as they are; Enter is `\\r`."""
        self.child.send(text.encode())

    def press(self, *keys: str) -> None:
        """Sends keys by name: enter, ctrl-c, ctrl-d, backspace, up."""
        for key in keys:
            self.type(KEYS[key])

    # What a person sees

    def wait_for(
        self, text: str | re.Pattern[str], timeout: float = TIMEOUT, times: int = 1
    ) -> None:
        """Waits until `text` stands on the screen, `times` times, since the last submitted line.

        The submitted line itself, with its echo, is not looked at.
        """
        pattern = text if isinstance(text, re.Pattern) else re.compile(re.escape(text.rstrip()))
        self.wait_until(
            lambda: len(pattern.findall(self.output(whole=True))) >= times,
            f"{pattern.pattern!r} {times} times",
            timeout,
        )

    def wait_for_prompt(self, timeout: float = TIMEOUT) -> int:
        """Waits for the next numbered prompt with an empty line; gives its number."""
        self.wait_until(self._at_new_prompt, f"a prompt after #{self.prompt_number}", timeout)
        return self.prompt_number

    def wait_until(self, true: Callable[[], object], what: str, timeout: float = TIMEOUT) -> None:
        """Reads the terminal until `true()`; AssertionError with the screen if it never is."""
        end = time.monotonic() + timeout
        while not true():
            left = end - time.monotonic()
            assert left > 0, f"waited {timeout:g} s for {what}; the screen is:\n{self.screen()}"
            assert self._read(min(left, 0.1)) or true(), (
                f"the program ended before {what}; the screen is:\n{self.screen()}"
            )

    def wait_for_end(self, timeout: float = TIMEOUT) -> int:
        """Waits for the driven program to end; gives its exit code, negative for a signal."""
        end = time.monotonic() + timeout
        while self._read(0.1):
            assert time.monotonic() < end, f"still running; the screen is:\n{self.screen()}"
        self.child.wait()
        return -self.child.signalstatus if self.child.signalstatus else self.child.exitstatus

    def screen(self) -> str:
        """The screen as it stands, without trailing blanks and blank lines below."""
        return "\n".join(line.rstrip() for line in self._view.display).rstrip()

    def output(self, *, whole: bool = False) -> str:
        """The lines below the last submitted one, without the prompt (with it if `whole`)."""
        shown = self._all_lines()[self._first + 1 :]
        if not whole:
            shown = shown[: max(0, self._line_now() - self._first - 1)]
        return "\n".join(line.rstrip() for line in shown).rstrip()

    # What the terminal knows

    def modes(self) -> list[Any]:
        """The terminal's modes, as termios.tcgetattr gives them."""
        return termios.tcgetattr(self.child.child_fd)

    def foreground(self) -> int:
        """The process group that holds the terminal's foreground."""
        return os.tcgetpgrp(self.child.child_fd)

    @property
    def pid(self) -> int:
        return int(self.child.pid)

    def wait_for_program(self, timeout: float = TIMEOUT) -> int:
        """Waits until a process group other than the shell's has the foreground; gives it.

        A key such as Ctrl-C that is sent before is the shell's, and in the moment between fork
        and exec it can be lost: where the program says something first, wait for that instead.
        """
        self.wait_until(lambda: self.foreground() not in (self.pid, 0), "a program", timeout)
        return self.foreground()

    def close(self) -> None:
        """Hangs up, and ends the program where that did not."""
        if self.child.closed:
            return
        # Not child.close(): that waits fixed times. The file object owns the descriptor.
        self.child.ptyproc.fileobj.close()
        self.child.closed = self.child.ptyproc.closed = True
        if self.child.exitstatus is not None or self.child.signalstatus is not None:
            return
        end = time.monotonic() + 2
        while time.monotonic() < end:
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                return
            time.sleep(0.005)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)

    def _read(self, timeout: float) -> bool:
        """Takes in what the program wrote within `timeout` seconds; False once it has ended."""
        try:
            self._feed(self.child.read_nonblocking(65536, timeout))
        except pexpect.TIMEOUT:
            pass
        except pexpect.EOF:
            return False
        return True

    def _feed(self, data: bytes) -> None:
        self.raw += data
        data = self._held + data
        half = _HALF_SEQUENCE.search(data)
        self._held = data[half.start() :] if half else b""
        self._stream.feed(_MISREAD.sub(b"", data[: half.start()] if half else data))

    def _answer(self, data: str) -> None:
        self.child.send(data.encode())

    def _at_new_prompt(self) -> bool:
        cursor = self._view.cursor
        row = self._view.buffer[cursor.y]
        before = "".join(row[x].data for x in range(cursor.x))
        found = _PROMPT.search(before)
        if found is None or int(found[1]) <= self.prompt_number:
            return False
        self.prompt_number = int(found[1])
        return True

    def _line_now(self) -> int:
        return len(self._view.history.top) + self._view.cursor.y

    def _all_lines(self) -> list[str]:
        columns = range(self._view.columns)
        above = ["".join(row[x].data for x in columns) for row in self._view.history.top]
        return above + list(self._view.display)
