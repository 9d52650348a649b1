"""Several statements that a loop over constants makes, as one that does the same; and one that is repeated until none is left."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from migration_guard.lean import dataclass
from migration_guard.sql.backfill.facts import CannotMove
from migration_guard.sql.backfill.names import DIALECT, folded
from migration_guard.sql.backfill.tree import both, conjuncts, parsed, same_table, tables

_OTHERWISE = "its loop makes several statements that are no single one; write each one out"
_CONSTANTS = (exp.Literal, exp.Boolean, exp.Null)


def together(statements: Sequence[str]) -> str:
    """Say several statements as one. Raises CannotMove where their order, or what they see of each other, may matter."""
    trees = [parsed(sql) for sql in statements]
    first = trees[0]
    if isinstance(first, exp.Delete) and all(_is_plain(tree, first) for tree in trees):
        return _where(first, exp.or_(*(_condition(tree) for tree in trees), copy=True))
    if not isinstance(first, exp.Update) or not all(_is_plain(tree, first) for tree in trees):
        raise CannotMove(_OTHERWISE)
    sets = [_sets(tree) for tree in trees]
    if any(list(one) != list(sets[0]) for one in sets):
        raise CannotMove(_OTHERWISE)
    if not any(_reads(part, sets[0]) for tree in trees for part in _read(tree)):
        return _by_condition(first, trees, sets)
    return _mapped(first, trees, sets)


def _is_plain(tree: exp.Expr, first: exp.Expr) -> bool:
    """Whether a statement is of the same kind and table as the first, and of no other table."""
    others = ("from_", "using", "with_", "returning", "order", "limit")
    return (
        type(tree) is type(first)
        and tree.this == first.this
        and not any(tree.args.get(part) for part in others)
        and not any(same_table(one, tree.this) for one in tables(tree) if one is not tree.this)
    )


def _condition(tree: exp.Expr) -> exp.Expr:
    where = tree.args.get("where")
    return exp.paren(where.this.copy(), copy=False) if where is not None else exp.true()


def _sets(tree: exp.Expr) -> dict[str, exp.Expr]:
    found: dict[str, exp.Expr] = {}
    for one in tree.expressions:
        if not isinstance(one, exp.EQ) or not isinstance(one.this, exp.Column):
            raise CannotMove(_OTHERWISE)
        found[folded(one.this.this)] = one.expression
    return found


def _read(tree: exp.Expr) -> list[exp.Expr]:
    return [*(one.expression for one in tree.expressions), _condition(tree)]


def _reads(node: exp.Expr, columns: dict[str, exp.Expr]) -> bool:
    return any(
        not isinstance(one.this, exp.Identifier) or folded(one.this) in columns or folded(one.this) == "*"
        for one in node.find_all(exp.Column)
    )


def _where(tree: exp.Expr, condition: exp.Expr) -> str:
    made = tree.copy()
    made.set("where", exp.Where(this=condition))
    return made.sql(dialect=DIALECT)


def _by_condition(first: exp.Expr, trees: Sequence[exp.Expr], sets: Sequence[dict[str, exp.Expr]]) -> str:
    """Statements that do not see each other: of a row that several meet, the last one has its way."""
    changed = first.copy()
    for assignment in changed.expressions:
        column = folded(assignment.this.this)
        values = [one[column] for one in sets]
        if any(value != values[0] for value in values):
            case = exp.Case(ifs=[])
            for tree, value in zip(reversed(trees), reversed(values), strict=True):
                case = case.when(_condition(tree), value.copy())
            assignment.set("expression", case)
    return _where(changed, exp.or_(*(_condition(tree) for tree in trees), copy=True))


@dataclass(frozen=True, slots=True)
class _Step:
    """One of a mapping: rows whose column has an old value get new ones."""

    column: exp.Column
    old: exp.Expr
    rest: tuple[exp.Expr, ...]


def _mapped(first: exp.Expr, trees: Sequence[exp.Expr], sets: Sequence[dict[str, exp.Expr]]) -> str:
    """Statements that each change the rows of one old value, to none of the old values: a mapping."""
    steps = [_step(tree, one) for tree, one in zip(trees, sets, strict=True)]
    column = steps[0].column
    name = folded(column.this)
    olds = [one.old for one in steps]
    if any(one.column != column or one.rest != steps[0].rest for one in steps) or len(
        {_spelt(old) for old in olds}
    ) < len(olds):
        raise CannotMove(_OTHERWISE)
    news = [one[name] for one in sets]
    if not all(isinstance(new, _CONSTANTS) for new in news) or {_spelt(one) for one in olds} & {
        _spelt(one) for one in news
    }:
        raise CannotMove(
            "its loop maps values to others that it maps on, so that a second run would change rows again; write each one out"
        )
    changed = first.copy()
    for assignment in changed.expressions:
        own = folded(assignment.this.this)
        values = [one[own] for one in sets]
        if own != name and any(value != values[0] for value in values[1:]):
            raise CannotMove(_OTHERWISE)
        if any(value != values[0] for value in values):
            case = exp.Case(this=column.copy(), ifs=[])
            for old, value in zip(olds, values, strict=True):
                case = case.when(old.copy(), value.copy())
            assignment.set("expression", case)
    among = exp.In(this=column.copy(), expressions=[old.copy() for old in olds])
    return _where(changed, both(among, *steps[0].rest))


def _step(tree: exp.Expr, sets: dict[str, exp.Expr]) -> _Step:
    if any(_reads(value, sets) for value in sets.values()):
        raise CannotMove(_OTHERWISE)
    parts = [part.unnest() for part in conjuncts(_condition(tree))]
    found = [
        part
        for part in parts
        if isinstance(part, exp.EQ)
        and isinstance(part.this, exp.Column)
        and folded(part.this.this) in sets
        and isinstance(part.expression, exp.Literal)
    ]
    rest = tuple(part for part in parts if part not in found)
    if len(found) != 1 or any(_reads(part, sets) for part in rest):
        raise CannotMove(_OTHERWISE)
    return _Step(found[0].this, found[0].expression, rest)


def _spelt(node: exp.Expr) -> str:
    """A constant as one may mean it: what differs in nothing but its case or its zeroes is held for the same."""
    text = node.name.strip().casefold() if isinstance(node, exp.Literal) else node.sql(dialect=DIALECT)
    return text.lstrip("0").rstrip("0").rstrip(".") if text.replace(".", "", 1).isdigit() else text


def unlimited(sql: str) -> tuple[str, str] | None:
    """Say a statement that changes so many rows each time, until none is left, as one that changes all, with that limit; None if it is none.

    Its rows are those of `id IN (SELECT id FROM the same table WHERE … LIMIT …)`.
    """
    tree = parsed(sql)
    where = tree.args.get("where")
    if (
        not isinstance(tree, (exp.Update, exp.Delete))
        or where is None
        or tree.args.get("from_")
        or tree.args.get("using")
    ):
        return None
    for part in conjuncts(where.this):
        inside = part.unnest()
        query = inside.args.get("query") if isinstance(inside, exp.In) else None
        select = query.unnest() if query is not None else None
        if (
            not isinstance(select, exp.Select)
            or not select.args.get("limit")
            or not isinstance(inside.this, exp.Column)
        ):
            continue
        condition = _rows_of(select, inside.this, tree.this)
        if condition is None:
            return None
        part.replace(exp.paren(condition, copy=False))
        limit = select.args["limit"].expression
        return str(tree.sql(dialect=DIALECT)), limit.name if isinstance(limit, exp.Literal) else ""
    return None


def _rows_of(select: exp.Select, key: exp.Column, target: exp.Table) -> exp.Expr | None:
    """The condition of a SELECT of keys, as it reads beside the table itself."""
    origin = select.args.get("from_")
    known = {"expressions", "from_", "where", "order", "limit", "locks", "kind"}
    more = [name for name, value in select.args.items() if value and name not in known]
    table = origin.this if origin is not None else None
    if more or not isinstance(table, exp.Table) or table.args.get("joins") or not same_table(table, target):
        return None
    chosen = select.expressions
    if len(chosen) != 1 or not isinstance(chosen[0], exp.Column) or folded(chosen[0].this) != folded(key.this):
        return None
    where = select.args.get("where")
    condition = where.this.copy() if where is not None else exp.true()
    if condition.find(exp.Select):
        return None
    for column in [condition] if isinstance(condition, exp.Column) else list(condition.find_all(exp.Column)):
        if column.table and column.table.lower() not in {table.alias_or_name.lower(), table.name.lower()}:
            return None
        column.set("table", exp.to_identifier(target.alias_or_name))
    return condition
