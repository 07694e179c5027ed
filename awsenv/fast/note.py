"""What the fast way needs in order to answer for a profile's name, written by the full way."""

from __future__ import annotations

import os
import time

from awsenv.config import marks
from awsenv.errors import AwsenvError
from awsenv.fast import answer
from awsenv.plan.request import Request
from awsenv.storage import paths, private_files, record_format
from awsenv.values.notation import encode_pairs
from awsenv.values.stamps import machine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsenv.config import Config
    from awsenv.config.ini import Snapshot
    from awsenv.plan.plan import Plan
    from awsenv.values.credentials import Session

_STARTED = time.time()
# The keys that these give depend on more than the files and the relevant variables.
_OF_THE_MOMENT = ("environment", "ec2", "ecs", "web-identity")
# What a shell takes from a note stands above its CHECK: the first so many values.
_CHECKED = 4
# A shell reads the AWS files at each switch. Larger ones it leaves to the program.
_LARGEST = 16 * 1024
# Keys of AWS's that are named so, and hold none.
_NO_SECRETS = ("web_identity_token_file", "sso_registration_scopes")
# What stands for a line's end where a text is a value, and so cannot be in the text.
_LINE_END = "`"


def leave(plan: Plan, session: Session, config: Config, env: Mapping[str, str]) -> None:
    """Note that `session` is the answer for the plan's profile until something changes.

    Nothing is noted where the answer rests on more than the files and the relevant variables.
    """
    name = plan.request.profile
    if not name or plan.request != Request(profile=name) or session.key is None:
        return
    if marks.confirm(config.profiles.get(name)):
        # Each assume of it has a question to ask first.
        return
    if plan.root.source in _OF_THE_MOMENT or _moves(env) or _changed_lately(config):
        return
    found, credentials = config.snapshots
    # In this order: shells find these by line number.
    values = {
        "NAME": name,
        "SESSION": session.key,
        "MARGIN": str(plan.margin.seconds),
        "REGION": session.region or "",
        "ENVIRONMENT": answer.environment(dict(env)),
        "RELEVANT": " ".join(answer.RELEVANT),
        "PLAIN_ENVIRONMENT": "".join(f"|{name}={env.get(name, '')}" for name in answer.RELEVANT),
        "CONFIG": found.path,
        "CONFIG_STAMP": found.stamp,
        "CREDENTIALS": credentials.path,
        "CREDENTIALS_STAMP": credentials.stamp,
        **_for_shells(plan, config),
    }
    if plan.root.source == "process":
        values["MACHINE"] = machine()
    checked = _CHECKED
    if session.settings:
        # An endpoint that has changed by a byte is another one; for shells this is no note.
        values = {"SETTINGS": encode_pairs(dict(session.settings)), **values}
        checked += 1
    key = answer.name_key(name)
    folder = os.path.join(paths.cache_dir(), "names")
    try:
        text = record_format.render(key, values, checked)
        private_files.make_private_dir(folder)
        private_files.write_private(os.path.join(folder, key), text, lasting=False)
    except (AwsenvError, OSError):
        # The next call takes the full way too; nothing else is lost.
        return


def _for_shells(plan: Plan, config: Config) -> dict[str, str]:
    """What both files say, for shells: their builtins tell no other change for certain.

    {} where a shell cannot compare it, and so leaves the answer to the program.
    """
    names = ("CONFIG_TEXT", "CREDENTIALS_TEXT")
    texts = {name: _shown(each) for name, each in zip(names, config.snapshots, strict=True)}
    given = {name: text for name, text in texts.items() if text is not None}
    plain = plan.root.source != "process" and not plan.tool_settings
    return given if plain and len(given) == len(texts) else {}


def _shown(snapshot: Snapshot) -> str | None:
    """The text of a file as one value, with a line ending after every line; None if it is
    unsuitable.

    A line that begins with aws_se is left empty: it contains a secret, on which nothing depends. A
    shell that reads the file knows nothing of encodings, nor whether the last line has a line
    ending.
    """
    text = snapshot.text
    if len(text) > _LARGEST or not os.path.isabs(snapshot.path):
        return None
    if not text.isascii() or not text.replace("\n", "").isprintable() or _LINE_END in text:
        return None
    lines = text.removesuffix("\n").split("\n") if text else []
    if _holds_other_secrets(lines):
        return None
    return "".join(("" if _is_secret(line) else line) + _LINE_END for line in lines)


def _is_secret(line: str) -> bool:
    # aws_secret_access_key, aws_session_token, aws_security_token
    return line.startswith("aws_se")


def _holds_other_secrets(lines: list[str]) -> bool:
    """Whether a secret may stand in another line than those that are left out."""
    within = False
    for line in lines:
        if line[:1] in (" ", "\t"):
            if within:
                return True
        elif line:
            within = _is_secret(line)
        key = line.partition("=")[0].strip().lower()
        telling = any(word in key for word in ("secret", "token", "password", "aws_se"))
        if telling and not _is_secret(line) and key not in _NO_SECRETS:
            return True
    return False


def _moves(env: Mapping[str, str]) -> bool:
    """Whether the location of the files depends on more than the relevant variables."""
    paths = (env.get("AWS_CONFIG_FILE"), env.get("AWS_SHARED_CREDENTIALS_FILE"))
    # "" stands for no file.
    given = [os.path.expanduser(path) for path in paths if path]
    return any("$" in path or "%" in path or not os.path.isabs(path) for path in given)


def _changed_lately(config: Config) -> bool:
    """Whether a file may have changed after it was read: any change or move sets its ctime."""
    return any(snapshot.changed_at > _STARTED - 1 for snapshot in config.snapshots)


def changed_lately(*paths: str) -> bool:
    """Whether one of the files at `paths` has changed a moment ago, so that it may again."""
    for path in paths:
        try:
            if os.stat(path).st_ctime > _STARTED - 1:
                return True
        except FileNotFoundError:
            continue
    return False
