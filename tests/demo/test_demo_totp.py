"""Time-based codes: RFC 6238's own examples, and one-time use."""

import pytest

from awsenv.demo.model import MfaDevice
from awsenv.demo.totp import code_for, step_at

SEED = b"12345678901234567890"
NOW = 1_800_000_010.0  # 10 s into a step
STEP = step_at(NOW)


@pytest.mark.parametrize(
    ("epoch", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_of_rfc_6238(epoch: int, code: str) -> None:
    assert code_for(SEED, step_at(epoch)) == code


def device() -> MfaDevice:
    return MfaDevice("arn:aws:iam::111122223333:mfa/x", SEED)


@pytest.mark.parametrize(
    ("offset", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_only_the_present_step_and_its_neighbours(offset: int, good: bool) -> None:
    assert device().accept(code_for(SEED, STEP + offset), NOW) is good


@pytest.mark.parametrize(
    "code", ["", "28708", "287082 ", "aaaaaa", "\uff12\uff18\uff17\uff10\uff18\uff12"]
)
def test_what_is_no_code_is_refused(code: str) -> None:
    assert not device().accept(code, NOW)


def test_a_code_works_once() -> None:
    one = device()
    assert one.accept(code_for(SEED, STEP), NOW)
    assert not one.accept(code_for(SEED, STEP), NOW)


def test_no_step_before_the_last_used_one_works() -> None:
    one = device()
    assert one.accept(code_for(SEED, STEP + 1), NOW)
    assert not one.accept(code_for(SEED, STEP - 1), NOW)
    assert not one.accept(code_for(SEED, STEP), NOW)
    assert one.accept(code_for(SEED, STEP + 2), NOW + 30)


def test_a_refused_code_uses_nothing_up() -> None:
    one = device()
    assert not one.accept("000000", NOW)
    assert one.accept(code_for(SEED, STEP - 1), NOW)


def test_three_unused_codes_are_at_hand_in_order() -> None:
    one = device()
    for offset in (-1, 0, 1):
        code, wait = one.unused_code(NOW, 5)
        assert (code, wait) == (code_for(SEED, STEP + offset), 0)
        assert one.accept(code, NOW)
    assert one.unused_code(NOW, 5) == ("", 20)
    assert one.unused_code(NOW + 20, 5) == (code_for(SEED, STEP + 2), 0)


def test_a_code_about_to_lapse_is_not_handed_out() -> None:
    almost_over = NOW + 17
    assert device().unused_code(almost_over, 5)[0] == code_for(SEED, STEP)
    assert device().unused_code(almost_over, 2)[0] == code_for(SEED, STEP - 1)


def test_the_seed_is_not_shown() -> None:
    assert "1234567890" not in repr(device())
