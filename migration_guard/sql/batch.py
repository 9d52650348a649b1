"""How statements pick, lock and change the rows of a batch, as sqlglot's trees show them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING

from migration_guard.later import Later, re
from migration_guard.lean import dataclass
from migration_guard.sql import met
from migration_guard.sql.again import counts_on, repeats
from migration_guard.sql.do_block import Block, block
from migration_guard.sql.lexis import lexis_of, spoken
from migration_guard.sql.scan import HOLE, masked, scan
from migration_guard.sql.statement import split

if TYPE_CHECKING:
    from sqlglot import exp

    from migration_guard.sql import parse
else:
    exp, parse = Later("sqlglot.expressions"), Later("migration_guard.sql.parse")  # migrations hold no batches

_LOCKS = {(True, False): "UPDATE", (True, True): "NO KEY UPDATE", (False, False): "SHARE", (False, True): "KEY SHARE"}


@cache
def _verbs() -> dict[type[exp.Expr], str]:
    return {exp.Update: "UPDATE", exp.Delete: "DELETE", exp.Insert: "INSERT", exp.Merge: "MERGE"}


@dataclass(frozen=True, slots=True)
class Pick:
    """A SELECT that locks or limits."""

    table: str | None
    lock: str | None
    skips: bool
    ordered: bool
    limit: str | None
    fixed: int | None
    tested: tuple[str, ...]
    """Columns by whose values it leaves rows out."""
    nested: bool
    """Whether it stands inside a statement that changes rows."""
    gives: tuple[str, ...] = ()
    """The columns that it gives, row by row: none where rows are put together."""
    asked: tuple[exp.Expr, ...] = ()
    """Its conditions."""
    ranged: bool = False
    """Whether its keys end at a value from outside."""
    counts_off: bool = False
    """Whether it begins behind so many rows: OFFSET."""


@dataclass(frozen=True, slots=True)
class Write:
    """A statement that changes rows."""

    verb: str
    table: str
    columns: tuple[str, ...]
    sources: tuple[str, ...]
    tested: tuple[str, ...]
    """Columns by whose values it, or a pick inside it, leaves rows out."""
    confined: bool
    """Whether it says itself which rows a batch has: a pick inside it, or rows that it is given."""
    repeats: bool
    listed: tuple[str, ...] = ()
    """Columns that have to be in a list of values from outside."""
    keyed: tuple[str, ...] = ()
    """Columns that have to equal a value from outside."""
    ranged: bool = False
    """Whether a column lies in a range whose two ends come from outside."""
    fed: tuple[str, ...] = ()
    """Columns that have to equal what a pick inside it gives."""
    counts_on: bool = False
    """Whether what it gives a column leaves the row to be changed again, however its conditions name that."""
    given: tuple[tuple[str, exp.Expr], ...] = ()
    """What it gives to each column."""
    asked: tuple[exp.Expr, ...] = ()
    """Its conditions, and those of picks inside it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one statement does."""

    picks: tuple[Pick, ...]
    writes: tuple[Write, ...]
    start: int
    end: int


_TAKES_VALUES = re.compile(r"%s|%\(\w+\)s")


def batches(text: str, holes: Sequence[tuple[int, int]], dialect: str) -> Iterator[Batch | None]:
    """What each statement of a text picks and changes; None for one that has no tree."""
    if _TAKES_VALUES.search(text) is not None:
        text = text.replace("%%", " %")  # as psycopg has it
    for statement in split(scan(masked(text, holes), 0, lexis_of(dialect))):
        first, last = statement[0], statement[len(statement) - 1]
        found = _batch(parse.tree_of(statement.tokens, spoken(dialect)))
        if found is None:
            inside = block(text[first.start : last.end]) if text[first.start : first.end].upper() == "DO" else None
            yield _of_block(inside, dialect, first.start, last.end) if inside is not None else None
            continue
        picks = tuple(replace(one, limit=_shown(one.limit, text[first.start :])) for one in found.picks)
        yield replace(found, picks=picks, start=first.start, end=last.end)


def table_locks(text: str, holes: Sequence[tuple[int, int]], dialect: str) -> Iterator[tuple[int, int]]:
    """Where the statements of a text stand that lock a whole table."""
    for statement in split(scan(masked(text, holes), 0, lexis_of(dialect))):
        first = statement[0]
        if text[first.start : first.end].upper() == "LOCK":
            yield first.start, statement[len(statement) - 1].end


def starts(text: str, holes: Sequence[tuple[int, int]], dialect: str) -> Iterator[int]:
    """Where a text may set something: at the first word of a statement, and at what a query calls, but not in remarks or strings."""
    for statement in split(scan(masked(text, holes), 0, lexis_of(dialect))):
        first = text[statement[0].start : statement[0].end].upper()
        if first in {"SET", "RESET", "DISCARD"}:
            yield statement[0].start
        elif first in {"SELECT", "WITH", "PERFORM"}:
            yield from (statement[at].start for at in range(len(statement)))


def controls(text: str, holes: Sequence[tuple[int, int]], dialect: str) -> Iterator[tuple[int, str]]:
    """Where the statements of a text stand that begin or end a transaction, each with its first word; savepoints do neither."""
    for statement in split(scan(masked(text, holes), 0, lexis_of(dialect))):
        words = [text[one.start : one.end].upper() for one in (statement[at] for at in range(min(len(statement), 3)))]
        if words[0] in _CONTROLS and not {"TO", "PREPARED"} & {*words[1:]}:
            yield statement[0].start, words[0]


_CONTROLS = frozenset({"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT"})


def _of_block(inside: Block, dialect: str, start: int, end: int) -> Batch | None:
    """What a DO block does: all of it in one transaction, however often it goes round, unless it commits by itself."""
    found = [one for sql in inside.statements for one in batches(sql, (), dialect)]
    read = [one for one in found if one is not None]
    if len(read) < len(found):
        return None
    writes = [write for one in read for write in one.writes]
    if inside.loops and not inside.commits:
        writes = [replace(one, confined=False, listed=(), keyed=(), ranged=False) for one in writes]
    return Batch(tuple(pick for one in read for pick in one.picks), tuple(writes), start, end)


def condition(where: str, dialect: str) -> tuple[str, ...]:
    """The columns by whose values a condition leaves rows out."""
    found = next(iter(batches(f"DELETE FROM batch WHERE {where}", (), dialect)), None)
    return found.writes[0].tested if found and found.writes else ()


def _shown(limit: str | None, text: str) -> str | None:
    """Give a limit as the text spells it: placeholders were blanked for the parser, and left their range."""
    if limit is None or "-" not in limit:
        return limit
    begin, end = (int(part) for part in limit.split("-"))
    return text[begin : end + 1]


def _batch(root: exp.Expr | None) -> Batch | None:
    if root is None or any(isinstance(node, exp.Command) for node in root.walk()):
        return None
    writing = [node for node in root.walk() if type(node) in _verbs() and not isinstance(node.parent, exp.When)]
    picked = [node for node in root.find_all(exp.Select) if node.args.get("locks") or node.args.get("limit")]
    reading = [] if writing else [node for node in root.find_all(exp.Select) if node not in picked]
    picks = tuple(_pick(node, nested=bool(writing)) for node in (*picked, *reading))
    return Batch(picks, tuple(_write(node, root, picked) for node in writing), 0, 0)


def _pick(node: exp.Select, *, nested: bool) -> Pick:
    origin = node.args.get("from_")
    source = origin.this if origin is not None else None
    lock = next((one for one in node.args.get("locks") or () if _locks(one, source)), None)
    limit = node.args.get("limit")
    spelt, fixed = _limit(limit) if limit is not None else (None, None)
    return Pick(
        table=source.name if isinstance(source, exp.Table) else None,
        lock=_LOCKS[bool(lock.args.get("update")), bool(lock.args.get("key"))] if lock is not None else None,
        skips=lock is not None and lock.args.get("wait") is False,
        ordered=node.args.get("order") is not None,
        limit=spelt,
        fixed=fixed,
        tested=_tested(node.args.get("where")),
        nested=nested,
        gives=_given(node),
        asked=_asked(node),
        ranged=_bounds(node, source if source is not None else node).ranged,
        counts_off=node.args.get("offset") is not None,
    )


def _asked(node: exp.Expr) -> tuple[exp.Expr, ...]:
    where = node.args.get("where")
    return (where.this,) if isinstance(where, exp.Expr) else ()


def _locks(lock: exp.Expr, source: exp.Expr | None) -> bool:
    """Whether a lock is of the rows of the first table: `FOR UPDATE OF other` is of other ones."""
    named = {one.name.lower() for one in lock.args.get("expressions") or ()}
    return not named or (
        isinstance(source, exp.Table) and bool(named & {source.alias_or_name.lower(), source.name.lower()})
    )


def _given(node: exp.Select) -> tuple[str, ...]:
    if node.args.get("distinct") or node.args.get("group"):
        return ()
    return tuple(one.name.lower() for one in node.expressions if isinstance(one.unalias(), exp.Column))


def _is_no_limit(count: exp.Expr) -> bool:
    """`LIMIT ALL`, `LIMIT NULL`, and what a query gives, which may be any number."""
    is_all = isinstance(count, (exp.Column, exp.Var)) and count.name.upper() == "ALL"
    return is_all or isinstance(count.unnest(), (exp.Null, exp.All, exp.Query))


def _takes_ties(limit: exp.Expr) -> bool:
    """`FETCH FIRST 500 ROWS WITH TIES` takes all rows that are equal to the last one."""
    return any(one.args.get("with_ties") for one in limit.walk())


def _number(count: exp.Expr) -> int | None:
    """A number, or a product or a sum of numbers."""
    match count.unnest():
        case exp.Literal(this=str(text)) if text.isdigit():
            return int(text)
        case exp.Cast(this=inner):
            return _number(inner)
        case exp.Mul(this=one, expression=other) | exp.Add(this=one, expression=other) as both:
            sides = _number(one), _number(other)
            if sides[0] is not None and sides[1] is not None:
                return sides[0] * sides[1] if isinstance(both, exp.Mul) else sides[0] + sides[1]
    return None


def _limit(limit: exp.Expr) -> tuple[str | None, int | None]:
    count = limit.args.get("expression") or limit.args.get("count")
    if count is not None and (_is_no_limit(count) or _takes_ties(limit)):
        return None, None
    number = _number(count) if count is not None else None
    if number is not None:
        return str(number), number
    names = list(count.find_all(exp.Identifier)) if count is not None else []
    if names and HOLE in names[0].name:
        return f"{names[0].meta['start']}-{names[0].meta['end']}", None
    return (names[0].name if names else "?"), None


def _write(node: exp.Expr, root: exp.Expr, picked: Sequence[exp.Select]) -> Write:
    target = node.this.this if isinstance(node.this, exp.Schema) else node.this
    table = target.name if isinstance(target, exp.Table) and HOLE not in target.name else ""
    assigned, sources = _assignments(node)
    own = _tested(node.args.get("where"))
    inside = [select for select in picked if _feeds(select, node, root)]
    tested = tuple(dict.fromkeys(chain(own, *(_tested(select.args.get("where")) for select in inside))))
    bounds = _bounds(node, target)
    return Write(
        verb=_verbs()[type(node)],
        table=table,
        columns=assigned,
        sources=sources,
        tested=tested,
        confined=bool(inside) or (isinstance(node, exp.Insert) and isinstance(node.expression, exp.Values)),
        repeats=repeats(node, root, assigned, tested),
        listed=bounds.listed,
        keyed=bounds.keyed,
        ranged=bounds.ranged,
        fed=_fed(node, target),
        counts_on=counts_on(met.given(node), root.find_all(exp.Where)),
        given=tuple(met.given(node).items()),
        asked=(*_asked(node), *(one for select in inside for one in _asked(select))),
    )


def _assignments(node: exp.Expr) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns that an UPDATE writes and those that it reads for that."""
    if isinstance(node, exp.Insert):
        names = node.this.expressions if isinstance(node.this, exp.Schema) else []
        return tuple(name.name.lower() for name in names), ()
    if not isinstance(node, exp.Update):
        return (), ()
    pairs = [pair for pair in node.expressions if isinstance(pair, exp.EQ)]
    written = [column.name.lower() for pair in pairs for column in pair.this.find_all(exp.Column)]
    read = [column.name.lower() for pair in pairs for column in pair.expression.find_all(exp.Column)]
    return tuple(dict.fromkeys(written)), tuple(dict.fromkeys(name for name in read if HOLE not in name))


