"""Looks at the table, the key and the definition's SQL before anything is changed, on the server that will change it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from migration_guard.backfill.asks import Asks, column_of
from migration_guard.backfill.cautions import cautions
from migration_guard.backfill.connect import OLDEST_SERVER
from migration_guard.backfill.definition import Backfill, Claim, nearest
from migration_guard.backfill.errors import CannotRun, Trouble, judged
from migration_guard.backfill.keys import Key, KeyColumn
from migration_guard.backfill.parents import parents
from migration_guard.backfill.pinned import apply_settings
from migration_guard.backfill.planning import plan
from migration_guard.backfill.residue import has_sources
from migration_guard.backfill.sqltext import assigned_columns, folded, relations, tokens, words_of
from migration_guard.backfill.statements import statement
from migration_guard.backfill.steady import asked_of, more_than_its_row, whim
from migration_guard.backfill.subject import Server, Source, Subject, Table, Unfit
from migration_guard.backfill.trust import check_code, check_search_path, check_shadows

_NO_SUCH_ROLE = frozenset({"22023", "42501"})
"""invalid_parameter_value: there is none of that name; insufficient_privilege: it is not ours to take."""
_NOT_AS_SUPERUSER = "run as a role that is no superuser, or let it belong to the table's owner"
_UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "": 0.001}


def server(connection: Connection) -> Server:
    """Look at the server, and refuse those on which a batch would not be what it must be."""
    version, name, recovery, superuser, counting, replication, deadlock = connection.exec_driver_sql(
        statement("server")
    ).one()
    if version < OLDEST_SERVER or not name.startswith("PostgreSQL"):
        raise CannotRun(f"the server is {name.split(',')[0]}; the runner needs PostgreSQL 13 or later")
    if recovery:
        raise CannotRun("the server is a standby, which cannot be written to; name the primary")
    if replication != "origin":
        why = "foreign keys and triggers would not be looked at"
        raise CannotRun(f"session_replication_role is {replication} for this role or database: {why}; set it to origin")
    return Server(version, bool(superuser), counting == "on", _seconds(deadlock))


@contextmanager
def as_role(connection: Asks, definition: Backfill | Claim) -> Iterator[None]:
    """Run a block with the definition's rights. The state is written with those of the login."""
    if definition.role:
        try:
            apply_settings(connection, {"role": definition.role})
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", "") not in _NO_SUCH_ROLE:
                raise
            raise Unfit(f"role: the role that runs cannot become {definition.role}: {judged(error)}") from None
    yield
    if definition.role:  # after an error the transaction is over, and with it the role
        apply_settings(connection, {"role": "none"})


def _seconds(shown: str) -> float:
    """Read a time as the server shows it."""
    number = shown.rstrip("abcdefghijklmnopqrstuvwxyz")
    return float(number) * _UNITS[shown[len(number) :]]


def located(connection: Asks, claim: Claim) -> Source:
    """Find the rows of a claim, or say why they cannot be read by their keys."""
    _check_path(connection, claim.table, claim.where)
    _check_whims(connection, claim.where)
    table = _table(connection, "table", claim.table, claim.search_path)
    _, key = _key(connection, claim, table)
    members, identity = _members(connection, table, claim)
    strange = check_code(connection, members, list(relations(words_of(claim.where))), written=False)
    if strange is not None and connection.exec_driver_sql(statement("server")).first()[3]:
        raise Unfit(f"{strange}, which would run as a superuser; {_NOT_AS_SUPERUSER}")
    grows, hidden = _growth(connection, table, key)
    moves = more_than_its_row(connection, claim.where, claim.arguments)
    return Source(claim, table, key, members, identity, grows and moves is None, hidden, moves)


