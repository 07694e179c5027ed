"""What AWS accounts are called: the aliases that `awsenv whoami` has learned, and for each session
the name of its account, where a shell's prompt finds it.

In accounts/ in the cache folder: `aliases`, a line `123456789012 acme-prod` for each account, and
for each session a file, named as its record is, that holds one line. All that is lost with them
are names.
"""

from __future__ import annotations

import os

from awsenv.errors import AwsenvError
from awsenv.lean.contextlib import suppress
from awsenv.storage import paths, private_files
from awsenv.values.digits import whole_number
from awsenv.values.text import visible

_LARGEST = 1024 * 1024
_ALIASES = "aliases"


def aliases() -> dict[str, str]:
    """The alias of each account that is known, by the account's number."""
    found = {}
    for line in _read(_ALIASES).splitlines():
        account, _, alias = line.partition(" ")
        if whole_number(account) is not None and alias.isprintable() and alias:
            found[account] = alias
    return found


def remember(account: str, alias: str) -> None:
    """Keep that `account` is called `alias`; in prompts too, where they show its number."""
    known = aliases()
    before = known.get(account)
    if before == alias:
        return
    known[account] = alias
    _write(_ALIASES, "".join(f"{number} {name}\n" for number, name in sorted(known.items())))
    with suppress(OSError):
        for name in os.listdir(_folder()):
            if name != _ALIASES and _read(name).rstrip("\n") in (account, before):
                _write(name, f"{alias}\n")


def leave(key: str, name: str | None) -> None:
    """Have prompts show `name` for the account of the session `key`."""
    # No braces: a prompt's format has words in them.
    plain = visible(name or "", 60).replace("{", "(").replace("}", ")")
    text = f"{plain}\n"
    if _read(key) != text:
        _write(key, text)


def left(key: str) -> str:
    """What prompts show for the account of the session `key`."""
    named = len(key) == 40 and all(char in "0123456789abcdef" for char in key)
    return visible(_read(key).rstrip("\n"), 60) if named else ""


def _folder() -> str:
    return os.path.join(paths.cache_dir(), "accounts")


def _read(name: str) -> str:
    return private_files.read_private(os.path.join(_folder(), name), _LARGEST) or ""


def _write(name: str, text: str) -> None:
    # Only names: if they cannot be stored, nobody needs to be told.
    with suppress(AwsenvError):
        private_files.make_private_dir(_folder())
        private_files.write_private(os.path.join(_folder(), name), text, lasting=False)
