"""Whose state it is: tables that somebody planted, and what fires on them, would run as the runner.

Whoever may create a schema could have made one of the state's name before the first run, with triggers of his own. So
nothing of it is read or written before the server has said who owns it: the role that runs, a superuser, who could do
all of it anyway, or a role that the configuration names. The state itself is never asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING

from migration_guard.backfill.asks import Asks
from migration_guard.backfill.statements import statement

if TYPE_CHECKING:
    from sqlalchemy import Connection

PINNED = {"search_path": "pg_catalog, pg_temp"}
"""The path of transactions that touch the state alone, whatever the role's own is."""
TABLES = ("versions", "backfills", "windows", "unchanged", "quarantine", "events", "brakes")
"""What the state consists of."""
_SHOWN = 3


class Use(Enum):
    """What is to be done with the state."""

    READ = "read"
    WRITE = "write"
    MADE = "made"
    """Its tables were made in this transaction: nobody may have been given anything, as by default privileges."""


def asked(schema: str, owners: Sequence[str], use: Use) -> Mapping[str, object]:
    """Give what the statement `strangers` is to be asked about."""
    return {"schema": schema, "owners": list(owners), "tables": list(TABLES), "use": use.value}


def distrusted(schema: str, found: Sequence[str]) -> str:
    """Say what of a state is not to be trusted, and what to do."""
    todo = "drop what is not yours, or name its owner in `backfill.state-owners`"
    return f"the state in schema {schema} is not to be trusted: {_told(found)}; {todo}"


def check_state(connection: Connection, schema: str, owners: Sequence[str], use: Use) -> str | None:
    """Say what is wrong with a state that belongs to others, or that would run what belongs to others."""
    rows = connection.exec_driver_sql(statement("strangers"), dict(asked(schema, owners, use)))
    found = [row[0] for row in rows]
    return distrusted(schema, found) if found else None


def check_creation(connection: Connection, owners: Sequence[str]) -> str | None:
    """Say whose functions would be called if tables were created."""
    rows = connection.exec_driver_sql(statement("event_triggers"), {"owners": list(owners)})
    found = [row[0] for row in rows]
    todo = "disable them, or let a superuser see to it"
    return f"creating the state's tables would run code of others: {_told(found)}; {todo}" if found else None


def check_search_path(connection: Asks, table: str, names: Sequence[str]) -> str | None:
    """Say what is wrong with a search_path that lets functions and operators of others stand for those that are meant.

    `names` are those that the definition's texts use.
    """
    order = connection.exec_driver_sql(statement("search_order")).scalar() or []
    before = [name for name in order[: order.index("pg_catalog")] if not name.startswith("pg_temp_")]
    if before:
        shown = ", ".join(before)
        return f"search_path: {shown} stands before pg_catalog, so that what is planted there is called in its place"
    asked_for = {"table": table, "names": sorted(set(names))}
    found = [
        row[0] for row in connection.exec_driver_sql(statement("planted", trusted=statement("trusted")), asked_for)
    ]
    if found:
        todo = "take its schema out of the path (`search_path` of the definition), or drop it"
        return f"search_path: {_told(found)} may be called in place of what is meant; {todo}"
    return None


def check_shadows(connection: Asks, names: Sequence[str]) -> str | None:
    """Say where a name without a schema may mean another table than it does for others."""
    for table, *places in connection.exec_driver_sql(statement("shadowed"), {"names": sorted(set(names))}).all():
        shown = ", ".join(f"{schema} ({owner})" for schema, owner in zip(*places))
        return f"{table} is in several schemas of the search_path, of different owners: {shown}; name its schema"
    return None


def check_code(
    connection: Asks, own: Sequence[int], read: Sequence[tuple[str | None, str]], *, written: bool = True
) -> str | None:
    """Say whose functions run when tables are written, and whose views are read, with the rights of who does that.

    What is read are names of relations, each with the schema that it is named with, if any. Those tables' owners are
    trusted with their views.
    """
    names = {"schemas": [one for one, _ in read], "names": [one for _, one in read]}
    asked_for = {"tables": list(own) if written else [], "own": list(own), **names}
    sql = statement("foreign_code", trusted=statement("trusted"))
    found = [row[0] for row in connection.exec_driver_sql(sql, asked_for)]
    return _told(found) if found else None


def _told(found: Sequence[str]) -> str:
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(found[:_SHOWN]) + more
