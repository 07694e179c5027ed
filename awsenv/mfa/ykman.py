"""A YubiKey, by ykman: the OATH account that is named after the MFA device.

YKMAN_OATH_CREDENTIAL_NAME and YKMAN_OATH_DEVICE_SERIAL name another account, or one of several
keys, as they do for aws-vault.
"""

from __future__ import annotations

import os
import shlex
import sys

from awsenv.mfa.mfa_process import MfaProcessSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class YkmanSource(MfaProcessSource):
    name = "ykman"

    def command(self) -> str:
        account = os.environ.get("YKMAN_OATH_CREDENTIAL_NAME") or self._question.serial
        device = os.environ.get("YKMAN_OATH_DEVICE_SERIAL")
        words = ["ykman", *(["--device", device] if device else [])]
        words += ["oath", "accounts", "code", "--single", account]
        if sys.platform == "win32":
            import subprocess

            return subprocess.list2cmdline(words)
        return shlex.join(words)


def fits(_env: Mapping[str, str]) -> bool:
    """Never by itself: only the user knows that the key holds the account."""
    return False


SOURCE = YkmanSource
