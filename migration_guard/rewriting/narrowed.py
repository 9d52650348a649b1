"""Where a change of Django's finds its rows, narrowed to those whose keys are given."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import libcst as cst

from migration_guard.forms.nodes import within
from migration_guard.interpreter.syntax import dotted
from migration_guard.rendition.converted import PIECES, each_changed, pieces_of
from migration_guard.rendition.loops import row_of
from migration_guard.rewriting.expressions import last_name
from migration_guard.rewriting.reached import CannotRemove
from migration_guard.rewriting.removal import Migration
from migration_guard.rewriting.slices import BY_HAND

_KEEPS = frozenset(
    "filter exclude all order_by select_related prefetch_related only defer annotate alias iterator using distinct reverse "
    "get_queryset select_for_update db_manager complex_filter".split()
)
"""Methods of querysets that say for each row by itself whether it is one of theirs."""
_BY_OTHERS = frozenset({"Window", "RawSQL"})
"""What gives a row a value by the rows beside it, wherever in the migration that is put together."""
_OF_ROWS = frozenset({"save", "delete"})
_KEYS = "pk__in=ids"
_CUT = frozenset({"itertools", "more_itertools"})
"""Whose functions cut rows into pieces."""
_CALL_OF_KEYS = re.compile(r"""(["'])(?:pk|id)\1flat=True""")
_UNLIKE = f"which rows it goes through cannot be narrowed to those of a batch; {BY_HAND}"


class Narrowed:
    """What is put in which place, so that a change reaches some rows only."""

    def __init__(self, migration: Migration, function: cst.FunctionDef, statements: Sequence[cst.CSTNode]) -> None:
        self._migration = migration
        self._function = function
        self._statements = statements
        self.lists: frozenset[str] = frozenset()
        """What collects rows that are written together."""
        self.old: cst.CSTNode = function
        self.new: cst.CSTNode = function

    def by_loop(self, loop: cst.For) -> None:
        """Narrow the rows that a loop goes through. Raises CannotRemove."""
        source = row_of(loop)[1]
        if isinstance(source, cst.Attribute):  # nothing goes through a manager itself
            raise CannotRemove(_UNLIKE)
        self.old, self.new = self._of(source)

    def by_call(self, call: cst.Call, row: str) -> None:
        """Narrow the rows that a call changes, of which one may be held by a variable. Raises CannotRemove."""
        method = call.func.attr.value if isinstance(call.func, cst.Attribute) else ""
        base = call.func.value if isinstance(call.func, cst.Attribute) else call
        if method == "bulk_update":
            listed = call.args[0].value if call.args else call
            if isinstance(listed, cst.BaseExpression) and (made := each_changed(listed)) is not None:
                whole = pieces_of(self._function, made.source)
                if whole is not None and not _cuts_only(whole.cutter, ast.parse(self._migration.source.text)):
                    raise CannotRemove(_UNLIKE)
                self.old, self.new = self._of(whole.rows if whole is not None else made.source)
                return
            if not isinstance(listed, cst.Name):
                raise CannotRemove(_UNLIKE)
            self.lists = frozenset({listed.value})
            if (source := self._all_of(listed.value, row)) is not None:
                self.old, self.new = self._of(source)
            else:
                self.old, self.new = self._of_row(row, self._appends(listed.value, row))
        elif method in _OF_ROWS and isinstance(base, cst.Name) and base.value == row:
            self.old, self.new = self._of_row(row, call)
        else:
            self.old, self.new = self._of(base)

    # --- Where rows come from ----------------------------------------------------------------------------------------

    def _all_of(self, listed: str, row: str) -> cst.BaseExpression | None:
        """What gives the rows, where a queryset is gone through and then written as a whole."""
        loops = [one for one in within(self._function) if isinstance(one, cst.For) and row_of(one)[0] == row]
        if len(loops) != 1 or dotted(row_of(loops[0])[1]) != listed:
            return None
        tree = ast.parse(self._migration.code(self._function).strip())
        uses = [type(one.ctx) for one in ast.walk(tree) if isinstance(one, ast.Name) and one.id == listed]
        value = self._set_to(listed)
        if len(uses) != 3 or uses.count(ast.Store) != 1 or value is None or ".iterator(" in self._migration.code(value):
            raise CannotRemove(_UNLIKE)
        return value

    def _appends(self, listed: str, row: str) -> cst.Call:
        found = [
            one
            for one in within(self._function)
            if isinstance(one, cst.Call)
            and dotted(one.func) == f"{listed}.append"
            and [dotted(given.value) for given in one.args] == [row]
        ]
        if not found:
            raise CannotRemove(_UNLIKE)
        return found[0]

    def _of_row(self, row: str, place: cst.CSTNode) -> tuple[cst.CSTNode, cst.CSTNode]:
        """The rows among which one is that is saved or deleted at a place."""
        for parent in self._migration.above(place):
            if isinstance(parent, cst.For) and row_of(parent)[0] == row:
                source = row_of(parent)[1]
                if isinstance(source, cst.Attribute):  # nothing goes through a manager itself
                    raise CannotRemove(_UNLIKE)
                return self._of(source)
            if isinstance(parent, cst.For) and (found := self._by_keys(parent, row)) is not None:
                return found
            block = parent if isinstance(parent, cst.IndentedBlock) and not self._is_by_keys(parent, row) else None
            if block is not None and (found := self._got(block, row, place)) is not None:
                return found
            if parent is self._function:
                break
        raise CannotRemove(_UNLIKE)

    def _is_by_keys(self, block: cst.IndentedBlock, row: str) -> bool:
        around = next(self._migration.above(block), None)
        return isinstance(around, cst.For) and self._by_keys(around, row) is not None

    def _by_keys(self, loop: cst.For, row: str) -> tuple[cst.CSTNode, cst.CSTNode] | None:
        """A loop over keys whose rows are got one by one, `for pk in Lead.objects.values_list("pk", flat=True)`, as one over rows."""
        match loop:
            case cst.For(
                target=cst.Name(value=key),
                iter=cst.Call(func=cst.Attribute(value=source, attr=cst.Name(value="values_list"))) as listed,
                body=cst.IndentedBlock(body=[first, *rest]),
            ) if rest and _CALL_OF_KEYS.fullmatch(
                "".join(self._migration.code(one).strip(", ") for one in listed.args)
            ):
                got = _get_of(first, row) if isinstance(first, cst.SimpleStatementLine) else None
            case _:
                return None
        if got is None or self._migration.code(cst.ensure_type(got.func, cst.Attribute).value) != _manager(
            source, self._migration
        ):
            return None
        if [self._migration.code(one).replace(" ", "") for one in got.args] not in ([f"pk={key}"], [f"id={key}"]):
            return None
        old, new = self._of(source)
        rows = source.deep_replace(old, new) if old is not source else new
        if not isinstance(rows, cst.BaseExpression) or not isinstance(old, cst.Attribute):
            return None
        again = cst.parse_statement(f"{key} = {row}.pk") if any(_speaks(one, key) for one in rest) else None
        body = cst.IndentedBlock([*([again] if again is not None else []), *rest])
        return loop, loop.with_changes(target=cst.Name(row), iter=rows, body=body)

    def _got(self, block: cst.IndentedBlock, row: str, place: cst.CSTNode) -> tuple[cst.CSTNode, cst.CSTNode] | None:
        """`row = rows.get(…)` as a loop over none or one, whose body is the rest of the block."""
        above = [place, *self._migration.above(place)]
        end = next(index for index, one in enumerate(block.body) if any(one is other for other in above))
        for index in range(end - 1, -1, -1):
            got = _get_of(block.body[index], row)
            if got is None:
                continue
            rest = block.body[index + 1 :]
            inside = sum(_speaks(one, row) for one in (*rest, block.body[index]))
            if sum(_speaks(one, row) for one in self._statements) != inside:
                return None
            old, new = self._of(cst.ensure_type(got.func, cst.Attribute).value)
            chain = cst.ensure_type(got.func, cst.Attribute).value
            rows = chain.deep_replace(old, new) if old is not chain else new
            if not isinstance(rows, cst.BaseExpression):
                return None
            if got.args:
                rows = cst.Call(cst.Attribute(rows, cst.Name("filter")), got.args)
            loop = cst.For(cst.Name(row), rows, cst.IndentedBlock(rest))
            return block, block.with_changes(body=[*block.body[:index], loop])
        return None

    def _of(self, node: cst.BaseExpression) -> tuple[cst.CSTNode, cst.CSTNode]:
        """Narrow what an expression gives, where its rows are those of a manager."""
        if any(map(_gives_by_others, ast.walk(ast.parse(self._migration.source.text)))):
            raise CannotRemove(_UNLIKE)
        while True:
            match node:
                case cst.Call(func=cst.Name(value="list" | "tuple"), args=[cst.Arg(value=inner, star="")]):
                    node = inner
                case cst.Call(func=cst.Attribute(value=inner, attr=method)) if method.value in _KEEPS:
                    if method.value == "distinct" and node.args:
                        raise CannotRemove(_UNLIKE)
                    node = inner
                case cst.ListComp() if (made := each_changed(node)) is not None and dotted(node.elt) == made.row:
                    node = made.source
                case cst.Name(value=name):
                    return self._of(self._held(name))
                case cst.BinaryOperation(operator=cst.BitOr() | cst.BitAnd()):
                    return self._both(node)
                case cst.Attribute():
                    break
                case _:
                    raise CannotRemove(_UNLIKE)
        return node, cst.parse_expression(f"{self._migration.code(node)}.filter({_KEYS})")

    def _both(self, node: cst.BinaryOperation) -> tuple[cst.CSTNode, cst.CSTNode]:
        """Narrow querysets that are put together."""
        left, right = (side.deep_replace(*self._of(side)) for side in (node.left, node.right))
        return node, node.with_changes(left=left, right=right)

    def _held(self, name: str) -> cst.BaseExpression:
        """What a variable holds that is set once, and used for nothing else."""
        tree = ast.parse(self._migration.code(self._function).strip())
        uses = [one for one in ast.walk(tree) if isinstance(one, ast.Name) and one.id == name]
        once = [type(one.ctx) for one in uses if not isinstance(one.ctx, ast.Load)] == [ast.Store] and len(uses) == 2
        if once and (value := self._set_to(name)) is not None:
            return value
        raise CannotRemove(_UNLIKE)

    def _set_to(self, name: str) -> cst.BaseExpression | None:
        for one in within(self._function):
            match one:
                case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=found))], value=value):
                    if found == name:
                        return value
        return None


