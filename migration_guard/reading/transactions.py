"""The sessions of a backfill and their transactions: which block or statement begins one, and what ends it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field
from typing import TYPE_CHECKING, TypeVar

import libcst as cst

from migration_guard.interpreter.functions import ContextManager
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.syntax import dotted
from migration_guard.interpreter.values import Constant, Value
from migration_guard.later import re
from migration_guard.lean import dataclass, replace
from migration_guard.libraries.database import Handle
from migration_guard.libraries.drivers import SERVER_SIDE, is_held_by_the_server
from migration_guard.libraries.execution import SINKS
from migration_guard.reading.standing import Limits, Session, Standing, Standings, is_same

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call

_BLOCKS = frozenset({"begin", "transaction", "atomic"})
"""Calls whose `with` block is a transaction."""
_CONNECTIONS = frozenset({"conn", "connection"})
"""`with conn:`, as psycopg2 has it."""
_CURSOR = re.compile(r"cur(?:sor)?s?$|pipeline$|copy$", re.IGNORECASE)
"""What a driver's connection gives, and whose `with` block commits nothing."""
_BEGINS = frozenset({"psycopg", "psycopg2"})
"""Drivers whose connections begin a transaction with each statement that none is open for, and commit at the end of their block."""
_SAVEPOINTS = re.compile(r"^[ \t]*(?:from|import)[ \t]+psycopg(?:_pool)?\b", re.MULTILINE)
"""psycopg 3, whose `connection.transaction()` is a savepoint where a statement before it has begun a transaction."""
_MODE = re.compile(r"autocommit\b(?!\s*=\s*(?:True|False)\s*[,)])|AUTOCOMMIT|isolation_level")
"""What else than an argument may say that each statement commits on its own."""
_T = TypeVar("_T")


@dataclass(slots=True)
class Transactions:
    """Those of one file."""

    source: str
    autocommits: bool
    """Whether a statement outside of a block commits on its own, as with Django, if its session does not say."""
    standings: Standings = field(default_factory=Standings)
    session: Session = None
    """The one that is spoken to."""
    early: set[Session] = field(default_factory=set)
    """Those that the module's own body opens, outside of any function."""
    _modes: dict[Session, bool] = field(default_factory=dict)
    """Whether each statement commits on its own, session by session."""
    _blocks: list[tuple[Session, object]] = field(default_factory=list)
    """The open blocks that are transactions, with their sessions; those inside another of the same are savepoints."""
    _managers: list[object] = field(default_factory=list)
    """The open blocks at whose end a driver's connection commits."""

    @property
    def in_block(self) -> bool:
        return bool(self._blocks)

    def opened(self, call: Call, driver: str) -> Session:
        """A session is opened: which one is told by all the calls that lead here."""
        session = (id(call.place.node), *(id(one.place.node) for one in call.machine.frames if one.place is not None))
        said = call.named.get("autocommit")
        if isinstance(said, Constant):
            self._modes[session] = bool(said.value)
        elif said is None and driver in _BEGINS and _MODE.search(self.source) is None:
            self._modes[session] = False
        if is_early(call):
            self.early.add(session)
        return session

    # --- Blocks ------------------------------------------------------------------------------------------------------

    def begins(self, node: cst.CSTNode, context: Value) -> bool:
        """Whether a block, or a function, is a transaction; a manager of the file's own says so by what it does."""
        own = any(isinstance(one, (ContextManager, Instance)) for one in context.alternatives())
        return is_transaction(node) and not own and not self._is_savepoint(node, session_of(context))

    def _is_savepoint(self, node: cst.CSTNode, session: Session) -> bool:
        """Whether a block is none of its own, since a statement before it has begun a transaction."""
        if session is None or self.is_alone(session) or _SAVEPOINTS.search(self.source) is None:
            return False
        return isinstance(node, cst.Call) and _method(node) == "transaction" and session in self.standings.now.begun

    @contextmanager
    def block(self, node: cst.CSTNode, session: Session) -> Iterator[None]:
        """What happens in this block is one transaction of the session, if it is not part of another one."""
        if not self.is_inside(session):
            self.standings.become(lambda now: now.ended(session, undone=False))
        with _inside(self._blocks, (session, id(node))):
            yield

    @contextmanager
    def manager(self, node: cst.CSTNode) -> Iterator[None]:
        """At the end of this block a connection commits."""
        with _inside(self._managers, id(node)):
            yield

    def is_inside(self, session: Session) -> bool:
        """Whether a transaction of the session is an open block."""
        return any(is_same(one, session) for one, _ in self._blocks)

    def ending(self, session: Session) -> object:
        """The open block at whose end a change is committed; None if there is none."""
        found = (block for one, block in self._blocks if is_same(one, session))
        return next(found, None) or next(reversed(self._managers), None)

    # --- Statements and calls ----------------------------------------------------------------------------------------

    def is_alone(self, session: Session) -> bool:
        """Whether a statement that is executed now commits on its own."""
        mode = self._modes.get(session, self.autocommits)
        return mode and session not in self.standings.now.opened and not self.is_inside(session)

    def asked(self, name: str, session: Session) -> None:
        """A method of a session is called: a statement of its own may begin a transaction."""
        self.session = session
        if name in SINKS and not self.is_alone(session) and not self.is_inside(session):
            self.standings.become(lambda now: replace(now, begun=now.begun | {session}))

    def begun(self, session: Session) -> None:
        """SQL has begun a transaction."""
        self.standings.become(lambda now: replace(now, opened=now.opened | {session}))

    def pending(self, session: Session) -> list[object]:
        """The changes of a session that are not committed yet."""
        return [one.change for one in self.standings.now.pending if is_same(one.session, session)]

    def over(self, session: Session, *, undone: bool) -> None:
        """The transaction of a session is over."""
        self.standings.become(lambda now: now.ended(session, undone=undone))

    def fetches_in_vain(self, handle: Handle, name: str, call: Call) -> bool:
        """Whether a call fetches from a cursor that a commit may have closed; one that opens such a cursor is remembered."""
        session = handle.session
        if name == "cursor" and session is not None and is_held_by_the_server(call) and not self.is_alone(session):
            self.standings.become(
                lambda now: replace(now, cursors=now.cursors | {session}, closed=now.closed - {session})
            )
        return name.startswith("fetch") and handle.kind == SERVER_SIDE and session in self.standings.now.closed

    # --- What is so by now -------------------------------------------------------------------------------------------

    def holds(self) -> bool:
        """Whether a transaction has locked or changed rows by now."""
        now = self.standings.now
        still_open = {None, *self._managers, *(block for _, block in self._blocks)}
        return bool(now.held) or any(one.within in still_open for one in now.pending)

    def uncommitted(self) -> Iterator[object]:
        """The changes in sessions of its own that nothing may have committed by the end."""
        for one in self.standings.now.pending:
            if one.session is not None and one.within is None and not self._modes.get(one.session, self.autocommits):
                yield one.change

    def of_module(self) -> Standing:
        """The time-outs that surely hold in sessions when a function of the module is called."""
        limits: Limits = self.standings.now.limits
        return Standing(
            {at: found for at, found in limits.items() if None not in found and not at[2] and at[0] in self.early}
        )


