"""The options that say which session is meant, once for all the commands that take them."""

import inspect
from collections.abc import Callable
from dataclasses import fields
from typing import Annotated, Any

import typer

from awsenv.durations import parse_duration
from awsenv.errors import UsageError
from awsenv.request import Request


def _seconds(name: str) -> Any:
    def read(text: str) -> int:
        return parse_duration(text, name)

    return {"parser": read, "metavar": "TIME"}


# How each field of a Request is written on the command line.
_ARGUMENTS: dict[str, Any] = {
    "profile": Annotated[
        str | None,
        typer.Argument(
            help="The profile; else AWSENV_PROFILE, AWS_PROFILE or default.",
            metavar="[PROFILE]",
            show_default=False,
        ),
    ],
    "role_arn": Annotated[str | None, typer.Option(help="Assume this role.", metavar="ARN")],
    "source_profile": Annotated[
        str | None, typer.Option(help="Start from this profile's credentials.", metavar="PROFILE")
    ],
    "mfa_serial": Annotated[
        str | None, typer.Option(help="Use this MFA device.", metavar="SERIAL")
    ],
    "external_id": Annotated[
        str | None, typer.Option(help="External ID the role wants.", metavar="ID")
    ],
    "session_name": Annotated[
        str | None, typer.Option(help="Name of the role session.", metavar="NAME")
    ],
    "duration": Annotated[
        int | None,
        typer.Option(help="How long it is to last: 3600, 90m, 8h, 1d.", **_seconds("--duration")),
    ],
    "mfa_duration": Annotated[
        int | None,
        typer.Option(help="How long the MFA session is to last.", **_seconds("--mfa-duration")),
    ],
    "mfa_direct": Annotated[
        bool,
        typer.Option("--mfa-direct", help="Give the code to the role itself, not to a session."),
    ],
    "tags": Annotated[
        list[str] | None,
        typer.Option("--tag", help="Session tag; may be repeated.", metavar="KEY=VALUE"),
    ],
    "transitive_tags": Annotated[
        list[str] | None,
        typer.Option(
            "--transitive-tag", help="Key of a tag that chained roles keep.", metavar="KEY"
        ),
    ],
    "source_identity": Annotated[
        str | None, typer.Option(help="Source identity of the role session.", metavar="NAME")
    ],
    "policy_arns": Annotated[
        list[str] | None,
        typer.Option(
            "--policy-arn", help="Managed session policy; may be repeated.", metavar="ARN"
        ),
    ],
    "from_env": Annotated[
        bool, typer.Option("--from-env", help="Start from the keys in the environment.")
    ],
    "region": Annotated[
        str | None, typer.Option(help="Region to set and to call STS in.", metavar="REGION")
    ],
    "mfa_code": Annotated[
        str | None, typer.Option(help="The MFA code, instead of asking.", metavar="CODE")
    ],
    "refresh": Annotated[
        bool, typer.Option("--refresh", help="Get a new session even while one is live.")
    ],
    "min_left": Annotated[
        int | None,
        typer.Option(help="Get a new session if less than this is left.", **_seconds("--min-left")),
    ],
}


def takes_request(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command all the options of a Request, handed over as its first argument."""
    own = list(inspect.signature(function).parameters.values())[1:]
    given = []
    for item in fields(Request):
        default = None if item.default == () else item.default
        given.append(
            inspect.Parameter(
                item.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=default,
                annotation=_ARGUMENTS[item.name],
            )
        )
    own = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]

    def command(**values: Any) -> Any:
        named = {item.name: values.pop(item.name) for item in fields(Request)}
        return function(_request(named), **values)

    # The profile is the first argument even where a command has arguments of its own.
    command.__signature__ = inspect.Signature([*given, *own])  # type: ignore[attr-defined]
    command.__annotations__ = {item.name: item.annotation for item in (*given, *own)}
    command.__doc__ = function.__doc__
    command.__name__ = function.__name__
    return command


def _request(values: dict[str, Any]) -> Request:
    for name in ("tags", "transitive_tags", "policy_arns"):
        values[name] = tuple(values[name] or ())
    for tag in values["tags"]:
        if "=" not in tag or tag.startswith("="):
            raise UsageError(f"--tag {tag!r} is not KEY=VALUE", "write it as --tag team=ops")
    for name, value in values.items():
        if value == "":
            option = "PROFILE" if name == "profile" else f"--{name.replace('_', '-')}"
            raise UsageError(f"{option} is empty", "leave it out, or give it a value")
    return Request(**values)
