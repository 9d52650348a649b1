"""A text, what PostgreSQL wrote when it ran it, and what is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum

import psycopg
from psycopg import pq
from psycopg.abc import Buffer

from migration_guard.sql import Change, Unknown, read_sql

from .texts import TABLES

_SCHEMA = "".join(
    f"CREATE TABLE {table} (id serial, a int, b text); INSERT INTO {table} (a) VALUES (1), (2);"
    f"CREATE TRIGGER w AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} EXECUTE FUNCTION note();"
    for table in TABLES
)
_SETUP = f"""
CREATE TABLE written (name text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN INSERT INTO public.written VALUES (TG_TABLE_NAME); RETURN NULL; END';
{_SCHEMA}
"""
"""A trigger for each statement: none of them passes over all rows."""


class Verdict(Enum):
    """What comparing shows."""

    AGREED = "what was written is told"
    UNKNOWN = "written or not, it is told that it cannot be known"
    REFUSED = "the server refuses the text"
    ALARM = "told, and not written"
    MISSED = "written, and not told"


@dataclass(frozen=True, slots=True)
class Seen:
    """What both say of a text."""

    verdict: Verdict
    written: frozenset[str]
    told: frozenset[str]


class Witness:
    """A connection on which texts are run, each taken back."""

    def __init__(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        self._connection = connection

    def see(self, text: str, dialect: str = "postgres") -> Seen:
        """Run a text, read it, and compare."""
        steps = read_sql(text, dialect=dialect)
        told = frozenset(
            table.rpartition(".")[2] for step in steps if isinstance(step, Change) for table in step.tables or ("?",)
        )
        unknown = "?" in told or any(isinstance(step, Unknown) for step in steps)
        written = self._written(text)
        if written is None:
            return Seen(Verdict.REFUSED, frozenset(), told)
        if written <= told:
            verdict = Verdict.AGREED if told == written else Verdict.ALARM
        else:
            verdict = Verdict.UNKNOWN if unknown else Verdict.MISSED
        return Seen(Verdict.UNKNOWN if unknown and verdict is Verdict.ALARM else verdict, written, told)

    def _written(self, text: str) -> frozenset[str] | None:
        """The tables that a text wrote; None if the server refused it."""
        server = self._connection.pgconn
        self._run(b"BEGIN")
        refused = self._run(text.encode("utf-8", "replace")) is None
        found = None if refused else self._run(b"SELECT DISTINCT name FROM public.written")
        self._run(b"ROLLBACK")
        self._run(b"TRUNCATE public.written; DEALLOCATE ALL; RESET ALL")
        assert server.transaction_status == pq.TransactionStatus.IDLE
        if refused or found is None:
            return None
        return frozenset(bytes(found.get_value(row, 0) or b"").decode() for row in range(found.ntuples))

    def _run(self, text: Buffer) -> pq.abc.PGresult | None:
        """Send a text as it is: the server parses all of it. The last result, None if it fails."""
        if b"\0" in bytes(text):
            return None
        result = self._connection.pgconn.exec_(bytes(text))
        bad = result.status not in {pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK, pq.ExecStatus.EMPTY_QUERY}
        return None if bad else result


@contextmanager
def witness(url: str) -> Iterator[Witness]:
    """Make the tables, and a witness."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_SETUP)
        connection.execute("SET statement_timeout = '5s'; SET client_min_messages = error")
        yield Witness(connection)
