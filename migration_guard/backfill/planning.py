"""Lets the server plan every statement of a definition before anything is changed, and looks at what it would write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from migration_guard.backfill.errors import Fault, Trouble, judged
from migration_guard.backfill.keys import quoted
from migration_guard.backfill.statements import statement
from migration_guard.backfill.subject import Subject, Unfit


def plan(connection: Connection, subject: Subject) -> tuple[str, ...]:
    """Let the server plan every statement; give what the update does (Update, Delete, Insert)."""
    definition = subject.definition
    _explained(connection, "where", statement("probe", table=subject.table.sql, where=subject.where), {})
    if definition.update is None:
        return ()
    empty = subject.key.list_parameters(["{}"] * len(subject.key.columns))
    plan = _explained(connection, "update", subject.change, empty)
    found = list(_modifications(plan))
    if not found:
        raise Unfit("update: changes no rows; expected UPDATE, DELETE, INSERT or MERGE")
    for schema, name in {place for _, places in found for place in places}:
        row = connection.exec_driver_sql(statement("table"), {"table": quoted(schema, name).replace("%%", "%")}).first()
        if row is None or row[0] not in subject.target_members:
            raise Unfit(f"update: writes {schema}.{name}; expected only {definition.written}, one table a backfill")
    return tuple(operation for operation, _ in found)


def _explained(connection: Connection, field: str, sql: str, parameters: Mapping[str, Any]) -> Any:
    try:
        with connection.begin_nested():
            return connection.exec_driver_sql(statement("explain", statement=sql), dict(parameters)).scalar()
    except DBAPIError as error:
        fault = judged(error)
        if fault.trouble not in {Trouble.DEFINITION, Trouble.DATA}:
            raise
        raise Unfit(_explanation(field, fault)) from None


def _explanation(field: str, fault: Fault) -> str:
    todo = ""
    if fault.sqlstate == "42501" and "row-level security" in fault.message:
        todo = "; a policy would hide rows and make them look finished: run as a role with BYPASSRLS"
    elif fault.sqlstate == "42501":
        todo = "; grant it to the role, or name a `role` that has it"
    return f"{field}: {fault}{todo}"


def _modifications(node: Any) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Give what each step of a plan modifies, and in which tables."""
    match node:
        case list():
            for one in node:
                yield from _modifications(one)
        case {"Node Type": "ModifyTable", "Operation": str(operation)}:
            targets = node.get("Target Tables") or [node]
            yield operation, [(one["Schema"], one["Relation Name"]) for one in targets if "Relation Name" in one]
            yield from _modifications(node.get("Plans", []))
        case dict():
            yield from _modifications([node[name] for name in ("Plan", "Plans") if name in node])
