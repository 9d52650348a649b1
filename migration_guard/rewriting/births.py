"""Rows that a loop makes: only those that a second run would not make again may become part of a backfill.

That is so where a row is made only if it is not there (`get_or_create`, or a question for it: `sought.py`), and where the row
that it is made for leaves the loop's rows at the same time (`leaving.py`). Rows that several rows of the loop may share are
made by one batch at a time.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence

import libcst as cst

from migration_guard.lean import dataclass
from migration_guard.rewriting.expressions import MANAGERS, behind, held_once, values_of
from migration_guard.rewriting.leaving import Leaving
from migration_guard.rewriting.owned import Owned
from migration_guard.rewriting.reached import CannotRemove
from migration_guard.rewriting.sought import Sought, none_of, sought_by

_MAKES = frozenset({"create", "get_or_create", "update_or_create", "add", "set"})
_IF_MISSING = frozenset({"get_or_create", "update_or_create"})
_BETWEEN = frozenset({"add", "set"})
"""Methods that make rows of the table between two others."""
_OF_TEXTS = frozenset("strip lstrip rstrip lower upper casefold title capitalize split rsplit partition join".split())
"""Methods of texts, which ask the database for nothing."""
_AGAIN = "its loop makes new rows, which a second run would make again"
_NOT_FOUND = "its loop makes rows that may not stay what it looks for, and a second run would make them again"
_READS = "its loop makes rows of a kind that it reads, and a second run would find them"


class MakesRows(CannotRemove):
    """Why a loop that makes rows stays: because of these."""


def makes_rows(call: cst.Call) -> bool:
    """Whether a call of Django's makes rows one by one."""
    return isinstance(call.func, cst.Attribute) and call.func.attr.value in _MAKES


