"""Builtins and the standard library, as far as they carry text, rows and functions along."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.objects import Function, Instance
from migration_guard.interpreter.text import Text, as_text, plain
from migration_guard.interpreter.values import NONE, UNKNOWN, Constant, External, Partial, Unknown, Value, join
from migration_guard.libraries import commands, database, functional
from migration_guard.libraries.containers import first
from migration_guard.libraries.database import run_callbacks
from migration_guard.libraries.paths import OpenFile, PathValue, file_text, path_of

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.repository import Scope

BUILTINS = frozenset(dir(builtins))
CONSTANTS: dict[str, Value] = {"True": Constant(value=True), "False": Constant(value=False), "None": NONE}
BUILTINS -= set(CONSTANTS)


def call(target: External, call: Call) -> Value:
    found = commands.call(target, call)
    if found is not None:
        return found
    behaviour = _CALLS.get(target.last)
    if behaviour is not None:
        result = behaviour(call)
        if result is not None:
            return result
    if target.root == "sqlite3" and target.last == "connect":
        return database.Handle("sqlite3")
    run_callbacks(call)
    rows = any(value.from_rows for value in call.arguments)
    return Unknown(target.last, from_rows=rows)


def _collected(call: Call) -> Value:
    if not call.positional:
        return Sequence()
    value = first(call)
    elements = value.elements()
    if elements is not None:
        return Sequence(elements, from_rows=value.from_rows)
    return Sequence([], value.element(), value.from_rows)


def _dictionary(call: Call) -> Value:
    result = Mapping()
    for value in call.positional:
        result.update(value, rows=False)
    for name, value in call.named.items():
        result.set_item(plain(name), value, rows=False)
    return result


def _default_dictionary(call: Call) -> Value:
    factory = call.argument(0, "default_factory")
    makes = factory.last if isinstance(factory, External) else ""
    default = (
        Mapping() if makes in ("dict", "OrderedDict") else Sequence() if makes in ("list", "set", "deque") else None
    )
    return Mapping(default=default)


def _grouped(call: Call) -> Value:
    """`itertools.groupby`: pairs of a key and the elements that have it."""
    values = first(call)
    group = Sequence([], values.element(), values.from_rows)
    return Sequence([], Sequence([Unknown("key"), group], from_rows=values.from_rows), values.from_rows)


def _enumerated(call: Call) -> Value:
    value = first(call)
    elements = value.elements()
    if elements is not None and not value.from_rows:
        return Sequence([Sequence([Constant(index), element]) for index, element in enumerate(elements)])
    return Sequence([], Sequence([Unknown("index"), value.element()], from_rows=value.from_rows), value.from_rows)


def _range(call: Call) -> Value:
    rows = any(value.from_rows for value in call.arguments)
    return Sequence([], Unknown("number"), rows, batches=len(call.positional) == 3)


def _zipped(call: Call) -> Value:
    columns = [value.elements() for value in call.positional]
    if columns and all(column is not None for column in columns):
        return Sequence([Sequence(list(row)) for row in zip(*(column for column in columns if column is not None))])
    rows = any(value.from_rows for value in call.positional)
    return Sequence([], Sequence([value.element() for value in call.positional], from_rows=rows), rows)


def _mapped(call: Call) -> Value:
    if len(call.positional) < 2:
        return UNKNOWN
    function, values = call.positional[0], call.positional[1]
    result = Sequence(from_rows=values.from_rows)
    elements = values.elements()
    with call.machine.rows(values.from_rows):
        for element in elements if elements is not None else [values.element()]:
            result.add(call.machine.call(function, call.with_arguments((element,), {})), rows=elements is None)
    return result


def _filtered(call: Call) -> Value:
    if len(call.positional) < 2:
        return UNKNOWN
    call.machine.call(call.positional[0], call.with_arguments((call.positional[1].element(),), {}))
    return _collected(call.with_arguments(call.positional[1:], {}))


def _partial(call: Call) -> Value:
    return Partial(first(call), call.positional[1:], call.named) if call.positional else UNKNOWN


def _text(call: Call) -> Value:
    value = first(call)
    if isinstance(value, Constant) and isinstance(value.value, (int, float)):
        return plain(str(value.value))
    if any(isinstance(option, database.Statement) for option in value.alternatives()):
        return value  # its text, which does what the statement does once it is executed
    return value if any(isinstance(option, (Text, PathValue)) for option in value.alternatives()) else as_text(value)


def _dedented(call: Call) -> Value:
    return join(v.dedented() if isinstance(v, Text) else v for v in first(call).alternatives())


def _cleaned(call: Call) -> Value:
    return join(v.dedented().stripped("strip", None) if isinstance(v, Text) else v for v in first(call).alternatives())


def _attribute(call: Call) -> Value | None:
    name = call.argument(1)
    if not isinstance(name, Text) or not name.known:
        return Unknown(from_rows=first(call).from_rows)
    return call.machine.attribute(first(call), str(name))


def _set_attribute(call: Call) -> Value:
    name = call.argument(1)
    value = call.argument(2)
    label = str(name) if isinstance(name, Text) and name.known else "?"
    first(call).assign(label, value if value is not None else UNKNOWN, call.machine, call.place)
    return NONE


def _globals(call: Call) -> Value:
    return Names(call.machine.scope.module.scope)


def _next(call: Call) -> Value:
    value = first(call).element()
    default = call.argument(1)
    return value if default is None or default is NONE else join((value, default))


def _run(call: Call) -> Value | None:
    """`asyncio.run(coroutine)`: the call was followed when it was evaluated."""
    return first(call)


def _printed(call: Call) -> Value:
    return NONE


def _type(call: Call) -> Value:
    value = first(call)
    match value:
        case Instance(cls=cls):
            return cls
        case database.Row(model=model) if model is not None:
            return model
    return Unknown("type", from_rows=value.from_rows)


class Names(Value):
    """`globals()`, `locals()`, `vars(module)`: a dictionary of names."""

    __slots__ = ("scope",)

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def item(self, key: Value) -> Value:
        if isinstance(key, Text) and key.known:
            return self.scope.get(str(key)) or UNKNOWN
        if isinstance(key, Text):  # "upgrade_%s" % name: every function that fits
            prefix = str(key).partition("{")[0]
            named = self.scope.bindings().items()
            fitting = [value for name, value in named if prefix and name.startswith(prefix)]
            return join(value for value in fitting if isinstance(value, Function)) if fitting else UNKNOWN
        return UNKNOWN

    def set_item(self, key: Value, value: Value, *, rows: bool) -> None:
        if isinstance(key, Text) and key.known:
            self.scope.assign(str(key), value)

    def method(self, name: str, call: Call) -> Value:
        match name:
            case "get" | "pop" | "setdefault" if call.positional:
                return self.item(call.positional[0])
            case "items":
                return Sequence([Sequence([plain(key), value]) for key, value in self.scope.bindings().items()])
            case "values":
                return Sequence(self.scope.bindings().values())
            case "update":
                for other in call.positional:
                    for key, value in other.known.values() if isinstance(other, Mapping) else ():
                        self.set_item(key, value, rows=False)
                for label, value in call.named.items():
                    self.scope.assign(label, value)
        return UNKNOWN

    def elements(self) -> list[Value] | None:
        return [plain(name) for name in self.scope.names]


def _path(call: Call) -> Value:
    return PathValue(path_of(first(call), call.machine)).below(list(call.positional[1:]))


def _open(call: Call) -> Value:
    return OpenFile(path_of(call.argument(0, "file"), call.machine))


def _join_path(call: Call) -> Value | None:
    if len(call.positional) == 1 or not call.positional:
        return None
    return _path(call)


def _parent(call: Call) -> Value:
    path = path_of(first(call), call.machine)
    return PathValue(path.parent if path else None)


def _same_path(call: Call) -> Value:
    return PathValue(path_of(first(call), call.machine))


def _data(call: Call) -> Value:
    """`pkgutil.get_data(package, name)`, `importlib.resources.files(package)`."""
    name = call.argument(1)
    return file_text(path_of(name, call.machine), call.machine)


def _chained(call: Call) -> Value:
    result = Sequence()
    for value in call.positional:
        result.extend(value, rows=False)
    return result


def _flattened(call: Call) -> Value:
    result = Sequence()
    outer = first(call)
    for value in outer.each():
        result.extend(value, rows=outer.from_rows)
    return result


_CALLS: dict[str, Callable[[Call], Value | None]] = {
    **dict.fromkeys(("list", "tuple", "set", "frozenset", "sorted", "reversed", "iter", "deque"), _collected),
    **dict.fromkeys(("dict", "OrderedDict"), _dictionary),
    "defaultdict": _default_dictionary,
    "groupby": _grouped,
    "enumerate": _enumerated,
    "range": _range,
    "zip": _zipped,
    "zip_longest": _zipped,
    "map": _mapped,
    "filter": _filtered,
    "partial": _partial,
    "str": _text,
    "repr": _text,
    "dedent": _dedented,
    "cleandoc": _cleaned,
    "getattr": _attribute,
    "setattr": _set_attribute,
    "globals": _globals,
    "locals": lambda call: Unknown("locals"),
    "next": _next,
    "run": _run,
    "gather": _collected,
    "wait_for": _run,
    "print": _printed,
    "type": _type,
    "islice": _collected,
    "chain": _chained,
    "from_iterable": _flattened,
    "copy": first,
    "deepcopy": first,
    "cast": lambda call: call.argument(1) or UNKNOWN,
    "Path": _path,
    "PurePath": _path,
    "join": _join_path,
    "open": _open,
    "dirname": _parent,
    "abspath": _same_path,
    "realpath": _same_path,
    "normpath": _same_path,
    "get_data": _data,
    "closing": first,
    "nullcontext": first,
    "wraps": lambda call: UNKNOWN,
    **functional.CALLS,
}
