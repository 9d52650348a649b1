"""What the annotation of a parameter says of its values."""

from __future__ import annotations

import libcst as cst

from migration_guard.interpreter.syntax import dotted

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