def examine(connection: Connection, definition: Backfill, on: Server) -> Subject:
    """Give the subject of a run, or say why the definition does not fit. Runs under the definition's settings."""
    _check_path(connection, definition.table, definition.where, definition.update or "")
    _check_whims(connection, definition.where)
    values = _values(connection, definition)
    table = _table(connection, "table", definition.table, definition.search_path)
    target = _table(connection, "target", definition.written, definition.search_path)
    types, key = _key(connection, definition, table)
    if definition.per is not None and definition.per not in types:
        raise Unfit(f"per: the table {definition.table} has no column {definition.per}{nearest(definition.per, types)}")
    triggers = column_of(connection, "triggers", oid=target.oid)
    written = column_of(connection, "members", oid=target.oid)
    read = [one for text in (definition.where, definition.update or "") for one in relations(words_of(text))]
    strange = check_code(connection, written, read)
    if strange is not None and on.superuser:
        raise Unfit(f"{strange}, which would run as a superuser; {_NOT_AS_SUPERUSER}")
    grows, hidden = _growth(connection, table, key)
    moves = more_than_its_row(connection, definition.where, definition.arguments)
    members, identity = _members(connection, table, definition.claim)
    subject = Subject(
        definition=definition,
        server=on,
        table=table,
        target=target,
        key=key,
        tenant_type=types[definition.per] if definition.per else None,
        strength="NO KEY UPDATE",
        tenants="tenants_by_scan",
        members=members,
        identity=identity,
        target_members=frozenset(written),
        reaches=(*triggers, *column_of(connection, "cascades", oid=target.oid)),
        sourced=has_sources(connection, definition),
        preventing=tuple(column_of(connection, "preventing", members=written)),
        warnings=(),
        grows=grows and moves is None,
        hidden=hidden,
        moves=moves,
        values=values,
    )
    if definition.per is not None and _leads(connection, subject):
        subject = replace(subject, tenants="tenants")
    writes = plan(connection, subject)
    warnings = (*definition.warnings, *cautions(connection, subject, triggers, strange))
    above = parents(connection, table.oid, definition.update, key) if table.oid == target.oid else ()
    strength = _strength(connection, subject, writes)
    return replace(subject, strength=strength, warnings=warnings, parents=above)


def _values(connection: Connection, definition: Backfill) -> dict[str, Any]:
    """Let the server read the arguments, each as its type; what it says of a value that it cannot read is not told."""
    if definition.missing:
        raise Unfit(f"needs {', '.join(one.needed for one in definition.missing)}")
    values = {}
    for one in definition.arguments:
        if one.moves:
            raise Unfit(f"argument {one.name}: expected a point in time, found a word that means another one each time")
        try:
            with connection.begin_nested():
                values[one.name] = connection.exec_driver_sql(f"SELECT {one.sql}", {}).scalar()
        except DBAPIError as error:
            fault = judged(error)
            if fault.trouble not in {Trouble.DATA, Trouble.DEFINITION}:
                raise
            raise Unfit(f"argument {one.name}: expected {one.type} (SQLSTATE {fault.sqlstate})") from None
    return values


def _check_path(connection: Asks, table: str, *texts: str) -> None:
    names = [folded(token.text) for text in texts for token in tokens(text) if token.kind == "name"]
    read = [name for text in texts for schema, name in relations(words_of(text)) if schema is None]
    if (wrong := check_search_path(connection, table, names) or check_shadows(connection, read)) is not None:
        raise Unfit(wrong)


def _check_whims(connection: Asks, where: str) -> None:
    if (function := whim(connection, where)) is not None:
        raise Unfit(f"where: {function}() answers differently each time it is asked, so that no pass proves anything")


def _table(connection: Asks, field: str, name: str, search_path: str | None) -> Table:
    row = connection.exec_driver_sql(statement("table"), {"table": name}).first()
    if row is None:
        near = nearest(name, column_of(connection, "tables_like"))
        where = f" in search_path {search_path}" if search_path else ""
        raise Unfit(f"{field}: there is no table {name}{where}{near}")
    found = Table(*row)
    if found.kind not in "rp" or found.schema.startswith("pg_temp_"):
        raise Unfit(f"{field}: {name} is no ordinary or partitioned table; name the table itself")
    if "." not in name and (wrong := check_shadows(connection, [found.name])) is not None:
        raise Unfit(f"{field}: {wrong}")
    if children := column_of(connection, "children", oid=found.oid):
        shown = ", ".join(children)
        raise Unfit(f"{field}: {shown} inherit from {name}, and may have keys that it has, too; partitions may not")
    return found


