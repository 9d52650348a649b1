"""Methods of text, lists and dictionaries, as far as what they give is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.text import Text, as_text, concatenated, plain
from migration_guard.interpreter.values import NONE, UNKNOWN, Mapping, Sequence, Unknown, Value, join

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call


def first(call: Call) -> Value:
    """The first argument."""
    return call.positional[0] if call.positional else UNKNOWN


def sequence_method(value: Sequence, name: str, call: Call) -> Value:
    rows = bool(call.machine.row_loops)
    match name:
        case "append" | "add" | "appendleft" | "put":
            value.add(first(call), rows=rows)
            return NONE
        case "insert":
            value.add(call.argument(1) or UNKNOWN, rows=rows)
            return NONE
        case "extend" | "update":
            for other in call.positional:
                value.extend(other, rows=rows)
            return NONE
        case "pop" | "popleft":
            return value.element()
        case "copy" | "union" | "intersection" | "difference":
            return value
    return Unknown(name, from_rows=value.from_rows)


def mapping_method(value: Mapping, name: str, call: Call) -> Value:
    rows = bool(call.machine.row_loops)
    match name:
        case "get" | "pop" | "setdefault":
            default = call.argument(1)
            if name == "setdefault" and default is not None:
                value.set_item(first(call), default, rows=rows)
            found = value.item(first(call))
            return found if default is None else join((found, default))
        case "items":
            if value.rest is None and not value.from_rows:
                return Sequence([Sequence([key, item]) for key, item in value.known.values()])
            pair = Sequence(
                [value.element(), join(value.values()) if value.values() else Unknown(from_rows=value.from_rows)]
            )
            return Sequence([], pair, value.from_rows)
        case "values":
            if value.rest is None and not value.from_rows:
                return Sequence(value.values())
            return Sequence(
                [], join(value.values()) if value.values() else Unknown(from_rows=value.from_rows), value.from_rows
            )
        case "keys":
            return _keys(value)
        case "update":
            for other in call.positional:
                value.rest = join(v for v in (value.rest, other.item(UNKNOWN)) if v is not None)
                value.from_rows |= other.from_rows
            for key, item in call.named.items():
                value.set_item(plain(key), item, rows=rows)
            return NONE
        case "copy":
            return value
    return Unknown(name, from_rows=value.from_rows)


def _keys(value: Mapping) -> Value:
    elements = value.elements()
    return (
        Sequence(elements)
        if elements is not None and not value.from_rows
        else Sequence([], value.element(), value.from_rows)
    )


def text_method(value: Text, name: str, call: Call) -> Value:
    combine = call.machine.combine
    match name:
        case "format":
            names = list(call.named)
            return combine(
                lambda *given: value.formatted(
                    given[: len(call.positional)], dict(zip(names, given[len(call.positional) :]))
                ),
                *call.positional,
                *call.named.values(),
            )
        case "format_map" if isinstance(first(call), Mapping):
            given = first(call)
            assert isinstance(given, Mapping)
            return value.formatted((), {str(key): item for key, item in given.known.values()})
        case "replace":
            old, new = call.argument(0) or UNKNOWN, call.argument(1) or UNKNOWN
            return combine(
                lambda a, b: value.replaced(str(a), as_text(b)) if isinstance(a, Text) and a.known else value, old, new
            )
        case "join":
            return _joined(value, first(call))
        case "strip" | "lstrip" | "rstrip":
            characters = call.argument(0)
            return value.stripped(name, str(characters) if isinstance(characters, Text) else None)
        case "upper" | "lower" | "casefold":
            return value.cased(name)
        case "split" | "splitlines" | "rsplit":
            separator = call.argument(0)
            given_separator = str(separator) if isinstance(separator, Text) else None
            return Sequence(list(value.split("\n" if name == "splitlines" else given_separator)))
        case "partition" | "rpartition":
            return Sequence([], value)
        case "removeprefix" | "removesuffix" | "encode" | "decode" | "expandtabs" | "title" | "capitalize":
            return value
        case "bindparams" | "params" | "columns" | "execution_options" | "as_string" | "read" | "label":
            return value  # SQLAlchemy's TextClause and psycopg's Composable
    return Unknown(name)


def _joined(separator: Text, values: Value) -> Value:
    elements = values.elements()
    if elements is None:
        return as_text(values.element() if isinstance(values.element(), Text) else None, "values")
    parts: list[Text] = []
    for element in elements:
        if parts:
            parts.append(separator)
        parts.append(as_text(element.alternatives()[0]))
    return concatenated(parts)
