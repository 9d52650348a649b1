"""A loop of a migration as a function of its own: with all that it uses, for the rows whose keys it is given."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import libcst as cst

from migration_guard.rewriting.carried import carried_over
from migration_guard.rewriting.layout import is_import
from migration_guard.rewriting.removal import CannotRemove, Migration
from migration_guard.rewriting.slices import BY_HAND, Loop, Written

_MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
_HELPER = "from migration_guard.backfill.django import models_at"


class Django(Loop):
    """A loop in a function that `RunPython` calls."""

    def __init__(
        self, migration: Migration, path: Path, statements: Sequence[cst.CSTNode], row: str, only: Sequence[str] = ()
    ) -> None:
        super().__init__(migration, path, statements)
        self._row = row
        self._only = only
        """The fields that are read, where a later migration drops others."""

    def written(self, name: str, label: str, *, fills: bool) -> Written:
        """Write the function. `fills` says that it only fills columns that are empty. Raises CannotRemove."""
        if self._around is None:
            raise CannotRemove(f"its loop stands in no function of the migration; {BY_HAND}")
        models, editor = self._given(self._around)
        app, _, stem = label.partition(".")
        body = [self._for_ids(node) for node in self._statements]
        used = self._used({one for one in (models, editor) if one is not None})
        before = self._in_order(used.before)
        before, body = self._narrowed(before, body)
        self._check(before, body, self._in_order(used.module), fills=fills)
        given = f"({models or '_models'}, {editor or '_editor'})"
        block = cst.parse_statement(
            f"with models_at(connection, {app!r}, {stem!r}) as {given}:\n    pass\n".replace("'", '"')
        )
        block = cst.ensure_type(block, cst.With).with_changes(body=cst.IndentedBlock(body=[*before, *body]))
        return self._wrapped(name, label, _HELPER, used, block)

    def _given(self, function: cst.FunctionDef) -> tuple[str | None, str | None]:
        """The names that the function has for the models and the schema editor."""
        names = [one.name.value for one in (*function.params.posonly_params, *function.params.params)]
        if function.asynchronous is not None or len(names) > 2 or not self._migration.runs(function.name.value):
            raise CannotRemove(
                f"its loop stands in {function.name.value}(), which RunPython does not call itself; {BY_HAND}"
            )
        return (names[0] if names else None), (names[1] if len(names) > 1 else None)

    # --- Only these rows ---------------------------------------------------------------------------------------------

    def _for_ids(self, node: cst.CSTNode) -> Any:
        if node is not self._loop:
            return node
        manager = _manager_in(self._loop.iter)
        if manager is None:
            return node
        return self._loop.with_changes(iter=_among_ids(self._loop.iter, manager, self._only))

    def _narrowed(self, before: list[Any], body: list[Any]) -> tuple[list[Any], list[Any]]:
        """Narrow the rows where they are given to a variable first."""
        if _manager_in(self._loop.iter) is not None:
            return before, body
        node: cst.BaseExpression = self._loop.iter
        while isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
            node = node.func.value
        rows = node.value if isinstance(node, cst.Name) else None
        uses = [one for one in (*before, *body) for name in self._loads(one) if name == rows]
        made = [
            (index, one.body[0])
            for index, one in enumerate(before)
            if isinstance(one, cst.SimpleStatementLine)
            and isinstance(one.body[0], cst.Assign)
            and rows in self._names(one).binds
        ]
        if rows is None or len(uses) != 1 or len(made) != 1:
            raise CannotRemove(f"which rows its loop goes through cannot be narrowed to those of a batch; {BY_HAND}")
        index, assign = made[0]
        manager = _manager_in(assign.value)
        if manager is None:
            raise CannotRemove(f"which rows its loop goes through cannot be narrowed to those of a batch; {BY_HAND}")
        line = before[index].with_changes(
            body=[assign.with_changes(value=_among_ids(assign.value, manager, self._only))]
        )
        return [*before[:index], line, *before[index + 1 :]], body

    # --- Whether each row stands for itself --------------------------------------------------------------------------

    def _check(self, before: list[Any], body: list[Any], module: list[Any], *, fills: bool) -> None:
        loop = next(one for one in body if isinstance(one, cst.For))
        inside = ast.parse(self._code(loop)).body[0]
        assert isinstance(inside, ast.For)
        lists = {name for one in body if one is not loop for name in self._loads(one)}
        setup = ast.parse("".join(self._code(one) for one in before))
        helpers = ast.parse("".join(self._code(one) for one in module if not is_import(one)))
        reason = carried_over(inside, setup, helpers, self._row, frozenset(lists), fills=fills)
        if reason is not None:
            raise CannotRemove(f"{reason}; {BY_HAND}")


def _manager_in(node: cst.BaseExpression) -> cst.Attribute | None:
    """The manager that a chain of calls begins with."""
    while isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        node = node.func.value
        if isinstance(node, cst.Attribute) and node.attr.value in _MANAGERS:
            return node
    return None


def _among_ids(node: cst.BaseExpression, manager: cst.Attribute, only: Sequence[str]) -> cst.CSTNode:
    code = cst.Module(body=[]).code_for_node(manager)
    fields = ", ".join(f'"{one}"' for one in only)
    narrowed = cst.parse_expression(f"{code}.filter(pk__in=ids){f'.only({fields})' if only else ''}")
    changed = node.deep_replace(manager, narrowed)
    assert isinstance(changed, cst.CSTNode)
    return changed
