"""Trees of one statement: read from its text, taken apart, put together, and written again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import sqlglot
from sqlglot import exp

from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.sql.alarm import TooSlow, at_most
from migration_guard.sql.backfill.facts import CannotMove
from migration_guard.sql.backfill.layout import laid_out
from migration_guard.sql.backfill.names import DIALECT, Owner, hidden_from, is_row, name_of, own, owner_of

SECONDS = 5.0
"""The most that parsing a statement may take."""
_IDS = "mg_ids"
"""Stands for the parameter while the statement is a tree: sqlglot would write it for a driver."""
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_RESERVED = frozenset(
    "all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation "
    "column concurrently constraint create cross current_catalog current_date current_role current_schema current_time "
    "current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze "
    "from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit "
    "localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references "
    "returning right select session_user similar some symmetric system_user table tablesample then to trailing true "
    "union unique user using variadic verbose when where window with".split()
)


@dataclass(frozen=True, slots=True)
class Target:
    """The table that a statement goes through in batches."""

    table: exp.Table

    @property
    def name(self) -> str:
        return name_of(self.table)

    @property
    def qualifier(self) -> exp.Identifier:
        """What stands before its columns where the statement itself is run: the alias, else the name."""
        alias = self.table.args.get("alias")
        named = alias.this if alias is not None else self.table.this
        assert isinstance(named, exp.Identifier)
        return named

    def column(self, name: str) -> exp.Column:
        """Write a column of its own, which says whose it is."""
        return own(exp.column(identifier(name), table=self.qualifier.copy()))

    def owns(self, column: exp.Column) -> bool:
        """Whether a column is surely the target's own."""
        return owner_of(column) is Owner.TARGET

    def renamed(self, condition: exp.Expr) -> exp.Expr:
        """Give a condition as it reads beside the table without its alias, as the runner selects from it."""
        renamed = condition.copy()
        if self.qualifier.name == self.table.name:
            return renamed
        alone = not any(True for _ in renamed.find_all(exp.Select))
        for column in renamed.find_all(exp.Column):
            if not self.owns(column) or not (column.table or is_row(column)):
                continue
            if hidden_from(column, self.table.name):
                raise CannotMove(f"{self.table.name} names two tables; give the other one an alias, then move it")
            if is_row(column) and not column.table:
                column.set("this", self.table.this.copy())
            else:
                column.set("table", None if alone and not is_row(column) else self.table.this.copy())
        return renamed


def parsed(sql: str) -> exp.Expr:
    """Read one statement, and refuse what would not come out again as it went in."""
    try:
        with at_most(SECONDS):
            trees = [tree for tree in sqlglot.parse(sql, dialect=DIALECT) if tree is not None]
        if len(trees) != 1:
            raise CannotMove(
                "the text holds several statements; give each a call of its own, then move them one by one"
            )
        tree = trees[0]
        again = sqlglot.parse_one(tree.sql(dialect=DIALECT), dialect=DIALECT)
    except (sqlglot.errors.SqlglotError, RecursionError, TooSlow):
        if "`" in sql:
            raise CannotMove(
                "it quotes names as MySQL does, and backfills run on PostgreSQL; write it by hand"
            ) from None
        raise CannotMove("the statement is not understood; write the backfill by hand") from None
    _refuse_unknown(tree)
    if again != tree:
        raise CannotMove("the statement would not be written again as it was read; write the backfill by hand")
    for identifier in tree.find_all(exp.Identifier):
        if identifier.quoted and _PLAIN.fullmatch(identifier.name) and identifier.name not in _RESERVED:
            identifier.set("quoted", False)
    return tree


def _refuse_unknown(tree: exp.Expr) -> None:
    if isinstance(tree, exp.Command):
        raise CannotMove("the statement is not understood; write the backfill by hand")
    for node in tree.find_all(exp.Placeholder, exp.Parameter, exp.SessionParameter):
        name = f" :{node.name}" if node.name else ""
        raise CannotMove(f"the value of its parameter{name} is not known; write the value into the statement")


def text(tree: exp.Expr) -> str:
    """Write a tree, in lines that a person reads."""
    written = tree.transform(_spoken).sql(dialect=DIALECT, normalize_functions=False)
    return laid_out(written.replace(_IDS, ":ids"))


def _spoken(node: exp.Expr) -> exp.Expr:
    """Say IS NOT NULL, NOT IN and NOT LIKE, where sqlglot puts the NOT before all of it."""
    inside = node.this if isinstance(node, exp.Not) else None
    if isinstance(inside, exp.Is) and isinstance(inside.expression, exp.Null) and not inside.args.get("negate"):
        return exp.Is(this=inside.this, expression=exp.Not(this=exp.null()))
    return node


def among(qualifier: exp.Identifier | None, keys: Sequence[str]) -> exp.Expr:
    """Say: the key is one of the batch's."""
    columns = [exp.column(identifier(key), table=qualifier.copy() if qualifier else None) for key in keys]
    if len(columns) == 1:
        return exp.EQ(this=columns[0], expression=exp.Any(this=exp.Paren(this=exp.column(_IDS))))
    return exp.In(this=exp.Tuple(expressions=columns), expressions=[exp.column(_IDS)])


def identifier(name: str) -> exp.Identifier:
    """Give a name its quotes if it needs them."""
    return exp.to_identifier(name, quoted=not _PLAIN.fullmatch(name) or name in _RESERVED)


def put_into(value: exp.Expr) -> list[exp.Expr]:
    """What `jsonb_set` is given; nothing for anything else."""
    return value.expressions if isinstance(value, exp.Anonymous) and value.name.lower() == "jsonb_set" else []


def unit_of(value: exp.Expr) -> str:
    """What `date_trunc` truncates to, in lower case."""
    unit = value.args.get("unit")
    return unit.name.lower() if isinstance(unit, exp.Expr) else ""


def both(*conditions: exp.Expr | None) -> exp.Expr:
    """All of these, each once; TRUE if there are none."""
    parts = [part for condition in conditions if condition is not None for part in conjuncts(condition)]
    wanted: list[exp.Expr] = []
    for part in map(_bare, parts):
        if part not in wanted and not (isinstance(part, exp.Boolean) and part.this):
            wanted.append(part)
    return exp.and_(*(part.copy() for part in wanted), copy=False) if wanted else exp.true()


def _bare(condition: exp.Expr) -> exp.Expr:
    """Take the parentheses away that AND does not need."""
    while isinstance(condition, exp.Paren) and not isinstance(condition.this, (exp.Connector, exp.Not)):
        condition = condition.this
    return condition


def either(conditions: Iterable[exp.Expr]) -> exp.Expr:
    """One of these, in parentheses where there are several."""
    every = [condition.copy() for condition in conditions]
    return every[0] if len(every) == 1 else exp.paren(exp.or_(*every, copy=False), copy=False)


def conjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    """Take a condition apart at its ANDs."""
    inside = condition.unnest()
    if isinstance(inside, exp.And):
        yield from conjuncts(inside.left)
        yield from conjuncts(inside.right)
    else:
        yield condition


def tables(node: exp.Expr) -> Iterator[exp.Table]:
    """Give the tables that are read, without the names of common table expressions."""
    named = {cte.alias.lower() for cte in node.find_all(exp.CTE)}
    for table in node.find_all(exp.Table):
        if table.db or table.name.lower() not in named:
            yield table


def same_table(one: exp.Table, other: exp.Table) -> bool:
    """Whether two may be one table: a missing schema may be any."""
    schemas = {part for part in (one.db.lower(), other.db.lower()) if part}
    return one.name.lower() == other.name.lower() and len(schemas) < 2
