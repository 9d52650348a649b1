"""Blocks of PL/pgSQL, which take no parameters: keys are handed to them, and what they found comes back, through settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from migration_guard.backfill.statements import statement

_KNOWN = "migration-guard: has PL/pgSQL"


def has_plpgsql(connection: Connection) -> bool:
    """Ask once a connection."""
    if _KNOWN not in connection.info:
        connection.info[_KNOWN] = connection.exec_driver_sql(statement("has_plpgsql")).scalar()
    return bool(connection.info[_KNOWN])


@dataclass(frozen=True, slots=True)
class Handed:
    """A list of keys, as an array for each column, and how a block speaks of it."""

    arrays: Sequence[str]

    @property
    def settings(self) -> Mapping[str, str]:
        """What is to be set before the block."""
        return {f"migration_guard.{name}": text for name, text in zip(self._names, self.arrays)}

    @property
    def first(self) -> str:
        """The array of the first column."""
        return self._names[0]

    @property
    def now(self) -> tuple[str, ...]:
        """The variables that hold the keys whose turn it is."""
        return tuple(f"mg_now_{n}" for n in range(len(self.arrays)))

    @property
    def declared(self) -> str:
        """The declarations of all of these."""
        read = "pg_catalog.current_setting('migration_guard.{0}')::text[]"
        lists = " ".join(f"{name} text[] := {read.format(name)};" for name in self._names)
        return f"{lists} {' '.join(f'{one} text;' for one in self.now)}"

    def turn(self, last: str) -> str:
        """Give the assignments that make it the turn of some keys, up to one."""
        return " ".join(f"{one} := {name}[mg_at : {last}]::text;" for one, name in zip(self.now, self._names))

    def spelt(self, sql: str) -> str:
        """Give a statement over a list of keys as one over those whose turn it is."""
        for n, name in enumerate(self.now):
            sql = sql.replace(f"%(ids_{n})s", name)
        return sql

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(f"mg_keys_{n}" for n in range(len(self.arrays)))