def _tested(where: exp.Expr | None) -> tuple[str, ...]:
    """Columns of conditions, those that only ask for a value (`IS NOT NULL`) left out: done rows fulfil them too."""
    if where is None:
        return ()
    asked = (column for column in where.find_all(exp.Column) if not _only_asks_for_a_value(column, where))
    return tuple(dict.fromkeys(column.name.lower() for column in asked if HOLE not in column.name))


def _only_asks_for_a_value(column: exp.Expr, where: exp.Expr) -> bool:
    test = column.find_ancestor(exp.Is)
    if test is None or test.this.unnest() is not column:
        return False
    above, negated = test.parent, bool(test.args.get("negate"))
    while above is not None and above is not where:
        negated ^= isinstance(above, exp.Not)
        above = above.parent
    return negated and isinstance(test.expression, exp.Null)


def _feeds(select: exp.Select, node: exp.Expr, root: exp.Expr) -> bool:
    """Whether the rows of a SELECT decide which rows a statement changes: as its source or in its condition."""
    parts = [*(test for test in _required(node) if _is_about(test, node)), node.args.get("expression")]
    using = node.args.get("using")
    if isinstance(node, exp.Merge):
        parts += [node.args.get("from_"), *(using if isinstance(using, list) else [using])]
    else:
        parts += _linked(node)
    inside = [part for part in parts if isinstance(part, exp.Expr)]
    for part in inside:
        if any(found is select and _gives_rows(found, part) for found in part.find_all(exp.Select)):
            return True
    named = {cte.alias.lower(): cte for cte in root.find_all(exp.CTE)}
    waiting = [table.name.lower() for part in inside for table in part.find_all(exp.Table)]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in named:
            continue
        seen.add(name)
        if any(found is select for found in named[name].find_all(exp.Select)):
            return True
        waiting += [table.name.lower() for table in named[name].find_all(exp.Table)]
    return False


