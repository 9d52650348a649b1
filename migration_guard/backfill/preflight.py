"""Looks at the table, the key and the definition's SQL before anything is changed, on the server that will change it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from migration_guard.backfill.asks import Asks
from migration_guard.backfill.connect import OLDEST_SERVER
from migration_guard.backfill.definition import Backfill, Claim, nearest
from migration_guard.backfill.errors import CannotRun, Fault, Trouble, judged
from migration_guard.backfill.keys import Key, KeyColumn, quoted
from migration_guard.backfill.parents import Parent, parents
from migration_guard.backfill.pinned import apply_settings
from migration_guard.backfill.sqltext import assigned_columns, bound, folded, is_local, tokens
from migration_guard.backfill.statements import statement
from migration_guard.backfill.trust import check_search_path, check_shadows, check_triggers

_NO_SUCH_ROLE = frozenset({"22023", "42501"})
"""invalid_parameter_value: there is none of that name; insufficient_privilege: it is not ours to take."""
_UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "": 0.001}


class Unfit(Exception):
    """A definition that does not fit the database; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Server:
    """What kind of server it is."""

    version: int
    superuser: bool
    counts_writes: bool
    deadlock_seconds: float = 1.0
    """After which time of waiting the server looks for a deadlock."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table as the server knows it."""

    oid: int
    schema: str
    name: str
    kind: str
    identity: str
    rows: int
    owned: bool

    @property
    def sql(self) -> str:
        return quoted(self.schema, self.name)


@dataclass(frozen=True, slots=True)
class Source:
    """Where the rows of a claim are: all that reading them needs."""

    claim: Claim
    table: Table
    key: Key
    members: tuple[int, ...]
    """The table and its partitions."""
    grows: bool
    """Whether new keys come after all that there are."""
    hidden: str | None = None
    """The sequence that counts its keys, where the role may not see how far."""

    @property
    def where(self) -> str:
        return bound(self.claim.where)


@dataclass(frozen=True, slots=True)
class Subject:
    """A definition and what the server says of it: all that a batch needs to know."""

    definition: Backfill
    server: Server
    table: Table
    target: Table
    key: Key
    tenant_type: str | None
    strength: str
    tenants: str
    """The name of the statement that lists tenants: by steps in an index, where there is one."""
    members: tuple[int, ...]
    """The table and its partitions."""
    target_members: frozenset[int]
    reaches: tuple[str, ...]
    """Triggers and cascading foreign keys of the target, through which a batch reaches other rows."""
    warnings: tuple[str, ...]
    parents: tuple[Parent, ...] = ()
    """Whose rows the update refers to."""
    grows: bool = False
    """Whether new keys come after all that there are."""
    hidden: str | None = None
    """The sequence that counts its keys, where the role may not see how far."""
    swift: str | None = None
    """What the table must still be like when a batch has gone the quick way; None if none may."""

    @property
    def per(self) -> str | None:
        return quoted(self.definition.per) if self.definition.per else None

    @property
    def where(self) -> str:
        return bound(self.definition.where)

    @property
    def change(self) -> str:
        """The update. A predicate that looks beyond the row that is held is repeated, in the update's own snapshot."""
        assert self.definition.update is not None
        local = is_local(self.definition.where)
        ids = self.key.ids if local else self.key.still(self.table.sql, self.where)
        return bound(self.definition.update, ids)


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
    table = _table(connection, "table", claim.table, claim.search_path)
    _, key = _key(connection, claim, table)
    members = tuple(_list(connection, "members", oid=table.oid))
    grows, hidden = _growth(connection, table, key)
    return Source(claim, table, key, members, grows, hidden)


def examine(connection: Connection, definition: Backfill, on: Server) -> Subject:
    """Give the subject of a run, or say why the definition does not fit. Runs under the definition's settings."""
    _check_path(connection, definition.table, definition.where, definition.update or "")
    table = _table(connection, "table", definition.table, definition.search_path)
    target = _table(connection, "target", definition.written, definition.search_path)
    types, key = _key(connection, definition, table)
    if definition.per is not None and definition.per not in types:
        raise Unfit(f"per: the table {definition.table} has no column {definition.per}{nearest(definition.per, types)}")
    triggers = _list(connection, "triggers", oid=target.oid)
    strange = check_triggers(connection, _list(connection, "members", oid=target.oid))
    if strange is not None and on.superuser:
        todo = "run as a role that is no superuser, or let the function belong to the table's owner"
        raise Unfit(f"{strange}, which would run as a superuser; {todo}")
    grows, hidden = _growth(connection, table, key)
    subject = Subject(
        definition=definition,
        server=on,
        table=table,
        target=target,
        key=key,
        tenant_type=types[definition.per] if definition.per else None,
        strength="NO KEY UPDATE",
        tenants="tenants_by_scan",
        members=tuple(_list(connection, "members", oid=table.oid)),
        target_members=frozenset(_list(connection, "members", oid=target.oid)),
        reaches=(*triggers, *_list(connection, "cascades", oid=target.oid)),
        warnings=(),
        grows=grows,
        hidden=hidden,
    )
    if definition.per is not None and _leads(connection, subject):
        subject = replace(subject, tenants="tenants")
    writes = _planned(connection, subject)
    warnings = (*definition.warnings, *_warnings(connection, subject, triggers, strange))
    above = parents(connection, table.oid, definition.update, key) if table.oid == target.oid else ()
    strength = _strength(connection, subject, writes)
    return replace(subject, strength=strength, warnings=warnings, parents=above)


