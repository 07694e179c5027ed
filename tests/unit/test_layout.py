"""How the repository is laid out: each thing in its room, once, under a name of its own.

scripts/check runs this file too: it takes a second, and what it finds is quickly mended.
"""

import ast
import re
import tomllib
from pathlib import Path

from awsenv.fast.answer import RELEVANT

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "awsenv"
TESTS = ROOT / "tests"
PAGE = (ROOT / "docs" / "architecture.md").read_text()
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


def test_nothing_else_judges_digits() -> None:
    """`isdigit` says yes to digits that `int` refuses; only the names of variables may ask it."""
    told = [
        f"{path.relative_to(PACKAGE).as_posix()}: {line.strip()}"
        for path in PACKAGE.rglob("*.py")
        for line in path.read_text().splitlines()
        if re.search(r"\.is(digit|decimal|numeric)\(", line)
    ]
    allowed = {"values/notation.py", "storage/record_format.py", "aws/arn.py"}
    assert [line for line in told if line.partition(":")[0] not in allowed] == []


def test_nothing_else_replaces_files() -> None:
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if re.search(r"os\.(replace|rename)\(|mkstemp|NamedTemporaryFile", path.read_text())
    }
    assert found == {"storage/replacing.py"}


def test_the_page_has_the_rooms_in_their_order() -> None:
    layers = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    wanted = [
        {room.strip() for room in layer.split(":")}
        for layer in layers["contracts"][0]["layers"]
        if layer != "__main__"
    ]
    table = PAGE.partition("## The rooms")[2].partition("##")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    told = [{name.removesuffix(".py") for name in re.findall(r"`([^`]+)`", row)} for row in rows]
    assert told == wanted


def test_every_path_on_the_page_is_there() -> None:
    below = PAGE.partition("## The way of a request")[2].partition("## Where")[0]
    paths = re.findall(r"^ +([a-z]+/[a-z_]*)", below, re.M)
    assert len(paths) > 10
    for path in paths:
        place = ROOT / "awsenv" / path
        assert place.is_dir() or place.with_suffix(".py").is_file(), path
    for table in re.findall(r"`([a-z]+/(?:__init__|prompts)\.py)` \|$", PAGE, re.M):
        assert (ROOT / "awsenv" / table).is_file()


def test_the_shells_files_name_the_variables_that_the_fast_way_depends_on() -> None:
    """Each list of them in a hook is the one of awsenv.fast.answer, in its order."""
    first, last = RELEVANT[0], RELEVANT[-1]
    found = 0
    for file in (ROOT / "shell").glob("awsenv*"):
        text = file.read_text()
        lists = re.findall(rf"\b{first}\b(?:(?!\b{first}\b(?!=?\$)).)*?\b{last}\b", text, re.S)
        for each in lists:
            if "AWS_CONFIG_FILE" in each:
                assert tuple(dict.fromkeys(re.findall(r"[A-Z_]{4,}", each))) == RELEVANT, file.name
                found += 1
    # One each in bash and zsh, three in fish: the names, the values, whether any is empty.
    assert found >= 5
