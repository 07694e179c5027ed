"""The fast way: `assume`, `credential-process` and `exec` of a NAME with a live session.

It answers only when it is certain that the full way would print the same bytes, or start the
command with the same ones in its environment: no options but --shell, config and credentials files
unchanged since the full way last answered for NAME, the same settings in the environment, a session
with enough time left. In any doubt it answers None, and the full way runs. It imports os, sys, time
and this package's own small modules; what it reads is written by `awsenv.fast.note` (docs/files.md
describes it).
"""

import os
import sys

from awsenv.environment.change import assume_change, before, keeps_no_keys
from awsenv.storage import paths, record_format
from awsenv.values.notation import decode_pairs, encode_pairs
from awsenv.values.stamps import machine, stamp

# The variables that change the plan, its session, or where the files are.
RELEVANT = (
    "HOME",
    "USERPROFILE",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_STS",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWSENV_DEADLINE",
    "AWSENV_DURATION",
    "AWSENV_LEAD",
    "AWSENV_MFA_DURATION",
    "AWSENV_MFA_PROCESS_TIMEOUT",
    "AWSENV_MIN_LEFT",
)
# What `awsenv.fast.note` writes.
_IN_NOTE = frozenset(
    (
        *("NAME", "SESSION", "MARGIN", "REGION", "ENVIRONMENT", "RELEVANT", "PLAIN_ENVIRONMENT"),
        *("CONFIG", "CONFIG_STAMP", "CREDENTIALS", "CREDENTIALS_STAMP"),
        *("CONFIG_TEXT", "CREDENTIALS_TEXT", "MACHINE", "SETTINGS"),
    )
)
NEEDED = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
# botocore calls a credential_process again, each time it needs credentials, once less than this is
# left.
RENEW_BELOW = 15 * 60 + 30


class LiveSession:
    """As much of `awsenv.values.credentials.Session` as printing one takes."""

    def __init__(
        self, name: str, key: str, values: dict[str, str], region: str | None, settings: str
    ) -> None:
        self.credentials = self
        self.access_key_id = values["AWS_ACCESS_KEY_ID"]
        self.secret_access_key = values["AWS_SECRET_ACCESS_KEY"]
        self.session_token = values["AWS_SESSION_TOKEN"]
        self.profile = name
        self.region = region or None
        self.key = key
        self.expires_at = int(values["EXPIRES_AT"])
        self.issued_at = int(values["ISSUED_AT"])
        self.settings = tuple(decode_pairs(settings).items())
        self.account = _account(values)


def answer(arguments: list[str]) -> str | None:
    """What the full way would print for `arguments`, or None if that is not certain."""
    command, name, shell = _parse(arguments)
    if not name:
        return None
    try:
        if command == "assume":
            return _assume(name, shell)
        if command == "credential-process" and not shell:
            return _credential_process(name)
    except (OSError, KeyError, ValueError):
        pass
    return None


def live_session(name: str) -> LiveSession | None:
    """The live session of profile `name`, or None if it is not certain that it is that."""
    try:
        return _session(name, 0)
    except (OSError, KeyError, ValueError):
        return None


def command(arguments: list[str]) -> tuple[list[str], dict[str, str]] | None:
    """The words that `exec` would start and their environment, or None if that is not certain."""
    if os.name != "posix" or len(arguments) < 3 or arguments[0] != "exec":
        return None
    name, words = arguments[1], arguments[2:]
    if words[0] == "--":
        del words[0]
    if not words or not name or name.startswith("-"):
        return None
    session = live_session(name)
    if session is None:
        return None
    env = dict(os.environ)
    return words, assume_change(session, env, for_child=True).apply_to(env)  # type: ignore[arg-type]


def _parse(arguments: list[str]) -> tuple[str, str, str]:
    """Command, profile and shell, where there is nothing else."""
    words = list(arguments)
    shell = ""
    if len(words) == 4 and "--shell" in words[1:3]:
        at = words.index("--shell")
        shell = words[at + 1]
        del words[at : at + 2]
    if len(words) != 2 or words[1].startswith("-") or shell.startswith("-"):
        return "", "", ""
    return words[0], words[1], shell


def _assume(name: str, shell: str) -> str | None:
    if keeps_no_keys(os.environ) and "AWS_ACCESS_KEY_ID" in before(os.environ):
        # Which profile those keys are in, the files tell.
        return None
    session = _session(name, 0)
    if session is None or os.isatty(1):
        return None
    from awsenv import shells

    if not shell:
        from awsenv.shells.detection import known_reading_shell

        shell = known_reading_shell() or ""
    if shell not in shells.SHELLS:
        return None
    text = shells.get(shell).render(assume_change(session, os.environ))  # type: ignore[arg-type]
    if os.isatty(2):
        from awsenv.sessions.summary import summary

        sys.stderr.write(f"awsenv: {summary(session)}\n")  # type: ignore[arg-type]
    return text


def _credential_process(name: str) -> str | None:
    session = _session(name, RENEW_BELOW)
    if session is None:
        return None
    from awsenv.values.notation import iso_utc

    values = {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "SessionToken": session.session_token,
        "Expiration": iso_utc(session.expires_at),
    }
    if session.account:
        values["AccountId"] = session.account
    for value in values.values():
        if '"' in value or "\\" in value or not (value.isascii() and value.isprintable()):
            return None
    pairs = "".join(f', "{key}": "{value}"' for key, value in values.items())
    return '{"Version": 1' + pairs + "}"


def _session(name: str, renew_below: int) -> LiveSession | None:
    """The live session of profile `name` if all is as when the full way last answered."""
    found = _note(name)
    if found is None:
        return None
    values = record_format.read(
        os.path.join(paths.sessions_dir(), found["SESSION"]), found["SESSION"]
    )
    if not values or not all(values[name] for name in NEEDED):
        return None
    life = record_format.life(values)
    wanted = max(min(int(found["MARGIN"]), life // 10), min(renew_below, life // 2))
    if record_format.seconds_left(values) <= wanted:
        return None
    settings = found.get("SETTINGS", "")
    return LiveSession(name, found["SESSION"], values, found["REGION"], settings)


def _account(values: dict[str, str]) -> str | None:
    """The account that a record's keys belong to, as awsenv.sessions.session_record tells it."""
    found = values.get("ACCOUNT")
    for name in ("ROLE_ARN", "IDENTITY_ARN", "SERIAL"):
        parts = values.get(name, "").split(":", 5)
        found = found or (parts[4] if len(parts) == 6 and parts[0] == "arn" else None)
    return found or None


def _note(name: str) -> dict[str, str] | None:
    """The note on profile `name`, if all is as it was when that was left."""
    key = name_key(name)
    found = record_format.read(os.path.join(paths.cache_dir(), "names", key), key)
    # A name that is not known is one that has changed: what it stood for would be missing.
    if not found or found.get("NAME") != name or not found.keys() <= _IN_NOTE:
        return None
    if found["ENVIRONMENT"] != environment(os.environ):
        return None
    if "MACHINE" in found and found["MACHINE"] != machine():
        return None
    for kind in ("CONFIG", "CREDENTIALS"):
        if found[f"{kind}_STAMP"] != stamp(found[kind]):
            return None
    return found


def name_key(name: str) -> str:
    """The file name that stands for profile `name`: its bytes in hex, which shells can do too."""
    return name.encode("utf-8", "surrogateescape").hex()[:200]


def environment(env: "os._Environ[str] | dict[str, str]") -> str:
    """The relevant variables that are set, as one value."""
    return encode_pairs({name: env[name] for name in RELEVANT if name in env})
