"""An UPDATE, as a backfill of the table that it writes."""

from __future__ import annotations

from sqlglot import exp

from migration_guard.lean import dataclass
from migration_guard.sql.backfill.facts import CannotMove, Draft, Facts
from migration_guard.sql.backfill.names import FactsOf, folded, own, settle
from migration_guard.sql.backfill.safety import (
    ends_itself,
    is_constant,
    reads,
    refuse_any_row,
    refuse_own_reads,
    refuse_volatile,
    stored,
)
from migration_guard.sql.backfill.settled import is_settled
from migration_guard.sql.backfill.sources import Sources, key_notes, keys_of, names_in, target_of
from migration_guard.sql.backfill.tree import Target, among, both, conjuncts, either, identifier, parsed, text

_BY_ITSELF = "it computes each value from the one that stands there, so that a second run would change it again"


@dataclass(frozen=True, slots=True)
class _Update:
    """An UPDATE, taken apart."""

    tree: exp.Update
    target: Target
    values: dict[str, exp.Expr]
    condition: exp.Expr | None
    sources: Sources
    facts: Facts

    def is_new(self, column: str) -> bool:
        return self.facts.column(column).new

    def column(self, name: str) -> exp.Column:
        """Write a column of the target; where other tables are in sight it says whose it is."""
        single = self.sources.alone and not any(value.find(exp.Select) for value in self.values.values())
        return own(exp.column(identifier(name))) if single else self.target.column(name)


def draft(tree: exp.Update, facts_of: FactsOf, key: str | None) -> Draft:
    """Turn an UPDATE into a backfill, or refuse it."""
    refuse_volatile(tree)
    update = _taken_apart(tree, facts_of)
    refuse_own_reads(tree, update.target, update.values)
    if update.condition is not None:
        refuse_any_row(update.condition)
    keys = keys_of(update.facts, key)
    if written := [name for name in keys if name in update.values]:
        raise CannotMove(f"it writes the key {written[0]}, by which a backfill finds its way; write it by hand")
    todo = _todo(update)
    changed = tree.copy()
    changed.set("returning", None)
    conditions = both(update.condition, todo.beside_sources, among(_qualifier(update), keys))
    changed.set("where", exp.Where(this=conditions))
    where = text(update.target.renamed(todo.where))
    parsed(f"SELECT FROM t WHERE {where}")
    return Draft(
        table=update.target.name,
        keys=keys,
        where=where,
        update=text(changed),
        columns=tuple(update.values),
        names=names_in(tree),
        notes=(*update.sources.notes, *key_notes(update.facts, key, update.target.name)),
    )


def _qualifier(update: _Update) -> exp.Identifier | None:
    return None if update.sources.alone else update.target.qualifier


def _taken_apart(tree: exp.Update, facts_of: FactsOf) -> _Update:
    target = target_of(tree.this)
    for part in ("order", "limit"):
        if tree.args.get(part):
            raise CannotMove("an UPDATE with ORDER BY or LIMIT is none of PostgreSQL's; write the backfill by hand")
    origin = tree.args.get("from_")
    origins = [origin.this] if origin else []
    settle(tree, target.table, origins, facts_of)
    sources = Sources.of(target, origins, tree.args.get("with_"))
    where = tree.args.get("where")
    facts = facts_of(target.name)
    return _Update(tree, target, dict(_values(tree)), where.this if where else None, sources, facts)


def _values(tree: exp.Update) -> list[tuple[str, exp.Expr]]:
    """Each column with what it is set to."""
    found: list[tuple[str, exp.Expr]] = []
    for assignment in tree.expressions:
        if not isinstance(assignment, exp.EQ):
            raise CannotMove("its SET is not understood; write the backfill by hand")
        left, right = assignment.this, assignment.expression
        if isinstance(left, exp.Column):
            found.append((folded(left.this), right))
        elif isinstance(left, (exp.Tuple, exp.Paren)):
            columns = left.expressions if isinstance(left, exp.Tuple) else [left.this]
            found += zip((folded(column.this) for column in columns), _parts(right, len(columns)))
        else:
            raise CannotMove(
                f"it writes a part of a column ({left.sql(dialect='postgres')}); write the backfill by hand"
            )
    if not found:
        raise CannotMove("the statement is not understood; write the backfill by hand")
    for name, value in found:
        if isinstance(value, exp.Column) and value.name.upper() == "DEFAULT" and not value.table:
            raise CannotMove(f"what the DEFAULT of {name} is may change; write the value into the statement")
    return found