@dataclass(frozen=True, slots=True)
class Birth:
    """A call that makes a row."""

    node: ast.Call
    table: str


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
        self._leaving = Leaving(loop, row, owned, [birth.node for birth in births])
        self._above = {id(child): node for node in ast.walk(loop) for child in ast.iter_child_nodes(node)}
        self._held = held_once(loop)
        self.shared: set[str] = set()
        """The tables of rows that several rows of the loop may look for: two batches must not do that at once."""

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
            return self._between(birth.node, function)
        if birth.node.args:
            return _AGAIN
        if function.attr in _IF_MISSING:
            return self._if_missing(birth, function)
        if self._leaving.is_sure(birth.node, birth.table, self._links(birth)):
            return None
        if self._question(birth) is not None:
            return _READS if self._is_read(birth) else None
        sought = self._sought(birth)
        return self._if_not_found(birth, sought) if sought is not None else _AGAIN

    def _sought(self, birth: Birth) -> Sought | None:
        return sought_by(birth.node, self._above, self._held_once)

    def _if_not_found(self, birth: Birth, sought: Sought) -> str | None:
        """Of a row that is made where a query by these values finds none."""
        if not all(map(self._stays, (sought.manager, *(one.value for one in sought.keywords)))):
            return _AGAIN
        if {(one.arg or "").removesuffix("_id") for one in sought.keywords} & self._written:
            return _NOT_FOUND
        if any(one is tie for tie in self._ties(birth) for one in (sought.manager, *self._given_for(birth, sought))):
            return _READS if self._is_read(birth) else None
        return self._first_decides(birth, [one.value for one in sought.besides])

    @staticmethod
    def _given_for(birth: Birth, sought: Sought) -> Iterator[ast.keyword]:
        """Of what a new row is given, that by which it is looked for."""
        names = {one.arg for one in sought.keywords}
        return (one for one in birth.node.keywords if one.arg in names)

    def _first_decides(self, birth: Birth, values: Sequence[ast.expr]) -> str | None:
        """Of a row that several rows of the loop may look for, which must be the same whichever of them makes it."""
        if any(map(self._is_of_the_row, values)):
            return "its loop makes rows that may belong to several of those that it goes through, and the first decides"
        self.shared.add(birth.table)
        return None

    def _between(self, call: ast.Call, function: ast.Attribute) -> str | None:
        """`row.tags.add(tag)`, where the loop asks for these nowhere, from neither side."""
        match function.value:
            case ast.Attribute(value=ast.Name(id=name), attr=field) if name == self._row:
                names = {field, *self._owned.names_of(self._row)}
                added = [*call.args, *(one.value for one in call.keywords)]
                asked = any(
                    self._speaks(one, names)
                    for one in (*self._besides_births(), *(inner for whole in added for inner in ast.walk(whole)))
                )
                return _AGAIN if asked or any(map(self._is_rewritten, added)) else None
        return "its loop makes rows between others than the row that it is at"

    def _besides_births(self) -> Iterator[ast.AST]:
        """The code of the loop without the calls that make rows."""
        made = {id(inner) for birth in self._births for inner in ast.walk(birth.node)}
        return (one for one in ast.walk(self._loop) if id(one) not in made)

    @staticmethod
    def _speaks(node: ast.AST, names: set[str]) -> bool:
        match node:
            case ast.keyword(arg=str() as said) | ast.Constant(value=str() as said) | ast.Attribute(attr=said):
                return not names.isdisjoint(said.lower().lstrip("-").split("__"))
        return False

    def _is_read(self, birth: Birth) -> bool:
        """Whether the loop reads the row's rows of that table, but for the questions whether there are any."""
        asked = [rows for one in self._births if (rows := self._question(one)) is not None]
        calls = (self._above[id(self._above[id(rows)])] for rows in asked)
        known = {id(inner) for call in calls for inner in ast.walk(call)}
        return any(
            isinstance(one, (ast.Attribute, ast.Call))
            and id(one) not in known
            and (found := self._owned.of(one)) is not None
            and found.table == birth.table
            for one in self._besides_births()
        )

    def _if_missing(self, birth: Birth, function: ast.Attribute) -> str | None:
        sought = [one for one in birth.node.keywords if one.arg not in {"defaults", "create_defaults"}]
        defaults = [one.value for one in birth.node.keywords if one.arg in {"defaults", "create_defaults"}]
        if not sought and not self._is_child(function.value, birth.table):
            return _AGAIN
        if any("__" in (one.arg or "") or not self._stays(one.value) for one in sought):
            return _AGAIN
        names = {(one.arg or "").removesuffix("_id") for one in sought}
        filled = [self._filled(one) for one in defaults]
        if any(one is None or one & names for one in filled) or names & self._written:
            return _NOT_FOUND
        if function.attr == "update_or_create" and any(map(self._is_rewritten, defaults)):
            return "its loop makes a value of one that it writes anew, and a second run would change it again"
        if self._ties(birth):
            return _READS if self._is_read(birth) else None
        if function.attr == "update_or_create":
            return "its loop writes rows that may belong to several of those that it goes through"
        return self._first_decides(birth, defaults)

    def _filled(self, defaults: ast.expr) -> set[str] | None:
        """The fields that a dictionary gives, where all of them are known."""
        match self._held_once(defaults):
            case ast.Dict(keys=keys):
                names = [one.value if isinstance(one, ast.Constant) else None for one in keys]
            case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
                names = [one.arg for one in keywords]
            case _:
                return None
        return {str(one).removesuffix("_id") for one in names} if None not in names else None

    def _held_once(self, node: ast.expr) -> ast.expr:
        """Look through a variable that is set once and used nowhere else."""
        used = [one.id for one in ast.walk(self._loop) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)]
        return behind(node, {name: value for name, value in self._held.items() if used.count(name) == 1})

    def _stays(self, value: ast.expr) -> bool:
        """Whether an expression gives the same when the loop has written its row, and asks for nothing."""
        asks = any(
            isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr not in _OF_TEXTS
            for one in self._made_of(value)
        )
        return not asks and not self._is_rewritten(value)

    def _is_rewritten(self, value: ast.expr) -> bool:
        """Whether the loop may write what an expression is made of: a field, one of a row given whole, what `F` names."""
        births = [birth.node for birth in self._births]
        for one in self._made_of(value):
            match one:
                case ast.Attribute(attr=field) if field.removesuffix("_id") in self._written:
                    return True
                case ast.Call(func=ast.Name(id="F") | ast.Attribute(attr="F")):
                    return True
                case ast.Call(args=args, keywords=keywords) if self._written and all(
                    one is not each for each in births
                ):
                    given = (*args, *(each.value for each in keywords))
                    if any(isinstance(each, ast.Name) and each.id in self._owned.rows for each in given):
                        return True
        return False

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
        return [*child, *(one for one in birth.node.keywords if self._owned.tie(birth.table, one) is not None)]

    def _is_child(self, manager: ast.expr, table: str) -> bool:
        found = self._owned.of(manager)
        return found is not None and found.table == table and isinstance(manager, ast.Attribute)

    # --- Made only where there is none -------------------------------------------------------------------------------

    def _question(self, birth: Birth) -> ast.expr | None:
        """The rows of which an `if` around it asks whether there are any, where these would hold the one that is made."""
        if birth.node.args or not self._ties(birth):
            return None
        node: ast.AST = birth.node
        while (parent := self._above.get(id(node))) is not None and parent is not self._loop:
            if isinstance(parent, ast.If) and not parent.orelse and any(node is one for one in parent.body):
                rows = none_of(parent.test, self._held_once)
                if rows is not None and self._finds(rows, birth):
                    return rows
            node = parent
        return None

    def _finds(self, rows: ast.expr, birth: Birth) -> bool:
        """Whether a queryset would hold the row that is made."""
        found = self._owned.of(rows)
        if found is None or found.table != birth.table:
            return False
        given = {
            one.arg: ast.dump(one.value)
            for one in birth.node.keywords
            if (one.arg or "").removesuffix("_id") not in self._written
        }
        links = self._links(birth)
        while isinstance(rows, ast.Call) and isinstance(rows.func, ast.Attribute):
            if rows.func.attr not in {"filter", "all", "order_by"} or (rows.func.attr == "filter" and rows.args):
                return False
            for one in rows.keywords:
                same = given.get(one.arg) == ast.dump(one.value) and self._stays(one.value)
                if self._owned.tie(birth.table, one) not in links and not same:
                    return False
            rows = rows.func.value
        return self._links_by(rows) <= links

    def _links(self, birth: Birth) -> frozenset[tuple[str, str]]:
        """By which foreign keys the new row belongs to which variables' rows."""
        assert isinstance(birth.node.func, ast.Attribute)
        ties = (self._owned.tie(birth.table, one) for one in birth.node.keywords)
        return self._links_by(birth.node.func.value) | {one for one in ties if one is not None}

    def _links_by(self, manager: ast.expr) -> frozenset[tuple[str, str]]:
        match manager:
            case ast.Attribute(value=ast.Name(id=name), attr=accessor) if accessor in self._owned.children_of(name):
                return frozenset({(self._owned.children_of(name)[accessor][1], name)})
        return frozenset()

    # --- What of the code says nothing but that ----------------------------------------------------------------------

    def free(self) -> Iterator[ast.AST]:
        """The pieces of code by which rows are made, and no others are read."""
        for birth in self._births:
            function = birth.node.func
            if not isinstance(function, ast.Attribute):
                continue
            yield from self._ties(birth)
            sought = self._sought(birth)
            for manager in (function.value, *([sought.asked] if sought is not None else [])):
                match manager:
                    case ast.Attribute(value=ast.Name() as model, attr=attr) if attr in MANAGERS:
                        yield from (model, manager)
                    case ast.Attribute() if birth.table in self.shared:
                        yield manager  # the rows of a relation, among which it looks for the one that it may make
