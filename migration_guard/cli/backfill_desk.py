"""Where a person asks how backfills stand, and leads them from one state to another."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from migration_guard.backfill import shown
from migration_guard.backfill.arrays import array
from migration_guard.backfill.connect import APPLICATION, address_in, engine
from migration_guard.backfill.definition import DefinitionError, nearest
from migration_guard.backfill.earned import Verdict
from migration_guard.backfill.errors import CannotRun, LostClaim
from migration_guard.backfill.history import History
from migration_guard.backfill.pinned import search_settings
from migration_guard.backfill.policy import TimeoutPolicy
from migration_guard.backfill.preflight import as_role, located
from migration_guard.backfill.ranges import holders
from migration_guard.backfill.record import Record
from migration_guard.backfill.registry import Definition
from migration_guard.backfill.session import Session
from migration_guard.backfill.standing import Happened, Holder, SetAside, Standing, TenantCounts
from migration_guard.backfill.state import Store
from migration_guard.backfill.statements import statement
from migration_guard.backfill.steering import Steering, known_zone
from migration_guard.backfill.transitions import Actor, State
from migration_guard.backfill.trust import PINNED, Use
from migration_guard.backfill.verdict import verdict_on

_LEADS_TO = {"pause": State.PAUSED, "resume": State.QUEUED, "cancel": State.CANCELLED, "retry": State.QUEUED}
_BY = "by a person"


class Desk:
    """The state's tables, for a person."""

    def __init__(self, variable: str, store: Store) -> None:
        self._session = Session(engine(address_in(variable), APPLICATION))
        self._store = store
        self._history = History(store.schema)

    def close(self) -> None:
        """Give the connection back."""
        self._session.close()

    def standings(self) -> tuple[Standing, ...]:
        """Give the line of every backfill; none before the first run."""
        with self._transaction() as connection:
            return shown.standings(connection, self._store) if self._store.tables.ready(connection, Use.READ) else ()

    def tenants(self) -> tuple[TenantCounts, ...]:
        """Give the counts of every tenant."""
        with self._transaction() as connection:
            return shown.tenants(connection, self._store) if self._store.tables.ready(connection, Use.READ) else ()

    def holders(self) -> tuple[Holder, ...]:
        """Give who does what, where a backfill is shared."""
        with self._transaction() as connection:
            ready = self._store.tables.ready(connection, Use.READ)
            return holders(connection, self._store.schema) if ready else ()

    def now(self) -> datetime:
        """Give the time by the server's clock, by which events are dated."""
        with self._transaction() as connection:
            return self._history.now(connection)

    def events(self, key: str) -> tuple[Happened, ...]:
        """Give what has happened to a backfill that has been run, the oldest first; the newest, where it is too much."""
        with self._transaction() as connection:
            return self._history.of(connection, key) if self._store.tables.ready(connection, Use.READ) else ()

    def steer(self, command: str, key: str) -> str:
        """Lead a backfill to another state, or ask its runner to; tell which."""
        to = _LEADS_TO[command]
        with self._transaction() as connection:
            record = self._record(connection, key)
            if record.alive and command in {"pause", "cancel"}:
                self._store.ask(connection, key, command)
                return f"is running, and asked to {command}; it will, after its batch"
            if record.state is to and command != "retry":
                return f"is {to.value} already"
            if command == "resume" and record.state is not State.PAUSED:
                return f"is {record.state.value}; only what is paused is resumed"
            self._store.step(connection, record, to, Actor.PERSON, reason=None if to is State.QUEUED else _BY)
            if command == "retry":
                self._store.forget(connection, key)
            return f"is {to.value} now"

    def pace(self, key: str, change: Callable[[Steering], Steering], definition: Definition | str) -> Steering:
        """Set a pace, as a change of the one that is set; one that has not been run yet is taken in for that."""
        with self._transaction() as connection:
            if not self._store.tables.ready(connection):
                raise DefinitionError("no backfill has been run here: `migration-guard backfill init` makes the tables")
            if not isinstance(definition, str) and self._store.find(connection, key) is None:
                self._store.enrol(connection, key, definition.fingerprint, definition.table)
            self._record(connection, key)
            steering = change(self._store.steered(connection, key).steering)
            if steering.window is not None:
                zones = [row[0] for row in connection.exec_driver_sql(statement("time_zones"), {})]
                steering = replace(steering, window=known_zone(steering.window, zones))
            role = connection.exec_driver_sql(statement("session_user"), {}).scalar()
            self._store.steer(connection, key, steering, f"{role}, {_person()}")
        return steering

    def set_aside(self, key: str | None) -> tuple[SetAside, ...]:
        """Give the rows in quarantine, of one backfill or of all."""
        with self._transaction() as connection:
            return self._store.set_aside(connection, key) if self._store.tables.ready(connection, Use.READ) else ()

    def rows_of(self, definition: Definition, rows: Sequence[SetAside]) -> dict[tuple[str, ...], str]:
        """Give all that the table holds of rows now, as JSON: only where somebody asks for it."""
        claim = definition.claim
        if claim is None or not rows:
            return {}
        with self._session.transaction({**TimeoutPolicy().settings(0), **search_settings(claim)}) as connection:
            with as_role(connection, claim):
                source = located(connection, claim)
                key = source.key
                parts = {"texts": key.texts, "table": source.table.sql, "among": key.among}
                parameters = key.list_parameters([array(column) for column in zip(*(row.key for row in rows))])
                found = connection.exec_driver_sql(statement("rows_of", **parts), parameters).all()
            return {tuple(row): text for row, text in found}

    def release(self, key: str) -> str:
        """Let the rows in quarantine be tried again, and no others."""
        with self._transaction() as connection:
            record = self._record(connection, key)
            if record.alive:
                return "is running; what is in quarantine can be tried again when it has ended"
            count = self._store.release(connection, key)
            if not count:
                return "has no rows in quarantine"
            self._store.step(connection, record, State.QUEUED, Actor.PERSON, reason=None)
            return f"{count} rows are out of quarantine; the next run tries them again"

    def gate(self, key: str, definition: Definition | str, *, prove: bool) -> tuple[bool, str]:
        """Tell whether a backfill is verified as complete for its definition, and holds still; and how it stands."""
        with self._transaction() as connection:
            record = self._store.find(connection, key) if self._store.tables.ready(connection, Use.READ) else None
        if record is None:
            return False, "has never been run"
        earned = record.earned
        if record.state is not State.COMPLETED:
            return False, str(earned)
        if isinstance(definition, str):
            return False, f"{earned}, but nobody can say of what: {definition}"
        with self._session.transaction(TimeoutPolicy().settings(0)) as connection:
            verdict = verdict_on(connection, definition, earned, self._store.schema, prove=prove)
        with suppress(CannotRun, DBAPIError, LostClaim):  # who may only read has an answer as well
            self._write_down(record, verdict)
        return verdict.passed, str(verdict)

    def _write_down(self, record: Record, verdict: Verdict) -> None:
        """Let the state say the same, and later looks begin where this one has come to."""
        with self._transaction() as connection:
            if not self._store.tables.ready(connection):
                return
            self._store.look_was(connection, record, verdict)
            if verdict.lost:
                reason = "moving target: rows came unfilled after it was complete"
                self._store.step(connection, record, State.INCOMPLETE, Actor.RUNNER, reason=reason)

    def _record(self, connection: Connection, key: str) -> Record:
        record = self._store.find(connection, key) if self._store.tables.ready(connection) else None
        if record is None:
            known = (
                [one.key for one in shown.standings(connection, self._store)]
                if self._store.tables.ready(connection)
                else []
            )
            raise DefinitionError(f'no backfill with the key "{key}" has ever been run here{nearest(key, known)}')
        return record

    def _transaction(self) -> AbstractContextManager[Connection]:
        return self._session.transaction({**TimeoutPolicy().settings(0), **PINNED})


def _person() -> str:
    """Name who sits there, as his own system does."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container may know no name for its user
        name = str(os.getuid())
    return f"{name} on {socket.gethostname()}"


@contextmanager
def open_desk(variable: str, schema: str, owners: tuple[str, ...]) -> Iterator[Desk]:
    """Open the desk for a command."""
    desk = Desk(variable, Store(schema, owners))
    try:
        yield desk
    finally:
        desk.close()
