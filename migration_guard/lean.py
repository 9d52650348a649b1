"""`dataclass` for classes that are made in a twentieth of the time: half of a short run went into making classes.

The standard one compiles six functions for each class, whether anybody calls them or not. Here one is compiled, when the
first object is made; the others are the same for all classes, and what `dataclasses` keeps of the fields is made when
somebody asks for it. All that `dataclasses` offers works with them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 -- for the type checker they are the same
    from dataclasses import replace as replace  # noqa: PLC0414
else:

    def dataclass(
        cls: type | None = None, /, *, eq: bool = True, frozen: bool = False, slots: bool = False, **how: bool
    ) -> Any:
        """Make a class; what has to be made otherwise is left to `dataclasses`."""

        def make(given: type) -> type:
            if how or any(map(is_special, vars(given).values())):
                return dataclasses.dataclass(eq=eq, frozen=frozen, slots=slots, **how)(given)
            return _made(given, eq=eq, frozen=frozen, slots=slots)

        return make if cls is None else make(cls)

    def replace(one: Any, /, **changes: Any) -> Any:
        """Make an object of a class of these that differs from another one."""
        names = _NAMES.get(one.__class__)
        if names is None:
            names = _NAMES[one.__class__] = tuple(_named(one.__class__))
        return one.__class__(**{name: getattr(one, name) for name in names if name not in changes}, **changes)


_NAMES: dict[type, tuple[str, ...]] = {}
"""The fields of classes, as far as these were asked for."""


def is_special(value: object) -> bool:
    return isinstance(value, dataclasses.Field) and (not value.init or value.kw_only is True)


class _Kept:
    """What `dataclasses` keeps of a class, made when somebody asks for it."""

    def __init__(self, own: dict[str, Any], annotations: dict[str, Any]) -> None:
        self.own = own
        """The fields that the class itself names, each with its default, or with what `field` gave."""
        self._annotations = annotations
        self.of: Any = None
        self._fields: dict[str, Any] | None = None

    def __get__(self, _instance: object, _owner: object) -> dict[str, Any]:
        if self._fields is None:
            fields: dict[str, Any] = {}
            for one in reversed(self.of.__mro__[1:]):
                fields |= getattr(one, "__dataclass_fields__", {})
            self._fields = fields | self._model().__dataclass_fields__
        return self._fields

    def _model(self) -> Any:
        """Make a class by the standard, of the fields alone."""
        given = {name: value for name, value in self.own.items() if value is not dataclasses.MISSING}
        said = {"__annotations__": self._annotations, "__module__": self.of.__module__, "__doc__": "-", **given}
        return dataclasses.dataclass(init=False, repr=False, eq=False)(type(self.of.__name__, (), said))


@dataclasses.dataclass(init=False, repr=False, eq=False, frozen=True)
class _Frozen:
    """A class whose parameters are those of all that are frozen."""


@dataclasses.dataclass(init=False, repr=False, eq=False)
class _Open:
    """A class whose parameters are those of all that are not."""


def _made(given: type, *, eq: bool, frozen: bool, slots: bool) -> type:
    own = vars(given)
    annotations = {name: said for name, said in given.__annotations__.items() if not _is_of_class(said)}
    fields = {name: own.get(name, dataclasses.MISSING) for name in annotations}
    for name, default in fields.items():
        if not isinstance(default, dataclasses.Field) and type(default).__hash__ is None:
            raise ValueError(f"mutable default {type(default)} for field {name}: use default_factory")
    kept = _Kept(fields, annotations)
    more = {"__dataclass_fields__": kept, **_methods(own, eq=eq, frozen=frozen, slots=slots)}
    more["__dataclass_params__"] = vars(_Frozen if frozen else _Open)["__dataclass_params__"]
    cls = kept.of = _slotted(given, fields, more) if slots else _filled(given, fields, more)
    if "__match_args__" not in own:
        setattr(cls, "__match_args__", tuple(_named(cls)))  # noqa: B010 -- mypy takes it for a statement about this place
    return cls  # type: ignore[no-any-return]  # it was made of a type


def _methods(own: Mapping[str, Any], *, eq: bool, frozen: bool, slots: bool) -> dict[str, Any]:
    """Give the methods that a class gets, but for those that it has."""
    methods: dict[str, Any] = {"__init__": first, "__repr__": _repr}
    if slots:
        methods |= {"__getstate__": _state, "__setstate__": _set_state}
    if eq:
        methods |= {"__eq__": _equal, "__hash__": _hash if frozen else None}
    has = set(own)
    if "__eq__" in own and own["__hash__"] is None:
        has.discard("__hash__")  # what Python puts where a class says what equals it
    given = {name: method for name, method in methods.items() if name not in has}
    return given | ({"__setattr__": refuse_setting, "__delattr__": refuse_deleting} if frozen else {})


def _slotted(given: Any, fields: Mapping[str, Any], more: Mapping[str, Any]) -> Any:
    """Make the class anew, with slots."""
    there = {slot for one in given.__mro__[1:] for slot in vars(one).get("__slots__", ())}
    left = {*fields, "__dict__", "__weakref__"}
    own = {name: value for name, value in vars(given).items() if name not in left}
    cls = type(given)(
        given.__name__, given.__bases__, {**own, **more, "__slots__": tuple(n for n in fields if n not in there)}
    )
    cls.__qualname__ = given.__qualname__
    return cls


def _filled(given: Any, fields: Mapping[str, Any], more: Mapping[str, Any]) -> Any:
    """Give the class what it lacks."""
    for name, stated in fields.items():
        if isinstance(stated, dataclasses.Field):
            if stated.default is dataclasses.MISSING:
                delattr(given, name)
            else:
                setattr(given, name, stated.default)
    for name, value in more.items():
        setattr(given, name, value)
    return given


def _is_of_class(annotation: object) -> bool:
    """Whether what is annotated so belongs to the class. All of our annotations are text."""
    return str(annotation).startswith(("ClassVar", "typing.ClassVar"))


_MADE_SLOWLY = 8
"""Objects of a class until a function is compiled that makes them: of most classes, few are made in a short run."""


class _Plan:
    """How the first objects of a class are made."""

    def __init__(self, cls: Any) -> None:
        self.cls = cls
        self.fields = _named(cls)
        self.names = tuple(self.fields)
        self.finishes = hasattr(cls, "__post_init__")
        self.made = 0

    def fill(self, one: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> bool:
        """Set the fields of an object, unless something is wrong with what is given, or it is time for better."""
        self.made += 1
        values = dict(zip(self.names, arguments))
        if self.made > _MADE_SLOWLY or len(arguments) > len(self.names) or not values.keys().isdisjoint(named):
            return False
        values |= named
        for name, stated in self.fields.items():
            if name not in values:
                if isinstance(stated, dataclasses.Field) and stated.default_factory is not dataclasses.MISSING:
                    values[name] = stated.default_factory()
                else:
                    values[name] = stated.default if isinstance(stated, dataclasses.Field) else stated
                if values[name] is dataclasses.MISSING:
                    return False
        if len(values) > len(self.names):
            return False
        for name in self.names:
            object.__setattr__(one, name, values[name])
        return True


_PLANS: dict[Any, _Plan] = {}


def first(self: Any, *arguments: Any, **named: Any) -> None:
    """Make the first objects of a class, and then the function that makes the others."""
    cls: Any = next(one for one in type(self).__mro__ if vars(one).get("__init__") is first)
    plan = _PLANS.get(cls)
    if plan is None:
        plan = _PLANS[cls] = _Plan(cls)
    if not plan.fill(self, arguments, named):
        cls.__init__ = make = _init(cls)
        make(self, *arguments, **named)
    elif plan.finishes:
        self.__post_init__()


def _named(cls: Any) -> dict[str, Any]:
    """Give the fields of a class, each with its default or with a Field; those of the classes before it come first."""
    fields: dict[str, Any] = {}
    for one in reversed(cls.__mro__):
        kept = vars(one).get("__dataclass_fields__")
        if kept is not None:
            fields |= kept.own if isinstance(kept, _Kept) else {field.name: field for field in dataclasses.fields(one)}
    return fields


def _init(cls: Any) -> Any:
    """Compile what sets the fields. A class that is made here names no field that is not an identifier.

    What is frozen is filled while it is of a class that is not: to go round its own refusal costs more for each field.
    """
    missing = dataclasses.MISSING
    known: dict[str, Any] = {"missing_": missing}
    parameters, body = ["self"], []
    for name, stated in _named(cls).items():
        value, default = name, stated
        factory: Any = missing
        if isinstance(stated, dataclasses.Field):
            default, factory = stated.default, stated.default_factory
        if default is not missing:
            known[f"default_{name}"] = default
            parameters.append(f"{name}=default_{name}")
        elif factory is not missing:
            known[f"make_{name}"] = factory
            parameters.append(f"{name}=missing_")
            value = f"make_{name}() if {name} is missing_ else {name}"
        else:
            parameters.append(name)
        body.append(f" self.{name} = {value}")
    if cls.__setattr__ is not object.__setattr__:
        known |= {"class_": cls, "open_": _open(cls), "opened_": _open, "become_": object.__dict__["__class__"].__set__}
        opens = (" own_ = self.__class__", " become_(self, open_ if own_ is class_ else opened_(own_))")
        body = [*opens, *body, " self.__class__ = own_"]
    if hasattr(cls, "__post_init__"):
        body.append(" self.__post_init__()")
    exec(f"def __init__({', '.join(parameters)}):\n" + "\n".join(body or [" pass"]), known)  # noqa: S102 -- as dataclasses
    known["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
    return known["__init__"]


def _open(cls: Any) -> Any:
    """A class whose objects are laid out as those of another one, and can be changed."""
    known = _TWINS.get(cls)
    if known is None:
        laid_out = {name: value for name, value in vars(cls).items() if name in ("__slots__", "__orig_bases__")}
        known = _TWINS[cls] = type(cls)(cls.__name__, cls.__bases__, {**laid_out, "__setattr__": object.__setattr__})
    return known


_TWINS: dict[type, Any] = {}


def _compared(cls: Any) -> Any:
    """What gives the fields that count in comparisons, as a tuple or alone."""
    known = _GETTERS.get(cls)
    if known is None:
        names = [name for name, one in _named(cls).items() if not isinstance(one, dataclasses.Field) or one.compare]
        known = _GETTERS[cls] = attrgetter(*names) if names else lambda _: ()
    return known


_GETTERS: dict[type, Any] = {}


def _equal(self: Any, other: object) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    fields = _compared(self.__class__)
    return fields(self) == fields(other)


def _hash(self: Any) -> int:
    return hash(_compared(self.__class__)(self))


def _repr(self: Any) -> str:
    shown = (f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr)
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


def _state(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


def refuse_setting(_self: object, name: str, _value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def refuse_deleting(_self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
