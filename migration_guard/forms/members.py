"""What classes of the repository hold: constants, what their methods give, what they set on themselves.

Models are none of these: their attributes are columns; what their classes do to rows is told apart, in `models.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import libcst as cst

from migration_guard.forms.bindings import Names, root_of
from migration_guard.forms.names import NameForms, short
from migration_guard.forms.where import Where
from migration_guard.interpreter.repository import Repository

_PLAIN = frozenset(
    "object type ABC Enum IntEnum StrEnum Flag IntFlag NamedTuple Protocol Generic str int float bytes "
    "Choices TextChoices IntegerChoices".split()
)
"""Bases of libraries that make no model of a class."""

_MAKING = frozenset({"__init__", "__new__", "__post_init__", "__repr__", "__call__", "__exit__", "__aexit__"})
"""Special methods that give no value, or are followed where they are called."""


_Found = tuple[cst.ClassDef, Where, "tuple[cst.Call, Where] | None"]
"""A class, where its body stands, and the call that made the object of it that is meant."""
_Calls = dict[str, Sequence["tuple[cst.Call, Where] | None"]]
"""Calls of methods, by their names, and where each stands."""


class MemberForms(NameForms):
    """Says members of classes."""

    def __init__(self, known: dict[int, Names], repository: Repository | None) -> None:
        super().__init__(known, repository)
        self._families: set[tuple[str, int]] = set()
        """Classes whose ancestors are being looked for."""

    def _member(self, owner: cst.CSTNode, link: cst.CSTNode, where: Where) -> str | None:
        """What a class or an object of one has under the name of a link, None where it is no plain class."""
        found = self._class_of(owner, where)
        if found is None:
            return self._value_of_call(link, where) if isinstance(link, cst.Call) else None
        said = self._member_of(found, owner, link, where)
        changed = self._changes_of(owner, where) if said is not None else None
        return short(f"<{said}; {changed}>") if changed is not None else said

    def _changes_of(self, owner: cst.CSTNode, where: Where) -> str | None:
        """What an object has become since it was made, by assignments and by functions that it was handed to."""
        begun = self._begun(owner.value, where) if isinstance(owner, cst.Name) else None
        if begun is None or not isinstance(owner, cst.Name):
            return None
        now = self._name(owner.value, where)
        return now if now != self._of(*begun) else None

    def _begun(self, name: str, where: Where) -> tuple[cst.CSTNode, Where] | None:
        """The one expression that a name was bound to at first, whatever was changed in it since."""
        found = self._resolved(name, where)
        if isinstance(found, str):
            return None
        name, there = found
        whole = [one for one in there.names.reaching(name, there.spot) if one.whole]
        if len(whole) != 1 or whole[0].how != "=":
            return None
        return whole[0].values[0], there.at(whole[0].spot)

    def _member_of(self, found: _Found, owner: cst.CSTNode, link: cst.CSTNode, where: Where) -> str | None:
        node, there, made = found
        match link:
            case cst.Call(func=cst.Attribute(attr=cst.Name(value=name))):
                method = self._method(node, there, name)
                return self._called_method(method, link, where) if method is not None else None
            case cst.Subscript() if (method := self._method(node, there, "__getitem__")) is not None:
                made_of = self._called_method(method, None, where)
                return f"{made_of}[{', '.join(self._of(part, where) for part in link.slice)}]" if made_of else None
            case cst.Attribute(attr=cst.Name(value=name)):
                calls = self._calls_on(owner, where)
                if made is not None:
                    calls["__init__"] = [made]
                return self._once(("member", id(node), name), lambda: self._attribute(node, there, name, calls))
        return None

    def _calls_on(self, owner: cst.CSTNode, where: Where) -> _Calls:
        """The methods of an object that are called where it has its name."""
        found: dict[str, list[tuple[cst.Call, Where] | None]] = {}
        home = self._resolved(owner.value, where) if isinstance(owner, cst.Name) else ""
        if not isinstance(home, str):
            name, there = home
            for spot, call in there.names.asked.get(name, ()):
                if isinstance(call.func, cst.Attribute):
                    found.setdefault(call.func.attr.value, []).append((call, there.at(spot)))
        return {**found}

    def _class_of(self, owner: cst.CSTNode, where: Where) -> _Found | None:
        """The class that a name or a call leads to, where its body stands, and the call that made the object."""
        match owner:
            case cst.Name(value=name):
                found = self._class(name, where) or self._own_class(name, where)
                if found is not None:
                    return (*found, None)
                begun = self._begun(name, where)
                if begun is not None and isinstance(begun[0], cst.Call):
                    return self._class_of(*begun)
            case cst.Call(func=cst.Name(value="super")):
                found = self._above(where)
                return (*found, None) if found is not None else None
            case cst.Call(func=cst.Name(value=name)):
                found = self._class(name, where)
                return (*found, (owner, where)) if found is not None else None
            case cst.Attribute() if (member := self._in_module(owner, where)) is not None:
                found = self._class(*member)
                return (*found, None) if found is not None else None
            case cst.Attribute(value=outer, attr=cst.Name(value=name)):
                around = self._class_of(outer, where)
                return self._class_within(name, *around[:2]) if around is not None else None
            case cst.Call(func=cst.Attribute() as function) if (member := self._in_module(function, where)) is not None:
                found = self._class(*member)
                return (*found, (owner, where)) if found is not None else None
        return None

    def _class_within(self, name: str, node: cst.ClassDef, there: Where) -> tuple[cst.ClassDef, Where, None] | None:
        """The plain class that the body of another one defines."""
        for one in self._names(node).bindings.get(name, ()):
            if one.definition is not None and self._is_plain(one.definition, there):
                return one.definition, there, None
        return None

    def _class(self, name: str, where: Where) -> tuple[cst.ClassDef, Where] | None:
        """The plain class of the repository that a name is bound to."""
        found = self._any_class(name, where)
        return found if found is not None and self._is_plain(*found) else None

    def _any_class(self, name: str, where: Where) -> tuple[cst.ClassDef, Where] | None:
        """The class of the repository that a name is bound to; none where imports only lead to each other."""
        met = set[tuple[str, int]]()
        while not isinstance(found := self._resolved(name, where), str):
            key = (name, id(found[1].names))
            bindings = found[1].names.bindings.get(name, [])
            if key in met or len(bindings) != 1:
                return None
            met.add(key)
            one = bindings[0]
            if one.definition is not None:
                return one.definition, found[1].at(None)
            module = self._found(one.origin, found[1]) if one.origin is not None else None
            if one.origin is None or one.origin.name is None or module is None or module.source is None:
                return None
            name, where = one.origin.name, self._module(module.source)
        return None

    def _own_class(self, name: str, where: Where) -> tuple[cst.ClassDef, Where] | None:
        """The class of the method that is being read, for its first parameter."""
        if where.names.parameters[:1] != (name,) or where.source is None or not isinstance(where.node, cst.FunctionDef):
            return None
        there = self._module(where.source)
        owner = there.names.owner(where.node)
        if owner is None or not self._is_plain(owner, there):
            return None
        match where.caller:
            case (cst.Call(func=cst.Attribute(value=cst.Name() | cst.Call() as called_on)), at):
                found = self._once_class(called_on, at)
                if found is not None and any(one is owner for one, _ in self._family(*found)):
                    return found
        return owner, there

    def _above(self, where: Where) -> tuple[cst.ClassDef, Where] | None:
        """The first ancestor of the class of the method that is being read, as `super()` asks it."""
        if where.source is None:
            return None
        there = self._module(where.source)
        owner = there.names.owner(where.node)
        bases = (one.value for one in owner.bases) if owner is not None else ()
        return next(filter(None, (self._base(one, there) for one in bases if isinstance(one, cst.Name))), None)

    def _once_class(self, owner: cst.CSTNode, where: Where) -> tuple[cst.ClassDef, Where] | None:
        """The class of the object that a method is called on; one that is asked while it is looked for is none."""
        key = ("called on", id(owner), id(where.names))
        if key in self._open:
            return None
        self._open.add(key)
        found = self._class_of(owner, where)
        self._open.discard(key)
        return found[:2] if found is not None else None

    def _value_of_call(self, call: cst.Call, where: Where) -> str | None:
        made = super()._value_of_call(call, where)
        if made is None and isinstance(call.func, (cst.Name, cst.Call)):
            called = self._class_of(call.func, where)
            if called is not None and called[2] is not None and (method := self._method(*called[:2], "__call__")):
                return self._called_method(method, call, where)
        return made if made is not None else self._object(call, where)

    def _object(self, call: cst.Call, where: Where) -> str | None:
        """An object of a plain class that Python itself asks for something, as for its text; None where none is made."""
        found = self._class(call.func.value, where) if isinstance(call.func, cst.Name) else None
        if found is None:
            return None
        node, there = found
        special = {
            part.name.value: (part, at)
            for one, at in reversed([*self._family(node, there)])
            for part in body(one)
            if isinstance(part, cst.FunctionDef) and part.name.value.startswith("__")
        }
        said = [
            f"{name} {made}"
            for name, method in sorted(special.items())
            if name not in _MAKING and (made := self._called_method(method, None, where)) is not None
        ]
        if not said:
            return None
        args = ", ".join(self._arguments(call.args, where))
        return self._once((id(node), "object"), lambda: short(f"{node.name.value}({args})<{'; '.join(said)}>"))

    def _is_plain(self, node: cst.ClassDef, where: Where) -> bool:
        """Whether a class is one of values and functions, and no model."""
        for base in node.bases:
            name = base.value.attr.value if isinstance(base.value, cst.Attribute) else getattr(base.value, "value", "")
            if name not in _PLAIN and (not isinstance(base.value, cst.Name) or self._base(base.value, where) is None):
                return False
        return not any(name.startswith("__table") for name, _ in constants(node))

    def _base(self, base: cst.Name, where: Where) -> tuple[cst.ClassDef, Where] | None:
        key = (base.value, id(where.names))
        if key in self._families:
            return None  # a class among its own ancestors
        self._families.add(key)
        found = self._class(base.value, where)
        self._families.discard(key)
        return found

    def _family(self, node: cst.ClassDef, where: Where) -> Iterator[tuple[cst.ClassDef, Where]]:
        """A class and those that it inherits from, as far as they are in sight."""
        yield node, where
        for base in node.bases:
            if isinstance(base.value, cst.Name) and (found := self._base(base.value, where)) is not None:
                yield from self._family(*found)

    def _method(self, node: cst.ClassDef, where: Where, name: str) -> tuple[cst.FunctionDef, Where] | None:
        for one, there in self._family(node, where):
            for part in body(one):
                if isinstance(part, cst.FunctionDef) and part.name.value == name:
                    return part, there
        return None

    def _called_method(self, method: tuple[cst.FunctionDef, Where], call: cst.Call | None, where: Where) -> str | None:
        node, there = method
        names = self._names(node)
        if not names.results:
            return None
        static = any(getattr(one.decorator, "value", "") == "staticmethod" for one in node.decorators)
        inside = Where(names, node, there.source, None, outer=there, bound_arguments=int(not static))
        inside = replace(inside, caller=(call, where)) if call is not None else inside
        return self._once((id(node), "called"), lambda: self._results(inside))

    def _attribute(self, node: cst.ClassDef, where: Where, name: str, calls: _Calls) -> str:
        """A constant of the class, a property, or what its methods set."""
        said: list[str] = []
        for one, there in self._family(node, where):
            said += self._bound_in(one, there, name)
            for decorator in one.decorators:
                function = self._defined(root_of(decorator.decorator) or "", there)
                if function is not None and function[1].outer is not None:
                    said += self._set_by(function[0], function[1].outer, name, {})
            for method in body(one):
                if isinstance(method, cst.FunctionDef):
                    if method.name.value == name:
                        said.append(self._called_method((method, there), None, where) or "")
                    said += self._set_by(method, there, name, calls)
        if not said:
            said += self._asked_for(node, where, name)
        if not said:
            return f"{node.name.value}.{name}"
        return said[0] if len(said) == 1 else short(f"<{'; '.join(said)}>")

    def _asked_for(self, node: cst.ClassDef, where: Where, name: str) -> Iterator[str]:
        """What is asked for a name that no class has: `__getattr__`, and the metaclass."""
        if (method := self._method(node, where, "__getattr__")) is not None:
            yield f"{self._called_method(method, None, where)} {name}"
        for argument in node.keywords:
            if isinstance(argument.value, cst.Name) and (above := self._class(argument.value.value, where)) is not None:
                yield self._attribute(*above, name, {})

    def _bound_in(self, node: cst.ClassDef, there: Where, name: str) -> Iterator[str]:
        """What the body of a class binds a name to: constants, or whatever its loops and conditions make of it."""
        names = self._names(node)
        inside = Where(names, node, there.source, None, outer=there)
        bound = [one for one in names.bindings.get(name, ()) if one.function is None and one.definition is None]
        if all(one.how == "=" and not one.spot.blocks for one in bound):
            for one in bound:
                yield self._of(without_label(one.values[0], node), inside.at(one.spot))
        else:
            yield self._bindings(name, bound, inside)

    def _set_by(self, method: cst.FunctionDef, there: Where, name: str, calls: _Calls) -> Iterator[str]:
        """What a method assigns to an attribute of its object, on each call that is in sight."""
        names = self._names(method)
        own = names.parameters[:1]
        for one in names.bindings.get(own[0], []) if own else []:
            if one.values and re.fullmatch(rf"\.{re.escape(name)}\W+", one.how):
                for caller in calls.get(method.name.value, [None]):
                    inside = Where(names, method, there.source, one.spot, outer=there, caller=caller, bound_arguments=1)
                    value = self._of(one.values[0], inside)
                    yield value if one.how == f".{name}=" else f"{one.how} {value}"


def without_label(value: cst.CSTNode, node: cst.ClassDef) -> cst.CSTNode:
    """The value of a member; one of Django's choices has a label beside it."""
    names = [getattr(getattr(base.value, "attr", base.value), "value", "") for base in node.bases]
    if isinstance(value, cst.Tuple) and value.elements and any(str(name).endswith("Choices") for name in names):
        return value.elements[0].value
    return value


def body(node: cst.ClassDef) -> Iterator[cst.BaseStatement | cst.BaseSmallStatement]:
    yield from node.body.body


def constants(node: cst.ClassDef) -> Iterator[tuple[str, cst.BaseExpression]]:
    """What the body of a class assigns."""
    for line in body(node):
        for part in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            match part:
                case cst.Assign(targets=targets, value=value):
                    yield from ((one.target.value, value) for one in targets if isinstance(one.target, cst.Name))
                case cst.AnnAssign(target=cst.Name(value=name), value=cst.BaseExpression() as value):
                    yield name, value
