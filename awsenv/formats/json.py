"""One JSON object: each variable's value, null where it is to be removed."""

import json

from awsenv.environment.change import EnvChange


def render(change: EnvChange) -> str:
    return json.dumps({**change.set, **dict.fromkeys(change.unset)}, indent=2)
