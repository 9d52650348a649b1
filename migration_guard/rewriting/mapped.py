"""A loop over a session's query, whose rows it writes where they are changed: a dialect of loops on Alembic's connection."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import libcst as cst

from migration_guard.lean import dataclass
from migration_guard.rewriting.bound import OTHER_ROWS, Bound, Parts, speaks_of
from migration_guard.rewriting.expressions import gone_through, last_name
from migration_guard.rewriting.names import Names
from migration_guard.rewriting.reached import CannotRemove
from migration_guard.rewriting.removal import Migration
from migration_guard.rewriting.slices import BY_HAND, Written

_NARROWS = frozenset({"filter", "filter_by", "where", "order_by", "options", "join", "outerjoin", "select_from"})
_GIVES = frozenset({"all", "yield_per", "unique", "scalars", "execute", "query", "execution_options", "list"})
_RELATES = frozenset({"relationship", "relation", "dynamic_loader"})
_ENDS = frozenset({"rollback", "close", "begin", "begin_nested"})


class Mapped(Bound):
    """A loop in `upgrade` over the rows of a class, which a session writes where they are changed."""

    HELPER = "from sqlalchemy.orm import Session"

    def __init__(
        self,
        migration: Migration,
        path: Path,
        statements: Sequence[cst.CSTNode],
        row: str,
        fields: Collection[str],
    ) -> None:
        """`fields` are the attributes of the row that its class maps to columns. Raises CannotRemove."""
        super().__init__(migration, path, statements)
        self._variable = row
        self._fields = fields
        self._key = self._table = ""
        self._session, self._model, self._queried = _queried(self._source())

    def written(self, name: str, label: str, table: str, key: str, *, fills: bool) -> Written:
        """Write the function; `key` is the attribute that holds the key of `table`. Raises CannotRemove."""
        self._table, self._key = table, key
        return self.function(name, label, fills=fills)

    def _names(self, node: cst.CSTNode) -> Names:
        """The names of a statement, with the classes that relations name in texts: they go along, too."""
        names = super()._names(node)
        calls = (one for one in ast.walk(ast.parse(self._code(node))) if isinstance(one, ast.Call))
        related = (name for one in calls if last_name(one) in _RELATES and (name := _target(one)) is not None)
        return replace(names, loads=names.loads | {one.rpartition(".")[2] for one in related})

    def _source(self) -> ast.expr:
        """What gives the rows, through the variable that holds it."""
        loop = ast.parse(self._code(self._loop)).body[0]
        assert isinstance(loop, ast.For)
        node = gone_through(loop)
        return self._held[node.id] if isinstance(node, ast.Name) and node.id in self._held else node

    def _row(self) -> tuple[str, frozenset[str]]:
        return self._variable, frozenset()

    def _handle(self) -> str:
        around, own = self._around, self._session in self._held
        if around is None or around.name.value != "upgrade" or not own or not self._is_bind(self._session):
            raise CannotRemove(f"it does not execute on a session on Alembic's own connection; {BY_HAND}")
        return self._session

    def _opened(self, handle: str | None) -> str:
        return f"Session(bind=connection) as {handle}"

    def _closing(self) -> str:
        return f"{self._session}.flush()"

    def _narrow(self) -> None:
        method = "filter" if last_name(self._queried) == "query" else "where"
        among = ast.parse(f"{self._model}.{self._key}.in_(ids)", mode="eval").body
        self.replace(self._queried, ast.Call(ast.Attribute(self._queried, method, ast.Load()), [among], []))

    def _reads_others(self, parts: Parts) -> str | None:
        body = ast.Module(parts.loop.body, [])
        for node in ast.walk(body):
            if isinstance(node, ast.Name) and node.id == self._model:
                return "its loop reads other rows of the table that it changes"
            if isinstance(node, ast.Call) and last_name(node) in _ENDS:
                return f"its loop begins or ends a transaction ({last_name(node)})"
        if _uses(body, self._session) > _writes(parts.loop, self._session, self._variable):
            return "its loop uses the session for more than its own row"
        whole = ast.Module([*parts.setup.body, *parts.helpers.body, *parts.loop.body], [])
        mapped = list(classes_of(whole))
        table = next((one.table for one in mapped if one.name == self._model), None)
        twins = {one.name for one in mapped if one.table == table} - {self._model}
        besides, own = _besides(parts), {self._model, *twins}
        others = self._leads_back(body, mapped, own) or any(speaks_of(besides, one, self._table) for one in own)
        return OTHER_ROWS if others else None

    def _leads_back(self, body: ast.Module, mapped: Sequence[Class], own: Collection[str]) -> bool:
        """Whether an attribute of the row, or of a row that it refers to, may give rows of its own table."""
        relations = [pair for one in mapped for pair in one.relations]
        known = {*self._fields, *(name for name, _ in relations)}
        leading = {name for name, target in relations if target is None or target in own}
        leading |= {name for one in mapped for name in one.backs}
        for node in ast.walk(body):
            match node:
                case ast.Attribute(attr=attr, ctx=ast.Load()) if attr in leading:
                    return True
                case ast.Attribute(value=ast.Name(id=name), attr=attr, ctx=ast.Load()) if name == self._variable:
                    if attr not in known:
                        return True  # a property, or a relation out of sight
        return False


@dataclass(frozen=True, slots=True)
class Class:
    """A class that is mapped to a table."""

    name: str
    table: str | None
    relations: tuple[tuple[str, str | None], ...]
    """Its attributes that give rows, each with the class of these where that is said."""
    backs: tuple[str, ...]
    """The attributes by which its relations give rows of its own to others."""


def classes_of(tree: ast.Module) -> Iterator[Class]:
    """The classes of a migration that are mapped to tables."""
    for one in tree.body:
        if not isinstance(one, ast.ClassDef):
            continue
        table = None
        relations: list[tuple[str, str | None]] = []
        backs: list[str] = []
        for line in one.body:
            match line:
                case ast.Assign(targets=[ast.Name(id="__tablename__")], value=ast.Constant(value=str() as text)):
                    table = text
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call)
                    | ast.AnnAssign(target=ast.Name(id=name), value=ast.Call() as call)
                ) if last_name(call) in _RELATES:
                    relations.append((name, _target(call)))
                    backs += [
                        inner.value
                        for given in call.keywords
                        if given.arg == "backref"
                        for inner in ast.walk(given.value)
                        if isinstance(inner, ast.Constant) and isinstance(inner.value, str)
                    ]
        yield Class(one.name, table, tuple(relations), tuple(backs))


def _target(call: ast.Call) -> str | None:
    """The class whose rows a relation gives."""
    match call.args:
        case [ast.Constant(value=str() as name), *_] | [ast.Name(id=name), *_]:
            return name
    return None


def _besides(parts: Parts) -> Parts:
    """A loop with what goes along, in which what gives the rows is but another thing that it uses; without classes."""
    rows = ast.unparse(gone_through(parts.loop))
    given = [
        one for one in parts.setup.body if isinstance(one, ast.Assign) and list(map(ast.unparse, one.targets)) == [rows]
    ]
    asked = [ast.Expr(one) for one in (parts.loop.iter, *(line.value for line in given))]
    setup = [one for one in parts.setup.body if one not in given]
    helpers = [one for one in parts.helpers.body if not isinstance(one, ast.ClassDef)]
    loop = ast.For(parts.loop.target, parts.loop.iter, [*parts.loop.body, *asked], [])
    return Parts(loop, ast.Module(setup, []), ast.Module(helpers, []))


def _uses(body: ast.Module, session: str) -> int:
    return sum(isinstance(node, ast.Name) and node.id == session for node in ast.walk(body))


def _writes(loop: ast.For, session: str, row: str) -> int:
    """How many times a loop only lets its session write: `flush()`, `commit()`, `add(row)`."""
    return sum(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == session
        and not node.keywords
        and [one.id if isinstance(one, ast.Name) else None for one in node.args]
        == ([row] if node.func.attr == "add" else [])
        and node.func.attr in {"flush", "commit", "add"}
        for one in loop.body
        for node in ast.walk(one)
    )


def _queried(source: ast.expr) -> tuple[str, str, ast.Call]:
    """The session of a query, its class, and the call that names that. Raises CannotRemove."""
    calls = list(_calls(source))
    found = [one for one in calls if last_name(one) in {"query", "select"} and len(one.args) == 1 and not one.keywords]
    others = [one for one in calls if one not in found and last_name(one) not in _NARROWS | _GIVES]
    model = found[0].args[0] if len(found) == 1 else None
    sessions = [
        one.func.value.id
        for one in calls
        if isinstance(one.func, ast.Attribute)
        and one.func.attr in {"query", "execute", "scalars"}
        and isinstance(one.func.value, ast.Name)
    ]
    asked = [one for one in ast.walk(source) if isinstance(one, ast.Call) and last_name(one) in {"query", "select"}]
    if others or not isinstance(model, ast.Name) or len(sessions) != 1 or len(asked) != 1:
        raise CannotRemove(f"which rows its loop goes through cannot be narrowed to those of a batch; {BY_HAND}")
    return sessions[0], model.id, found[0]


def _calls(node: ast.expr) -> Iterator[ast.Call]:
    """The calls of a chain, and of the statement that it executes."""
    while isinstance(node, ast.Call):
        yield node
        if last_name(node) in {"execute", "scalars", "list"} and node.args:
            yield from _calls(node.args[0])
        if not isinstance(node.func, ast.Attribute):
            return
        node = node.func.value
