"""Statements of a loop that stand in texts, read as if they were written with SQLAlchemy's functions."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator, Mapping, Sequence

from migration_guard.lean import dataclass
from migration_guard.rewriting.expressions import behind, last_name
from migration_guard.sql.backfill import CannotMove
from migration_guard.sql.backfill.keyed import Chosen, Keyed, chosen, keyed

TABLE = "mg_table_of_the_text"
"""The variable that stands for the table of a text."""
_WRITES = re.compile(
    r"\s*(?:WITH|INSERT|UPDATE|DELETE|MERGE|TRUNCATE|ALTER|CREATE|DROP|LOCK|COPY|DO|CALL)\b", re.IGNORECASE
)
_GIVES = frozenset({"bindparams", "params"})


@dataclass(frozen=True, slots=True)
class Text:
    """A statement that stands in a text."""

    sql: str
    expression: ast.expr
    """What is executed, with all variables looked through."""


@dataclass(slots=True)
class Texts:
    """Looks through variables to the texts of statements."""

    held: Mapping[str, ast.expr]
    """What variables hold that are set once."""

    def of(self, node: ast.expr) -> Text | None:
        """The text of a statement, if it is `text(…)` of one that is written out."""
        whole = self._behind(node)
        inner = whole
        while isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute) and inner.func.attr in _GIVES:
            behind = self._behind(inner.func.value)
            inner.func.value = behind
            inner = behind
        if not isinstance(inner, ast.Call) or last_name(inner) != "text" or len(inner.args) != 1 or inner.keywords:
            return None
        sql = self._spelt(inner.args[0])
        return Text(sql, whole) if sql is not None else None

    def _behind(self, node: ast.expr) -> ast.expr:
        return copy.deepcopy(behind(node, self.held))

    def _spelt(self, node: ast.expr) -> str | None:
        node = self._behind(node)
        match node:
            case ast.Constant(value=str() as text):
                return text
            case ast.JoinedStr(values=parts):
                texts = [self._spelt(one.value if isinstance(one, ast.FormattedValue) else one) for one in parts]
                return "".join(one for one in texts if one is not None) if None not in texts else None
            case ast.Call(args=[inner], keywords=[]) if last_name(node) == "dedent":
                return self._spelt(inner)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                one, other = self._spelt(left), self._spelt(right)
                return one + other if one is not None and other is not None else None
        return None


def with_text(text: Text, sql: str) -> ast.expr:
    """Give what is executed with another statement in it."""
    whole = copy.deepcopy(text.expression)
    inner = whole
    while isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute) and inner.func.attr in _GIVES:
        inner = inner.func.value
    assert isinstance(inner, ast.Call)
    inner.args = [ast.Constant(sql)]
    return whole


def writes(text: Text) -> bool:
    return _WRITES.match(text.sql) is not None


def selected(text: Text) -> Chosen:
    """What a SELECT gives. Raises CannotMove."""
    return chosen(text.sql)


def columns_of(found: Chosen, table: str) -> list[ast.expr]:
    """What a SELECT gives, as SQLAlchemy's expressions."""
    if not found.parts:
        return [ast.Name(table, ast.Load())]
    return [_part(name, columns, table, plain=plain) for name, columns, plain in found.parts]


def _part(name: str, columns: Sequence[str], table: str, *, plain: bool) -> ast.expr:
    made = [_column(table, one) for one in columns]
    if plain and columns == (name,):
        return made[0]
    base: ast.expr = made[0] if plain else ast.Call(ast.Name("f", ast.Load()), made, [])
    return ast.Call(ast.Attribute(base, "label", ast.Load()), [ast.Constant(name)], [])


def _column(table: str, name: str) -> ast.expr:
    return ast.Attribute(ast.Attribute(ast.Name(table, ast.Load()), "c", ast.Load()), name, ast.Load())


def update_of(text: Text, call: ast.Call, held: Mapping[str, ast.expr]) -> tuple[Keyed, ast.expr]:
    """What an UPDATE changes, and the same as SQLAlchemy's functions write it. Raises CannotMove."""
    found = keyed(text.sql)
    given = dict(_given(text, call, held))
    needed = {name for _, name in found.keys} | {name for _, names, _ in found.sets for name in names}
    if needed - given.keys():
        raise CannotMove("its parameters are not seen")
    if any(reads for _, _, reads in found.sets):
        raise CannotMove("its UPDATE computes a value from what stands in the row")
    root: ast.expr = ast.Call(ast.Attribute(ast.Name(TABLE, ast.Load()), "update", ast.Load()), [], [])
    for column, name in found.keys:
        condition = ast.Compare(_column(TABLE, column), [ast.Eq()], [given[name]])
        root = ast.Call(ast.Attribute(root, "where", ast.Load()), [condition], [])
    values = [ast.keyword(column, _together([given[one] for one in names])) for column, names, _ in found.sets]
    return found, ast.Call(ast.Attribute(root, "values", ast.Load()), [], values)


def _together(values: Sequence[ast.expr]) -> ast.expr:
    return values[0] if len(values) == 1 else ast.Tuple(list(values), ast.Load())


def _given(text: Text, call: ast.Call, held: Mapping[str, ast.expr]) -> Iterator[tuple[str, ast.expr]]:
    """The parameters that an execution is given, by their names. Raises CannotMove where that is not seen."""
    inner = text.expression
    while isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute) and inner.func.attr in _GIVES:
        for one in inner.args:
            yield from _pairs(one, held)
        yield from _named(inner.keywords)
        inner = inner.func.value
    parameters = [*call.args[1:], *(one.value for one in call.keywords)]
    if any(one.arg not in {"params", "parameters"} for one in call.keywords) or len(parameters) > 1:
        raise CannotMove("its parameters are not seen")
    for one in parameters:
        yield from _pairs(one, held)


def _pairs(node: ast.expr, held: Mapping[str, ast.expr]) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Name) and node.id in held:
        node = held[node.id]
    match node:
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
                    raise CannotMove("its parameters are not seen")
                yield key.value, value
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=named):
            yield from _named(named)
        case _:
            raise CannotMove("its parameters are not seen")


def _named(keywords: Sequence[ast.keyword]) -> Iterator[tuple[str, ast.expr]]:
    for one in keywords:
        if one.arg is None:
            raise CannotMove("its parameters are not seen")
        yield one.arg, one.value