class Replaced(cst.CSTTransformer):
    """Puts other nodes in the place of some, all in one go."""

    def __init__(self, instead: Mapping[int, cst.CSTNode]) -> None:
        super().__init__()
        self._instead = instead

    def on_leave(self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT) -> Any:
        return self._instead.get(id(original_node), super().on_leave(original_node, updated_node))


def _cuts_only(cutter: str, module: ast.Module) -> bool:
    """Whether a function is that of a library that only cuts rows into pieces."""
    imported = [
        one for one in ast.walk(module) if isinstance(one, ast.ImportFrom) and one.module in _CUT and not one.level
    ]
    names = {alias.asname or alias.name for one in imported for alias in one.names if alias.name in PIECES}
    bound = [one.name for one in ast.walk(module) if isinstance(one, ast.FunctionDef)]
    return cutter in {*names, *(f"{library}.{piece}" for library in _CUT for piece in PIECES)} - {*bound}


def _manager(node: cst.BaseExpression, migration: Migration) -> str | None:
    """What a chain of calls goes back to."""
    while isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        node = node.func.value
    return migration.code(node) if isinstance(node, cst.Attribute) else None


def _gives_by_others(node: ast.AST) -> bool:
    return last_name(node) in _BY_OTHERS or (
        isinstance(node, ast.alias) and node.asname is not None and node.name in _BY_OTHERS
    )


