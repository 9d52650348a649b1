"""How statements of a migration are laid out where they are written anew."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

import libcst as cst

from migration_guard.interpreter.syntax import dotted


def is_import(node: cst.CSTNode) -> bool:
    """Whether a line is one import, and nothing else: `import a; b = 1` is a line that does something."""
    return (
        isinstance(node, cst.SimpleStatementLine)
        and len(node.body) == 1
        and isinstance(node.body[0], (cst.Import, cst.ImportFrom))
    )


def plain(node: Any) -> Any:
    """Leave out the empty lines above a statement, and keep its remarks."""
    lines = getattr(node, "leading_lines", ())
    return node.with_changes(leading_lines=[line for line in lines if line.comment is not None]) if lines else node


def plain_code(node: Any) -> str:
    return cst.Module(body=[]).code_for_node(plain(node)).strip("\n") + "\n"


def group(node: Any) -> int:
    """The group of imports to which one belongs: of the future, of Python, of others, relative ones."""
    line = node.body[0]
    if isinstance(line, cst.ImportFrom) and line.relative:
        return 3
    name = _module(line).partition(".")[0]
    return 0 if name == "__future__" else 1 if name in sys.stdlib_module_names else 2


def in_order(imports: Iterable[Any]) -> list[Any]:
    """Sort imports as ruff and isort do: `import` before `from` in each group."""
    return sorted(imports, key=order)


def order(node: Any) -> tuple[int, bool, str]:
    """By what imports are sorted."""
    return group(node), isinstance(node.body[0], cst.ImportFrom), _module(node.body[0]).lower()


def _module(line: Any) -> str:
    named = line.module if isinstance(line, cst.ImportFrom) else line.names[0].name
    return (dotted(named) if named is not None else None) or ""
