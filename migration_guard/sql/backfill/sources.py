"""What a statement has besides the table that it goes through: other tables, common table expressions, a key."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from migration_guard.lean import dataclass
from migration_guard.sql.backfill.facts import CannotMove, Facts
from migration_guard.sql.backfill.tree import Target, tables

_WRITES = (exp.Insert, exp.Update, exp.Delete, exp.Merge)


@dataclass(frozen=True, slots=True)
class Sources:
    """The FROM or USING of a statement."""

    tables: tuple[exp.Expr, ...]
    ctes: exp.With | None
    notes: tuple[str, ...] = ()

    @staticmethod
    def of(target: Target, origins: Sequence[exp.Expr], ctes: exp.With | None) -> Sources:
        if ctes is not None and any(ctes.find(kind) for kind in _WRITES):
            raise CannotMove("its WITH changes rows too: several dependent statements; take them apart first")
        for origin in origins:
            for table in origin.find_all(exp.Table):
                if target.qualifier.name != target.table.name and table.alias_or_name == target.table.name:
                    raise CannotMove(
                        f"{table.alias_or_name} names two tables; give the other one an alias, then move it"
                    )
        notes: tuple[str, ...] = ()
        if ctes is not None or any(origin.find(exp.Group, exp.Window, exp.Distinct) for origin in origins):
            notes = ("each batch computes the sub-query anew; where that is slow, keep its result in a table first",)
        return Sources(tuple(origins), ctes, notes)

    @property
    def alone(self) -> bool:
        """Whether there is nothing but the table itself."""
        return not self.tables and self.ctes is None

    def meets(self, condition: exp.Expr) -> exp.Expr:
        """Say of a row: there is a source that meets the condition beside it."""
        if self.alone:
            return condition
        if not self.tables:
            return _with(exp.Select(expressions=[exp.alias_(condition, "holds", copy=False)]), self.ctes)
        select = exp.Select(expressions=[exp.Literal.number(1)], where=exp.Where(this=condition))
        select.set("from_", exp.From(this=self.tables[0].copy()))
        for table in self.tables[1:]:
            select.append("joins", exp.Join(this=table.copy()))
        if self.ctes is not None:
            select.set("with_", self.ctes.copy())
        return exp.Exists(this=select)


def _with(select: exp.Select, ctes: exp.With | None) -> exp.Expr:
    select.set("with_", ctes.copy() if ctes is not None else None)
    return exp.Subquery(this=select)


def target_of(table: exp.Expr) -> Target:
    """The table that an UPDATE or DELETE writes, if it is a plain one."""
    if not isinstance(table, exp.Table) or not isinstance(table.this, exp.Identifier) or table.args.get("joins"):
        raise CannotMove("the table that it writes is not understood; write the backfill by hand")
    if table.args.get("only"):
        raise CannotMove("ONLY leaves out the tables that inherit, a backfill takes them in; write it by hand")
    return Target(table)


ASSUMED_KEY = "id"
"""What is taken for the key where no migration tells it. The runner looks whether it is one before it changes anything."""


def keys_of(facts: Facts, asked: str | None) -> tuple[str, ...]:
    """The columns by which a backfill goes through a table."""
    if asked is not None:
        return tuple(name.strip() for name in asked.split(","))
    return facts.keys or (ASSUMED_KEY,)


def key_notes(facts: Facts, asked: str | None, table: str) -> tuple[str, ...]:
    """Say what is only assumed of the key."""
    if asked is not None or facts.keys:
        return ()
    told = f"the migrations do not say what the primary key of {table} is: {ASSUMED_KEY} is taken for it"
    return (f"{told}, and the runner refuses to begin if it is none; --key names another",)


def names_in(tree: exp.Expr) -> frozenset[str]:
    """Every table and column that a statement speaks of, in lower case."""
    found = {table.name.lower() for table in tables(tree)}
    return frozenset(found | {column.name.lower() for column in tree.find_all(exp.Column)})
