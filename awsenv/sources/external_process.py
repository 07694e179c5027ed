"""`credential_process = …`: a program that prints credentials.

Format: "Sourcing credentials with an external process" in the AWS SDKs and Tools guide. botocore is
not used for it: it calls the program twice if the answer has little time left, and hides what the
program tells the user.
"""

from __future__ import annotations

import os
import sys

from awsenv.config.saved_sections import EXPIRATIONS, IDENTITY, KEYS, OLD_TOKEN, SAVE_AS
from awsenv.environment.for_programs import as_before
from awsenv.errors import CancelledError, ProgramError
from awsenv.sources.root import Context, Resolved, Root
from awsenv.values.credentials import Credentials
from awsenv.values.notation import whole_number
from awsenv.values.stamps import machine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from awsenv.config import Config, Profile

# The profiles whose credential_process is running, one per line, for programs that run inside it.
WITHIN = "AWSENV_WITHIN"
# What a section says without saying whose keys it leads to: secrets, when they expire, and where
# sessions of it are saved.
_PASSING = frozenset((*KEYS[1:], OLD_TOKEN, IDENTITY, SAVE_AS, *EXPIRATIONS))
# In bytes: credentials are a few thousand.
_LARGEST = 1 << 20


class ProcessSource:
    def find(self, profile: Profile, config: Config, _env: Mapping[str, str]) -> Root | None:
        command = profile.get("credential_process")
        if not command:
            return None
        return Root(
            "process",
            f"the credential_process of profile {profile.name!r}",
            # The same command may give other keys on another machine that shares this home.
            f"process\n{machine()}\n{command}{_named_by(command, config)}",
            profile.name,
            profile.at("credential_process"),
            # A password store answers with long-lived keys, to which MFA can apply.
            temporary=None,
            kept=True,
        )

    def resolve(self, root: Root, context: Context) -> Resolved:
        profile = context.config.profile(root.profile or "")
        # No time limit: it may wait for a touch or a passphrase; Ctrl-C ends it.
        output = _run(profile.get("credential_process") or "", root)
        found = _parse(output)
        if isinstance(found, str):
            raise ProgramError(
                f"{root.description} did not print credentials ({root.where}): {found}",
                "run the command by hand to see what it prints",
            )
        return found


def _named_by(command: str, config: Config) -> str:
    """What the files say of the profiles that `command` names, and of those that these name.

    `aws configure export-credentials --profile NAME`, and awsenv itself, answer with the keys that
    NAME leads to: once that is edited, what they gave before is another identity.
    """
    found: list[str] = []
    names = command.replace("=", " ").replace('"', " ").replace("'", " ").split()
    seen = set(names)
    while names:
        name = names.pop()
        profile = config.profiles.get(name)
        values = profile.values if profile else config.sso_sessions.get(name, {})
        for key, value in sorted(values.items()):
            if key in _PASSING or not isinstance(value, str):
                continue
            found.append(f"\n{name}\n{key}\n{value}")
            if value not in seen:
                seen.add(value)
                names.append(value)
    return "".join(sorted(found))


def _run(command: str, root: Root) -> bytes:
    import shlex
    import subprocess

    try:
        # Windows programs split their command line themselves.
        words = command if sys.platform == "win32" else shlex.split(command)
        within = f"{os.environ.get(WITHIN, '')}\n{root.profile}".strip()
        env = {**as_before(), WITHIN: within}
        with subprocess.Popen(words, stdout=subprocess.PIPE, env=env) as process:
            assert process.stdout is not None
            try:
                output = process.stdout.read(_LARGEST + 1)
            except BaseException:
                process.kill()
                raise
            if len(output) > _LARGEST:
                process.kill()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ProgramError(
            f"{root.description} cannot be run ({root.where}): {(reason or 'unknown').lower()}",
            "check the command; it is not run by a shell",
        ) from None
    if len(output) > _LARGEST:
        raise ProgramError(
            f"{root.description} prints more than {_LARGEST >> 20} MB ({root.where})",
            "run the command by hand to see what it prints",
        )
    if process.returncode in (130, -2):
        raise CancelledError
    if process.returncode:
        raise ProgramError(
            f"{root.description} failed with exit code {process.returncode} ({root.where})",
            "run the command by hand to see what is wrong",
        )
    return output


def _parse(output: bytes) -> Resolved | str:
    """What a program printed, or what is wrong with it. Never shows any of it, because it may be
    secret.
    """
    import json

    try:
        answer: Any = json.loads(output)
    except ValueError:
        return "its output is not JSON"
    if not isinstance(answer, dict) or answer.get("Version") != 1:
        return "its output does not say Version 1"
    values = [answer.get(name) for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")]
    key, secret, token = (value if isinstance(value, str) else "" for value in values)
    if not key or not secret:
        return "its output lacks AccessKeyId or SecretAccessKey"
    expires_at = _epoch(answer.get("Expiration"))
    if expires_at == 0:
        return "its Expiration is not ISO 8601 with a time zone"
    account = answer.get("AccountId")
    known = account if isinstance(account, str) and whole_number(account) is not None else None
    return Resolved(Credentials(key, secret, token or None), expires_at, known)


def _epoch(text: object) -> int | None:
    """Epoch seconds of an Expiration, None if there is none, 0 if it cannot be read."""
    if not text:
        return None
    from dateutil.parser import isoparse

    try:
        moment = isoparse(text) if isinstance(text, str) else None
    except ValueError:
        return 0
    # botocore fails if the time zone is missing, and a guess may be hours off.
    return int(moment.timestamp()) if moment is not None and moment.tzinfo else 0


SOURCES = {"process": ProcessSource()}
