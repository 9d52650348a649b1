"""What belongs to the row of a loop: its own rows of other tables, to which a foreign key leads, and their rows in turn.

Where a loop writes nothing else, and reads nothing else of what it writes, each of its rows stands for itself with all that
belongs to it: no other row of the loop comes to the same rows.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping

from migration_guard.lean import dataclass
from migration_guard.rewriting.expressions import MANAGERS

_ROWS = frozenset(
    "all filter exclude order_by select_related prefetch_related only defer iterator using distinct reverse "
    "select_for_update first last get earliest latest".split()
)
"""Methods that give rows of those that a chain has, and no others."""
_PICKS = frozenset({"first", "last", "get", "earliest", "latest"})
_PASSED = frozenset({"list", "tuple", "sorted", "reversed", "enumerate", "in_order"})
_KEYS = frozenset({"pk", "id"})

Path = tuple[tuple[str, str], ...]
"""The foreign keys that lead from rows to the row of the loop, each by its table and its field."""


@dataclass(frozen=True, slots=True)
class Tables:
    """What the migrations tell of tables."""

    children: Callable[[str], Mapping[str, tuple[str, str]]]
    """By which names a row leads to rows that belong to it: their table, and their field."""
    parents: Callable[[str], Mapping[str, str]]
    """The foreign keys of a table, each with the table that it leads to."""
    relations: Callable[[str], Collection[str]]
    """By which names rows of any table lead to rows of a table, in lower case."""
    models: Mapping[str, str]
    """The variables that hold models, each with its table."""


@dataclass(frozen=True, slots=True)
class Belonging:
    """Rows that belong to the row of a loop."""

    table: str
    path: Path


class Owned:
    """What the expressions of a loop give that belongs to its row."""

    def __init__(self, loop: ast.For, row: str, table: str, tables: Tables) -> None:
        self._tables = tables
        self.rows: dict[str, Belonging] = {row: Belonging(table, ())}
        """The variables that hold one such row, wherever they hold anything."""
        body = ast.Module(loop.body, [])
        while found := self._bound(body):
            self.rows |= found

    def _bound(self, body: ast.Module) -> dict[str, Belonging]:
        """The variables that are set to nothing but such rows, of which that is not known yet."""
        stored = [one.id for one in ast.walk(body) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)]
        found: dict[str, list[Belonging]] = {}
        for node in ast.walk(body):
            for name, value in _bindings(node):
                if name not in self.rows and (given := self.of(value)) is not None:
                    found.setdefault(name, []).append(given)
        return {
            name: given[0]
            for name, given in found.items()
            if len(given) == stored.count(name) and all(one == given[0] for one in given)
        }

    def of(self, node: ast.AST) -> Belonging | None:
        """What an expression gives, if that is nothing but rows that belong to the row."""
        match node:
            case ast.Name(id=name):
                return self.rows.get(name)
            case ast.Attribute(value=ast.Name(id=name), attr=accessor) if name in self.rows:
                return self._child(self.rows[name], accessor)
            case ast.Call(func=ast.Attribute(value=inner, attr=method)) if method in _ROWS:
                return self._filtered(node) or self.of(inner)
            case ast.Call(func=ast.Name(id=name), args=[inner, *_]) if name in _PASSED:
                return self.of(inner)
            case ast.Subscript(value=ast.Call() as inner) if _has_an_order(inner):
                return self.of(inner)
        return None

    def _child(self, parent: Belonging, accessor: str) -> Belonging | None:
        found = self._tables.children(parent.table).get(accessor)
        return Belonging(found[0], (*parent.path, found)) if found is not None else None

    def _filtered(self, node: ast.Call) -> Belonging | None:
        """`Call.objects.filter(lead=row)`: the rows of a model that a condition ties to the row."""
        chain: ast.AST = node
        while isinstance(chain, ast.Call) and isinstance(chain.func, ast.Attribute):
            if chain.func.attr not in _ROWS:
                return None
            chain = chain.func.value
        match chain:
            case ast.Attribute(value=ast.Name(id=name), attr=manager) if (
                manager in MANAGERS and name in self._tables.models
            ):
                table = self._tables.models[name]
            case _:
                return None
        inner: ast.AST = node
        while isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
            for given in inner.keywords if inner.func.attr == "filter" else ():
                owner = self._row_or_key(given.value)
                if owner is not None and (field := self._tie(table, given)) is not None:
                    return Belonging(table, (*owner.path, (table, field)))
            inner = inner.func.value
        return None

    def children_of(self, row: str) -> Mapping[str, tuple[str, str]]:
        """By which names a row leads to rows that belong to it: their table, and their field."""
        return self._tables.children(self.rows[row].table) if row in self.rows else {}

    def names_of(self, row: str) -> Collection[str]:
        """By which names rows of any table lead to rows of the table of a row, in lower case."""
        return self._tables.relations(self.rows[row].table)

    def tie(self, table: str, given: ast.keyword) -> tuple[str, str] | None:
        """By which foreign key a row of a table that is given this belongs to which variable's row; None if it does not."""
        field = self._tie(table, given)
        match given.value:
            case ast.Name(id=name) | ast.Attribute(value=ast.Name(id=name)) if field is not None:
                return field, name
        return None

    def _tie(self, table: str, given: ast.keyword) -> str | None:
        """The foreign key by which it does."""
        field = (given.arg or "").removesuffix("__pk").removesuffix("__id").removesuffix("_id")
        owner = self._row_or_key(given.value)
        parents = self._tables.parents(table)
        return field if owner is not None and field in parents and parents[field] == owner.table != table else None

    def _row_or_key(self, node: ast.expr) -> Belonging | None:
        match node:
            case ast.Name(id=name):
                return self.rows.get(name)
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if attr in _KEYS:
                return self.rows.get(name)
        return None

    def paths(self, tree: ast.AST) -> Mapping[str, frozenset[Path]]:
        """The ways by which rows of each table are come to."""
        found: dict[str, set[Path]] = {}
        for node in ast.walk(tree):
            if (given := self.of(node)) is not None:
                found.setdefault(given.table, set()).add(given.path)
        return {table: frozenset(every) for table, every in found.items()}

    def chosen_by(self, tree: ast.AST, table: str) -> Iterator[frozenset[str]]:
        """The names by which one row, or some, are taken out of those of a table that belong to the row."""
        for node in ast.walk(tree):
            picks = isinstance(node, ast.Subscript) or (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _PICKS
            )
            if picks and (given := self.of(node)) is not None and given.table == table:
                yield spoken(node)

    def free(self, tree: ast.AST) -> Iterator[ast.AST]:
        """The pieces of code that say nothing but whose rows are meant."""
        for node in ast.walk(tree):
            if self.of(node) is None:
                continue
            match node:
                case ast.Attribute():
                    yield node
                case ast.Call(func=ast.Attribute()):
                    yield from self._said_by(node)

    def _said_by(self, call: ast.Call) -> Iterator[ast.AST]:
        inner: ast.AST = call
        while isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
            yield from (one for one in inner.keywords if self._row_or_key(one.value) is not None)
            inner = inner.func.value
        if (
            isinstance(inner, ast.Attribute)
            and isinstance(inner.value, ast.Name)
            and inner.value.id in self._tables.models
        ):
            yield inner.value


def spoken(node: ast.AST) -> frozenset[str]:
    """The names by which an expression may choose rows, or order them."""
    texts = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    named = [one.arg for one in ast.walk(node) if isinstance(one, ast.keyword) and one.arg is not None]
    return frozenset(part for name in (*texts, *named) for part in name.lower().lstrip("-").split("__"))


def changed(call: ast.Call) -> ast.expr | None:
    """Whose rows a call of Django's changes: a row that is saved or deleted, or a queryset."""
    match call.func:
        case ast.Attribute(value=inner, attr="save" | "delete" | "update"):
            return inner
    return None


def _bindings(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case ast.For(target=ast.Name(id=name), iter=value) | ast.Assign(targets=[ast.Name(id=name)], value=value):
            yield name, value
        case ast.For(
            target=ast.Tuple(elts=[_, ast.Name(id=name)]),
            iter=ast.Call(func=ast.Name(id="enumerate"), args=[value, *_]),
        ):
            yield name, value


def _has_an_order(node: ast.AST) -> bool:
    return any(isinstance(one, ast.Attribute) and one.attr == "order_by" for one in ast.walk(node))