def _parts(value: exp.Expr, count: int) -> list[exp.Expr]:
    """The values of `(a, b) = (…)`: a list, or a sub-select whose columns are taken one by one."""
    inside = value.unnest()
    if isinstance(inside, exp.Tuple) and len(inside.expressions) == count:
        return list(inside.expressions)
    if isinstance(inside, exp.Select) and len(inside.expressions) == count and not inside.args.get("distinct"):
        parts: list[exp.Expr] = []
        for index in range(count):
            one = inside.copy()
            one.set("expressions", [inside.expressions[index].copy()])
            parts.append(exp.Subquery(this=one))
        return parts
    raise CannotMove("its SET of several columns at once is not understood; write the backfill by hand")


@dataclass(frozen=True, slots=True)
class _Todo:
    """What is still to do: of a row, and of a row beside the source that it is joined to."""

    where: exp.Expr
    beside_sources: exp.Expr | None


def _todo(update: _Update) -> _Todo:
    """Say which rows are still to do, so that a row that is done is none of them."""
    wanted, sources = update.condition, update.sources
    if ends_itself(wanted, update.target, update.values):
        return _Todo(sources.meets(both(wanted)), None)
    _refuse_moving_sources(update)
    for name, value in update.values.items():
        others = update.values.keys() - {name}
        if reads(value, update.target, update.values) and not (
            sources.alone
            and not reads(value, update.target, others)
            and is_settled(value, update.target, name, update.facts.column(name).type, wanted)
        ):
            raise CannotMove(f"no condition tells which rows are done: {_BY_ITSELF}; write to a new column instead")
        if not update.is_new(name):
            refuse_any_row(value)
    if sources.alone or all(update.is_new(name) for name in update.values):
        left = either(_differs(update, name, value) for name, value in update.values.items())
        return _Todo(sources.meets(both(wanted, left)), left)
    same = both(*(_same(update, name, value) for name, value in update.values.items()))
    done = exp.not_(sources.meets(both(wanted, same)), copy=False)
    differ = either(_differs(update, name, value) for name, value in update.values.items())
    return _Todo(both(sources.meets(both(wanted)), done), differ)


def _refuse_moving_sources(update: _Update) -> None:
    """Refuse a join by what is written: the row would next meet another source, and be changed again."""
    if update.sources.alone or update.condition is None:
        return
    for part in conjuncts(update.condition):
        foreign = any(not update.target.owns(column) for column in part.find_all(exp.Column))
        if reads(part, update.target, update.values) and (foreign or part.find(exp.Select)):
            shown = part.sql(dialect="postgres")
            raise CannotMove(f"it finds its source by a column that it writes ({shown}); write to a new column instead")


def _differs(update: _Update, name: str, value: exp.Expr) -> exp.Expr:
    column = update.column(name)
    if update.is_new(name) and not isinstance(value.unnest(), exp.Null):
        empty = exp.Is(this=column, expression=exp.null())
        if is_constant(value):
            return empty
        given = exp.Not(this=exp.Is(this=exp.paren(value.copy(), copy=False), expression=exp.null()))
        return exp.paren(both(empty, given), copy=False) if len(update.values) > 1 else both(empty, given)
    return exp.NullSafeNEQ(this=column, expression=_stored(update, name, value))


def _same(update: _Update, name: str, value: exp.Expr) -> exp.Expr:
    return exp.NullSafeEQ(this=update.column(name), expression=_stored(update, name, value))


def _stored(update: _Update, name: str, value: exp.Expr) -> exp.Expr:
    return stored(value, name, update.facts.column(name))
