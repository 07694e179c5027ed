"""What can be set, mostly lengths of time, and where each setting comes from.

In this order: the command line, the profile's own key, the AWSENV_* variable, the default.
docs/settings.md lists every setting of awsenv, including those of the shell hooks.
"""

from __future__ import annotations

import os

from awsenv.errors import ConfigError, UsageError
from awsenv.lean.dataclasses import dataclass
from awsenv.values.durations import parse_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsenv.config import Profile

HOUR = 3600
# What GetSessionToken and AssumeRole accept, in seconds.
MFA_RANGE = (900, 36 * HOUR)
ROLE_RANGE = (900, 12 * HOUR)


@dataclass(frozen=True)
class Chosen:
    """A length of time in seconds, and what it was chosen by."""

    seconds: int
    # "--duration", "~/.aws/config:12", "AWSENV_DURATION" or "default"
    by: str

    @property
    def asked(self) -> bool:
        """Whether it was given on this command line."""
        return self.by.startswith("--")


@dataclass(frozen=True)
class Settings:
    """The AWSENV_* variables, in seconds; None where one is not set and has no default.

    `mfa_duration`, `duration` and `min_left` can be set per profile and per call too: read them
    through the functions of the same name.
    """

    mfa_duration: int | None = None
    duration: int | None = None
    min_left: int | None = None
    lead: int = 2 * 60
    mfa_process_timeout: int = 30
    mfa_prompt: str | None = None
    deadline: int = 15

    @classmethod
    def read(cls, env: Mapping[str, str] = os.environ) -> Settings:
        """The settings in `env`; raises ConfigError for a value that does not fit."""

        _check_cache_dir(env.get("AWSENV_CACHE_DIR", ""))

        def seconds(name: str, limits: tuple[int, int]) -> int | None:
            return _seconds(env[name], name, limits) if env.get(name, "").strip() else None

        return cls(
            mfa_duration=seconds("AWSENV_MFA_DURATION", MFA_RANGE),
            duration=seconds("AWSENV_DURATION", ROLE_RANGE),
            min_left=seconds("AWSENV_MIN_LEFT", (0, 36 * HOUR)),
            lead=_or(seconds("AWSENV_LEAD", (0, 12 * HOUR)), cls.lead),
            mfa_process_timeout=_or(
                seconds("AWSENV_MFA_PROCESS_TIMEOUT", (1, HOUR)), cls.mfa_process_timeout
            ),
            mfa_prompt=env.get("AWSENV_MFA_PROMPT", "").strip().lower() or None,
            deadline=_or(seconds("AWSENV_DEADLINE", (1, HOUR)), cls.deadline),
        )


def _check_cache_dir(path: str) -> None:
    # A relative folder would leave secrets in every folder that awsenv runs in.
    if path and not os.path.isabs(os.path.expanduser(path)):
        raise ConfigError(
            f"AWSENV_CACHE_DIR is {path!r}, which is not an absolute path",
            "set it to a path that begins with / or ~, or unset it",
        )


def mfa_duration(settings: Settings, profile: Profile | None, asked: int | None = None) -> Chosen:
    """How long an MFA session from GetSessionToken is to last: 12 h by default.

    `profile` is the one that names the MFA device; `asked` is --mfa-duration, in seconds.
    """
    return (
        _asked("--mfa-duration", asked)
        or _from_profile(profile, "awsenv_mfa_duration", MFA_RANGE)
        or _asked("AWSENV_MFA_DURATION", settings.mfa_duration)
        or Chosen(12 * HOUR, "default")
    )


def role_duration(settings: Settings, profile: Profile | None, asked: int | None = None) -> Chosen:
    """How long the session of `profile`'s role is to last: 1 h by default.

    `asked` is --duration, in seconds. The profile's key is the standard duration_seconds.
    """
    return (
        _asked("--duration", asked)
        or _from_profile(profile, "duration_seconds", ROLE_RANGE)
        or _asked("AWSENV_DURATION", settings.duration)
        or Chosen(HOUR, "default")
    )


def mfa_prompt(settings: Settings, profile: Profile | None) -> tuple[str, str]:
    """How to ask for an MFA code (at the terminal by default), and where that is set.

    `profile` is the one that has `mfa_prompt`. Whether the value is valid is checked when it is
    used.
    """
    value = profile.get("mfa_prompt") if profile else None
    if profile is not None and value:
        return value.lower(), profile.at("mfa_prompt")
    if settings.mfa_prompt:
        return settings.mfa_prompt, "AWSENV_MFA_PROMPT"
    return "terminal", "default"


def min_left(settings: Settings, profile: Profile | None, asked: int | None = None) -> Chosen:
    """With less than this left, a session counts as expired: 5 min by default.

    `asked` is --min-left, in seconds. The caller has to cap anything but `asked` at a tenth of the
    session's life.
    """
    return (
        _asked("--min-left", asked)
        or _from_profile(profile, "awsenv_min_left", (0, 36 * HOUR))
        or _asked("AWSENV_MIN_LEFT", settings.min_left)
        or Chosen(5 * 60, "default")
    )


def _asked(by: str, seconds: int | None) -> Chosen | None:
    return None if seconds is None else Chosen(seconds, by)


def _from_profile(profile: Profile | None, key: str, limits: tuple[int, int]) -> Chosen | None:
    value = profile.get(key) if profile else None
    if profile is None or value is None:
        return None
    return Chosen(_seconds(value, f"{profile.at(key)}: {key}", limits), profile.at(key))


def _seconds(text: str, what: str, limits: tuple[int, int]) -> int:
    try:
        seconds = parse_duration(text, what)
    except UsageError as error:
        raise ConfigError(error.message, error.hint) from None
    low, high = limits
    if not low <= seconds <= high:
        raise ConfigError(
            f"{what} is {text.strip()}, outside {_span(low)} to {_span(high)}",
            f"set it to a duration from {_span(low)} to {_span(high)}",
        )
    return seconds


def _span(seconds: int) -> str:
    for unit, letter in ((HOUR, "h"), (60, "m")):
        if seconds and seconds % unit == 0:
            return f"{seconds // unit}{letter}"
    return f"{seconds}s"


def _or(value: int | None, default: int) -> int:
    return default if value is None else value
