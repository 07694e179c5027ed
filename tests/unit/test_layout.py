"""How the repository is laid out: each thing in its room, under a name of its own."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "awsenv"
TESTS = Path(__file__).parents[1]
ROOMS = {"unit", "flows", "hooks", "powershell", "demo"}


def test_every_test_is_in_a_room_and_every_helper_in_support() -> None:
    files = [path.relative_to(TESTS) for path in TESTS.rglob("*.py")]
    tests = [path for path in files if path.name.startswith("test_")]
    assert {path.parts[0] for path in tests} == ROOMS
    assert all(len(path.parts) == 2 for path in tests)
    others = {path for path in files if path not in tests} - {Path("conftest.py")}
    assert {path.parts[0] for path in others} == {"support"}
    assert len({path.name for path in tests}) == len(tests)


def test_no_two_classes_have_one_name() -> None:
    places: dict[str, list[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(str(path.relative_to(PACKAGE)))
    assert len(places) > 50
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_no_two_modules_have_one_name() -> None:
    """But for a command, which is called what the person types."""
    names = [
        path.stem
        for path in PACKAGE.rglob("*.py")
        if not path.stem.startswith("__") and path.parent.name != "commands"
    ]
    assert len(names) > 80
    assert sorted(name for name in set(names) if names.count(name) > 1) == []
