"""The statements that write rows, by their tokens: which tables, and in which way.

This decides what sqlglot has no tree for: half a statement (the rest is a hole), another dialect's options, nesting
beyond measure. Nothing here looks at more than one statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from migration_guard.operations import OperationKind
from migration_guard.sql.names import Name, Reference, assigned, named
from migration_guard.sql.scan import Sort, words
from migration_guard.sql.statement import Statement
from migration_guard.sql.steps import Change

VERBS = frozenset({"UPDATE", "DELETE", "INSERT", "REPLACE", "MERGE"})
_WRITING = VERBS | {"TRUNCATE"}
_ROOTS = VERBS | {"SELECT", "VALUES", "TABLE", "UPSERT"}
_SOURCES = ("VALUES", "SELECT", "WITH", "TABLE", "DEFAULT", "SET", "EXEC", "EXECUTE")
_QUERIES = frozenset({"SELECT", "WITH", "TABLE", "EXEC", "EXECUTE"})
_MODIFIERS = ("LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "QUICK", "IGNORE")
OPTIONS = frozenset({"ONLY", *_MODIFIERS})
"""Words before a table; a grammar that does not know them takes them for the table, and the table for its alias."""
_NO_ALIAS = words(
    "SET WHERE FROM USING JOIN INNER LEFT RIGHT FULL CROSS NATURAL STRAIGHT_JOIN ON ORDER LIMIT RETURNING OUTPUT WITH "
    "USE FORCE IGNORE PARTITION OPTION AS LATERAL ONLY"
)


def changes(statement: Statement, at: int, end: int) -> Iterator[Change]:
    """Each statement that writes in the query at `at`: its writable CTEs and itself, in the order of their verbs."""
    regions = [(at, end)]
    regions += [
        (opened + 1, closed)
        for opened, closed in statement.opened()
        if at < opened < end and _holds_statement(statement, opened)
    ]
    regions += bracketed(statement, at, end)
    found = [change for start, stop in regions if (change := _written(statement, start, stop))]
    return iter(sorted(found, key=lambda change: change.start))


def bracketed(statement: Statement, at: int, end: int) -> list[tuple[int, int]]:
    """The statements in square brackets, of which CockroachDB takes the rows that they return for a table's."""
    return [
        (index + 1, next((one for one in statement.level(index, end) if statement[one].text == "]"), end))
        for index in range(at, end)
        if statement[index].text == "[" and _is_verb(statement, index + 1) and statement[index + 2].text != "]"
    ]


def may_write(statement: Statement, at: int, end: int, *, body: bool) -> bool:
    """Whether a verb that writes stands where a statement may begin, or an INTO in a query that no variable takes."""
    if any(_is_verb(statement, index) for index in (at, root(statement, at, end))):
        return True
    return any(
        (statement.word(index) == "INTO" and not body)
        or (_is_verb(statement, index) and statement[index - 1].text in {"(", ")", "["})  # `AS (WITH … (…) DELETE`
        for index in range(at, end)
    )


def _is_verb(statement: Statement, index: int) -> bool:
    """Whether a word is a verb that writes, and neither a function nor the beginning of UPDATE STATISTICS."""
    match statement.word(index):
        case "UPDATE":
            return not statement.is_(index + 1, "STATISTICS") or statement.is_(index + 2, "SET")
        case "INSERT" | "REPLACE":
            return statement[index + 1].text != "("
        case "UPSERT":
            return statement.word(index + 1) == "INTO"
        case word:
            return word in _WRITING


def into(statement: Statement, verb: int) -> tuple[Name | None, bool]:
    """The table that a SELECT creates, if it does, and whether it is temporary."""
    found = statement.find(verb, len(statement), "INTO")
    index = statement.skip(found + 1, "TEMP", "TEMPORARY", "UNLOGGED", "TABLE")
    target, _ = statement.name(index)
    if target is None or target.text.startswith("@") or statement.word(index) in {"OUTFILE", "DUMPFILE"}:
        return None, False
    return target, statement.word(found + 1) in {"TEMP", "TEMPORARY"}


def root(statement: Statement, at: int, end: int) -> int:
    """The index of the verb to which a leading WITH belongs."""
    if statement.word(at) != "WITH":
        return at
    for index in statement.level(at + 1, end):
        word = statement.word(index)
        is_name = statement.is_(index + 1, "AS") or statement.is_(index + 1, "(")
        if word in _ROOTS and not (is_name and word in VERBS):
            return index
    return end


