"""Statements that may write rows, as sqlglot's trees show them. Only this module and `batch` import sqlglot.

A tree knows grammar and no offsets of verbs; tokens know offsets and no grammar. So a statement is written anew from its
tokens, each in its old place: strings emptied (they are data, perhaps secret), comments blank, holes as names. What the
tree shows to be written is found again among the tokens, by the offset of the table's name.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain

import sqlglot
from sqlglot import exp

import migration_guard.sql.silence  # noqa: F401 -- what is not understood is not printed
from migration_guard.lean import dataclass
from migration_guard.operations import OperationKind
from migration_guard.sql import writes
from migration_guard.sql.alarm import TooSlow, at_most
from migration_guard.sql.names import Name, Reference, assigned, named
from migration_guard.sql.scan import HOLE, Sort, Token, words
from migration_guard.sql.statement import GLUED, Statement
from migration_guard.sql.steps import Change
from migration_guard.sql.strings import escape_behind, unquoted

SECONDS = 2.0
"""The most that parsing one statement may take."""

_MOST_TOKENS = 5_000
_DEEPEST = 40
"""Parentheses in parentheses: each takes the parser a dozen frames of the stack."""
_DEEPEST_TRIED = 8
"""Brackets and calls, which it tries in two ways each: `ARRAY[ARRAY[`, `STRUCT(STRUCT(`, `a::int[` double its time."""

_REMEMBERED = 512
"""Statements whose answer is kept: a helper runs the same one for many tables, a migration in both directions."""

_DIALECTS = frozenset(dialect.value for dialect in sqlglot.Dialects)
_FURTHER_DIALECTS = ("mysql", "sqlite", "tsql")
_VERBS: dict[type[exp.Expr], str] = {
    exp.Update: "UPDATE",
    exp.Delete: "DELETE",
    exp.Insert: "INSERT",
    exp.Merge: "MERGE",
    exp.TruncateTable: "TRUNCATE",
    exp.Create: "CREATE",
    exp.Into: "SELECT",
}
_ROOTS = (exp.Query, exp.Update, exp.Delete, exp.Insert, exp.Merge, exp.TruncateTable, exp.Create)


class _NotUnderstood(Exception):
    """A tree that does not say what is written."""


@dataclass(frozen=True, slots=True)
class _Write:
    """A node that writes rows."""

    kind: OperationKind
    verb: str
    targets: tuple[Name | None, ...]
    behind: int
    """The offset of a name that follows the verb, with no other such verb between."""
    queries: bool = False
    """Whether it inserts what a query gives, be it one that names no table."""


def changes(statement: Statement, at: int, end: int, dialect: str) -> list[Change] | None:
    """Each Change of what stands between two indices, in the order of verbs; None if sqlglot cannot tell."""
    while statement[at].text == "(" and statement.beyond(at) == end:
        at, end = at + 1, end - 1
    tokens = statement.tokens[at:end]
    if not tokens or not _is_cheap(tokens):
        return None
    sql = _rewritten(tokens)
    try:
        with at_most(SECONDS):
            found = _written(sql, dialect)
    except TooSlow:
        return None
    return None if found is None else _located(found, statement, at, end)


def _is_cheap(tokens: Sequence[Token]) -> bool:
    """Whether sqlglot can parse them in reasonable time and stack."""
    if len(tokens) > _MOST_TOKENS or tokens[-1].sort is Sort.UNCLOSED:
        return False
    tried: list[bool] = []
    before = tokens[0]
    for token in tokens:
        if token.text in {"(", "["}:
            tried.append(token.text == "[" or before.sort is Sort.WORD)
            if len(tried) > _DEEPEST or sum(tried) > _DEEPEST_TRIED:
                return False
        elif token.text in {")", "]"} and tried:
            tried.pop()
        before = token
    return True


def _rewritten(tokens: Sequence[Token]) -> str:
    pieces, position = [], tokens[0].start
    escapes = any(len(token.text) == len("UESCAPE") and token.upper == "UESCAPE" for token in tokens)
    for index, token in enumerate(tokens):
        pieces.append(" " * (token.start - position))
        position = token.end
        if escapes and "UESCAPE" in {token.upper, tokens[index - 1].upper}:
            pieces.append(" " * len(token.text))
        elif token.text == "?":
            pieces.append("?")  # also an operator of jsonb, which sqlglot can tell from a placeholder
        elif token.sort is Sort.HOLE or (token.sort in GLUED and _touches_hole(tokens, index)):
            pieces.append(HOLE * len(token.text))
        elif token.sort is Sort.STRING:
            pieces.append("'" + HOLE * (len(token.text) - 2) + "'")
        elif token.sort is Sort.QUOTED and token.text[0] in "uU[":
            name = unquoted(token, escape_behind(tokens, index)).replace('"', '""')
            pieces.append(f'"{name}"'.ljust(len(token.text)))
        else:
            pieces.append(token.text)
    return "".join(pieces)


def _touches_hole(tokens: Sequence[Token], index: int) -> bool:
    """Whether a token and a hole are one name: `leads_{year}`."""
    before, after = tokens[max(index - 1, 0)], tokens[min(index + 1, len(tokens) - 1)]
    return (before.sort is Sort.HOLE and before.end == tokens[index].start) or (
        after.sort is Sort.HOLE and after.start == tokens[index].end
    )


@lru_cache(_REMEMBERED)
def _written(sql: str, dialect: str) -> tuple[_Write, ...] | None:
    """What the first dialect that has a tree for the statement shows to be written."""
    for name in dict.fromkeys((dialect, *_FURTHER_DIALECTS)):
        root = _tree(sql, name) if name in _DIALECTS else None
        if root is not None and (found := _read(root)) is not None:
            return found
    return None


def tree_of(tokens: Sequence[Token], dialect: str) -> exp.Expr | None:
    """The tree of a statement, None where there is none, or where it takes too long."""
    if not tokens or not _is_cheap(tokens):
        return None
    try:
        with at_most(SECONDS):
            return _tree(_rewritten(tokens), dialect)
    except TooSlow:
        return None


def _tree(sql: str, dialect: str) -> exp.Expr | None:
    """The tree of a statement, None if this dialect has none for all of it."""
    try:
        tree = sqlglot.parse_one(sql, dialect=dialect)
    except Exception:  # noqa: BLE001  a parser that fails, in whatever way, leaves the tokens; its message holds the SQL
        return None
    return tree if isinstance(tree, _ROOTS) else None


def _read(tree: exp.Expr) -> tuple[_Write, ...] | None:
    """What a tree writes, None if some part of it says nothing."""
    nodes = list(tree.walk())
    if any(isinstance(node, exp.Command) for node in nodes):
        return None
    try:
        return tuple(_write(node) for node in nodes if type(node) in _VERBS and _counts(node))
    except _NotUnderstood:
        return None


def _counts(node: exp.Expr) -> bool:
    """Not the actions of a MERGE, nor a table that is created empty."""
    if isinstance(node, exp.Create):
        return not any(option.args.get("no") for option in node.find_all(exp.WithDataProperty))
    return not isinstance(node.parent, exp.When)


def _write(node: exp.Expr) -> _Write:
    targets: list[Name | None]
    match node:
        case exp.Update():
            kind, targets = OperationKind.UPDATE, _updated(node)
        case exp.Delete():
            kind, targets = OperationKind.DELETE, _deleted(node)
        case exp.Insert():
            kind, targets = _insert_kind(node), [_name(_table(node.this))]
        case exp.Merge():
            kind, targets = OperationKind.MERGE, [_name(_table(node.this))]
        case exp.TruncateTable():
            kind, targets = OperationKind.TRUNCATE, [_name(_table(table)) for table in node.expressions]
        case exp.Create() if not isinstance(node.expression, (exp.Query, exp.Values)):
            raise _NotUnderstood
        case _:
            kind, targets = OperationKind.CTAS, [_name(_table(node.this))]
    first = next(chain(node.args.get("tables") or (), [node.this] if node.this else node.expressions))
    queries = isinstance(node, exp.Insert) and isinstance(node.expression, exp.Query)
    return _Write(kind, _VERBS[type(node)], tuple(targets), _offset(_table(first)), queries)


def _insert_kind(node: exp.Insert) -> OperationKind:
    source = node.expression.unnest() if isinstance(node.expression, exp.Query) else node.expression
    if isinstance(source, exp.Query) and _reads_tables(node):
        return OperationKind.INSERT_SELECT
    if not (isinstance(source, (exp.Values, exp.Query)) or node.args.get("default")):
        raise _NotUnderstood
    conflict = node.args.get("conflict")
    updates = conflict is not None and (conflict.args.get("duplicate") or "UPDATE" in conflict.text("action"))
    replaces = node.args.get("alternative") == "REPLACE"
    return OperationKind.UPSERT_VALUES if updates or replaces else OperationKind.INSERT_VALUES


def _reads_tables(node: exp.Insert) -> bool:
    """Whether its query reads tables, or what it calls by a name as if it did."""
    target = _table(node.this)
    return any(_called_by(table) not in _OF_ARGUMENTS for table in node.find_all(exp.Table) if table is not target)


def _called_by(table: exp.Table) -> str:
    """The name of the function that stands where a table does; none where it is a table, or one that is not asked for here."""
    function = table.this
    if isinstance(function, exp.Anonymous):
        return function.name.upper()
    return "GENERATE_SERIES" if isinstance(function, exp.GenerateSeries) else ""


_OF_ARGUMENTS = words(
    "GENERATE_SERIES GENERATE_SUBSCRIPTS STRING_TO_TABLE REGEXP_SPLIT_TO_TABLE REGEXP_MATCHES "
    "JSON_POPULATE_RECORD JSONB_POPULATE_RECORD JSON_POPULATE_RECORDSET JSONB_POPULATE_RECORDSET JSON_TO_RECORDSET JSONB_TO_RECORDSET "
    "JSON_ARRAY_ELEMENTS JSONB_ARRAY_ELEMENTS JSON_ARRAY_ELEMENTS_TEXT JSONB_ARRAY_ELEMENTS_TEXT JSON_EACH JSONB_EACH JSON_EACH_TEXT "
    "JSONB_EACH_TEXT"
)
"""Functions whose rows are made of what they are given; others, such as ClickHouse's `remote`, read tables elsewhere."""