def _gives_rows(select: exp.Select, part: exp.Expr) -> bool:
    """Whether a SELECT gives the rows of a part, and not only something that another one's condition asks for."""
    above = select.parent
    while above is not None and above is not part:
        if isinstance(above, (exp.Where, exp.Having, exp.Exists)):
            return False  # a LIMIT within it limits nothing
        above = above.parent
    return not isinstance(part, exp.Exists) and not _is_widened(select, part)


def _is_widened(select: exp.Select, part: exp.Expr) -> bool:
    """Whether a UNION adds other rows to those that a SELECT gives."""
    above: exp.Expr | None = select
    while above is not None and above is not part:
        if isinstance(above, exp.Union):
            return True
        above = above.parent
    return isinstance(part, exp.Union)


def _is_below_another(asked: exp.Expr, test: exp.Expr) -> bool:
    """Whether a query that a condition makes asks for it, and not the condition itself."""
    above = asked.parent
    while above is not None and asked is not test:
        if isinstance(above, exp.Select):
            return True
        if above is test:
            return False
        above = above.parent
    return False


def _is_about(test: exp.Expr, node: exp.Expr) -> bool:
    """Whether a condition asks about the row itself: EXISTS does only by a column of it."""
    asked = test.find(exp.Exists)
    if asked is None or _is_below_another(asked, test):
        return True
    target = node.this.alias_or_name.lower() if isinstance(node.this, exp.Table) else ""
    return any(_joins(one) and target in _tables(one) for one in asked.find_all(exp.EQ))


