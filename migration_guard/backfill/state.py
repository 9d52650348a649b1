"""The state of backfills in their own schema: who runs what, how far it is, what became of the rows."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from migration_guard.backfill.errors import CannotRun, Fault, LostClaim, judged
from migration_guard.backfill.keys import Value, quoted
from migration_guard.backfill.policy import TimeoutPolicy
from migration_guard.backfill.standing import Counts, Standing, TenantCounts
from migration_guard.backfill.statements import statement
from migration_guard.backfill.transitions import FINISHED, TAKEN_UP, Actor, State, check
from migration_guard.backfill.trust import Use, check_creation, check_state

VERSION = 1
SCHEMA = "migration_guard"


@dataclass(frozen=True, slots=True)
class Record:
    """What the state knows of a backfill."""

    key: str
    state: State
    reason: str | None
    request: str | None
    fingerprint: str
    token: int
    sweep: int
    bound: Value | None
    claimed_by: str | None
    claimed_since: str | None
    alive: bool
    table: str
    started: bool


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of keys under one cursor, or the keys that a batch found locked."""

    id: int
    skipped: bool
    tenant: str | None
    done: bool
    touched: int
    """Rows that this sweep changed or set aside in it."""
    keys: int
    """How many keys it has that were locked."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a window stands, as of the batch's own transaction."""

    window: int
    tenant: str | None
    parent: int | None
    cursor: Value | None
    keys: tuple[Value, ...]
    done: bool
    batches: int


@dataclass(frozen=True, slots=True)
class Control:
    """What a batch learns before it begins."""

    request: str | None
    queued: bool
    """Whether a schema change waits for the table."""
    set_aside: tuple[str, ...]
    """The keys in quarantine, as the server writes arrays."""
    place: Place


def whoami() -> str:
    """Name this process, as the state shows it."""
    return f"{socket.gethostname()}:{os.getpid()}"


def ddl(schema: str) -> str:
    """Give the SQL that creates the state, for a person who may."""
    state = quoted(schema)
    return f"{statement('create_schema', state=state)};\n{statement('version_1', state=state)};\n"


