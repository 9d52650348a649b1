"""What a role needs that may do nothing else: the state's tables, and what each definition reads and writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from psycopg.sql import Identifier, Literal

from migration_guard.backfill.definition import Backfill, Status
from migration_guard.backfill.legacy import LegacyBackfill
from migration_guard.backfill.registry import Definition
from migration_guard.backfill.sqltext import Token, assigned_columns, tokens, words_of
from migration_guard.backfill.statements import statement

_BEFORE_TABLES = {"FROM", "JOIN", "USING"}
_AFTER_TABLES = {"WHERE", "SET", "ON", "GROUP", "ORDER", "HAVING", "LIMIT", "RETURNING", "UNION", "WHEN", "WINDOW"}
_TAKE_FROM = {"EXTRACT", "SUBSTRING", "TRIM", "OVERLAY", "POSITION"}
"""Functions whose arguments are separated by FROM."""


def grants(schema: str, role: str, definitions: Sequence[Definition]) -> str:
    """Give the SQL that lets a role run definitions."""
    to, state = _quoted(role), _quoted(schema)
    parts = [statement("grants", role=to, role_name=Literal(role).as_string(None), state=state)]
    active = (definition for definition in definitions if definition.status is Status.ACTIVE)
    parts += ["\n".join((f"-- {' '.join(one.key.split())}", *_lines(one, role))) for one in active]
    return "\n\n".join(parts) + "\n"


def monitoring(role: str) -> str:
    """Give the SQL by which a role sees what the brake looks at."""
    why = "-- So that the brake sees how far standbys are behind; pg_read_all_stats, a part of it, is enough."
    return f"{why}\nGRANT pg_monitor TO {_quoted(role)};\n"


def _lines(definition: Definition, role: str) -> Iterator[str]:
    to = _quoted(role)
    if isinstance(definition, LegacyBackfill):
        yield "-- Its function decides what it needs; by its entry, these tables:"
        for n, table in enumerate(definition.tables):
            yield f"GRANT {'SELECT, INSERT, UPDATE, DELETE' if n == 0 else 'SELECT'} ON {table} TO {to};"
        return
    role = definition.role or role
    if definition.role is not None:
        member, to = to, _quoted(definition.role)
        yield f"GRANT {to} TO {member};"
    for schema in _schemas(definition):
        yield f"GRANT USAGE ON SCHEMA {schema} TO {to};"
    # What is held has to be locked, which takes the right to update one of its columns.
    held = assigned_columns(definition.update or "") if _in_place(definition) else frozenset(definition.key_columns)
    columns = ", ".join(map(_quoted, sorted(held or definition.key_columns)))
    yield f"GRANT SELECT, UPDATE ({columns}) ON {definition.table} TO {to};"
    if definition.update is None:
        yield f"-- Its function {definition.function} decides what else it needs:"
        yield f"GRANT SELECT, UPDATE ON {definition.written} TO {to};"
    elif rights := _rights(definition):
        yield f"GRANT {rights} ON {definition.written} TO {to};"
    if len(definition.key_columns) == 1:
        named = {"table": definition.table, "column": definition.key_columns[0], "role_name": role}
        spelt = {name: Literal(text).as_string(None) for name, text in named.items()}
        yield statement("grant_counter", counters=statement("counters"), **spelt)
    own = {definition.table, definition.written}
    for table in sorted({*definition.tables, *_read(definition.where), *_read(definition.update or "")} - own):
        yield f"GRANT SELECT ON {table} TO {to};"


def _in_place(definition: Backfill) -> bool:
    return definition.written == definition.table and _verb(definition) == "UPDATE"


def _verb(definition: Backfill) -> str:
    return next((token.word for token in tokens(definition.update or "") if token.kind == "name"), "")


def _rights(definition: Backfill) -> str:
    """Give what the update needs beyond the columns that it sets in the table itself."""
    if _in_place(definition):
        return ""
    columns = ", ".join(map(_quoted, sorted(assigned_columns(definition.update or ""))))
    update = f"UPDATE ({columns})" if columns else "UPDATE"
    return {
        "UPDATE": f"SELECT, {update}",
        "DELETE": "SELECT, DELETE",
        "INSERT": f"SELECT, INSERT{f', {update}' if columns else ''}",
    }.get(_verb(definition), "SELECT, INSERT, UPDATE, DELETE")


def _schemas(definition: Backfill) -> list[str]:
    named = [name.rpartition(".")[0] for name in (definition.table, definition.written)]
    path = (definition.search_path or "").split(",")
    return sorted({name for name in (*named, *(one.strip() for one in path)) if name and not name.startswith("$")})


def _read(sql: str) -> Iterator[str]:
    """Give the tables that a text reads: names after FROM and JOIN that its WITH does not make."""
    made = set(_made(sql))
    for name, opened in _after(words_of(sql)):
        if opened not in _TAKE_FROM and name.lower() not in made:
            yield name


def _after(pieces: Sequence[Token]) -> Iterator[tuple[str, str]]:
    """Give each name in a list of tables, with the word before the bracket that the list stands in."""
    opened, listing = [""], [False]
    before = ""
    for n, token in enumerate(pieces):
        begins = token.kind == "name" and token.word in _BEFORE_TABLES and before != "DISTINCT"
        if token.text == "(":
            opened.append(before)
            listing.append(False)
        elif token.text == ")" and len(opened) > 1:
            opened.pop()
            listing.pop()
        elif begins or (token.text == "," and listing[-1]):
            listing[-1] = True
            name = _dotted(pieces[n + 1 :])
            if name is not None:
                yield name, opened[-1]
        elif token.kind == "name" and token.word in _AFTER_TABLES:
            listing[-1] = False
        before = token.word


def _dotted(pieces: Sequence[Token]) -> str | None:
    """Read a name with its schema; what is called is no table."""
    parts, rest = [], list(pieces)
    while rest and rest[0].kind == "name" and rest[0].word not in {"LATERAL", "ONLY", "SELECT"}:
        parts.append(rest.pop(0).text)
        if not rest or rest[0].text != ".":
            break
        rest.pop(0)
    return ".".join(parts) if parts and not (rest and rest[0].text == "(") else None


def _made(sql: str) -> Iterator[str]:
    pieces = words_of(sql)
    for name, as_, bracket in zip(pieces, pieces[1:], pieces[2:]):
        if as_.word == "AS" and (bracket.text == "(" or bracket.word in {"MATERIALIZED", "NOT"}):
            yield name.text.lower()


def _quoted(name: str) -> str:
    return Identifier(name).as_string(None)
