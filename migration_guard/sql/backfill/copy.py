"""An INSERT … SELECT, as a backfill that goes through a table that it reads, by a unique key of the table that it fills."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlglot import exp

from migration_guard.lean import dataclass
from migration_guard.sql.backfill.facts import CannotMove, Draft, Facts
from migration_guard.sql.backfill.names import FactsOf, Owner, folded, name_of, owner_of
from migration_guard.sql.backfill.origin import Origin, origin_of
from migration_guard.sql.backfill.safety import refuse_any_row, refuse_volatile, stored
from migration_guard.sql.backfill.sources import key_notes, names_in
from migration_guard.sql.backfill.tree import among, both, conjuncts, identifier, parsed, same_table, text


def draft(tree: exp.Insert, facts_of: FactsOf, key: str | None) -> Draft:
    """Turn an INSERT … SELECT into a backfill of its source, or refuse it."""
    refuse_volatile(tree)
    target, columns = _target(tree)
    origin = origin_of(tree, target, facts_of, key)
    for part in origin.select.expressions:
        refuse_any_row(part)
    given = dict(zip(columns, (part.unalias() for part in origin.select.expressions)))
    if len(columns) != len(origin.select.expressions) or origin.select.is_star:
        raise CannotMove("its SELECT gives other columns than are filled, as * does; name each one, then move it")
    copied = _Copy(tree, target, given, origin, facts_of(name_of(target)))
    kept, own = copied.without_own_check()
    missing = exp.Not(this=own or copied.there())
    changed = tree.copy()
    changed.set("returning", None)
    chosen = changed.expression.unnest()
    chosen.set("where", exp.Where(this=both(kept, missing, among(origin.base.qualifier, origin.keys))))
    condition = text(origin.base.renamed(origin.meets(both(kept, missing))))
    parsed(f"SELECT FROM t WHERE {condition}")
    return Draft(
        table=origin.base.name,
        keys=origin.keys,
        where=condition,
        update=text(changed),
        columns=tuple(columns),
        names=names_in(tree),
        target=name_of(target),
        notes=key_notes(origin.facts, key, origin.base.name),
    )


def _target(tree: exp.Insert) -> tuple[exp.Table, list[str]]:
    schema = tree.this
    if not isinstance(schema, exp.Schema) or not isinstance(schema.this, exp.Table):
        raise CannotMove("it does not name the columns that it fills; name them, then move it")
    conflict = tree.args.get("conflict")
    if conflict is not None and conflict.text("action").upper() != "DO NOTHING":
        raise CannotMove("ON CONFLICT DO UPDATE changes rows that were there; write the backfill by hand")
    return schema.this, [folded(column) for column in schema.expressions if isinstance(column, exp.Identifier)]


@dataclass(frozen=True, slots=True)
class _Copy:
    """An INSERT … SELECT, taken apart."""

    tree: exp.Insert
    target: exp.Table
    given: Mapping[str, exp.Expr]
    origin: Origin
    facts: Facts
    """Of the table that is filled."""

    def there(self) -> exp.Expr:
        """Say of a row: its copy is there. It is known by a unique key of the table that is filled."""
        keys = self._keys()
        if not keys:
            raise CannotMove(
                f"no key to resume by: the migrations tell no unique key of {name_of(self.target)} that it fills and that is "
                "never NULL, by which a copy is known; add one, or ON CONFLICT (…) DO NOTHING, then move it"
            )
        pairs = []
        for name in keys[0]:
            value = self._outside(stored(self.given[name], name, self.facts.column(name)))
            pairs.append(exp.EQ(this=exp.column(identifier(name), table=self.target.this.copy()), expression=value))
        bare = self.target.copy()
        bare.set("alias", None)
        select = exp.Select(expressions=[exp.Literal.number(1)], where=exp.Where(this=both(*pairs)))
        select.set("from_", exp.From(this=bare))
        return exp.Exists(this=select)

    def _keys(self) -> list[tuple[str, ...]]:
        """The unique keys that are filled and never NULL: what ON CONFLICT names, else those that the migrations tell."""
        conflict = self.tree.args.get("conflict")
        named = [folded(key.this.this) for key in (conflict.args.get("conflict_keys") or [])] if conflict else []
        if named and conflict is not None and conflict.args.get("index_where") is not None:
            raise CannotMove("ON CONFLICT of a part of the rows: no key to resume by; write the backfill by hand")
        known = [tuple(named)] if named else [self.facts.keys, *self.facts.unique]
        filled = [key for key in known if key and set(key) <= set(self.given)]
        sure = [key for key in filled if all(self._never_null(name) for name in key)]
        if filled and not sure:
            name = next(name for name in filled[0] if not self._never_null(name))
            shown = self.given[name].sql(dialect="postgres")
            raise CannotMove(f"{shown} may be NULL, which conflicts with nothing: no key to resume by")
        return sure

    def _never_null(self, name: str) -> bool:
        known = self.facts.columns.get(name)
        if name in self.facts.keys or (known is not None and not known.nullable):
            return True
        value = self.given[name].unnest()
        if isinstance(value, (exp.Literal, exp.Boolean)):
            return True
        return isinstance(value, exp.Column) and self.origin.is_filled(value)

    def _outside(self, value: exp.Expr) -> exp.Expr:
        """A value as it reads inside of a sub-select of the table that is filled."""
        outer = value.copy()
        for column in outer.find_all(exp.Column):
            if column.table:
                continue
            if owner_of(column) is Owner.TARGET:
                column.set("table", self.origin.base.qualifier.copy())
            elif owner_of(column) is Owner.UNKNOWN or column.find_ancestor(exp.Select) is None:
                raise CannotMove(f"whose column {column.name} is meant is not said; qualify it, then move it")
        return outer

    # --- What the statement itself says of rows that are there ---------------------------------------------------------

    def without_own_check(self) -> tuple[exp.Expr | None, exp.Expr | None]:
        """Take out what the statement says of rows that are there already; any other look at its target is refused."""
        kept: list[exp.Expr] = []
        own: exp.Expr | None = None
        for part in self.origin.conditions:
            if not any(same_table(table, self.target) for table in part.find_all(exp.Table)):
                kept.append(part)
            elif own is None and self._asks_for_copy(part.unnest()):
                own = part.unnest().this.copy()
            else:
                shown = name_of(self.target)
                raise CannotMove(f"its condition reads {shown}, which it fills; write the backfill by hand")
        return both(*kept), own

    def _asks_for_copy(self, part: exp.Expr) -> bool:
        """Whether a condition is `NOT EXISTS (SELECT … FROM target WHERE target.k = source.k)`, of the row's own copy."""
        if not isinstance(part, exp.Not) or not isinstance(part.this.unnest(), exp.Exists):
            return False
        asked = part.this.unnest().this.unnest()
        where = asked.args.get("where") if isinstance(asked, exp.Select) else None
        origin = asked.args.get("from_") if isinstance(asked, exp.Select) else None
        if where is None or origin is None or not same_table(origin.this, self.target) or asked.args.get("joins"):
            return False
        pairs = [self._pair(pair, origin.this) for pair in conjuncts(where.this)]
        found = {pair[0]: pair[1] for pair in pairs if pair is not None}
        if len(found) != len(pairs) or not all(self.given.get(name) == value for name, value in self._alike(found)):
            return False
        own = {folded(v.this) for v in found.values() if isinstance(v, exp.Column) and self.origin.base.owns(v)}
        if set(self.origin.keys) <= own:
            return True
        return set(found) in [set(key) for key in (self.facts.keys, *self.facts.unique)]

    def _alike(self, found: Mapping[str, exp.Expr]) -> Iterator[tuple[str, exp.Expr]]:
        """The values of a check, spelt as the SELECT spells them: with or without the name of the table."""
        for name, value in found.items():
            given = self.given.get(name)
            same = (
                isinstance(value, exp.Column)
                and isinstance(given, exp.Column)
                and owner_of(value) is owner_of(given) is Owner.TARGET
                and folded(value.this) == folded(given.this)
            )
            yield name, given if same and given is not None else value

    @staticmethod
    def _pair(condition: exp.Expr, table: exp.Table) -> tuple[str, exp.Expr] | None:
        """An equation of a column of the target and something of the source."""
        inside = condition.unnest()
        if not isinstance(inside, exp.EQ):
            return None
        name = table.alias_or_name
        sides = [(inside.this, inside.expression), (inside.expression, inside.this)]
        for one, other in sides:
            if not isinstance(one, exp.Column) or owner_of(one) is Owner.TARGET or one.table.lower() not in {"", name}:
                continue
            if (
                not isinstance(other, exp.Column)
                or owner_of(other) is not Owner.OTHER
                or other.table.lower() not in {"", name}
            ):
                return folded(one.this), other
        return None
