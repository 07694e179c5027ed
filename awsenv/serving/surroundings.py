"""What the command finds: variables that lead every SDK to the endpoint, and to nothing else.

The SDKs look for a container's credentials last, after the default profile: with keys in [default],
the command would silently get another identity. So it gets a profile of its own, with the settings
of the requested profile and without credentials. None of the user's AWS files is changed: the
profile is added to a copy of the config, which exists as long as the command.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress

from awsenv.config import Config, Profile, shown
from awsenv.environment.change import REGIONS, unset_change
from awsenv.storage import paths
from awsenv.storage.private_files import make_private_dir, write_private
from awsenv.values.notation import whole_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from awsenv.serving.container_endpoint import Endpoint
    from awsenv.values.credentials import Session

NAME = "awsenv-server"
# What would give the command credentials before its turn comes, or other ones in its place.
_REMOVED = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
)
# Keys of a profile that lead to credentials, or name them; all others are settings.
_LEADING = (
    "aws_",
    "awsenv_",
    "credential_",
    "duration_seconds",
    "external_id",
    "login_",
    "mfa_",
    "policy_arns",
    "role_",
    "session_tags",
    "source_",
    "sso_",
    "transitive_session_tags",
    "web_identity_",
)


def variables(
    env: Mapping[str, str], session: Session, endpoint: Endpoint, config: str, profile: str
) -> dict[str, str]:
    """`env` as the command gets it, with `profile` of the file at `config` as its profile."""
    found = unset_change(env).apply_to(env)
    for name in _REMOVED:
        found.pop(name, None)
    if session.region:
        found |= dict.fromkeys(REGIONS, session.region)
    return found | {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": endpoint.url,
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": endpoint.token,
        "AWS_CONFIG_FILE": config,
        "AWS_PROFILE": profile,
        # The profile that awsenv itself uses when none is named.
        "AWSENV_PROFILE": session.profile,
    }


@contextmanager
def config_copy(
    config: Config, asked: str | None, region: str | None, tell: Callable[[str], None]
) -> Iterator[tuple[str, str]]:
    """A copy of the config file and a profile in it with the settings of `asked`: path and name.

    Where the command has changed the copy, it stays, and a line says so.
    """
    folder = os.path.join(paths.cache_dir(), "server")
    make_private_dir(folder)
    _sweep(folder)
    name = next(each for each in _names() if each not in config.profiles)
    text = _text(config.config_path) + _section(name, config.profiles.get(asked or ""), region)
    path = os.path.join(folder, f"config-{os.getpid()}-{os.urandom(4).hex()}")
    write_private(path, text, lasting=False)
    try:
        yield path, name
    finally:
        with suppress(OSError):
            left = _text(path)
            if left != text:
                kept = os.path.join(folder, f"changed-{os.path.basename(path)}")
                write_private(kept, left)
                tell(f"the command has changed its copy of the AWS config: see {shown(kept)}")
            os.unlink(path)


def _names() -> Iterator[str]:
    yield NAME
    number = 2
    while True:
        yield f"{NAME}-{number}"
        number += 1


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def _section(name: str, profile: Profile | None, region: str | None) -> str:
    lines = ["", f"[profile {name}]"]
    lines += [f"region = {region}"] if region else []
    for key, value in (profile.values if profile else {}).items():
        if key == "region" or key.startswith(_LEADING):
            continue
        if isinstance(value, str):
            # A value over several lines is not a setting that an SDK knows.
            lines += [f"{key} = {value}"] if "\n" not in value else []
        else:
            lines += [f"{key} =", *(f"    {inner} = {each}" for inner, each in value.items())]
    return "\n".join([*lines, ""])


def _sweep(folder: str) -> None:
    """Remove the copies of runs that were killed."""
    with suppress(OSError):
        for name in os.listdir(folder):
            kind, _, rest = name.partition("-")
            owner = whole_number(rest.partition("-")[0])
            if kind == "config" and owner and not _lives(owner):
                os.unlink(os.path.join(folder, name))


def _lives(process: int) -> bool:
    """Whether a process of that number lives, as far as can be told."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True