def _members(connection: Asks, table: Table, claim: Claim) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Give the table and its partitions, and what tells what is looked at from what it was."""
    sql = statement("identities", members=statement("members"), named=statement("functions_named"))
    asked = {**asked_of(words_of(claim.where)), "columns": list(claim.key_columns), "oid": table.oid}
    rows = connection.exec_driver_sql(sql, asked)
    return tuple(column_of(connection, "members", oid=table.oid)), tuple(row[0] for row in rows)


def _growth(connection: Asks, table: Table, key: Key) -> tuple[bool, str | None]:
    """Tell whether new keys come after all that there are; and, where that cannot be seen, what would tell."""
    parameters = {"oid": table.oid, "column": key.columns[0].name}
    parts = {
        "counters": statement("counters"),
        "set_by_trigger": statement("set_by_trigger", members=statement("members")),
        "keyed_otherwise": statement("keyed_otherwise"),
    }
    sql = statement("grows", **parts)
    row = connection.exec_driver_sql(sql, parameters).first() if len(key.columns) == 1 else None
    if row is None:
        return False, None
    counter, seen = row
    return bool(seen), None if seen else counter


def _key(connection: Asks, definition: Backfill | Claim, table: Table) -> tuple[dict[str, str], Key]:
    rows = connection.exec_driver_sql(statement("columns"), {"oid": table.oid}).all()
    types = {name: kind for name, kind, *_ in rows}
    for column in definition.key_columns:
        if column not in types:
            raise Unfit(f"key_column: the table {definition.table} has no column {column}{nearest(column, types)}")
    keys = [row for row in rows if row[0] in definition.key_columns]
    for name, kind, required, several in keys:
        if not required:
            raise Unfit(f"key_column: {name} may be NULL; a key needs NOT NULL, or rows would never be visited")
        if several:
            raise Unfit(f"key_column: {name} is of type {kind}: a list of arrays is no list of keys")
    columns = list(definition.key_columns)
    if changed := column_of(connection, "collations_of_another_version", oid=table.oid, columns=columns):
        todo = "REINDEX, then ALTER COLLATION or DATABASE with REFRESH VERSION; until then rows may be passed over"
        raise Unfit(f"key_column: its index was made by another version of its collation ({changed[0]}): {todo}")
    indexes = connection.exec_driver_sql(statement("unique_indexes"), {"oid": table.oid}).all()
    _check_unique(definition, indexes)
    return types, Key(tuple(KeyColumn(name, types[name]) for name in definition.key_columns))


def _check_unique(definition: Backfill | Claim, indexes: Any) -> None:
    wanted = list(definition.key_columns)
    shown = ", ".join(wanted)
    same = [row for row in indexes if sorted(row[0]) == sorted(wanted)]
    if not same:
        others = sorted({", ".join(row[0]) for row in indexes if row[1] and row[2] and row[3]})
        known = f"; unique are ({'), ('.join(others)})" if others else "; the table has no unique index over columns"
        raise Unfit(f"key_column: no unique index of {definition.table} is over ({shown}){known}")
    ordered = [row for row in same if list(row[0]) == wanted]
    if not ordered:
        raise Unfit(f"key_columns: the index orders them as ({', '.join(same[0][0])}); name them in that order")
    if not any(row[1] and row[2] and row[3] for row in ordered):
        raise Unfit(
            f"key_column: the unique index over ({shown}) is deferrable, not valid, or not in the column's own order"
        )


def _strength(connection: Connection, subject: Subject, writes: tuple[str, ...]) -> str:
    """Choose the lock: the weaker one lets children be inserted, and does not do for what changes keys."""
    update = subject.definition.update
    if update is None or subject.target.oid != subject.table.oid:
        return "NO KEY UPDATE"
    indexes = connection.exec_driver_sql(statement("unique_indexes"), {"oid": subject.table.oid}).all()
    unique = {folded(column) for row in indexes for column in row[0]}
    keyed = {"Delete", "Merge"} & set(writes) or assigned_columns(update) & unique
    return "UPDATE" if keyed else "NO KEY UPDATE"


def _leads(connection: Connection, subject: Subject) -> bool:
    per, keys = subject.definition.per, subject.definition.key_columns
    assert per is not None
    columns = list(keys) if keys[0] == per else [per, *(key for key in keys if key != per)]
    parameters = {"oid": subject.table.oid, "columns": columns}
    return bool(connection.exec_driver_sql(statement("leading_index"), parameters).scalar())