@contextmanager
def _inside(places: list[_T], place: _T) -> Iterator[None]:
    places.append(place)
    try:
        yield
    finally:
        places.pop()


def is_early(call: Call) -> bool:
    """Whether a call is one of the module's own body, outside of any function."""
    return not any(one.function is not None for one in call.machine.frames)


def session_of(context: Value) -> Session:
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


def is_connection(node: cst.CSTNode, context: Value) -> bool:
    """Whether what stands behind `with` commits at the end of the block: a driver's connection, or one of a pool."""
    spelled = _spelled(node)
    if spelled in _CONNECTIONS or re.search(r"pool\w*\.connection$", spelled, re.IGNORECASE):
        return True
    drivers = [one for one in context.alternatives() if isinstance(one, Handle) and one.kind in _BEGINS]
    return bool(drivers) and not _CURSOR.search(spelled) and not is_transaction(node)


def _spelled(node: cst.CSTNode) -> str:
    match node:
        case cst.Await(expression=inner):
            return _spelled(inner)
        case cst.Call():
            return dotted(node.func) or _method(node)
        case cst.Name() | cst.Attribute():
            return dotted(node) or node.attr.value if isinstance(node, cst.Attribute) else node.value
    return ""


def _callee(node: cst.BaseExpression) -> cst.BaseExpression:
    return node.func if isinstance(node, cst.Call) else node


def _method(node: cst.Call) -> str:
    return node.func.attr.value if isinstance(node.func, cst.Attribute) else ""


def autocommits(source: str) -> bool:
    """Whether statements outside of a transaction commit on their own: by Django's default, or because it is asked for."""
    asked = "AUTOCOMMIT" in source or re.search(r"autocommit\s*=\s*True", source) is not None
    return (
        asked
        or re.search(r"^[ \t\f]*(?:from|import)\b.*\b(?:django|asyncpg|peewee)\b|\w\.objects\.", source, re.MULTILINE)
        is not None
    )
