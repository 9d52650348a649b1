"""Built-in functions that ask for names, attributes and types, and those that write something down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.instances import Attributes, Instance
from migration_guard.interpreter.real import computed
from migration_guard.interpreter.repository import Deferred, Module, Scope
from migration_guard.interpreter.text import Text, as_text, plain
from migration_guard.interpreter.values import NONE, UNKNOWN, Constant, ModuleValue, Unknown, Value, join
from migration_guard.libraries import database
from migration_guard.libraries.standard import pure
from migration_guard.libraries.standard.files import PathValue, Stream
from migration_guard.libraries.standard.iteration import first
from migration_guard.libraries.standard.records import Namespace, new_class

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine


# --- Text ------------------------------------------------------------------------------------------------------------


def _text(call: Call) -> Value:
    if len(call.arguments) > 1:  # of bytes, with their encoding
        return computed(pure.FUNCTIONS["builtins.str"], call) or as_text(None, "text")
    if not call.arguments:
        return plain("")
    value = call.argument(0, "object") or UNKNOWN
    return join(_one_text(option, call.machine) for option in value.alternatives())


def _one_text(value: Value, machine: Machine) -> Value:
    if isinstance(value, (database.Statement, PathValue)):
        return value  # of a statement its text, which does what the statement does once it is executed
    return machine.expressions.spelled(value)


def _represented(call: Call) -> Value:
    value = first(call)
    if isinstance(value, database.Statement):
        return value
    return call.machine.expressions.shown(value, "r")


def _formatted(call: Call) -> Value:
    spec = call.argument(1, "format_spec") or plain("")
    return join(
        call.machine.expressions.shown(first(call), "", one if isinstance(one, Text) else as_text(one))
        for one in spec.alternatives()
    )


def _printed(call: Call) -> Value:
    """`print(…, file=stream)`: objects are spelled, wherever it goes."""
    machine = call.machine
    said = [_one_text(value, machine) for value in call.positional]
    where = call.named.get("file")
    streams = [option for option in where.alternatives() if isinstance(option, Stream)] if where is not None else []
    between, behind = call.named.get("sep", plain(" ")), call.named.get("end", plain("\n"))
    for stream in streams:
        for index, value in enumerate(said):
            if index:
                stream.put(between if between is not NONE else plain(" "), machine)
            stream.put(value, machine)
        stream.put(behind if behind is not NONE else plain("\n"), machine)
    return NONE


# --- Attributes ------------------------------------------------------------------------------------------------------


def _label(value: Value | None) -> str | None:
    return str(value) if isinstance(value, Text) and value.known else None


def _attribute(call: Call) -> Value | None:
    names, default = call.argument(1), call.argument(2)
    found: list[Value] = []
    for option in names.alternatives() if names is not None else ():
        name = _label(option)
        if name is None:
            found.append(_fitting(first(call), option, call))
            continue
        for receiver in first(call).alternatives():
            there = receiver.has_attribute(name)
            if there is not False or default is None:
                found.append(call.machine.attribute(receiver, name))
            if there is not True and default is not None:
                found.append(default)
    return join(found) if found else UNKNOWN


def _fitting(receiver: Value, name: Value, call: Call) -> Value:
    """`getattr(self, "fill_" + name)`: every method that fits."""
    prefix, _, suffix = str(name).partition("{") if isinstance(name, Text) else ("", "", "")
    suffix = suffix.rpartition("}")[2]
    cls = receiver.cls if isinstance(receiver, Instance) else receiver
    if (prefix or suffix) and isinstance(cls, Class):
        labels = [label for one in cls.lineage() for label in one.scope.names]
        fitting = [label for label in dict.fromkeys(labels) if label.startswith(prefix) and label.endswith(suffix)]
        if fitting:
            return join([*(call.machine.attribute(receiver, label) for label in fitting), Unknown("attribute")])
    if (prefix or suffix) and isinstance(receiver, ModuleValue):
        return namespace_of(receiver.module, call.machine).item(name)
    return Unknown(from_rows=receiver.from_rows, source=receiver.origin)


def _set_attribute(call: Call) -> Value:
    value = call.argument(2)
    names = call.argument(1) or UNKNOWN
    for option in names.alternatives():
        name = _label(option) or "?"
        call.machine.libraries.rewired(name, call.place, first(call))
        first(call).assign(name, value if value is not None else UNKNOWN, call.machine, call.place)
    if value is not None:
        call.machine.libraries.handed(first(call), value)
    return NONE


def _written_attribute(call: Call) -> Value:
    """`object.__setattr__(thing, name, value)`, which asks nobody."""
    thing, name = first(call), _label(call.argument(1))
    for option in thing.alternatives():
        if isinstance(option, Instance) and name is not None:
            option.write(name, call.argument(2) or UNKNOWN)
    return NONE


def _patched_attribute(call: Call) -> Value:
    """`patch.object(thing, name, value)`: for as long as its block lasts, or the function that it decorates."""
    name, new = _label(call.argument(1, "attribute")), call.argument(2, "new")
    thing = call.argument(0, "target") or UNKNOWN
    if name is not None and new is not None:
        old = call.machine.attribute(thing, name)
        thing.assign(name, join((old, new)), call.machine, call.place)
    return Unknown("patch")


def _patched_entries(call: Call) -> Value:
    """`patch.dict(dictionary, values, …)`, likewise."""
    for option in (call.argument(0, "in_dict") or UNKNOWN).alternatives():
        if isinstance(option, Mapping):
            given = call.argument(1, "values")
            if given is not None:
                option.update(given, rows=False)
            for name, value in call.named.items():
                option.set_item(plain(name), value, rows=False)
            option.forget()
    return Unknown("patch")


def _remove_attribute(call: Call) -> Value:
    name = _label(call.argument(1))
    if name is not None:
        first(call).remove_attribute(name)
    return NONE


def _has_attribute(call: Call) -> Value:
    name = _label(call.argument(1))
    if name is None:
        return UNKNOWN
    there = {option.has_attribute(name) for option in first(call).alternatives()}
    certain = there.pop() if len(there) == 1 else None
    if any(isinstance(option, Instance) for option in first(call).alternatives()):
        call.machine.attribute(first(call), name)  # `__getattr__` and properties run
    return UNKNOWN if certain is None else Constant(certain)


def _listed(call: Call) -> Value | None:
    """`dir(object)`."""
    if isinstance(first(call), Class) and first(call).special("__dir__") is not None:
        return None
    names = _names_in(first(call), call.machine)
    return Sequence([plain(name) for name in names]) if names is not None else None


def _names_in(value: Value, machine: Machine) -> list[str] | None:
    """The names that an object, a class or the migration itself has; None where that is not known."""
    names = names_of(value, machine)
    if names is not None:
        return [str(key) for key, _ in names.known.values()]
    if isinstance(value, Instance) and value.cls.method_of("__dir__") is None:
        return sorted({*value.attributes, *(name for cls in value.cls.lineage() for name in cls.scope.names)})
    return sorted({name for cls in value.lineage() for name in cls.scope.names}) if isinstance(value, Class) else None


def _members(call: Call) -> Value | None:
    """`inspect.getmembers(object)`: pairs of a name and what it leads to."""
    names = _names_in(first(call), call.machine)
    if names is None:
        return None
    return Sequence(
        [Sequence([plain(name), call.machine.attribute(first(call), name)], kind="tuple") for name in names]
    )


def _callable(call: Call) -> Value:
    return Constant(value=True) if all(o.callable_in_sight for o in first(call).alternatives()) else UNKNOWN


# --- Names -----------------------------------------------------------------------------------------------------------


class Names(Value):
    """`globals()`, `locals()`, `vars(module)`: a dictionary of names."""

    __slots__ = ("defined", "machine", "scope")

    def __init__(self, scope: Scope, machine: Machine, defined: Iterable[str] = ()) -> None:
        self.scope = scope
        self.machine = machine
        self.defined = tuple(defined)
        """Names of a module that is evaluated only as far as it is asked."""

    @property
    def key(self) -> object:
        return ("names", id(self.scope))

    def _names(self) -> list[str]:
        return list(dict.fromkeys((*self.scope.names, *self.defined)))

    def _get(self, name: str) -> Value | None:
        found = self.scope.get(name)
        if found is None and name in self.defined:
            return self.machine.module_attribute(self.scope.module, name)
        return found

    def _entries(self) -> Iterator[tuple[str, Value]]:
        for name in self._names():
            value = self._get(name)
            if value is not None:
                yield name, value

    def mapping(self) -> Mapping:
        """What is bound; imports that were not looked for yet stay out of it."""
        held = {name: self.scope.read(name) for name in self.scope.names}
        return Mapping(
            {
                plain(name).key: (plain(name), value)
                for name, value in held.items()
                if isinstance(value, Value) and not isinstance(value, Deferred)
            },
            UNKNOWN,
        )

    def item(self, key: Value) -> Value:
        if isinstance(key, Text) and key.known:
            return self._get(str(key)) or UNKNOWN
        if isinstance(key, Text):  # "upgrade_%s" % name: every function that fits
            prefix, _, suffix = str(key).partition("{")
            suffix = suffix.rpartition("}")[2]
            names = [n for n in self._names() if (prefix or suffix) and n.startswith(prefix) and n.endswith(suffix)]
            fitting = [value for name in names if (value := self._get(name)) is not None]
            return join(value for value in fitting if isinstance(value, (Function, Class))) if fitting else UNKNOWN
        return UNKNOWN

    def set_item(self, key: Value, value: Value, *, rows: bool) -> None:
        if isinstance(key, Text) and key.known:
            self.scope.assign(str(key), value)

    def remove_item(self, key: Value) -> None:
        if isinstance(key, Text) and key.known:
            self.scope.delete(str(key))

    def method(self, name: str, call: Call) -> Value:
        match name:
            case "__setitem__" if len(call.positional) > 1:
                self.set_item(*call.positional[:2], rows=False)
            case "get" | "pop" | "setdefault" | "__getitem__" if call.positional:
                found = self.item(call.positional[0])
                default = call.argument(1)
                if name == "setdefault" and found is UNKNOWN and default is not None:
                    self.set_item(call.positional[0], default, rows=False)
                return join((found, default)) if found is UNKNOWN and default is not None else found
            case "items":
                return Sequence([Sequence([plain(key), value], kind="tuple") for key, value in self._entries()])
            case "values":
                return Sequence([value for _, value in self._entries()])
            case "copy":
                return self.mapping()
            case "update":
                for other in call.positional:
                    mapping = other.mapping()
                    for key, value in mapping.known.values() if mapping is not None else ():
                        self.set_item(key, value, rows=False)
                for label, value in call.named.items():
                    self.scope.assign(label, value)
        return UNKNOWN

    def elements(self) -> list[Value] | None:
        return [plain(name) for name in self._names()]


def namespace_of(module: Module, machine: Machine) -> Names:
    """The names of a module; the migration itself has bound what it binds."""
    return Names(module.scope, machine, module.definitions if module is not machine.module else ())


def closure_of(scope: Scope | None) -> Value:
    """The `__closure__` of a function of this scope: cells, of which each may hold any name of the functions around."""
    held: list[Value] = []
    while scope is not None and scope.parent is not None:
        held += () if scope.is_class else scope.bindings().values()
        scope = scope.parent
    cell = Namespace(known=False)
    cell.write("cell_contents", join(held) if held else UNKNOWN)
    return Sequence((), cell)


def names_of(value: Value, machine: Machine) -> Mapping | None:
    """All that a value stands for that is handed out: `globals()`, `vars()`, or the migration as a module."""
    if isinstance(value, ModuleValue) and value.module is machine.module:
        value = namespace_of(value.module, machine)
    return value.mapping() if isinstance(value, Names) else None


def _globals(call: Call) -> Value:
    return namespace_of(call.machine.scope.module, call.machine)


def _locals(call: Call) -> Value:
    return Names(call.machine.scope, call.machine)


def _variables(call: Call) -> Value:
    """`vars(object)`."""
    if not call.positional:
        return _locals(call)
    found: list[Value] = []
    for option in first(call).alternatives():
        match option:
            case Instance():
                found.append(Attributes(option))
            case Class() | Namespace():
                found.append(option.attribute("__dict__", call.machine))
            case ModuleValue(module=module):
                found.append(namespace_of(module, call.machine))
            case _:
                found.append(Unknown("vars", from_rows=option.from_rows, source=option.origin))
    return join(found)


# --- Types -----------------------------------------------------------------------------------------------------------


def _type(call: Call) -> Value:
    if len(call.positional) == 3:
        return new_class(call) or Unknown("type")
    return join(_type_of(option) for option in first(call).alternatives())


def _type_of(value: Value) -> Value:
    match value:
        case Instance(cls=cls):
            return cls
        case database.Row(model=model) if model is not None:
            return model
        case Class() if value.metaclass is not None:
            return value.metaclass
    own = getattr(value, "cls", None)
    if isinstance(own, Class):
        return own
    return Unknown("type", from_rows=value.from_rows)


def _dictionary(call: Call) -> Value:
    result = Mapping()
    for value in call.positional:
        if isinstance(value, Instance):
            value.special("keys") or value.element()
            value.special("__getitem__", UNKNOWN)
        result.update(value.mapping() or value, rows=False)
    for name, value in call.named.items():
        result.set_item(plain(name), value, rows=False)
    if call.open:
        result.set_item(UNKNOWN, call.rest, rows=True)
    return result


def _slice(call: Call) -> Value:
    return call.machine.expressions.slice_of(*call.positional)


def _dedented(call: Call) -> Value:
    given = call.argument(0, "text") or UNKNOWN
    return join(v.dedented() if isinstance(v, Text) else v for v in given.alternatives())


def _cleaned(call: Call) -> Value:
    given = call.argument(0, "doc") or UNKNOWN
    return join(v.dedented().stripped("strip", None) if isinstance(v, Text) else v for v in given.alternatives())


CALLS: dict[str, Callable[[Call], Value | None]] = {
    "builtins.str": _text,
    "builtins.repr": _represented,
    "builtins.format": _formatted,
    "builtins.print": _printed,
    "pprint.pprint": _printed,
    "builtins.getattr": _attribute,
    "inspect.getattr_static": _attribute,
    "builtins.setattr": _set_attribute,
    "builtins.delattr": _remove_attribute,
    "builtins.object.__setattr__": _written_attribute,
    **dict.fromkeys(("unittest.mock.patch.object", "mock.patch.object"), _patched_attribute),
    **dict.fromkeys(("unittest.mock.patch.dict", "mock.patch.dict"), _patched_entries),
    "builtins.hasattr": _has_attribute,
    "builtins.callable": _callable,
    "builtins.dir": _listed,
    "inspect.getmembers": _members,
    "builtins.globals": _globals,
    "builtins.locals": _locals,
    "builtins.vars": _variables,
    "builtins.type": _type,
    **dict.fromkeys(("builtins.dict", "collections.OrderedDict", "collections.UserDict"), _dictionary),
    "builtins.slice": _slice,
    "builtins.memoryview": first,
    "builtins.input": lambda call: Unknown("input"),
    "typing.get_type_hints": lambda call: Unknown("hints"),
    "inspect.getdoc": lambda call: call.machine.attribute(first(call), "__doc__"),
    "inspect.cleandoc": _cleaned,
    "textwrap.dedent": _dedented,
}
