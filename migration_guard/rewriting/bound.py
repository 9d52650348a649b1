"""A loop of an Alembic migration over rows of one table, as a function of its own for those whose keys it is given.

What such a loop is made of is the same whatever it is written in: who executes, what gives the rows, and what changes each
of them. A dialect says these three: SQLAlchemy's functions and texts (`core.py`), the classes of a session (`mapped.py`).
"""

from __future__ import annotations

import ast
import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import libcst as cst

from migration_guard.lean import dataclass
from migration_guard.rewriting.carried import only_told, taken_along
from migration_guard.rewriting.expressions import last_name
from migration_guard.rewriting.layout import is_import
from migration_guard.rewriting.names import names_of
from migration_guard.rewriting.reached import CannotRemove
from migration_guard.rewriting.removal import Migration
from migration_guard.rewriting.slices import BY_HAND, Loop, Written

BINDS = frozenset({"op.get_bind", "alembic.op.get_bind", "context.get_bind"})
_SESSION = re.compile(r"(?:\w+\.)*Session\((?:bind=)?(?P<bind>[\w.]+(?:\(\))?)\)")
ASKED = "_connection"
"""What holds the connection where the loop asks for it each time."""
OTHER_ROWS = "it may read other rows of the table that it changes"
_OF_ALEMBIC = frozenset({"op", "context", "alembic"})


@dataclass(frozen=True, slots=True)
class Parts:
    """A loop with what goes along, as Python's own tree."""

    loop: ast.For
    setup: ast.Module
    helpers: ast.Module


class Bound(Loop, ABC):
    """A loop in a function of an Alembic migration, which has its connection from Alembic."""

    HELPER: ClassVar[str]
    """The import of what opens the block that the loop stands in."""

    def __init__(self, migration: Migration, path: Path, statements: Sequence[cst.CSTNode]) -> None:
        super().__init__(migration, path, statements)
        self._before = list(migration.before(self._loop))
        self._held = dict(self._assigned())

    # --- What a dialect says -----------------------------------------------------------------------------------------

    @abstractmethod
    def _handle(self) -> str | None:
        """The variable on which it executes; None where it is asked for each time. Raises CannotRemove."""

    @abstractmethod
    def _narrow(self) -> None:
        """Narrow the rows to those whose keys are `ids`, by `replace`. Raises CannotRemove and CannotMove."""

    @abstractmethod
    def _opened(self, handle: str | None) -> str:
        """What opens the block."""

    @abstractmethod
    def _row(self) -> tuple[str, frozenset[str]]:
        """The variable that holds a row, and what outside of the loop it may fill."""

    @abstractmethod
    def _reads_others(self, parts: Parts) -> str | None:
        """Say what it reads or writes but its own row, if it does."""

    def _closing(self) -> str:
        """What the block ends with."""
        return ""

    # --- What is the same for all ------------------------------------------------------------------------------------

    def function(self, name: str, label: str, *, fills: bool) -> Written:
        """Write the function. `fills` says that it only fills columns that are empty. Raises CannotRemove and CannotMove."""
        handle = self._handle()
        self._narrow()
        used = self._used({handle} if handle is not None else {*_OF_ALEMBIC, ASKED})
        before, body = self._in_order(used.before), [self._as_it_comes(one) for one in self._statements]
        self._check(self._parts(before, body, self._in_order(used.module)), fills=fills)
        block = cst.ensure_type(cst.parse_statement(f"with {self._opened(handle)}:\n    pass\n"), cst.With)
        closing = [cst.parse_statement(self._closing())] if self._closing() else []
        block = block.with_changes(body=cst.IndentedBlock(body=[*before, *body, *closing]))
        return self._wrapped(name, label, self.HELPER, used, block)

    def _parts(self, before: Sequence[Any], body: Sequence[Any], module: Sequence[Any]) -> Parts:
        loop = ast.parse(self._code(next(one for one in body if isinstance(one, cst.For)))).body[0]
        assert isinstance(loop, ast.For)
        setup = ast.parse("".join(self._code(one) for one in before))
        return Parts(loop, setup, ast.parse("".join(self._code(one) for one in module if not is_import(one))))

    def _check(self, parts: Parts, *, fills: bool) -> None:
        loop, setup, helpers = parts.loop, parts.setup, parts.helpers
        row, filled = self._row()
        reason = taken_along(loop, setup, helpers, row, filled, fills=fills)
        if not only_told(loop.body, _made_of_rows(loop, setup)):
            reason = reason or "its loop uses all of its rows together, which are others in each batch"
        reason = reason or self._reads_others(parts)
        for node in (*ast.walk(setup), *ast.walk(ast.Module(loop.body, [])), *ast.walk(helpers)):
            if isinstance(node, ast.Name) and node.id in _OF_ALEMBIC:
                reason = reason or "its loop uses Alembic's own operations"
        if reason is not None:
            raise CannotRemove(f"{reason}; {BY_HAND}")

    def replace(self, old: ast.expr, new: ast.expr) -> None:
        """Put an expression in the place of another, in the loop and in what stands before it."""
        replaced = _Replaced(old, cst.parse_expression(ast.unparse(ast.fix_missing_locations(new))))
        for one in (*self._before, *self._statements):
            self._instead[id(one)] = self._as_it_comes(one).visit(replaced)

    def _assigned(self) -> Iterator[tuple[str, ast.expr]]:
        """What the function's variables hold that it sets once before the loop."""
        touched = [name for one in self._before for name in self._names(one).touched]
        for one in self._before:
            for line in ast.parse(self._code(one)).body:
                match line:
                    case ast.Assign(targets=[ast.Name(id=name)], value=value) if touched.count(name) == 1:
                        yield name, value

    def _is_bind(self, spelt: str) -> bool:
        """Whether an expression is Alembic's connection, or a session on it."""
        held = {name: ast.unparse(value) for name, value in self._held.items()}
        return _is_bind(spelt, held)


