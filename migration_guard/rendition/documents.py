"""Python's documents as JSON: SQLAlchemy writes a dictionary, a list and None so into a column of that type."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator

import libcst as cst

from migration_guard.forms.nodes import within
from migration_guard.interpreter.syntax import dotted
from migration_guard.rendition.spelling import quoted, understood_no

_TYPES = {"JSON": "JSON", "JSONB": "JSONB"}
_COLUMNS = frozenset({"Column", "column", "mapped_column"})


def calls_in(table: cst.BaseExpression) -> Iterator[tuple[str, cst.Call]]:
    """The columns that a table is made with, `sa.table("leads", sa.column("data", JSONB))`, each with its own call."""
    for argument in table.args if isinstance(table, cst.Call) else ():
        call = argument.value
        first = call.args[0].value if isinstance(call, cst.Call) and call.args else None
        if isinstance(call, cst.Call) and _last(call.func) in _COLUMNS and isinstance(first, cst.SimpleString):
            yield str(first.evaluated_value), call


def json_type(column: cst.Call) -> str | None:
    """The type of a column whose call names JSON anywhere, as PostgreSQL spells it; None where it names none.

    Raises NotRendered where something else is made of JSON, or it may be said what None is in it.
    """
    if not any(isinstance(one, (cst.Name, cst.Attribute)) and _last(one) in _TYPES for one in within(column)):
        return None
    for part in (one.value for one in column.args if one.keyword is None or one.keyword.value == "type_"):
        plain = isinstance(part, cst.Call) and all(_says(one, "astext_type") for one in part.args)
        kind = _last(part.func) if isinstance(part, cst.Call) and plain else _last(part)
        if kind in _TYPES:
            return _TYPES[kind]
    raise understood_no(column)


def _says(argument: cst.Arg, keyword: str) -> bool:
    return argument.keyword is not None and argument.keyword.value == keyword


def document(node: cst.BaseExpression, kind: str) -> str:
    """Spell a document that is written out, of constants only. Raises NotRendered."""
    try:
        text = json.dumps(ast.literal_eval(cst.Module(body=[]).code_for_node(node)))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise understood_no(node) from None
    if "\\u0000" in text:
        raise understood_no(node)
    return _spelt(text, kind)


def json_null(node: cst.Attribute) -> str | None:
    """Spell `JSON.NULL`, the null that a document is."""
    base = _last(node.value)
    return _spelt("null", _TYPES[base]) if node.attr.value == "NULL" and base in _TYPES else None


def _spelt(text: str, kind: str) -> str:
    """A document as a literal; one of JSONB says so, as two of these may be equal that are written differently."""
    return quoted(text) if kind == "JSON" else f"CAST({quoted(text)} AS {kind})"


def _last(node: cst.BaseExpression) -> str:
    return (dotted(node) or "").rpartition(".")[2]