class Store:
    """The state's tables. Every method runs in the transaction that it is given."""

    def __init__(self, schema: str = SCHEMA, owners: Sequence[str] = ()) -> None:
        self.schema = schema
        self._owners = owners
        """Roles that the configuration names, to whom the state may belong."""
        self._state = quoted(schema)

    def sql(self, name: str, **parts: str) -> str:
        """Give a statement on the state."""
        return statement(name, state=self._state, **parts)

    def ready(self, connection: Connection, use: Use = Use.WRITE) -> bool:
        """Tell whether the tables are there; those of others and those of a later version are refused."""
        self._refuse(check_state(connection, self.schema, self._owners, use))
        if not self._scalar(connection, "gate_ready", name=f"{self._state}.versions".replace("%%", "%")):
            return False
        version = self._scalar(connection, "version")
        if version > VERSION:
            newer = f"the state in schema {self.schema} is of version {version}, this migration-guard knows {VERSION}"
            raise CannotRun(f"{newer}: upgrade migration-guard here; nothing was touched")
        return bool(version == VERSION)

    def create(self, connection: Connection) -> None:
        """Create what is missing; where the role may not, say what to do."""
        self._execute(connection, "serialise")
        if self.ready(connection):
            return
        self._refuse(check_creation(connection, self._owners))
        try:
            if not self._scalar(connection, "schema_exists", schema=self._state.replace("%%", "%")):
                self._execute(connection, "create_schema")
            for one in self.sql("version_1").split(";\n"):
                connection.exec_driver_sql(one)
            self._refuse(check_state(connection, self.schema, self._owners, Use.MADE))
        except DBAPIError as error:
            todo = "let somebody who may run the output of `migration-guard backfill init --print-sql`"
            raise CannotRun(
                f"the state's tables in schema {self.schema} cannot be created: {judged(error)}; {todo}"
            ) from None

    def _refuse(self, reason: str | None) -> None:
        if reason is not None:
            raise CannotRun(reason)

    # Backfills.

    def enrol(self, connection: Connection, key: str, fingerprint: str, table: str) -> Record:
        """Take a backfill in; one that has not begun may still change."""
        self._execute(connection, "enrol", backfill=key, fingerprint=fingerprint, table=table)
        found = self.find(connection, key)
        assert found is not None
        return found

    def find(self, connection: Connection, key: str) -> Record | None:
        """Give what is known of a backfill."""
        row = self._first(connection, "one", backfill=key, parts={"alive": self.sql("alive")})
        if row is None:
            return None
        record = Record(*row)
        return replace(record, state=State(record.state), bound=tuple(row[7]) if row[7] is not None else None)

    def claim(self, connection: Connection, key: str, policy: TimeoutPolicy, lease: float, *, ours: bool) -> int | None:
        """Take a backfill over, and give the token that proves it; None if somebody else is at it.

        The claim ends with our connection where the work is done over it.
        """
        token: int | None = self._scalar(
            connection,
            "claim",
            parts={"alive": self.sql("alive")},
            backfill=key,
            who=whoami(),
            lease=lease,
            policy=str(policy),
            ours=ours,
            free=[state.value for state in TAKEN_UP if state is not State.RUNNING],
        )
        if token is not None:
            self.note(connection, key, Actor.RUNNER, "running", f"by {whoami()}; {policy}")
        return token

    def step(
        self,
        connection: Connection,
        record: Record,
        to: State,
        by: Actor,
        *,
        reason: str | None,
        token: int | None = None,
    ) -> None:
        """Lead a backfill to another state, as the table of transitions allows."""
        check(record.state, to, by)
        moved = self._first(
            connection,
            "step",
            backfill=record.key,
            origin=record.state.value,
            to=to.value,
            reason=reason,
            token=token,
            finished=to in FINISHED,
        )
        if moved is None:
            raise LostClaim("its state changed meanwhile")
        self.note(connection, record.key, by, to.value, reason)

    def ask(self, connection: Connection, key: str, request: str) -> None:
        """Leave a request that the runner takes up at its next batch."""
        self._execute(connection, "ask", backfill=key, request=request)
        self.note(connection, key, Actor.PERSON, f"asked to {request}", f"by {whoami()}")

    def forget(self, connection: Connection, key: str) -> None:
        """Forget how far a backfill is; its events stay."""
        self._execute(connection, "forget", backfill=key)

    def renew(self, connection: Connection, key: str, token: int, lease: float) -> None:
        """Keep a claim while nothing is done."""
        self._execute(connection, "renew", backfill=key, token=token, lease=lease)

    def note(self, connection: Connection, key: str, by: Actor, kind: str, detail: str | None) -> None:
        """Write down what happened."""
        self._execute(connection, "event", backfill=key, actor=by.value, kind=kind, detail=detail)

    # Windows.

    def control(self, connection: Connection, key: str, token: int, window: int, tables: Sequence[int]) -> Control:
        """Ask, at the beginning of a batch, whether it may be, and where its window stands."""
        row = self._first(connection, "control", backfill=key, token=token, window=window, tables=list(tables))
        if row is None or not row[1]:
            raise LostClaim("another runner has taken it over")
        request, _, queued, tenant, parent, cursor, keys, done, batches, set_aside = row
        place = Place(window, tenant, parent, tuple(cursor) if cursor else None, _keys(keys), done, batches)
        return Control(request, queued, tuple(set_aside), place)

    def windows(self, connection: Connection, key: str) -> tuple[Window, ...]:
        """Give the windows, those first that have had the fewest batches."""
        rows = self._rows(connection, "windows", backfill=key)
        return tuple(Window(*row) for row in rows)

    def begin_sweep(
        self, connection: Connection, key: str, token: int, *, sweep: int, bound: Value, tenants: Sequence[str | None]
    ) -> None:
        """Set every cursor to the beginning, and add windows for tenants that are new."""
        self._execute(connection, "add_windows", backfill=key, sweep=sweep, tenants=list(tenants))
        self._execute(connection, "begin_sweep", backfill=key, token=token, sweep=sweep, bound=list(bound))

    def record(
        self,
        connection: Connection,
        key: str,
        token: int,
        counts: Counts,
        *,
        window: int,
        batches: int,
        lease: float,
        touched: int,
        cursor: Value | None = None,
        done: bool = False,
    ) -> None:
        """Write the outcome of a batch in its own transaction, or refuse if the claim or the window is not ours."""
        named = {field.name: getattr(counts, field.name) for field in fields(counts)}
        moved = self._first(
            connection,
            "record",
            backfill=key,
            token=token,
            window=window,
            batches=batches,
            cursor=list(cursor) if cursor else None,
            done=done,
            touched=touched,
            lease=lease,
            **named,
        )
        if moved is None:
            raise LostClaim("another runner has taken it over")

    def skip(self, connection: Connection, window: int, keys: Sequence[Value]) -> None:
        """Note the keys that a batch found locked, to come back to."""
        self._execute(connection, "skip", window=window, keys=[list(key) for key in keys])

    def keep_skipped(self, connection: Connection, window: int, keys: Sequence[Value]) -> None:
        """Note which of them are left."""
        if keys:
            self._execute(connection, "skip_rest", window=window, keys=[list(key) for key in keys])
        else:
            self._execute(connection, "skip_done", window=window)

    def quarantine(
        self, connection: Connection, key: str, tenant: str | None, row: Value, *, fault: Fault, tries: int
    ) -> bool:
        """Set a row aside that cannot be changed; tell whether it is the first time."""
        return bool(
            self._scalar(
                connection,
                "quarantine",
                backfill=key,
                tenant=tenant,
                row_key=list(row),
                sqlstate=fault.sqlstate,
                message=fault.message,
                attempts=tries,
            )
        )

    # What is shown.

    def standings(self, connection: Connection) -> tuple[Standing, ...]:
        """Give the line of every backfill."""
        return tuple(
            Standing(row[0], State(row[1]), row[2], Counts(*row[3:9]), *row[9:])
            for row in self._rows(connection, "status")
        )

    def tenants(self, connection: Connection) -> tuple[TenantCounts, ...]:
        """Give the counts of every tenant."""
        rows = self._rows(connection, "status_by_tenant")
        return tuple(TenantCounts(row[0], row[1], Counts(*row[2:8]), row[8]) for row in rows)

    def _execute(self, connection: Connection, name: str, /, **parameters: Any) -> None:
        connection.exec_driver_sql(self.sql(name), parameters)

    def _rows(self, connection: Connection, name: str, /, **parameters: Any) -> Sequence[Any]:
        return connection.exec_driver_sql(self.sql(name), parameters).all()

    def _first(
        self, connection: Connection, name: str, /, parts: dict[str, str] | None = None, **parameters: Any
    ) -> Any:
        return connection.exec_driver_sql(self.sql(name, **(parts or {})), parameters).first()

    def _scalar(
        self, connection: Connection, name: str, /, parts: dict[str, str] | None = None, **parameters: Any
    ) -> Any:
        return connection.exec_driver_sql(self.sql(name, **(parts or {})), parameters).scalar()


def _keys(keys: Sequence[Sequence[str]] | None) -> tuple[Value, ...]:
    return tuple(tuple(key) for key in keys or ())
