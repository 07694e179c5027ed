"""The options that say which session is meant, defined once for all commands that take them."""

from __future__ import annotations

from awsenv.errors import UsageError
from awsenv.parameters.declared import argument, flag, parameters, value, values
from awsenv.plan.request import Request
from awsenv.storage.record_format import LONGEST_LIFE
from awsenv.values.durations import parse_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def _time(name: str, help: str) -> Any:  # noqa: A002
    return value(name, "TIME", help, parse=lambda text: parse_duration(text, name))


def _min_left(text: str) -> int:
    seconds = parse_duration(text, "--min-left")
    if seconds > LONGEST_LIFE:
        raise UsageError(f"--min-left {text} is longer than any session lives", "write 36h or less")
    return seconds


PROFILE = argument(
    "[PROFILE]",
    "The profile; else AWSENV_PROFILE, AWSENV_DEFAULT_PROFILE, AWS_PROFILE, AWS_DEFAULT_PROFILE "
    "or default.",
)
# The command-line form of each field of a Request.
_REQUEST: dict[str, Any] = {
    "profile": PROFILE,
    "role_arn": value("--role-arn", "ARN", "Assume this role."),
    "source_profile": value(
        "--source-profile", "PROFILE", "Start from this profile's credentials."
    ),
    "mfa_serial": value("--mfa-serial", "SERIAL", "Use this MFA device."),
    "external_id": value("--external-id", "ID", "External ID the role wants."),
    "session_name": value("--session-name", "NAME", "Name of the role session."),
    "duration": _time("--duration", "How long it is to last: 3600, 90m, 8h, 1d."),
    "mfa_duration": _time("--mfa-duration", "How long the MFA session is to last."),
    "mfa_direct": flag("--mfa-direct", "Give the code to the role itself, not to a session."),
    "tags": values("--tag", "KEY=VALUE", "Session tag; may be repeated."),
    "transitive_tags": values("--transitive-tag", "KEY", "Key of a tag that chained roles keep."),
    "source_identity": value("--source-identity", "NAME", "Source identity of the role session."),
    "policy_arns": values("--policy-arn", "ARN", "Managed session policy; may be repeated."),
    "from_env": flag("--from-env", "Start from the keys in the environment."),
    "region": value("--region", "REGION", "Region to set and to call STS in."),
    "mfa_code": value("--mfa-code", "CODE", "The MFA code, instead of asking."),
    "refresh": flag("--refresh", "Get a new session even while one is live."),
    "min_left": value(
        "--min-left", "TIME", "Get a new session if less than this is left.", parse=_min_left
    ),
}


_MFA = ("mfa_serial", "mfa_code", "mfa_duration", "mfa_direct")
for _name, _each in _REQUEST.items():
    if _name != "profile":
        _each.group = "MFA" if _name in _MFA else "Which session"


def hides(*names: str) -> Callable[..., Any]:
    """Keep these fields' options of a command that takes a request out of its help.

    For a command that refuses them, and says what to do instead.
    """
    return _changes(names, "hidden", value=True)


def tells_of_profile(help: str) -> Callable[..., Any]:  # noqa: A002
    """Have the help of a command that takes a request say this of its PROFILE."""
    return _changes(("profile",), "help", value=help)


def _changes(names: tuple[str, ...], what: str, *, value: object) -> Callable[..., Any]:
    def change(command: Callable[..., Any]) -> Callable[..., Any]:
        kept = dict(parameters(command))
        for name in names:
            kept[name] = kept[name].but(what, value)
        command.parameters = kept  # type: ignore[attr-defined]
        return command

    return change


def takes_request(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command all the options of a Request, passed as its first argument."""

    def command(**given: Any) -> Any:
        named = {key: given.pop(key) for key in _REQUEST}
        return function(_request(named), **given)

    # The profile is the first argument even where a command has arguments of its own.
    command.parameters = {**_REQUEST, **parameters(function)}  # type: ignore[attr-defined]
    command.__doc__ = function.__doc__
    return command


def _request(given: dict[str, Any]) -> Request:
    for name in ("tags", "transitive_tags", "policy_arns"):
        given[name] = tuple(given[name] or ())
    for tag in given["tags"]:
        if "=" not in tag or tag.startswith("="):
            raise UsageError(f"--tag {tag!r} is not KEY=VALUE", "write it as --tag team=ops")
    return Request(**given)
