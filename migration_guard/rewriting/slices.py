"""What a loop of a migration needs to stand in a function of its own: found name by name, in its function and its module."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection, Iterator, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any

import libcst as cst

from migration_guard.interpreter.syntax import dotted
from migration_guard.lean import dataclass
from migration_guard.rewriting.carried import counted
from migration_guard.rewriting.layout import group, in_order, is_import, plain, plain_code
from migration_guard.rewriting.names import Names, names_of
from migration_guard.rewriting.reached import CannotRemove
from migration_guard.rewriting.removal import Migration
from migration_guard.rewriting.spoken import words_of

BY_HAND = "write it as one UPDATE, or finish a --skeleton"
_STRICT = frozenset(dir(builtins))
_GIVEN = frozenset({"connection", "ids"})
"""What a function is given."""
_DEFINES = (cst.FunctionDef, cst.ClassDef)


@dataclass(frozen=True, slots=True)
class Written:
    """A function, and what its caller has to know of it."""

    code: str
    words: frozenset[str]
    """Every name in it, in lower case."""


@dataclass(slots=True)
class Used:
    """What of the module, and of the function around the loop, goes along."""

    module: dict[int, cst.CSTNode] = field(default_factory=dict)
    before: dict[int, cst.CSTNode] = field(default_factory=dict)


class Loop:
    """A loop in a function of a migration, or a statement that stands in none."""

    def __init__(self, migration: Migration, path: Path, statements: Sequence[cst.CSTNode]) -> None:
        self._migration = migration
        self._path = path
        self._statements = sorted(statements, key=self._line)
        self._loop = next((one for one in self._statements if isinstance(one, cst.For)), self._statements[0])
        self._around = migration.function_around(self._loop)
        self._instead: dict[int, cst.CSTNode] = {}
        """Of a statement, by its identity: what comes in its place."""

    def _needed(self, statement: cst.CSTNode, lists: Collection[str]) -> Names:
        """The names of a statement: a loop needs none from before that its body sets itself, for each row anew."""
        names = self._names(statement)
        if not isinstance(statement, cst.For):
            return names
        tree = ast.parse(self._code(self._as_it_comes(statement))).body[0]
        assert isinstance(tree, ast.For)
        first = names_of(ast.Module([ast.Expr(tree.iter)], []))
        kept = frozenset(lists) | counted(tree)
        return replace(names, loads=first.loads | kept | (names.loads - (names.binds - kept)))

    def _used(self, given: Collection[str], lists: Collection[str] = ()) -> Used:
        """Find what the loop needs, and what that needs in turn. `lists` are filled by it, and made before it."""
        used = Used()
        before = [(one, self._names(one)) for one in self._migration.before(self._loop)]
        module = [(one, self._names(one)) for one in self._migration.module_body]
        waiting = [self._needed(one, lists) for one in self._statements]
        bound = {name for names in waiting for name in names.binds}
        own = {name for _, names in before for name in names.binds}
        while waiting:
            names = waiting.pop()
            bound |= names.binds
            for name in sorted(names.loads - set(given) - _GIVEN):
                mine = [pair for pair in before if name in pair[1].touched] if name in own else []
                others = [pair for pair in module if name in pair[1].binds] if not mine else []
                for found, known in ((mine, used.before), (others, used.module)):
                    waiting += [its for one, its in found if id(one) not in known]
                    known.update({id(one): one for one, _ in found})
                if not (mine or others or name in bound or name in _STRICT):
                    raise CannotRemove(f"where {name} comes from, which its loop uses, is not seen; {BY_HAND}")
        taken = _GIVEN & {
            name
            for one in (*used.before.values(), *used.module.values(), *self._statements)
            for name in self._names(one).binds
        }
        if taken:
            raise CannotRemove(
                f"it has a variable of its own of the name {min(taken)}, which the function is given; {BY_HAND}"
            )
        for node in used.before.values():
            if isinstance(node, (cst.If, cst.Try, cst.While)):
                raise CannotRemove(f"what its loop uses is made by statements that may not run; {BY_HAND}")
        return used

    def _as_it_comes(self, node: cst.CSTNode) -> Any:
        return self._instead.get(id(node), node)

    def _names(self, node: cst.CSTNode) -> Names:
        try:
            return names_of(ast.parse(self._code(self._as_it_comes(node))))
        except SyntaxError:
            raise CannotRemove(f"a function beside its loop keeps something from row to row; {BY_HAND}") from None

    def _code(self, node: cst.CSTNode) -> str:
        return plain_code(node)

    def _in_order(self, nodes: dict[int, cst.CSTNode]) -> list[Any]:
        return [self._as_it_comes(node) for node in sorted(nodes.values(), key=self._line)]

    def _line(self, node: cst.CSTNode) -> int:
        return self._migration.line(node)

    def _loads(self, node: cst.CSTNode) -> Iterator[str]:
        for one in ast.walk(ast.parse(self._code(node))):
            if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load):
                yield one.id

    def _absolute(self, node: Any) -> Any:
        """Say from where a relative import is, which reads otherwise in another module."""
        line = node.body[0] if isinstance(node, cst.SimpleStatementLine) else None
        if not isinstance(line, cst.ImportFrom) or not line.relative:
            return node
        package = list(_package_of(self._path))
        up = len(line.relative) - 1
        if up >= len(package):
            raise CannotRemove(f"what it imports relatively is not found; {BY_HAND}")
        parts = package[: len(package) - up] + ([dotted(line.module) or ""] if line.module is not None else [])
        absolute = line.with_changes(
            relative=[], module=cst.parse_expression(".".join(parts)), whitespace_after_from=cst.SimpleWhitespace(" ")
        )
        return node.with_changes(body=[absolute])

    def _wrapped(self, name: str, label: str, helper: str, used: Used, block: Any) -> Written:
        """Put a block into a function, behind all that it uses of the module."""
        head = cst.parse_module(
            f'def {name}(connection, ids):\n    """Do for the rows of a batch, whose keys are `ids`, what a loop of {label} did."""\n'
        ).body[0]
        function = cst.ensure_type(head, cst.FunctionDef)
        module = [self._absolute(node) for node in self._in_order(used.module)]
        imports = [one for one in module if is_import(one)]
        name_of_helper = names_of(ast.parse(helper)).binds
        helpers = (
            [] if any(name_of_helper & self._names(one).binds for one in imports) else [cst.parse_statement(helper)]
        )
        others = [one for one in module if not is_import(one)]
        inside = cst.ensure_type(function.body, cst.IndentedBlock)
        lines = [*inside.body, *_sorted([*helpers, *imports]), *_spaced([*others, block])]
        whole = function.with_changes(body=inside.with_changes(body=lines), leading_lines=[])
        code = cst.Module(body=[whole]).code.rstrip()
        return Written(code, words_of(code))


def _package_of(path: Path) -> Iterator[str]:
    folders = []
    folder = path.parent
    while (folder / "__init__.py").exists():
        folders.append(folder.name)
        folder = folder.parent
    return reversed(folders)


def _sorted(imports: Sequence[Any]) -> Iterator[Any]:
    """Sort imports, with a line between their groups."""
    known = None
    for node in in_order(imports):
        apart = group(node) != known
        known = group(node)
        yield plain(node).with_changes(leading_lines=[cst.EmptyLine(indent=False)] if apart else [])


def _spaced(nodes: Sequence[Any]) -> Iterator[Any]:
    """Put empty lines behind the imports, and around definitions."""
    known = None
    for node in nodes:
        apart = known is None or isinstance(node, _DEFINES) or isinstance(known, _DEFINES)
        bare = plain(node)
        yield bare.with_changes(leading_lines=[cst.EmptyLine(indent=False), *bare.leading_lines]) if apart else bare
        known = node
