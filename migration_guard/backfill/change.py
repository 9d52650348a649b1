"""The second half of a batch: the rows that are held are changed, and what became of them is asked of the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.pq import TransactionStatus
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, InvalidRequestError

from migration_guard.backfill.arrays import array
from migration_guard.backfill.connect import GUARDED, UNDONE
from migration_guard.backfill.errors import Fault, FunctionFailed, Refused, Trouble, judged
from migration_guard.backfill.job import Job
from migration_guard.backfill.keys import Value
from migration_guard.backfill.look import Held, Writes, writes
from migration_guard.backfill.statements import statement
from migration_guard.backfill.subject import Subject

ENDED = "the function has ended the batch's transaction; what it committed stands, the runner stops"


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of the rows held: those that are named here were not changed."""

    still: tuple[Value, ...] = ()
    """`where` still matches them."""
    vain: tuple[Value, ...] = ()
    """Those of them that were written nevertheless."""
    waited: tuple[Value, ...] = ()
    """To change them somebody else's lock was needed."""
    bad: tuple[tuple[Value, Fault], ...] = ()
    """They cannot be changed."""
    notes: tuple[str, ...] = ()

    @property
    def fault(self) -> Fault | None:
        """Why the last of the bad ones is bad."""
        return self.bad[-1][1] if self.bad else None


def change_together(connection: Connection, job: Job, held: Held) -> Changed:
    """Change the rows held, all at once."""
    if not held.rows:
        return Changed()
    change(connection, job.subject, held.keys, held.rows)
    connection.exec_driver_sql(statement("constraints"))
    return verified(connection, job.subject, held.keys, held.rows, held.before)


def change(connection: Connection, subject: Subject, keys: tuple[str, ...], count: int) -> None:
    """Apply the definition to some keys."""
    if subject.definition.apply is not None:
        transaction = _transaction(connection)
        call(connection, subject, python_keys(connection, subject, keys))
        if _transaction(connection) != transaction:
            raise Refused(ENDED)
        return
    parameters = subject.key.list_parameters(keys)
    rows = connection.exec_driver_sql(subject.change, parameters).rowcount
    if rows > count:
        raise Refused(too_many(rows, count))


def too_many(rows: int, count: int) -> str:
    """Say that an update reaches beyond its keys."""
    return f"the update changes {rows} rows, its batch has {count}: it must keep to id = ANY(:ids)"


def verified(
    connection: Connection, subject: Subject, keys: tuple[str, ...], count: int, before: Writes, *, undone: int = 0
) -> Changed:
    """Ask how rows stand after their change. What else was written is refused, or noted.

    Rows that were undone meanwhile are in the server's statistics nevertheless.
    """
    parameters = subject.key.list_parameters(keys)
    named, settles = subject.key.named_texts, subject.definition.settles
    anywhere = settles and len(subject.definition.tables) > 1  # what it does may stand in another table than its rows
    sql = statement(
        "outcome",
        named=subject.key.named,
        where=subject.where,
        fresh=statement("fresh"),
        table=subject.table.sql,
        among=subject.key.among,
        to_do=f"(pg_catalog.jsonb_agg({named}) FILTER (WHERE mg_matches{' AND NOT mg_fresh' if settles else ''}))",
        again=f"(pg_catalog.jsonb_agg({named}) FILTER (WHERE mg_matches{'' if anywhere else ' AND mg_fresh'}))",
        written=statement("written"),
    )
    try:
        present, fresh, to_do, again, by_now = connection.exec_driver_sql(sql, parameters).one()
    except DBAPIError as error:
        fault = judged(error)
        if fault.trouble is not Trouble.DEFINITION:
            raise
        raise Refused(f"after their change the rows cannot be looked at: {fault.of_row}") from None
    after = writes(by_now)
    differences = {oid: sum(after[oid]) - sum(before.get(oid, (0, 0, 0))) for oid in after}
    ours = _rows_written(subject, before, after)
    notes = [*_elsewhere(connection, subject, {oid: rows for oid, rows in differences.items() if rows})]
    inside = fresh + count - present if subject.target.oid == subject.table.oid else count
    if ours > inside + undone:
        notes.append(_outside(subject, ours, inside, undone=connection.info.pop(UNDONE, False)))
    vain = tuple(tuple(key) for key in again or ())
    if settles and vain:
        _check_settled(connection, subject, vain, after)
        vain = ()
    elif vain:
        notes.append("rows were written that `where` still matches: add to it what tells that they are done")
    if anywhere and _writes_there(connection, subject, differences):
        return Changed(notes=tuple(notes))  # for which of the rows it has written there is not known
    return Changed(still=tuple(tuple(key) for key in to_do or ()), vain=vain, notes=tuple(notes))