def _updated(node: exp.Update) -> list[Name | None]:
    joined = list(_references(node.this))
    if len(joined) > 1:
        columns = (assignment.this for assignment in node.expressions if isinstance(assignment, exp.EQ))
        return [*assigned(joined, [column.table.lower() for column in columns if isinstance(column, exp.Column)])]
    origin = node.args.get("from_")
    return [named(_name(_table(node.this)), list(_references(origin.this)) if origin else [])]


def _deleted(node: exp.Delete) -> list[Name | None]:
    """The tables of `DELETE FROM leads l`, and of `DELETE a`, `DELETE a FROM leads a`, `DELETE FROM a USING leads a`."""
    if listed := node.args.get("tables"):
        origin = _references(node.this) if node.this else ()
        targets = [_name(_table(table)) for table in listed]
    else:
        origin = chain.from_iterable(map(_references, node.args.get("using") or ()))
        targets = [reference.table for reference in _references(node.this)]
    references = list(origin)
    return [named(target, references) for target in targets]


def _references(node: exp.Expr) -> Iterator[Reference]:
    """The table of a node and those that are joined to it."""
    if isinstance(node, exp.Table):
        table = _name(node)
        yield Reference(table, node.alias.lower() or table.last)
    for join in node.args.get("joins") or ():
        yield from _references(join.this)


