"""The quick dataclasses are the standard library's, as far as they go."""

from __future__ import annotations

import dataclasses as standard
from types import SimpleNamespace
from typing import Any

import pytest

from awsenv.lean import dataclasses

STANDARD: Any = standard
QUICK: Any = SimpleNamespace(
    dataclass=dataclasses.dataclass,
    field=dataclasses.field,
    fields=dataclasses.fields,
    replace=dataclasses.replace,
)
kinds = pytest.mark.parametrize("kind", [STANDARD, QUICK], ids=["standard", "quick"])


def made(kind: Any) -> tuple[Any, Any]:
    @kind.dataclass(frozen=True)
    class Point:
        """A point."""

        x: int
        y: int = 2
        secret: str | None = kind.field(default=None, repr=False)

        @property
        def sum(self) -> int:
            return self.x + self.y

    @kind.dataclass
    class Path:
        name: str
        points: list[Any] = kind.field(default_factory=list)
        length: int = kind.field(default=0, init=False)

        def __post_init__(self) -> None:
            self.length = len(self.points)

    return Point, Path


@kinds
def test_values_and_defaults(kind: Any) -> None:
    Point, Path = made(kind)
    assert Point.y == 2
    assert not hasattr(Point, "x")
    point = Point(1, secret="s3cret")
    assert (point.x, point.y, point.secret, point.sum) == (1, 2, "s3cret", 3)
    assert repr(point).endswith("Point(x=1, y=2)")
    first, second = Path("a"), Path(name="b", points=[point])
    first.points.append(1)
    assert (second.points, second.length, Path("c").points) == ([point], 1, [])
    second.length = 7
    assert [each.name for each in kind.fields(Path)] == ["name", "points", "length"]
    assert [each.default for each in kind.fields(Point)][1:] == [2, None]


@kinds
def test_equality_and_hashes(kind: Any) -> None:
    Point, Path = made(kind)
    assert Point(1) == Point(1, 2) != Point(2)
    assert hash(Point(1)) == hash(Point(1, 2))
    assert len({Point(1), Point(1), Point(3)}) == 2
    assert Point(1) != (1, 2, None)
    assert Path("a") == Path("a") != Path("b")
    with pytest.raises(TypeError):
        hash(Path("a"))


@kinds
def test_replacing(kind: Any) -> None:
    Point, Path = made(kind)
    point = Point(1, 5, "s3cret")
    assert kind.replace(point, x=4) == Point(4, 5, "s3cret")
    assert kind.replace(Path("a", [1, 2]), name="b").length == 2
    with pytest.raises(TypeError):
        kind.replace(point, z=1)


@kinds
@pytest.mark.parametrize(
    ("args", "named"), [((), {}), ((1, 2, "s", 4), {}), ((1,), {"x": 1}), ((1,), {"z": 1})]
)
def test_wrong_arguments(kind: Any, args: tuple[Any, ...], named: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        made(kind)[0](*args, **named)


@kinds
def test_frozen_ones_cannot_be_changed(kind: Any) -> None:
    point = made(kind)[0](1)
    with pytest.raises(AttributeError):
        point.x = 2
    with pytest.raises(AttributeError):
        point.new = 2
    with pytest.raises(AttributeError):
        del point.x
    assert point.x == 1
