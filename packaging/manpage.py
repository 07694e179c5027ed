#!/usr/bin/env python3
"""Print the man page awsenv(1), made from the declarations that --help is made from.

    python packaging/manpage.py > awsenv.1

It needs no package but awsenv itself: the build of the wheel runs it, and puts the page into it.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from awsenv import __version__
from awsenv.commands import COMMANDS, load
from awsenv.parameters.declared import Parameter, parameters

ABOUT = "AWS credentials in your shell"
# Its options say which session is meant; most commands take them all, and get one list of them.
SHARED = "login"
EXAMPLES = (
    ('eval "$(awsenv assume prod-admin)"', "In bash or zsh, give this shell the role."),
    ("awsenv assume prod-admin", "The same, in a shell that has loaded the hook."),
    ("awsenv exec prod-admin terraform plan", "Run one command with the role."),
    ("awsenv init --install", "Load the hook from your rc file."),
    ("awsenv unset", "Take the assume back."),
)


def escaped(text: str) -> str:
    """`text` as roff shows it as it stands: hyphens stay hyphens, and no line is a request."""
    for char, escape in (("\\", "\\e"), ("-", "\\-"), ("'", "\\(aq"), ("^", "\\(ha")):
        text = text.replace(char, escape)
    text = text.replace("~", "\\(ti").replace("`", "\\(ga").replace("…", "\\&...")
    return f"\\&{text}" if text.startswith(".") else text


def bold(text: str) -> str:
    return f"\\fB{escaped(text)}\\fR"


def italic(text: str) -> str:
    return f"\\fI{escaped(text)}\\fR"


def synopsis(name: str) -> str:
    words = [bold(f"awsenv {name}")]
    declared = parameters(load(name)).values()
    if any(each.name.startswith("-") for each in declared):
        words.append(f"[{italic('options')}]")
    words += [italic(each.metavar) for each in declared if each.kind.startswith("argument")]
    return " ".join(words)


def item(each: Parameter) -> str:
    metavar = f" {italic(each.metavar)}" if each.kind in ("value", "values") else ""
    return f".TP\n{bold(each.name)}{metavar}\n{escaped(each.help)}"


def command(name: str, shared: dict[str, Parameter]) -> list[str]:
    function = load(name)
    options = {
        each.name: each
        for each in parameters(function).values()
        if each.name.startswith("-") and not each.hidden
    }
    refers = shared.keys() <= options.keys()
    own = [each for option, each in options.items() if not (refers and option in shared)]
    paragraphs = [" ".join(part.split()) for part in (function.__doc__ or "").split("\n\n")]
    parts = [f".SS {synopsis(name)}"]
    parts.append("\n.PP\n".join(escaped(text) for text in paragraphs if text))
    parts += [item(each) for each in own]
    if refers:
        parts.append(".PP\nIt takes the session options below.")
    return parts


def page() -> str:
    """The whole page. It has no date, so that the same source builds the same wheel."""
    login = parameters(load(SHARED)).values()
    shared = {each.name: each for each in login if each.name.startswith("-")}
    lines = [
        f'.TH AWSENV 1 "" "awsenv {__version__}" "User Commands"',
        f".SH NAME\nawsenv \\- {escaped(ABOUT)}",
        f".SH SYNOPSIS\n{bold('awsenv')} {italic('command')} [{italic('options')}]",
        ".SH DESCRIPTION",
        "One MFA code a day gives every role, every terminal and every tool its credentials.",
        f"Profiles are those of {italic('~/.aws/config')} and {italic('~/.aws/credentials')},",
        "read as the AWS CLI reads them.",
        ".PP",
        f"Every command has {bold('--help')}.",
        ".SH COMMANDS",
    ]
    for name in COMMANDS:
        lines += command(name, shared)
    lines.append(".SH SESSION OPTIONS\nThey say which session is meant.")
    lines += [item(each) for each in shared.values()]
    lines.append(".SH EXAMPLES")
    lines += [f".TP\n{bold(line)}\n{escaped(text)}" for line, text in EXAMPLES]
    lines += [
        ".SH FILES",
        f".TP\n{italic('~/.cache/awsenv')}\nCached sessions. Deleting it is safe.",
        f".TP\n{italic('~/.local/share/awsenv')}\nThe shell hooks that rc files load.",
        ".SH SEE ALSO",
        f"{bold('aws')}(1)",
        ".PP",
        "Settings, files, exit codes and shells: https://github.com/awsenv/awsenv/tree/main/docs",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(page())
