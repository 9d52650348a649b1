"""Statements in a loop over rows: the SELECT that gives them, and the UPDATE that changes one of them by its key."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import sqlglot
from sqlglot import exp

from migration_guard.lean import dataclass
from migration_guard.sql.alarm import TooSlow, at_most
from migration_guard.sql.backfill.facts import CannotMove
from migration_guard.sql.backfill.names import DIALECT, folded, name_of
from migration_guard.sql.backfill.tree import SECONDS, conjuncts, identifier

_PARAMETER = "mg_parameter_"
_PUT_BACK = re.compile(rf"\b{_PARAMETER}(\w+)")
_ONE_OUT_OF_MANY = (
    "group",
    "having",
    "distinct",
    "limit",
    "offset",
    "with_",
    "joins",
    "laterals",
    "windows",
    "qualify",
)
_DOCUMENTS = frozenset({"JSON", "JSONB"})


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a SELECT of the rows of one table gives."""

    table: str
    parts: tuple[tuple[str, tuple[str, ...], bool], ...]
    """Each with its name, the columns that it is made of, and whether it is one of them as it is; none for `*`."""
    where: str | None
    """Its condition, without the table's name; None where there is none, or where it has parameters."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """An UPDATE of rows that are found by parameters."""

    table: str
    keys: tuple[tuple[str, str], ...]
    """Columns that are equal to a parameter, each with its name."""
    sets: tuple[tuple[str, tuple[str, ...], bool], ...]
    """Each column with the parameters that its value is made of, and whether it reads a column of the row too."""


def chosen(sql: str) -> Chosen:
    """Take a SELECT apart. Raises CannotMove where it gives anything but rows of one table, one for each."""
    tree = _read(sql)
    origin = tree.args.get("from_") if isinstance(tree, exp.Select) else None
    table = origin.this if origin is not None else None
    odd = (
        not isinstance(table, exp.Table)
        or table.args.get("joins")
        or any(tree.args.get(one) for one in _ONE_OUT_OF_MANY)
    )
    inner = [one for one in tree.find_all(exp.Select, exp.AggFunc, exp.Window, exp.SetOperation) if one is not tree]
    if odd or inner or not isinstance(table, exp.Table):
        raise CannotMove("its SELECT gives other things than the rows of one table")
    if any(isinstance(one, exp.Star) or one.find(exp.Star) for one in tree.expressions):
        if len(tree.expressions) > 1:
            raise CannotMove("its SELECT is written in another way")
        return Chosen(name_of(table), (), _condition(tree))
    parts = []
    for one in tree.expressions:
        inside = one.unalias()
        columns = tuple(folded(column.this) for column in one.find_all(exp.Column))
        parts.append((one.alias_or_name.lower(), columns, isinstance(inside, exp.Column)))
    return Chosen(name_of(table), tuple(parts), _condition(tree))


def _condition(tree: exp.Expr) -> str | None:
    where = tree.args.get("where")
    if where is None or any(_is_parameter(one) for one in where.find_all(exp.Column)):
        return None
    condition = where.this.copy()
    for column in condition.find_all(exp.Column):
        column.set("table", None)
    return str(condition.sql(dialect=DIALECT))


def keyed(sql: str) -> Keyed:
    """Take an UPDATE apart. Raises CannotMove where it reads anything but its row and its parameters."""
    tree = _read(sql)
    where = tree.args.get("where")
    others = any(tree.args.get(one) for one in ("from_", "with_", "returning"))
    if not isinstance(tree, exp.Update) or where is None or others or tree.find(exp.Select):
        raise CannotMove("its UPDATE is written in another way")
    sets = []
    for one in tree.expressions:
        if not isinstance(one, exp.EQ) or not isinstance(one.this, exp.Column):
            raise CannotMove("its UPDATE is written in another way")
        reads = any(not _is_parameter(column) for column in one.expression.find_all(exp.Column))
        sets.append((folded(one.this.this), tuple(_parameters(one.expression)), reads))
    parts = [part.unnest() for part in conjuncts(where.this)]
    keys = [
        (folded(part.this.this), _name(part.expression))
        for part in parts
        if isinstance(part, exp.EQ)
        and isinstance(part.this, exp.Column)
        and not _is_parameter(part.this)
        and _is_parameter(part.expression)
    ]
    return Keyed(name_of(tree.this), tuple(keys), tuple(sets))


def among_these(sql: str, key: str) -> str:
    """Narrow a SELECT to the rows whose keys are given as `:ids`."""
    tree = _read(sql)
    table = tree.args["from_"].this
    column = exp.column(identifier(key), table=exp.to_identifier(table.alias) if table.alias else None)
    one_of = exp.EQ(this=column, expression=exp.Any(this=exp.Paren(this=exp.column(f"{_PARAMETER}ids"))))
    return _written(_with(tree, one_of))


def changing(sql: str, type_of: Callable[[str], str | None]) -> str:
    """Let an UPDATE leave a row alone that has its values. Raises CannotMove where values cannot be compared."""
    tree = _read(sql)
    differ = []
    for one in tree.expressions:
        kind = type_of(folded(one.this.this))
        if kind is None:
            raise CannotMove(f"the migrations do not say of what type {one.this.name} is, which its loop writes")
        base = "JSONB" if kind.upper() in _DOCUMENTS else kind
        value = exp.cast(one.expression.copy(), base, dialect=DIALECT)
        column = exp.cast(one.this.copy(), base) if kind.upper() == "JSON" else one.this.copy()
        differ.append(exp.NullSafeNEQ(this=column, expression=value))
    return _written(_with(tree, exp.paren(exp.or_(*differ)) if len(differ) > 1 else differ[0]))


def _with(tree: exp.Expr, condition: exp.Expr) -> exp.Expr:
    """Give a statement one condition more."""
    where = tree.args.get("where")
    held = exp.and_(where.this, condition) if where is not None else condition
    tree.set("where", exp.Where(this=held))
    return tree


def _read(sql: str) -> exp.Expr:
    try:
        with at_most(SECONDS):
            trees = [tree for tree in sqlglot.parse(sql, dialect=DIALECT) if tree is not None]
    except (sqlglot.errors.SqlglotError, RecursionError, TooSlow):
        raise CannotMove("its statement is not understood") from None
    if len(trees) != 1 or isinstance(trees[0], exp.Command):
        raise CannotMove("its statement is not understood")
    tree = trees[0].transform(_named)
    if tree.find(exp.Placeholder, exp.Parameter):
        raise CannotMove("its parameters have no names")
    return tree


def _named(node: exp.Expr) -> exp.Expr:
    return exp.column(f"{_PARAMETER}{node.name}") if isinstance(node, exp.Placeholder) and node.name else node


def _is_parameter(node: exp.Expr) -> bool:
    return isinstance(node, exp.Column) and node.name.startswith(_PARAMETER)


def _name(node: exp.Expr) -> str:
    return node.name.removeprefix(_PARAMETER)


def _parameters(node: exp.Expr) -> Iterator[str]:
    return (_name(one) for one in node.find_all(exp.Column) if _is_parameter(one))


def _written(tree: exp.Expr) -> str:
    return _PUT_BACK.sub(r":\1", tree.sql(dialect=DIALECT, normalize_functions=False))
