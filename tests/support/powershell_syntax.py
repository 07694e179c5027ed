"""PowerShell text as a tree of syntax, where no PowerShell is."""

from collections.abc import Iterator
from pathlib import Path

import tree_sitter
import tree_sitter_pwsh

_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_pwsh.language()))
SHELL_FILES = Path(__file__).parents[2] / "shell"


def parse(text: str) -> tree_sitter.Node:
    """The root of the tree; it has an error where the grammar does not take `text`."""
    return _PARSER.parse(text.encode()).root_node


def walk(node: tree_sitter.Node, *kinds: str) -> Iterator[tree_sitter.Node]:
    """`node` and all below it, in the order of the text; only nodes of `kinds` if any is named."""
    if not kinds or node.type in kinds:
        yield node
    for child in node.children:
        yield from walk(child, *kinds)


def text_of(node: tree_sitter.Node) -> str:
    return (node.text or b"").decode()


def errors(text: str) -> list[str]:
    """What the grammar does not take, with its line."""
    return [
        f"line {node.start_point[0] + 1}: {text_of(node)[:80]!r}"
        for node in walk(parse(text))
        if node.is_error or node.is_missing
    ]


def functions(root: tree_sitter.Node) -> dict[str, tree_sitter.Node]:
    """The functions that `root` defines, by name."""
    found = {}
    for node in walk(root, "function_statement"):
        name = next(walk(node, "function_name"))
        found[text_of(name).removeprefix("script:")] = node
    return found


def called(root: tree_sitter.Node) -> set[str]:
    """The names of all commands; what is called by `&` and a value is left out."""
    names = set()
    for node in walk(root, "command"):
        name = node.child_by_field_name("command_name")
        if name is not None and name.type == "command_name":
            names.add(text_of(name))
    return names


def variables(root: tree_sitter.Node) -> list[str]:
    """The names of all variables, in lower case, in the order of the text."""
    names = []
    for node in walk(root, "variable"):
        names.append(text_of(node).lstrip("$@").strip("{}").lower())
    return names