def _holds_statement(statement: Statement, opened: int) -> bool:
    """Whether a parenthesis holds a statement rather than an expression: it is a CTE's."""
    inside = statement.word(opened + 1)
    return inside == "WITH" or (inside in VERBS and statement.word(opened - 1) in {"AS", "MATERIALIZED"})


def _written(statement: Statement, start: int, stop: int) -> Change | None:
    while statement[start].text == "(" and statement.beyond(start) > start + 1:
        start, stop = start + 1, min(stop, statement.beyond(start) - 1)
    verb = root(statement, start, stop)
    word = statement.word(verb) if verb < stop else ""
    if word != "SELECT" and not _is_verb(statement, verb):
        return None
    match word:
        case "UPDATE":
            return _update(statement, verb, stop)
        case "DELETE":
            return _delete(statement, verb, stop)
        case "INSERT" | "REPLACE" | "UPSERT":
            return insert(statement, verb, stop)
        case "MERGE":
            target = statement.name(statement.skip(verb + 1, "INTO", "ONLY"))[0]
            return change(OperationKind.MERGE, statement, verb, stop, target)
        case "TRUNCATE":
            targets, _ = names(statement, statement.skip(verb + 1, "TABLE"), stop)
            return change(OperationKind.TRUNCATE, statement, verb, stop, *targets)
        case "SELECT" if (target := into(statement, verb)[0]) is not None:
            return change(OperationKind.CTAS, statement, verb, stop, target)
    return None


def change(kind: OperationKind, statement: Statement, verb: int, stop: int, *targets: Name | None) -> Change:
    """The Change whose verb stands at an index and whose statement ends before another."""
    known = tuple(dict.fromkeys(table for target in targets if target for table in target.tables))
    dynamic = any(target is None or not target.certain for target in targets)
    anywhere = tuple(dict.fromkeys(target.text for target in targets if target and target.anywhere))
    span = (statement[verb].start, statement[max(verb, stop - 1)].end)
    return Change(kind, known, *span, dynamic, anywhere, cased=cased(statement, verb, stop, known))


def cased(statement: Statement, start: int, stop: int, tables: Iterable[str]) -> tuple[str, ...]:
    """The tables whose own names stand there in quotes and have capitals: a server folds what stands without quotes."""
    capital = [table for table in tables if (own := table.rpartition(".")[2]) != own.lower()]
    if not capital:
        return ()
    quoted = {token.text[1:-1] for token in statement.tokens[start:stop] if token.text[:1] == '"'}
    return tuple(table for table in capital if table.rpartition(".")[2] in quoted)


def names(statement: Statement, index: int, stop: int) -> tuple[list[Name | None], int]:
    """A list of names with commas between them (each perhaps ONLY, `*` or `.*`), and the index after it."""
    found: list[Name | None] = []
    while index < stop:
        target, index = statement.name(_beyond_only(statement, index))
        found.append(target)
        index += statement.is_(index, ".", "*")
        index += statement[index].text in {"*", ")"}
        if statement[index].text != ",":
            break
        index += 1
    return found, index


def _beyond_only(statement: Statement, index: int) -> int:
    following = statement[index + 1]
    if statement.word(index) == "ONLY" and (
        following.text == "(" or (following.sort is not Sort.MARK and following.upper != "SET")
    ):
        index += 1
    return index + (statement[index].text == "(")


def kept(statement: Statement, at: int, end: int) -> Iterator[Change]:
    """`OUTPUT deleted.id INTO log`: SQL Server keeps what a statement changes in another table."""
    for index in statement.level(at + 1, end):
        if statement.word(index) == "OUTPUT" and statement.word(at) in VERBS | {"WITH"}:
            into_ = statement.find(index, end, "INTO", "FROM", "WHERE", "VALUES", "SELECT", "WHEN")
            target, _ = statement.name(into_ + 1)
            if statement.word(into_) == "INTO" and target is not None and target.text[:1] not in {"@", "#"}:
                yield change(OperationKind.INSERT_SELECT, statement, index, end, target)


def _options(statement: Statement, index: int) -> int:
    """The index after the words that may stand between a verb and its table."""
    index = statement.skip(index, *_MODIFIERS)
    if statement.word(index) == "OR":
        index += 2
    if statement.is_(index, "TOP", "("):
        index = statement.skip(statement.beyond(index + 1), "PERCENT")
    return index


