"""Definitions: functions as their decorators leave them, and classes."""

from __future__ import annotations

from collections.abc import Sequence as AnySequence
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from migration_guard.interpreter.call import Call
from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.objects import Class, ContextManager, Function, Instance
from migration_guard.interpreter.repository import Scope
from migration_guard.interpreter.syntax import dotted
from migration_guard.interpreter.text import plain
from migration_guard.interpreter.values import External, Native, Partial, Value, join

if TYPE_CHECKING:
    from migration_guard.interpreter.machine import Machine
    from migration_guard.interpreter.statements import Statements

_STYLES = {
    "staticmethod": "staticmethod",
    "classmethod": "classmethod",
    "property": "property",
    "cached_property": "property",
    "hybrid_property": "property",
    "contextmanager": "contextmanager",
    "asynccontextmanager": "contextmanager",
}
"""Decorators that change how a function is called."""
_HARMLESS = frozenset({"wraps", "overload", "override", "final", "lru_cache", "cache", "typechecked", "no_type_check"})
"""Decorators that give the function back, by their last name."""
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
        self._metaclasses: dict[int, Value] = {}
        """By the `id` of the class statement that names them."""

    # --- Functions ---------------------------------------------------------------------------------------------------

    def _FunctionDef(self, node: cst.FunctionDef) -> bool:
        scope = self.machine.scope
        name = node.name.value
        style, others = "", []
        for decorator in node.decorators:
            spelled = dotted(decorator.decorator) or ""
            known = _STYLES.get(spelled.rpartition(".")[2])
            if spelled.endswith((".setter", ".deleter", ".getter")):
                known = "setter" if spelled.endswith(".setter") else "property"
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
        if style == "setter":
            old = scope.get(name)
            if isinstance(old, Function):
                scope.assign(name, replace(old, setter=replace(function, style="")))
                return True
        scope.assign(name, self._decorated(function, others) if others else function)
        return True

    def _generates(self, node: cst.FunctionDef) -> bool:
        source = self.machine.scope.module.source
        return source is not None and source.has_yield(node)

    def _decorated(self, value: Value, decorators: AnySequence[cst.Decorator]) -> Value:
        """What the decorators leave of a function or class; one from out of sight hides nothing of it."""
        for decorator in reversed(decorators):
            wrapper = self.machine.evaluate(decorator.decorator)
            name = (dotted(decorator.decorator) or "").rpartition(".")[2]
            if isinstance(wrapper, (ContextManager, External)) or name in _HARMLESS or not _ours(wrapper):
                self.machine.libraries.decorated(value, wrapper, self.machine.place(decorator.decorator))
                value = replace(value, wrapped=True) if isinstance(value, Function) else value
                continue
            call = Call(self.machine, name, self.machine.place(decorator.decorator), (value,))
            result = self.machine.call(wrapper, call)
            callable_ones = [option for option in result.alternatives() if _callable(option)]
            value = join(callable_ones) if callable_ones else value
        return value

    # --- Classes -----------------------------------------------------------------------------------------------------

    def _ClassDef(self, node: cst.ClassDef) -> bool:
        machine, outer = self.machine, self.machine.scope
        bases = tuple(machine.evaluate(argument.value) for argument in node.bases)
        named = {one.keyword.value: machine.evaluate(one.value) for one in node.keywords if one.keyword is not None}
        scope = Scope(outer.module, outer, is_class=True)
        cls = Class(node.name.value, node, scope, outer.module, bases)
        cls.fields = self._fields(cls, node)
        enclosing, self._class = self._class, cls
        with machine.inside(node.name.value, node, scope):
            self.statements.body(node.body)
        self._class = enclosing
        outer.assign(node.name.value, cls)
        for ancestor in cls.lineage()[1:]:
            ancestor.children.append(cls)
        self._announced(cls, named)
        value = self._decorated(cls, [one for one in node.decorators if not self._field_style(one)])
        if value is not cls:
            outer.assign(node.name.value, value)
        return True

    def _announced(self, cls: Class, named: dict[str, Value]) -> None:
        """The metaclass, `__init_subclass__` of an ancestor, `__set_name__` of what the body holds."""
        place = self.machine.place(cls.node)
        if "metaclass" in named:
            self._metaclasses[id(cls.node)] = named.pop("metaclass")
        metaclass = next(
            (self._metaclasses[id(one.node)] for one in cls.lineage() if id(one.node) in self._metaclasses), None
        )
        for option in metaclass.alternatives() if metaclass is not None else ():
            for name in ("__prepare__", "__new__", "__init__") if isinstance(option, Class) else ():
                hook = option.lookup(name) if isinstance(option, Class) else None
                if isinstance(hook, Function):
                    parts: list[Value] = [plain(cls.name), Sequence(cls.bases), Mapping()]
                    first = (
                        ()
                        if hook.style == "classmethod" or name == "__prepare__"
                        else (option if name == "__new__" else cls,)
                    )
                    hook.call(Call(self.machine, name, place, (*first, *parts), named))
        for ancestor in cls.lineage()[1:]:
            hook = ancestor.scope.get("__init_subclass__")
            if isinstance(hook, Function):
                hook.bind(cls).call(Call(self.machine, "__init_subclass__", place, (), named))
                break
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
    return isinstance(value, (Function, Instance, Class, Native, Partial))
