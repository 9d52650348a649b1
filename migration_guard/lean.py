"""`dataclass` for frozen classes with slots, made in a fifth of the time: half of a short run went into making classes.

The standard one compiles six functions for each class, whether anybody calls them or not. Here one is compiled, when the
first object is made; the others are the same for all classes. All that `dataclasses` offers works with them.
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

    def dataclass(cls: type | None = None, /, *, eq: bool = True, **how: bool) -> Any:
        """Make a frozen class with slots; what is made otherwise is left to `dataclasses`."""

        def make(given: type) -> type:
            plain = how == {"frozen": True, "slots": True} and not any(map(_is_special, vars(given).values()))
            return _made(given, eq=eq) if plain else dataclasses.dataclass(eq=eq, **how)(given)

        return make if cls is None else make(cls)


@contextmanager
def hurried() -> Iterator[None]:
    """Within it, the frozen classes of libcst's nodes are made so, too, when it is imported: of 300 ms, 180 go there.

    What they are and do is the same. Only for a process of ours in which nothing else is imported at that moment.
    """
    standard: Any = dataclasses.dataclass

    def instead(cls: type | None = None, /, **how: Any) -> Any:
        def make(given: type) -> type:
            plain = how == {"frozen": True} and given.__module__.startswith("libcst._nodes.")
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


def _made(given: type, *, eq: bool) -> type:
    own = vars(given)
    cls: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(given)
    methods = {"__init__": _first, "__repr__": _repr, "__getstate__": _state, "__setstate__": _set_state}
    methods |= {"__eq__": _equal, "__hash__": _hash} if eq else {}
    for name, method in methods.items():
        if name not in own:
            setattr(cls, name, method)
    cls.__setattr__, cls.__delattr__ = _refuse_setting, _refuse_deleting
    return cls  # type: ignore[no-any-return]  # it was made of a type


def _first(self: Any, *arguments: Any, **named: Any) -> None:
    """Make the first object of a class, and the function that makes the others."""
    cls: Any = next(one for one in type(self).__mro__ if "__init__" in vars(one))
    cls.__init__ = make = _init(cls)
    make(self, *arguments, **named)


def _init(cls: Any) -> Any:
    """Compile what sets the fields. A class that is made here names no field that is not an identifier."""
    known: dict[str, Any] = {"set_": object.__setattr__, "missing": dataclasses.MISSING}
    parameters, body = ["self"], []
    for field in dataclasses.fields(cls):
        name, value = field.name, field.name
        if field.default is not dataclasses.MISSING:
            known[f"default_{name}"] = field.default
            parameters.append(f"{name}=default_{name}")
        elif field.default_factory is not dataclasses.MISSING:
            known[f"make_{name}"] = field.default_factory
            parameters.append(f"{name}=missing")
            value = f"make_{name}() if {name} is missing else {name}"
        else:
            parameters.append(name)
        body.append(f" set_(self, {name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        body.append(" self.__post_init__()")
    exec(f"def __init__({', '.join(parameters)}):\n" + "\n".join(body or [" pass"]), known)  # noqa: S102 -- as dataclasses
    known["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
    return known["__init__"]


def _compared(cls: Any) -> Any:
    """What gives the fields that count in comparisons, as a tuple or alone."""
    known = _GETTERS.get(cls)
    if known is None:
        names = [field.name for field in dataclasses.fields(cls) if field.compare]
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
