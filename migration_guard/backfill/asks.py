"""What the runner's statements are sent over, whoever the driver is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from migration_guard.backfill.statements import statement


class Asks(Protocol):
    """SQLAlchemy's connection, or what `Driver` makes of another."""

    def exec_driver_sql(self, statement: str, parameters: Any = ..., /) -> Any:
        """Run a statement, and give its rows."""


@dataclass(frozen=True, slots=True)
class Question:
    """A statement that gives rows, not sent yet."""

    sql: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


NO_QUESTION = Question("SELECT NULL")


def column_of(connection: Asks, name: str, /, **parameters: Any) -> list[Any]:
    """Give the first value of each row of a statement."""
    return [row[0] for row in connection.exec_driver_sql(statement(name), parameters)]


class Driver:
    """A driver's connection, or Django's, asked as SQLAlchemy's is."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def exec_driver_sql(self, statement: str, parameters: Any = None, /) -> Rows:
        """Run a statement, and give its rows."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement, parameters or {})
            return Rows(cursor.fetchall() if cursor.description else [])


class Rows:
    """The rows of a statement."""

    def __init__(self, rows: list[Any]) -> None:
        self._rows = [tuple(row.values() if isinstance(row, Mapping) else row) for row in rows]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def all(self) -> list[Any]:
        """Give all of them."""
        return self._rows

    def first(self) -> Any:
        """Give the first, or None."""
        return self._rows[0] if self._rows else None

    def one(self) -> Any:
        """Give the only one."""
        (row,) = self._rows
        return row

    def scalar(self) -> Any:
        """Give the first value of the first row, or None."""
        return self._rows[0][0] if self._rows else None


def asking(connection: Any) -> Asks:
    """Take whatever a migration has."""
    return connection if hasattr(connection, "exec_driver_sql") else Driver(connection)
