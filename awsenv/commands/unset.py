"""`awsenv unset`: statements that take an assume back."""

import os
import sys

from awsenv.environment.change import CREDENTIALS, KEYS_OF, before, unset_change
from awsenv.parameters.output_options import FORMAT, PRINT, SHELL, renderer


def command(
    *, shell: str | None = SHELL, format_: str | None = FORMAT, print_: bool = PRINT
) -> None:
    """Print statements that restore what the variables held before the first assume."""
    emit = renderer(["awsenv", "unset"], shell=shell, format_=format_, print_=print_)
    if not format_:
        emit(unset_change(os.environ, _own_keys()))
        return
    # A format is read by programs, written to files and kept in logs.
    emit(unset_change(os.environ, for_child=True))
    own, key = before(os.environ), CREDENTIALS[0]
    if KEYS_OF in own or own.get(key) not in (None, os.environ.get(key)):
        sys.stderr.write(
            f"awsenv: --format {format_.lower()} does not print your own keys, which the shell held"
            " before: awsenv unset without --format restores them\n"
        )


def _own_keys() -> dict[str, str]:
    """The variables for keys of the user's own that are not put aside, but in a profile."""
    name = before(os.environ).get(KEYS_OF)
    if not name:
        return {}
    from awsenv.config import load
    from awsenv.config.saved_sections import credentials_of

    profile = load().profiles.get(name)
    found = credentials_of(profile) if profile else None
    if not found or not found.access_key_id:
        return {}
    keys = (found.access_key_id, found.secret_access_key, found.session_token)
    pairs = zip(CREDENTIALS[:3], keys, strict=True)
    return {name: value for name, value in pairs if value}
