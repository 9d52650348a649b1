"""Lists, sets, tuples and dictionaries: things that change, and what they hold."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence as AnySequence
from dataclasses import field
from functools import partial
from typing import TYPE_CHECKING

from migration_guard.interpreter.flow import HEAP, Content, Store, each
from migration_guard.interpreter.slices import Slice
from migration_guard.interpreter.values import UNKNOWN, Choice, Constant, Method, Unknown, Value, join
from migration_guard.lean import dataclass, replace

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

MAX_ELEMENTS = 500
"""Elements that are told apart; the rest of a longer collection is one value."""


def _joined(values: Iterable[Value | None]) -> Value | None:
    there = [value for value in values if value is not None]
    return join(there) if there else None


def _different(values: tuple[Value, ...]) -> tuple[Value, ...]:
    """Each once, as a set has them."""
    return tuple({value.key: value for value in values}.values())


@dataclass(frozen=True, slots=True, eq=False)
class Elements:
    """What a list, tuple, set or generator holds."""

    known: tuple[Value, ...] = ()
    rest: Value | None = None
    """What further elements look like, where their number is not known."""
    from_rows: bool = False
    shuffled: bool = False
    """Whether it is not known in which order they stand: of a set, or sorted by something unknown."""

    @property
    def key(self) -> object:
        rest = self.rest.key if self.rest is not None else None
        return (tuple(value.key for value in self.known), rest, self.from_rows, self.shuffled)

    def shape(self, depth: int) -> object:
        rest = self.rest.shape(depth) if self.rest is not None else None
        return (tuple(value.shape(depth) for value in self.known), rest, self.from_rows, self.shuffled)

    def joined(self, others: list[Content]) -> Elements:
        """What all have in common stays in its place; what only some have is further elements."""
        every = [self, *(other for other in others if isinstance(other, Elements))]
        size = min(len(one.known) for one in every)
        known = tuple(join(values) for values in zip(*(one.known[:size] for one in every)))
        rest = _joined([*(one.rest for one in every), *(value for one in every for value in one.known[size:])])
        return Elements(known, rest, any(one.from_rows for one in every), any(one.shuffled for one in every))

    def with_one(self, value: Value, *, rows: bool) -> Elements:
        """With one more. In a loop over rows the number of elements is no longer known."""
        from_rows = self.from_rows or rows or value.from_rows
        if rows or self.rest is not None or len(self.known) >= MAX_ELEMENTS:
            return Elements(self.known, _joined((self.rest, value)), from_rows, self.shuffled)
        return Elements((*self.known, value), None, from_rows, self.shuffled)


class Sequence(Store, Value):
    """A list, tuple, set or generator. Shared by reference, as in Python: an append is seen everywhere."""

    __slots__ = ("batches", "kind")

    is_collection = True

    def __init__(
        self,
        known: Iterable[Value] = (),
        rest: Value | None = None,
        from_rows: bool = False,  # noqa: FBT002 -- as its elements have it
        batches: bool = False,  # noqa: FBT002
        *,
        kind: str = "list",
        shuffled: bool = False,
    ) -> None:
        super().__init__()
        self.batches = batches
        self.kind = kind
        """`list`, `tuple` or `set`."""
        held = tuple(known)
        if kind == "set" and held:
            held, shuffled = _different(held), True
        self._now(Elements(held, rest, from_rows, shuffled and len(held) > 1))

    @property
    def content(self) -> Elements:
        content = self.read("elements")
        return content if isinstance(content, Elements) else Elements(rest=Unknown())

    def _now(self, content: Elements) -> None:
        self.write("elements", content)

    @property
    def key(self) -> object:
        return id(self)

    def shape(self, depth: int) -> object:
        return HEAP.shape(self, depth)

    def held_shape(self, depth: int) -> object:
        return ("list", self.content.shape(depth - 1) if depth else None)

    @property
    def known(self) -> tuple[Value, ...]:
        return self.content.known

    @property
    def rest(self) -> Value | None:
        return self.content.rest

    @property
    def from_rows(self) -> bool:  # type: ignore[override]
        return self.content.from_rows

    @property
    def truth(self) -> bool | None:
        content = self.content
        if content.known or self.kind == "iterator":
            return True
        return False if content.rest is None and not content.from_rows else None

    def attribute(self, name: str, machine: Machine) -> Value:
        return Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        return call.machine.libraries.sequence_method(self, name, call)

    def elements(self) -> list[Value] | None:
        content = self.content
        return list(content.known) if content.rest is None else None

    def used_up(self) -> Value:
        if self.kind != "iterator":
            return self
        whole = self.again("list")
        self.become((), self.rest, from_rows=self.from_rows)
        return whole

    def element(self) -> Value:
        content = self.content
        values = [*content.known, content.rest] if content.rest is not None else content.known
        return join(values) if values else Unknown(from_rows=content.from_rows)

    def item(self, key: Value) -> Value:
        content = self.content
        if content.shuffled and len(content.known) > 1:
            part = isinstance(key, Slice)
            return Sequence((), self.element(), content.from_rows, kind=self.kind) if part else self.element()
        match key:
            case Constant(int(index)) if 0 <= index < len(content.known):
                return content.known[index]
            case Constant(int(index)) if content.rest is None and -len(content.known) <= index < 0:
                return content.known[index]
            case Slice():
                known = key.of(content.known) if content.rest is None else None
                if known is not None:
                    return Sequence(known, None, content.from_rows, kind=self.kind)
                return Sequence((), self.element(), content.from_rows, kind=self.kind)
        return self.element()

    def set_item(self, key: Value, value: Value, *, rows: bool) -> None:
        content = self.content
        known = list(content.known)
        match key:
            case _ if content.shuffled:
                self._now(Elements((), _joined((*known, content.rest, value)), content.from_rows or rows))
            case Constant(int(index)) if content.rest is None and not rows and -len(known) <= index < len(known):
                known[index] = value
                self._now(Elements(tuple(known), None, content.from_rows or value.from_rows))
            case Slice():
                self._now(content.joined([Elements(rest=value.element(), from_rows=value.from_rows)]))
            case _:
                blurred = tuple(join((old, value)) for old in known)
                rest = _joined((content.rest, value)) if content.rest is not None or rows or not known else None
                self._now(Elements(blurred, rest, content.from_rows or rows or value.from_rows))

    def remove_item(self, key: Value) -> None:
        content = self.content
        match key:
            case _ if content.shuffled and len(content.known) > 1:
                self.blur()
            case Constant(int(index)) if content.rest is None and -len(content.known) <= index < len(content.known):
                known = list(content.known)
                del known[index]
                self._now(Elements(tuple(known), None, content.from_rows))
            case _:
                self.blur()

    def add(self, value: Value, *, rows: bool) -> None:
        """Append, or put into a set."""
        content = self.content
        if self.kind == "set" and not rows and content.rest is None:
            known = _different((*content.known, value))
            self._now(Elements(known, None, content.from_rows or value.from_rows, len(known) > 1))
        else:
            self._now(content.with_one(value, rows=rows))

    def insert(self, index: int | None, value: Value, *, rows: bool) -> None:
        content = self.content
        if index is None or rows or content.rest is not None:
            self._now(Elements((), _joined((*content.known, content.rest, value)), content.from_rows or rows))
        else:
            known = [*content.known[:index], value, *content.known[index:]]
            self._now(Elements(tuple(known), None, content.from_rows or value.from_rows))

    def extend(self, other: Value, *, rows: bool) -> None:
        other = other.used_up()
        elements = other.elements()
        if elements is None:
            content = self.content
            rest = _joined((content.rest, other.element()))
            self._now(Elements(content.known, rest, content.from_rows or other.from_rows))
        else:
            for element in elements:
                self.add(element, rows=rows)

    def become(
        self, known: AnySequence[Value], rest: Value | None = None, *, from_rows: bool = False, shuffled: bool = False
    ) -> None:
        """Hold these, and nothing of what was there."""
        self._now(Elements(tuple(known), rest, from_rows, shuffled))

    @property
    def shuffled(self) -> bool:
        return self.content.shuffled

    def again(self, kind: str = "") -> Sequence:
        """Another one with the same elements."""
        content = self.content
        return Sequence(
            content.known, content.rest, content.from_rows, kind=kind or self.kind, shuffled=content.shuffled
        )

    def blur(self) -> None:
        """Some elements may be gone, or stand elsewhere."""
        content = self.content
        self._now(Elements((), _joined((*content.known, content.rest)), content.from_rows))

    def written_into(self) -> None:
        if self.kind != "tuple":
            self.forget()

    def forget(self) -> None:
        """Anything may have been done to it."""
        content = self.content
        self._now(Elements((), join([*content.known, content.rest or UNKNOWN, UNKNOWN]), content.from_rows))

    def mark_rows(self) -> None:
        """Its elements were read from the database."""
        self._now(replace(self.content, from_rows=True))

    def operated(self, operator: str, other: Value, call: Call) -> Value | None:
        return call.machine.libraries.sequence_operated(self, operator, other, call)


class Yielded(Sequence):
    """What a generator yields, with what it returns at its end."""

    __slots__ = ("returned",)

    returned: Value


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """What a dictionary holds, by its known keys."""

    known: dict[object, tuple[Value, Value]] = field(default_factory=dict)
    rest: Value | None = None
    """What further values look like."""
    from_rows: bool = False
    unsure: frozenset[object] = frozenset()
    """Keys that are there on some paths only."""
    keys: Value | None = None
    """What further keys look like, where there are any."""

    @property
    def key(self) -> object:
        known = tuple((key, value.key) for key, (_, value) in self.known.items())
        rest = self.rest.key if self.rest is not None else None
        keys = self.keys.key if self.keys is not None else None
        return (known, rest, self.from_rows, self.unsure, keys)

    def shape(self, depth: int) -> object:
        known = tuple((key, value.shape(depth)) for key, (_, value) in self.known.items())
        rest = self.rest.shape(depth) if self.rest is not None else None
        return (known, rest, self.from_rows, self.unsure)

    def joined(self, others: list[Content]) -> Entries:
        every = [self, *(other for other in others if isinstance(other, Entries))]
        known: dict[object, tuple[Value, Value]] = {}
        unsure = frozenset[object]().union(*(one.unsure for one in every))
        for name in dict.fromkeys(name for one in every for name in one.known):
            pairs = [one.known[name] for one in every if name in one.known]
            known[name] = (pairs[0][0], join(value for _, value in pairs))
            if len(pairs) < len(every):
                unsure |= {name}
        rest, keys = _joined(one.rest for one in every), _joined(one.keys for one in every)
        return Entries(known, rest, any(one.from_rows for one in every), unsure, keys)


class Mapping(Store, Value):
    """A dictionary, by its literal keys."""

    __slots__ = ("default",)

    is_collection = True

    def __init__(
        self,
        known: dict[object, tuple[Value, Value]] | None = None,
        rest: Value | None = None,
        from_rows: bool = False,  # noqa: FBT002 -- as its entries have it
        default: Value | None = None,
    ) -> None:
        super().__init__()
        self.default = default
        """What a `defaultdict` gives for a key that it has not: one value stands for all of them."""
        self._now(Entries(dict(known or {}), rest, from_rows))

    @property
    def content(self) -> Entries:
        content = self.read("entries")
        return content if isinstance(content, Entries) else Entries(rest=Unknown())

    def _now(self, content: Entries) -> None:
        self.write("entries", content)

    @property
    def key(self) -> object:
        return id(self)

    def shape(self, depth: int) -> object:
        return HEAP.shape(self, depth)

    def held_shape(self, depth: int) -> object:
        return ("dict", self.content.shape(depth - 1) if depth else None)

    @property
    def known(self) -> dict[object, tuple[Value, Value]]:
        """The entries by the key of their key; not to be changed."""
        return self.content.known

    @property
    def rest(self) -> Value | None:
        return self.content.rest

    @property
    def from_rows(self) -> bool:  # type: ignore[override]
        return self.content.from_rows

    @property
    def truth(self) -> bool | None:
        content = self.content
        if set(content.known) - content.unsure:
            return True
        return False if not content.known and content.rest is None and not content.from_rows else None

    @property
    def whole(self) -> bool:
        """Whether all entries are known, and surely there."""
        content = self.content
        return content.rest is None and not content.unsure

    def mapping(self) -> Mapping:
        return self

    def attribute(self, name: str, machine: Machine) -> Value:
        return Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        return call.machine.libraries.mapping_method(self, name, call)

    def elements(self) -> list[Value] | None:
        return [key for key, _ in self.content.known.values()] if self.whole else None

    def values(self) -> list[Value]:
        content = self.content
        found = [value for _, value in content.known.values()]
        return [*found, content.rest] if content.rest is not None else found

    def element(self) -> Value:
        content = self.content
        keys = [key for key, _ in content.known.values()]
        if content.rest is not None:
            keys.append(content.keys if content.keys is not None else Unknown(from_rows=content.from_rows))
        return join(keys) if keys else Unknown(from_rows=content.from_rows)

    def item(self, key: Value) -> Value:
        content = self.content
        found: list[Value] = []
        for option in key.alternatives():
            if option.key in content.known:
                found.append(content.known[option.key][1])
                if option.key in content.unsure and content.rest is not None:
                    found.append(content.rest)
            else:
                found += self._other(option, content)
        return join(found) if found else Unknown(from_rows=content.from_rows)

    def _other(self, key: Value, content: Entries) -> list[Value]:
        """What a key leads to that is none of the known ones, or may be any."""
        if self.default is not None:
            if content.rest is None:
                self._now(replace(content, rest=self.default))
            return [self.default, *([] if isinstance(key, Constant) else self.values())]
        return self.values()

    def has(self, key: Value) -> bool | None:
        """Whether a key is there; None where that is not known."""
        content = self.content
        if isinstance(key, (Unknown, Choice)):
            return None
        if key.key in content.known:
            return None if key.key in content.unsure else True
        return False if content.rest is None and not content.from_rows else None

    def set_item(self, key: Value, value: Value, *, rows: bool) -> None:
        content = self.content
        from_rows = content.from_rows or rows or value.from_rows or key.from_rows
        if isinstance(key, Choice):
            each([partial(self.set_item, option, value, rows=rows) for option in key.options])
            return
        if isinstance(key, Unknown) or rows:
            keys, rest = _joined((content.keys, key)), _joined((content.rest, value))
            known = content.known
            if isinstance(key, Unknown):  # it may be any of those that are known
                known = {name: (old, join((held, value))) for name, (old, held) in known.items()}
            self._now(Entries(known, rest, from_rows, content.unsure, keys))
            return
        known = {**content.known, key.key: (key, value)}
        self._now(replace(content, known=known, from_rows=from_rows, unsure=content.unsure - {key.key}))

    def remove_item(self, key: Value) -> None:
        content = self.content
        if isinstance(key, (Unknown, Choice)):
            self._now(replace(content, unsure=frozenset(content.known)))
        else:
            self._now(replace(content, known={name: pair for name, pair in content.known.items() if name != key.key}))

    def update(self, other: Value, *, rows: bool) -> None:
        """`self.update(other)`: what it holds wins."""
        if isinstance(other, Mapping):
            theirs = other.content
            content = self.content
            known = dict(content.known)
            for name, (key, value) in theirs.known.items():
                old = known.get(name)
                unsure = name in theirs.unsure and old is not None
                known[name] = (key, join((old[1], value)) if unsure and old is not None else value)
            sure = set(theirs.known) - theirs.unsure
            gone = frozenset(
                name for name in (*content.unsure, *(theirs.unsure - set(content.known))) if name not in sure
            )
            rest = _joined((content.rest, theirs.rest))
            keys = _joined((content.keys, theirs.keys))
            self._now(Entries(known, rest, content.from_rows or theirs.from_rows or rows, gone, keys))
            return
        for pair in other.each():
            key, value = pair.item(Constant(0)), pair.item(Constant(1))
            self.set_item(key, value, rows=rows or other.elements() is None or other.from_rows)

    def clear(self) -> None:
        self._now(Entries())

    def written_into(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Anything may have been done to it."""
        content = self.content
        known = {name: (key, join((value, UNKNOWN))) for name, (key, value) in content.known.items()}
        keys = _joined((content.keys, UNKNOWN))
        self._now(Entries(known, _joined((content.rest, UNKNOWN)), content.from_rows, frozenset(known), keys))

    def mark_rows(self) -> None:
        """Its entries were read from the database."""
        self._now(replace(self.content, from_rows=True))

    def operated(self, operator: str, other: Value, call: Call) -> Value | None:
        if operator not in ("__or__", "__ior__"):
            return None
        result = self if operator == "__ior__" else self.copy()
        result.update(other, rows=bool(call.machine.row_loops))
        return result

    def copy(self) -> Mapping:
        made = Mapping(default=self.default)
        made.update(self, rows=False)
        return made
