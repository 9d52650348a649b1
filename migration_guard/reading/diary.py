"""What a backfill does, in the order in which it does it: transactions, settings, picks and changes of batches.

A Ledger that also notes what no migration is asked for. What is met again at the same place is noted once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import field
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.kinds import within
from migration_guard.interpreter.spot import Loop, Spot, spot_in_text, spot_of
from migration_guard.interpreter.syntax import dotted
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Method, Place, Unknown, Value
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.libraries.execution import SINKS
from migration_guard.operations import OperationKind
from migration_guard.reading import objects
from migration_guard.reading.ledger import Ledger
from migration_guard.sql.batch import Pick, Write, batches, table_locks
from migration_guard.sql.settings import NAMES, TimeoutSet, options, timeouts

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call, Frame
    from migration_guard.interpreter.machine import Machine

_WHOLE = frozenset({OperationKind.TRUNCATE, OperationKind.OPAQUE, OperationKind.DML_CALL})
"""What no Write is made of."""
_EXECUTES = SINKS | {"execute_values", "run", "raw", "query", "copy", "copy_expert", "read_sql", "RunSQL", "text", ""}
"""Calls that run the SQL that they are given, once and as it is; how others do it is not known."""
_BY_OBJECTS = {OperationKind.UPDATE: "UPDATE", OperationKind.DELETE: "DELETE"}
_BLOCKS = frozenset({"begin", "transaction", "atomic"})
"""Calls whose `with` block is a transaction."""
_DRIVERS = frozenset({"psycopg.connect", "psycopg2.connect", "pool.connection"})
"""Connections of drivers, whose `with` block commits."""
_CONNECTIONS = frozenset({"conn", "connection"})
"""`with conn:`, as psycopg2 has it."""
_PAUSES = frozenset({"sleep", "wait", "throttle", "pause"})
_CONNECTS = frozenset({"connect", "create_engine", "create_async_engine", "ConnectionPool"})
_ROWCOUNT = "rowcount"
_SQL_COMMIT = re.compile(r"\s*(?:COMMIT|END|ROLLBACK)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a backfill does, and the transaction and loop in which it does it."""

    what: TimeoutSet | Pick | Write
    spot: Spot
    transaction: int
    loop: Loop | None
    begun_in: Loop | None
    """The loop in which the transaction began."""
    transactions: dict[int, int] = field(default_factory=dict, compare=False)
    """Every transaction in which it was met, and as the how manieth thing that was noted."""
    unpatient: set[str] = field(default_factory=set, compare=False)
    """Time-outs without which it may have been done, on one way or another."""

    @property
    def works(self) -> bool:
        """Whether rows are changed or locked by it."""
        return isinstance(self.what, Write) or (isinstance(self.what, Pick) and self.what.lock is not None)

    @property
    def together(self) -> bool:
        """Whether the loop goes on in the same transaction; one that goes row by row may commit every so often."""
        if self.loop is None:
            return False
        by_row = isinstance(self.what, Write) and bool(self.what.keyed)
        return self.begun_in is not self.loop and not (self.loop.commits or (self.loop.commits_at_times and by_row))


