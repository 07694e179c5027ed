"""How often each profile was chosen, so that the picker can offer the most used ones first.

One file in the cache folder, `used`, with a line `COUNT EPOCH NAME` per profile. Only calls that
take the full way are counted; switching to a session that is still live often starts no process at
all.
"""

import os
import time

from awsenv.errors import AwsenvError
from awsenv.storage import paths, private_files
from awsenv.values.notation import decode_pairs, encode_pairs, whole_number

_MANY = 1000


def _path() -> str:
    return os.path.join(paths.cache_dir(), "used")


def counts() -> dict[str, tuple[int, int]]:
    """How often each profile was used, and when last, in epoch seconds."""
    found: dict[str, tuple[int, int]] = {}
    for line in (private_files.read_private(_path()) or "").splitlines():
        count, _, rest = line.partition(" ")
        last, _, name = rest.partition(" ")
        used, moment = whole_number(count), whole_number(last)
        if used is not None and moment is not None:
            found.update(dict.fromkeys(decode_pairs(f"{name}=") or [name], (used, moment)))
    return found


def note(profile: str) -> None:
    """Count one more use of `profile`. Two at once may be counted as one; nothing worse can
    happen.
    """
    found = counts()
    found[profile] = (found.get(profile, (0, 0))[0] + 1, int(time.time()))
    if sum(count for count, _ in found.values()) > _MANY:
        # So that profiles that were used often long ago do not stay in front for ever.
        found = {name: (count // 2, last) for name, (count, last) in found.items() if count > 1}
    lines = [
        f"{count} {last} {encode_pairs({name: ''})[:-1]}\n" for name, (count, last) in found.items()
    ]
    try:
        private_files.make_private_dir(paths.cache_dir())
        private_files.write_private(_path(), "".join(lines), lasting=False)
    except AwsenvError:
        return
