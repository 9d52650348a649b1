"""What a declarative class of SQLAlchemy's maps: its attributes, each with its column."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.syntax import dotted

_COLUMNS = frozenset({"Column", "mapped_column"})


def mapped(cls: Class) -> Iterator[tuple[str, str, str]]:
    """The attributes that a class maps to columns, each with the name of its column and the last name of its type."""
    for attribute, call in _assigned(cls):
        if (dotted(call.func) or "").rpartition(".")[2] in _COLUMNS:
            parts = [argument.value for argument in call.args if argument.keyword is None]
            parts = parts[1:] if parts and isinstance(parts[0], cst.SimpleString) else parts
            kind = dotted(parts[0].func if isinstance(parts[0], cst.Call) else parts[0]) if parts else None
            yield attribute, _column(attribute, call), (kind or "").rpartition(".")[2]


def columns_of(cls: Class) -> Iterator[tuple[str, str]]:
    """The attributes of a class, each with the name of its column, whatever makes it."""
    for attribute, call in _assigned(cls):
        yield attribute, _column(attribute, call)


def calls_of(cls: Class) -> Iterator[tuple[str, cst.Call]]:
    """The columns of a class, each with the call that makes it."""
    for attribute, call in _assigned(cls):
        yield _column(attribute, call), call


def _assigned(cls: Class) -> Iterator[tuple[str, cst.Call]]:
    body = cls.node.body.body if isinstance(cls.node, cst.ClassDef) else ()
    for statement in body:
        for line in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
            match line:
                case cst.Assign(targets=targets, value=cst.Call() as call):
                    yield from ((found, call) for one in targets if (found := dotted(one.target)) is not None)
                case cst.AnnAssign(target=target, value=cst.Call() as call) if (found := dotted(target)) is not None:
                    yield found, call


def _column(attribute: str, call: cst.Call) -> str:
    first = call.args[0] if call.args else None
    given = first.value if first is not None and first.keyword is None else None
    named = next((one.value for one in call.args if one.keyword is not None and one.keyword.value == "name"), given)
    return str(named.evaluated_value) if isinstance(named, cst.SimpleString) else attribute