@dataclass(slots=True)
class Diary(Ledger):
    """Collects for one backfill at a time: `turn` gives what was noted, and begins a new page."""

    numbers_are_batches: bool = True
    dialect: str = "postgres"
    autocommits: bool = False
    """Whether a statement outside of a block commits on its own, as with Django."""
    events: dict[object, Event] = field(default_factory=dict)
    schema_changes: dict[object, Spot] = field(default_factory=dict)
    pauses: dict[object, Spot] = field(default_factory=dict)
    held_pauses: dict[object, Spot] = field(default_factory=dict)
    """Pauses while a batch's rows are locked."""
    table_locks: dict[object, Spot] = field(default_factory=dict)
    rowcounts: dict[object, Spot] = field(default_factory=dict)
    unseen: dict[object, tuple[Spot, str]] = field(default_factory=dict)
    """Data changes that cannot be judged, with the reason."""
    definitions: list[Call] = field(default_factory=list)
    """The calls of `Backfill(…)`."""
    visited: set[int] = field(default_factory=set)
    """The `id` of every call that was made since the page began."""
    _connected: set[str] = field(default_factory=set)
    """Time-outs that connections are made with."""
    _number: int = 0
    _noted: int = 0
    _open: int = 0
    """How many blocks are open; those inside another are savepoints."""
    _begun_in: Loop | None = None
    _handling: int = 0
    _at_times: bool = False
    """Whether the commit that follows is one that not every batch comes to."""
    _rare: frozenset[int] | None = None
    _at_the_end: bool = False
    """Whether it is one that only the last batch comes to."""
    _last: frozenset[int] | None = None
    _aside: bool = False
    """Whether it is one within a block that is a transaction: only its end commits it, so that this is another's, or an error."""
    _blind: bool = False
    """Whether the text that is being executed holds a statement without a tree."""

    @property
    def moment(self) -> object:
        return self._number

    def turn(self) -> None:
        """Forget what was noted: another backfill begins."""
        spots = (self.schema_changes, self.pauses, self.held_pauses, self.table_locks, self.rowcounts)
        for notes in (self.events, *spots, self.unseen, self.visited, self._connected):
            notes.clear()
        self._next()

    # --- Transactions ------------------------------------------------------------------------------------------------

    def block(self, node: cst.CSTNode) -> AbstractContextManager[None]:
        if _is_connection(node):
            return self._until_commit()
        return self._in_transaction() if is_transaction(node) else nullcontext()

    @contextmanager
    def _in_transaction(self) -> Iterator[None]:
        self._open += 1
        if self._open == 1:
            self._next()
        try:
            yield
        finally:
            self._open -= 1
            self._aside = False
            if not self._open:
                self.commit()

    @contextmanager
    def _until_commit(self) -> Iterator[None]:
        """A connection of a driver: no transaction by itself, but what is open at its end is committed."""
        if not self._open:
            self._next()
        try:
            yield
        finally:
            if not self._open:
                self.commit()

    def commit(self, *, ends: bool = True) -> None:
        if self._aside:
            self._aside = False
            return
        commits = [loop.commits for loop in self.loops]
        Ledger.commit(self, ends=ends)
        begun_in = self._begun_in
        self._next()
        if (self._at_times or self._at_the_end) and not self._open:
            self._begun_in = begun_in
            for loop, before in zip(self.loops, commits, strict=True):
                loop.commits, loop.commits_at_times = before, loop.commits_at_times or self._at_times
            self._at_times = self._at_the_end = False

    def _next(self) -> None:
        self._number += 1
        self._begun_in = self.loops[-1] if self.loops else None

    # --- What is executed --------------------------------------------------------------------------------------------

    def executed(self, call: Call, text: Text) -> None:
        shown = str(text)
        if _SQL_COMMIT.match(shown):
            return  # the walk tells of it as a commit
        for start, end in table_locks(shown, text.holes, self.dialect):
            spot = self._spot(call, text, start, end)
            self.table_locks.setdefault(spot.key, spot)
        for setting in timeouts(shown):
            self._note(setting, self._spot(call, text, setting.start, setting.end))
        if call.name not in _EXECUTES:
            if any(batch is None or batch.writes for batch in batches(shown, text.holes, self.dialect)):
                spot = self._spot(call, text, 0, len(shown))
                self.unseen.setdefault(
                    spot.key, (spot, f"SQL is given to {call.name or 'something'}, which is out of sight")
                )
            self._blind = False
            return
        read = list(batches(shown, text.holes, self.dialect))
        self._blind = None in read
        for batch in read:
            if batch is None:
                continue
            spot = self._spot(call, text, batch.start, batch.end)
            for pick in batch.picks:
                self._note(pick, spot)
            for write in batch.writes:
                self._note(write, spot)
        if self.autocommits and not self._open:
            self.commit()

    def change(
        self, kind: OperationKind, spot: Spot, place: Place, frames: Iterable[Frame], *, how: str, **details: object
    ) -> None:
        """Data is changed; SQL with a tree was noted before, and what has none cannot be judged."""
        if how == "sql" and not self._blind and kind not in _WHOLE:
            return
        stack = list(frames)
        if how != "sql" and kind in _BY_OBJECTS and place.source is self.migration and stack:
            found = objects.write(_BY_OBJECTS[kind], place.whole, stack[-1].node, opened=self._open > 0)
            if found is not None:
                self._note(found, spot)
                if self.autocommits and not self._open:
                    self.commit()
                return
        what = "SQL that cannot be read" if how == "sql" else str(details.get("text") or f"a change by {how}")
        if kind is not OperationKind.INSERT_VALUES:
            self.unseen.setdefault(spot.key, (spot, what))

    def schema(self, spot: Spot, what: str, *, on: Iterable[str | None] = (None,), stack: Sequence[Frame] = ()) -> None:
        self.schema_changes.setdefault(spot.key, spot)

    def _note(self, what: TimeoutSet | Pick | Write, spot: Spot) -> None:
        loop = self.loops[-1] if self.loops else None
        event = self.events.setdefault((spot.key, what), Event(what, spot, self._number, loop, self._begun_in))
        self._noted += 1
        event.transactions.setdefault(self._number, self._noted)
        if isinstance(what, TimeoutSet):
            self.situation.set(what.name, local=what.local, resets=what.resets)
        else:
            event.unpatient.update({*NAMES} - {name for name, _ in self.situation.now.patient} - self._connected)

    def _spot(self, call: Call, text: Text, start: int, end: int) -> Spot:
        spot = spot_in_text(text, start, start + 1, end, call.place) or spot_of(call.place)
        return spot if spot.path == self.migration.path else self.spot_here(call.place, call.machine.frames)

    # --- What stands around it ---------------------------------------------------------------------------------------

    @contextmanager
    def handler(self) -> Iterator[None]:
        self._handling += 1
        try:
            yield
        finally:
            self._handling -= 1

    def called(self, call: Call) -> None:
        name = call.name
        self._at_times = name == "commit" and id(call.place.whole) in self._rare_commits()
        self._at_the_end = name == "commit" and id(call.place.whole) in self._last_commits()
        self._aside = name == "commit" and self._open > 0
        if name == "rollback" and not call.arguments:
            self._number += 1  # what was set in the transaction is not set in the next one
            self.situation.taken_back()
        self.visited.add(id(call.place.whole))
        if name in objects.LOCKS and call.place.source is self.migration and isinstance(call.place.whole, cst.Call):
            picked = objects.pick(call.place.whole, self.migration.tree, call.machine.frames[-1].node)
            if picked is not None:
                self._note(picked, spot_of(call.place))
        if name in _PAUSES and self.loops and not self._handling:
            spot = spot_of(call.place)
            (self.held_pauses if self._holds() else self.pauses).setdefault(spot.key, spot)
        elif name == "Backfill" and "key" in call.named:
            self.definitions.append(call)
        elif name in _CONNECTS:
            for value in call.arguments:
                for text in _texts(value):
                    for setting in options(str(text)):
                        self._connected.add(setting.name)
                        self._note(setting, self._spot(call, text, setting.start, setting.end))

    def _rare_commits(self) -> frozenset[int]:
        """Calls of `commit()` that not every batch comes to: `if count % 100 == 0: connection.commit()`."""
        if self._rare is None:
            self._rare = self._commits_behind(_is_counted)
        return self._rare

    def _last_commits(self) -> frozenset[int]:
        """Calls of `commit()` that end the loop: `if not rows: connection.commit(); return`."""
        if self._last is None:
            self._last = self._commits_behind(lambda node: _leaves(node.body))
        return self._last

    def _commits_behind(self, asked: Callable[[cst.If], bool]) -> frozenset[int]:
        """Calls of `commit()` in the body of an `if`, which holds nothing else that is executed."""
        found = (node for node in within(self.migration.tree) if isinstance(node, cst.If) and asked(node))
        calls = ([one for one in within(node.body) if isinstance(one, cst.Call)] for node in found)
        named = ([(one, (dotted(one.func) or _method(one)).rpartition(".")[2]) for one in some] for some in calls)
        return frozenset(
            id(one)
            for some in named
            if not {name for _, name in some} & SINKS
            for one, name in some
            if name == "commit"
        )

    def _holds(self) -> bool:
        """Whether the transaction has locked or changed rows by now."""
        return any(one.works and self._number in one.transactions for one in self.events.values())

    def condition(self, machine: Machine, node: cst.If | cst.While) -> None:
        """Note a test of a row count by which a loop ends."""
        if self.loops and (isinstance(node, cst.While) or _leaves(node.body)) and _counts(machine, node.test):
            spot = spot_of(machine.place(node.test))
            self.rowcounts.setdefault(spot.key, spot)


