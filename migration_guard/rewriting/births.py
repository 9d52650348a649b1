"""Rows that a loop makes: only those that a second run would not make again may become part of a backfill.

That is so where a row is made only if it is not there (`get_or_create`, or a question for it), and where the row that it is
made for leaves the loop's rows at the same time: it is deleted, or no longer matches.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence

import libcst as cst

from migration_guard.lean import dataclass
from migration_guard.rewriting.expressions import behind, values_of
from migration_guard.rewriting.owned import Owned

_MAKES = frozenset({"create", "get_or_create", "update_or_create", "add", "set"})
_IF_MISSING = frozenset({"get_or_create", "update_or_create"})
_BETWEEN = frozenset({"add", "set"})
"""Methods that make rows of the table between two others."""
_MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
_AGAIN = "its loop makes new rows, which a second run would make again"


def makes_rows(call: cst.Call) -> bool:
    """Whether a call of Django's makes rows one by one."""
    return isinstance(call.func, cst.Attribute) and call.func.attr.value in _MAKES


@dataclass(frozen=True, slots=True)
class Birth:
    """A call that makes a row."""

    node: ast.Call
    table: str
    unique: Sequence[tuple[str, ...]]
    """The unique keys of the table."""


class Births:
    """The rows that a loop makes."""

    def __init__(
        self, loop: ast.For, row: str, owned: Owned, births: Sequence[Birth], written: Collection[str]
    ) -> None:
        """`written` are the fields that the loop writes to rows that are there."""
        self._loop = loop
        self._row = row
        self._owned = owned
        self._births = births
        self._written = frozenset(name.removesuffix("_id") for name in written)
        self._above = {id(child): node for node in ast.walk(loop) for child in ast.iter_child_nodes(node)}
        self._held = dict(_held(loop))

    def reason(self) -> str | None:
        """Say why a second run would make rows again, or why they depend on the order of the loop's rows; None if neither."""
        return next(filter(None, map(self._reason_of, self._births)), None)

    def _reason_of(self, birth: Birth) -> str | None:
        function = birth.node.func
        if not isinstance(function, ast.Attribute) or any(one.arg is None for one in birth.node.keywords):
            return _AGAIN
        if birth.table == self._owned.rows[self._row].table:
            return "its loop makes new rows of the table that it goes through"
        if function.attr in _BETWEEN:
            return self._between(function)
        if birth.node.args:
            return _AGAIN
        if function.attr in _IF_MISSING:
            return self._if_missing(birth, function)
        return None if self._is_asked_for(birth) or self._leaves(birth) else _AGAIN

    def _between(self, function: ast.Attribute) -> str | None:
        """`row.tags.add(tag)`, where the loop asks for these nowhere."""
        match function.value:
            case ast.Attribute(value=ast.Name(id=name), attr=field) if name == self._row:
                others = [
                    one
                    for one in ast.walk(self._loop)
                    if isinstance(one, ast.Attribute) and one.attr == field and not self._is_made_by(one)
                ]
                asked = [
                    one for one in ast.walk(self._loop) if isinstance(one, ast.keyword) and _speaks(one.arg, field)
                ]
                return _AGAIN if others or asked else None
        return "its loop makes rows between others than the row that it is at"

    def _is_made_by(self, node: ast.Attribute) -> bool:
        method = self._above.get(id(node))
        call = self._above.get(id(method)) if method is not None else None
        return isinstance(method, ast.Attribute) and any(call is birth.node for birth in self._births)

    def _if_missing(self, birth: Birth, function: ast.Attribute) -> str | None:
        sought = [one for one in birth.node.keywords if one.arg not in {"defaults", "create_defaults"}]
        defaults = [one.value for one in birth.node.keywords if one.arg in {"defaults", "create_defaults"}]
        if not sought and not self._is_child(function.value, birth.table):
            return _AGAIN
        if any("__" in (one.arg or "") or not self._stays(one.value) for one in sought):
            return _AGAIN
        if self._ties(birth):
            return None
        if function.attr == "update_or_create":
            return "its loop writes rows that may belong to several of those that it goes through"
        columns = {name for one in sought for name in (one.arg or "", f"{one.arg}_id")}
        if not any(set(key) <= columns for key in birth.unique):
            return (
                "its loop makes rows that may belong to several of those that it goes through, and no unique key keeps two "
                "batches from making one twice"
            )
        if any(self._is_of_the_row(one) for one in defaults):
            return "its loop makes rows that may belong to several of those that it goes through, and the first decides"
        return None

    def _stays(self, value: ast.expr) -> bool:
        """Whether an expression gives the same when the loop has written its row."""
        return not any(
            isinstance(one, ast.Attribute) and one.attr.removesuffix("_id") in self._written
            for one in self._made_of(value)
        ) and not any(isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) for one in self._made_of(value))

    def _is_of_the_row(self, value: ast.expr) -> bool:
        inside = {
            one.id for one in ast.walk(self._loop) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
        }
        return any(isinstance(one, ast.Name) and one.id in inside for one in self._made_of(value))

    def _made_of(self, value: ast.expr) -> Iterator[ast.AST]:
        waiting: list[ast.AST] = [value]
        seen: set[str] = set()
        while waiting:
            one = waiting.pop()
            yield one
            waiting += ast.iter_child_nodes(one)
            if isinstance(one, ast.Name) and one.id not in seen and one.id != self._row:
                seen.add(one.id)
                waiting += [found for line in ast.walk(self._loop) for found in values_of(line, one.id)]

    def _ties(self, birth: Birth) -> list[ast.AST]:
        """What says that the new row belongs to the row of the loop: no other of its rows comes to it."""
        assert isinstance(birth.node.func, ast.Attribute)
        manager = birth.node.func.value
        child = [manager] if self._is_child(manager, birth.table) else []
        return [*child, *(one for one in birth.node.keywords if self._owned.is_tie(birth.table, one))]

    def _is_child(self, manager: ast.expr, table: str) -> bool:
        found = self._owned.of(manager)
        return found is not None and found.table == table and isinstance(manager, ast.Attribute)

    # --- Made only where there is none -------------------------------------------------------------------------------

    def _is_asked_for(self, birth: Birth) -> bool:
        """Whether it stands in an `if` that asks whether the row has such a one."""
        if not self._ties(birth):
            return False
        node: ast.AST = birth.node
        while (parent := self._above.get(id(node))) is not None and parent is not self._loop:
            if isinstance(parent, ast.If) and any(node is one for one in parent.body):
                rows = _none_of(behind(parent.test, self._held), self._held)
                if rows is not None and self._finds(rows, birth):
                    return True
            node = parent
        return False

    def _finds(self, rows: ast.expr, birth: Birth) -> bool:
        """Whether a queryset would hold the row that is made."""
        found = self._owned.of(rows)
        if found is None or found.table != birth.table:
            return False
        given = {one.arg: ast.dump(one.value) for one in birth.node.keywords}
        while isinstance(rows, ast.Call) and isinstance(rows.func, ast.Attribute):
            if rows.func.attr not in {"filter", "all", "order_by"} or (rows.func.attr == "filter" and rows.args):
                return False
            for one in rows.keywords:
                same = given.get(one.arg) == ast.dump(one.value) and self._stays(one.value)
                if not self._owned.is_tie(birth.table, one) and not same:
                    return False
            rows = rows.func.value
        return True

    # --- Made for a row that leaves ----------------------------------------------------------------------------------

    def _leaves(self, birth: Birth) -> bool:
        """Whether the row of the loop is deleted, or matches no more, wherever the other one is made."""
        goes_on = any(isinstance(one, ast.Continue) and one.lineno > birth.node.lineno for one in ast.walk(self._loop))
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
        if "delete" in done or (self._ties(birth) and self._has_none(birth)):
            return True
        return "save" in done and any(self._differs(field, value) for field, value in self._set_at_last())

    def _has_none(self, birth: Birth) -> bool:
        """Whether the loop goes through rows that have none of what is made, `filter(visits__isnull=True)`."""
        children = self._owned.children_of(self._row)
        for one in self._asked():
            name, _, lookup = (one.arg or "").partition("__")
            none = isinstance(one.value, ast.Constant) and one.value.value is {"isnull": True, "": None}.get(lookup, "")
            if none and children.get(name) == birth.table:
                return True
        return False

    def _asked(self) -> Iterator[ast.keyword]:
        """The conditions that hold for each row of the loop."""
        chain: ast.AST = self._loop.iter
        while isinstance(chain, ast.Call) and isinstance(chain.func, ast.Attribute):
            yield from chain.keywords if chain.func.attr == "filter" else ()
            chain = chain.func.value

    def _set_at_last(self) -> Iterator[tuple[str, ast.expr]]:
        """What the loop sets the row's fields to in any case, and once."""
        lines = [
            one for one in ast.walk(self._loop) if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store)
        ]
        for line in self._loop.body:
            match line:
                case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name), attr=field)], value=value):
                    if name == self._row and [one.attr for one in lines].count(field) == 1:
                        yield field, value

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
            return bool(found) and all(any(one is birth.node for birth in self._births) for one in found)
        return any(value is birth.node for birth in self._births)

    # --- What of the code says nothing but that ----------------------------------------------------------------------

    def free(self) -> Iterator[ast.AST]:
        """The pieces of code by which rows are made, and no others are read."""
        for birth in self._births:
            function = birth.node.func
            if not isinstance(function, ast.Attribute):
                continue
            yield from self._ties(birth)
            match function.value:
                case ast.Attribute(value=ast.Name() as model, attr=manager) if manager in _MANAGERS:
                    yield from (model, function.value)


def _none_of(test: ast.expr, held: Mapping[str, ast.expr]) -> ast.expr | None:
    """The queryset of which a condition says that it has no rows."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            match behind(inner, held):
                case ast.Call(func=ast.Attribute(value=rows, attr="exists" | "first" | "last" | "count"), args=[]):
                    return rows
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[ast.Constant(value=nothing)]):
            match behind(left, held):
                case ast.Call(func=ast.Attribute(value=rows, attr="count"), args=[]) if (
                    nothing == 0 and nothing is not False
                ):
                    return rows
                case ast.Call(func=ast.Attribute(value=rows, attr="first" | "last"), args=[]) if nothing is None:
                    return rows
    return None


def _held(loop: ast.For) -> Iterator[tuple[str, ast.expr]]:
    stored = [one.id for one in ast.walk(loop) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)]
    for line in ast.walk(loop):
        match line:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if stored.count(name) == 1:
                yield name, value


def _speaks(keyword: str | None, field: str) -> bool:
    return field in (keyword or "").split("__")
