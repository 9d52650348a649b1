"""A connection that is replaced when it breaks, and the one way to begin a transaction on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, Engine

from migration_guard.backfill.errors import Refused
from migration_guard.backfill.statements import statement


class Session:
    """The runner's connection to the server. Whatever is set on it is set for a transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    @contextmanager
    def transaction(self, settings: Mapping[str, str] | None = None) -> Iterator[Connection]:
        """Run a block in a transaction of its own: READ COMMITTED and READ WRITE, whatever the role's defaults are."""
        connection = self._opened()
        try:
            with connection.begin():
                if settings:
                    apply_settings(connection, settings)
                yield connection
        except Refused:
            self.drop()  # SQLAlchemy may believe that the transaction has ended; the server rolls back what is cut off
            raise
        finally:
            if connection.closed or connection.invalidated:
                self.drop()

    def drop(self) -> None:
        """Forget the connection; the next transaction opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):  # it is broken: that is why it goes
                connection.invalidate()
            with suppress(Exception):
                connection.close()

    def close(self) -> None:
        """Give the connection back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.close()

    def _opened(self) -> Connection:
        if self._connection is None:
            opened = self._engine.connect()
            self._connection = opened.execution_options(isolation_level="READ COMMITTED", postgresql_readonly=False)
        return self._connection


def apply_settings(connection: Connection, settings: Mapping[str, str]) -> None:
    """Set the server's parameters until the transaction ends."""
    parameters = {"names": list(settings), "values": list(settings.values())}
    connection.exec_driver_sql(statement("settings"), parameters)