def _is_bind(spelt: str, held: Mapping[str, str]) -> bool:
    value = held.get(spelt, spelt)
    if value.removesuffix("()") in BINDS:
        return True
    session = _SESSION.fullmatch(value)
    return (
        session is not None and (session["bind"] in held or "." in session["bind"]) and _is_bind(session["bind"], held)
    )


class _Replaced(cst.CSTTransformer):
    """Puts one expression in the place of another, wherever that stands and however it is laid out."""

    def __init__(self, old: ast.expr, new: cst.BaseExpression) -> None:
        super().__init__()
        self._old = ast.dump(old)
        self._new = new

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        code = f"({cst.Module(body=[]).code_for_node(original_node)}\n)"
        return self._new if ast.dump(ast.parse(code, mode="eval").body) == self._old else updated_node


def speaks_of(parts: Parts, variable: str, table: str, own: Collection[str] = ()) -> bool:
    """Whether a loop speaks of its table besides: what it executes in a text, but for its `own`, or what makes what it uses."""
    body = ast.Module(parts.loop.body, [])
    used = list(_used_by(body, (*parts.setup.body, *parts.helpers.body), variable))
    texts = (
        *ast.walk(body),
        *(node for one in (*parts.helpers.body, *used) if _does(one) for node in ast.walk(one)),
    )
    bare = table.rpartition(".")[2]
    named = any(
        isinstance(node, ast.Constant) and isinstance(node.value, str) and bare in node.value and node.value not in own
        for node in texts
    )
    return named or any(_means(node, variable, bare) for one in used for node in ast.walk(one))


def _means(node: ast.AST, variable: str, table: str) -> bool:
    match node:
        case ast.Name(id=name):
            return name == variable
        case ast.Call(args=[ast.Constant(value=name), *_]):
            return last_name(node) in {"table", "Table"} and name == table
    return False


def _does(statement: ast.stmt) -> bool:
    """Whether a statement executes something, or makes what is executed."""
    return any(word in ast.dump(statement) for word in ("execute", "'text'"))


def _used_by(body: ast.Module, around: Sequence[ast.stmt], table: str) -> Iterator[ast.stmt]:
    """The statements around a loop that make what its body uses, and what those use; but for the table itself."""
    made = [(one, names_of(ast.Module([one], []))) for one in around]
    known = {table}
    waiting = [*names_of(body).loads]
    while waiting:
        name = waiting.pop()
        if name in known:
            continue
        known.add(name)
        for one, names in made:
            if name in names.touched:
                yield one
                waiting += names.loads


def _made_of_rows(loop: ast.For, setup: ast.Module) -> frozenset[str]:
    """The variable that holds all rows, if one does, and what is made of it before the loop."""
    made = names_of(setup).binds
    holders = {one.id for one in ast.walk(loop.iter) if isinstance(one, ast.Name) and _holds_rows(one.id, setup)}
    found = set(holders)
    for line in setup.body:
        if isinstance(line, ast.Assign) and found & {
            one.id for one in ast.walk(line.value) if isinstance(one, ast.Name)
        }:
            found |= names_of(ast.Module([line], [])).binds
    return frozenset(name for name in found if name in made)


def _holds_rows(name: str, setup: ast.Module) -> bool:
    """Whether a variable holds what was executed: it is no statement, no table, no class and no connection."""
    for line in setup.body:
        match line:
            case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
                return any(isinstance(one, ast.Attribute) and one.attr in _FETCHES for one in ast.walk(value))
    return False


_FETCHES = frozenset({"execute", "scalars", "query", "all", "fetchall", "mappings"})
