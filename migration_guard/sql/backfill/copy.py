"""An INSERT … SELECT, as a backfill that goes through the table that it reads, by a key that the copies keep."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from migration_guard.sql.backfill.facts import CannotMove, Draft, Facts
from migration_guard.sql.backfill.safety import refuse_volatile
from migration_guard.sql.backfill.sources import key_of, names_in
from migration_guard.sql.backfill.tree import Target, among, both, conjuncts, folded, name_of, parsed, same_table, text

_PARTS = ("joins", "group", "having", "distinct", "limit", "offset", "order", "with_", "windows", "laterals")


def draft(tree: exp.Insert, facts_of: Callable[[str], Facts], key: str | None) -> Draft:
    """Turn an INSERT … SELECT into a backfill of its source, or refuse it."""
    refuse_volatile(tree)
    target, columns = _target(tree)
    select, source = _select(tree)
    facts = facts_of(source.name)
    key_column = key_of(facts, key, source.name)
    where = select.args.get("where")
    wanted = where.this if where else None
    given = dict(zip(columns, (part.unalias() for part in select.expressions)))
    there = _there(tree, target, given, (source, key_column, facts))
    kept, own = _without_own_check(wanted, target, there, source)
    missing = exp.Not(this=own or there)
    changed = tree.copy()
    changed.set("returning", None)
    chosen = _select(changed)[0]
    chosen.set("where", exp.Where(this=both(kept, missing, among(source.qualifier, key_column))))
    condition = text(source.renamed(both(kept, missing)))
    parsed(f"SELECT FROM t WHERE {condition}")
    return Draft(
        table=source.name,
        key_column=key_column,
        where=condition,
        update=text(changed),
        columns=tuple(columns),
        names=names_in(tree),
        target=name_of(target),
    )


def _target(tree: exp.Insert) -> tuple[exp.Table, list[str]]:
    schema = tree.this
    if not isinstance(schema, exp.Schema) or not isinstance(schema.this, exp.Table):
        raise CannotMove("it does not name the columns that it fills; name them, then move it")
    conflict = tree.args.get("conflict")
    if conflict is not None and conflict.text("action").upper() != "DO NOTHING":
        raise CannotMove("ON CONFLICT DO UPDATE changes rows that were there; write the backfill by hand")
    return schema.this, [folded(column) for column in schema.expressions if isinstance(column, exp.Identifier)]


def _select(tree: exp.Insert) -> tuple[exp.Select, Target]:
    select = tree.expression.unnest() if tree.expression is not None else None
    if not isinstance(select, exp.Select) or tree.args.get("with_"):
        raise CannotMove("only a plain SELECT of one table can be taken in batches; write the backfill by hand")
    origin = select.args.get("from_")
    source = origin.this if origin is not None else None
    if not isinstance(source, exp.Table) or not isinstance(source.this, exp.Identifier):
        raise CannotMove("it reads no table whose key a backfill could go by; write the backfill by hand")
    if source.args.get("joins") or any(select.args.get(part) for part in _PARTS):
        raise CannotMove(
            "its SELECT joins, groups, sorts or limits rows: no key tells which of them are copied; write it by hand"
        )
    aggregated = any(part.find(exp.AggFunc, exp.Window) for part in select.expressions if not part.find(exp.Select))
    if aggregated:
        raise CannotMove("its SELECT makes one row out of many: no key to resume by; write the backfill by hand")
    return select, Target(source)


def _there(
    tree: exp.Insert, target: exp.Table, given: dict[str, exp.Expr], origin: tuple[Target, str, Facts]
) -> exp.Expr:
    """Say of a row: its copy is there. It is known by the source's key, or by what ON CONFLICT goes by."""
    source, key_column, facts = origin
    conflict = tree.args.get("conflict")
    keys = [folded(key.this.this) for key in (conflict.args.get("conflict_keys") or [])] if conflict is not None else []
    if not keys:
        keys = [name for name, value in given.items() if _is(value, source, key_column)][:1]
    if not keys:
        raise CannotMove(
            f"no key to resume by: the copies do not keep {key_column} of {source.name}; add a column for it, "
            "or ON CONFLICT (…) DO NOTHING, then move it"
        )
    if same_table(target, source.table):
        raise CannotMove(
            f"it reads the table that it fills, {source.name}, so that copies would be copied; do it by hand"
        )
    pairs = []
    for name in keys:
        value = given.get(name)
        if not isinstance(value, exp.Column) or not source.owns_in_select(value):
            raise CannotMove(
                f"what {name} is filled with is no column of {source.name}: no key to resume by; do it by hand"
            )
        column = folded(value.this)
        if column != key_column and column not in facts.keys and facts.column(column).nullable:
            raise CannotMove(f"{source.name}.{column} may be NULL, which conflicts with nothing: no key to resume by")
        outer = exp.column(value.this.copy(), table=source.qualifier.copy())
        pairs.append(exp.EQ(this=exp.column(exp.to_identifier(name), table=target.this.copy()), expression=outer))
    bare = target.copy()
    bare.set("alias", None)
    select = exp.Select(expressions=[exp.Literal.number(1)], where=exp.Where(this=both(*pairs)))
    select.set("from_", exp.From(this=bare))
    return exp.Exists(this=select)


def _without_own_check(
    wanted: exp.Expr | None, target: exp.Table, there: exp.Expr, source: Target
) -> tuple[exp.Expr | None, exp.Expr | None]:
    """Take out what the statement itself says of rows that are there already; any other look at its target is refused."""
    if wanted is None:
        return None, None
    kept: list[exp.Expr] = []
    own: exp.Expr | None = None
    for part in conjuncts(wanted):
        if not any(same_table(table, target) for table in part.find_all(exp.Table)):
            kept.append(part)
        elif own is None and _asks_for_copy(part.unnest(), there, source):
            own = part.unnest().this.copy()
        else:
            raise CannotMove(f"its condition reads {name_of(target)}, which it fills; write the backfill by hand")
    return both(*kept), own


def _asks_for_copy(part: exp.Expr, there: exp.Expr, source: Target) -> bool:
    """Whether a condition is `NOT EXISTS (SELECT … FROM target WHERE target.k = source.k)`."""
    if not isinstance(part, exp.Not) or not isinstance(part.this.unnest(), exp.Exists):
        return False
    asked, meant = part.this.unnest().this.unnest(), there.this
    where = asked.args.get("where") if isinstance(asked, exp.Select) else None
    if where is None or asked.args.get("from_") is None:
        return False
    table = asked.args["from_"].this
    wanted = {_pair(pair, meant.args["from_"].this, source) for pair in conjuncts(meant.args["where"].this)}
    return wanted == {_pair(pair, table, source) for pair in conjuncts(where.this)}


def _pair(condition: exp.Expr, target: exp.Table, source: Target) -> tuple[str, str] | None:
    """An equation of a column of the target and one of the source."""
    if not isinstance(condition, exp.EQ):
        return None
    found = {}
    for side in (condition.this, condition.expression):
        if isinstance(side, exp.Column) and isinstance(side.this, exp.Identifier):
            is_target = (side.table or target.alias_or_name).lower() == target.alias_or_name.lower()
            is_source = side.table.lower() == source.qualifier.name.lower()
            found["source" if is_source else "target" if is_target else "other"] = folded(side.this)
    return (found["target"], found["source"]) if {"target", "source"} <= found.keys() else None


def _is(value: exp.Expr, source: Target, column: str) -> bool:
    return isinstance(value, exp.Column) and source.owns_in_select(value) and folded(value.this) == column
