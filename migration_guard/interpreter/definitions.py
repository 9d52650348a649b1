"""Definitions: functions as their decorators leave them, and classes."""

from __future__ import annotations

from collections.abc import Sequence as AnySequence
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.call import Call
from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.functions import ContextManager, Function
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.repository import Scope
from migration_guard.interpreter.syntax import dotted
from migration_guard.interpreter.text import plain
from migration_guard.interpreter.values import UNKNOWN, External, Method, Native, Partial, Value, join

if TYPE_CHECKING:
    from migration_guard.interpreter.machine import Machine
    from migration_guard.interpreter.statements import Statements

_STYLES = {
    "staticmethod": "staticmethod",
    "classmethod": "classmethod",
    "property": "property",
    "cached_property": "property",
    "hybrid_property": "property",
    "classproperty": "classproperty",
    "contextmanager": "contextmanager",
    "asynccontextmanager": "contextmanager",
}
"""Decorators that change how a function is called."""
_FIELDS = {
    "dataclass": "dataclass",
    "define": "attrs",
    "frozen": "attrs",
    "mutable": "attrs",
    "s": "attrs",
    "attrs": "attrs",
}
"""Decorators that make an `__init__` from the fields of a class."""
_FIELD_BASES = {"NamedTuple": "NamedTuple", "BaseModel": "dataclass", "TypedDict": "dataclass", "Struct": "dataclass"}
"""Base classes that do."""


