"""SQL text with its parameters written out."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.spot import spot_in_text
from migration_guard.interpreter.syntax import dotted
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import Value
from migration_guard.later import re
from migration_guard.rendition.spelling import NotRendered, Rendered, first_argument, plain_arguments, spelt, spelt_list
from migration_guard.sql import statement_at

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call

_NAMED = re.compile(r"(?<![:\w\\]):(?P<colon>[A-Za-z_]\w*)(?!:)|%\((?P<percent>\w+)\)s|%%")
_IN_ORDER = re.compile(r"%s|%%|\?")
_BEHIND_IN = re.compile(r"\bIN\s*\(?\s*\Z", re.IGNORECASE)


def rendered(call: Call, text: Text, parameters: Value | None, start: int) -> str | Rendered:
    """Give the statement that stands at an offset of a text, with the values of its parameters."""
    begin, end, count = statement_at(str(text), text.holes, start)
    if count == 1:
        return _filled(call, text, parameters)
    part = text.slice(begin, end)
    if _IN_ORDER.search(str(part)) and isinstance(parameters, Sequence):
        raise NotRendered("its placeholders are counted through several statements; give each a call of its own")
    within = spot_in_text(text, begin, begin + 1, end, call.place)
    return Rendered(_filled(call, part, parameters), within, count)


def _filled(call: Call, text: Text, parameters: Value | None) -> str:
    if not text.known:
        unknown = ", ".join(sorted({str(text)[start:end] for start, end in text.holes}))
        raise NotRendered(f"{unknown} is known only when it runs; write it into the statement, then move it")
    sql = str(text)
    if "\\:" in sql:
        raise NotRendered("a colon behind a backslash is read differently by SQLAlchemy and by PostgreSQL")
    bound = _bound(call)
    match parameters:
        case Sequence() if (values := parameters.elements()) is not None and not bound:
            return sql if not values else _in_order(sql, values)
        case Mapping() if parameters.rest is None:
            bound |= {str(key): value for key, value in parameters.known.values() if isinstance(key, Text)}
        case None:
            pass
        case _:
            raise NotRendered("its parameters are known only when it runs; write the values into the statement")
    return _named(sql, bound) if bound else sql


def _bound(call: Call) -> dict[str, Value]:
    """What `.bindparams(…)` gives, in the expression that is executed."""
    node = first_argument(call)
    found: dict[str, Value] = {}
    while isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        if node.func.attr.value in ("bindparams", "params"):
            positional, named = plain_arguments(node)
            for one in positional:
                named |= _bindparam(one)
            found |= {name: call.machine.evaluate(value) for name, value in named.items()}
        node = node.func.value
    return found


def _bindparam(node: cst.BaseExpression) -> dict[str, cst.BaseExpression]:
    if isinstance(node, cst.Call) and (dotted(node.func) or "").rpartition(".")[2] == "bindparam":
        positional, named = plain_arguments(node)
        value = named.get("value") or (positional[1] if len(positional) > 1 else None)
        key = positional[0] if positional else named.get("key")
        if value is not None and isinstance(key, cst.SimpleString):
            return {str(key.evaluated_value): value}
    return {}


def _named(sql: str, values: AnyMapping[str, Value]) -> str:
    percents = "%(" in sql

    def put(match: re.Match[str]) -> str:
        if match.group() == "%%":
            return "%" if percents else "%%"
        value = values.get(match["colon"] or match["percent"])
        return match.group() if value is None else _put(value, sql[: match.start()])

    return _NAMED.sub(put, sql)


def _in_order(sql: str, values: list[Value]) -> str:
    rest = list(values)

    def put(match: re.Match[str]) -> str:
        if match.group() == "%%":
            return "%"
        if not rest:
            raise NotRendered("it has more placeholders than parameters")
        return _put(rest.pop(0), sql[: match.start()])

    if "%s" in sql and "?" in sql:
        raise NotRendered("which of its placeholders take the parameters is not known; write the values into it")
    return _IN_ORDER.sub(put, sql)


def _put(value: Value, before: str) -> str:
    if not isinstance(value, Sequence):
        return spelt(value)
    behind_in = _BEHIND_IN.search(before)
    if behind_in is None:
        raise NotRendered("a list is a parameter; write its values into the statement")
    return spelt_list(value)[1:-1] if "(" in behind_in.group() else spelt_list(value)
