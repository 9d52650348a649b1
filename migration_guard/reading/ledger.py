"""What reached the database, in the order found, and how it becomes Operations.

One place gives one Operation: reached again with other tables, or from the other direction, it grows. What stands in
another file is told at the last line of the migration on the way there, once per kind and table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from migration_guard.forms.form import Forms, Way
from migration_guard.interpreter.spot import Loop, Spot, spot_of
from migration_guard.interpreter.values import Place
from migration_guard.lean import dataclass, replace
from migration_guard.operations import Direction, Note, Operation, OperationKind, Rendition, Rows
from migration_guard.reading.situation import Moment, Situation
from migration_guard.reading.ways import MAX_TEXT, OneWay, Ways
from migration_guard.rendition import NotRendered, Rendered

if TYPE_CHECKING:
    import libcst as cst

    from migration_guard.interpreter.call import Call, Frame
    from migration_guard.interpreter.machine import Machine
    from migration_guard.interpreter.syntax import Source
    from migration_guard.interpreter.text import Text
    from migration_guard.interpreter.values import Value
    from migration_guard.libraries.database import Handle

_STRENGTH = (OperationKind.INSERT_VALUES, OperationKind.UPSERT_VALUES, OperationKind.INSERT_LOOP)
"""Kinds that one call may have on different paths: the later one tells more."""
MAX_WAYS = 100
"""Statements that one place may be, if it runs several times."""


@dataclass(frozen=True, slots=True)
class _Rendered:
    """An operation as one statement, before the calls that run it are located."""

    sql: str
    refusal: str
    calls: tuple[Spot, ...]
    within: Spot | None = None
    statements: int = 1
    loop: Spot | None = None
    rows: Rows | None = None
    ways: tuple[str, ...] = ()

    def joined(self, other: _Rendered | None) -> _Rendered:
        if other is None or (other.sql, other.refusal, other.rows) == (self.sql, self.refusal, self.rows):
            return self
        rows = _of_both(self.rows, other.rows)
        if (other.sql, other.refusal) == (self.sql, self.refusal):
            return replace(self, rows=rows)
        several = "it runs several times, each with other values: a loop, or several callers; write each one out"
        mine, more = (
            one.ways or ((one.sql,) if one.sql and one.within is one.loop is None else ()) for one in (self, other)
        )
        ways = tuple(dict.fromkeys((*mine, *more))) if mine and more else ()
        refusal = several if ways else self.refusal or other.refusal or several
        kept = ways if len(ways) <= MAX_WAYS else ()  # some of them are not what it is
        return replace(self, sql="", refusal=refusal, loop=None, rows=rows, ways=kept)

    def told(self) -> Rendition:
        within, loop = (spot.span() if spot is not None else None for spot in (self.within, self.loop))
        calls = tuple(spot.span() for spot in self.calls)
        return Rendition(self.sql, self.refusal, calls, within, self.statements, loop, self.rows, self.ways)


def _of_both(one: Rows | None, other: Rows | None) -> Rows | None:
    """What is known of rows that are written on one way or on another: what holds of both."""
    if one is None or other is None or (one.mapper, one.row) != (other.mapper, other.row):
        return None
    return replace(
        one,
        conditions=tuple(held for held in one.conditions if held in other.conditions),
        columns=tuple(dict.fromkeys((*one.columns, *other.columns))),
        fields=one.fields if one.fields == other.fields else (),
        read=one.read if one.fields == other.fields else (),
    )


@dataclass(slots=True)
class Entry:
    """An Operation in the making."""

    kind: OperationKind
    spot: Spot
    direction: Direction
    how: str
    tables: list[str]
    model: str | None
    via: Spot | None
    text: str | None
    dynamic: bool
    anywhere: tuple[str, ...]
    created: Spot | None
    """Where the same direction created all tables that are written."""
    callee: str | None
    beyond: bool
    trail: tuple[tuple[Place, str], ...]
    transactions: frozenset[int]
    """The transactions that it may run in; none where each statement commits on its own."""
    loop: Loop | None
    """The batching loop that it runs in."""
    way: OneWay
    """On which it was reached first."""
    rendition: _Rendered | None = None
    """As one statement, where that is wanted."""
    ways: Ways = field(default_factory=Ways)
    """All on which it was reached."""

    def __post_init__(self) -> None:
        self.ways.add(self.way)

    def absorb(self, other: Entry) -> None:
        """The same place was reached once more."""
        if other.kind in _STRENGTH and self.kind in _STRENGTH:
            self.kind = max(self.kind, other.kind, key=_STRENGTH.index)
        self.direction = self.direction.joined(other.direction)
        certain = {*self.tables} - {*self.anywhere} | {*other.tables} - {*other.anywhere}
        self.anywhere = tuple(
            table for table in dict.fromkeys((*self.anywhere, *other.anywhere)) if table not in certain
        )
        self.tables += [table for table in other.tables if table not in self.tables]
        self.model = self.model or other.model
        self.created = self.created and other.created
        self.dynamic |= other.dynamic
        self.beyond |= other.beyond
        self.transactions |= other.transactions
        self.rendition = self.rendition.joined(other.rendition) if self.rendition is not None else None
        self.ways.add(other.way)


class Watcher(Protocol):
    """Who looks at what a migration does to its schema."""

    def called(self, call: Call) -> None: ...

    def executed(self, call: Call, text: Text) -> None: ...


class Critic(Protocol):
    """Who looks at what a migration leaves out."""

    def called(self, call: Call) -> None: ...

    def iterated(self, call: Call) -> None: ...

    def changed_schema(self, spot: Spot, what: str, stack: Sequence[Frame]) -> None: ...


@dataclass(slots=True)
class Ledger:
    """Collects for one migration."""

    migration: Source
    explain: bool = False
    renders: bool = False
    """Whether operations are wanted as statements, for `move`."""
    entries: dict[object, Entry] = field(default_factory=dict)
    seen: list[tuple[Spot, str, str]] = field(default_factory=list)
    direction: Direction = Direction.UPGRADE
    situation: Situation = field(default_factory=Situation)
    _pending: list[tuple[object, Entry]] = field(default_factory=list)
    _flushes: bool = False
    _lends: bool = False
    numbers_are_batches: bool = False
    """Whether a loop over numbers, such as `range(0, highest, 500)`, is one that goes from batch to batch."""
    loops: list[Loop] = field(default_factory=list)
    """The batching loops that are being run, outermost first."""
    commits: int = 0
    """How often a transaction has ended: a generator that commits does so between the batches that it yields."""
    works: int = 0
    """How often rows were changed, if somebody counts."""
    watcher: Watcher | None = None
    """Who wants to know of calls and of SQL, whether or not they change data."""
    critic: Critic | None = None
    """Who wants to know of what is left out."""
    limited: bool = False
    """Whether those who run the migration limit how long it waits for locks, for as long as it runs …"""
    limited_here: bool | None = None
    """… or until the first transaction ends."""
    forms: Forms = field(default_factory=Forms)
    is_script: bool = False
    """Whether no framework gives it a way to the database."""
    _transactions: int = 0
    """How many have begun."""
    _with_schema: set[int] = field(default_factory=set)
    """The transactions that change the schema."""

    def begin(self, direction: Direction) -> None:
        """An entry point runs: nothing is created yet."""
        kept = self.situation.now
        if direction is not self.direction or not self._transactions:
            kept = self._beginning(kept)
        self.direction = direction
        self.situation.become(replace(kept, transactions=self._next_transaction()))

    def _beginning(self, now: Moment) -> Moment:
        return Moment(
            autocommit=now.autocommit,
            limited=self.limited,
            limited_here=self.limited_here,
            ways=now.ways,
            apart=now.apart,
        )

    def commit(self, *, ends: bool = True) -> None:
        """A transaction ends or begins, and with it each batch of the loops that are being run."""
        if ends:
            self.situation.committed()
        self.situation.become(replace(self.situation.now, transactions=self._next_transaction()))
        self.commits += 1
        for loop in self.loops:
            loop.commits = True

    def end(self) -> None:
        """The entry point has run. Where it flushes at all, a generator may have done so before its rows were changed."""
        if self._flushes or self._lends:
            self.flush()
        self._lends = False
        self._pending.clear()
        self._flushes = False

    # --- What the libraries tell -------------------------------------------------------------------------------------

    def change(
        self,
        kind: OperationKind,
        spot: Spot,
        place: Place,
        frames: Iterable[Frame],
        *,
        how: str,
        tables: Iterable[str] = (),
        anywhere: Sequence[str] = (),
        cased: Sequence[str] = (),
        model: str | None = None,
        text: str | None = None,
        dynamic: bool = False,
        callee: str | None = None,
        pending: bool = False,
        written: str | None = None,
        loose: bool = False,
        beyond: bool = False,
        rendered: Callable[[], str | Rendered] | None = None,
    ) -> None:
        """A data change stands at `spot` and is made by the call at `place`, reached through `frames`.

        A pending one happens only if the session is flushed. `written` is the canonical form of a statement in SQL,
        `rendered` gives the statement itself, `anywhere` tables whose schema is not known, `cased` those whose names are quoted, `loose` if the call puts something into it that is not known,
        `beyond` if it lies beyond a limit: it is the same whatever leads there from the last place of the migration.
        """
        changed = [table for table in tables if table]
        stack = list(frames)
        trail = tuple((frame.place, frame.name) for frame in stack if frame.place is not None) if self.explain else ()
        via = None
        key: object = (spot.key, kind if kind not in _STRENGTH else "INSERT")
        if spot.path != self.migration.path:
            via = spot
            here = self._last_place_here(place, stack)
            key = (spot_of(here or place).key, kind, next((table for table in changed if table not in anywhere), model))
            spot = self.spot_here(place, stack)
        origins = [self.situation.origin(table, quoted=table in cased) for table in changed]
        created = origins[0] if origins and all(origins) and not anywhere else None
        now = self.situation.now
        transactions = frozenset[int]() if now.autocommit else now.transactions
        loop = self.loops[-1] if self.loops and transactions else None
        way = Way.through(stack)
        form = (
            partial(self.forms.form, place, way, kind, model)
            if written is None
            else partial(self.forms.around, written, place, way, kind, loose=loose)
        )
        here = self._last_place_here(place, stack) if beyond else None
        if here is not None:
            key = (spot_of(here).key, kind, model)
            place, way = here, way.until(here)
            form = partial(self.forms.beyond, place, way)
        entry = Entry(
            kind,
            spot,
            self.direction,
            how,
            changed,
            model,
            via,
            text,
            dynamic,
            tuple(anywhere),
            created,
            callee,
            beyond,
            trail,
            transactions,
            loop,
            OneWay(place, way, written, tuple(changed), form),
            self._rendered(rendered, place, stack) if self.renders else None,
        )
        if pending:
            self._pending.append((key, entry))
        else:
            self._add(key, entry)

    def _rendered(self, rendered: Callable[[], str | Rendered] | None, place: Place, stack: list[Frame]) -> _Rendered:
        ways = [place, *(frame.place for frame in reversed(stack) if frame.place is not None)]
        here = (way for way in ways if way.source is self.migration and way.whole is not way.source.tree)
        calls = tuple(map(spot_of, here))
        try:
            found = rendered() if rendered is not None else ""
        except NotRendered as reason:
            return _Rendered("", str(reason), calls, loop=reason.loop, rows=reason.rows)
        if isinstance(found, str):
            return _Rendered(found, "", calls)
        return _Rendered(found.sql, "", calls, found.within, found.statements, found.loop, found.rows)

    def lends(self) -> None:
        """A session is used that its caller goes on with, and may flush."""
        self._lends = True

    def flush(self) -> None:
        """The session writes what is pending."""
        self._flushes = True
        for key, entry in self._pending:
            self._add(key, entry)
        self._pending.clear()

    def _add(self, key: object, entry: Entry) -> None:
        known = self.entries.get(key)
        if known is None:
            self.entries[key] = entry
        else:
            known.absorb(entry)

    def _last_place_here(self, place: Place, stack: list[Frame]) -> Place | None:
        """The last place of the migration on the way; none where what its framework loads before it does something."""
        ways = [place, *(frame.place for frame in reversed(stack) if frame.place is not None)]
        return next((way for way in ways if way.source is self.migration), None)

    def spot_here(self, place: Place, stack: list[Frame]) -> Spot:
        """Where that is told: at the last line of the migration on the way, else at its beginning."""
        tree = self.migration.tree
        return spot_of(self._last_place_here(place, stack) or Place(self.migration, tree, tree))

    def create(
        self,
        table: str | None,
        spot: Spot,
        *,
        certain: bool = True,
        folded: bool = False,
        temporary: bool = False,
        until_commit: bool = False,
    ) -> None:
        """A table is created; `folded` if a server writes its name in small letters, whatever stands there."""
        if table:
            self.situation.create(
                table, spot, certain=certain, folded=folded, temporary=temporary, until_commit=until_commit
            )

    def drop(self, table: str | None) -> None:
        if table:
            self.situation.drop(table)

    def open(self, way: object) -> None:
        """A way to a database is made, beside that which the framework gives; a script has none but its own."""
        self.situation.open(way, own=int(self.is_script))

    def part(self) -> None:
        """What is written may lie under another schema than what is created."""
        self.situation.part()

    def doubt(self, table: str | None) -> None:
        """A table that was created, or each, need not be new any longer."""
        self.situation.doubt(table)

    def rename(self, old: str | None, new: str | None, *, certain: bool = True) -> None:
        """A table goes on under another name; where that is not certain, neither name need mean a new one."""
        if old and new and certain:
            self.situation.rename(old, new)
        elif old and new:
            self.doubt(old)
            self.doubt(new)

    def autocommit_block(self, more: int) -> None:
        """A block begins (1) or ends (-1) in which each statement commits on its own."""
        now = self.situation.now
        self.situation.become(replace(now, autocommit=max(now.autocommit + more, 0)))

    def _next_transaction(self) -> frozenset[int]:
        self._transactions += 1
        return frozenset({self._transactions})

    def limit(self, *, enough: bool, local: bool) -> None:
        """A statement says how long locks are waited for; outside of a transaction, one for the transaction says nothing."""
        now = self.situation.now
        if not local:
            self.situation.become(replace(now, limited=enough, limited_here=None))
        elif not now.autocommit and now.limited_here is not enough:
            self.situation.become(replace(now, limited_here=enough))

    def undone(self) -> None:
        """The transaction is rolled back, and what was set in it."""
        self.situation.become(replace(self.situation.now, limited=self.limited, limited_here=None))

    def schema(self, spot: Spot, what: str, *, on: Iterable[str | None] = (None,), stack: Sequence[Frame] = ()) -> None:
        """The schema is changed: `on` are the tables whose locks that waits for, None for one that is not known."""
        now = self.situation.now
        if (
            self.critic is not None
            and self.direction is not Direction.DOWNGRADE
            and not now.is_limited
            and any(table is None or self.situation.origin(table) is None for table in on)
        ):
            self.critic.changed_schema(spot, what, stack)
        if not now.autocommit:
            self._with_schema |= now.transactions
        self.note(spot, what, "changes the schema")

    def note(self, spot: Spot, what: str, why: str) -> None:
        """Something was looked at and is no data change."""
        if self.explain and spot.path == self.migration.path:
            self.seen.append((spot, what, why))

    # --- What is asked of migrations where backfills are known, and of backfills -------------------------------------------------------------------------------

    @property
    def moment(self) -> object:
        """What tells two equal calls apart that mean different things, as in different transactions."""
        return None

    def called(self, call: Call) -> None:
        """A call is about to be made, whatever it leads to."""
        if self.direction is Direction.DOWNGRADE:
            return
        for one in (self.watcher, self.critic):
            if one is not None:
                one.called(call)

    def executed(self, call: Call, text: Text) -> None:
        """SQL text reaches the database."""
        if self.watcher is not None and self.direction is not Direction.DOWNGRADE:
            self.watcher.executed(call, text)

    def block(self, node: cst.CSTNode, context: Value) -> AbstractContextManager[None]:
        """What happens in this block runs in one transaction, if that is what the node begins, whose value `context` is."""
        return nullcontext()

    def ends(self, node: cst.CSTNode, context: Value) -> Callable[[], bool] | None:
        """What happens on each way out of such a block; None if it is none."""
        return None

    def passes(self, loop: cst.CSTNode) -> None:
        """A loop begins a pass."""

    def session(self, call: Call, driver: str = "") -> object:
        """What tells a session apart from others that is opened here, of a driver if that is known; None if nobody asks."""
        return None

    def speaks(self, handle: Handle, name: str, call: Call) -> None:
        """A method of a way to the database is about to be called."""

    def condition(self, machine: Machine, node: cst.If | cst.While) -> None:
        """A condition is met."""

    @contextmanager
    def handler(self, node: cst.CSTNode, *, worked: bool) -> Iterator[None]:
        """What happens in this block happens after an error; `worked` if rows were changed before it."""
        yield

    # --- What comes out ----------------------------------------------------------------------------------------------

    def operations(self, shown: Callable[[Path], str], block_at: Callable[[int], str | None]) -> list[Operation]:
        """The Operations, by place: `shown` names files, `block_at` the migration at a line of a file of several."""

        def where(spot: Spot) -> str:
            return f"{shown(spot.path)}:{spot.span().line}"

        return sorted(
            (
                Operation(
                    kind=entry.kind,
                    span=entry.spot.span(),
                    direction=entry.direction,
                    how=entry.how,
                    tables=tuple(entry.tables),
                    model=entry.model,
                    via=where(entry.via) if entry.via else None,
                    text=entry.text[:MAX_TEXT] if entry.text else None,
                    dynamic=entry.dynamic,
                    anywhere=entry.anywhere,
                    created_here=self._same_migration(entry, block_at),
                    callee=entry.callee,
                    beyond=entry.beyond,
                    mixed=bool(entry.transactions & self._with_schema),
                    batch=entry.loop.spot.span() if entry.loop is not None and not entry.loop.commits else None,
                    parts=entry.ways.parts(),
                    trail=tuple(f"{where(spot_of(place))} {name}" for place, name in entry.trail),
                    rendition=entry.rendition.told() if entry.rendition is not None else None,
                )
                for entry in self.entries.values()
            ),
            key=lambda operation: (operation.span, operation.kind.value),
        )

    def _same_migration(self, entry: Entry, block_at: Callable[[int], str | None]) -> bool:
        """Whether the table was created by the very migration that writes it; a script holds several."""
        if entry.created is None:
            return False
        if entry.created.path != self.migration.path:
            return True
        return block_at(entry.created.span().line) == block_at(entry.spot.span().line)

    def notes(self) -> list[Note]:
        found = {Note(spot.span().line, what, why) for spot, what, why in self.seen}
        return sorted(found, key=lambda note: (note.line, note.what, note.why))
