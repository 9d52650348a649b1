"""Methods of text, lists and dictionaries, as far as what they give is known."""

from __future__ import annotations

from collections.abc import Sequence as AnySequence
from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.text import Text, as_text, concatenated, plain
from migration_guard.interpreter.values import NONE, UNKNOWN, Constant, Unknown, Value, join

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine


def first(call: Call) -> Value:
    """The first argument."""
    return call.positional[0] if call.positional else UNKNOWN


def sequence_method(value: Sequence, name: str, call: Call) -> Value:
    rows = bool(call.machine.row_loops)
    match name:
        case "append" | "add" | "put" | "put_nowait" | "appendleft":
            if name == "appendleft":
                value.insert(0, first(call), rows=rows)
            else:
                value.add(first(call), rows=rows)
            return NONE
        case "insert":
            place = call.argument(0)
            index = place.value if isinstance(place, Constant) and isinstance(place.value, int) else None
            value.insert(index, call.argument(1) or UNKNOWN, rows=rows)
            return NONE
        case "extend" | "update" | "extendleft":
            for other in call.positional:
                value.extend(other, rows=rows)
            return NONE
        case "pop" | "popleft" | "get" | "get_nowait":
            return _taken_out(value, name, call)
        case "remove" | "discard" | "difference_update" | "intersection_update":
            value.blur()
            return NONE
        case "clear":
            value.become(())
            return NONE
        case "reverse" if value.elements() is not None:
            value.become(value.known[::-1], from_rows=value.from_rows)
            return NONE
        case "sort" | "reverse" | "rotate":
            value.become(sorted_values(value.elements() or value.known), value.rest, from_rows=value.from_rows)
            return NONE
        case "copy":
            return Sequence(value.known, value.rest, value.from_rows)
        case "union" | "symmetric_difference" | "intersection" | "difference":
            result = Sequence(value.known, value.rest, value.from_rows)
            for other in call.positional if name in ("union", "symmetric_difference") else ():
                result.extend(other, rows=False)
            if name != "union":
                result.blur()
            return result
        case "count" | "index":
            return Unknown(name)
    return Unknown(name, from_rows=value.from_rows)


def _taken_out(value: Sequence, name: str, call: Call) -> Value:
    """`pop` and its like: from an end that is known, or any element."""
    place = Constant(0) if name in ("popleft", "get", "get_nowait") else call.argument(0) or Constant(-1)
    taken = value.item(place)
    if isinstance(value.truth, bool) and value.elements() is not None:
        value.remove_item(place)
    else:
        value.blur()
    return taken


def sequence_operated(value: Sequence, operator: str, other: Value, call: Call) -> Value | None:
    """`+`, `|`, `-`, `&`, `*` of lists, tuples and sets."""
    rows = bool(call.machine.row_loops)
    match operator:
        case "__iadd__" | "__ior__":
            value.extend(other, rows=rows)
            return value
        case "__add__" | "__or__" | "__xor__" | "__radd__":
            result = Sequence(value.known, value.rest, value.from_rows)
            result.extend(other, rows=False)
            return result
        case "__sub__" | "__and__" | "__isub__" | "__iand__":
            result = value if operator.startswith("__i") else Sequence(value.known, value.rest, value.from_rows)
            result.blur()
            return result
        case "__mul__" | "__rmul__":
            return Sequence(value.known, value.rest, value.from_rows)
    return None


def sorted_values(values: AnySequence[Value]) -> list[Value]:
    """In the order in which Python sorts them, where they are plain texts or numbers; else as they stand."""
    if all(isinstance(value, Text) and value.known for value in values):
        return sorted(values, key=str)
    return list(values)


def mapping_method(value: Mapping, name: str, call: Call) -> Value:
    rows = bool(call.machine.row_loops)
    match name:
        case "get" | "pop" | "setdefault":
            return _looked_up(value, name, call, rows=rows)
        case "items":
            if value.whole and not value.from_rows:
                return Sequence([Sequence([key, item]) for key, item in value.known.values()])
            pair = Sequence(
                [value.element(), join(value.values()) if value.values() else Unknown(from_rows=value.from_rows)]
            )
            return Sequence([], pair, value.from_rows)
        case "values":
            if value.whole and not value.from_rows:
                return Sequence(value.values())
            return Sequence(
                [], join(value.values()) if value.values() else Unknown(from_rows=value.from_rows), value.from_rows
            )
        case "keys":
            return _keys(value)
        case "update":
            for other in call.positional:
                value.update(other, rows=rows)
            for key, item in call.named.items():
                value.set_item(plain(key), item, rows=rows)
            return NONE
        case "popitem":
            return Sequence([value.element(), join(value.values()) if value.values() else UNKNOWN])
        case "clear":
            value.clear()
            return NONE
        case "copy":
            return value.copy()
    return Unknown(name, from_rows=value.from_rows)


def _looked_up(value: Mapping, name: str, call: Call, *, rows: bool) -> Value:
    key, default = first(call), call.argument(1)
    there = value.has(key)
    found = value.item(key) if there is not False or value.default is not None else default or NONE
    if name == "setdefault" and there is not True:
        given = default if default is not None else NONE
        found = given if there is False else join((found, given))
        value.set_item(key, found, rows=rows)
    elif name == "pop":
        value.remove_item(key)
    if there is None and default is not None:
        return join((found, default))
    return found


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
            return _joined(value, first(call), call.machine)
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
        case "removeprefix" | "removesuffix":
            return _without(value, name, first(call))
        case "encode" | "decode" | "expandtabs" | "title" | "capitalize":
            return value
        case "bindparams" | "params" | "columns" | "execution_options" | "as_string" | "read" | "label":
            return value  # SQLAlchemy's TextClause and psycopg's Composable
    return Unknown(name)


def _without(value: Text, name: str, given: Value) -> Value:
    """`removeprefix`, `removesuffix`."""
    shown, part = str(value), str(given)
    if not isinstance(given, Text) or not given.known or not part:
        return value
    if name == "removeprefix" and shown.startswith(part):
        return value.slice(len(part), len(shown))
    return value.slice(0, len(shown) - len(part)) if name == "removesuffix" and shown.endswith(part) else value


def _joined(separator: Text, values: Value, machine: Machine) -> Value:
    elements = values.elements()
    if elements is None:
        return as_text(values.element() if isinstance(values.element(), Text) else None, "values")

    def put_together(*chosen: Value) -> Value:
        parts: list[Text] = []
        for element in chosen:
            parts += [separator, as_text(element)] if parts else [as_text(element)]
        return concatenated(parts)

    return machine.combine(put_together, *elements)
