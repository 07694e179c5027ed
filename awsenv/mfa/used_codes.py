"""Which code of an MFA device was accepted last.

AWS accepts a code once. Someone who is asked again within half a minute types the same digits
again; they are recognised here, and waited out instead of being sent and refused.
"""

import os

from awsenv.errors import AwsenvError
from awsenv.lean.contextlib import suppress
from awsenv.lean.hashlib import digest
from awsenv.storage import paths, private_files, record_format
from awsenv.values.notation import whole_number

# For this many steps the same digits are the same code; AWS accepts codes slightly early and late.
_STEPS = 3


def was_used(serial: str, code: str, now: float, step: float = 30) -> bool:
    """Whether `code` is the one that the device `serial` was last used with, moments ago."""
    path, key = _place(serial)
    values = record_format.read(path, key) or {}
    then = whole_number(values.get("STEP"))
    if then is None:
        return False
    same = values.get("CODE") == _hash(values.get("SALT", ""), code)
    return same and abs(int(now // step) - then) <= _STEPS


def remember(serial: str, code: str, now: float, step: float = 30) -> None:
    """Note that `code` was accepted. If that cannot be written, nothing is noted."""
    path, key = _place(serial)
    salt = os.urandom(16).hex()
    values = {"STEP": str(int(now // step)), "SALT": salt, "CODE": _hash(salt, code)}
    with suppress(AwsenvError):
        private_files.make_private_dir(os.path.dirname(path))
        private_files.write_private(path, record_format.render(key, values), lasting=False)


def _place(serial: str) -> tuple[str, str]:
    key = digest(serial)[:40]
    return os.path.join(paths.cache_dir(), "mfa", key), key


def _hash(salt: str, code: str) -> str:
    # Six digits are quickly guessed from their hash; but the code is used up.
    return digest(f"{salt}:{code}")