def _references(statement: Statement, start: int, stop: int) -> list[Reference]:
    """The tables that a FROM, USING or UPDATE lists between two indices, each with its alias or own name."""
    found: list[Reference] = []
    expected = True
    for index in statement.level(start, stop):
        token = statement[index]
        if token.text == "," or token.upper in {"JOIN", "STRAIGHT_JOIN"}:
            expected = True
        elif expected and token.upper not in {"LATERAL", "ONLY"}:
            expected = False
            target, after = statement.name(index)
            after += statement.word(after) == "AS"
            if target and statement[after].sort in {Sort.WORD, Sort.QUOTED} and statement.word(after) not in _NO_ALIAS:
                found.append(Reference(target, statement[after].text.strip('"`').lower()))
            elif target:
                found.append(Reference(target, target.last))
    return found


def _update(statement: Statement, verb: int, stop: int) -> Change:
    first = _beyond_only(statement, _options(statement, verb + 1))
    target, after = statement.name(first)
    assignments = statement.find(after, stop, "SET")
    joined = _references(statement, first, assignments)
    if len(joined) > 1:
        written = assigned(joined, _qualifiers(statement, assignments, stop))
        return change(OperationKind.UPDATE, statement, verb, stop, *written)
    origin = statement.find(assignments, stop, "FROM")
    if after == assignments and origin < stop:
        target = named(target, _references(statement, origin + 1, statement.find(origin, stop, "WHERE")))
    return change(OperationKind.UPDATE, statement, verb, stop, target)


def _qualifiers(statement: Statement, assignments: int, stop: int) -> list[str]:
    """The tables or aliases to which the assigned columns belong."""
    found = []
    end = statement.find(assignments, stop, "WHERE", "ORDER", "LIMIT", "FROM")
    for index in statement.level(assignments, end):
        if statement.word(index) == "SET" or statement[index].text == ",":
            column, _ = statement.name(index + 1)
            if column and "." in column.text:
                found.append(column.text.rpartition(".")[0].rpartition(".")[2].lower())
    return found


def _delete(statement: Statement, verb: int, stop: int) -> Change:
    first = _options(statement, verb + 1)
    targets, after = names(statement, first + (statement.word(first) == "FROM"), stop)
    origin = statement.find(after, stop, "FROM", "USING", "WHERE")
    if statement.word(origin) in {"FROM", "USING"}:
        end = statement.find(origin, stop, "WHERE", "ORDER", "LIMIT", "RETURNING")
        targets = [named(target, _references(statement, origin + 1, end)) for target in targets]
    return change(OperationKind.DELETE, statement, verb, stop, *targets)


def insert(statement: Statement, verb: int, stop: int) -> Change:
    replaces = statement.word(verb) in {"REPLACE", "UPSERT"} or statement.is_(verb + 1, "OR", "REPLACE")
    first = statement.skip(_options(statement, verb + 1), "INTO", "OVERWRITE", "IGNORE")
    first += statement.word(first) == "TABLE" and statement[first + 1].sort is not Sort.MARK
    target, after = statement.name(first)
    source = _source(statement, after, stop)
    if statement.word(source) in _QUERIES and not _reads_nothing(statement, source, stop):
        kind = OperationKind.INSERT_SELECT
    elif statement[source].sort is Sort.HOLE and source < stop:
        unknown = Name("", dynamic=True)
        return change(OperationKind.INSERT_SELECT, statement, verb, stop, target, unknown)
    else:
        upserts = replaces or _resolves_conflict(statement, source, stop)
        kind = OperationKind.UPSERT_VALUES if upserts else OperationKind.INSERT_VALUES
    return change(kind, statement, verb, stop, target)


def _source(statement: Statement, after: int, stop: int) -> int:
    """Where what is inserted begins, behind the columns; a SELECT may stand in parentheses."""
    for index in statement.level(after, stop):
        inner = index
        while statement[inner].text == "(":
            inner += 1
        if inner > index and statement.word(inner) not in {"SELECT", "WITH", "VALUES", "TABLE"}:
            continue
        if (
            statement.is_(inner, "VALUE", "(")
            or statement.word(inner) in _SOURCES
            or statement[inner].sort is Sort.HOLE
        ):
            return inner
    return stop


def _reads_nothing(statement: Statement, source: int, stop: int) -> bool:
    """Whether a SELECT names no table, so that it gives constants: a hole may stand for one."""
    return statement.word(source) == "SELECT" and not any(
        statement.word(index) in {"FROM", "TABLE"} or statement[index].sort is Sort.HOLE
        for index in range(source, stop)
    )


def _resolves_conflict(statement: Statement, source: int, stop: int) -> bool:
    update = statement.find(source, stop, "UPDATE")
    return update < stop and statement.word(update - 1) in {"DO", "KEY"}
