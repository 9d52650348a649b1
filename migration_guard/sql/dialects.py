"""Data changes that only some servers know: ClickHouse's mutations, and what CockroachDB, SQL Server and Oracle spell their own way."""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.later import re
from migration_guard.operations import OperationKind
from migration_guard.sql import writes
from migration_guard.sql.names import Name
from migration_guard.sql.scan import Sort, words
from migration_guard.sql.statement import Statement
from migration_guard.sql.steps import Change, Doubted, Renamed, Step

_MUTATIONS = {"UPDATE": OperationKind.UPDATE, "DELETE": OperationKind.DELETE}
_SHAPES = frozenset("ADD ALTER ATTACH CHANGE COMMENT DETACH DROP MODIFY MOVE RENAME RESET SET".split())
_KINDS = {
    "IMPORT": OperationKind.INSERT_VALUES,
    "BULK": OperationKind.INSERT_VALUES,
    "DELETE": OperationKind.DELETE,
}
_OF_ROWS = {**_MUTATIONS, "INSERT": OperationKind.INSERT_VALUES}
"""What Oracle does to the rows of a query in a table's place."""


def target(statement: Statement, at: int) -> int | None:
    """Where the table stands that `UPSERT INTO`, `IMPORT INTO`, `BULK INSERT` or `DELETE TOP (…)` writes; None elsewhere.

    Of Oracle's it is the first INTO of `INSERT ALL` or `INSERT FIRST`, and the parenthesis of `UPDATE (SELECT …)`.
    """
    match statement.word(at), statement.word(at + 1):
        case "INSERT", "ALL" | "FIRST" if (into := statement.find(at + 2, len(statement), "INTO")) < len(statement):
            return into
        case ("UPSERT" | "IMPORT", "INTO") | ("BULK", "INSERT"):
            return at + 2
        case "DELETE", "TOP" if statement[at + 2].text == "(":
            return statement.skip(statement.beyond(at + 2), "PERCENT", "FROM")
        case "UPDATE" | "DELETE" | "INSERT", _:
            first = statement.skip(at + 1, "FROM", "INTO", "TABLE")
            return first if statement.is_(first, "(", "SELECT") else None
    return None


def change(statement: Statement, at: int, index: int) -> Change:
    verb, stop = statement.word(at), len(statement)
    if verb == "UPSERT":
        return writes.insert(statement, at, stop)
    if statement.word(index) == "INTO":
        return _insert_all(statement, at, index)
    if statement[index].text == "(":
        from_ = statement.find(index + 1, statement.beyond(index) - 1, "FROM")
        name, _ = statement.name(from_ + 1)
        return writes.change(_OF_ROWS[verb], statement, at, stop, name)
    name, _ = statement.name(index)
    return writes.change(_KINDS[verb], statement, at, stop, name)


def _insert_all(statement: Statement, at: int, first: int) -> Change:
    """`INSERT ALL INTO a … INTO b … SELECT …`: what the SELECT reads, each into its table."""
    stop = len(statement)
    into = [index for index in statement.level(first, stop) if statement.word(index) == "INTO"]
    read, _ = statement.name(statement.find(statement.find(first, stop, "SELECT"), stop, "FROM") + 1)
    constant = read is not None and read.text.lower() == "dual"
    kind = OperationKind.INSERT_VALUES if constant else OperationKind.INSERT_SELECT
    return writes.change(kind, statement, at, stop, *(statement.name(index + 1)[0] for index in into))


def mutations(statement: Statement, at: int) -> Iterator[Change]:
    """`ALTER TABLE t UPDATE a = 1 WHERE …`, `ALTER TABLE t DELETE WHERE …`: ClickHouse rewrites the parts with these rows."""
    if not statement.holds("TRUNCATE", *_MUTATIONS):
        return
    name, _ = _altered(statement, at)
    for index in _commands(statement, at):
        kind = _MUTATIONS.get(statement.word(index))
        if statement.is_(index, "TRUNCATE", "PARTITION"):
            kind = OperationKind.TRUNCATE
        if kind is not None:
            yield writes.change(kind, statement, at, len(statement), name)


def changes_shape(statement: Statement, at: int) -> bool:
    """Whether an ALTER TABLE changes more than rows."""
    return any(statement.word(index) in _SHAPES for index in _commands(statement, at))


def _altered(statement: Statement, at: int) -> tuple[Name | None, int]:
    """The table of an ALTER TABLE, and where its first command stands; the end for other statements."""
    if not statement.is_(at, "ALTER", "TABLE"):
        return None, len(statement)
    name, index = statement.name(statement.skip(at + 2, "IF", "EXISTS", "ONLY"))
    return name, index + 3 * statement.is_(index, "ON", "CLUSTER")


def _commands(statement: Statement, at: int) -> Iterator[int]:
    """Where the commands of an ALTER TABLE begin: behind the table, and behind each comma."""
    _, index = _altered(statement, at)
    begins = True
    while index < len(statement):
        if begins:
            yield index
        text = statement[index].text
        begins = text == ","
        index = statement.beyond(index) if text == "(" else index + 1


SCHEMA_PROCEDURES = words(
    "sp_rename sp_addextendedproperty sp_updateextendedproperty sp_dropextendedproperty sp_addrolemember sp_droprolemember sp_addrole "
    "sp_droprole sp_addlogin sp_droplogin sp_adduser sp_dropuser sp_grantdbaccess sp_revokedbaccess sp_addtype sp_droptype sp_bindefault "
    "sp_unbindefault sp_bindrule sp_unbindrule sp_changeobjectowner sp_configure sp_dboption sp_help sp_helpconstraint sp_helpindex "
    "sp_helptext sp_columns sp_tables sp_lock sp_who sp_spaceused sp_depends sp_recompile sp_refreshview sp_refreshsqlmodule "
    "sp_settriggerorder sp_tableoption sp_indexoption sp_autostats sp_updatestats sp_createstats sp_getapplock sp_releaseapplock "
    "sp_addmessage sp_dropmessage sp_fulltext_catalog sp_fulltext_column sp_fulltext_database sp_fulltext_table sp_xml_removedocument "
    "sp_cdc_enable_db sp_cdc_enable_table sp_cdc_disable_db sp_cdc_disable_table sp_create_plan_guide sp_control_plan_guide"
)
"""Procedures of SQL Server that change the schema, or look at it; whoever writes one of his own may call it `sp_…`, too."""
_OF_TABLES = frozenset({"", "object"})


def renamed(statement: Statement, name: Name, after: int) -> Iterator[Step]:
    """What `sp_rename 'old', 'new', 'OBJECT'` makes of tables; the names that are not written out may be any."""
    if name.last != "sp_rename":
        return
    parts = [one for one in statement.tokens[after:] if one.text not in {",", ";"}]
    given = [one.text.removeprefix("N").strip("'") for one in parts if one.sort is Sort.STRING]
    span = (statement[after - 1].start, statement[len(statement) - 1].end)
    if len(given) < len(parts):
        yield Doubted(None, *span)
    elif len(given) > 1 and (given[2].lower() if len(given) > 2 else "") in _OF_TABLES:
        old = re.sub(r"[\[\]\"]", "", given[0])
        schema = old.rpartition(".")[0]
        yield Renamed(old, f"{schema}.{given[1]}" if schema else given[1], *span)
