"""What is worth knowing before a run, and hinders none: triggers, rights that are not needed, replication, old snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

from migration_guard.backfill.asks import column_of
from migration_guard.backfill.statements import statement
from migration_guard.backfill.subject import Subject, Table


def cautions(connection: Connection, subject: Subject, triggers: list[Any], strange: str | None) -> Iterator[str]:
    """Say what there is, given the target's triggers, and who else's functions they run."""
    definition, target = subject.definition, subject.target
    if strange:
        yield f"{strange}: they run with the rights of the role that runs"
    if triggers:
        yield f"{len(triggers)} trigger(s) of {definition.written} run for each row: {', '.join(triggers)}"
    if subject.server.superuser:
        yield "connected as a superuser; a role that may only change the table is enough"
    elif target.owned:
        yield f"connected as the owner of {definition.written}; a role that may only change it is enough"
    if not subject.server.counts_writes:
        yield "track_counts is off, so that writes to other tables cannot be seen"
    for schema in column_of(connection, "open_schemas"):
        yield f"anybody may create functions in schema {schema}, which the definition's SQL may call by mistake"
    yield from _replication(connection, target)
    for pid, name, seconds in connection.exec_driver_sql(statement("old_snapshots"), {}).all():
        yield f"session {pid} ({name or 'no name'}) holds a snapshot for {seconds:.0f} s: vacuum cannot clean up"
    if definition.per is not None and subject.tenants == "tenants_by_scan":
        columns = ", ".join((definition.per, *(one for one in definition.key_columns if one != definition.per)))
        yield f"no index begins with ({columns}): each tenant's windows are found slowly"


def _replication(connection: Connection, target: Table) -> Iterator[str]:
    published = column_of(connection, "publications", schema=target.schema, name=target.name)
    if published:
        identity = {"d": "default", "n": "nothing", "f": "full", "i": "index"}.get(target.identity, target.identity)
        yield f"{target.name} is published by {', '.join(published)} (replica identity {identity})"
    slots = connection.exec_driver_sql(statement("slots")).all()
    idle = [name for name, active in slots if not active]
    if idle:
        yield f"replication slots that nobody reads keep all that the batches write: {', '.join(idle)}"
