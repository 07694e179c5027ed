"""What TAB offers: `awsenv __complete SHELL WORD…`, which the hook files call.

The words are those after `awsenv` up to the cursor. The last one is the one to complete, even if it
is empty. bash passes two words instead: the part that readline will replace, and its line up to the
cursor. PowerShell puts a = before each word, because it drops empty ones.

Each line printed is one candidate, followed by a tab and a description if there is one. For bash
and PowerShell only fitting candidates are printed, for bash in the quoting that the line needs. zsh
and fish select from all candidates by their own rules, and zsh gets `name:description` with colons
in the name escaped. A line that begins with a tab may say instead: ` command N`, which means that
the words from number N on are another program's command line.

To the command line, a profile whose name begins with - is an option, unless `--` stands before it.
PowerShell is offered both at once, as `-- NAME`; other shells would quote the blank.

Completing a profile name is the common case: it needs neither Typer nor the values in the config
files. Nothing is ever said when something goes wrong, because TAB must not print messages.
"""

from __future__ import annotations

import os

from awsenv.config import profile_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from awsenv.cli.completion_options import Candidates

# The commands whose first argument is a profile; a test compares this with the commands themselves.
TAKE_PROFILE = (
    "assume",
    "console",
    "credential-process",
    "exec",
    "explain",
    "login",
    "logout",
    "prompt",
    "rotate",
    "save",
    "setup",
    "status",
    "whoami",
)
_OF_PROFILE = ("--source-profile",)
# The commands whose second argument is one, after these words.
THEN_PROFILE = (("keys", "add"), ("keys", "remove"))
# What the function of the hook files adds, and commands whose first argument is one of a few.
_WORDS = {
    "auto": ("on", "off", "all"),
    "prompt": ("on", "off"),
    "demo": ("code", "expire"),
    "keys": ("add", "list", "remove"),
    "init": ("bash", "zsh", "fish", "powershell"),
}


def main(arguments: list[str]) -> None:
    """Print the candidates for the words in `arguments`; the first word names the shell."""
    try:
        shell, *words = arguments
        text = answer(shell, words)
        os.write(1, text.encode("utf-8", "surrogateescape"))
    except Exception:
        if os.environ.get("AWSENV_DEBUG"):
            raise


def answer(shell: str, words: list[str]) -> str:
    """What is printed for the words, which stand after `awsenv`."""
    typed, cut = "", 0
    if shell == "bash":
        part, line = words
        tokens = split(line)
        # readline treats : and = as the end of a word, and wants only what follows.
        typed = tokens[-1][0]
        cut = max(0, len(typed) - len(part))
        words = [value for _, value in tokens[1:]]
    elif shell == "powershell":
        words = [word[1:] for word in words]
    command_at, found = candidates(words)
    if command_at:
        return f"\tcommand {command_at}\n"
    found = [(name, text) for name, text in found if name.isprintable()]
    if shell == "powershell":
        found = [pair for pair in found if pair[0].removeprefix(_ENDED).startswith(words[-1])]
    else:
        found = [pair for pair in found if not pair[0].startswith(_ENDED)]
    if shell == "bash":
        found = [pair for pair in found if pair[0].startswith(words[-1])]
    write = {"bash": lambda pairs: _for_bash(pairs, typed, cut), "zsh": _for_zsh}.get(shell, _plain)
    return "".join(f"{line}\n" for line in write(found))


def candidates(words: list[str]) -> tuple[int, Candidates]:
    """The number of the word where another program's command line begins, 0 for none, and what
    the last word may become, with descriptions."""
    *before, current = words
    last = before[-1] if before else ""
    option, equals, _ = current.partition("=")
    if last in _OF_PROFILE:
        return 0, [(name, "") for name in profile_names() if not name.startswith("-")]
    if equals and option in _OF_PROFILE:
        return 0, [(f"{option}={name}", "") for name in profile_names()]
    if len(before) == 1 and not current.startswith("-"):
        found = [(word, "") for word in _WORDS.get(last, ())]
        found += as_arguments(profile_names()) if last in TAKE_PROFILE else []
        if found:
            return 0, found
    if tuple(before) in THEN_PROFILE and not current.startswith("-"):
        return 0, as_arguments(profile_names())
    from awsenv.cli.completion_options import from_command_line

    return from_command_line(before, current, as_arguments)


_ENDED = "-- "


def as_arguments(names: Iterable[str]) -> Candidates:
    """Profiles where no `--` stands before them."""
    return [(_ENDED + name if name.startswith("-") else name, "") for name in names]


def _plain(found: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{name}\t{text}" if text else name for name, text in found]


def _for_zsh(found: Iterable[tuple[str, str]]) -> list[str]:
    names = ((name.replace("\\", "\\\\").replace(":", "\\:"), text) for name, text in found)
    return [f"{name}:{text}" if text else name for name, text in names]


_NEEDS_NO_ESCAPE = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%"
)


def _for_bash(found: Iterable[tuple[str, str]], typed: str, cut: int) -> list[str]:
    quote, before = _open_quote(typed)
    if quote:
        names = (name for name, _ in found if name.startswith(before))
        return [_within(quote, name[len(before) :]) for name in names]
    words = (_escaped(name) for name, _ in found)
    return [word[cut:] for word in words if word.startswith(typed[:cut])]


# How characters are written within quotes that are open. In "...", only closing it keeps an ! from
# the history.
_WITHIN = {
    "'": {"'": "'\\''"},
    '"': {"\\": "\\\\", '"': '\\"', "$": "\\$", "`": "\\`", "!": "\"'!'\""},
}


def _within(quote: str, name: str) -> str:
    """`name` for readline, which puts it behind the open `quote`."""
    text = "".join(_WITHIN[quote].get(char, char) for char in name)
    # readline closes the quote, but not where a character that looks like it comes last.
    return f"{text}{quote}" if text.endswith(quote) else text


def _open_quote(word: str) -> tuple[str, str]:
    """The quote in which `word` ends, "" for none, and what comes before it, as it is meant."""
    opened, quote, escaped = 0, "", False
    for at, char in enumerate(word):
        if escaped:
            escaped = False
        elif char == "\\" and quote != "'":
            escaped = True
        elif char == quote:
            quote = ""
        elif not quote and char in _WITHIN:
            opened, quote = at, char
    return quote, split(word[:opened])[-1][1] if quote else ""


def _escaped(name: str) -> str:
    return "".join(
        char if char in _NEEDS_NO_ESCAPE or not char.isascii() else f"\\{char}" for char in name
    )


def split(line: str) -> list[tuple[str, str]]:
    """The words of a bash line as they are written, and as they are meant; the last may be ""."""
    tokens = [("", "")]
    quote = ""
    escaped = False
    for char in line:
        raw, value = tokens[-1]
        if not (quote or escaped) and char in " \t":
            if raw:
                tokens.append(("", ""))
            continue
        shown = True
        if escaped:
            escaped = False
        elif char == "\\" and quote != "'":
            escaped, shown = True, False
        elif char == quote:
            quote, shown = "", False
        elif not quote and char in "'\"":
            quote, shown = char, False
        tokens[-1] = (raw + char, value + char if shown else value)
    return tokens
