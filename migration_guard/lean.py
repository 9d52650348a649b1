"""`dataclass` for classes with slots, made in a twentieth of the time: half of a short run went into making classes.

The standard one compiles six functions for each class, whether anybody calls them or not. Here one is compiled, when the
first object is made; the others are the same for all classes, and what `dataclasses` keeps of the fields is made when
somebody asks for it. All that `dataclasses` offers works with them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 -- for the type checker they are the same
else:

    def dataclass(cls: type | None = None, /, *, eq: bool = True, frozen: bool = False, **how: bool) -> Any:
        """Make a class with slots; what is made otherwise is left to `dataclasses`."""

        def make(given: type) -> type:
            if how == {"slots": True} and not any(map(_is_special, vars(given).values())):
                return _made(given, eq=eq, frozen=frozen)
            return dataclasses.dataclass(eq=eq, frozen=frozen, **how)(given)

        return make if cls is None else make(cls)


@contextmanager
def hurried() -> Iterator[None]:
    """Within it, the frozen classes of libcst are made so, too, when it is imported: of 300 ms, 180 go there.

    What they are and do is the same. Only for a process of ours in which nothing else is imported at that moment.
    """
    standard: Any = dataclasses.dataclass

    def instead(cls: type | None = None, /, **how: Any) -> Any:
        def make(given: type) -> type:
            plain = how == {"frozen": True} and given.__module__.startswith("libcst.")
            return _hurried(given, standard) if plain else standard(**how)(given)

        return make if cls is None else make(cls)

    dataclasses.dataclass = instead
    try:
        yield
    finally:
        dataclasses.dataclass = standard


def _hurried(given: type, standard: Any) -> type:
    doc, own = given.__doc__, vars(given)
    if any(map(_is_special, own.values())):
        return standard(frozen=True)(given)  # type: ignore[no-any-return]  # it was made of a type
    given.__doc__ = doc or "-"  # else one is made of the signature, which takes longer than all the rest
    cls: Any = standard(init=False, repr=False, eq=False)(given)
    given.__doc__ = doc
    if "__init__" not in own:
        cls.__init__ = _first
    cls.__setattr__, cls.__delattr__ = _refuse_setting, _refuse_deleting
    return cls  # type: ignore[no-any-return]  # it was made of a type


def _is_special(value: object) -> bool:
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


def _made(given: type, *, eq: bool, frozen: bool) -> type:
    own = dict(vars(given))
    annotations = {name: said for name, said in given.__annotations__.items() if not _is_of_class(said)}
    fields = {name: own.pop(name, dataclasses.MISSING) for name in annotations}
    for name, default in fields.items():
        if not isinstance(default, dataclasses.Field) and type(default).__hash__ is None:
            raise ValueError(f"mutable default {type(default)} for field {name}: use default_factory")
    there = {slot for one in given.__mro__[1:] for slot in vars(one).get("__slots__", ())}
    own["__slots__"] = tuple(name for name in fields if name not in there)
    own.pop("__dict__", None)
    own.pop("__weakref__", None)
    kept = own["__dataclass_fields__"] = _Kept(fields, annotations)
    own["__dataclass_params__"] = vars(_Frozen if frozen else _Open)["__dataclass_params__"]
    methods: dict[str, Any] = {
        "__init__": _first,
        "__repr__": _repr,
        "__getstate__": _state,
        "__setstate__": _set_state,
    }
    if eq:
        if "__eq__" in own and own["__hash__"] is None:
            del own["__hash__"]  # what Python puts where a class says what equals it
        methods |= {"__eq__": _equal, "__hash__": _hash if frozen else None}
    for name, method in methods.items():
        own.setdefault(name, method)
    if frozen:
        own["__setattr__"], own["__delattr__"] = _refuse_setting, _refuse_deleting
    cls: Any = type(given)(given.__name__, given.__bases__, own)
    cls.__qualname__ = given.__qualname__
    kept.of = cls
    if "__match_args__" not in own:
        setattr(cls, "__match_args__", tuple(_named(cls)))  # noqa: B010 -- mypy takes it for a statement about this place
    return cls  # type: ignore[no-any-return]  # it was made of a type


def _is_of_class(annotation: object) -> bool:
    """Whether what is annotated so belongs to the class. All of our annotations are text."""
    return str(annotation).startswith(("ClassVar", "typing.ClassVar"))


def _first(self: Any, *arguments: Any, **named: Any) -> None:
    """Make the first object of a class, and the function that makes the others."""
    cls: Any = next(one for one in type(self).__mro__ if "__init__" in vars(one))
    cls.__init__ = make = _init(cls)
    make(self, *arguments, **named)


def _named(cls: Any) -> dict[str, Any]:
    """Give the fields of a class, each with its default or with a Field; those of the classes before it come first."""
    fields: dict[str, Any] = {}
    for one in reversed(cls.__mro__):
        kept = vars(one).get("__dataclass_fields__")
        if kept is not None:
            fields |= kept.own if isinstance(kept, _Kept) else {field.name: field for field in dataclasses.fields(one)}
    return fields


def _init(cls: Any) -> Any:
    """Compile what sets the fields. A class that is made here names no field that is not an identifier."""
    missing = dataclasses.MISSING
    known: dict[str, Any] = {"set_": object.__setattr__, "missing": missing}
    sets = " self.{0} = {1}" if cls.__setattr__ is object.__setattr__ else " set_(self, {0!r}, {1})"
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
            parameters.append(f"{name}=missing")
            value = f"make_{name}() if {name} is missing else {name}"
        else:
            parameters.append(name)
        body.append(sets.format(name, value))
    if hasattr(cls, "__post_init__"):
        body.append(" self.__post_init__()")
    exec(f"def __init__({', '.join(parameters)}):\n" + "\n".join(body or [" pass"]), known)  # noqa: S102 -- as dataclasses
    known["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
    return known["__init__"]


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


def _refuse_setting(_self: object, name: str, _value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_deleting(_self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