def _is_counted(node: cst.If) -> bool:
    """Whether a test asks how often something has happened."""
    return any(isinstance(one, cst.Modulo) for one in within(node.test)) or any(
        isinstance(one, cst.Comparison)
        and any(isinstance(target.operator, (cst.GreaterThan, cst.GreaterThanEqual)) for target in one.comparisons)
        and isinstance(one.comparisons[-1].comparator, (cst.Integer, cst.Name))
        and not (
            isinstance(one.comparisons[-1].comparator, cst.Integer) and one.comparisons[-1].comparator.value == "0"
        )
        for one in (node.test, *within(node.test))
    )


def is_transaction(node: cst.CSTNode) -> bool:
    """Whether a function, or what stands behind `with`, is a transaction that ends with it."""
    match node:
        case cst.FunctionDef():
            return any((dotted(_callee(one.decorator)) or "").rpartition(".")[2] == "atomic" for one in node.decorators)
        case cst.Call():
            return (dotted(node.func) or _method(node)).rpartition(".")[2] in _BLOCKS
    return False


def _is_connection(node: cst.CSTNode) -> bool:
    """Whether what stands behind `with` commits at the end of the block: a driver's connection."""
    match node:
        case cst.Call():
            return (dotted(node.func) or "") in _DRIVERS
        case cst.Name():
            return node.value in _CONNECTIONS
    return False