class Definitions:
    """Runs `def` and `class`."""

    def __init__(self, machine: Machine, statements: Statements) -> None:
        self.machine = machine
        self.statements = statements
        self._class: Class | None = None
        """The class whose body is being run."""

    # --- Functions ---------------------------------------------------------------------------------------------------

    def _FunctionDef(self, node: cst.FunctionDef) -> bool:
        scope = self.machine.scope
        name = node.name.value
        style, others = "", []
        self._annotated(node)
        for decorator in node.decorators:
            spelled = dotted(decorator.decorator) or ""
            known = _STYLES.get(spelled.rpartition(".")[2])
            if spelled.endswith((".setter", ".deleter")) and scope.is_class:
                known = spelled.rpartition(".")[2]
            elif spelled.endswith(".getter") and scope.is_class:
                known = "property"
            style = known or style
            if known is None:
                others.append(decorator)
        owner = self._class if scope.is_class else None
        function = Function(
            name,
            node,
            scope,
            owner,
            style=style,
            defaults=self.machine.expressions.defaults(node.params),
            generates=self._generates(node),
        )
        if style in ("setter", "deleter"):
            old = scope.get(name) or self._inherited_property(node)
            function = replace(function, style="")
            if isinstance(old, Function):
                made: Value = replace(old, setter=function) if style == "setter" else replace(old, deleter=function)
                scope.assign(name, made)
                return True
            if old is not None:
                call = Call(self.machine, style, self.machine.place(node), (function,))
                scope.assign(name, old.method(style, call))
                return True
        scope.assign(name, self._decorated(function, others) if others else function)
        return True

    def _annotated(self, node: cst.FunctionDef) -> None:
        """Annotations are evaluated where a function is defined, unless the module puts that off."""
        parameters = node.params
        stars = [one for one in (parameters.star_arg, parameters.star_kwarg) if isinstance(one, cst.Param)]
        annotations = [
            part.annotation
            for part in (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params, *stars)
            if part.annotation is not None
        ]
        annotations += [node.returns] if node.returns is not None else []
        for one in annotations:
            self.statements.annotated(one)

    def _inherited_property(self, node: cst.FunctionDef) -> Value | None:
        """The property of `@Base.name.setter`."""
        for decorator in node.decorators:
            if isinstance(decorator.decorator, cst.Attribute):
                return self.machine.evaluate(decorator.decorator.value)
        return None

    def _generates(self, node: cst.FunctionDef) -> bool:
        source = self.machine.scope.module.source
        return source is not None and source.has_yield(node)

    def _decorated(self, value: Value, decorators: AnySequence[cst.Decorator]) -> Value:
        """What the decorators leave of a function or class; one from out of sight hides nothing of it."""
        for decorator in reversed(decorators):
            with self.machine.libraries.entrusted.quiet():
                wrapper = self.machine.evaluate(decorator.decorator)
            name = (dotted(decorator.decorator) or "").rpartition(".")[2]
            if isinstance(wrapper, External) or not _ours(wrapper):
                value = self.machine.libraries.decorated(value, wrapper, self.machine.place(decorator.decorator))
                continue
            call = Call(self.machine, name, self.machine.place(decorator.decorator), (value,))
            self.machine.libraries.entrusted.decorates(value, wrapper, self.machine)
            result = self.machine.call(wrapper, call)
            callable_ones = [option for option in result.alternatives() if _callable(option)]
            value = join(callable_ones) if callable_ones else value
        return value

    # --- Classes -----------------------------------------------------------------------------------------------------

    def _ClassDef(self, node: cst.ClassDef) -> bool:
        machine, outer = self.machine, self.machine.scope
        bases = tuple(machine.evaluate(argument.value) for argument in node.bases if argument.keyword is None)
        named = {
            argument.keyword.value: machine.evaluate(argument.value) for argument in node.keywords if argument.keyword
        }
        bases = tuple(one for base in bases for one in self._entries(base, bases))
        scope = Scope(outer.module, outer, is_class=True)
        cls = Class(node.name.value, node, scope, outer.module, bases)
        cls.made_by = Call(machine, node.name.value, machine.place(node))
        meta = named.pop("metaclass", None)
        cls.meta = meta if isinstance(meta, Class) else None
        cls.made_like = meta if meta is not None and cls.meta is None else cls.made_like
        cls.fields = self._fields(cls, node)
        prepared: Value = UNKNOWN
        prepares = cls.metaclass.method_of("__prepare__") if cls.metaclass is not None else None
        if prepares is not None and cls.metaclass is not None:
            given = (plain(cls.name), Sequence(bases, kind="tuple"))
            bound = prepares.seen_on(cls.metaclass, machine)
            prepared = machine.call(bound, cls.made_by.with_arguments(given, named))
        enclosing, self._class = self._class, cls
        with machine.inside(node.name.value, node, scope):
            self.statements.body(node.body)
            for name, value in scope.bindings().items():
                prepared.special("__setitem__", plain(name), value)
        self._class = enclosing
        outer.assign(node.name.value, cls)
        for ancestor in cls.lineage()[1:]:
            ancestor.children.append(cls)
        for base in bases:
            machine.libraries.inherited(base, cls)
        made = self._made(cls, named)
        self._announced(cls, named)
        decorators = [one for one in node.decorators if not self._field_style(one)]
        value = self._decorated(made, decorators) if decorators else made
        if value is not cls:
            outer.assign(node.name.value, value)
        return True

    @staticmethod
    def _entries(base: Value, bases: tuple[Value, ...]) -> tuple[Value, ...]:
        """What stands in the place of a base that is no class: what its `__mro_entries__` gives."""
        said = base.special("__mro_entries__", Sequence(bases, kind="tuple"))
        return (base,) if said is None else tuple(said.each())

    def _made(self, cls: Class, named: dict[str, Value]) -> Value:
        """What the metaclass makes of a class: its `__new__` and `__init__` are run."""
        meta = cls.metaclass
        if meta is None or cls.made_by is None:
            return cls
        names = Mapping()
        for name, value in cls.scope.bindings().items():
            names.set_item(plain(name), value, rows=False)
        given = (plain(cls.name), Sequence(cls.bases, kind="tuple"), names)
        order = cls.special("mro")
        if order is not None:
            cls.bases = tuple(one for one in order.each() if one is not cls)
        made: Value = cls
        maker, initialiser = meta.method_of("__new__"), meta.method_of("__init__")
        enclosing, meta.making = meta.making, cls
        try:
            if maker is not None:
                made = self.machine.run(maker, cls.made_by.with_arguments((meta, *given), named))
            if initialiser is not None:
                self.machine.run(initialiser.bind(cls), cls.made_by.with_arguments(given, named))
        finally:
            meta.making = enclosing
        return made if _callable(made) else cls

    def _announced(self, cls: Class, named: dict[str, Value]) -> None:
        """`__init_subclass__` of an ancestor, `__set_name__` of what the body holds."""
        place = self.machine.place(cls.node)
        for ancestor in cls.lineage()[1:]:
            hook = ancestor.scope.get("__init_subclass__")
            if isinstance(hook, Function):
                hook.bind(cls).call(Call(self.machine, "__init_subclass__", place, (), named))
                break
        if cls.is_enum and cls.method_of("__init__") is not None:
            cls.members()
        for name, value in cls.scope.bindings().items():
            if isinstance(value, Instance) and value.cls.method_of("__set_name__") is not None:
                value.special("__set_name__", cls, plain(name))

    def _fields(self, cls: Class, node: cst.ClassDef) -> str:
        for decorator in node.decorators:
            style = self._field_style(decorator)
            if style:
                return style
        for base in cls.external_bases():
            if base.rpartition(".")[2] in _FIELD_BASES:
                return _FIELD_BASES[base.rpartition(".")[2]]
        return next((parent.fields for parent in cls.lineage()[1:] if parent.fields), "")

    @staticmethod
    def _field_style(decorator: cst.Decorator) -> str:
        node = decorator.decorator
        spelled = dotted(node.func if isinstance(node, cst.Call) else node) or ""
        return _FIELDS.get(spelled.rpartition(".")[2], "")


def _ours(wrapper: Value) -> bool:
    """Whether a decorator is in sight, on some path at least."""
    return any(_callable(option) for option in wrapper.alternatives())


def _callable(value: Value) -> bool:
    known = isinstance(value, (Function, Instance, Class, ContextManager, Native, Partial))
    return known or (value.callable_in_sight and not isinstance(value, Method))
