"""Methods of lists and dictionaries, as far as what they give is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from migration_guard.interpreter.collections import MAX_ELEMENTS, Elements, Entries, Mapping, Sequence
from migration_guard.interpreter.flow import HEAP
from migration_guard.interpreter.operators import asked
from migration_guard.interpreter.real import computed
from migration_guard.interpreter.text import Text, plain
from migration_guard.interpreter.values import NONE, UNKNOWN, Constant, Unknown, Value, join
from migration_guard.libraries.standard.iteration import CALLS, first, ordered

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call


def sequence_method(value: Sequence, name: str, call: Call) -> Value:
    rows = bool(call.machine.row_loops)
    match name:
        case "append" | "add" | "put" | "put_nowait" | "appendleft":
            if value.kind == "set":
                first(call).special("__hash__")
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
        case "remove" | "discard" | "index" | "count":
            asked(first(call), "__eq__", value.element(), call)
            asked(value, "__eq__", first(call), call)
            if name in ("index", "count"):
                return computed(partial(_plain_method, name), call, value) or Unknown(name)
            _removed(value, first(call))
            return NONE
        case "difference_update" | "intersection_update" | "symmetric_difference_update":
            value.blur()
            return NONE
        case "clear":
            value.become(())
            return NONE
        case "reverse" if value.elements() is not None:
            value.become(value.known[::-1], from_rows=value.from_rows, shuffled=value.shuffled)
            return NONE
        case "sort":
            in_order = ordered(value, call)
            value.become(in_order.known, in_order.rest, from_rows=value.from_rows, shuffled=in_order.shuffled)
            return NONE
        case "reverse" | "rotate":
            value.become(value.known, value.rest, from_rows=value.from_rows, shuffled=True)
            return NONE
        case "copy" | "__copy__" | "__iter__" | "__reversed__":
            return value.again()
        case "union" | "symmetric_difference" | "intersection" | "difference":
            result = value.again()
            for other in call.positional:
                result = _set_operation(_SET_METHODS[name], result, other)
            return result
        case "issubset" | "issuperset" | "isdisjoint" | "__len__" | "__contains__":
            return computed(partial(_plain_method, name), call, value) or Unknown(name)
        case "__getitem__" if call.positional:
            return value.item(call.positional[0])
        case "__setitem__" if len(call.positional) == 2:
            value.set_item(call.positional[0], call.positional[1], rows=rows)
            return NONE
        case "__delitem__" if call.positional:
            value.remove_item(call.positional[0])
            return NONE
        case "__setitem__" | "__delitem__" | "__iadd__" | "__imul__" | "__ior__" | "__iand__" | "__isub__" | "__ixor__":
            value.forget()
            return value
    return Unknown(name, from_rows=value.from_rows)


def _plain_method(name: str, receiver: object, *given: object) -> object:
    return getattr(receiver, name)(*given)


_SET_METHODS = {
    "union": "__or__",
    "symmetric_difference": "__xor__",
    "intersection": "__and__",
    "difference": "__sub__",
}


def _taken_out(value: Sequence, name: str, call: Call) -> Value:
    """`pop` and its like: from an end that is known, or any element."""
    place = Constant(0) if name in ("popleft", "get", "get_nowait") else call.argument(0) or Constant(-1)
    taken = value.item(place)
    if isinstance(value.truth, bool) and value.elements() is not None:
        value.remove_item(place)
    else:
        value.blur()
    return taken


def _removed(value: Sequence, gone: Value) -> None:
    """`remove`, `discard`: exactly, where it is known which one that is."""
    equal = [index for index, one in enumerate(value.known) if one.key == gone.key]
    surely = all(_is_plain(one) for one in (*value.known, gone))
    if value.rest is None and surely and (equal or value.kind == "set"):
        kept = [one for index, one in enumerate(value.known) if index not in equal[:1]]
        value.become(kept, from_rows=value.from_rows, shuffled=value.shuffled and len(kept) > 1)
    else:
        value.blur()


def _is_plain(value: Value) -> bool:
    return isinstance(value, Constant) or (isinstance(value, Text) and value.known)


def sequence_operated(value: Sequence, operator: str, other: Value, call: Call) -> Value | None:
    """`+`, `|`, `-`, `&`, `*` of lists, tuples and sets."""
    rows = bool(call.machine.row_loops)
    match operator:
        case "__iadd__" | "__ior__" if value.kind != "tuple":
            value.extend(other, rows=rows)
            return value
        case "__add__" | "__iadd__":
            result = value.again()
            result.extend(other, rows=False)
            return result
        case "__radd__":
            result = Sequence(kind=value.kind)
            result.extend(other, rows=False)
            result.extend(value, rows=False)
            return result
        case "__or__" | "__xor__" | "__sub__" | "__and__":
            return _set_operation(operator, value, other)
        case "__isub__" | "__iand__" | "__ixor__":
            changed = _set_operation(f"__{operator[3:]}", value, other)
            value.become(changed.known, changed.rest, from_rows=changed.from_rows, shuffled=changed.shuffled)
            return value
        case "__mul__" | "__rmul__" | "__imul__":
            return _repeated(value, other)
    return None


def _set_operation(operator: str, value: Sequence, other: Value) -> Sequence:
    """What two sets have together, or one without the other: exactly, where all of both is known."""
    theirs = other.elements()
    known = [*value.known, *(theirs or ())]
    if value.rest is not None or theirs is None or not all(map(_is_plain, known)):
        result = value.again()
        if operator in ("__or__", "__xor__"):
            result.extend(other, rows=False)
        if operator != "__or__":
            result.blur()
        return result
    mine_by, theirs_by = {one.key: one for one in value.known}, {one.key: one for one in theirs}
    kept = {
        "__or__": {**mine_by, **theirs_by},
        "__and__": {key: one for key, one in mine_by.items() if key in theirs_by},
        "__sub__": {key: one for key, one in mine_by.items() if key not in theirs_by},
        "__xor__": {
            key: one for key, one in {**mine_by, **theirs_by}.items() if (key in mine_by) != (key in theirs_by)
        },
    }[operator]
    return Sequence(kept.values(), None, value.from_rows or other.from_rows, kind="set")


def _repeated(value: Sequence, times: Value) -> Value:
    """`[…] * 3`."""
    content = value.content
    count = times.value if isinstance(times, Constant) and isinstance(times.value, int) else None
    if content.rest is None and count is not None and count * len(content.known) <= MAX_ELEMENTS:
        return Sequence(content.known * max(count, 0), None, value.from_rows, kind=value.kind)
    return Sequence((), value.element(), value.from_rows, kind=value.kind)


class View(Sequence):
    """`names.items()` and the like: what the dictionary holds whenever the view is looked at."""

    __slots__ = ("_made", "of", "part")

    def __init__(self, of: Mapping, part: str) -> None:
        super().__init__()
        self.of = of
        self.part = part
        self._made: tuple[Entries, Elements] | None = None

    @property
    def content(self) -> Elements:
        held = self.of.content
        if self._made is None or self._made[0] is not held:
            with HEAP.lasting():
                self._made = (held, _PARTS[self.part](self.of))
        return self._made[1]


def _keys(value: Mapping) -> Elements:
    elements = value.elements()
    if elements is not None and not value.from_rows:
        return Elements(tuple(elements))
    return Elements((), value.element(), value.from_rows)


def _values(value: Mapping) -> Elements:
    if value.whole and not value.from_rows:
        return Elements(tuple(value.values()))
    return Elements((), _any_value(value), value.from_rows)


def _items(value: Mapping) -> Elements:
    if value.whole and not value.from_rows:
        return Elements(tuple(Sequence([key, item], kind="tuple") for key, item in value.known.values()))
    return Elements((), Sequence([value.element(), _any_value(value)], kind="tuple"), value.from_rows)


def _any_value(value: Mapping) -> Value:
    return join(value.values()) if value.values() else Unknown(from_rows=value.from_rows)


_PARTS: dict[str, Callable[[Mapping], Elements]] = {"keys": _keys, "values": _values, "items": _items}


def mapping_method(value: Mapping, name: str, call: Call) -> Value:
    rows = bool(call.machine.row_loops)
    match name:
        case "get" | "pop" | "setdefault":
            return _looked_up(value, name, call, rows=rows)
        case "items" | "values" | "keys":
            return View(value, name)
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
        case "copy" | "__copy__":
            return value.copy()
        case "fromkeys":
            return CALLS["builtins.dict.fromkeys"](call) or UNKNOWN
        case "__getitem__" if call.positional:
            return value.item(call.positional[0])
        case "most_common" | "elements":  # of a Counter
            counted = computed(partial(_counted, name), call, value)
            pair = Sequence([value.element(), Unknown("count")], kind="tuple")
            return counted or Sequence((), pair if name == "most_common" else value.element(), value.from_rows)
        case "__contains__" if call.positional:
            there = value.has(call.positional[0])
            return Unknown(name) if there is None else Constant(there)
        case "__len__" if value.whole and not value.from_rows:
            return Constant(len(value.known))
        case "__setitem__" if len(call.positional) > 1:
            value.set_item(call.positional[0], call.positional[1], rows=rows)
            return NONE
        case "__delitem__" if call.positional:
            value.remove_item(call.positional[0])
            return NONE
        case "move_to_end" if value.has(first(call)) and call.argument(1, "last") is None:
            moved = value.item(first(call))
            value.remove_item(first(call))
            value.set_item(first(call), moved, rows=False)
            return NONE
        case "move_to_end" | "subtract" | "appendlist" | "setlist" | "setlistdefault" | "__ior__":
            value.forget()
            return value
    return Unknown(name, from_rows=value.from_rows)


def _counted(name: str, held: Any, *given: Any, **named: Any) -> object:
    return list(getattr(Counter(held), name)(*given, **named))


def _looked_up(value: Mapping, name: str, call: Call, *, rows: bool) -> Value:
    key, default = first(call), call.argument(1)
    key.special("__hash__")
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
