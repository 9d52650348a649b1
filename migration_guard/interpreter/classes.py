"""Classes of the repository, and enumerations among them."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.cores import CORES, OBJECTS, TextObject
from migration_guard.interpreter.functions import Function, docstring
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.text import Text, plain
from migration_guard.interpreter.values import NONE, UNKNOWN, Constant, External, Method, Native, Unknown, Value, join
from migration_guard.lean import dataclass

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine
    from migration_guard.interpreter.repository import Module, Scope
    from migration_guard.interpreter.values import Place


@dataclass(slots=True, eq=False)
class Class(Value):
    """A class of the repository. What its body binds is its scope, which changes as the program assigns to it."""

    is_made = True
    is_class = True
    is_type = True
    callable_in_sight = True

    name: str
    node: cst.ClassDef = field(repr=False)
    scope: Scope = field(repr=False)
    module: Module = field(repr=False)
    bases: tuple[Value, ...] = ()
    fields: str = ""
    """How its `__init__` is made from its annotations: `dataclass`, `attrs`, `NamedTuple`, or not at all."""
    model: tuple[Value | None] | None = None
    """The model that the class is, once that was asked."""
    children: list[Class] = field(default_factory=list, repr=False)
    meta: Class | None = None
    """The metaclass of the repository that its statement names."""
    made_like: Value = NONE
    """… or the one out of sight."""
    making: Class | None = field(default=None, repr=False)
    """Of a metaclass: the class that it is making."""
    made_by: Call | None = field(default=None, repr=False)
    """The statement that defines it."""
    _members: dict[str, Value] = field(default_factory=dict, repr=False)

    @property
    def metaclass(self) -> Class | None:
        return next((cls.meta for cls in self.lineage() if cls.meta is not None), None)

    def special(self, name: str, *arguments: Value) -> Value | None:
        """Run a method of the metaclass that Python calls by itself; None where there is none."""
        method = self.metaclass.method_of(name) if self.metaclass is not None else None
        if method is None or self.made_by is None:
            return None
        call = replace(self.made_by, name=name, place=self.made_by.machine.here(self.made_by.place))
        return method.bind(self).call(call.with_arguments(arguments, {}))

    @property
    def truth(self) -> bool | None:
        asks = self.metaclass is not None and any(self.metaclass.method_of(name) for name in ("__bool__", "__len__"))
        return None if asks else True

    def operated(self, operator: str, other: Value, call: Call) -> Value | None:
        return self.special(operator, *(() if other is NONE else (other,)))

    def entered(self, machine: Machine) -> Value:
        found = self.special("__enter__")
        found = found if found is not None else self.special("__aenter__")
        return found if found is not None else self

    def exited(self, machine: Machine) -> None:
        unknown = Unknown("exception")
        if self.special("__exit__", unknown, unknown, unknown) is None:
            self.special("__aexit__", unknown, unknown, unknown)

    @property
    def leaves(self) -> bool:  # type: ignore[override]
        return self.metaclass is not None

    def lineage(self) -> list[Class]:
        """The class and its ancestors in the repository, nearest first, each once."""
        found: list[Class] = []
        waiting: list[Value] = [self]
        while waiting:
            value = waiting.pop(0)
            if isinstance(value, Class) and value not in found:
                found.append(value)
                waiting += [option for base in value.bases for option in base.alternatives()]
        return found

    def external_bases(self) -> list[str]:
        """The dotted names of the ancestors outside the repository; `?` where one is unknown."""
        bases = [option for cls in self.lineage() for base in cls.bases for option in base.alternatives()]
        names = [base.name if isinstance(base, External) else "?" for base in bases if not isinstance(base, Class)]
        return [name for name in names if name not in ("object", "builtins.object")]

    def lookup(self, name: str) -> Value | None:
        """An attribute of the class or its ancestors, as it now stands."""
        found: list[Value] = []
        for cls in self.lineage():
            value = cls.scope.get(name)
            if value is not None:
                found.append(value)
                if cls.scope.sure(name):
                    break
        return join(found) if found else None

    def method_of(self, name: str) -> Function | None:
        found = self.lookup(name)
        return found if isinstance(found, Function) else None

    def attribute(self, name: str, machine: Machine) -> Value:
        hook = self.metaclass.method_of("__getattribute__") if self.metaclass is not None else None
        if hook is not None and not any(frame.node is hook.node for frame in machine.frames):
            said = self.special("__getattribute__", plain(name))
            if said is not None and not isinstance(said, Unknown):
                return said
        special = machine.libraries.class_attribute(self, name)
        if special is not None:
            return special
        found = self.lookup(name)
        match name:
            case _ if found is not None:
                pass
            case "__name__" | "__qualname__":
                return plain(self.name)
            case "__subclasses__":
                return Native(name, lambda call: Sequence(self.children))
            case "__mro__":
                return Sequence(self.lineage())
            case "__dict__":
                return Mapping({value: (plain(name), self.lookup(name) or UNKNOWN) for name, value in self._names()})
            case "__members__" if self.is_enum:
                return Mapping({plain(name).key: (plain(name), value) for name, value in self.members()})
            case "__doc__":
                return docstring(self.node.body, self.scope, machine)
            case _ if self.metaclass is not None:
                of_meta = self._of_metaclass(name, machine)
                if of_meta is not None:
                    return of_meta
        if found is None:
            return Method(self, name) if self.external_bases() else Unknown(name)
        if self.is_enum and name in self.scope.slots:
            return self.member(name, found)
        return join([option.seen_on(self, machine) for option in found.alternatives()])

    def has_attribute(self, name: str) -> bool | None:
        if self.lookup(name) is not None:
            return True
        return None if self.external_bases() or self.metaclass is not None else False

    def _of_metaclass(self, name: str, machine: Machine) -> Value | None:
        found = self.metaclass.lookup(name) if self.metaclass is not None else None
        if isinstance(found, Function):
            bound = found.bind(self)
            return machine.run_plainly(bound) if found.style == "property" else bound
        return found if found is not None else self.special("__getattr__", plain(name))

    def _names(self) -> list[tuple[str, object]]:
        return [(name, plain(name).key) for cls in self.lineage() for name in cls.scope.names]

    def assign(self, name: str, value: Value, machine: Machine, place: Place) -> None:
        found = self.metaclass.lookup(name) if self.metaclass is not None else None
        if found is not None and [option for option in found.alternatives() if option.assigned(self, value, machine)]:
            return
        self.special("__setattr__", plain(name), value)
        self.scope.assign(name, value)

    def remove_attribute(self, name: str) -> None:
        self.special("__delattr__", plain(name))
        self.scope.delete(name)

    def set_item(self, key: Value, value: Value, *, rows: bool) -> None:
        self._items_changed("__setitem__", key, value)

    def remove_item(self, key: Value) -> None:
        self._items_changed("__delitem__", key)

    def _items_changed(self, name: str, *given: Value) -> None:
        if self.special(name, *given) is None and self.made_by is not None:
            machine = self.made_by.machine
            machine.libraries.class_items_changed(self, name, machine.hidden_call(name, *given))

    def method(self, name: str, call: Call) -> Value:
        target = self.attribute(name, call.machine)
        if isinstance(target, Method) and target.receiver is self:
            return call.machine.libraries.class_method(self, name, call)
        return call.machine.call(target, call)

    def call(self, call: Call) -> Value:
        maker = self.metaclass.method_of("__call__") if self.metaclass is not None else None
        return maker.bind(self).call(call) if maker is not None else self.made(call)

    def made(self, call: Call) -> Value:
        """A new object of it."""
        made = call.machine.libraries.instantiate(self, call)
        if made is not None:
            return made
        if self.is_enum and call.positional:
            return self._member_of(call.positional[0])
        maker = self.method_of("__new__")
        if maker is None:
            return self.initialised(self.blank(call), call)
        new = call.machine.run(maker, call.with_arguments((self, *call.positional), call.named))
        mine = [option for option in new.alternatives() if isinstance(option, (Instance, *OBJECTS))]
        for one in mine:
            self.initialised(one, call)
        if not mine and isinstance(new, Unknown):
            return self.initialised(self.blank(call), call)
        return new

    def blank(self, call: Call) -> Value:
        """A new object before its `__init__`: of a subclass of `str`, `list`, `dict` with what that holds."""
        kinds = [CORES[base] for base in self.external_bases() if base in CORES]
        if not kinds:
            return Instance(self, call)
        return kinds[0](self, call)

    def initialised(self, made: Value, call: Call) -> Value:
        """An object after its `__init__`, and what is done when it is gone."""
        for one in made.alternatives():
            if isinstance(one, Instance):
                one.initialised(call)
                call.machine.libraries.made(one, call)
                one.special("__del__")
            elif isinstance(one, OBJECTS):
                initialiser = self.method_of("__init__")
                if initialiser is not None:
                    call.machine.run(initialiser.bind(one), call)
                else:
                    one.filled(call)
        return made

    # --- Iteration and items: enumerations, and what a metaclass has -------------------------------------------------

    @property
    def is_enum(self) -> bool:
        return any(base.rpartition(".")[2] in _ENUMS for base in self.external_bases())

    def members(self) -> list[tuple[str, Value]]:
        """The constants of an enumeration; each stands for its value."""
        named = [(name, self.scope.get(name)) for name in self.scope.names if not name.startswith("_")]
        return [
            (name, self.member(name, value))
            for name, value in named
            if value is not None and not isinstance(value, (Function, Class))
        ]

    def member(self, name: str, value: Value) -> Value:
        """A constant of an enumeration: its value, which knows the methods of the class."""
        if name not in self._members:
            self._members[name] = self._made_member(name, value)
        return self._members[name]

    def _made_member(self, name: str, value: Value) -> Value:
        call = self.made_by
        if call is None or isinstance(value, (Function, Class, TextObject)):
            return value
        if isinstance(value, Unknown) and value.hint == "auto":
            value = self._automatic(name, call)
        elements = value.elements() if isinstance(value, Sequence) else None
        label = None
        if elements and any(base.rpartition(".")[2].endswith("Choices") for base in self.external_bases()):
            value, label = elements[0], elements[-1]
        instance = Instance(self, call)
        instance.write("name", plain(name))
        instance.write("_name_", plain(name))
        if label is not None:
            instance.write("label", label)
        if isinstance(value, Text):
            return TextObject(value.pieces, value.from_rows, value.binary, instance)
        initialiser = self.method_of("__init__")
        methods = (found for cls in self.lineage() for found in cls.scope.bindings().values())
        if initialiser is None and not any(isinstance(found, Function) for found in methods):
            if isinstance(value, Constant):
                return Member(value.value, name)
            if isinstance(value, Unknown) or any(base in CORES for base in self.external_bases()):
                return value
        for slot in ("value", "_value_"):
            instance.write(slot, value)
        if initialiser is not None:
            given = elements if elements is not None else [value]
            call.machine.run(initialiser.bind(instance), call.with_arguments(given, {}))
        return instance

    def _automatic(self, name: str, call: Call) -> Value:
        """The value of `auto()`."""
        names = [other for other in self.scope.names if not other.startswith("_")]
        count = names.index(name) if name in names else 0
        generator = self.method_of("_generate_next_value_")
        if generator is not None:
            given = (plain(name), Constant(1), Constant(count), Sequence((), UNKNOWN))
            return call.machine.run(generator, call.with_arguments(given, {}))
        if any(base.rpartition(".")[2] == "StrEnum" for base in self.external_bases()):
            return plain(name.lower())
        return Constant(count + 1)

    def _member_of(self, value: Value) -> Value:
        """The member that has a value."""
        members = [member for _, member in self.members()]
        equal = [member for member in members if _value_of(member).key == value.key]
        missing = self.method_of("_missing_")
        if missing is not None and not equal and self.made_by is not None:
            members = [*members, missing.bind(self).call(self.made_by.with_arguments((value,), {}))]
        found = equal if isinstance(value, (Text, Constant)) and equal else members
        return join(found) if found else UNKNOWN

    def elements(self) -> list[Value] | None:
        if self.is_enum:
            return list({value.key: value for _, value in self.members()}.values())
        found = self.special("__iter__")
        return found.elements() if found is not None else None

    def element(self) -> Value:
        members = [value for _, value in self.members()] if self.is_enum else []
        if members:
            return join(members)
        found = self.special("__iter__")
        if found is not None:
            return found.element()
        row = self.made_by.machine.libraries.class_item(self) if self.made_by is not None else None
        return row if row is not None else UNKNOWN

    def item(self, key: Value) -> Value:
        if self.is_enum and isinstance(key, Text) and key.known:
            found = self.lookup(str(key))
            return self.member(str(key), found) if found is not None else UNKNOWN
        found = self.special("__getitem__", key)
        if found is None and self.made_by is not None:
            maker = self.method_of("__class_getitem__")
            if maker is not None:
                return maker.bind(self).call(self.made_by.with_arguments((key,), {}))
            if not self.is_enum:
                return self  # `Generic[T]`
        return found if found is not None else self.element()


@dataclass(frozen=True, slots=True)
class Member(Constant):
    """A constant of an enumeration that is a number: it also has a name."""

    name: str = ""

    def attribute(self, name: str, machine: Machine) -> Value:
        match name:
            case "name" | "_name_":
                return plain(self.name)
            case "value" | "_value_":
                return Constant(self.value)
        return Constant.attribute(self, name, machine)


def _value_of(member: Value) -> Value:
    own = member.read("value") if isinstance(member, Instance) else None
    return own if isinstance(own, Value) else member


_ENUMS = frozenset({"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "TextChoices", "IntegerChoices", "Choices"})