def _callee(node: cst.BaseExpression) -> cst.BaseExpression:
    return node.func if isinstance(node, cst.Call) else node


def _method(node: cst.Call) -> str:
    return node.func.attr.value if isinstance(node.func, cst.Attribute) else ""


def _texts(value: Value) -> Iterator[Text]:
    """The texts in a value, also inside dictionaries such as `connect_args`."""
    for option in value.alternatives():
        if isinstance(option, Text):
            yield option
        elif (values := getattr(option, "values", None)) is not None and callable(values):
            for inner in values():
                yield from _texts(inner)


def _leaves(body: cst.BaseSuite) -> bool:
    """Whether a branch ends the loop or the function around it."""
    last = body.body[-1] if body.body else None
    if isinstance(last, cst.SimpleStatementLine):
        return any(isinstance(small, (cst.Break, cst.Return)) for small in last.body)
    return isinstance(last, (cst.Break, cst.Return))


def _counts(machine: Machine, test: cst.BaseExpression) -> bool:
    """Whether a test asks how many rows a statement changed."""
    waiting: list[cst.CSTNode] = [test]
    while waiting:
        node = waiting.pop()
        if isinstance(node, cst.Attribute) and node.attr.value == _ROWCOUNT:
            return True
        if isinstance(node, cst.Name):
            if any(_is_count(option) for option in machine.lookup(node.value).alternatives()):
                return True
        elif not isinstance(node, (cst.Call, cst.Attribute)):
            waiting += node.children
    return False


def _is_count(value: Value) -> bool:
    match value:
        case Unknown(hint=hint):
            return hint == _ROWCOUNT
        case Method(name=name):
            return name == _ROWCOUNT
    return False


def autocommits(source: str) -> bool:
    """Whether statements outside of a transaction commit on their own: by Django's default, or because it is asked for."""
    asked = "AUTOCOMMIT" in source or re.search(r"autocommit\s*=\s*True", source) is not None
    return (
        asked
        or re.search(r"^[ \t\f]*(?:from|import)\b.*\b(?:django|asyncpg|peewee)\b|\w\.objects\.", source, re.MULTILINE)
        is not None
    )
