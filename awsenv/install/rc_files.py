"""One marked block in a shell's rc file: put in, renewed, and taken out byte for byte."""

import os
import sys
import time

from awsenv.errors import AwsenvError
from awsenv.install import powershell_profile
from awsenv.lean.contextlib import suppress
from awsenv.storage.private_files import is_temporary
from awsenv.storage.replacing import content, replace_file

# In seconds: none takes as long as this.
_UNFINISHED = 3600

_BEGIN = b"# >>> awsenv >>>"
# The person's last line had no end; it has to have none again once the block is gone.
_BEGIN_JOINED = b"# >>> awsenv (with the line end above) >>>"
_END = b"# <<< awsenv <<<"


def path_for(shell: str) -> str:
    """The file that interactive shells of this kind read."""
    home = os.path.expanduser("~")
    if shell == "bash":
        # On macOS, terminals start login shells, which read this one.
        name = ".bash_profile" if sys.platform == "darwin" else ".bashrc"
        return os.path.join(home, name)
    if shell == "zsh":
        return os.path.join(os.environ.get("ZDOTDIR") or home, ".zshrc")
    if shell == "powershell":
        return powershell_profile.find().path
    config = os.environ.get("XDG_CONFIG_HOME", "")
    config = config if os.path.isabs(config) else os.path.join(home, ".config")
    return os.path.join(config, "fish", "config.fish")


def with_block(data: bytes, line: str) -> bytes:
    """`data` with a block that holds `line`, or lines, at the end or where the block is now."""
    rest = without_block(data)
    end = b"\r\n" if b"\r\n" in rest else b"\n"
    joined = bool(rest) and not rest.endswith(b"\n")
    begin = end + _BEGIN_JOINED if joined else _BEGIN
    text = end.join(line.encode().split(b"\n"))
    block = begin + end + text + end + _END + end
    span = _span(data)
    if span is None:
        return rest + block
    before, after = data[: span[0]], data[span[1] :]
    if _BEGIN_JOINED in data[span[0] : span[1]] and after:
        # Lines have come after it: from now on it stands between them.
        return before + _BEGIN + end + text + end + _END + end + after
    return before + (block if not after else block.removeprefix(end)) + after


def without_block(data: bytes) -> bytes:
    """`data` as it is without the block."""
    span = _span(data)
    return data if span is None else data[: span[0]] + data[span[1] :]


def _span(data: bytes) -> tuple[int, int] | None:
    """Where the block begins and ends, with the line end that came with it."""
    for begin in (_BEGIN, _BEGIN_JOINED):
        start = data.find(begin)
        end = data.find(_END, start)
        if start < 0 or end < 0:
            continue
        end += len(_END)
        for line_end in (b"\r\n", b"\n"):
            if data[end:].startswith(line_end):
                end += len(line_end)
                break
        if begin == _BEGIN_JOINED and end == len(data):
            start -= 2 if data[:start].endswith(b"\r\n") else 1
        return start, end
    return None


def read(path: str) -> bytes:
    """The bytes of a file, none where it is missing."""
    try:
        return content(path)
    except OSError as error:
        raise AwsenvError(f"cannot read {path}: {error.strerror}", "mend its permissions") from None


def write(path: str, before: bytes, data: bytes) -> None:
    """Put `data` in the place of `before`, through symbolic links, with mode and owner kept."""
    real = os.path.realpath(path)
    _sweep(real)
    try:
        os.makedirs(os.path.dirname(real), exist_ok=True)
        done = replace_file(real, data, mode=0o644, before=before)
    except OSError as error:
        raise AwsenvError(
            f"cannot write {path}: {error.strerror}", "make it writable, or add the line by hand"
        ) from None
    if not done:
        raise AwsenvError(f"another program has just changed {path}", "try again")


def _sweep(path: str) -> None:
    """Remove the unfinished copies that killed runs have left beside the file at `path`."""
    folder, name = os.path.split(path)
    with suppress(OSError):
        for entry in os.scandir(folder):
            ours = entry.name.startswith(f"{name}.") and is_temporary(entry.name)
            age = time.time() - entry.stat(follow_symlinks=False).st_mtime
            if ours and age > _UNFINISHED:
                os.unlink(entry.path)
