"""What each function of a file of backfills does, and which of them are the backfills: those that no other one calls.

A function that only calls others, such as `main()`, is none itself: what one of them does well would hide what another
one does not do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import libcst as cst

from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.kinds import within
from migration_guard.interpreter.spot import Spot
from migration_guard.interpreter.syntax import dotted
from migration_guard.lean import dataclass
from migration_guard.reading.diary import Diary, Event
from migration_guard.reading.transactions import is_transaction
from migration_guard.sql.batch import Write


@dataclass(frozen=True, slots=True)
class Page:
    """What was noted while one function ran; None is the module's own body."""

    function: Function | None
    events: tuple[Event, ...]
    schema_changes: tuple[Spot, ...]
    pauses: tuple[Spot, ...]
    held_pauses: tuple[Spot, ...]
    table_locks: tuple[Spot, ...]
    rowcounts: tuple[Spot, ...]
    unseen: tuple[tuple[Spot, str], ...]
    lost: tuple[Spot, ...]
    """Where rows are fetched from a cursor that a commit has closed."""
    handlers: frozenset[int]
    """The `id` of each handler of what goes wrong where rows are changed."""
    reached: frozenset[int]
    """The `id` of each function that was followed from here."""
    visited: frozenset[int]
    """The `id` of each call that was made."""

    @property
    def node(self) -> int:
        return id(self.function.node) if self.function is not None else 0

    @property
    def works(self) -> bool:
        """Whether it changes anything, as far as that can be seen."""
        return bool(self.schema_changes or self.unseen) or any(isinstance(one.what, Write) for one in self.events)

    @property
    def spots(self) -> frozenset[object]:
        """Where it does all that it does."""
        return frozenset(one.spot.key for one in self.events) | self._others

    @property
    def changes(self) -> frozenset[object]:
        """Where it changes something, or may."""
        return frozenset(one.spot.key for one in self.events if isinstance(one.what, Write)) | self._others

    @property
    def tables(self) -> frozenset[object]:
        """Where it changes something of which it knows the table."""
        return frozenset(one.spot.key for one in self.events if isinstance(one.what, Write) and one.what.table)

    @property
    def _others(self) -> frozenset[object]:
        return frozenset(one.key for one in (*self.schema_changes, *(spot for spot, _ in self.unseen)))


def page_of(function: Function | None, diary: Diary, reached: Iterable[int]) -> Page:
    """What stands in the diary by now."""
    return Page(
        function,
        tuple(diary.events.values()),
        tuple(diary.schema_changes.values()),
        tuple(diary.pauses.values()),
        tuple(diary.held_pauses.values()),
        tuple(diary.table_locks.values()),
        tuple(diary.rowcounts.values()),
        tuple(diary.unseen.values()),
        tuple(diary.lost.values()),
        frozenset(diary.handlers),
        frozenset(reached),
        frozenset(diary.visited),
    )


def backfills(pages: Sequence[Page], body: Page, told: Iterable[object]) -> list[Page]:
    """The pages that are backfills: with those that are `told`, they hold every change that any page holds."""
    working = [page for page in pages if page.works]
    roots = [page for page in _topmost(working) for page in _parted(page, working, depth=0)]
    chosen = list(dict.fromkeys(roots))
    told = {*told, *(spot for page in chosen for spot in page.changes)}
    for page in (*working, body):
        if page.works and not page.changes <= told:
            chosen.append(page)
            told |= page.changes
    return chosen


def _topmost(pages: Sequence[Page]) -> list[Page]:
    """Those that no other one leads to; of those that lead to each other the first."""
    kept: list[Page] = []
    for index, page in enumerate(pages):
        above = [one for one in pages if one is not page and page.node in one.reached]
        mutual = [one for one in above if one.node in page.reached]
        if len(above) == len(mutual) and all(pages.index(one) > index for one in mutual):
            kept.append(page)
    return kept


def _parted(page: Page, working: Sequence[Page], depth: int) -> Iterator[Page]:
    """A page, or those that it is put together from."""
    below = _topmost([one for one in working if one is not page and one.node in page.reached])
    if depth < len(working) and _only_calls(page, below):
        for one in below:
            yield from _parted(one, working, depth + 1)
    else:
        yield page


def _only_calls(page: Page, below: Sequence[Page]) -> bool:
    """Whether all that a function does is done by those that it calls, each by itself and once."""
    function = page.function
    if function is None or not below or not page.spots <= {spot for one in below for spot in one.spots}:
        return False
    if not page.tables <= {spot for one in below for spot in one.tables}:
        return False  # what it is about is what its caller says
    names = {one.function.name for one in below if one.function is not None}
    return not any(_calls(node, names) for node in within(function.node) if _repeats_or_joins(node))


def _repeats_or_joins(node: cst.CSTNode) -> bool:
    """Whether what stands inside runs again and again, or in one transaction."""
    if isinstance(node, (cst.For, cst.While, cst.CompFor, cst.ListComp, cst.GeneratorExp)):
        return True
    return isinstance(node, cst.With) and any(is_transaction(item.item) for item in node.items)


def _calls(node: cst.CSTNode, names: set[str]) -> bool:
    """Whether one of the functions is named inside: called, or handed to what will call it."""
    spelled = (dotted(one) for one in within(node) if isinstance(one, (cst.Name, cst.Attribute)))
    return any((name or "").rpartition(".")[2] in names for name in spelled)
