"""Whose a column is: found once, by the scopes of the statement as it was written, and kept at each column."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import Enum

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from migration_guard.sql.backfill.facts import CannotMove, Facts

DIALECT = "postgres"
FactsOf = Callable[[str], Facts]
_OWNER, _HIDES, _WHOLE = "mg_owner", "mg_hides", "mg_whole"


class Owner(str, Enum):
    """Whose a column is."""

    TARGET = "target"
    """Of the row that is changed or copied."""
    OTHER = "other"
    UNKNOWN = "unknown"
    """The migrations do not say which of the tables in sight has it."""


def settle(
    tree: exp.Expr, target: exp.Table, beside: Sequence[exp.Expr], facts_of: FactsOf, top: exp.Select | None = None
) -> None:
    """Find out whose each column of a statement is. `top` is the SELECT that the target stands in, if it does."""
    scopes = {id(scope.expression): scope for scope in traverse_scope(tree)}
    level = _Level(target, beside, facts_of)
    for column in tree.find_all(exp.Column):
        inner = list(_inner(column, top))
        around = [scopes.get(id(select)) for select in inner]
        owner = level.owner(column, around)
        column.meta[_OWNER] = owner.value
        column.meta[_HIDES] = tuple(name for scope in around if scope is not None for name in scope.selected_sources)
        column.meta[_WHOLE] = owner is not Owner.OTHER and level.is_row(column)


def owner_of(column: exp.Column) -> Owner:
    """Give whose a column is; one that was never settled is nobody's that is known."""
    return Owner(column.meta.get(_OWNER, Owner.UNKNOWN.value))


def own(column: exp.Column) -> exp.Column:
    """Say of a column that was made here: it is the target's."""
    column.meta[_OWNER] = Owner.TARGET.value
    return column


def is_row(column: exp.Column) -> bool:
    """Whether it stands for the whole row: `to_json(leads)`, `leads.*`."""
    return bool(column.meta.get(_WHOLE))


def hidden_from(column: exp.Column, name: str) -> bool:
    """Whether a name means another table where the column stands."""
    return name in column.meta.get(_HIDES, ())


def _inner(column: exp.Column, top: exp.Select | None) -> Iterator[exp.Select]:
    """The SELECTs around a column, from the inside, below the level of the target."""
    select = column.find_ancestor(exp.Select)
    while select is not None and select is not top:
        yield select
        select = select.find_ancestor(exp.Select)


class _Level:
    """The names in sight where the target stands."""

    def __init__(self, target: exp.Table, beside: Sequence[exp.Expr], facts_of: FactsOf) -> None:
        self._facts_of = facts_of
        self._name = folded(target.args["alias"].this if target.args.get("alias") else target.this)
        self._target = facts_of(name_of(target)).columns
        self._others = [table for one in beside for table in _sources(one)]
        self._only = not beside
        others = {one.alias_or_name for one in self._others}
        if self._name in others:
            raise CannotMove(f"{self._name} names two tables; give the other one an alias, then move it")

    def owner(self, column: exp.Column, around: Sequence[Scope | None]) -> Owner:
        if not isinstance(column.this, (exp.Identifier, exp.Star)):
            return Owner.OTHER
        if column.table:
            return self._qualified(folded(column.args["table"]), around)
        return self._bare(folded(column.this) if isinstance(column.this, exp.Identifier) else "", around)

    def is_row(self, column: exp.Column) -> bool:
        if isinstance(column.this, exp.Star):
            return True
        return not column.table and folded(column.this) == self._name and self._name not in self._target

    def _qualified(self, name: str, around: Sequence[Scope | None]) -> Owner:
        for scope in around:
            if scope is None:
                return Owner.UNKNOWN
            if name in scope.selected_sources:
                return Owner.OTHER
        return Owner.TARGET if name == self._name else Owner.OTHER

    def _bare(self, name: str, around: Sequence[Scope | None]) -> Owner:
        doubtful = False
        for scope in around:
            if scope is None:
                return Owner.UNKNOWN
            has = [self._has(source, name) for _, source in scope.selected_sources.values()]
            if any(has):
                return Owner.OTHER
            doubtful |= None in has
        if doubtful:
            return Owner.UNKNOWN
        if name in self._target or self._only:
            return Owner.TARGET
        if any(self._has(one, name) for one in self._others):
            return Owner.OTHER
        return Owner.UNKNOWN

    def _has(self, source: exp.Expr | Scope, name: str) -> bool | None:
        """Whether a source has a column; None where that is not known."""
        tree = source.expression if isinstance(source, Scope) else source
        if isinstance(tree, exp.Table):
            return True if name in self._facts_of(name_of(tree)).columns else None
        query = tree.unnest()
        if isinstance(query, exp.Query) and not query.is_star:
            return name in query.named_selects
        return None


def _sources(node: exp.Expr) -> Iterator[exp.Expr]:
    """The tables and derived tables of a FROM, without those inside of them."""
    if isinstance(node, (exp.Table, exp.Subquery, exp.Lateral, exp.Values, exp.Unnest)):
        yield node
    for join in node.args.get("joins") or ():
        yield from _sources(join.this)


def name_of(table: exp.Table) -> str:
    """Write a table's name, without its alias."""
    return ".".join(part.sql(dialect=DIALECT) for part in table.parts)


def folded(node: exp.Expr) -> str:
    """Give an identifier as the server knows it."""
    return node.name if isinstance(node, exp.Identifier) and node.quoted else node.name.lower()
