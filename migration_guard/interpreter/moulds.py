"""What a call made, kept so that a call which is not followed again makes another one like it.

A list is changed by whoever has it. So two calls that are alike must not give the same one: of lists and dictionaries is kept
what they held at the end of the call, of which new ones are made. What holds anything else that the call made is not kept.
"""

from __future__ import annotations

from migration_guard.interpreter.collections import Elements, Entries, Mapping, Sequence
from migration_guard.interpreter.flow import Store
from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.values import Choice, Value, join
from migration_guard.lean import dataclass, replace

MAX_PARTS = 100
"""Parts of a result that are made again; following the call is hardly dearer than more."""


def is_new(content: object, born: int) -> bool:
    """Whether something holds what was made since: it would be shared by two calls that each made their own."""
    if isinstance(content, Choice):
        return any(is_new(option, born) for option in content.options)
    if isinstance(content, Store):
        return content.born > born
    if isinstance(content, Function):
        return content.scope.born > born or (content.bound is not None and is_new(content.bound, born))
    held = getattr(content, "known", None)
    if isinstance(held, tuple):
        return any(is_new(value, born) for value in held)
    if isinstance(held, dict):
        return any(is_new(value, born) for _, value in held.values())
    return isinstance(content, Value) and content.is_made


class Mould:
    """Makes a value."""

    __slots__ = ()

    def cast(self) -> Value:
        raise NotImplementedError


@dataclass(frozen=True, slots=True, eq=False)
class _Same(Mould):
    """Nothing that the call made."""

    value: Value

    def cast(self) -> Value:
        return self.value


@dataclass(frozen=True, slots=True, eq=False)
class _Any(Mould):
    """One of several."""

    options: tuple[Mould, ...]

    def cast(self) -> Value:
        return join(option.cast() for option in self.options)


@dataclass(frozen=True, slots=True, eq=False)
class _Sequence(Mould):
    kind: str
    batches: bool
    held: Elements
    known: tuple[Mould, ...]
    rest: Mould | None

    def cast(self) -> Value:
        made = Sequence(batches=self.batches, kind=self.kind)
        known = tuple(one.cast() for one in self.known)
        made.write(
            "elements", replace(self.held, known=known, rest=self.rest.cast() if self.rest is not None else None)
        )
        return made


@dataclass(frozen=True, slots=True, eq=False)
class _Mapping(Mould):
    held: Entries
    known: dict[object, Mould]
    rest: Mould | None
    default: Value | None

    def cast(self) -> Value:
        made = Mapping(default=self.default)
        known = {key: (self.held.known[key][0], value.cast()) for key, value in self.known.items()}
        made.write("entries", replace(self.held, known=known, rest=self.rest.cast() if self.rest is not None else None))
        return made


class Moulding:
    """Takes the mould of a result: of nothing twice in it, since there it would be the same thing."""

    def __init__(self, born: int) -> None:
        self._born = born
        """What is older is not made by the call."""
        self._met: set[int] = set()

    def of(self, value: Value) -> Mould | None:
        """A mould; None where there is none."""
        if not is_new(value, self._born):
            return _Same(value)
        if id(value) in self._met or len(self._met) >= MAX_PARTS:
            return None
        self._met.add(id(value))
        if isinstance(value, Choice):
            options = self._every(value.options)
            return _Any(options) if options is not None else None
        if type(value) is Sequence:
            return self._sequence(value)
        return self._mapping(value) if type(value) is Mapping else None

    def _every(self, values: tuple[Value, ...]) -> tuple[Mould, ...] | None:
        found: list[Mould] = []
        for value in values:
            mould = self.of(value)
            if mould is None:
                return None
            found.append(mould)
        return tuple(found)

    def _sequence(self, value: Sequence) -> Mould | None:
        held = value.content
        parts = self._every((*held.known, held.rest) if held.rest is not None else held.known)
        if parts is None:
            return None
        size = len(held.known)
        return _Sequence(value.kind, value.batches, held, parts[:size], parts[size] if held.rest is not None else None)

    def _mapping(self, value: Mapping) -> Mould | None:
        held = value.content
        inner = tuple(one for _, one in held.known.values())
        others = [*(key for key, _ in held.known.values()), *filter(None, (held.keys, value.default))]
        parts = self._every((*inner, held.rest) if held.rest is not None else inner)
        if parts is None or any(is_new(one, self._born) for one in others):
            return None
        known = dict(zip(held.known, parts))
        return _Mapping(held, known, parts[len(inner)] if held.rest is not None else None, value.default)
