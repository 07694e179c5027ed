"""`credential_process = …`: a program that prints credentials.

Format: "Sourcing credentials with an external process" in the AWS SDKs and Tools guide. botocore
is not used for it: it calls the program twice where the answer has little time left, and hides
what the program says to the person.
"""

import os
import sys
from collections.abc import Mapping
from typing import Any

from awsenv.config import Config, Profile
from awsenv.errors import CredentialsError
from awsenv.session import Credentials
from awsenv.sources import Context, Resolved, Root

# The profiles whose credential_process is being run, a line each, for what runs within it.
WITHIN = "AWSENV_WITHIN"


class ProcessSource:
    def find(self, profile: Profile, _config: Config, _env: Mapping[str, str]) -> Root | None:
        command = profile.get("credential_process")
        if not command:
            return None
        return Root(
            "process",
            f"the credential_process of profile {profile.name!r}",
            f"process\n{command}",
            profile.name,
            profile.at("credential_process"),
            # A password store answers with long-lived keys, to which MFA can apply.
            temporary=None,
            kept=True,
        )

    def resolve(self, root: Root, context: Context) -> Resolved:
        profile = context.config.profile(root.profile or "")
        # No time limit: it may wait for a touch or a passphrase, and Ctrl-C ends it.
        output = _run(profile.get("credential_process") or "", root)
        try:
            return _parse(output)
        except (ValueError, TypeError, KeyError) as error:
            problem = f"lacks {error}" if isinstance(error, KeyError) else str(error)
            raise CredentialsError(
                f"{root.description} did not print credentials ({root.where}): its output "
                f"{problem if isinstance(error, KeyError | _Unfit) else 'is not JSON'}",
                "run the command by hand to see what it prints",
            ) from None


class _Unfit(ValueError):
    """What the output is, instead of credentials; never a part of it, which may be secret."""


def _run(command: str, root: Root) -> bytes:
    import shlex
    import subprocess

    try:
        # Windows programs split their command line themselves.
        words = command if sys.platform == "win32" else shlex.split(command)
        within = f"{os.environ.get(WITHIN, '')}\n{root.profile}".strip()
        done = subprocess.run(
            words, stdout=subprocess.PIPE, check=False, env={**os.environ, WITHIN: within}
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise CredentialsError(
            f"{root.description} cannot be run ({root.where}): {(reason or 'unknown').lower()}",
            "check the command; it is not run by a shell",
        ) from None
    if done.returncode:
        raise CredentialsError(
            f"{root.description} failed with exit code {done.returncode} ({root.where})",
            "run the command by hand to see what is wrong",
        )
    return done.stdout


def _parse(output: bytes) -> Resolved:
    import json

    answer: Any = json.loads(output)
    if not isinstance(answer, dict):
        raise _Unfit("is no JSON object")
    if answer.get("Version") != 1:
        raise _Unfit("is not of Version 1")
    key, secret, token = answer["AccessKeyId"], answer["SecretAccessKey"], answer.get("SessionToken")
    if not all(isinstance(value, str) and value for value in (key, secret, token or "-")):
        raise _Unfit("has a key that is no text")
    return Resolved(Credentials(key, secret, token or None), _epoch(answer.get("Expiration")))


def _epoch(text: str | None) -> int | None:
    if not text:
        return None
    from dateutil.parser import isoparse

    try:
        moment = isoparse(text)
    except (ValueError, TypeError):
        raise _Unfit("has an Expiration that is not ISO 8601") from None
    if moment.tzinfo is None:
        raise _Unfit("has an Expiration without a time zone")
    return int(moment.timestamp())