def is_narrowed(node: ast.AST) -> bool:
    """Whether an expression is where rows are narrowed."""
    match node:
        case ast.Call(func=ast.Attribute(attr="filter"), args=[], keywords=[ast.keyword(arg="pk__in", value=value)]):
            return isinstance(value, ast.Name) and value.id == "ids"
    return False


def _get_of(line: cst.CSTNode, row: str) -> cst.Call | None:
    """The call of `row = rows.get(…)`; also in a `try` that goes on to the next row where there is none."""
    if isinstance(line, cst.Try) and line.orelse is None and line.finalbody is None and len(line.body.body) == 1:
        if not all(_continues(one) for one in line.handlers):
            return None
        line = line.body.body[0]
    match line:
        case cst.SimpleStatementLine(
            body=[
                cst.Assign(
                    targets=[cst.AssignTarget(target=cst.Name(value=name))],
                    value=cst.Call(func=cst.Attribute(attr=cst.Name(value="get"))) as call,
                )
            ]
        ) if name == row:
            return call
    return None


def _continues(handler: cst.ExceptHandler) -> bool:
    caught = dotted(handler.type) if handler.type is not None else None
    code = cst.Module(body=[]).code_for_node(handler.body).split()
    return (caught or "").endswith("DoesNotExist") and code == ["continue"]


def _speaks(node: cst.CSTNode, name: str) -> int:
    return sum(isinstance(one, cst.Name) and one.value == name for one in within(node))


class Places:
    """Where a piece of code finds its rows, and writes them."""

    def __init__(self, calls: Sequence[str], row: str, lists: frozenset[str]) -> None:
        collected = {f"{one}.append({row})" for one in lists}
        self._written = {ast.dump(ast.parse(one, mode="eval").body) for one in {*calls, *collected}}

    def loops(self, tree: ast.AST) -> Iterator[ast.For]:
        """The loops around them, from the outside. Raises CannotRemove where one is none over rows."""
        for child in ast.iter_child_nodes(tree):
            if isinstance(child, (ast.For, ast.While, ast.AsyncFor)) and any(map(self._is_one, ast.walk(child))):
                if not isinstance(child, ast.For):
                    raise CannotRemove(f"a loop with Python logic: while; {BY_HAND}")
                yield child
            yield from self.loops(child)

    def _is_one(self, node: ast.AST) -> bool:
        return is_narrowed(node) or (isinstance(node, ast.Call) and ast.dump(node) in self._written)
