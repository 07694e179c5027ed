"""One marked block in a shell's rc file: added, updated, and removed byte for byte."""

import os
import stat
import sys
import time

from awsenv.errors import AwsenvError
from awsenv.install import powershell_profile
from awsenv.lean.contextlib import suppress
from awsenv.storage.clearing import remove_empty
from awsenv.storage.private_files import is_temporary
from awsenv.storage.replacing import content, replace_file

# In seconds: none takes as long as this.
_UNFINISHED = 3600

_BEGIN = b"# >>> awsenv >>>"
# The user's last line had no line ending; it must have none again once the block is gone.
_BEGIN_JOINED = b"# >>> awsenv (with the line end above) >>>"
# There was no file; once the block is gone, there has to be none again.
_BEGIN_NEW = b"# >>> awsenv (in a file that it has made) >>>"
_END = b"# <<< awsenv <<<"
# What a login bash reads: the first of these that there is.
_BASH_LOGIN = (".bash_profile", ".bash_login", ".profile")


def path_for(shell: str) -> str:
    """The file that interactive shells of this kind read."""
    home = os.path.expanduser("~")
    if shell == "bash":
        return _bash_file(home)
    if shell == "zsh":
        return os.path.join(os.environ.get("ZDOTDIR") or home, ".zshrc")
    if shell == "powershell":
        return powershell_profile.find().path
    config = os.environ.get("XDG_CONFIG_HOME", "")
    config = config if os.path.isabs(config) else os.path.join(home, ".config")
    return os.path.join(config, "fish", "config.fish")


def _bash_file(home: str) -> str:
    if sys.platform != "darwin":
        return os.path.join(home, ".bashrc")
    # On macOS, terminals start login shells, which read this file.
    files = [os.path.join(home, name) for name in _BASH_LOGIN]
    return next((file for file in files if os.access(file, os.R_OK)), files[0])


def every_path_for(shell: str) -> list[str]:
    """Every file that may have the block: files come and go, and so the choice changes with
    time.
    """
    home = os.path.expanduser("~")
    names = {"bash": (".bashrc", *_BASH_LOGIN), "zsh": (".zshrc",)}.get(shell, ())
    found = [path_for(shell), *(os.path.join(home, name) for name in names)]
    return list(dict.fromkeys(found))


def with_block(data: bytes, line: str, *, is_new: bool = False) -> bytes:
    """`data` with a block that holds `line`, or lines, at the end or where the block is now.

    `is_new` where there is no such file yet.
    """
    rest = without_block(data)
    end = b"\r\n" if b"\r\n" in rest else b"\n"
    joined = bool(rest) and not rest.endswith(b"\n")
    is_new = is_new or (not rest and made_by_awsenv(data))
    begin = _BEGIN_NEW if is_new else end + _BEGIN_JOINED if joined else _BEGIN
    text = end.join(line.encode().split(b"\n"))
    block = begin + end + text + end + _END + end
    span = _span(data)
    if span is None:
        return rest + block
    before, after = data[: span[0]], data[span[1] :]
    if _BEGIN_JOINED in data[span[0] : span[1]] and after:
        # Lines were added after it: from now on it stands between them.
        return before + _BEGIN + end + text + end + _END + end + after
    return before + (block if not after else block.removeprefix(end)) + after


def without_block(data: bytes) -> bytes:
    """`data` without the block."""
    span = _span(data)
    return data if span is None else data[: span[0]] + data[span[1] :]


def made_by_awsenv(data: bytes) -> bool:
    """Whether there was no such file before the block came into `data`."""
    return _BEGIN_NEW in data


def _span(data: bytes) -> tuple[int, int] | None:
    """Where the block begins and ends, with the line end that came with it."""
    for begin in (_BEGIN, _BEGIN_JOINED, _BEGIN_NEW):
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
    """The bytes of a file; empty if it is missing."""
    try:
        return content(path)
    except OSError as error:
        raise AwsenvError(
            f"cannot read {path}: {error.strerror}", "check its permissions"
        ) from None


def write(path: str, before: bytes, data: bytes, by_hand: str) -> None:
    """Put `data` in the place of `before`, through symbolic links, keeping mode and owner.

    `by_hand` is what the user has to do if it cannot be written, which raises AwsenvError.
    """
    real = os.path.realpath(path)
    _sweep(real)
    if _is_read_only(real):
        raise AwsenvError(f"{path} is read-only, so it was not changed", by_hand)
    try:
        os.makedirs(os.path.dirname(real), exist_ok=True)
        done = replace_file(real, data, mode=0o644, before=before)
    except OSError as error:
        raise AwsenvError(f"cannot write {path}: {error.strerror}", by_hand) from None
    if not done:
        raise AwsenvError(f"another program has just changed {path}", "try again")


def _sweep(path: str) -> None:
    """Remove unfinished copies that killed runs have left beside the file at `path`."""
    folder, name = os.path.split(path)
    with suppress(OSError):
        for entry in os.scandir(folder):
            ours = entry.name.startswith(f"{name}.") and is_temporary(entry.name)
            age = time.time() - entry.stat(follow_symlinks=False).st_mtime
            if ours and age > _UNFINISHED:
                os.unlink(entry.path)


def remove(path: str) -> None:
    """Remove a file that awsenv has made, and the folders above it that are empty then."""
    real = os.path.realpath(path)
    with suppress(OSError):
        os.unlink(real)
        remove_empty(os.path.dirname(real))


def _is_read_only(path: str) -> bool:
    """Whether its owner has protected the file; a new one could take its place all the same."""
    try:
        return not os.stat(path).st_mode & stat.S_IWUSR or not os.access(path, os.W_OK)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise AwsenvError(
            f"cannot read {path}: {error.strerror}", "check its permissions"
        ) from None
