"""What an INSERT … SELECT reads: the table that a backfill goes through, and those that each of its rows is joined to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from migration_guard.lean import dataclass
from migration_guard.sql.backfill.facts import CannotMove, Facts
from migration_guard.sql.backfill.names import FactsOf, folded, name_of, settle
from migration_guard.sql.backfill.sources import keys_of
from migration_guard.sql.backfill.tree import Target, both, conjuncts, same_table

_PARTS = ("having", "limit", "offset", "order", "with_", "windows", "laterals", "qualify")


@dataclass(frozen=True, slots=True)
class _Joined:
    """A table beside the one that is gone through, and what it is joined by."""

    table: exp.Table
    on: exp.Expr | None
    left: bool


@dataclass(frozen=True, slots=True)
class Origin:
    """The SELECT of a copy."""

    select: exp.Select
    base: Target
    keys: tuple[str, ...]
    facts: Facts
    joined: tuple[_Joined, ...]
    facts_of: FactsOf

    @property
    def conditions(self) -> Iterator[exp.Expr]:
        """What its WHERE says."""
        where = self.select.args.get("where")
        return conjuncts(where.this) if where else iter(())

    def is_filled(self, column: exp.Column) -> bool:
        """Whether a column of a source is never NULL."""
        if self.base.owns(column):
            name = folded(column.this)
            return name in self.keys or name in self.facts.keys or not self.facts.column(name).nullable
        for one in self.joined:
            if column.table and column.table == one.table.alias_or_name and not one.left:
                facts = self.facts_of(name_of(one.table))
                return folded(column.this) in facts.keys or not facts.column(folded(column.this)).nullable
        return False

    def meets(self, condition: exp.Expr) -> exp.Expr:
        """Say of a row of the base: there are rows beside it that the condition holds with."""
        if not self.joined:
            return condition
        inner = [one for one in self.joined if not one.left]
        conditions = both(*(one.on for one in inner), condition)
        select = exp.Select(expressions=[exp.Literal.number(1)], where=exp.Where(this=conditions))
        if inner:
            select.set("from_", exp.From(this=inner[0].table.copy()))
            for one in inner[1:]:
                select.append("joins", exp.Join(this=one.table.copy(), kind="CROSS"))
        else:
            row = exp.Subquery(this=exp.Select(expressions=[exp.Literal.number(1)]))
            row.set("alias", exp.TableAlias(this=exp.to_identifier("one")))
            select.set("from_", exp.From(this=row))
        for one in self.joined:
            if one.left:
                on = one.on.copy() if one.on is not None else exp.true()
                select.append("joins", exp.Join(this=one.table.copy(), side="LEFT", on=on))
        return exp.Exists(this=select)


def origin_of(tree: exp.Insert, target: exp.Table, facts_of: FactsOf, key: str | None) -> Origin:
    """Find the table whose rows are copied, each at most once. Raises CannotMove."""
    select = _select(tree)
    tables = list(_tables(select, target))
    grouped = _grouped(select)
    for index, one in enumerate(tables):
        others = tables[:index] + tables[index + 1 :]
        if one.left or (index and any(other.left for other in others)):
            continue
        facts = facts_of(name_of(one.table))
        if len(tables) > 1 and not (grouped or _each_once(one, others, select, facts_of)):
            continue
        base = Target(one.table)
        keys = keys_of(facts, key)
        settle(tree, one.table, [other.table for other in others], facts_of, select)
        _check_group(grouped, base, facts)
        return Origin(select, base, keys, facts, _rejoined(one, others), facts_of)
    raise CannotMove(
        "its SELECT joins several rows to each, or none whose key is known: no key tells which of them are copied; "
        "write the backfill by hand"
    )


def _rejoined(base: _Joined, others: Sequence[_Joined]) -> tuple[_Joined, ...]:
    """The others, with what the base itself was joined by."""
    if base.on is None or not others:
        return tuple(others)
    first = others[0]
    return (_Joined(first.table, both(first.on, base.on), first.left), *others[1:])


def _select(tree: exp.Insert) -> exp.Select:
    select = tree.expression.unnest() if tree.expression is not None else None
    if not isinstance(select, exp.Select) or tree.args.get("with_"):
        raise CannotMove("only a plain SELECT can be taken in batches; write the backfill by hand")
    if any(select.args.get(part) for part in _PARTS):
        raise CannotMove("its SELECT sorts or limits rows: no key tells which of them are copied; write it by hand")
    distinct = select.args.get("distinct")
    if distinct is not None and distinct.args.get("on") is not None:
        raise CannotMove("DISTINCT ON takes one row of many: no key to resume by; write the backfill by hand")
    if any(part.find(exp.Window) for part in select.expressions):
        raise CannotMove("its SELECT compares rows with each other: no key to resume by; write the backfill by hand")
    return select


def _tables(select: exp.Select, target: exp.Table) -> Iterator[_Joined]:
    origin = select.args.get("from_")
    first = origin.this if origin is not None else None
    joins = [*((first.args.get("joins") or []) if first is not None else []), *(select.args.get("joins") or [])]
    every = [(first, None, False), *((join.this, join, join.side == "LEFT") for join in joins)]
    for table, join, left in every:
        if not isinstance(table, exp.Table) or not isinstance(table.this, exp.Identifier):
            raise CannotMove("it reads no table whose key a backfill could go by; write the backfill by hand")
        if join is not None and (join.args.get("using") or join.side not in {"", "LEFT"} or join.method):
            raise CannotMove("its join is written unusually; write it with ON, then move it")
        if same_table(table, target):
            raise CannotMove(
                f"it reads the table that it fills, {name_of(table)}, so that copies would be copied; do it by hand"
            )
        yield _Joined(table, join.args.get("on") if join is not None else None, left)


def _grouped(select: exp.Select) -> list[exp.Expr] | None:
    """What rows are put together by; None if they are not."""
    group = select.args.get("group")
    if group is not None:
        return list(group.expressions)
    if any(part.find(exp.AggFunc) for part in select.expressions if not part.find(exp.Select)):
        return []
    return None


def _check_group(grouped: Sequence[exp.Expr] | None, base: Target, facts: Facts) -> None:
    """Refuse rows that are made of several rows of the base."""
    if grouped is None:
        return
    own = [part for part in grouped if isinstance(part, exp.Column) and base.owns(part)]
    named = {folded(part.this) for part in own}
    if len(own) != len(grouped) or not facts.keys or not named >= set(facts.keys):
        raise CannotMove("its SELECT makes one row out of many: no key to resume by; write the backfill by hand")


def _each_once(base: _Joined, others: Sequence[_Joined], select: exp.Select, facts_of: FactsOf) -> bool:
    """Whether each row of the base meets at most one of the others: they are joined by keys of theirs."""
    where = select.args.get("where")
    spoken = [one.on for one in (base, *others) if one.on is not None and not one.left]
    common = [part for on in spoken for part in conjuncts(on)] + (list(conjuncts(where.this)) if where else [])
    reached = {base.table.alias_or_name}
    waiting = list(others)
    while waiting:
        for one in waiting:
            conditions = list(conjuncts(one.on)) if one.left and one.on is not None else common
            if _by_key(one.table, conditions, reached, facts_of(name_of(one.table))):
                reached.add(one.table.alias_or_name)
                waiting.remove(one)
                break
        else:
            return False
    return True


def _by_key(table: exp.Table, conditions: Sequence[exp.Expr], reached: set[str], facts: Facts) -> bool:
    """Whether a key of a table is equated with what is known of the others."""
    name = table.alias_or_name
    equal: set[str] = set()
    for part in conditions:
        inside = part.unnest()
        if not isinstance(inside, exp.EQ):
            continue
        for one, other in ((inside.this, inside.expression), (inside.expression, inside.this)):
            own = isinstance(one, exp.Column) and one.table == name
            known = all(column.table in reached for column in other.find_all(exp.Column)) and not other.find(exp.Select)
            if own and known:
                equal.add(folded(one.this))
    return any(key and set(key) <= equal for key in (facts.keys, *facts.unique))
