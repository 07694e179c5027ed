"""Time-based one-time passwords (RFC 6238): HMAC-SHA1, six digits, a step of 30 s."""

import hmac

STEP_SECONDS = 30


def step_at(epoch: float) -> int:
    """The number of the time step that `epoch` seconds falls in."""
    return int(epoch // STEP_SECONDS)


def code_for(seed: bytes, step: int) -> str:
    """The six digits that belong to one time step."""
    digest = hmac.digest(seed, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
