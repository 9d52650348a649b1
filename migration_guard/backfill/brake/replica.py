"""How far replicas are behind that have an address of their own: each is asked where it is.

So also those are seen that hang on another standby, or that a proxy hides. One that cannot be reached may be anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import psycopg

from migration_guard.backfill.brake.lag import LIMITS, behind
from migration_guard.backfill.brake.marks import Marks
from migration_guard.backfill.brake.reading import Reading
from migration_guard.backfill.connect import APPLICATION, Address, address_in
from migration_guard.backfill.patient import PatientConnection
from migration_guard.backfill.statements import statement

SECONDS = 2
"""That a replica has for an answer; the shortest that libpq knows for a connection."""


class Replicas:
    """Connections to replicas, each opened at need and kept."""

    def __init__(self, variables: Sequence[str]) -> None:
        """Take environment variables that hold addresses; raise CannotRun where one holds none."""
        self._where = {variable: address_in(variable) for variable in variables}
        self._open: dict[str, PatientConnection] = {}

    @property
    def asked(self) -> bool:
        """Whether there are any."""
        return bool(self._where)

    def read(self, marks: Marks) -> Iterator[Reading]:
        """Ask them all."""
        at: dict[str, int] = {}
        for name, where in self._where.items():
            try:
                position = self._position(name, where)
            except psycopg.Error as error:
                self._forget(name)
                why = f"SQLSTATE {error.sqlstate}" if error.sqlstate else "no answer"
                yield from (
                    Reading(limit, None, blind=f"the replica in {name} cannot be asked: {why}") for limit in LIMITS
                )
                return
            if position is None:
                yield from (Reading(limit, None, blind=f"the server in {name} is no replica") for limit in LIMITS)
                return
            at[name] = position
        yield from behind(marks, at)

    def close(self) -> None:
        """Give the connections back."""
        for name in list(self._open):
            self._forget(name)

    def _position(self, name: str, where: Address) -> int | None:
        if name not in self._open:
            quick = replace(where, parameters={**where.parameters, "connect_timeout": SECONDS})
            self._open[name] = quick.connect(APPLICATION, PatientConnection)
            self._open[name].longest = SECONDS
        with self._open[name].transaction(), self._open[name].cursor() as cursor:
            row = cursor.execute(statement("gauge_replica").encode()).fetchone()
        return int(row[0]) if row is not None and row[0] is not None else None

    def _forget(self, name: str) -> None:
        connection = self._open.pop(name, None)
        if connection is not None:
            connection.close()
