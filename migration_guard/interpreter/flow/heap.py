"""The state: Stores with slots, and a trail of what was there before.

A slot holds a Content. Every change is put on the trail, so that what a path did can be taken back (`undo`), kept
(`since`) and put in place again (`apply`); `join` puts in place what may be after any of several paths.

Two kinds of observers see what happens meanwhile: a Record notes what a piece of code read of the state that it began
with, which decides whether running it again would tell anything new; a Watch notes every value that a slot had, since
an exception may leave a block after any of its statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import field
from typing import NamedTuple, Protocol

from migration_guard.lean import dataclass

Slot = object
"""The name of a place in a Store: a variable, an attribute, or what the Store as a whole holds."""


class Content(Protocol):
    """What a slot holds: a value, or the elements of a collection. Never changed, only replaced."""

    @property
    def key(self) -> object:
        """Equal for contents that behave alike."""

    def shape(self, depth: int) -> object:
        """Equal for contents that hold the same, down to a depth, whether or not they are the same thing."""

    def joined(self, others: list[Content]) -> Content:
        """What may be any of these."""


class Cell(NamedTuple):
    """What stands in a slot, since when, and whether it surely does."""

    content: Content
    stamp: int
    sure: bool = True
    """False where a path leads here on which the slot is empty."""


ABSENT = None
"""No Cell: the slot is empty."""


class Store:
    """Something that can change and is the same thing afterwards: a scope, a list, an object."""

    __slots__ = ("born", "slots")

    def __init__(self) -> None:
        self.slots: dict[Slot, Cell] = {}
        self.born = HEAP.clock

    def read(self, slot: Slot) -> Content | None:
        cell = self.slots.get(slot)
        if HEAP.records:
            HEAP.note_read(self, slot, cell)
        return cell.content if cell is not None else None

    def sure(self, slot: Slot) -> bool:
        """Whether the slot is filled on every path."""
        cell = self.slots.get(slot)
        return cell is not None and cell.sure

    def write(self, slot: Slot, content: Content) -> None:
        HEAP.write(self, slot, content)

    def remove(self, slot: Slot) -> None:
        if slot in self.slots:
            HEAP.put(self, slot, ABSENT)


class Shaped(Protocol):
    """A Store that others hold."""

    def held_shape(self, depth: int) -> object:
        """See `Content.shape`."""


Place = tuple[Store, Slot]
Delta = dict[Place, "Cell | None"]
"""What slots hold at the end of a path, of those that it changed."""
Change = tuple[Place, "Cell | None", "Cell | None"]
"""A slot, with what it held before and holds now."""


@dataclass(slots=True, eq=False)
class Record:
    """What a piece of code read of the state that it began with."""

    start: int
    reads: dict[Place, Cell | None] = field(default_factory=dict)
    """With what it found there."""
    carried: dict[Place, Cell | None] = field(default_factory=dict)
    """What it left as it was on one path and changed on another: no more than a part of its result."""

    def holds(self) -> bool:
        """Whether running the same code now would find what it found then."""
        seen = (*self.reads.items(), *self.carried.items())
        return all(alike(store.slots.get(slot), cell) for (store, slot), cell in seen)


@dataclass(slots=True, eq=False)
class Watch:
    """The contents that slots had while a block ran."""

    seen: dict[Place, dict[object, Cell | None]] = field(default_factory=dict)

    def note(self, place: Place, before: Cell | None, after: Cell | None) -> None:
        versions = self.seen.get(place)
        if versions is None:
            versions = self.seen[place] = {_key(before): before}
        versions.setdefault(_key(after), after)

    def merge(self, inner: Watch) -> None:
        for place, versions in inner.seen.items():
            mine = self.seen.setdefault(place, {})
            for key, cell in versions.items():
                mine.setdefault(key, cell)

    def states(self) -> list[Delta]:
        """One Delta for each version: joined they are what may be when the block is left early."""
        found: list[Delta] = [{}]
        for place, versions in self.seen.items():
            for index, cell in enumerate(versions.values()):
                while len(found) <= index:
                    found.append({})
                found[index][place] = cell
        return found


def _key(cell: Cell | None) -> object:
    return cell.content.key if cell is not None else None


def alike(one: Cell | None, other: Cell | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.sure == other.sure and (one.content is other.content or one.content.key == other.content.key)


def similar(one: Cell | None, other: Cell | None) -> bool:
    """Whether a slot tells the same as before: another list with equal elements is no news."""
    if one is None or other is None or alike(one, other):
        return alike(one, other)
    return one.content.shape(SHAPE_DEPTH) == other.content.shape(SHAPE_DEPTH)


SHAPE_DEPTH = 3


class Heap:
    """The one state of the file that is being read. A reader reads one file after the other: there is one Heap."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything: another file begins."""
        self.clock = 0
        self.trail: list[tuple[Store, Slot, Cell | None]] = []
        self.records: list[Record] = []
        self.watches: list[Watch] = []
        self._shapes: dict[tuple[int, int], object] | None = None

    def let_go(self) -> None:
        """Empty what was filled: what a function holds holds the function."""
        for store, _, _ in self.trail:
            store.slots.clear()

    # --- Changes -----------------------------------------------------------------------------------------------------

    def write(self, store: Store, slot: Slot, content: Content) -> None:
        self.clock += 1
        self.put(store, slot, Cell(content, self.clock))

    def put(self, store: Store, slot: Slot, cell: Cell | None) -> None:
        before = store.slots.get(slot)
        self.trail.append((store, slot, before))
        if cell is None:
            store.slots.pop(slot, None)
        else:
            store.slots[slot] = cell
        if self.watches:
            self.watches[-1].note((store, slot), before, cell)

    def mark(self) -> int:
        """This moment, as `since` and `undo` take it."""
        return len(self.trail)

    def since(self, mark: int) -> Delta:
        """What has changed since, as it is now."""
        return {(store, slot): store.slots.get(slot) for store, slot, _ in self.trail[mark:]}

    def undo(self, mark: int) -> None:
        trail = self.trail
        for store, slot, before in reversed(trail[mark:]):
            if before is None:
                store.slots.pop(slot, None)
            else:
                store.slots[slot] = before
        del trail[mark:]

    def apply(self, delta: Delta) -> None:
        for (store, slot), cell in delta.items():
            self.put(store, slot, cell)

    def repeat(self, record: Record, changes: Delta) -> None:
        """Make the changes of a piece of code again, in a state that it cannot tell from the one that it ran in."""
        if self.records:
            for store, slot in record.reads:
                self.note_read(store, slot, store.slots.get(slot))
            for store, slot in record.carried:
                self.note_carried(store, slot, store.slots.get(slot))
        self.clock += 1
        for (store, slot), cell in changes.items():
            self.put(store, slot, cell._replace(stamp=self.clock) if cell is not None else None)

    def join(self, deltas: list[Delta]) -> list[Change]:
        """Put in place what may be after any of these paths; they all begin here. What that changed, as `news` takes it."""
        if len(deltas) == 1:
            changes = [(place, place[0].slots.get(place[1]), cell) for place, cell in deltas[0].items()]
            self.apply(deltas[0])
            return changes
        changes = []
        for place in dict.fromkeys(place for delta in deltas for place in delta):
            store, slot = place
            before = store.slots.get(slot)
            cells = [delta.get(place, before) for delta in deltas]
            if self.records and not all(place in delta for delta in deltas):
                self.note_carried(store, slot, before)
            after = _joined(cells)
            changes.append((place, before, after))
            if after is not before:
                self.put(store, slot, after)
        return changes

    def news(self, changes: Iterable[Change]) -> set[Place]:
        """The slots that hold something else than before, as it is now."""
        with self._remembering_shapes():
            return {place for place, before, after in changes if not similar(before, after)}

    @contextmanager
    def _remembering_shapes(self) -> Iterator[None]:
        """In this block nothing changes: what is held in several places is looked at once."""
        self._shapes = {}
        try:
            yield
        finally:
            self._shapes = None

    def shape(self, store: Shaped, depth: int) -> object:
        """What a Store holds, down to a depth."""
        if self._shapes is None:
            return store.held_shape(depth)
        key = (id(store), depth)
        found = self._shapes.get(key)
        if found is None:
            found = self._shapes[key] = store.held_shape(depth)
        return found

    # --- Observers ---------------------------------------------------------------------------------------------------

    @contextmanager
    def recording(self) -> Iterator[Record]:
        record = Record(self.clock)
        self.clock += 1
        self.records.append(record)
        try:
            yield record
        finally:
            self.records.pop()
            if self.records:
                outer = self.records[-1]
                for (store, slot), cell in record.reads.items():
                    if (cell.stamp if cell is not None else store.born) <= outer.start:
                        outer.reads.setdefault((store, slot), cell)
                for (store, slot), cell in record.carried.items():
                    if (cell.stamp if cell is not None else store.born) <= outer.start:
                        outer.carried.setdefault((store, slot), cell)

    def note_read(self, store: Store, slot: Slot, cell: Cell | None) -> None:
        record = self.records[-1]
        if (cell.stamp if cell is not None else store.born) <= record.start:
            place = (store, slot)
            if place not in record.reads:
                record.reads[place] = record.carried.get(place, cell)

    def note_carried(self, store: Store, slot: Slot, cell: Cell | None) -> None:
        record = self.records[-1]
        if (cell.stamp if cell is not None else store.born) <= record.start:
            record.carried.setdefault((store, slot), cell)

    @contextmanager
    def watching(self) -> Iterator[Watch]:
        watch = Watch()
        self.watches.append(watch)
        try:
            yield watch
        finally:
            self.watches.pop()
            if self.watches:
                self.watches[-1].merge(watch)

    @contextmanager
    def lasting(self) -> Iterator[None]:
        """What is changed in this block is no part of the path: a module is imported once, whoever comes to it first."""
        trail, records, watches, clock = self.trail, self.records, self.watches, self.clock
        self.trail, self.records, self.watches = [], [], []
        try:
            yield
        finally:
            for store, slot, _ in self.trail:
                cell = store.slots.get(slot)
                if cell is not None and cell.stamp > clock:
                    store.slots[slot] = cell._replace(stamp=store.born)
            self.trail, self.records, self.watches = trail, records, watches


def _joined(cells: Iterable[Cell | None]) -> Cell | None:
    every = list(cells)
    there = [cell for cell in every if cell is not None]
    if not there:
        return None
    first = there[0]
    sure = len(there) == len(every) and all(cell.sure for cell in there)
    others = [cell.content for cell in there[1:] if cell.content is not first.content]
    if not others:
        return first if first.sure == sure else first._replace(sure=sure)
    # The oldest stamp: what reads it also reads what stood there before.
    return Cell(first.content.joined(others), min(cell.stamp for cell in there), sure)


HEAP = Heap()
