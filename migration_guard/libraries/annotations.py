"""What the annotation of a parameter says of its values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.syntax import dotted

if TYPE_CHECKING:
    from migration_guard.interpreter.machine import Machine
    from migration_guard.interpreter.repository import Scope

HANDLE_TYPES = frozenset(
    "Connection Engine Session AsyncSession AsyncConnection AsyncEngine Cursor Database BaseDatabaseWrapper scoped_session".split()
)
"""Types of ways to the database."""
_PLAIN = frozenset("str bytes bool int float None".split())
_ANY_OF = frozenset({"Optional", "Union"})


def last_name(annotation: cst.Annotation | None) -> str:
    """The name of a type, without the modules in which it lies."""
    return (dotted(annotation.annotation) or "").rpartition(".")[2] if annotation is not None else ""


def is_plain(annotation: cst.Annotation | None) -> bool:
    """Whether it is text or a number, whatever its name: `cursor: str | None` is a place in a list."""
    return annotation is not None and _is_plain(annotation.annotation)


def _is_plain(node: cst.BaseExpression) -> bool:
    match node:
        case cst.Name(value=name):
            return name in _PLAIN
        case cst.BinaryOperation(left=left, operator=cst.BitOr(), right=right):
            return _is_plain(left) and _is_plain(right)
        case cst.Subscript(value=cst.Name() | cst.Attribute() as of, slice=parts):
            within = [one.slice.value for one in parts if isinstance(one.slice, cst.Index)]
            return (dotted(of) or "").rpartition(".")[2] in _ANY_OF and all(map(_is_plain, within))
    return False


def class_of(annotation: cst.Annotation | None, scope: Scope, machine: Machine) -> Class | None:
    """The class of the repository that a parameter is annotated with, as `scope` has its name."""
    node = annotation.annotation if annotation is not None else None
    if isinstance(node, cst.SimpleString):
        node = _spelled(node.raw_value)
    if isinstance(node, cst.BinaryOperation) and isinstance(node.right, cst.Name) and node.right.value == "None":
        node = node.left  # `Store | None`: of None nothing is called
    if not isinstance(node, (cst.Name, cst.Attribute)) or dotted(node) is None:
        return None
    with machine.inside("", node, scope):
        value = machine.evaluate(node)
    return value if isinstance(value, Class) else None


def _spelled(name: str) -> cst.BaseExpression | None:
    """A name that stands in quotes."""
    return cst.parse_expression(name) if all(part.isidentifier() for part in name.split(".")) else None
