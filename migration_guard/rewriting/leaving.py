"""Whether the row that a loop is at leaves the loop's rows: it is deleted, or no longer matches, and a second run passes it over."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence

from migration_guard.rewriting.expressions import values_of
from migration_guard.rewriting.owned import Owned


class Leaving:
    """The rows of a loop that are not among its rows afterwards."""

    def __init__(self, loop: ast.For, row: str, owned: Owned, made: Sequence[ast.Call]) -> None:
        """`made` are the calls that make rows."""
        self._loop = loop
        self._row = row
        self._owned = owned
        self._made = made

    def is_sure(self, call: ast.Call, table: str, links: Collection[tuple[str, str]]) -> bool:
        """Whether the row of the loop is deleted, or matches no more, wherever a call makes a row of a table.

        `links` are the foreign keys of the new row, each with the variable of the row that it leads to.
        """
        goes_on = any(isinstance(one, ast.Continue) and one.lineno > call.lineno for one in ast.walk(self._loop))
        if goes_on:
            return False
        calls = [
            line.value for line in self._loop.body if isinstance(line, ast.Expr) and isinstance(line.value, ast.Call)
        ]
        done = {
            one.func.attr
            for one in calls
            if isinstance(one.func, ast.Attribute)
            and isinstance(one.func.value, ast.Name)
            and one.func.value.id == self._row
        }
        if "delete" in done or self._has_none(table, links):
            return True
        return any(self._differs(field, value) for field, value in self._saved_at_last())

    def _has_none(self, made: str, links: Collection[tuple[str, str]]) -> bool:
        """Whether the loop goes through rows that have none of what is made, `filter(visits__isnull=True)`."""
        children = self._owned.children_of(self._row)
        for one in self._asked():
            name, _, lookup = (one.arg or "").partition("__")
            none = isinstance(one.value, ast.Constant) and one.value.value is {"isnull": True, "": None}.get(lookup, "")
            table, field = children.get(name, ("", ""))
            if none and table == made and (field, self._row) in links:
                return True
        return False

    def _asked(self) -> Iterator[ast.keyword]:
        """The conditions that hold for each row of the loop."""
        chain: ast.AST = self._loop.iter
        while isinstance(chain, ast.Call) and isinstance(chain.func, ast.Attribute):
            yield from chain.keywords if chain.func.attr == "filter" else ()
            chain = chain.func.value

    def _saved_at_last(self) -> Iterator[tuple[str, ast.expr]]:
        """What the loop sets the row's fields to in any case, and once, and saves."""
        stored = [
            one.attr
            for one in ast.walk(self._loop)
            if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store)
        ]
        for number, line in enumerate(self._loop.body):
            match line:
                case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name), attr=field)], value=value):
                    saved = any(self._saves(one, field) for one in self._loop.body[number:])
                    if name == self._row and stored.count(field) == 1 and saved:
                        yield field, value

    def _saves(self, line: ast.stmt, field: str) -> bool:
        match line:
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="save"), args=[], keywords=said)
            ):
                pass
            case _:
                return False
        match said:
            case []:
                return name == self._row
            case [ast.keyword(arg="update_fields", value=ast.List(elts=fields) | ast.Tuple(elts=fields))]:
                return name == self._row and any(isinstance(one, ast.Constant) and one.value == field for one in fields)
        return False

    def _differs(self, field: str, value: ast.expr) -> bool:
        """Whether the loop's rows have something else there: a condition of its queryset says so."""
        for one in self._asked():
            name, _, lookup = (one.arg or "").partition("__")
            if name.removesuffix("_id") != field.removesuffix("_id") or not isinstance(one.value, ast.Constant):
                continue
            none = (lookup == "isnull" and one.value.value is True) or (not lookup and one.value.value is None)
            if none and self._is_new(value):
                return True
            if not lookup and isinstance(value, ast.Constant) and value.value is not None:
                return type(value.value) is type(one.value.value) and value.value != one.value.value
        return False

    def _is_new(self, value: ast.expr) -> bool:
        """Whether an expression is a row that was just made, and never nothing."""
        if isinstance(value, ast.Constant):
            return value.value is not None
        if isinstance(value, ast.Name):
            found = [one for line in ast.walk(self._loop) for one in values_of(line, value.id)]
            return bool(found) and all(map(self._is_made, found))
        return self._is_made(value)

    def _is_made(self, value: ast.expr) -> bool:
        return any(value is one for one in self._made)
