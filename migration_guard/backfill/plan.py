"""What a run would do, found out in a transaction that is rolled back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from migration_guard.backfill import preflight
from migration_guard.backfill.connect import APPLICATION, Address, engine
from migration_guard.backfill.definition import Backfill
from migration_guard.backfill.ends import end_of
from migration_guard.backfill.errors import CannotRun, judged
from migration_guard.backfill.job import Job
from migration_guard.backfill.legacy import LegacyBackfill
from migration_guard.backfill.look import lock_statement, look_statement, selection_of
from migration_guard.backfill.pace import AIM, REST
from migration_guard.backfill.pinned import apply_settings, search_settings
from migration_guard.backfill.record import Place
from migration_guard.backfill.registry import Definition
from migration_guard.backfill.session import Session
from migration_guard.backfill.state import Store
from migration_guard.backfill.statements import statement
from migration_guard.backfill.subject import Server, Subject, Unfit

RATES = (5_000, 100_000)
"""Rows a second: a slow server with wide rows and many indexes, and a fast one."""
_PARAMETER = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to say of a backfill before it runs."""

    key: str
    facts: tuple[tuple[str, str], ...]
    statements: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    """Title, SQL and what EXPLAIN says of it."""


def planned(definition: Definition, where: Address, schema: str) -> Plan:
    """Plan a run of a definition; nothing is written."""
    if isinstance(definition, LegacyBackfill):
        facts = [("function", definition.function), *(("note", text) for text in definition.warnings)]
        return Plan(definition.key, tuple(facts))
    session = Session(engine(where, f"{APPLICATION} {definition.key}"))
    try:
        with session.transaction(definition.policy.settings(0)) as connection:
            on = preflight.server(connection)
            apply_settings(connection, search_settings(definition))
            with preflight.as_role(connection, definition):
                plan = _plan(connection, definition, on, Store(schema))
            connection.rollback()
            return plan
    except Unfit as unfit:
        return Plan(definition.key, (("cannot run", str(unfit)),))
    except DBAPIError as error:
        raise CannotRun(f"the server cannot be used: {judged(error)}") from None
    finally:
        session.close()


def _plan(connection: Connection, definition: Backfill, on: Server, store: Store) -> Plan:
    subject = preflight.examine(connection, definition, on)
    end = end_of(connection, subject.key, subject.table.sql)
    job = Job(subject, store, 0, 1, end)
    statements: list[tuple[str, str, dict[str, Any]]] = []
    if end is not None:
        start = selection_of(
            job, Place(0, whole=True, tenant=None, parent=None, cursor=None, keys=(), done=False, batches=0), end
        )
        look, lock = look_statement(job, start), lock_statement(job)
        seen = {**start.parameters, "size": definition.batch_size, "set_aside": "{}"}
        ids = subject.key.list_parameters(connection.exec_driver_sql(look, seen).one()[3])
        ids = {name: text or "{}" for name, text in ids.items()}
        statements = [("looks", look, seen), ("locks", lock, ids)]
        if definition.update is not None:
            statements.append(("changes", subject.change, ids))
    shown = ((title, _plain(sql), _explained(connection, sql, parameters)) for title, sql, parameters in statements)
    return Plan(definition.key, tuple(_facts(subject)), tuple(shown))


def _facts(subject: Subject) -> Iterator[tuple[str, str]]:
    definition, rows = subject.definition, subject.table.rows
    yield "table", f"{subject.table.schema}.{subject.table.name}, about {rows:,} rows by its statistics"
    yield "key", ", ".join(f"{column.name} {column.type}" for column in subject.key.columns)
    if definition.per:
        yield "tenants", f"by {definition.per}, in turns"
    yield "where", " ".join(definition.where.split())
    if definition.function:
        yield "applies", definition.function
    yield "locks", f"FOR {subject.strength} SKIP LOCKED"
    yield "time-outs", str(definition.policy)
    aim = f"aiming at {AIM * 1000:.0f} ms a batch, resting for {REST * 100:.0f} % of its time"
    yield "batches", f"{definition.batch_size:,} rows at first, {aim}"
    slowest, fastest = (f"{rows / rate:,.0f}" for rate in RATES)
    yield "time", f"{fastest} to {slowest} s for a pass, at most {definition.max_runtime:g} s a run"
    for warning in subject.warnings:
        yield "note", warning


def _explained(connection: Connection, sql: str, parameters: Mapping[str, Any]) -> tuple[str, ...]:
    rows = connection.exec_driver_sql(statement("explain_text", statement=sql), dict(parameters))
    return tuple(row[0] for row in rows)


def _plain(sql: str) -> str:
    """Give a statement as a person reads it."""
    return _PARAMETER.sub(r":\1", sql).replace("%%", "%")
