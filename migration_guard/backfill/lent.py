"""The engine that is lent to a registry's function: its connections are its own, and obey as far as SQLAlchemy lets us.

Each transaction gets the policy's time-outs, and its commit looks first whether the claim is still ours. Between two
transactions, the function can be ended: by a signal, when the time is over, or at a person's request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, event

from migration_guard.backfill.brake.turnstile import Turnstile
from migration_guard.backfill.clock import Clock, Stop
from migration_guard.backfill.connect import Address, plain_engine
from migration_guard.backfill.errors import LostClaim, Refused
from migration_guard.backfill.localise import leaves_behind, localised
from migration_guard.backfill.state import Store
from migration_guard.backfill.statements import statement
from migration_guard.backfill.transitions import State

_POOLER = "the server is reached through a pooler, which gives each transaction another session"


class Ended(BaseException):
    """Ends a function between two of its transactions. No error, so that no `except Exception` keeps it."""

    def __init__(self, why: Stop | LostClaim | Refused) -> None:
        super().__init__(why)
        self.why = why


class _Lent(psycopg.Connection[Any]):
    """A connection that knows whether SQLAlchemy has it in hand."""

    refuse: Callable[[], None] | None = None

    def cursor(self, *arguments: Any, **named: Any) -> Any:
        if self.refuse is not None:
            self.refuse()
        return super().cursor(*arguments, **named)


@dataclass(frozen=True, slots=True)
class Lease:
    """What a function runs under."""

    store: Store
    key: str
    token: int
    settings: Mapping[str, str]
    """The policy's time-outs."""


class Lender:
    """Lends an engine, and remembers why the function that has it must end."""

    def __init__(self, where: Address, name: str, claim: Lease, clock: Clock, turnstile: Turnstile) -> None:
        self._claim = claim
        self._turnstile = turnstile
        self._settings = {**claim.settings, **({"search_path": where.search_path} if where.search_path else {})}
        self._clock = clock
        self._pooled: bool | None = None
        self.ended: Stop | LostClaim | Refused | None = None
        self.raised = False
        """Whether the function was told; it may have kept it to itself."""
        self.engine = plain_engine(lambda: where.connect(name, _Lent), kept=True)
        event.listen(self.engine, "connect", self._connected)
        event.listen(self.engine, "checkout", self._out_of_hand)
        event.listen(self.engine, "checkin", _given_back)
        event.listen(self.engine, "engine_connect", self._in_hand)
        event.listen(self.engine, "begin", self._begun)
        event.listen(self.engine, "before_cursor_execute", self._rewritten, retval=True)
        event.listen(self.engine, "commit", self._committing)

    def close(self, engine: Engine | None = None) -> None:
        """Close what the function has left open."""
        (engine or self.engine).dispose()

    def check(self) -> None:
        """End the function if there is a reason."""
        held = f"; held: {self._turnstile.held}" if self._turnstile.held is not None else ""
        if self.ended is None and self._clock.stop.is_set():
            self.ended = Stop(State.INCOMPLETE, f"stopped by a signal{held}", passes=True)
        if self.ended is None and self._clock.left <= 0:
            self.ended = Stop(
                State.INCOMPLETE,
                f"time: the run's time is over, the next run calls its function again{held}",
                passes=True,
            )
        if self.ended is not None:
            self.raised = True
            raise Ended(self.ended)

    def _refuse(self, what: str, instead: str) -> None:
        self.ended = Refused(f"the function uses {what}, and {_POOLER}; {instead}")
        self.check()

    def _connected(self, driver: _Lent, _record: Any) -> None:
        """See whether a pooler is between us and the server; a session of the function's own gets the policy at once."""
        if self._pooled is None:
            with driver.cursor() as cursor:
                (pid,) = cursor.execute("SELECT pg_catalog.pg_backend_pid()").fetchone() or (0,)
            self._pooled = pid != driver.info.backend_pid
        if not self._pooled:
            self._apply(driver, local=False)
        driver.commit()

    def _out_of_hand(self, driver: _Lent, *_: Any) -> None:
        if self._pooled:
            driver.refuse = lambda: self._refuse("raw_connection()", "use engine.begin()")

    def _in_hand(self, connection: Connection) -> None:
        _driver(connection).refuse = None
        self.check()

    def _begun(self, connection: Connection) -> None:
        self.check()
        self._turnstile.wait(self.check)
        if not _driver(connection).autocommit:
            self._apply(_driver(connection), local=True)
        elif self._pooled:
            self._refuse("AUTOCOMMIT", "use engine.begin()")

    def _apply(self, driver: _Lent, *, local: bool) -> None:
        settings = self._settings
        name = "settings" if local else "settings_of_session"
        with driver.cursor() as cursor:
            cursor.execute(
                statement(name).encode(), {"names": list(settings), "values": list(settings.values())}
            ).fetchall()

    def _rewritten(self, connection: Connection, _cursor: Any, sql: str, parameters: Any, *_: Any) -> tuple[str, Any]:
        if _driver(connection).autocommit:
            return sql, parameters
        if self._pooled and (left := leaves_behind(sql)) is not None:
            self._refuse(left, "what it leaves would be the next client's")
        return localised(sql), parameters

    def _committing(self, connection: Connection) -> None:
        """Look whether the claim is still ours, and keep it from being taken until the commit is through."""
        driver = _driver(connection)
        if driver.autocommit or driver.info.transaction_status is not TransactionStatus.INTRANS:
            return
        store, key, token = self._claim.store, self._claim.key, self._claim.token
        with driver.cursor() as cursor:
            row = cursor.execute(store.sql("holds").encode(), {"backfill": key, "token": token}).fetchone()
        if row is None:
            driver.rollback()
            self.ended = LostClaim("another runner has taken it over; what it had not committed was rolled back")
            self.check()
        if row[0] is not None:
            state = State.PAUSED if row[0] == "pause" else State.CANCELLED
            self.ended = Stop(state, "asked by a person")  # raised when the next transaction begins


def _given_back(driver: _Lent | None, _record: Any) -> None:
    if driver is not None:  # it may be broken
        driver.refuse = None


def _driver(connection: Connection) -> _Lent:
    found: Any = connection.connection.dbapi_connection
    assert isinstance(found, _Lent)
    return found
