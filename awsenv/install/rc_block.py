"""The line that loads the hook, in a shell's rc file: putting it there and taking it out."""

from __future__ import annotations

import os

from awsenv.errors import AwsenvError
from awsenv.install import hook_files, powershell_profile, rc_files, short_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from awsenv.shells.shell import Shell


# What switches zsh's completion on: itself, or a framework.
_COMPLETING = (
    *(b"compinit", b"oh-my-zsh", b"prezto", b"zim", b"zinit", b"antigen", b"antidote", b"zplug"),
    *(b"zgen", b"z4h", b"zcomet", b"sheldon", b"znap"),
)


class Change:
    """What becomes of an rc file: its bytes before and after, decoded where it is UTF-16."""

    def __init__(self, path: str, before: bytes, after: bytes, write: Callable[[], None]) -> None:
        self.path = path
        self.before = before
        self.after = after
        self.write = write
        """Carry it out; raises AwsenvError that says what to do by hand."""

    @property
    def is_one(self) -> bool:
        return self.before != self.after


def line_for(shell: Shell, alias: str | None = None) -> str:
    """The line for the rc file, or two with a short name `alias` for `awsenv assume`.

    The copies of the files that it loads are made by this. Raises UsageError.
    """
    hook = hook_files.installed_hook(shell.name)
    line = shell.rc_line(_quoted(shell, hook))
    if not alias:
        return line
    return f"{line}\n{short_name.line(shell, _alias_file(shell, hook), short_name.check(alias))}"


def load_line_for(shell: Shell, alias: str | None = None) -> str:
    """The line that loads the hook, and the short name, into a shell that runs already."""
    hook = hook_files.installed_hook(shell.name)
    line = shell.load_line(_quoted(shell, hook))
    if not alias:
        return line
    source = "source" if shell.name == "fish" else "."
    return f"{line}; {source} {_alias_file(shell, hook)} {alias}"


def _alias_file(shell: Shell, hook: str) -> str:
    """The file that makes the short name, beside the one of the hook, quoted."""
    return _quoted(shell, os.path.join(os.path.dirname(hook), short_name.FILES[shell.name]))


def adding(shell: Shell, alias: str | None = None) -> Change:
    """The block with the line at the end of the rc file, or in the place of an older one.

    A short name that is there already stays.
    """
    path = rc_files.path_for(shell.name)
    there = rc_files.read(path)
    line = line_for(shell, alias or short_name.in_use(there))
    before, encoded = powershell_profile.decoded(there)
    after = rc_files.with_block(before, line, is_new=not os.path.lexists(path))
    by_hand = f"add to it yourself: {line}"
    return Change(path, before, after, lambda: rc_files.write(path, there, encoded(after), by_hand))


def removals(name: str) -> list[Change]:
    """The block taken out of every rc file of the shell `name` that has it."""
    found = [_removal(path) for path in rc_files.every_path_for(name)]
    return [change for change in found if change.is_one]


def _removal(path: str) -> Change:
    there = rc_files.read(path)
    before, encoded = powershell_profile.decoded(there)
    after = rc_files.without_block(before)

    def write() -> None:
        if not after and rc_files.made_by_awsenv(before):
            rc_files.remove(path)
        else:
            by_hand = "remove the lines from `# >>> awsenv` to `# <<< awsenv` yourself"
            rc_files.write(path, there, encoded(after), by_hand)

    return Change(path, before, after, write)


def has_line(name: str) -> bool:
    """Whether an rc file of the shell `name` loads the hook, as far as it can be read."""
    try:
        return any(b"awsenv" in rc_files.read(path) for path in rc_files.every_path_for(name))
    except AwsenvError:
        return False


def completes(rc: bytes) -> bool:
    """Whether zsh's completion seems to be switched on by `rc` or by the system's files."""
    texts = [rc]
    for path in ("~/.zshenv", "~/.zprofile", "/etc/zshrc", "/etc/zsh/zshrc"):
        try:
            texts.append(rc_files.read(os.path.expanduser(path)))
        except AwsenvError:
            continue
    uncommented = [line for text in texts for line in text.splitlines() if line[:1] != b"#"]
    return any(mark in line for line in uncommented for mark in _COMPLETING)


def _quoted(shell: Shell, path: str) -> str:
    home = os.path.expanduser("~")
    rest = path[len(home) :]
    plain = all(char.isascii() and (char.isalnum() or char in "/._-+") for char in rest)
    if shell.name != "powershell" and path.startswith(f"{home}/") and plain:
        # So that it fits every machine that the rc file is taken to.
        return f'"$HOME{rest}"'
    return shell.value(path)
