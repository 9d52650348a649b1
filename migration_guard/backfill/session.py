"""A connection that is replaced when it breaks, and the two ways to begin transactions on it: one here, or some in a block."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

import psycopg
from psycopg import capabilities
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

from migration_guard.backfill.asks import Question
from migration_guard.backfill.errors import Refused
from migration_guard.backfill.patient import MARGIN, PatientConnection
from migration_guard.backfill.pinned import SPELLING, settings_question
from migration_guard.backfill.statements import statement

TIMED_TRANSACTIONS = 170000
"""The version of the server from which on transactions may be limited as a whole."""


class Session:
    """The runner's connection to the server. Whatever is set on it is set for a transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._began = 0.0
        self.failed_after = 0.0
        """Seconds that the statement had run which failed last."""
        event.listen(engine, "before_cursor_execute", self._note)

    @contextmanager
    def transaction(self, settings: Mapping[str, str] | None = None) -> Iterator[Connection]:
        """Run a block in a transaction of its own: READ COMMITTED and READ WRITE, whatever the role's defaults are."""
        with self.opened(None, settings) as (connection, _):
            yield connection

    @contextmanager
    def opened(
        self, question: Question | None, settings: Mapping[str, str] | None = None
    ) -> Iterator[tuple[Connection, Sequence[Any]]]:
        """Do the same, and ask something together with its beginning: all of that is one trip to the server."""
        connection = self._opened()
        try:
            with connection.begin():
                self._be_patient(connection, settings or {})
                wanted = {**SPELLING, **_unlimited(connection), **(settings or {})}
                yield connection, self._together(connection, settings_question(wanted), question)
        except Exception as error:
            self.failed_after = time.monotonic() - self._began
            if not isinstance(error, Refused):
                raise
            self.drop()  # SQLAlchemy may believe that the transaction has ended; the server rolls back what is cut off
            raise
        finally:
            if connection.closed or connection.invalidated:
                self.drop()

    def block(self, made: Callable[[Mapping[str, str]], Question], settings: Mapping[str, str]) -> None:
        """Run a block of PL/pgSQL that begins and ends transactions itself, and sets in each what it is given for that.

        A block takes no parameters: they become part of its text.
        """
        connection = self._opened()
        self._be_patient(connection, settings)
        path = self._engine.get_execution_options().get("search_path")
        pinned = {**SPELLING, **_unlimited(connection), **({"search_path": path} if path else {})}
        question = made({**pinned, **settings})
        driver: Any = connection.connection.driver_connection
        self._note()
        try:
            with psycopg.ClientCursor(driver) as cursor:
                body = cursor.mogrify(question.sql, question.parameters)
                driver.autocommit = True
                cursor.execute(statement("block"), {"body": body})
        except psycopg.Error as error:
            self.failed_after = time.monotonic() - self._began
            raise self._raised(connection, error) from error
        finally:
            if driver.closed:
                self.drop()
            else:
                driver.autocommit = False

    def _together(self, connection: Connection, *questions: Question | None) -> Sequence[Any]:
        """Send statements without waiting for one before the next, and give the rows of the last."""
        driver: Any = connection.connection.driver_connection
        self._note()
        try:
            with driver.cursor() as cursor:
                with driver.pipeline() if capabilities.has_pipeline() else nullcontext():
                    for question in filter(None, questions):
                        cursor.execute(question.sql, dict(question.parameters))
                while cursor.nextset():
                    pass
                return list(cursor.fetchall())
        except psycopg.Error as error:
            raise self._raised(connection, error) from error

    @staticmethod
    def _raised(connection: Connection, error: psycopg.Error) -> Exception:
        """Give an error of the driver's as SQLAlchemy would raise it."""
        driver: Any = connection.connection.driver_connection
        gone = driver is None or driver.closed
        if gone:
            connection.invalidate(error)
        raised: Exception = DBAPIError.instance(
            None, None, error, psycopg.Error, hide_parameters=True, connection_invalidated=gone
        )
        return raised

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

    def _be_patient(self, connection: Connection, settings: Mapping[str, str]) -> None:
        """An answer that takes longer than the server lets a statement run will not come any more."""
        driver = connection.connection.driver_connection
        limit = settings.get("statement_timeout")
        if isinstance(driver, PatientConnection) and limit is not None:
            driver.longest = int(limit.removesuffix("ms")) / 1000 + MARGIN

    def _note(self, *_: Any) -> None:
        self._began = time.monotonic()

    def _opened(self) -> Connection:
        if self._connection is None:
            opened = self._engine.connect()
            self._connection = opened.execution_options(isolation_level="READ COMMITTED", postgresql_readonly=False)
        return self._connection


def _unlimited(connection: Connection) -> dict[str, str]:
    """A role's own limit of whole transactions is no policy of ours, which bounds each statement."""
    driver: Any = connection.connection.driver_connection
    return {"transaction_timeout": "0"} if driver.info.server_version >= TIMED_TRANSACTIONS else {}
