"""Classes that are made in less time are what `dataclasses` makes in more."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, asdict, field, fields, is_dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import pytest
from program import ROOT

from migration_guard import lean


@lean.dataclass(frozen=True, slots=True)
class Point:
    """A point."""

    x: int
    y: int = 2
    names: list[str] = field(default_factory=list, compare=False)
    hidden: str = field(default="", repr=False)


@lean.dataclass(frozen=True, slots=True)
class Named(Point):
    name: str = "n"

    def __post_init__(self) -> None:
        self.names.append(self.name)


@lean.dataclass(frozen=True, slots=True, eq=False)
class Itself:
    x: int = 0


@lean.dataclass(frozen=True, slots=True, order=True)
class Ordered:
    x: int


@lean.dataclass(slots=True)
class Open:
    """Something that can be changed."""

    kind: ClassVar[str] = "open"
    x: int
    names: list[str] = field(default_factory=list, compare=False)


@lean.dataclass(frozen=True)
class Wide:
    x: int
    y: int = 5
    names: list[str] = field(default_factory=list, compare=False)

    @cached_property
    def twice(self) -> int:
        return 2 * self.x


@dataclasses.dataclass(frozen=True, order=True)
class Heir(Point):
    z: int = 3


@lean.dataclass(frozen=True, slots=True)
class OfHeirs(Heir):
    last: int = 4


@lean.dataclass(frozen=True, slots=True)
class Judging:  # noqa: PLW1641 -- `dataclass` gives it one
    x: int
    y: int = field(default=0, repr=False)

    def __eq__(self, other: object) -> bool:
        return True


@dataclasses.dataclass(frozen=True, slots=True)
class Standard:
    x: int
    y: int = 2
    names: list[str] = field(default_factory=list, compare=False)
    hidden: str = field(default="", repr=False)


def test_it_is_a_dataclass_in_all_respects() -> None:
    point = Point(1, names=["a"])
    assert is_dataclass(Point)
    assert [one.name for one in fields(point)] == [one.name for one in fields(Standard)]
    assert asdict(point) == asdict(Standard(1, names=["a"]))
    assert repr(point) == repr(Standard(1, names=["a"])).replace("Standard", "Point")
    assert hash(point) == hash(Standard(1))
    assert replace(point, y=5) == Point(1, 5)
    assert Point(1, 2) == point != Point(2, 2)
    assert point != object()
    assert copy.deepcopy(point) == pickle.loads(pickle.dumps(point)) == point
    assert Point.__match_args__ == Standard.__match_args__
    assert not hasattr(point, "__dict__")


def test_every_object_has_lists_of_its_own() -> None:
    assert Point(1).names is not Point(1).names


def test_heirs_have_all_fields_and_what_comes_after() -> None:
    named = Named(1, name="z")
    assert (named.y, named.name, named.names) == (2, "z", ["z"])
    assert named != Point(1)


def test_nothing_can_be_changed() -> None:
    point = Point(1)
    with pytest.raises(FrozenInstanceError):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del point.x


@pytest.mark.parametrize("arguments", [(), (1, 2, [], "", 5)])
def test_arguments_are_counted(arguments: tuple[int, ...]) -> None:
    with pytest.raises(TypeError):
        Point(*arguments)  # type: ignore[arg-type]


def test_what_is_itself_is_nothing_else() -> None:
    assert Itself() != Itself()
    assert len({Itself(), Itself()}) == 2


def test_what_can_be_changed_is_no_key() -> None:
    one = Open(1)
    one.x = 2
    assert one == Open(2, ["other"]) != Open(1)
    assert repr(one) == "Open(x=2, names=[])"
    assert Open.kind == "open"
    assert [known.name for known in fields(Open)] == ["x", "names"]
    assert not hasattr(one, "__dict__")
    assert copy.copy(one) == replace(one) == one
    with pytest.raises(TypeError):
        hash(one)


def test_the_standard_and_we_can_follow_each_other() -> None:
    heir = OfHeirs(1, hidden="h", last=9)
    assert [known.name for known in fields(heir)] == ["x", "y", "names", "hidden", "z", "last"]
    assert (heir.x, heir.z, heir.last, OfHeirs.__match_args__) == (1, 3, 9, ("x", "y", "names", "hidden", "z", "last"))
    assert Heir(1) < Heir(2)
    assert Heir(1).hidden == ""


def test_a_class_without_slots_keeps_what_is_found_out_later() -> None:
    one = Wide(1)
    assert (one.twice, one.twice, Wide.y, one.names) == (2, 2, 5, [])
    assert not hasattr(Wide, "names")
    assert one == Wide(1) != Wide(2)
    assert hash(one) == hash(Wide(1))
    assert copy.copy(one).twice == 2
    with pytest.raises(FrozenInstanceError):
        one.x = 2  # type: ignore[misc]


def test_what_equals_it_may_be_said_by_a_class() -> None:
    assert Judging(1) == Judging(2)
    assert hash(Judging(1)) == hash(Judging(1))
    assert repr(Judging(1)) == "Judging(x=1)"


@lean.dataclass(frozen=True)
class Given:
    x: int


class Told(Given):
    def __init__(self, text: str) -> None:
        super().__init__(int(text))


def test_an_heir_may_be_made_in_its_own_way() -> None:
    assert [Told(str(n)).x for n in range(20)] == [Given(n).x for n in range(20)] == list(range(20))


def test_what_is_filled_is_then_frozen_again() -> None:
    """Also where no class of its kind has an object yet, where an heir is made, and where a field is called as it likes."""
    made: list[object] = [*(Point(n) for n in range(20)), *(Told(str(n)) for n in range(20)), *map(Spelled, range(20))]
    assert {type(one) for one in made} == {Point, Told, Spelled}
    for one in made:
        with pytest.raises(FrozenInstanceError):
            setattr(one, next(iter(fields(one))).name, 1)  # type: ignore[arg-type]


@lean.dataclass(frozen=True, slots=True)
class Spelled:
    """Its fields have names that what makes it might use itself."""

    kind: int
    missing: int = 1
    frozen: int = 2
    cls: int = 3


def test_every_class_of_libcst_can_be_filled() -> None:
    """Most nodes are rare: what is wrong with how one is laid out would show with the ninth of its kind."""
    program = """
