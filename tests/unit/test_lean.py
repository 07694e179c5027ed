"""Each quick stand-in of awsenv/lean behaves as its model in the standard library does."""

import ast
import contextlib
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsenv.lean.contextlib import suppress
from awsenv.lean.hashlib import digest
from awsenv.lean.signal import signals

PACKAGE = Path(__file__).parents[2] / "awsenv"


def outcome(kind: Any, kinds: tuple[type[BaseException], ...], error: BaseException | None) -> str:
    """What a block comes to in which `error` is raised."""
    try:
        with kind(*kinds) as entered:
            if error:
                raise error
            return f"ended, {entered}"
        return "suppressed"
    except BaseException as passed:  # noqa: BLE001 - any may pass
        return f"raised {passed!r}, {passed is error}, {passed.__context__!r}"


@pytest.mark.parametrize(
    "kinds", [(), (OSError,), (KeyError, OSError), (Exception,), (BaseException,)], ids=str
)
@pytest.mark.parametrize(
    "error",
    [None, OSError(2, "x"), FileNotFoundError(2, "x"), KeyError("k"), KeyboardInterrupt()],
    ids=repr,
)
def test_suppress(kinds: tuple[type[BaseException], ...], error: BaseException | None) -> None:
    found = outcome(suppress, kinds, error)
    assert found == outcome(contextlib.suppress, kinds, error)


def test_suppress_may_be_used_again() -> None:
    again = suppress(KeyError)
    for _ in range(2):
        with again:
            raise KeyError
    with pytest.raises(ValueError, match="x"), again:
        raise ValueError("x")


@given(st.binary())
def test_digest(data: bytes) -> None:
    # As os.environ and sys.argv give what is no UTF-8.
    assert digest(data.decode("utf-8", "surrogateescape")) == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("missing", [(), ("_sha2",), ("_sha256",), ("_sha2", "_sha256")], ids=str)
def test_digest_where_the_modules_beneath_are_missing(missing: tuple[str, ...]) -> None:
    program = (
        "import sys\n"
        f"for name in {missing!r}: sys.modules[name] = None\n"
        "from awsenv.lean.hashlib import digest\n"
        "print(digest('caf\\u00e9\\udcff'))"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=PACKAGE.parent, capture_output=True, check=True
    )
    assert told.stdout.decode().strip() == hashlib.sha256(b"caf\xc3\xa9\xff").hexdigest()


def used_names() -> Iterator[str]:
    """What awsenv takes from the stand-in for signal, under whatever name it is imported."""
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text()
        if "awsenv.lean.signal" in text:
            for node in ast.walk(ast.parse(text)):
                owner = node.value if isinstance(node, ast.Attribute) else None
                if isinstance(owner, ast.Name) and owner.id == "signal":
                    yield node.attr


@pytest.mark.skipif(os.name != "posix", reason="some of the names are of POSIX")
def test_signals_has_every_name_that_awsenv_uses() -> None:
    names = set(used_names())
    assert {"signal", "getsignal"} <= names
    for name in names:
        found, model = getattr(signals, name), getattr(signal, name)
        if not callable(model):
            assert found == model, name


def test_signals_has_the_numbers_of_its_model() -> None:
    numbers = {name for name in dir(signal) if name.startswith("SIG") and name[3:4] != "_"}
    assert {"SIGINT", "SIGTERM"} <= numbers
    for name in sorted(numbers):
        assert getattr(signals, name) == getattr(signal, name), name
    assert (signals.SIG_DFL, signals.SIG_IGN) == (signal.SIG_DFL, signal.SIG_IGN)


def test_signals_sets_the_same_handlers() -> None:
    def handler(number: int, frame: object) -> None:
        got.append(number)

    got: list[int] = []
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert signals.signal(signals.SIGTERM, handler) == before
        assert signal.getsignal(signal.SIGTERM) is handler
        assert signals.getsignal(signals.SIGTERM) is handler
        signal.raise_signal(signal.SIGTERM)
        assert got == [signal.SIGTERM]
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        assert signals.getsignal(signals.SIGTERM) == signal.SIG_IGN
        with pytest.raises(ValueError, match="signal number"):
            signals.signal(99999, handler)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_every_stand_in_has_a_test() -> None:
    names = {path.stem for path in (PACKAGE / "lean").glob("*.py")} - {"__init__"}
    assert names == {"contextlib", "dataclasses", "hashlib", "signal"}
