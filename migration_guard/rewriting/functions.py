"""A loop of a migration as a function of its own: with all that it uses, for the rows whose keys it is given."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import libcst as cst

from migration_guard.interpreter.syntax import dotted
from migration_guard.rewriting.carried import Names, carried_over, names_of
from migration_guard.rewriting.removal import CannotRemove, Migration

_MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
_BY_HAND = "write it as one UPDATE, or finish a --skeleton"
_STRICT = frozenset(dir(builtins))
_HELPER = cst.parse_statement("from migration_guard.backfill.django import models_at")
_DEFINES = (cst.FunctionDef, cst.ClassDef)


@dataclass(frozen=True, slots=True)
class Written:
    """A function, and what its caller has to know of it."""

    code: str
    words: frozenset[str]
    """Every name in it, in lower case."""


@dataclass(slots=True)
class _Used:
    """What of the module, and of the function around the loop, goes along."""

    module: dict[int, cst.CSTNode] = field(default_factory=dict)
    before: dict[int, cst.CSTNode] = field(default_factory=dict)


class Django:
    """A loop in a function that `RunPython` calls."""

    def __init__(self, migration: Migration, path: Path, statements: Sequence[cst.CSTNode], row: str) -> None:
        self._migration = migration
        self._path = path
        self._statements = sorted(statements, key=self._line)
        loop = next(one for one in self._statements if isinstance(one, cst.For))
        self._loop = loop
        self._row = row
        self._around = migration.function_around(loop)

    def written(self, name: str, label: str, *, fills: bool) -> Written:
        """Write the function. `fills` says that it only fills columns that are empty. Raises CannotRemove."""
        if self._around is None:
            raise CannotRemove(f"its loop stands in no function of the migration; {_BY_HAND}")
        models, editor = self._given(self._around)
        app, _, stem = label.partition(".")
        body = [self._for_ids(node) for node in self._statements]
        used = self._used({models, editor} - {None})
        before = self._in_order(used.before)
        before, body = self._narrowed(before, body)
        self._check(before, body, self._in_order(used.module), fills=fills)
        given = f"({models or '_models'}, {editor or '_editor'})"
        block = cst.parse_statement(
            f"with models_at(connection, {app!r}, {stem!r}) as {given}:\n    pass\n".replace("'", '"')
        )
        block = cst.ensure_type(block, cst.With).with_changes(body=cst.IndentedBlock(body=[*before, *body]))
        head = cst.parse_module(
            f'def {name}(connection, ids):\n    """Do for the rows of a batch, whose keys are `ids`, what a loop of {label} did."""\n'
        ).body[0]
        function = cst.ensure_type(head, cst.FunctionDef)
        module = [self._absolute(node) for node in self._in_order(used.module)]
        imports = [one for one in module if _is_import(one)]
        others = [one for one in module if not _is_import(one)]
        inside = cst.ensure_type(function.body, cst.IndentedBlock)
        lines = [*inside.body, *_sorted([_HELPER, *imports]), *_spaced([*others, block])]
        whole = function.with_changes(body=inside.with_changes(body=lines), leading_lines=[])
        code = cst.Module(body=[whole]).code.rstrip()
        return Written(code, frozenset(word.lower() for word in names_of(ast.parse(code)).loads))

    # --- What goes along ---------------------------------------------------------------------------------------------

    def _given(self, function: cst.FunctionDef) -> tuple[str | None, str | None]:
        """The names that the function has for the models and the schema editor."""
        names = [one.name.value for one in (*function.params.posonly_params, *function.params.params)]
        if function.asynchronous is not None or len(names) > 2 or not self._migration.runs(function.name.value):
            raise CannotRemove(
                f"its loop stands in {function.name.value}(), which RunPython does not call itself; {_BY_HAND}"
            )
        return (names[0] if names else None), (names[1] if len(names) > 1 else None)

    def _used(self, given: set[str | None]) -> _Used:
        """Find what the loop needs, and what that needs in turn."""
        used = _Used()
        before = [(one, self._names(one)) for one in self._migration.before(self._loop)]
        module = [(one, self._names(one)) for one in self._migration.module_body]
        waiting = [self._names(one) for one in self._statements]
        bound = {name for names in waiting for name in names.binds}
        while waiting:
            names = waiting.pop()
            bound |= names.binds
            for name in sorted(names.loads - given):
                mine = [pair for pair in before if name in pair[1].touched]
                others = [pair for pair in module if name in pair[1].binds] if not mine else []
                for found, known in ((mine, used.before), (others, used.module)):
                    waiting += [its for one, its in found if id(one) not in known]
                    known.update({id(one): one for one, _ in found})
                if not (mine or others or name in bound or name in _STRICT):
                    raise CannotRemove(f"where {name} comes from, which its loop uses, is not seen; {_BY_HAND}")
        for node in used.before.values():
            if isinstance(node, (cst.If, cst.Try, cst.While)):
                raise CannotRemove(f"what its loop uses is made by statements that may not run; {_BY_HAND}")
        return used

    def _names(self, node: cst.CSTNode) -> Names:
        try:
            return names_of(ast.parse(self._code(node)))
        except SyntaxError:
            raise CannotRemove(f"a function beside its loop keeps something from row to row; {_BY_HAND}") from None

    def _code(self, node: cst.CSTNode) -> str:
        return cst.Module(body=[]).code_for_node(_plain(node)).strip("\n") + "\n"

    def _in_order(self, nodes: dict[int, cst.CSTNode]) -> list[Any]:
        return sorted(nodes.values(), key=self._line)

    def _line(self, node: cst.CSTNode) -> int:
        return self._migration.line(node)

    # --- Only these rows ---------------------------------------------------------------------------------------------

    def _for_ids(self, node: cst.CSTNode) -> Any:
        if node is not self._loop:
            return node
        manager = _manager_in(self._loop.iter)
        if manager is None:
            return node
        return self._loop.with_changes(iter=_among_ids(self._loop.iter, manager))

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
            raise CannotRemove(f"which rows its loop goes through cannot be narrowed to those of a batch; {_BY_HAND}")
        index, assign = made[0]
        manager = _manager_in(assign.value)
        if manager is None:
            raise CannotRemove(f"which rows its loop goes through cannot be narrowed to those of a batch; {_BY_HAND}")
        line = before[index].with_changes(body=[assign.with_changes(value=_among_ids(assign.value, manager))])
        return [*before[:index], line, *before[index + 1 :]], body

    def _loads(self, node: cst.CSTNode) -> Iterator[str]:
        for one in ast.walk(ast.parse(self._code(node))):
            if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load):
                yield one.id

    # --- Whether each row stands for itself --------------------------------------------------------------------------

    def _check(self, before: list[Any], body: list[Any], module: list[Any], *, fills: bool) -> None:
        loop = next(one for one in body if isinstance(one, cst.For))
        inside = ast.parse(self._code(loop)).body[0]
        assert isinstance(inside, ast.For)
        lists = {name for one in body if one is not loop for name in self._loads(one)}
        setup = ast.parse("".join(self._code(one) for one in before))
        helpers = ast.parse("".join(self._code(one) for one in module if not _is_import(one)))
        reason = carried_over(inside, setup, helpers, self._row, frozenset(lists), fills=fills)
        if reason is not None:
            raise CannotRemove(f"{reason}; {_BY_HAND}")

    # --- The function ------------------------------------------------------------------------------------------------

    def _absolute(self, node: Any) -> Any:
        """Say from where a relative import is, which reads otherwise in another module."""
        line = node.body[0] if isinstance(node, cst.SimpleStatementLine) else None
        if not isinstance(line, cst.ImportFrom) or not line.relative:
            return node
        package = list(_package_of(self._path))
        up = len(line.relative) - 1
        if up >= len(package):
            raise CannotRemove(f"what it imports relatively is not found; {_BY_HAND}")
        parts = package[: len(package) - up] + ([dotted(line.module) or ""] if line.module is not None else [])
        absolute = line.with_changes(
            relative=[], module=cst.parse_expression(".".join(parts)), whitespace_after_from=cst.SimpleWhitespace(" ")
        )
        return node.with_changes(body=[absolute])


def _package_of(path: Path) -> Iterator[str]:
    folders = []
    folder = path.parent
    while (folder / "__init__.py").exists():
        folders.append(folder.name)
        folder = folder.parent
    return reversed(folders)


def _manager_in(node: cst.BaseExpression) -> cst.Attribute | None:
    """The manager that a chain of calls begins with."""
    while isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        node = node.func.value
        if isinstance(node, cst.Attribute) and node.attr.value in _MANAGERS:
            return node
    return None


def _among_ids(node: cst.BaseExpression, manager: cst.Attribute) -> cst.CSTNode:
    narrowed = cst.ensure_type(cst.parse_expression("x.filter(pk__in=ids)"), cst.Call)
    function = cst.ensure_type(narrowed.func, cst.Attribute).with_changes(value=manager)
    changed = node.deep_replace(manager, narrowed.with_changes(func=function))
    assert isinstance(changed, cst.CSTNode)
    return changed


def _sorted(imports: Sequence[Any]) -> Iterator[Any]:
    """Sort imports as ruff and isort do: Python's own first, `import` before `from`, a line between."""

    def place(node: Any) -> tuple[bool, bool, str]:
        line = node.body[0]
        named = line.module if isinstance(line, cst.ImportFrom) else line.names[0].name
        name = (dotted(named) if named is not None else None) or ""
        return name.partition(".")[0] not in sys.stdlib_module_names, isinstance(line, cst.ImportFrom), name.lower()

    others = None
    for node in sorted(imports, key=place):
        first = others is None or others is not place(node)[0]
        others = place(node)[0]
        yield _plain(node).with_changes(leading_lines=[cst.EmptyLine(indent=False)] if first else [])


def _spaced(nodes: Sequence[Any]) -> Iterator[Any]:
    """Put empty lines behind the imports, and around definitions."""
    known = None
    for node in nodes:
        plain = _plain(node)
        apart = known is None or isinstance(node, _DEFINES) or isinstance(known, _DEFINES)
        yield plain.with_changes(leading_lines=[cst.EmptyLine(indent=False), *plain.leading_lines]) if apart else plain
        known = node


def _is_import(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.SimpleStatementLine) and isinstance(node.body[0], (cst.Import, cst.ImportFrom))


def _plain(node: Any) -> Any:
    """Leave out the empty lines above a statement, and keep its remarks."""
    lines = getattr(node, "leading_lines", ())
    return node.with_changes(leading_lines=[line for line in lines if line.comment is not None]) if lines else node