def _writes_there(connection: Connection, subject: Subject, differences: Mapping[int, int]) -> bool:
    """Tell whether a function has written to one of the other tables that it names; what triggers write is not its own."""
    others = [oid for oid, rows in differences.items() if rows and oid not in subject.target_members]
    names = [connection.exec_driver_sql(statement("table_name"), {"oid": oid}).scalar() for oid in others]
    return any(name in subject.definition.tables for name in names)


def _check_settled(connection: Connection, subject: Subject, rows: Sequence[Value], before: Writes) -> None:
    """Call a function once more for rows that it has changed and that `where` still matches: it must leave them alone."""
    change(connection, subject, tuple(array(column) for column in zip(*rows)), len(rows))
    if writes(connection.exec_driver_sql(statement("written")).scalar_one()) != before:
        raise Refused(
            "the function changes rows again that it has changed: a later look would change them once more; let `where` "
            "tell which rows are done"
        )


def _rows_written(subject: Subject, before: Writes, after: Writes) -> int:
    """Count the rows of the target; one that moves to another partition is deleted here and inserted there."""
    sums = [0, 0, 0]
    for oid in subject.target_members:
        for n in range(3):
            sums[n] += after.get(oid, (0, 0, 0))[n] - before.get(oid, (0, 0, 0))[n]
    inserted, updated, deleted = sums
    return updated + max(inserted, deleted)


def _elsewhere(connection: Connection, subject: Subject, differences: Mapping[int, int]) -> list[str]:
    """Refuse writes to other tables; those of the target's triggers and cascades are only noted."""
    others = [oid for oid in differences if oid not in subject.target_members]
    names = [connection.exec_driver_sql(statement("table_name"), {"oid": oid}).scalar() for oid in others]
    if subject.definition.apply is not None:
        names = [name for name in names if name not in subject.definition.tables]  # it says so
    if not names:
        return []
    if not subject.reaches:
        raise Refused(f"writes {', '.join(map(str, names))}; expected only {subject.definition.written}")
    return [f"triggers or cascades ({', '.join(subject.reaches)}) write {', '.join(map(str, names))}"]


def _outside(subject: Subject, ours: int, inside: int, *, undone: bool) -> str:
    what = f"{ours} row changes of {subject.definition.written}, {inside} of them in the batch, each once"
    if undone:
        return f"{what}; the function has rolled some of them back"
    if not subject.reaches:
        raise Refused(f"{what}: a batch must change its own rows only, and none of them twice")
    return f"{what}; the rest by triggers or cascades ({', '.join(subject.reaches)})"


def python_keys(connection: Connection, subject: Subject, keys: Sequence[str]) -> list[Any]:
    """Give keys as a function takes them."""
    sql, parameters = statement("ids_of", lists=subject.key.lists()), subject.key.list_parameters(keys)
    lists = connection.exec_driver_sql(sql, dict(parameters)).one()
    return list(lists[0]) if len(lists) == 1 else list(zip(*lists))


def call(connection: Connection, subject: Subject, ids: list[Any]) -> None:
    """Call the definition's function, which may do all but end the transaction."""
    definition = subject.definition
    assert definition.apply is not None
    marks = connection.info  # of this very connection: it may be gone afterwards
    marks[GUARDED] = True
    try:
        definition.apply(connection, ids, **subject.values)
    except (DBAPIError, Refused):
        raise
    except InvalidRequestError as error:
        raise Refused(f"the function misuses its connection: {str(error).splitlines()[0]}") from None
    except Exception as error:  # noqa: BLE001 -- a function may fail in any way; what it says may hold rows
        raise FunctionFailed(type(error).__name__) from None
    finally:
        stopped = marks.pop(GUARDED, None)
    if isinstance(stopped, Refused):  # the function has swallowed it
        raise stopped
    driver: Any = connection.connection.dbapi_connection
    if driver.info.transaction_status == TransactionStatus.IDLE:
        raise Refused(ENDED)


def _transaction(connection: Connection) -> Any:
    return connection.exec_driver_sql(statement("transaction")).scalar()
