"""Keychains for tests: a real Secret Service of the test's own, and a file."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from support.shells_at_hand import need_program

FILE_BACKEND = "keyrings.alt.file.PlaintextKeyring"
_PASSWORD = "of the keyring"
# The bus and the daemon live as long as somebody holds stdin.
_SESSION = """
gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null 2>&1 <<END
$1
END
echo "$DBUS_SESSION_BUS_ADDRESS"
read -r line
"""
_LOCK = "import secretstorage as s; s.get_default_collection(s.dbus_init()).lock()"


@contextmanager
def secret_service(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """gnome-keyring on a D-Bus of its own, its files under HOME, unlocked."""
    need_program("gnome-keyring-daemon")
    session = [need_program("dbus-run-session"), "--", "bash", "-c", _SESSION, "bash", _PASSWORD]
    with subprocess.Popen(
        session,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={name: text for name, text in os.environ.items() if name != "DISPLAY"},
    ) as bus:
        assert bus.stdin
        assert bus.stdout
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.stdout.readline().strip())
        yield
        bus.stdin.close()


def lock() -> None:
    """Lock the Secret Service's keyring. Nobody can be asked to unlock it: there is no display."""
    subprocess.run([sys.executable, "-c", _LOCK], check=True)


def secret_of(key_id: str) -> str | None:
    """What the keychain has for `key_id`, asked in a process of its own."""
    program = f"import keyring; print(keyring.get_password('awsenv', {key_id!r}) or '')"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout.strip() or None
