"""What has happened to backfills, as the state has written it down: events in their order, and who has told of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from migration_guard.backfill.keys import quoted
from migration_guard.backfill.standing import Happened
from migration_guard.backfill.statements import statement

MOST = 10_000
"""Events that are read at once."""


class History:
    """The events of one state. Every method runs in the transaction that it is given."""

    def __init__(self, schema: str) -> None:
        self._state = quoted(schema)

    def newest(self, connection: Connection) -> int:
        """Give the number of the newest event; 0 where there is none."""
        return int(connection.exec_driver_sql(self._sql("newest_event"), {}).scalar() or 0)

    def now(self, connection: Connection) -> datetime:
        """Give the time by the clock that events are dated by."""
        now: datetime = connection.exec_driver_sql(self._sql("history_now"), {}).scalar_one()
        return now

    def since(self, connection: Connection, after: int) -> tuple[Happened, ...]:
        """Give the events after a number, the oldest first."""
        rows = connection.exec_driver_sql(self._sql("events_since"), {"after": after, "most": MOST}).all()
        return tuple(Happened(*row) for row in rows)

    def of(self, connection: Connection, backfill: str) -> tuple[Happened, ...]:
        """Give the events of one backfill, the oldest first; the newest MOST, where there are more."""
        rows = connection.exec_driver_sql(self._sql("events_of"), {"backfill": backfill, "most": MOST}).all()
        return tuple(Happened(*row) for row in rows)

    def told(self, connection: Connection, event: Happened, what: str) -> bool:
        """Write down that somebody is told of an event; False if another run has done so before."""
        connection.exec_driver_sql(statement("serialise", state=self._state), {})
        given = {"backfill": event.backfill, "detail": f"{what} of event {event.id}"}
        return connection.exec_driver_sql(self._sql("tell_once"), given).first() is not None

    def _sql(self, name: str) -> str:
        return statement(name, state=self._state)
