"""What the fast way needs in order to answer for a profile's name, written by the full way."""

from __future__ import annotations

import os
import time

from awsenv.config import Config
from awsenv.errors import AwsenvError
from awsenv.fast import answer
from awsenv.plan.plan import Plan
from awsenv.plan.request import Request
from awsenv.storage import paths, private_files, record_format
from awsenv.values.credentials import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_STARTED = time.time()
# 2000-01-01, in seconds since 1970: no file of AWS's is as old.
_OLDEST = 946684800


def leave(plan: Plan, session: Session, config: Config, env: Mapping[str, str]) -> None:
    """Note that `session` is the answer for the plan's profile until something changes.

    Nothing is noted where the answer rests on more than the files and the relevant variables.
    """
    name = plan.request.profile
    if not name or plan.request != Request(profile=name) or session.key is None:
        return
    if (
        plan.root.source == "environment"
        or _moves(env)
        or changed_lately(config.config_path, config.credentials_path)
    ):
        return
    # In this order: shells find these by line number.
    values = {
        "NAME": name,
        "SESSION": session.key,
        "MARGIN": str(plan.margin.seconds),
        "ENVIRONMENT": answer.environment(dict(env)),
        "RELEVANT": " ".join(answer.RELEVANT),
        "PLAIN_ENVIRONMENT": "".join(f"|{name}={env.get(name, '')}" for name in answer.RELEVANT),
        "CONFIG": config.config_path or "",
        "CONFIG_STAMP": answer.stamp(config.config_path or ""),
        "CREDENTIALS": config.credentials_path or "",
        "CREDENTIALS_STAMP": answer.stamp(config.credentials_path or ""),
        "REGION": session.region or "",
    }
    key = answer.name_key(name)
    folder = os.path.join(paths.cache_dir(), "names")
    try:
        text = record_format.render(key, {name: text for name, text in values.items() if text})
        path = os.path.join(folder, key)
        private_files.make_private_dir(folder)
        private_files.write_private(f"{path}.credentials", "", lasting=False)
        private_files.write_private(path, text, lasting=False)
        # For shells, whose builtins can tell whether one file is newer or older than another:
        # neither means that it is unchanged, and finds an older file moved in too.
        if not _is_constant(config.config_path, config.credentials_path):
            _stamp(path, config.config_path)
            _stamp(f"{path}.credentials", config.credentials_path)
    except (AwsenvError, OSError):
        # The next call takes the full way too; nothing else is lost.
        return


def _stamp(path: str, source: str) -> None:
    facts = os.stat(source)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def _is_constant(*sources: str) -> bool:
    """Whether a file's time tells nothing: stores like that of Nix give all of them the same."""
    return any(os.path.exists(path) and os.stat(path).st_mtime < _OLDEST for path in sources)


def _moves(env: Mapping[str, str]) -> bool:
    """Whether the files' places hang on more than the relevant variables."""
    paths = (env.get("AWS_CONFIG_FILE"), env.get("AWS_SHARED_CREDENTIALS_FILE"))
    # "" stands for no file.
    given = [os.path.expanduser(path) for path in paths if path]
    return any("$" in path or "%" in path or not os.path.isabs(path) for path in given)


def changed_lately(*paths: str) -> bool:
    """Whether a file may have changed after it was read: any change or move sets its ctime."""
    for path in paths:
        try:
            if os.stat(path).st_ctime > _STARTED - 1:
                return True
        except FileNotFoundError:
            continue
    return False
