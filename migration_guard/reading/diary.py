"""What a backfill does, in the order in which it does it: transactions, settings, picks and changes of batches.

A Ledger that also notes what no migration is asked for. What is met again at the same place is noted once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import field
from functools import partial
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.spot import Loop, Spot, spot_in_text, spot_of
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Method, Place, Unknown, Value
from migration_guard.lean import dataclass, replace
from migration_guard.libraries.database import Handle
from migration_guard.libraries.execution import SINKS
from migration_guard.operations import OperationKind
from migration_guard.reading import objects
from migration_guard.reading.ledger import Ledger
from migration_guard.reading.sizes import numbers
from migration_guard.reading.standing import Limit, Pending, Session, Standing, is_same
from migration_guard.reading.transactions import Transactions, is_connection, is_early, session_of
from migration_guard.sql.batch import Batch, Pick, Write, batches, controls, starts, table_locks
from migration_guard.sql.settings import NAMES, TimeoutSet, options, timeouts

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call, Frame
    from migration_guard.interpreter.machine import Machine

_WHOLE = frozenset({OperationKind.TRUNCATE, OperationKind.OPAQUE, OperationKind.DML_CALL})
"""What no Write is made of."""
_EXECUTES = SINKS | {"execute_values", "run", "raw", "query", "copy", "copy_expert", "read_sql", "RunSQL", "text", ""}
"""Calls that run the SQL that they are given, once and as it is; how others do it is not known."""
_BY_OBJECTS = {OperationKind.UPDATE: "UPDATE", OperationKind.DELETE: "DELETE"}
_PAUSES = frozenset({"sleep", "wait", "throttle", "pause"})
_CONNECTS = frozenset({"connect", "create_engine", "create_async_engine", "ConnectionPool"})
_ROWCOUNT = "rowcount"
_OPENS = frozenset({"BEGIN", "START"})
_COMMITS = frozenset({"COMMIT", "END"})
_UNDOES = frozenset({"ROLLBACK", "ABORT"})


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
    kept: bool = False
    """Whether a commit comes behind it, on one way at least."""
    undone: bool = False
    """Whether a rollback does."""

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
    _of_module: tuple[list[Event], Standing] | None = None
    """What the module's own body has set for sessions that it opens."""
    _sessions: Transactions = field(default_factory=lambda: Transactions("", autocommits=False))
    _name: str = ""
    """What is called."""
    _handling: int = 0
    _blind: bool = False
    """Whether the text that is being executed holds a statement without a tree."""

    def __post_init__(self) -> None:
        self._sessions = Transactions(self.migration.text, self.autocommits)

    def turn(self) -> None:
        """Forget what was noted: another backfill begins."""
        if self._of_module is None:
            self._of_module = self._set_by_the_module()
        events, standing = self._of_module
        spots = (self.schema_changes, self.pauses, self.held_pauses, self.table_locks, self.rowcounts)
        for notes in (self.events, *spots, self.unseen, self.lost, self.handlers, self.visited):
            notes.clear()
        self.events.update({one.key: one for one in events})
        self._sessions.standings.become(lambda _: standing)

    def end(self) -> None:
        Ledger.end(self)
        for change in self._sessions.uncommitted():
            self.events[change].lasting = True
        for event in self.events.values():
            event.lasting |= event.undone and not event.kept

    def keep(self, events: Iterable[Event]) -> None:
        """What these set is set in each session before anything else is done there."""
        kept, standing = self._of_module or ([], Standing())
        found = [(one, one.what) for one in events if isinstance(one.what, TimeoutSet) and not one.what.resets]
        limits: dict[tuple[Session, str, bool], frozenset[Limit | None]] = {**standing.limits}
        limits.update(((None, what.name, False), frozenset({Limit(one.key, fresh=False)})) for one, what in found)
        self._of_module = ([*kept, *(one for one, _ in found)], replace(standing, limits=limits))

    def _set_by_the_module(self) -> tuple[list[Event], Standing]:
        standing = self._sessions.of_module()
        keys = {one.setting for found in standing.limits.values() for one in found if one is not None}
        return [one for one in self.events.values() if one.key in keys], standing

    # --- Transactions ------------------------------------------------------------------------------------------------

    def block(self, node: cst.CSTNode, context: Value) -> AbstractContextManager[None]:
        session = session_of(context)
        if self._sessions.begins(node, context):
            return self._sessions.block(node, session)
        return self._sessions.manager(node) if is_connection(node, context) else nullcontext()

    def ends(self, node: cst.CSTNode, context: Value) -> Callable[[], bool] | None:
        session = session_of(context)
        if self._sessions.begins(node, context):
            return partial(self._left, session) if not self._sessions.is_inside(session) else None
        return partial(self._left, session) if is_connection(node, context) else None

    def _left(self, session: Session) -> bool:
        if not self._sessions.is_inside(session):
            self._over(session)
        return True

    def commit(self, *, ends: bool = True) -> None:
        """The session that is spoken to commits, if not SQL says it; within a block only its end does, so that this is an error."""
        session = self._sessions.session
        if ends and self._name not in _EXECUTES and not self._sessions.is_inside(session):
            self._over(session)

    def _over(self, session: Session, *, undone: bool = False) -> None:
        Ledger.commit(self)
        for change in self._sessions.pending(session):
            event = self.events[change]
            event.kept, event.undone = event.kept or not undone, event.undone or undone
        self._sessions.over(session, undone=undone)

    def session(self, call: Call, driver: str = "") -> Session:
        return self._sessions.opened(call, driver)

    def speaks(self, handle: Handle, name: str, call: Call) -> None:
        self._sessions.asked(name, handle.session)
        if self._sessions.fetches_in_vain(handle, name, call):
            self.lost.setdefault(spot_of(call.place).key, spot_of(call.place))
        if name == "rollback" and not self._sessions.is_inside(handle.session):
            self._over(handle.session, undone=True)

    def passes(self, loop: cst.CSTNode) -> None:
        standings = self._sessions.standings
        if standings.now.pending:
            standings.become(lambda now: now.passed(id(loop)))

    # --- What is executed --------------------------------------------------------------------------------------------

    def executed(self, call: Call, text: Text) -> None:
        shown = str(text)
        for start, end in table_locks(shown, text.holes, self.dialect):
            spot = self._spot(call, text, start, end)
            self.table_locks.setdefault(spot.key, spot)
        read = list(batches(shown, text.holes, self.dialect))
        said = {*starts(shown, text.holes, self.dialect)}
        settings = [one for one in timeouts(shown) if one.start in said]
        if call.name not in _EXECUTES:
            for setting in settings:
                self._note(setting, self._spot(call, text, setting.start, setting.end))
            if any(batch is None or batch.writes for batch in read):
                spot = self._spot(call, text, 0, len(shown))
                self.unseen.setdefault(
                    spot.key, (spot, f"SQL is given to {call.name or 'something'}, which is out of sight")
                )
            self._blind = False
            return
        self._blind = None in read
        steps: list[tuple[int, TimeoutSet | Batch | str]] = [(one.start, one) for one in settings]
        steps += [(batch.start, batch) for batch in read if batch is not None]
        steps += controls(shown, text.holes, self.dialect)
        for _, step in sorted(steps, key=lambda one: one[0]):
            self._step(call, text, step)
        session = self._sessions.session
        if self._sessions.is_alone(session):
            self._over(session)

    def _step(self, call: Call, text: Text, step: TimeoutSet | Batch | str) -> None:
        """One thing that a text of SQL does: it sets a time-out, picks and changes rows, or begins and ends a transaction."""
        session = self._sessions.session
        match step:
            case TimeoutSet():
                self._note(step, self._spot(call, text, step.start, step.end))
            case Batch():
                spot = self._spot(call, text, step.start, step.end)
                for pick in step.picks:
                    self._note(pick, spot).sizes.update(numbers(call, str(text), pick.limit))
                for write in step.writes:
                    self._note(write, spot).around = call.machine.frames[-1].node
            case word if word in _OPENS:
                self._over(session)
                self._sessions.begun(session)
            case word if word in _COMMITS | _UNDOES:
                self._over(session, undone=word in _UNDOES)

    def change(
        self, kind: OperationKind, spot: Spot, place: Place, frames: Iterable[Frame], *, how: str, **details: object
    ) -> None:
        """Data is changed; SQL with a tree was noted before, and what has none cannot be judged."""
        if how == "sql" and not self._blind and kind not in _WHOLE:
            return
        stack = list(frames)
        if how != "sql" and kind in _BY_OBJECTS and place.source is self.migration and stack:
            found = objects.write(_BY_OBJECTS[kind], place.whole, stack[-1].node, opened=self._sessions.in_block)
            if found is not None:
                self._note(found, spot)
                if self._sessions.is_alone(self._sessions.session):
                    self._over(self._sessions.session)
                return
        what = "SQL that cannot be read" if how == "sql" else str(details.get("text") or f"a change by {how}")
        if kind is not OperationKind.INSERT_VALUES:
            self.unseen.setdefault(spot.key, (spot, what))

    def schema(self, spot: Spot, what: str, *, on: Iterable[str | None] = (None,), stack: Sequence[Frame] = ()) -> None:
        self.schema_changes.setdefault(spot.key, spot)

    def _note(self, what: TimeoutSet | Pick | Write, spot: Spot, *, lasting: bool = False) -> Event:
        event = Event(what, spot, self.loops[-1] if self.loops else None)
        event = self.events.setdefault(event.key, event)
        session, standings = self._sessions.session, self._sessions.standings
        now = standings.now
        if isinstance(what, TimeoutSet):
            fresh = not (lasting or self._sessions.is_alone(session))
            limit = Limit(event.key, fresh)
            standings.become(lambda now: now.with_limit(session, what.name, limit, local=what.local))
            return event
        for name in NAMES:
            found = now.in_force(session, name)
            event.limits.setdefault(name, set()).update(one.setting if one is not None else None for one in found)
        held = {pick for other, pick in now.held if is_same(other, session)}
        event.held = held if event.held is None else event.held & held
        if isinstance(what, Pick):
            if what.lock is not None and not what.nested:
                standings.become(lambda now: replace(now, held=now.held | {(session, event.key)}))
            return event
        self.works += 1
        event.passed.update(*(one.passed for one in now.pending if one.change == event.key))
        pending = Pending(session, event.key, self._sessions.ending(session))
        standings.become(lambda now: replace(now, pending=now.pending | {pending}))
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
        self._name, self._sessions.session = name, None
        self.visited.add(id(call.place.whole))
        if name in objects.LOCKS and call.place.source is self.migration and isinstance(call.place.whole, cst.Call):
            picked = objects.pick(call.place.whole, self.migration.tree, call.machine.frames[-1].node)
            if picked is not None:
                self._note(picked, spot_of(call.place))
        if name in _PAUSES and self.loops and not self._handling:
            spot = spot_of(call.place)
            (self.held_pauses if self._sessions.holds() else self.pauses).setdefault(spot.key, spot)
        elif name == "Backfill" and "key" in call.named:
            self.definitions.append(call)
        elif name in _CONNECTS:
            for value in call.arguments:
                for text in _texts(value):
                    for setting in options(str(text)):
                        self._note(setting, self._spot(call, text, setting.start, setting.end), lasting=True)
                        if is_early(call):
                            self._sessions.early.add(None)

    def condition(self, machine: Machine, node: cst.If | cst.While) -> None:
        """Note a test of a row count by which a loop ends."""
        if self.loops and (isinstance(node, cst.While) or _leaves(node.body)) and _counts(machine, node.test):
            spot = spot_of(machine.place(node.test))
            self.rowcounts.setdefault(spot.key, spot)


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
