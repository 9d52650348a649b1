"""Statements about tables rather than rows. CREATE TABLE AS is both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from migration_guard.later import Later
from migration_guard.operations import OperationKind
from migration_guard.sql import writes
from migration_guard.sql.names import Name
from migration_guard.sql.scan import Sort, words
from migration_guard.sql.statement import Statement
from migration_guard.sql.steps import Created, Doubted, Dropped, Renamed, Step, Viewed

if TYPE_CHECKING:
    from migration_guard.sql import parse
else:
    parse = Later("migration_guard.sql.parse")  # and sqlglot with it: many files hold no SQL

_TEMPORARY = ("TEMP", "TEMPORARY")
_BEFORE_TYPE = (
    *_TEMPORARY,
    "OR",
    "REPLACE",
    "ALTER",
    "EDITIONABLE",
    "NONEDITIONABLE",
    "GLOBAL",
    "LOCAL",
    "UNLOGGED",
    "EXTERNAL",
    "TRANSIENT",
    "DEFINER",
    "VOLATILE",
)


def created_type(statement: Statement, at: int) -> int:
    """The index of the word after CREATE that says what is created."""
    index = statement.skip(at + 1, *_BEFORE_TYPE)
    if statement[index].text == "=":  # MySQL: CREATE DEFINER = `a`@`b` PROCEDURE …
        index = statement.find(index, len(statement), "FUNCTION", "PROCEDURE", "TRIGGER", "EVENT", "VIEW")
    return index


def tables(statement: Statement, at: int, dialect: str) -> Iterator[Step]:
    """What a CREATE, DROP, ALTER or RENAME does to tables; nothing if it is about something else."""
    match statement.word(at):
        case "CREATE" if statement.word(created_type(statement, at)) == "TABLE":
            yield from _create(statement, at, dialect)
        case "DROP":
            index = statement.skip(at + 1, *_TEMPORARY)
            if statement.word(index) == "TABLE":
                dropped, _ = writes.names(statement, statement.skip(index + 1, "IF", "EXISTS"), len(statement))
                yield from (Dropped(name.text, *_span(statement, at)) for name in dropped if name and not name.dynamic)
        case "ALTER" if statement.word(at + 1) == "TABLE":
            yield from _alter(statement, at)
        case "RENAME" if statement.word(at + 1) == "TABLE":
            yield from _rename(statement, at)


def views(statement: Statement, at: int) -> Iterator[Viewed]:
    """What a CREATE, ALTER or DROP does to views, and which table takes what is written to one."""
    end = len(statement)
    match statement.word(at), statement.word(created_type(statement, at)):
        case "CREATE" | "ALTER", "VIEW" | "RECURSIVE" | "ALGORITHM" | "SQL":
            name, after = statement.name(statement.skip(statement.find(at, end, "VIEW") + 1, "IF", "NOT", "EXISTS"))
            query = statement.find(after, end, "AS") + 1
            says_what = statement.word(at) == "CREATE" or query <= end  # PostgreSQL's ALTER VIEW states no query
            if name and not name.dynamic and says_what:
                yield Viewed(name.text, _taken(statement, query), *_span(statement, at))
        case "DROP", "VIEW":
            dropped, _ = writes.names(statement, statement.skip(at + 2, "IF", "EXISTS"), end)
            yield from (Viewed(name.text, None, *_span(statement, at)) for name in dropped if name and not name.dynamic)


def _taken(statement: Statement, query: int) -> str | None:
    """The one table that a query reads as it is, so that a view of it can be written to (PostgreSQL, CREATE VIEW)."""
    end = len(statement)
    if statement.word(query) == "TABLE":
        table, _ = statement.name(query + 1)
        return table.text if table and table.certain else None
    if statement.word(query) != "SELECT" or any(
        statement.word(index) in _MAKES_NEW for index in statement.level(query, end)
    ):
        return None
    source = statement.find(query, end, "FROM")
    table, after = statement.name(statement.skip(source + 1, "ONLY"))
    several = any(
        statement[index].text == "," or statement.word(index) in _JOINS for index in statement.level(after, end)
    )
    return table.text if table and table.certain and statement[after].text != "(" and not several else None


_MAKES_NEW = words("DISTINCT UNION INTERSECT EXCEPT GROUP HAVING LIMIT OFFSET FETCH WINDOW")
_JOINS = words("JOIN TABLESAMPLE")


def evaluated(statement: Statement, at: int) -> list[tuple[int, int]]:
    """From where to where expressions stand that a statement computes for the rows that there are."""
    end = len(statement)
    match statement.word(at), statement.word(created_type(statement, at)):
        case "CREATE", "TABLE":
            return [(end, end)] if statement.find(at, end, "AS") < end else []  # its query is read for itself
        case "CREATE", "MATERIALIZED":
            return [(min(end, statement.find(at, end, "AS") + 1), end)]
        case "CREATE", "INDEX" | "UNIQUE":
            target, after = statement.name(statement.skip(statement.find(at, end, "ON") + 1, "ONLY"))
            return [(after, end)] if target else []
        case "ALTER", "TABLE" | "DOMAIN":
            _, after = statement.name(statement.skip(at + 2, "IF", "EXISTS", "ONLY"))
            commas = [index for index in statement.level(after, end) if statement[index].text == ","]
            parts = zip([after, *(comma + 1 for comma in commas)], [*commas, end])
            return [found for part in parts if (found := _of_action(statement, *part)) is not None]
    return []


def _of_action(statement: Statement, first: int, stop: int) -> tuple[int, int] | None:
    """… in one action of an ALTER: a check that is not valid yet and a default of later rows compute nothing."""
    for index in statement.level(first, stop):
        match statement.word(index):
            case "DEFAULT" if statement.word(index - 1) == "SET":
                return None
            case "CHECK" if any(statement.is_(later, "NOT", "VALID") for later in statement.level(index, stop)):
                return None
            case "USING" | "DEFAULT" | "CHECK":
                return index + 1, stop
            case "AS" if statement[index + 1].text == "(":
                return index + 1, stop
    return None


def binds(statement: Statement, at: int) -> bool:
    """Whether a statement makes something that computes with each later use: a view, an operator, a check, a default."""
    kind = statement.word(created_type(statement, at))
    return kind in (_BINDING if statement.word(at) == "CREATE" else _REBINDING)


_BINDING = words("VIEW RECURSIVE OPERATOR CAST DOMAIN TABLE FOREIGN AGGREGATE POLICY")
_REBINDING = words("TABLE DOMAIN FOREIGN VIEW POLICY")


def created(statement: Statement, at: int, target: Name | None, *, temporary: bool) -> Iterator[Step]:
    """The table that a statement creates, if its name is known."""
    if target and target.certain:
        end = len(statement)
        until_commit = any(statement.is_(index, "ON", "COMMIT", "DROP") for index in statement.level(at, end))
        quoted = bool(writes.cased(statement, at, end, (target.text,)))
        yield Created(target.text, temporary, *_span(statement, at), until_commit=until_commit, cased=quoted)


def _span(statement: Statement, at: int) -> tuple[int, int]:
    return statement[at].start, statement[len(statement) - 1].end


def _create(statement: Statement, at: int, dialect: str) -> Iterator[Step]:
    kind = created_type(statement, at)
    temporary = any(statement.word(index) in _TEMPORARY for index in range(at, kind))
    target, after = statement.name(statement.skip(kind + 1, "IF", "NOT", "EXISTS"))
    source = _source(statement, after)
    if source < len(statement):
        found = parse.changes(statement, at, len(statement), dialect)
        if found is not None:
            yield from found
        elif not _without_data(statement, source):
            yield writes.change(OperationKind.CTAS, statement, at, len(statement), target)
    yield from created(statement, at, target, temporary=temporary)


def _source(statement: Statement, after: int) -> int:
    """Where the query begins that fills a new table: MySQL needs no AS, and ClickHouse copies a mere shape with it."""
    for index in statement.level(after, len(statement)):
        inner = index + 1 if statement.word(index) == "AS" else index
        while statement[inner].text == "(" and inner > index:
            inner += 1
        if statement.word(inner) in {"SELECT", "WITH", "TABLE", "VALUES", "EXECUTE"} and (
            inner > index or statement.word(inner) == "SELECT"
        ):
            return inner
        if statement.word(index) == "AS" and statement[inner].sort is Sort.HOLE:
            return inner
    return len(statement)


def _without_data(statement: Statement, source: int) -> bool:
    return any(statement.is_(index, "WITH", "NO", "DATA") for index in statement.level(source, len(statement)))


def _alter(statement: Statement, at: int) -> Iterator[Step]:
    old, after = statement.name(statement.skip(at + 2, "IF", "EXISTS", "ONLY"))
    for index in statement.level(after, len(statement)):
        if statement.is_(index, "SET", "SCHEMA") or statement.is_(index, "ATTACH", "PARTITION"):
            yield from (Doubted(old.text, *_span(statement, at)),) if old else ()
        if statement.word(index) == "INHERIT":  # the parent then has the rows of the child
            parent, _ = statement.name(index + 1)
            yield from (Doubted(parent.text, *_span(statement, at)),) if parent else ()
        if statement.word(index) != "RENAME":
            continue
        has_to = statement.word(index + 1) in {"TO", "AS"}
        new, end = statement.name(index + 1 + has_to)
        if old and new and old.certain and new.certain and (has_to or end == len(statement)):
            yield Renamed(old.text, new.text, *_span(statement, at))


def _rename(statement: Statement, at: int) -> Iterator[Step]:
    index = at + 1
    while statement.word(index) == "TABLE" or statement[index].text == ",":
        old, after = statement.name(index + 1)
        new, index = statement.name(after + 1)
        if old and new and old.certain and new.certain:
            yield Renamed(old.text, new.text, *_span(statement, at))