def _tables(test: exp.Expr) -> set[str]:
    return {column.table.lower() for column in test.find_all(exp.Column)}


def _linked(node: exp.Expr) -> list[exp.Expr]:
    """The tables and queries behind FROM or USING whose rows have to equal those that are changed."""
    target = node.this.alias_or_name.lower() if isinstance(node.this, exp.Table) else ""
    origin, using = node.args.get("from_"), node.args.get("using")
    first = origin.this if isinstance(origin, exp.From) else None
    sources = [one for one in (first, *(using if isinstance(using, list) else [using])) if isinstance(one, exp.Expr)]
    tests = list(_required(node))
    for join in [one for source in sources for one in source.args.get("joins") or ()]:
        on = join.args.get("on")
        if str(join.args.get("side") or "").upper() in {"LEFT", "FULL"}:
            continue
        sources.append(join.this)
        tests += on.flatten() if isinstance(on, exp.And) else [on] if isinstance(on, exp.Expr) else []
        if join.args.get("using"):
            return [_alone(one) for one in sources]  # by columns of which names are all that is said
    pairs = [_tables(test) for test in tests if _joins(test)]
    reached, grown = {target}, True
    while grown:
        grown = False
        for pair in pairs:
            if (pair & reached or "" in pair) and not pair <= reached:
                reached |= pair
                grown = True
    return [_alone(one) for one in sources if "" in reached or one.alias_or_name.lower() in reached]


def _alone(source: exp.Expr) -> exp.Expr:
    """A table or a query without what is joined to it."""
    if isinstance(source, exp.Table):
        return exp.Table(this=source.this.copy())
    return source.this if isinstance(source, exp.Subquery) else source


