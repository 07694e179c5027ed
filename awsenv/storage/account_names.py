"""What AWS accounts are called: the aliases that `awsenv whoami` has learned, and for each session
the name of its account and the colours of its profile, where a shell's prompt finds them.

In accounts/ in the cache folder: `aliases`, a line `123456789012 1800000000 acme-prod` for each
account, with the time when it was learned, and for each session a file, named as its record is:
a line with the name, and if the profile has a colour, one as AWSENV_PROMPT_COLORS has it. All that
is lost with them are names and colours.
"""

from __future__ import annotations

import os
import time

from awsenv.errors import AwsenvError
from awsenv.lean.contextlib import suppress
from awsenv.storage import paths, private_files
from awsenv.values.notation import whole_number
from awsenv.values.text import visible

_LARGEST = 1024 * 1024
_ALIASES = "aliases"
# For how long an alias is not asked for again, in seconds.
_DAY = 86400


def aliases() -> dict[str, str]:
    """The alias of each account that is known, by the account's number."""
    return {account: alias for account, (_, alias) in _known().items()}


def recent(account: str) -> str | None:
    """The alias of `account` if it was learned within the last day."""
    learned, alias = _known().get(account, (0, ""))
    return alias if 0 <= time.time() - learned < _DAY else None


def remember(account: str, alias: str) -> None:
    """Keep that `account` is called `alias`; in prompts too, where they show its number."""
    known = _known()
    before = known.get(account, (0, None))[1]
    known[account] = (int(time.time()), alias)
    lines = [f"{number} {learned} {name}\n" for number, (learned, name) in sorted(known.items())]
    _write(_ALIASES, "".join(lines))
    if before == alias:
        return
    with suppress(OSError):
        for name in os.listdir(_folder()):
            called, _, colors = _read(name).partition("\n")
            if name != _ALIASES and called in (account, before):
                _write(name, f"{alias}\n{colors}")


def leave(key: str, name: str | None, colors: str = "") -> None:
    """Have prompts show `name` for the account of the session `key`, in the profile's `colors`."""
    # No braces: a prompt's format has words in them.
    plain = visible(name or "", 60).replace("{", "(").replace("}", ")")
    text = f"{plain}\n{colors}\n" if colors else f"{plain}\n"
    if _read(key) != text:
        _write(key, text)


def left(key: str) -> str:
    """What prompts show for the account of the session `key`."""
    named = len(key) == 40 and all(char in "0123456789abcdef" for char in key)
    return visible(_read(key).partition("\n")[0], 60) if named else ""


def _known() -> dict[str, tuple[int, str]]:
    """When each alias was learned, and the alias, by the account's number."""
    found = {}
    for line in _read(_ALIASES).splitlines():
        account, _, rest = line.partition(" ")
        learned, _, alias = rest.partition(" ")
        when = whole_number(learned)
        if whole_number(account) is not None and when is not None and alias and alias.isprintable():
            found[account] = (when, alias)
    return found


def _folder() -> str:
    return os.path.join(paths.cache_dir(), "accounts")


def _read(name: str) -> str:
    return private_files.read_private(os.path.join(_folder(), name), _LARGEST) or ""


def _write(name: str, text: str) -> None:
    # Only names: if they cannot be stored, nobody needs to be told.
    with suppress(AwsenvError):
        private_files.make_private_dir(_folder())
        private_files.write_private(os.path.join(_folder(), name), text, lasting=False)
