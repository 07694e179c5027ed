"""Every value comes through every real shell unchanged, strict modes on."""

import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awsenv.environment.change import EnvChange
from awsenv.shells import get
from support.nasty_values import VALUE
from support.real_shells import WAYS, Way, evaluate, octets
from support.shells_at_hand import need_shell

_BATCH = settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)


def _names(values: list[str]) -> dict[str, str]:
    return {f"NASTY_{index}": value for index, value in enumerate(values)}


def _print(shell: str, change: EnvChange) -> bytes:
    text = get(shell).render(change)
    if shell != "posix":
        assert "\n" not in text
        assert text.isascii()
    return octets(text) + b"\n"


@pytest.mark.parametrize("locale", ["C.UTF-8", "C"])
@pytest.mark.parametrize("way", WAYS, ids=str)
@_BATCH
@given(values=st.lists(VALUE, min_size=60, max_size=60))
def test_values_arrive_as_they_are(way: Way, locale: str, values: list[str]) -> None:
    wanted = _names(values)
    change = EnvChange(wanted, ("GONE_1", "NEVER_SET", "GONE_2"))
    env = {"GONE_1": "x", "GONE_2": "y", "LC_ALL": locale}
    outcome = evaluate(way, _print(way.printed_for, change), env)
    assert (outcome.stderr, outcome.stdout, outcome.status) == ("", "", 0)
    seen = {name: outcome.env.get(octets(name)) for name in wanted}
    assert seen == {name: octets(value) for name, value in wanted.items()}
    assert not {b"GONE_1", b"GONE_2", b"NEVER_SET"} & outcome.env.keys()


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_every_single_byte_arrives(way: Way) -> None:
    bytes_of = {f"B{code}": bytes([code]) + b"f" for code in range(1, 256)}
    change = EnvChange({k: v.decode("utf-8", "surrogateescape") for k, v in bytes_of.items()})
    outcome = evaluate(way, _print(way.printed_for, change))
    assert {name: outcome.env.get(octets(name)) for name in bytes_of} == bytes_of


@_BATCH
@given(values=st.lists(VALUE, min_size=30, max_size=30))
def test_a_pasted_line_survives_history_expansion(values: list[str]) -> None:
    wanted = _names(values)
    lines = [b"set -H", _print("bash", EnvChange(wanted)).rstrip(b"\n"), b"env -0", b""]
    done = subprocess.run(
        [need_shell("bash"), "--norc", "--noediting", "-i"],
        input=b"\n".join(lines),
        capture_output=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "HISTFILE": ""},
    )
    seen = dict(pair.partition(b"=")[::2] for pair in done.stdout.split(b"\0"))
    assert {name: seen.get(octets(name)) for name in wanted} == {
        name: octets(value) for name, value in wanted.items()
    }