from migration_guard import lean
from migration_guard.hurry import hurried
with hurried():
    import libcst
become = object.__dict__["__class__"].__set__
nodes = [one for one in vars(libcst).values() if isinstance(one, type) and vars(one).get("__init__") is lean.first]
for one in nodes:
    made = object.__new__(one)
    become(made, lean._open(one))
    made.__class__ = one
print(len(nodes) > 100)
"""
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "True\n"


def seen(dataclass: Any, how: Mapping[str, bool]) -> list[object]:
    """Give all that can be seen of a class, of its heir and of their objects."""

    @dataclass(**how)
    class One:
        x: int
        y: int = 2
        names: list[str] = field(default_factory=list, compare=False)
        hidden: str = field(default="h", repr=False)

    @dataclass(**how)
    class Heir(One):
        z: int = 3

    tried: list[Callable[[Any], object]] = [
        lambda c: repr(c(1, names=["a"])), lambda c: repr(c(1, 3, hidden="")), lambda c: c(1) == c(1, 2, ["a"]),
        lambda c: c(1) == c(2), lambda c: c(1) == c(1, hidden=""), lambda c: c(1) == One(1), lambda c: c(1) == 1,
        lambda c: hash(c(1)) == hash(c(1, 2, ["a"])), lambda c: c.__hash__ is None, lambda c: c(),
        lambda c: c(1, 2, [], "", 3, 4), lambda c: c(1, x=1), lambda c: c(1, q=1), lambda c: setattr(c(1), "x", 2),
        lambda c: setattr(c(1), "q", 2), lambda c: delattr(c(1), "x"), lambda c: c(1).names is c(1).names,
        lambda c: repr(replace(c(1), x=5)), lambda c: repr(lean.replace(c(1), y=7)), lambda c: asdict(c(1)), lambda c: dataclasses.astuple(c(1)),
        lambda c: [(one.name, one.type, one.compare, one.repr, one.init) for one in fields(c)], lambda c: c.__match_args__,
        lambda c: repr(copy.copy(c(1, 7))), lambda c: repr(copy.deepcopy(c(1, 7))), lambda c: hasattr(c(1), "__dict__"),
        lambda c: c(1) < c(2), lambda c: c.__qualname__, lambda c: c.__module__,
    ]  # fmt: skip

    def said(look: Callable[[Any], object], cls: Any) -> object:
        try:
            return look(cls)
        except (TypeError, AttributeError):  # the standard says with either that a frozen class has no such field
            return "refused"

    return [said(look, cls) for cls in (One, Heir) for _ in range(3) for look in tried]


@pytest.mark.parametrize("eq", [True, False])
@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("slots", [True, False])
def test_nothing_tells_them_from_the_standard(eq: bool, frozen: bool, slots: bool) -> None:
    how = {"eq": eq, "frozen": frozen, "slots": slots}
    assert seen(lean.dataclass, how) == seen(dataclasses.dataclass, how)


def test_a_default_is_nothing_that_changes() -> None:
    with pytest.raises(ValueError, match="default_factory"):
        lean.dataclass(frozen=True, slots=True)(type("Wrong", (), {"__annotations__": {"x": "list"}, "x": []}))


def test_other_kinds_are_made_as_ever() -> None:
    assert Ordered(1) < Ordered(2)


NODES = """
import dataclasses, libcst, sys
def told(cls):
    fields = [(f.name, f.default is dataclasses.MISSING or repr(f.default), getattr(f.default_factory, '__qualname__', '')) for f in dataclasses.fields(cls)]
    return (cls.__name__, fields, cls.__slots__, cls.__match_args__, cls.__eq__ is libcst.CSTNode.__eq__, cls.__hash__ is libcst.CSTNode.__hash__)
nodes = [one for one in vars(libcst).values() if isinstance(one, type) and issubclass(one, libcst.CSTNode)]
print(len(nodes) > 100, sorted(map(str, map(told, nodes))))
name = libcst.Name("a")
for broken in ("name.value = 1", "del name.value", "libcst.Name()", "libcst.Name('a', nonsense=1)", "libcst.Name('')"):
    try:
        exec(broken)
    except Exception as error:
        print(type(error).__name__)
module = libcst.parse_module("async def f(a, /, *b, c=1, **d):\\n    return [x async for x in y if (z := x)]\\n")
print(module.code, module.deep_clone().deep_equals(module), name.with_changes(value="b"), repr(module))
"""


def test_nodes_that_are_made_in_a_hurry_are_what_they_are_otherwise() -> None:
    hurried = f"from migration_guard.hurry import hurried\nwith hurried():\n    import libcst\n{NODES}"
    said = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
        for code in (NODES, hurried)
    ]
    assert said[0].startswith("True")
    assert said[0] == said[1]
