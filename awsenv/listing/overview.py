"""Every profile at a glance, without the network: for `awsenv list` and the picker."""

from __future__ import annotations

import gc

from awsenv.listing.overview_cache import Index
from awsenv.storage import account_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsenv.listing.row import Row


def overview(env: Mapping[str, str]) -> list[Row]:
    """A row per profile, in the order of the config files; docs/commands/list.md describes the
    keys.

    Raises ConfigError if a file cannot be read; a problem with a single profile is noted in its
    row.
    """
    # So many objects and no garbage: looking for it would take a tenth of the time.
    gc.disable()
    try:
        index = Index(env)
        rows = index.rows()
        if rows is None:
            from awsenv.config import load
            from awsenv.listing.profile_rows import make_rows

            config = load(env)
            rows, keys = make_rows(config, env, index)
            index.keep(rows, keys, config)
        aliases = account_names.aliases()
        for row in rows:
            if aliases and not row["account_name"]:
                row["account_name"] = aliases.get(row["account"] or "")
        return rows
    finally:
        gc.enable()
