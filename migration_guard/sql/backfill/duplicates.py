"""A DELETE of duplicates: what it reads in other rows of its table says the same, whichever of its rows are gone already.

That is so where each row that goes has a better one, by an order in which nothing comes round again: the best of all are
never deleted, and every other one has them to be worse than.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from migration_guard.sql.backfill.names import folded, is_row
from migration_guard.sql.backfill.tree import Target, conjuncts, same_table

_BETTER: dict[type[exp.Expr], type[exp.Expr]] = {exp.Max: exp.LT, exp.Min: exp.GT}
"""How a row stands to the best of its group, if it is to go."""
_MOVES = frozenset({"ctid", "xmin", "tableoid"})
"""What a row has of the server, which is another one after an UPDATE."""
_PLAIN = frozenset({"expressions", "from_", "from", "where", "group", "kind"})
"""The parts of a SELECT that is understood here."""


def read_of_the_best(tree: exp.Delete, target: Target, keys: Sequence[str]) -> Iterator[exp.Table]:
    """The tables in a DELETE, its own once more, of which it reads only whether there is a better row."""
    where = tree.args.get("where")
    if where is None:
        return
    using = tree.args.get("using") or []
    if len(using) == 1 and _is_own(using[0], target) and _is_beaten(where.this, using[0], target):
        yield using[0]
    for part in conjuncts(where.this):
        inside = part.unnest()
        found = (
            _of_exists(inside, target)
            or _of_the_groups(inside, target)
            or _of_its_group(inside, target)
            or _of_numbers(inside, tree, target, keys)
        )
        if found is not None:
            yield found


def _of_exists(part: exp.Expr, target: Target) -> exp.Table | None:
    """`EXISTS (SELECT 1 FROM leads b WHERE b.email = a.email AND b.id > a.id)`."""
    select = part.this if isinstance(part, exp.Exists) else None
    if not isinstance(select, exp.Select) or select.args.get("group") is not None:
        return None
    table, where = _only_table(select, target), select.args.get("where")
    return table if table is not None and where is not None and _is_beaten(where.this, table, target) else None


def _of_the_groups(part: exp.Expr, target: Target) -> exp.Table | None:
    """`id NOT IN (SELECT max(id) FROM leads GROUP BY email)`."""
    listed = part.this.unnest() if isinstance(part, exp.Not) else None
    query = listed.args.get("query") if isinstance(listed, exp.In) else None
    select = query.unnest() if isinstance(query, exp.Expr) else None
    if not isinstance(listed, exp.In) or not isinstance(select, exp.Select) or select.args.get("group") is None:
        return None
    table, best = _only_table(select, target), _best(select)
    where = select.args.get("where")
    if table is None or best is None or not _is_column(listed.this, target, best[1]):
        return None
    plain = where is None or _speaks_of(where.this, table, target) <= {"other"}
    grouped = all(isinstance(one, exp.Column) and not target.owns(one) for one in select.args["group"].expressions)
    return table if plain and grouped else None


def _of_its_group(part: exp.Expr, target: Target) -> exp.Table | None:
    """`a.id < (SELECT max(b.id) FROM leads b WHERE b.email = a.email)`, also with `<>`."""
    if not isinstance(part, (exp.LT, exp.GT, exp.NEQ)):
        return None
    select = part.expression.unnest()
    if not isinstance(select, exp.Select) or select.args.get("group") is not None:
        return None
    table, best = _only_table(select, target), _best(select)
    where = select.args.get("where")
    if table is None or best is None or where is None or not _is_column(part.this, target, best[1]):
        return None
    orders = isinstance(part, (exp.NEQ, _BETTER[best[0]]))
    return table if orders and _compared(where.this, table, target) == 0 else None


def _of_numbers(part: exp.Expr, tree: exp.Delete, target: Target, keys: Sequence[str]) -> exp.Table | None:
    """`id IN (SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY email ORDER BY id) AS n FROM leads) s WHERE n > 1)`."""
    query = part.args.get("query") if isinstance(part, exp.In) else None
    outer = query.unnest() if isinstance(query, exp.Expr) else None
    if not isinstance(part, exp.In) or not isinstance(outer, exp.Select) or not _is_plain(outer):
        return None
    inner, where = _source(outer, tree), outer.args.get("where")
    if inner is None or where is None or len(outer.expressions) != 1 or len(keys) != 1:
        return None
    table = _only_table(inner, target)
    key = outer.expressions[0]
    asked = where.this.unnest()
    if table is None or not _is_column(part.this, target, keys[0]) or not _is_named(key, keys[0]):
        return None
    given = {one.alias_or_name.lower(): one.unalias() for one in inner.expressions}
    if not _is_named(given.get(keys[0].lower()), keys[0]) or inner.args.get("group") is not None:
        return None
    if not isinstance(asked, (exp.GT, exp.GTE)) or not isinstance(asked.this, exp.Column):
        return None
    number = given.get(asked.this.name.lower())
    own = inner.args.get("where")
    plain = own is None or _speaks_of(own.this, table, target) <= {"other"}
    counts = isinstance(asked.expression, exp.Literal) and asked.expression.is_int and _numbers(number, keys[0])
    return table if plain and counts else None


def _numbers(node: exp.Expr | None, key: str) -> bool:
    """Whether an expression numbers rows in an order that the key decides at last."""
    if (
        not isinstance(node, exp.Window)
        or not isinstance(node.this, exp.RowNumber)
        or node.args.get("spec") is not None
    ):
        return False
    order = node.args.get("order")
    by = [one.this for one in order.expressions] if isinstance(order, exp.Order) else []
    parts = [*by, *(node.args.get("partition_by") or [])]
    return all(isinstance(one, exp.Column) for one in parts) and any(_is_named(one, key) for one in by)


# --- What is compared ------------------------------------------------------------------------------------------------


def _is_beaten(condition: exp.Expr, other: exp.Table, target: Target) -> bool:
    """Whether a condition says that the other row is of the same group, and better by one column."""
    return _compared(condition, other, target) == 1


def _compared(condition: exp.Expr, other: exp.Table, target: Target) -> int | None:
    """By how many columns two rows are put in an order, where all else says that some of their columns are equal.

    What is asked of one of the two alone does not matter. None where anything else is asked.
    """
    orders = 0
    for part in conjuncts(condition):
        inside = part.unnest()
        whose = _speaks_of(inside, other, target)
        if "unknown" in whose:
            return None
        if len(whose) < 2:
            continue
        left, right = inside.args.get("this"), inside.args.get("expression")
        if not isinstance(left, exp.Column) or not isinstance(right, exp.Column):
            return None
        if folded(left.this) != folded(right.this) or folded(left.this) in _MOVES:
            return None
        if isinstance(inside, (exp.LT, exp.GT)):
            orders += 1
        elif not isinstance(inside, (exp.EQ, exp.NullSafeEQ)):
            return None
    return orders


def _speaks_of(node: exp.Expr, other: exp.Table, target: Target) -> set[str]:
    """Whose columns an expression is made of: those of the row that goes, of the other one, or unknown ones."""
    if node.find(exp.Select, exp.Star) is not None:
        return {"unknown"}
    found: set[str] = set()
    for column in node.find_all(exp.Column):
        if is_row(column) or not isinstance(column.this, exp.Identifier):
            return {"unknown"}
        if target.owns(column):
            found.add("own")
        elif not column.table or column.table.lower() == other.alias_or_name.lower():
            found.add("other")
        else:
            found.add("unknown")
    return found


def _is_column(node: exp.Expr, target: Target, name: str) -> bool:
    inside = node.unnest()
    return isinstance(inside, exp.Column) and target.owns(inside) and _is_named(inside, name)


def _is_named(node: exp.Expr | None, name: str) -> bool:
    return isinstance(node, exp.Column) and isinstance(node.this, exp.Identifier) and folded(node.this) == name


def _best(select: exp.Select) -> tuple[type[exp.Expr], str] | None:
    """What a SELECT gives, if that is the greatest or the least of a column."""
    match [one.unalias() for one in select.expressions]:
        case [exp.Max(this=exp.Column() as column) | exp.Min(this=exp.Column() as column) as best]:
            return type(best), folded(column.this)
    return None


# --- Where rows come from --------------------------------------------------------------------------------------------


def _source(select: exp.Select, tree: exp.Delete) -> exp.Select | None:
    """The one sub-select, or common table expression, that a SELECT reads."""
    found = _from(select)
    if isinstance(found, exp.Subquery):
        inner = found.this
    elif isinstance(found, exp.Table) and (named := tree.args.get("with_") or tree.args.get("with")) is not None:
        inner = next((one.this for one in named.expressions if one.alias.lower() == found.name.lower()), None)
    else:
        return None
    return inner if isinstance(inner, exp.Select) else None


def _only_table(select: exp.Select, target: Target) -> exp.Table | None:
    """The target's own table, if a SELECT reads nothing else."""
    found = _from(select)
    own = isinstance(found, exp.Table) and _is_own(found, target)
    return found if own and _is_plain(select) and isinstance(found, exp.Table) else None


def _from(select: exp.Select) -> exp.Expr | None:
    clause = select.args.get("from_") or select.args.get("from")
    return clause.this if isinstance(clause, exp.From) else None


def _is_plain(select: exp.Select) -> bool:
    return all(name in _PLAIN for name, value in select.args.items() if value)


def _is_own(node: exp.Expr, target: Target) -> bool:
    return isinstance(node, exp.Table) and node is not target.table and same_table(node, target.table)
