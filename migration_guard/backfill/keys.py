"""Keys of one or several columns. A key is stored as text and cast by the server, so that any ordered type will do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psycopg.sql import Identifier

Value = tuple[str, ...]
"""A key as the state keeps it: the text of each column."""


def quoted(*names: str) -> str:
    """Quote an identifier, for a text that the driver takes."""
    return Identifier(*names).as_string(None).replace("%", "%%")


_ZONED = "timestamp with time zone"


@dataclass(frozen=True, slots=True)
class KeyColumn:
    """A column and the type that its text is cast to."""

    name: str
    type: str

    def text(self, expression: str) -> str:
        """The text of a value, which the cast reads back exactly under every setting.

        Those that would round or turn a text around are pinned (`session.SPELLING`). The time zone is not, as the
        definition's SQL keeps the role's: a moment is written in UTC here.
        """
        if self.type != _ZONED:
            return f"{expression}::text"
        utc = f"(({expression}) AT TIME ZONE 'UTC')::text || '+00'"
        return f"pg_catalog.replace(pg_catalog.replace({utc}, ' BC+00', '+00 BC'), 'infinity+00', 'infinity')"

    def array(self, name: str, condition: str) -> str:
        """The texts of a column's values, as one text of an array."""
        value = name if self.type != _ZONED else self.text(name)
        return f"(pg_catalog.array_agg({value}) FILTER (WHERE {condition}))::text"


@dataclass(frozen=True, slots=True)
class Key:
    """The columns that tell one row from another, and the SQL that speaks of them."""

    columns: tuple[KeyColumn, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(quoted(column.name) for column in self.columns)

    @property
    def order(self) -> str:
        return ", ".join(self.names)

    @property
    def descending(self) -> str:
        return ", ".join(f"{name} DESC" for name in self.names)

    @property
    def row(self) -> str:
        return _row(self.names)

    @property
    def texts(self) -> str:
        """The key of a row, as the state keeps it."""
        return _texts(column.text(name) for column, name in zip(self.columns, self.names))

    @property
    def named(self) -> str:
        """The columns under names of our own, which a predicate does not use."""
        return ", ".join(f"{name} AS mg_{n}" for n, name in enumerate(self.names))

    @property
    def named_texts(self) -> str:
        return _texts(column.text(f"mg_{n}") for n, column in enumerate(self.columns))

    def arrays(self, condition: str = "true") -> str:
        """The keys of several rows, as one text of an array for each column."""
        return _texts(column.array(f"mg_{n}", condition) for n, column in enumerate(self.columns))

    @property
    def last(self) -> str:
        """The key of the last row of an ordered selection."""
        nth = "[pg_catalog.count(*)::integer]"
        return _texts(column.text(f"(pg_catalog.array_agg(mg_{n})){nth}") for n, column in enumerate(self.columns))

    def bound(self, name: str) -> str:
        """A key that is given as parameters."""
        return _row([f"%({name}_{n})s::{column.type}" for n, column in enumerate(self.columns)])

    def parameters(self, name: str, value: Value) -> dict[str, str]:
        return {f"{name}_{n}": text for n, text in enumerate(value)}

    def between(self, low: Value | None, high: Value) -> tuple[str, dict[str, str]]:
        """Say: after a key, up to a key."""
        upto, given = f"{self.row} <= {self.bound('high')}", self.parameters("high", high)
        if low is None:
            return upto, given
        return f"{upto} AND {self.row} > {self.bound('cursor')}", given | self.parameters("cursor", low)

    def lists(self, name: str = "ids") -> str:
        """A list of keys, as an array for each column."""
        return ", ".join(f"%({name}_{n})s::{column.type}[]" for n, column in enumerate(self.columns))

    def rows(self, name: str) -> str:
        """A list of keys, as rows."""
        arrays = (f"pg_catalog.unnest({one})" for one in self.lists(name).split(", "))
        return f"ROWS FROM ({', '.join(arrays)}) AS mg_{name} ({', '.join(f'mg_{n}' for n in self._positions)})"

    @property
    def ids(self) -> str:
        """A list of keys, as `:ids` gives it to an update: an array, or rows where the key has several columns."""
        return self.lists() if len(self.columns) == 1 else f"SELECT * FROM {self.rows('ids')}"

    @property
    def among(self) -> str:
        """That a row is one of a list of keys. The planner would weigh each key of a plain array, at some cost."""
        listed = f"ARRAY(SELECT pg_catalog.unnest({self.lists()}))" if len(self.columns) == 1 else self.ids
        return f"{self.row} = ANY({listed})"

    def asked_among(self, where: str) -> str:
        """A predicate that is asked of these rows alone.

        Of a list of several columns the planner makes a join, before which it would ask all rows of the table; where the
        predicate fails on one of them, nobody could be asked.
        """
        return where if len(self.columns) == 1 else f"CASE WHEN {self.among} THEN ({where}) ELSE false END"

    def still(self, table: str, where: str) -> str:
        """The same, of those keys only whose rows still match."""
        matching = f"SELECT {self.order} FROM {table} WHERE {self.among} AND ({self.asked_among(where)})"
        return f"ARRAY({matching})" if len(self.columns) == 1 else matching

    def list_parameters(self, arrays: Sequence[str], name: str = "ids") -> dict[str, str]:
        return {f"{name}_{n}": text for n, text in enumerate(arrays)}

    @property
    def _positions(self) -> range:
        return range(len(self.columns))


def _row(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"


def _texts(parts: Iterable[str]) -> str:
    return f"ARRAY[{', '.join(parts)}]"
