"""How messages name a file and a line in it."""

import os


def shown(path: str) -> str:
    """`path` with the home folder written as ~."""
    home = os.path.expanduser("~")
    if len(home) > 1 and path.startswith(home.rstrip(os.sep) + os.sep):
        return "~" + path[len(home.rstrip(os.sep)) :]
    return path


def at(path: str, line: int) -> str:
    """`~/.aws/config:12`"""
    return f"{shown(path)}:{line}"
