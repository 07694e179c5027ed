"""What every profile comes to, without the network: for `awsenv list` and the picker.

With a thousand profiles each microsecond counts a thousandfold: a plan is made only for those
that may have a session on disk.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Mapping
from contextlib import suppress

from awsenv import cache, paths, record
from awsenv.chain import Chain, walk
from awsenv.config import Config, load
from awsenv.errors import AwsenvError
from awsenv.plan import plan_of
from awsenv.request import Request
from awsenv.settings import Settings
from awsenv.sources import Root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Row = dict[str, Any]


def overview(env: Mapping[str, str]) -> list[Row]:
    """A row per profile, in the order of the config files; docs/commands/list.md names the keys.

    Raises ConfigError where a file cannot be read; what is wrong with one profile stands in it.
    """
    # So many rows and no garbage: looking for it would take a tenth of the time.
    gc.disable()
    try:
        return _rows(load(env), Settings.read(env), env)
    finally:
        gc.enable()


def _rows(config: Config, settings: Settings, env: Mapping[str, str]) -> list[Row]:
    sessions = _Sessions()
    roots: dict[str, Root] = {}

    def row(name: str) -> Row:
        request = Request(profile=name)
        try:
            chain = walk(request, config, env, roots)
            left = 0
            if sessions.may_have(name):
                plan = plan_of(chain, request, config, settings, env)
                left = sessions.seconds_left(cache.step_keys(plan)[-1]) if plan.steps else 0
        except AwsenvError as error:
            return {"profile": name, **_NOTHING, "problem": error.message}
        return {"profile": name, **_facts(chain), "seconds_left": left, "problem": None}

    return [row(name) for name in config.profiles]


def _facts(chain: Chain) -> Row:
    role = chain.roles[0] if chain.roles else None
    arn = (role.get("role_arn") if role else None) or chain.root.role_arn
    device = None if chain.root.temporary else chain.first("mfa_serial")
    serial = device.get("mfa_serial") if device else None
    named = (profile.get("region") for profile in chain.profiles[:1])
    return {
        "account": _account(arn) or chain.root.account or _account(serial),
        "role": _role_name(arn) or _sso_role(chain),
        "role_arn": arn,
        "source": chain.root.source,
        "source_profile": chain.root.profile,
        "through": [profile.name for profile in chain.profiles[1:]],
        "mfa_serial": serial,
        "region": next(named, None),
    }


_NOTHING: Row = {
    "account": None,
    "role": None,
    "role_arn": None,
    "source": None,
    "source_profile": None,
    "through": [],
    "mfa_serial": None,
    "region": None,
    "seconds_left": 0,
}


def _account(arn: str | None) -> str | None:
    parts = (arn or "").split(":")
    return parts[4] or None if len(parts) > 5 else None


def _role_name(arn: str | None) -> str | None:
    return arn.partition(":role/")[2].rpartition("/")[2] or arn if arn else None


def _sso_role(chain: Chain) -> str | None:
    return chain.profiles[-1].get("sso_role_name") if chain.root.source == "sso" else None


class _Sessions:
    """The records on disk, each read once."""

    def __init__(self) -> None:
        self._left: dict[str, int] = {}
        self._profiles: set[str] = set()
        now = time.time()
        with suppress(OSError):
            for entry in os.scandir(paths.sessions_dir()):
                values = record.read(entry.path, entry.name)
                if values and (left := record.seconds_left(values, now)):
                    self._left[entry.name] = left
                    self._profiles.add(values.get("PROFILE", ""))
                    # What was got on the way to another profile's session.
                    self._profiles.add(values.get("OPTION_PROFILE", ""))

    def may_have(self, profile: str) -> bool:
        """Whether one of the records was got for `profile`, or on the way to another one."""
        return profile in self._profiles

    def seconds_left(self, key: str) -> int:
        """Seconds that the session named `key` still lasts, 0 where there is none."""
        return self._left.get(key, 0)