def _table(node: exp.Expr) -> exp.Table:
    """The table of a node that may give its columns too."""
    table = node.this if isinstance(node, exp.Schema) else node
    if isinstance(table, exp.Table):
        return table
    raise _NotUnderstood


def _name(table: exp.Table) -> Name:
    parts = [part for part in table.parts if isinstance(part, exp.Identifier) and _is_name(part)]
    if len(parts) < len(table.parts):
        raise _NotUnderstood
    return Name.of([part.name for part in parts], [HOLE in part.name for part in parts])


def _is_name(part: exp.Identifier) -> bool:
    """Whether it is surely a name, and neither `leads.*` nor the option of a dialect that sqlglot does not know."""
    plain = "*" not in part.name and part.name.upper() not in writes.OPTIONS
    return bool(part.name) and (plain or bool(part.args.get("quoted")))


def _offset(table: exp.Table) -> int:
    offset = table.parts[0].meta.get("start")
    if isinstance(offset, int):
        return offset
    raise _NotUnderstood


def _located(found: Sequence[_Write], statement: Statement, at: int, end: int) -> list[Change] | None:
    """The same writes with the places of their verbs, which are the last such words before the table's name."""
    starts = [token.start for token in statement.tokens[at:end]]
    open_ = any(HOLE in token.text for token in statement.tokens[at:end])
    changes_ = []
    for write in found:
        kind = OperationKind.INSERT_SELECT if write.queries and open_ else write.kind  # a hole may stand for a table
        name = at + bisect_left(starts, starts[0] + write.behind)
        before = range(name - 1, at - 1, -1) if write.verb != "SELECT" else [writes.root(statement, at, end)]
        verb = next((index for index in before if statement.word(index) == write.verb), None)
        if verb is None:
            return None
        stop = next((index for index in statement.level(verb, end) if statement[index].text == ")"), end)
        changes_.append(writes.change(kind, statement, verb, stop, *write.targets))
    return sorted(changes_, key=lambda change: change.start)


def called(statement: Statement, at: int, end: int, dialect: str) -> set[str] | None:
    """The functions that a query calls and sqlglot does not know, in lower case; None if it has no tree."""
    tree = tree_of(statement.tokens[at:end], dialect)
    if tree is None:
        return None
    found = {node.name for node in tree.find_all(exp.Anonymous, exp.AnonymousAggFunc)}
    return {name.lower() for name in found if name.upper() not in exp.FUNCTION_BY_NAME}  # of any server
