"""The gate of a migration: its first step, which lets it go on only where backfills are complete."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import libcst as cst

from migration_guard.interpreter.syntax import dotted, parse
from migration_guard.rewriting.contracts import UPGRADE
from migration_guard.rewriting.layout import is_import, order, plain_code
from migration_guard.rewriting.names import names_of
from migration_guard.rewriting.reached import CannotRemove

REQUIRE = "require_backfill"
IMPORT = "from migration_guard.backfill import require_backfill\n"
WAIT = "wait_for_data"
"""The function that Django's migrations wait in."""
OF_ALEMBIC, OF_DJANGO = "op.get_bind()", "schema_editor.connection"
"""The connections of their migrations."""
FIRST = f"migrations.RunPython({WAIT}, migrations.RunPython.noop)"


def gated(path: Path, data: bytes, keys: Sequence[str], *, django: bool) -> bytes:
    """Let a migration wait for backfills before all that it does. Raises CannotRemove and Refused."""
    tree = parse(path, data).tree
    made = _of_django(tree, keys) if django else _of_alembic(tree, keys)
    return with_import(made).code.encode(tree.encoding)


def waiting(connection: str, keys: Sequence[str]) -> list[Any]:
    """The statements that wait for backfills."""
    return list(cst.parse_module("".join(f'{REQUIRE}({connection}, "{key}")\n' for key in keys)).body)


def with_waits(function: cst.FunctionDef, waits: Sequence[Any], more: Sequence[Any] = ()) -> cst.FunctionDef:
    """Put statements behind those by which a function waits already, else at its beginning. Raises CannotRemove."""
    if not isinstance(function.body, cst.IndentedBlock):
        raise CannotRemove(f"{function.name.value}() is written in one line")
    lines = list(function.body.body)
    known = [index for index, one in enumerate(lines) if REQUIRE in plain_code(one)]
    at = known[-1] + 1 if known else int(_is_text(lines[0]))
    return function.with_changes(body=function.body.with_changes(body=[*lines[:at], *waits, *more, *lines[at:]]))


def binds(nodes: Sequence[Any], name: str) -> bool:
    """Whether one of these statements gives something this name."""
    return any(name in names_of(ast.parse(plain_code(one))).binds for one in nodes)


def function_of(name: str, body: Sequence[Any], given: str = "()") -> Any:
    """A function of these statements."""
    head = cst.ensure_type(cst.parse_statement(f"def {name}{given}:\n    pass\n"), cst.FunctionDef)
    if not body:
        return head
    lines = [
        one.with_changes(leading_lines=[line for line in one.leading_lines if line.comment is not None]) for one in body
    ]
    return head.with_changes(body=cst.IndentedBlock(body=lines))


def with_import(tree: cst.Module) -> cst.Module:
    """Import what is waited with, in its place among the imports."""
    body: list[Any] = list(tree.body)
    imports = [index for index, one in enumerate(body) if is_import(one)]
    if binds([body[index] for index in imports], REQUIRE):
        return tree
    new: Any = cst.parse_statement(IMPORT)
    before = [index for index in imports if order(body[index]) <= order(new)]
    at = before[-1] + 1 if before else imports[0]
    behind = body[at] if at < len(body) and is_import(body[at]) else None
    apart = not before or order(body[before[-1]])[0] != order(new)[0]
    if apart and behind is not None and order(behind)[0] == order(new)[0]:
        new, body[at] = new.with_changes(leading_lines=behind.leading_lines), behind.with_changes(leading_lines=[])
    elif apart and before:
        new = new.with_changes(leading_lines=[cst.EmptyLine(indent=False)])
    return tree.with_changes(body=[*body[:at], new, *body[at:]])


def _of_alembic(tree: cst.Module, keys: Sequence[str]) -> cst.Module:
    found = [one for one in tree.body if isinstance(one, cst.FunctionDef) and one.name.value == UPGRADE]
    if len(found) != 1 or not _imports(tree, "op"):
        raise CannotRemove("it is not written as migrations usually are")
    return _replaced(tree, found[0], [with_waits(found[0], waiting(OF_ALEMBIC, keys))])


def _of_django(tree: cst.Module, keys: Sequence[str]) -> cst.Module:
    waits = waiting(OF_DJANGO, keys)
    known = [one for one in tree.body if isinstance(one, cst.FunctionDef) and one.name.value == WAIT]
    if known and REQUIRE in plain_code(known[0]):
        return _replaced(tree, known[0], [with_waits(known[0], waits)])
    classes = [one for one in tree.body if isinstance(one, cst.ClassDef) and one.name.value == "Migration"]
    listed = [found for one in classes if (found := _operations(one)) is not None]
    if len(classes) != 1 or len(listed) != 1 or not _imports(tree, "migrations") or binds(tree.body, WAIT):
        raise CannotRemove("it is not written as migrations usually are")
    blank = cst.EmptyLine(indent=False)
    function = function_of(WAIT, waits, "(apps, schema_editor)").with_changes(leading_lines=[blank, blank])
    cls = classes[0].deep_replace(listed[0], _with_first(listed[0]))
    return _replaced(tree, classes[0], [function, cls])


def _imports(tree: cst.Module, name: str) -> bool:
    return binds([one for one in tree.body if is_import(one)], name)


def _replaced(tree: cst.Module, old: cst.CSTNode, new: Sequence[Any]) -> cst.Module:
    at = next(index for index, one in enumerate(tree.body) if one is old)
    return tree.with_changes(body=[*tree.body[:at], *new, *tree.body[at + 1 :]])


def _operations(cls: cst.ClassDef) -> cst.List | None:
    """The list of a migration's operations, where it is written out."""
    found = [
        line.value
        for statement in cls.body.body
        if isinstance(statement, cst.SimpleStatementLine)
        for line in statement.body
        if (isinstance(line, cst.Assign) and [dotted(one.target) for one in line.targets] == ["operations"])
        or (isinstance(line, cst.AnnAssign) and dotted(line.target) == "operations")
    ]
    return found[0] if len(found) == 1 and isinstance(found[0], cst.List) else None


def _with_first(listed: cst.List) -> cst.List:
    """Put the operation that waits before the others, on a line of its own where the first of these has one."""
    space: Any = listed.lbracket.whitespace_after
    own_line = isinstance(space, cst.ParenthesizedWhitespace)
    again = space.with_changes(first_line=cst.TrailingWhitespace(), empty_lines=[]) if own_line else None
    comma = cst.Comma(whitespace_after=again if again is not None else cst.SimpleWhitespace(" "))
    first = cst.Element(cst.parse_expression(FIRST), comma=comma if listed.elements else cst.MaybeSentinel.DEFAULT)
    return listed.with_changes(elements=[first, *listed.elements])


def _is_text(line: Any) -> bool:
    """Whether a statement is a text that nobody uses, as a docstring is."""
    inside = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
    return isinstance(inside, cst.Expr) and isinstance(inside.value, (cst.SimpleString, cst.ConcatenatedString))
