"""What a migration leaves out that a team may ask for: a limit for the wait for locks, a size of what is done at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from migration_guard.interpreter.spot import Spot, spot_of
from migration_guard.interpreter.values import NONE, Value
from migration_guard.lean import dataclass
from migration_guard.operations import Omission, Omitted
from migration_guard.sql.patience import knows_limits

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call, Frame

_BULK = {"bulk_update": (2, "batch_size"), "bulk_create": (1, "batch_size")}
"""Calls that make one statement of all rows that they are given, with the place and name of what parts them."""
_SMALL = 500
"""Rows that one statement may have: as many as a batch of a backfill has."""


@dataclass(slots=True)
class Omissions:
    """Collects for one migration, as far as it goes up."""

    path: Path
    framework: str
    dialect: str
    found: dict[object, tuple[Omitted, str, Spot]] = field(default_factory=dict)

    def called(self, call: Call) -> None:
        """Look at a call of an object mapper."""
        name = call.name.removeprefix("a") if call.name.startswith("abulk_") else call.name
        if name in _BULK and self.framework != "frappe" and not call.open:  # whose own has a size by default
            at, size = _BULK[name]
            if call.argument(at, size) in (None, NONE) and not _is_small(
                call.argument(0, "objs", "objects", "model_list")
            ):
                self._note(Omitted.SIZE, call.name, spot_of(call.place), call.machine.frames)

    def iterated(self, call: Call) -> None:
        """A queryset is gone through as the server gives its rows."""
        if call.argument(0, "chunk_size") in (None, NONE) and not call.open:
            self._note(Omitted.SIZE, call.name, spot_of(call.place), call.machine.frames)

    def changed_schema(self, spot: Spot, what: str, stack: Sequence[Frame]) -> None:
        """The schema is changed while nothing limits how long its lock is waited for."""
        if knows_limits(self.dialect):
            self._note(Omitted.LOCK_TIMEOUT, what, spot, stack)

    def told(self, block_at: Callable[[int], str | None]) -> Iterator[Omission]:
        """Each of them, by place; of changes of the schema the first of each migration."""
        placed = sorted((spot.span(), omitted.value, what, omitted) for omitted, what, spot in self.found.values())
        told: set[str | None] = set()
        for span, _, what, omitted in placed:
            block = block_at(span.line)
            if omitted is Omitted.LOCK_TIMEOUT:
                if block in told:
                    continue
                told.add(block)
            yield Omission(omitted, what, span, block)

    def _note(self, omitted: Omitted, what: str, spot: Spot, stack: Sequence[Frame]) -> None:
        """What stands in another file is told at the last line of the migration on the way there."""
        if spot.path != self.path:
            ways = (frame.place for frame in reversed(stack) if frame.place is not None)
            spot = next((spot_of(way) for way in ways if way.source.path == self.path), spot)
        if spot.path == self.path:
            self.found.setdefault((omitted, spot.key), (omitted, what, spot))


def _is_small(rows: Value | None) -> bool:
    """Whether so many rows are known as one statement may have: constants that somebody wrote down."""
    each = [] if rows is None else [option.elements() for option in rows.alternatives()]
    return bool(each) and all(elements is not None and len(elements) <= _SMALL for elements in each)
