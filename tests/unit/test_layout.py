"""How the repository is laid out: each test in its room, helpers in tests/support."""

from pathlib import Path

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
