"""What a backfill does, in the order in which it does it: transactions, settings, picks and changes of batches.

A Ledger that also notes what no migration is asked for. What is met again at the same place is noted once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import field
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import libcst as cst

from migration_guard.interpreter.spot import Loop, Spot, spot_in_text, spot_of
from migration_guard.interpreter.syntax import dotted
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Constant, Method, Place, Unknown, Value
from migration_guard.later import re
from migration_guard.lean import dataclass, replace
from migration_guard.libraries.database import Handle
from migration_guard.libraries.drivers import SERVER_SIDE, is_held_by_the_server
from migration_guard.libraries.execution import SINKS
from migration_guard.operations import OperationKind
from migration_guard.reading import objects
from migration_guard.reading.ledger import Ledger
from migration_guard.reading.sizes import numbers
from migration_guard.reading.standing import Limit, Pending, Session, Standing, Standings
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
_SQL_BEGINS = re.compile(r"\s*(?:BEGIN|START\s+TRANSACTION)\b", re.IGNORECASE)
_SQL_COMMIT = re.compile(r"\s*(?:COMMIT|END)\b(?!\s+PREPARED)", re.IGNORECASE)
_SQL_UNDOES = re.compile(r"\s*(?:ROLLBACK|ABORT)\b(?!\s+(?:WORK\s+|TRANSACTION\s+)?(?:TO|PREPARED)\b)", re.IGNORECASE)
_SAVEPOINTS = re.compile(r"^[ \t]*(?:from|import)[ \t]+psycopg(?:_pool)?\b", re.MULTILINE)
"""psycopg 3, whose `connection.transaction()` is a savepoint where a statement before it has begun a transaction."""
_BEGINS = frozenset({"psycopg", "psycopg2"})
"""Drivers whose connections begin a transaction with each statement that none is open for, unless they are told otherwise."""
_MODE = re.compile(r"autocommit\b(?!\s*=\s*(?:True|False)\s*[,)])|AUTOCOMMIT|isolation_level")
"""What else than an argument may say that each statement commits on its own."""


_T = TypeVar("_T")


@dataclass(slots=True, eq=False)
class Event:
    """Something that a backfill does, and the transaction and loop in which it does it."""

    what: TimeoutSet | Pick | Write
    spot: Spot
    loop: Loop | None
    limits: dict[str, set[object]] = field(default_factory=dict)
    """What may have set each time-out where it was met; None for a way on which nothing has."""
    held: set[object] | None = None
    """The picks whose locks were held, however it was come to."""
    passed: set[object] = field(default_factory=set)
    """The loops that came to it again before it was committed."""
    around: cst.CSTNode | None = None
    """The function in which it is done, if SQL says it."""
    sizes: set[int] = field(default_factory=set)
    """What the LIMIT of a pick was given."""
    lasting: bool = False
    """Whether it may be left uncommitted by the one whose session it is."""

    @property
    def key(self) -> object:
        return self.spot.key, self.what

    @property
    def works(self) -> bool:
        """Whether rows are changed or locked by it."""
        return isinstance(self.what, Write) or (isinstance(self.what, Pick) and self.what.lock is not None)

    @property
    def together(self) -> bool:
        """Whether a loop goes on in the same transaction; one that goes row by row may commit every so often."""
        write = self.what
        by_row = isinstance(write, Write) and bool(write.keyed or (write.verb == "INSERT" and write.confined))
        if self.loop is None:
            return bool(self.passed) and not by_row
        return self.loop.node in self.passed and not (self.loop.commits and by_row)


@dataclass(slots=True)
class Diary(Ledger):
    """Collects for one backfill at a time: `turn` gives what was noted, and begins a new page."""

    numbers_are_batches: bool = True
    dialect: str = "postgres"
    autocommits: bool = False
    """Whether a statement outside of a block commits on its own, as with Django, if its session does not say."""
    events: dict[object, Event] = field(default_factory=dict)
    schema_changes: dict[object, Spot] = field(default_factory=dict)
    pauses: dict[object, Spot] = field(default_factory=dict)
    held_pauses: dict[object, Spot] = field(default_factory=dict)
    """Pauses while a batch's rows are locked."""
    table_locks: dict[object, Spot] = field(default_factory=dict)
    rowcounts: dict[object, Spot] = field(default_factory=dict)
    unseen: dict[object, tuple[Spot, str]] = field(default_factory=dict)
    """Data changes that cannot be judged, with the reason."""
    handlers: set[int] = field(default_factory=set)
    """The `id` of each handler of what goes wrong where rows are changed."""
    lost: dict[object, Spot] = field(default_factory=dict)
    """Fetches from a cursor that a commit may have closed."""
    definitions: list[Call] = field(default_factory=list)
    """The calls of `Backfill(…)`."""
    visited: set[int] = field(default_factory=set)
    """The `id` of every call that was made since the page began."""
    standings: Standings = field(default_factory=Standings)
    _of_module: tuple[list[Event], Standing] | None = None
    """What the module's own body has set for sessions that it opens."""
    _blocks: list[tuple[Session, object]] = field(default_factory=list)
    """The open blocks that are transactions, with their sessions; those inside another of the same are savepoints."""
    _managers: list[object] = field(default_factory=list)
    """The open blocks at whose end a driver's connection commits."""
    _session: Session = None
    """The one that is spoken to."""
    _early: set[Session] = field(default_factory=set)
    """Those that the module's own body opens, outside of any function."""
    _modes: dict[Session, bool] = field(default_factory=dict)
    """Whether each statement commits on its own, session by session."""
    _handling: int = 0
    _blind: bool = False
    """Whether the text that is being executed holds a statement without a tree."""

    def turn(self) -> None:
        """Forget what was noted: another backfill begins."""
        if self._of_module is None:
            self._of_module = self._set_by_the_module()
        events, standing = self._of_module
        spots = (self.schema_changes, self.pauses, self.held_pauses, self.table_locks, self.rowcounts)
        for notes in (self.events, *spots, self.unseen, self.lost, self.handlers, self.visited):
            notes.clear()
        self.events.update({one.key: one for one in events})
        self.standings.become(lambda _: standing)

    def end(self) -> None:
        Ledger.end(self)
        for one in self.standings.now.pending:
            if one.session is not None and one.within is None and not self._modes.get(one.session, self.autocommits):
                self.events[one.change].lasting = True

    def _set_by_the_module(self) -> tuple[list[Event], Standing]:
        """The time-outs that surely hold in sessions when a function of the module is called."""
        limits = self.standings.now.limits
        sure = {at: found for at, found in limits.items() if None not in found and not at[2] and at[0] in self._early}
        keys = {one.setting for found in sure.values() for one in found if one is not None}
        return [one for one in self.events.values() if one.key in keys], Standing(sure)

    # --- Transactions ------------------------------------------------------------------------------------------------

    def block(self, node: cst.CSTNode, context: Value) -> AbstractContextManager[None]:
        if _is_connection(node):
            return _inside(self._managers, id(node))
        session = _session_of(context)
        return self._in_transaction(node, session) if self._is_one(node, context) else nullcontext()

    def ends(self, node: cst.CSTNode, context: Value) -> Callable[[], bool] | None:
        session = _session_of(context)
        if self._is_one(node, context):
            return partial(self._left, session) if not self._is_inside(session) else None
        return partial(self._left, session) if _is_connection(node) else None

    def _is_one(self, node: cst.CSTNode, context: Value) -> bool:
        return is_transaction(node) and not self._is_savepoint(node, _session_of(context))

    def _left(self, session: Session) -> bool:
        if not self._is_inside(session):
            self._over(session)
        return True

    def _is_inside(self, session: Session) -> bool:
        """Whether a transaction of the session is an open block."""
        return self._block_of(session) is not None

    def _block_of(self, session: Session) -> object:
        """The open block that is the transaction of a session."""
        found = (block for one, block in self._blocks if one is None or session is None or one == session)
        return next(found, None)

    def _is_savepoint(self, node: cst.CSTNode, session: Session) -> bool:
        """Whether a block is none of its own, since a statement before it has begun a transaction."""
        if session is None or self._is_alone(session) or _SAVEPOINTS.search(self.migration.text) is None:
            return False
        method = node.func.attr.value if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) else ""
        return method == "transaction" and session in self.standings.now.begun

    def _in_transaction(self, node: cst.CSTNode, session: Session) -> AbstractContextManager[None]:
        if not self._is_inside(session):
            self.standings.become(lambda now: now.ended(session, undone=False))
        return _inside(self._blocks, (session, id(node)))

    def commit(self, *, ends: bool = True) -> None:
        """The session that was spoken to commits; within a block only its end does, so that this is an error."""
        if ends and not self._is_inside(self._session):
            self._over(self._session)

    def _over(self, session: Session, *, undone: bool = False) -> None:
        Ledger.commit(self)
        self.standings.become(lambda now: now.ended(session, undone=undone))

    def _is_alone(self, session: Session) -> bool:
        """Whether a statement outside of a block commits on its own."""
        mode = self._modes.get(session, self.autocommits)
        return mode and session not in self.standings.now.opened and not self._is_inside(session)

    def session(self, call: Call, driver: str = "") -> Session:
        """A session is opened: which one is told by all the calls that lead here."""
        session = (id(call.place.node), *(id(one.place.node) for one in call.machine.frames if one.place is not None))
        said = call.named.get("autocommit")
        if isinstance(said, Constant):
            self._modes[session] = bool(said.value)
        elif said is None and driver in _BEGINS and _MODE.search(self.migration.text) is None:
            self._modes[session] = False
        if not any(one.function is not None for one in call.machine.frames):
            self._early.add(session)
        return session

    def speaks(self, handle: Handle, name: str, call: Call) -> None:
        self._session = session = handle.session
        if name == "cursor" and session is not None and is_held_by_the_server(call) and not self._is_alone(session):
            self.standings.become(
                lambda now: replace(now, cursors=now.cursors | {session}, closed=now.closed - {session})
            )
        elif name.startswith("fetch") and handle.kind == SERVER_SIDE and session in self.standings.now.closed:
            self.lost.setdefault(spot_of(call.place).key, spot_of(call.place))
        if name == "rollback" and not self._is_inside(session):
            self._over(session, undone=True)
        elif name in SINKS and not self._is_alone(session) and not self._is_inside(session):
            self.standings.become(lambda now: replace(now, begun=now.begun | {session}))

    def passes(self, loop: cst.CSTNode) -> None:
        if self.standings.now.pending:
            self.standings.become(lambda now: now.passed(id(loop)))

    # --- What is executed --------------------------------------------------------------------------------------------

    def executed(self, call: Call, text: Text) -> None:
        shown, session = str(text), self._session
        if _SQL_COMMIT.match(shown) or _SQL_UNDOES.match(shown):
            self._over(session, undone=_SQL_UNDOES.match(shown) is not None)
            return
        if _SQL_BEGINS.match(shown):
            self._over(session)
            self.standings.become(lambda now: replace(now, opened=now.opened | {session}))
            return
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
                self._note(pick, spot).sizes.update(numbers(call, shown, pick.limit))
            for write in batch.writes:
                self._note(write, spot).around = call.machine.frames[-1].node
        if self._is_alone(session):
            self._over(session)

    def change(
        self, kind: OperationKind, spot: Spot, place: Place, frames: Iterable[Frame], *, how: str, **details: object
    ) -> None:
        """Data is changed; SQL with a tree was noted before, and what has none cannot be judged."""
        if how == "sql" and not self._blind and kind not in _WHOLE:
            return
        stack = list(frames)
        if how != "sql" and kind in _BY_OBJECTS and place.source is self.migration and stack:
            found = objects.write(_BY_OBJECTS[kind], place.whole, stack[-1].node, opened=bool(self._blocks))
            if found is not None:
                self._note(found, spot)
                if self._is_alone(self._session):
                    self._over(self._session)
                return
        what = "SQL that cannot be read" if how == "sql" else str(details.get("text") or f"a change by {how}")
        if kind is not OperationKind.INSERT_VALUES:
            self.unseen.setdefault(spot.key, (spot, what))

    def schema(self, spot: Spot, what: str, *, on: Iterable[str | None] = (None,), stack: Sequence[Frame] = ()) -> None:
        self.schema_changes.setdefault(spot.key, spot)

    def _note(self, what: TimeoutSet | Pick | Write, spot: Spot, *, lasting: bool = False) -> Event:
        event = Event(what, spot, self.loops[-1] if self.loops else None)
        event = self.events.setdefault(event.key, event)
        session, now = self._session, self.standings.now
        if isinstance(what, TimeoutSet):
            fresh = not (lasting or self._is_alone(session))
            limit = Limit(event.key, fresh)
            self.standings.become(lambda now: now.with_limit(session, what.name, limit, local=what.local))
            return event
        for name in NAMES:
            found = now.in_force(session, name)
            event.limits.setdefault(name, set()).update(one.setting if one is not None else None for one in found)
        held = {pick for other, pick in now.held if other is None or session is None or other == session}
        event.held = held if event.held is None else event.held & held
        if isinstance(what, Pick):
            if what.lock is not None and not what.nested:
                self.standings.become(lambda now: replace(now, held=now.held | {(session, event.key)}))
            return event
        self.works += 1
        event.passed.update(*(one.passed for one in now.pending if one.change == event.key))
        block = self._block_of(session) or next(reversed(self._managers), None)
        pending = Pending(session, event.key, block)
        self.standings.become(lambda now: replace(now, pending=now.pending | {pending}))
        return event

    def _spot(self, call: Call, text: Text, start: int, end: int) -> Spot:
        spot = spot_in_text(text, start, start + 1, end, call.place) or spot_of(call.place)
        return spot if spot.path == self.migration.path else self.spot_here(call.place, call.machine.frames)

    # --- What stands around it ---------------------------------------------------------------------------------------

    @contextmanager
    def handler(self, node: cst.CSTNode, *, worked: bool) -> Iterator[None]:
        if worked:
            self.handlers.add(id(node))
        self._handling += 1
        try:
            yield
        finally:
            self._handling -= 1

    def called(self, call: Call) -> None:
        name = call.name
        self._session = None
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
                        self._note(setting, self._spot(call, text, setting.start, setting.end), lasting=True)
                        if not any(one.function is not None for one in call.machine.frames):
                            self._early.add(None)

    def _holds(self) -> bool:
        """Whether a transaction has locked or changed rows by now."""
        now = self.standings.now
        still_open = {None, *self._managers, *(block for _, block in self._blocks)}
        return bool(now.held) or any(one.within in still_open for one in now.pending)

    def condition(self, machine: Machine, node: cst.If | cst.While) -> None:
        """Note a test of a row count by which a loop ends."""
        if self.loops and (isinstance(node, cst.While) or _leaves(node.body)) and _counts(machine, node.test):
            spot = spot_of(machine.place(node.test))
            self.rowcounts.setdefault(spot.key, spot)


@contextmanager
def _inside(places: list[_T], place: _T) -> Iterator[None]:
    places.append(place)
    try:
        yield
    finally:
        places.pop()


def _session_of(context: Value) -> Session:
    """The session that a manager is of, if that is known to be one."""
    found = {one.session if isinstance(one, Handle) else None for one in context.alternatives()}
    return next(iter(found)) if len(found) == 1 else None


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
