"""Things that hold named values: named tuples, dataclasses, namespaces, views of dictionaries, copies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.flow import Store
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.text import Text, plain
from migration_guard.interpreter.values import NONE, UNKNOWN, Constant, External, Method, Native, Place, Unknown, Value
from migration_guard.libraries.handing import run_callbacks
from migration_guard.libraries.standard.iteration import first

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

MAX_DEPTH = 8
"""… of what is copied deeply."""


class Namespace(Store, Value):
    """`SimpleNamespace(…)`, `object()`, `threading.local()`: what has just the attributes that it was given."""

    __slots__ = ("open",)

    def __init__(self, *, known: bool = True) -> None:
        super().__init__()
        self.open = not known
        """Whether it may have others."""

    @property
    def key(self) -> object:
        return id(self)

    @property
    def truth(self) -> bool | None:
        return True

    @property
    def handle(self) -> bool:  # type: ignore[override]
        return any(isinstance(value, Value) and value.handle for value in map(self.read, list(self.slots)))

    def has_attribute(self, name: str) -> bool | None:
        if name in self.slots:
            return True if self.sure(name) else None
        return None if self.open or "?" in self.slots else False

    def attribute(self, name: str, machine: Machine) -> Value:
        if name == "__dict__":
            return Attributes(self) if self.open else self.entries()
        own = self.read(name)
        return own if isinstance(own, Value) else Unknown(name)

    def parts(self) -> Iterator[Value]:
        yield from self.entries().values()

    def entries(self) -> Mapping:
        held = {name: self.read(name) for name in self.slots if isinstance(name, str)}
        return Mapping(
            {plain(name).key: (plain(name), value) for name, value in held.items() if isinstance(value, Value)},
            UNKNOWN if self.open else None,
        )

    def assign(self, name: str, value: Value, machine: Machine, place: Place) -> None:
        self.write(name, value)

    def remove_attribute(self, name: str) -> None:
        self.remove(name)

    def method(self, name: str, call: Call) -> Value:
        own = self.read(name)
        if isinstance(own, Value):
            return call.machine.call(own, call)
        return call.leave(Unknown(name)) if self.open else Unknown(name)

    def forget(self) -> None:
        self.open = True


class Attributes(Mapping):
    """`module.__dict__`: what is written into it is an attribute."""

    __slots__ = ("of",)

    def __init__(self, of: Namespace) -> None:
        entries = of.entries()
        super().__init__(entries.known, entries.rest)
        self.of = of

    def set_item(self, key: Value, value: Value, *, rows: bool) -> None:
        super().set_item(key, value, rows=rows)
        if isinstance(key, Text) and key.known:
            self.of.write(str(key), value)


def _namespace(call: Call) -> Value:
    made = Namespace(known=not call.open)
    for value in call.positional:
        mapping = value.mapping()
        for key, item in mapping.known.values() if mapping is not None else ():
            made.write(str(key), item)
    for name, value in call.named.items():
        made.write(name, value)
    return made


# --- Classes that are made by a call ---------------------------------------------------------------------------------


def _words(value: Value | None) -> list[tuple[str, Value | None]] | None:
    """Field names: in one text, in a list of texts, or in pairs with a type and perhaps a default."""
    if isinstance(value, Text) and value.known:
        return [(name, None) for name in str(value).replace(",", " ").split()]
    mapping = value.mapping() if value is not None else None
    elements = value.elements() if value is not None else None
    if elements is None:
        return None
    found: list[tuple[str, Value | None]] = []
    for element in elements:
        parts = element.elements() if isinstance(element, Sequence) else [element]
        if not parts or not isinstance(parts[0], Text) or not parts[0].known:
            return None
        found.append((str(parts[0]), parts[2] if len(parts) > 2 and mapping is None else None))
    return found


def _made_with_fields(style: str, index: int, call: Call) -> Value | None:
    """`namedtuple("Step", "name sql")`, `NamedTuple("Step", [("name", str)])`, `make_dataclass(…)`."""
    name, fields = first(call), _words(call.argument(index, "field_names", "fields"))
    if not isinstance(name, Text) or fields is None:
        return None
    defaults = call.named.get("defaults")
    values = defaults.elements() or [] if defaults is not None else []
    held = {label: value for label, value in fields if value is not None}
    names = [label for label, _ in fields]
    held |= dict(zip(names[len(names) - len(values) :], values))
    own = call.named["namespace"].mapping() if "namespace" in call.named else None
    held |= {str(key): value for key, value in own.known.values() if isinstance(key, Text)} if own is not None else {}
    base = "typing.NamedTuple" if style == "NamedTuple" else ""
    bases = call.named.get("bases")
    parents = tuple(bases.elements() or ()) if bases is not None else (External(base),) if base else ()
    return call.machine.make_class(str(name), parents, held, fields=names, style=style)


def _enumeration(base: str, call: Call) -> Value | None:
    """`Enum("Step", "leads users")`, `Enum("Step", {"leads": 1})`."""
    name, given = first(call), call.argument(1, "names")
    name = call.named.get("value", name)
    words = _words(given)
    if not isinstance(name, Text) or not name.known or given is None or words is None:
        return None
    mapping, pairs = given.mapping(), given.each()
    held: dict[str, Value] = {}
    for number, (label, _) in enumerate(words, 1):
        pair = pairs[number - 1] if mapping is None and not isinstance(given, Text) else UNKNOWN
        if mapping is not None:
            held[label] = mapping.item(plain(label))
        elif isinstance(pair, Sequence):
            held[label] = pair.item(Constant(1))
        else:
            held[label] = plain(label.lower()) if base.endswith("StrEnum") else Constant(number)
    return call.machine.make_class(str(name), (External(base),), held)


def _typed_dict(call: Call) -> Value:
    return External("builtins.dict")


def _new_type(call: Call) -> Value:
    """`NewType("Sql", str)`: gives back what it is given."""
    return External("typing.cast_to")


def new_class(call: Call) -> Value | None:
    """`type(name, bases, names)`."""
    name, bases, names = call.positional[:3]
    held = names.mapping()
    if not isinstance(name, Text) or held is None:
        return None
    given = {str(key): value for key, value in held.known.values() if isinstance(key, Text)}
    return call.machine.make_class(str(name), tuple(bases.elements() or ()), given)


# --- Fields ----------------------------------------------------------------------------------------------------------


def _replaced(call: Call) -> Value | None:
    """`dataclasses.replace(object, …)`."""
    made = [_changed(option, call) for option in first(call).alternatives()]
    return made[0] if len(made) == 1 else None


def _changed(value: Value, call: Call) -> Value | None:
    if not isinstance(value, Instance):
        return None
    names = [name for name, _ in call.machine.fields_of(value.cls)]
    held = {name: value.attribute(name, call.machine) for name in names}
    again = call.with_arguments((), {**held, **call.named})
    return value.cls.call(again) if names else None


def _as_dictionary(call: Call) -> Value | None:
    value = first(call)
    if not isinstance(value, Instance):
        return None
    names = [name for name, _ in call.machine.fields_of(value.cls)]
    return Mapping(
        {plain(name).key: (plain(name), _plainly(value.attribute(name, call.machine), call)) for name in names}
    )


def _plainly(value: Value, call: Call) -> Value:
    inner = _as_dictionary(call.with_arguments((value,), {})) if isinstance(value, Instance) else None
    return inner if inner is not None else copied(value, 1)


def tuple_method(value: Instance, call: Call) -> Value | None:
    """What a named tuple has by itself."""
    given = call.with_arguments((value,), call.named)
    return {"_replace": _replaced, "_asdict": _as_dictionary}[call.name](given) if call.name in _OF_TUPLES else None


_OF_TUPLES = frozenset({"_replace", "_asdict"})


def _as_tuple(call: Call) -> Value | None:
    value = first(call)
    if not isinstance(value, Instance):
        return None
    names = [name for name, _ in call.machine.fields_of(value.cls)]
    return Sequence([value.attribute(name, call.machine) for name in names], kind="tuple")


def _fields(call: Call) -> Value | None:
    value = first(call)
    cls = value.cls if isinstance(value, Instance) else value
    if not isinstance(cls, Class):
        return None
    found = []
    for name, default in call.machine.fields_of(cls):
        described = Namespace(known=False)
        described.write("name", plain(name))
        if default is not None:
            described.write("default", default)
        found.append(described)
    return Sequence(found, kind="tuple")


def _default(call: Call) -> Value | None:
    """`field(default=…, default_factory=…)`: the default that each object begins with."""
    default, factory = call.named.get("default"), call.named.get("default_factory", call.named.get("factory"))
    if {"init", "converter", "validator"} & call.named.keys() or (default is None and factory is None):
        return FieldOf(call, default, factory)
    if default is not None:
        return default
    return Made(factory) if factory is not None else None


class Made(Value):
    """A default that is made anew for each object."""

    __slots__ = ("factory",)

    is_made = True

    def __init__(self, factory: Value) -> None:
        self.factory = factory

    def fresh(self, call: Call) -> Value:
        return call.machine.call(self.factory, call.with_arguments((), {}))


class FieldOf(Value):
    """`attrs.field(converter=…, validator=…)`, `field(init=False)`: what is done with what a new object is given."""

    __slots__ = ("converters", "default", "factory", "is_passed", "of_object", "validators")

    is_made = True

    def __init__(self, call: Call, default: Value | None, factory: Value | None) -> None:
        self.default, self.factory = default, factory
        self.of_object: Value | None = None
        self.is_passed = call.named.get("init", NONE).truth is not False or "init" not in call.named
        self.converters = _several(call.named.get("converter"))
        self.validators = _several(call.named.get("validator"))

    def fresh(self, call: Call) -> Value:
        if self.of_object is not None:
            return call.machine.call(self.of_object, call)
        if self.factory is not None:
            return call.machine.call(self.factory, call.with_arguments((), {}))
        return self.default if self.default is not None else UNKNOWN

    def taken(self, receiver: Value, value: Value, call: Call) -> Value:
        for converter in self.converters:
            value = call.machine.call(converter, call.with_arguments((value,), {}))
        for validator in self.validators:
            call.machine.call(validator, call.with_arguments((receiver, Unknown("attribute"), value), {})).consumed()
        return value

    def attribute(self, name: str, machine: Machine) -> Value:
        return Native(name, self._decorates) if name in ("default", "validator") else Unknown(name)

    def _decorates(self, call: Call) -> Value:
        """`@field.default`, `@field.validator` before a method of the class."""
        if call.name == "default":
            self.of_object = first(call)
        else:
            self.validators = [*self.validators, first(call)]
        return first(call)


def _several(value: Value | None) -> list[Value]:
    if value is None or value is NONE:
        return []
    return value.elements() or [] if isinstance(value, Sequence) else [value]


# --- Dictionaries and copies -----------------------------------------------------------------------------------------


def _chain(call: Call) -> Value:
    """`ChainMap(first, second)`: what is written goes into the first."""
    result = Mapping()
    for value in reversed(call.positional):
        result.update(value, rows=False)
    return result


def _default_dictionary(call: Call) -> Value:
    factory = call.argument(0, "default_factory")
    result = Mapping(default=_started(factory, call))
    for value in call.positional[1:]:
        result.update(value, rows=False)
    for name, value in call.named.items():
        if name != "default_factory":
            result.set_item(plain(name), value, rows=False)
    return result


def _started(factory: Value | None, call: Call) -> Value | None:
    if factory is None or factory is NONE:
        return None
    return call.machine.call(factory, call.with_arguments((), {}))


def copied(value: Value, depth: int) -> Value:
    """`copy.copy`, and `deepcopy` for as deep as things hold others."""
    deeper = depth - 1
    match value:
        case Instance() if _copies_itself(value):
            said = value.special("__deepcopy__", NONE) or value.special("__reduce_ex__", NONE)
            return said or value.special("__reduce__") or value.special("__getstate__") or value
        case Instance() if type(value) is Instance:
            made = Instance(value.cls, value.made_by)
            made.made_with = value.made_with
            for name, held in value.attributes.items():
                made.write(name, copied(held, deeper) if deeper > 0 else held)
            return made
        case Namespace():
            other = Namespace(known=not value.open)
            for slot in list(value.slots):
                inner = value.read(slot)
                if isinstance(inner, Value):
                    other.write(slot, copied(inner, deeper) if deeper > 0 else inner)
            return other
        case Sequence() if type(value) is Sequence:
            again = value.again()
            if deeper > 0:
                rest = copied(again.rest, deeper) if again.rest is not None else None
                known = [copied(one, deeper) for one in again.known]
                again.become(known, rest, from_rows=again.from_rows, shuffled=again.shuffled)
            return again
        case Mapping() if type(value) is Mapping:
            mapping = value.copy()
            for key, item in list(mapping.known.values()) if deeper > 0 and mapping.whole else ():
                mapping.set_item(key, copied(item, deeper), rows=False)
            return mapping
    return value


def _copy(call: Call) -> Value | None:
    if any(isinstance(option, Instance) and _copies_itself(option) for option in first(call).alternatives()):
        return None  # a hook is asked
    return copied(first(call), 1) if len(first(call).alternatives()) == 1 else first(call)


def _deep_copy(call: Call) -> Value | None:
    if any(isinstance(option, Instance) and _copies_itself(option) for option in first(call).alternatives()):
        return None
    return copied(first(call), MAX_DEPTH) if len(first(call).alternatives()) == 1 else first(call)


def _copies_itself(value: Instance) -> bool:
    hooks = ("__copy__", "__deepcopy__", "__reduce__", "__reduce_ex__", "__getstate__")
    return any(value.cls.method_of(name) is not None for name in hooks)


def _module(call: Call) -> Value:
    made = Namespace(known=False)
    made.write("__name__", first(call))
    return made


def _watched(call: Call) -> Value:
    """What is referred to weakly; a function that is given besides is called when that is gone."""
    run_callbacks(call.with_arguments(call.positional[1:], call.named))
    return first(call)


class Variable(Store, Value):
    """`contextvars.ContextVar(name, default=…)`."""

    __slots__ = ()

    @property
    def key(self) -> object:
        return id(self)

    def attribute(self, name: str, machine: Machine) -> Value:
        return Method(self, name)

    def method(self, name: str, call: Call) -> Value:
        held = self.read("value")
        if name == "set" and call.positional:
            self.write("value", call.positional[0])
        elif name == "reset":
            self.write("value", UNKNOWN)
        elif name == "get":
            return held if isinstance(held, Value) else call.argument(0, "default") or UNKNOWN
        return Unknown(name)


def _variable(call: Call) -> Value:
    made = Variable()
    if "default" in call.named:
        made.write("value", call.named["default"])
    return made


CALLS: dict[str, Callable[[Call], Value | None]] = {
    **dict.fromkeys(("types.SimpleNamespace", "argparse.Namespace"), _namespace),
    **dict.fromkeys(("builtins.object", "threading.local"), lambda call: Namespace()),
    "types.ModuleType": _module,
    "collections.namedtuple": lambda call: _made_with_fields("NamedTuple", 1, call),
    "typing.NamedTuple": lambda call: _made_with_fields("NamedTuple", 1, call),
    "dataclasses.make_dataclass": lambda call: _made_with_fields("dataclass", 1, call),
    "typing.TypedDict": _typed_dict,
    "typing.NewType": _new_type,
    "typing.cast_to": first,
    "typing.cast": lambda call: call.argument(1, "val") or UNKNOWN,
    "dataclasses.replace": _replaced,
    "copy.replace": _replaced,
    "dataclasses.asdict": _as_dictionary,
    "dataclasses.astuple": _as_tuple,
    "dataclasses.fields": _fields,
    "dataclasses.field": _default,
    "types.MappingProxyType": first,
    "collections.ChainMap": _chain,
    "collections.defaultdict": _default_dictionary,
    **{
        f"enum.{name}": partial(_enumeration, f"enum.{name}")
        for name in ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag")
    },
    "copy.copy": _copy,
    "copy.deepcopy": _deep_copy,
    "weakref.ref": lambda call: Referring(_watched(call)),
    "weakref.proxy": _watched,
    "weakref.WeakMethod": lambda call: Referring(_watched(call)),
    "contextvars.ContextVar": _variable,
}


class Referring(Value):
    """`weakref.ref(thing)`: gives it when it is called."""

    __slots__ = ("thing",)

    is_made = True

    def __init__(self, thing: Value) -> None:
        self.thing = thing

    def call(self, call: Call) -> Value:
        return self.thing
