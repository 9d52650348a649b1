"""Calls in an `ast`, looked at without running them."""

from __future__ import annotations

import ast


def called(call: ast.Call) -> str:
    """Give the last name of what is called."""
    return last(call.func)


def last(node: ast.expr | None) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def argument(call: ast.Call, index: int, name: str) -> ast.expr | None:
    """Give an argument by its name or its position."""
    found = keyword(call, name)
    return found if found is not None else call.args[index] if index < len(call.args) else None


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def texts(node: ast.expr | None) -> tuple[str, ...]:
    """Give the texts of a list; none if it holds anything else."""
    if not isinstance(node, (ast.List, ast.Tuple)):
        return ()
    found = [text(element) for element in node.elts]
    return tuple(one for one in found if one is not None) if all(one is not None for one in found) else ()


def says(node: ast.expr | None, *, value: bool) -> bool:
    """Whether an expression is this truth."""
    return isinstance(node, ast.Constant) and node.value is value