def _check_path(connection: Asks, table: str, *texts: str) -> None:
    names = [folded(token.text) for text in texts for token in tokens(text) if token.kind == "name"]
    if (wrong := check_search_path(connection, table, names)) is not None:
        raise Unfit(wrong)


def _table(connection: Asks, field: str, name: str, search_path: str | None) -> Table:
    row = connection.exec_driver_sql(statement("table"), {"table": name}).first()
    if row is None:
        near = nearest(name, _list(connection, "tables_like"))
        where = f" in search_path {search_path}" if search_path else ""
        raise Unfit(f"{field}: there is no table {name}{where}{near}")
    found = Table(*row)
    if found.kind not in "rp" or found.schema.startswith("pg_temp_"):
        raise Unfit(f"{field}: {name} is no ordinary or partitioned table; name the table itself")
    if "." not in name and (wrong := check_shadows(connection, found.name)) is not None:
        raise Unfit(f"{field}: {wrong}")
    return found


def _growth(connection: Asks, table: Table, key: Key) -> tuple[bool, str | None]:
    """Tell whether new keys come after all that there are; and, where that cannot be seen, what would tell."""
    parameters = {"oid": table.oid, "column": key.columns[0].name}
    row = connection.exec_driver_sql(statement("grows"), parameters).first() if len(key.columns) == 1 else None
    if row is None:
        return False, None
    counter, seen = row
    return bool(seen), None if seen else counter


def _key(connection: Asks, definition: Backfill | Claim, table: Table) -> tuple[dict[str, str], Key]:
    rows = connection.exec_driver_sql(statement("columns"), {"oid": table.oid}).all()
    types = {name: kind for name, kind, _ in rows}
    for column in definition.key_columns:
        if column not in types:
            raise Unfit(f"key_column: the table {definition.table} has no column {column}{nearest(column, types)}")
    nullable = [name for name, _, required in rows if name in definition.key_columns and not required]
    if nullable:
        raise Unfit(f"key_column: {nullable[0]} may be NULL; a key needs NOT NULL, or rows would never be visited")
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


def _planned(connection: Connection, subject: Subject) -> tuple[str, ...]:
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


def _strength(connection: Connection, subject: Subject, writes: tuple[str, ...]) -> str:
    """Choose the lock: the weaker one lets children be inserted, and does not do for what changes keys."""
    update = subject.definition.update
    if update is None or subject.target.oid != subject.table.oid:
        return "NO KEY UPDATE"
    indexes = connection.exec_driver_sql(statement("unique_indexes"), {"oid": subject.table.oid}).all()
    unique = {folded(column) for row in indexes for column in row[0]}
    keyed = {"Delete", "Merge"} & set(writes) or assigned_columns(update) & unique
    return "UPDATE" if keyed else "NO KEY UPDATE"


def _warnings(connection: Connection, subject: Subject, triggers: list[Any], strange: str | None) -> Iterator[str]:
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
    for schema in _list(connection, "open_schemas"):
        yield f"anybody may create functions in schema {schema}, which the definition's SQL may call by mistake"
    yield from _replication(connection, target)
    for pid, name, seconds in connection.exec_driver_sql(statement("old_snapshots"), {}).all():
        yield f"session {pid} ({name or 'no name'}) holds a snapshot for {seconds:.0f} s: vacuum cannot clean up"
    if definition.per is not None and subject.tenants == "tenants_by_scan":
        columns = ", ".join((definition.per, *(one for one in definition.key_columns if one != definition.per)))
        yield f"no index begins with ({columns}): each tenant's windows are found slowly"


def _replication(connection: Connection, target: Table) -> Iterator[str]:
    published = _list(connection, "publications", schema=target.schema, name=target.name)
    if published:
        identity = {"d": "default", "n": "nothing", "f": "full", "i": "index"}.get(target.identity, target.identity)
        yield f"{target.name} is published by {', '.join(published)} (replica identity {identity})"
    slots = connection.exec_driver_sql(statement("slots")).all()
    idle = [name for name, active in slots if not active]
    if idle:
        yield f"replication slots that nobody reads keep all that the batches write: {', '.join(idle)}"


def _leads(connection: Connection, subject: Subject) -> bool:
    per, keys = subject.definition.per, subject.definition.key_columns
    assert per is not None
    columns = list(keys) if keys[0] == per else [per, *(key for key in keys if key != per)]
    parameters = {"oid": subject.table.oid, "columns": columns}
    return bool(connection.exec_driver_sql(statement("leading_index"), parameters).scalar())


def _list(connection: Asks, name: str, /, **parameters: Any) -> list[Any]:
    return [row[0] for row in connection.exec_driver_sql(statement(name), parameters)]
