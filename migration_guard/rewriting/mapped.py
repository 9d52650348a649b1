"""A loop of an Alembic migration over a session's query as a function of its own, for the rows whose keys it is given."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import libcst as cst

from migration_guard.rewriting.carried import names_of, only_told, taken_along
from migration_guard.rewriting.core import Binds
from migration_guard.rewriting.expressions import last_name
from migration_guard.rewriting.layout import is_import
from migration_guard.rewriting.reached import CannotRemove
from migration_guard.rewriting.removal import Migration
from migration_guard.rewriting.slices import BY_HAND, Written

_HELPER = "from sqlalchemy.orm import Session"
_NARROWS = frozenset({"filter", "filter_by", "where", "order_by", "options", "join", "outerjoin", "select_from"})
_GIVES = frozenset({"all", "yield_per", "unique", "scalars", "execute", "query", "execution_options", "list"})
_OF_ALEMBIC = frozenset({"op", "context", "alembic"})


class Mapped(Binds):
    """A loop in `upgrade` over the rows of a class, which a session writes where they are changed."""

    def __init__(self, migration: Migration, path: Path, statements: Sequence[cst.CSTNode], row: str) -> None:
        super().__init__(migration, path, statements)
        self._row = row

    def written(self, name: str, label: str, key: str, *, fills: bool) -> Written:
        """Write the function; `key` is the attribute that holds the key. Raises CannotRemove."""
        held = dict(self._assigned())
        source = self._source(held)
        session, model, queried = _queried(source)
        around = self._around
        texts = {known: ast.unparse(value) for known, value in held.items()}
        if around is None or around.name.value != "upgrade" or not self.is_bind(session, texts) or session not in texts:
            raise CannotRemove(f"it does not execute on a session on Alembic's own connection; {BY_HAND}")
        narrowed = ast.parse(
            f"x.{'filter' if last_name(queried) == 'query' else 'where'}({model}.{key}.in_(ids))", mode="eval"
        ).body
        assert isinstance(narrowed, ast.Call)
        assert isinstance(narrowed.func, ast.Attribute)
        narrowed.func.value = queried
        self.replace(queried, narrowed)
        used = self._used({session})
        before, body = self._in_order(used.before), [self._as_it_comes(one) for one in self._statements]
        self._check(before, body, self._in_order(used.module), session, fills=fills)
        block = cst.ensure_type(
            cst.parse_statement(f"with Session(bind=connection) as {session}:\n    pass\n"), cst.With
        )
        flush = cst.parse_statement(f"{session}.flush()")
        block = block.with_changes(body=cst.IndentedBlock(body=[*before, *body, flush]))
        return self._wrapped(name, label, _HELPER, used, block)

    def _source(self, held: dict[str, ast.expr]) -> ast.expr:
        """What gives the rows, through the variable that holds it."""
        loop = ast.parse(self._code(self._loop)).body[0]
        assert isinstance(loop, ast.For)
        node = loop.iter
        if last_name(node) == "enumerate" and isinstance(node, ast.Call) and node.args:
            node = node.args[0]
        return held[node.id] if isinstance(node, ast.Name) and node.id in held else node

    def _check(self, before: list[Any], body: list[Any], module: list[Any], session: str, *, fills: bool) -> None:
        loop = ast.parse(self._code(next(one for one in body if isinstance(one, cst.For)))).body[0]
        assert isinstance(loop, ast.For)
        model = _queried(self._source(dict(self._assigned())))[1]
        setup = ast.parse("".join(self._code(one) for one in before))
        helpers = ast.parse("".join(self._code(one) for one in module if not is_import(one)))
        reason = taken_along(loop, setup, helpers, self._row, frozenset(), fills=fills)
        if not only_told(loop.body, _made_of_rows(loop, setup)):
            reason = reason or "its loop uses all of its rows together, which are others in each batch"
        for node in ast.walk(ast.Module(loop.body, [])):
            if isinstance(node, ast.Name) and node.id == model:
                reason = reason or "its loop reads other rows of the table that it changes"
            if isinstance(node, ast.Call) and last_name(node) in {"rollback", "close", "begin", "begin_nested"}:
                reason = reason or f"its loop begins or ends a transaction ({last_name(node)})"
        if _uses(ast.Module(loop.body, []), session) > _writes(loop, session, self._row):
            reason = reason or "its loop uses the session for more than its own row"
        for node in (*ast.walk(setup), *ast.walk(loop), *ast.walk(helpers)):
            if isinstance(node, ast.Name) and node.id in _OF_ALEMBIC:
                reason = reason or "its loop uses Alembic's own operations"
        if reason is not None:
            raise CannotRemove(f"{reason}; {BY_HAND}")


def _made_of_rows(loop: ast.For, setup: ast.Module) -> frozenset[str]:
    """The variable that holds all rows, if one does, and what is made of it before the loop."""
    found = {one.id for one in ast.walk(loop.iter) if isinstance(one, ast.Name)}
    for line in setup.body:
        if isinstance(line, ast.Assign) and found & {
            one.id for one in ast.walk(line.value) if isinstance(one, ast.Name)
        }:
            found |= names_of(ast.Module([line], [])).binds
    made = names_of(setup).binds
    return frozenset(name for name in found if name in made and not _is_class(name, setup))


def _is_class(name: str, setup: ast.Module) -> bool:
    return any(isinstance(one, ast.ClassDef) and one.name == name for one in setup.body)


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
    if others or not isinstance(model, ast.Name) or len(sessions) != 1:
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