def _required(node: exp.Expr) -> list[exp.Expr]:
    """The conditions of a statement that every row has to fulfil, but for those that leave out what they name."""
    where = node.args.get("where")
    if not isinstance(where, exp.Expr):
        return []
    tests = where.this.flatten() if isinstance(where.this, exp.And) else (where.this,)
    return [test for test in (one.unnest() for one in tests) if not isinstance(test, (exp.Or, exp.Not, exp.NEQ))]


def _joins(test: exp.Expr) -> bool:
    """Whether a condition makes columns of two tables equal."""
    return isinstance(test, exp.EQ) and all(
        isinstance(one.unnest(), exp.Column) for one in (test.this, test.expression)
    )


def _fed(node: exp.Expr, target: exp.Expr) -> tuple[str, ...]:
    """The columns that have to equal what a query gives, or a column of a table that is joined."""
    names = {"", target.alias_or_name} if isinstance(target, exp.Table) else {""}
    found: list[str] = []
    for test in _required(node):
        sides = [test.this.unnest(), test.expression] if isinstance(test, exp.EQ) else [test.this, None]
        columns = [one for one in sides if isinstance(one, exp.Column) and one.table in names]
        asks = any(True for _ in test.find_all(exp.Select)) or _joins(test)
        if asks and isinstance(test, (exp.In, exp.EQ)):
            found += [one.name.lower() for one in columns]
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class _Bounds:
    """How values from outside say which rows a statement is about."""

    listed: tuple[str, ...] = ()
    keyed: tuple[str, ...] = ()
    ranged: bool = False


def _bounds(node: exp.Expr, target: exp.Expr) -> _Bounds:
    """Read the conditions that every row has to fulfil; of a copy those on the rows that are read."""
    source = node.expression if isinstance(node, exp.Insert) else node
    where = source.args.get("where") if isinstance(source, exp.Expr) else None
    if where is None:
        return _Bounds()
    names = {"", target.alias_or_name} if source is node else None
    listed: list[str] = []
    keyed: list[str] = []
    lower: set[str] = set()
    upper: set[str] = set()
    given = {one.alias for one in (source if isinstance(source, exp.Expr) else node).find_all(exp.Values)}
    for test in where.this.flatten() if isinstance(where.this, exp.And) else (where.this,):
        listed += _joined(test.unnest(), names, given)
        column, one = _tested_from_outside(test.unnest(), names)
        if not column:
            continue
        match one:
            case exp.In():
                listed.append(column)
            case exp.EQ():
                (listed if any(True for _ in one.find_all(exp.Any)) else keyed).append(column)
            case exp.Between():
                lower.add(column)
                upper.add(column)
            case exp.GT() | exp.GTE():
                lower.add(column)
            case exp.LT() | exp.LTE():
                upper.add(column)
    ranged = bool(lower & upper) or any(map(is_key, upper))
    return _Bounds(tuple(listed), tuple(keyed), ranged)


def _joined(test: exp.Expr, names: set[str] | None, given: set[str]) -> Iterator[str]:
    """The column that has to equal one of rows that are given: `FROM (VALUES %s) AS v (id) WHERE leads.id = v.id`."""
    if isinstance(test, exp.EQ) and names is not None:
        sides = [one.unnest() for one in (test.this, test.expression)]
        for one, other in (sides, sides[::-1]):
            columns = isinstance(one, exp.Column) and isinstance(other, exp.Column)
            if columns and other.table in given - {""} and one.table in names:
                yield one.name.lower()


def _tested_from_outside(test: exp.Expr, names: set[str] | None) -> tuple[str, exp.Expr]:
    """The column that a condition compares with values from outside, else no name."""
    if not isinstance(test, (exp.In, exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between)) or any(
        True for _ in test.find_all(exp.Select)
    ):
        return "", test
    column = test.this.unnest()
    if not isinstance(column, exp.Column) or (names is not None and column.table not in names) or HOLE in column.name:
        return "", test
    outside = any(HOLE in one.name for one in test.find_all(exp.Identifier))
    return (column.name.lower() if outside else ""), test


def is_key(name: str) -> bool:
    """Whether a column is surely the key of its table, by what it is called."""
    return name.lower() in _KEYS


_KEYS = frozenset({"id", "pk", "ctid", "uuid", "guid", "rowid", "oid"})
