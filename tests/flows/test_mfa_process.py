"""The profile's mfa_process, run for real."""

import os
import shlex
import signal
import sys
import time
from pathlib import Path

import pytest

from awsenv.errors import AwsenvError, CancelledError, ConfigError, CredentialsError
from awsenv.mfa import Codes, Question, used_codes
from support.asking import SERIAL

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the commands here are a POSIX shell's")


def process(command: str, **more: object) -> Codes:
    return Codes(Question(SERIAL, "prod-admin", process=command, **more))  # type: ignore[arg-type]


def sh(script: str) -> str:
    return f"sh -c {shlex.quote(script)}"


def code_of(codes: Codes) -> str:
    return next(iter(codes))


@pytest.mark.parametrize(
    "script",
    [
        "echo 123456",
        "printf '123456'",
        "printf '123 456\\r\\nmore\\n'",
        "echo 123456; echo secret; yes | head -c 1000000",
        "echo 123456; echo warning >&2",
        # What it leaves running holds the pipe open.
        "echo 123456; sleep 15 2>/dev/null & exit 0",
    ],
)
def test_first_line_is_the_code(script: str) -> None:
    started = time.monotonic()
    assert code_of(process(sh(script))) == "123456"
    assert time.monotonic() - started < 10


def test_words_are_split_and_no_shell_is_used(tmp_path: Path) -> None:
    program = tmp_path / "a program"
    program.write_text(
        f"#!{sys.executable}\nimport sys\n"
        "print('012345' if sys.argv[1:] == ['$HOME;', 'x y', '*'] else sys.argv)\n"
    )
    program.chmod(0o755)
    assert code_of(process(f"'{program}' '$HOME;' \"x y\" *")) == "012345"


def test_home_is_found(clean_env: Path) -> None:
    (clean_env / "code").write_text("#!/bin/sh\necho 123456\n")
    (clean_env / "code").chmod(0o755)
    assert code_of(process("~/code")) == "123456"


@pytest.mark.parametrize(
    ("command", "kind", "message"),
    [
        (sh("echo hunter2"), CredentialsError, "its first line is not six digits"),
        (sh("echo; echo 123456"), CredentialsError, "its first line is not six digits"),
        ("true", CredentialsError, "its first line is not six digits"),
        (sh("echo 123456; exit 7"), CredentialsError, "mfa_process failed: sh exited with 7"),
        (sh("kill -KILL $$"), CredentialsError, "mfa_process failed: sh was ended by signal 9"),
        (sh("kill -INT $$"), CancelledError, "cancelled"),
        (sh("exit 130"), CancelledError, "cancelled"),
        ("/nowhere/hunter", CredentialsError, "no such file or directory"),
        ("/etc/passwd hunter2", CredentialsError, "permission denied"),
        ("echo 'hunter2", ConfigError, "no closing quotation"),
        ("  ", ConfigError, "mfa_process is empty"),
        ("echo hunter2\0", ConfigError, "NUL character"),
    ],
)
def test_failures(command: str, kind: type[AwsenvError], message: str) -> None:
    with pytest.raises(kind, match=message) as caught:
        code_of(process(command))
    assert "hunter2" not in f"{caught.value.message} {caught.value.hint}"


def test_time_limit_ends_the_whole_group(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"sleep 100 & echo $! $$ >{pids}; trap '' TERM; wait"
    started = time.monotonic()
    with pytest.raises(CredentialsError, match=r"did not end within 0\.5 s"):
        code_of(process(sh(script), process_timeout=0.5))
    assert time.monotonic() - started < 20
    for pid in map(int, pids.read_text().split()):
        for _ in range(1000):
            if not _runs(pid):
                break
            time.sleep(0.01)
        else:
            os.kill(pid, signal.SIGKILL)
            pytest.fail(f"{pid} was left running")


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        # Linux counts what nobody has waited for yet.
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return not Path("/proc/self").exists()
    return state != "Z"


def test_without_a_terminal_it_has_none_either() -> None:
    ask = "import os; os.open('/dev/tty', os.O_RDWR)"
    read = sh(f"cat; {sys.executable} -c {shlex.quote(ask)} 2>/dev/null || echo 123456")
    assert code_of(process(read)) == "123456"


def counting(folder: Path, *outputs: str) -> str:
    """A command that prints one output after the other, then the last one again and again."""
    count = folder / "count"
    cases = "".join(f"{number}) echo {text};; " for number, text in enumerate(outputs, 1))
    number = f"$(wc -l <{count} | tr -d ' ')"
    return sh(f"echo x >>{count}; case {number} in {cases}*) echo {outputs[-1]};; esac")


def runs(folder: Path) -> int:
    return len((folder / "count").read_text().split())


def test_refused_code_is_waited_out_once(tmp_path: Path) -> None:
    codes = process(counting(tmp_path, "111111", "222222"), step=1.0)
    assert code_of(codes) == "111111"
    before = time.time()
    codes.refused()
    assert code_of(codes) == "222222"
    assert int(time.time()) > int(before), "it was to wait for the next step"
    codes.refused()
    with pytest.raises(CredentialsError, match="did not accept the codes that mfa_process gave"):
        code_of(codes)
    assert runs(tmp_path) == 2


def test_used_code_is_waited_out(tmp_path: Path) -> None:
    used_codes.remember(SERIAL, "111111", time.time(), 1.0)
    codes = process(counting(tmp_path, "111111", "222222"), step=1.0)
    assert code_of(codes) == "222222"
    assert runs(tmp_path) == 2


def test_a_command_that_gives_the_same_code_for_ever_ends(tmp_path: Path) -> None:
    used_codes.remember(SERIAL, "111111", time.time(), 1.0)
    # The clock stands still: the code stays used.
    now = time.time()
    codes = process(counting(tmp_path, "111111"), step=1.0, clock=lambda: now)
    with pytest.raises(CredentialsError, match="did not accept the codes"):
        code_of(codes)
    assert runs(tmp_path) == 3


def test_a_given_code_comes_first(tmp_path: Path) -> None:
    codes = process(counting(tmp_path, "222222"), given="111111")
    assert code_of(codes) == "111111"
    codes.refused()
    assert code_of(codes) == "222222"


def test_meanwhile_runs_beside_it(tmp_path: Path) -> None:
    mark = tmp_path / "mark"

    def meanwhile() -> None:
        mark.touch()
        raise AwsenvError("this fails again where it is needed")

    wait = sh(f"while [ ! -e {mark} ]; do sleep 0.01; done; echo 123456")
    assert code_of(process(wait, meanwhile=meanwhile)) == "123456"
