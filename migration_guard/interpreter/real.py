"""Values that are wholly known, and what Python has in their place.

What only computes is given the real things and run: Python's own functions, never code of the migration. Where anything is
unknown, or a result would be large, the answer is NotKnown, or None: what asked then gives a hole or an unknown value.
"""

from __future__ import annotations

import datetime as dt
import decimal
import fractions
import re
import string
import uuid
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, product
from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.text import MAX_CHARACTERS_MADE, Piece, Text
from migration_guard.interpreter.values import NONE, Constant, Method, Unknown, Value, join
from migration_guard.lean import dataclass

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

MAX_VERSIONS = 16
"""Combinations of alternatives that are computed one by one; the rest is unknown."""
MAX_WIDTH = 10_000
"""A number that is given to a function: widths, counts and sizes beyond are taken as unknown."""
MAX_DIGITS = 10**12
MAX_EXPONENT = 100
MAX_HELD = 500
"""Elements of a result."""
MAX_DEPTH = 6


class NotKnown(Exception):
    """Something is not known, or not computed here."""


@dataclass(frozen=True, slots=True, eq=False)
class Known(Value):
    """An object of Python's library that is wholly known and never changes: a pattern, a match, a date."""

    held: object
    sources: tuple[Text, ...] = ()
    """The texts that it was made of: what it gives may stand there."""

    inert = True

    @property
    def key(self) -> object:
        return (type(self.held), repr(self.held))

    @property
    def truth(self) -> bool | None:
        return bool(self.held)

    def attribute(self, name: str, machine: Machine) -> Value:
        return Method(self, name) if callable(getattr(type(self.held), name, None)) else self._given(name)

    def _given(self, name: str) -> Value:
        if name.startswith("_"):
            return Unknown(name)
        try:
            return unreal(getattr(self.held, name), self.sources)
        except (NotKnown, AttributeError):
            return Unknown(name)

    def method(self, name: str, call: Call) -> Value:
        return call.machine.libraries.known_method(self, name, call)

    def operated(self, operator: str, other: Value, call: Call) -> Value | None:
        function = getattr(type(self.held), operator, None)
        if function is None or "pow" in operator:
            return None
        return computed(function, call.with_arguments((self, other), {}))

    def item(self, key: Value) -> Value:
        try:
            return unreal(self.held[real(key)], self.sources)  # type: ignore[index]
        except (NotKnown, TypeError, KeyError, IndexError):
            return Unknown()


KNOWN = (
    re.Pattern,
    re.Match,
    string.Template,
    dt.date,
    dt.time,
    dt.timedelta,
    dt.timezone,
    decimal.Decimal,
    fractions.Fraction,
    uuid.UUID,
)


def real(value: Value, depth: int = MAX_DEPTH) -> object:
    """What Python would have in the place of a value. Raises NotKnown."""
    match value:
        case Text() if value.known:
            return _bytes(str(value)) if value.binary else str(value)
        case Constant(value=known):
            return known
        case Known(held=known):
            return known
        case Sequence() if depth and value.rest is None and not value.from_rows:
            return _of_kind(value.kind, [real(one, depth - 1) for one in value.known])
        case Mapping() if depth and value.whole and not value.from_rows and value.default is None:
            return {_hashable(real(key, depth - 1)): real(one, depth - 1) for key, one in value.known.values()}
    raise NotKnown


def _of_kind(kind: str, held: Iterable[object]) -> object:
    return list(held) if kind in ("list", "iterator") else tuple(held) if kind == "tuple" else set(map(_hashable, held))


def _bytes(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:  # an escape that a literal of bytes does not have
        raise NotKnown from None


def _hashable(value: object) -> object:
    try:
        hash(value)
    except TypeError:
        raise NotKnown from None
    return value


def versions(value: Value, depth: int = MAX_DEPTH) -> Iterator[object]:
    """What Python may have in the place of a value: of each alternative in it one version. Raises NotKnown."""
    for option in value.alternatives():
        match option:
            case Sequence() if depth and option.rest is None and not option.from_rows:
                for held in product(*(_some_versions(one, depth - 1) for one in option.known)):
                    yield _of_kind(option.kind, held)
            case _:
                yield real(option, depth)


def _some_versions(value: Value, depth: int = MAX_DEPTH) -> list[object]:
    """As many as are computed, and one more where there are more: it tells that the rest is unknown."""
    return list(islice(versions(value, depth), MAX_VERSIONS + 1))


def unreal(result: object, sources: Iterable[Text] = (), depth: int = MAX_DEPTH) -> Value:
    """The value of a result; a text that stands in one of the sources keeps its place. Raises NotKnown."""
    match result:
        case str():
            return _text(result, sources)
        case bytes():
            text = _text(result.decode("latin-1"), sources)
            return Text(text.pieces, text.from_rows, binary=True)
        case None:
            return NONE
        case bool() | int() | float():
            if isinstance(result, int) and abs(result) >= MAX_DIGITS:
                raise NotKnown
            return Constant(result)
        case dict() if depth and len(result) <= MAX_HELD:
            made = Mapping()
            for key, one in result.items():
                made.set_item(unreal(key, sources, depth - 1), unreal(one, sources, depth - 1), rows=False)
            return made
        case list() | tuple() if depth and len(result) <= MAX_HELD:
            kind = "list" if isinstance(result, list) else "tuple"
            return Sequence([unreal(one, sources, depth - 1) for one in result], kind=kind)
        case set() | frozenset() if depth and len(result) <= MAX_HELD:
            return Sequence([unreal(one, sources, depth - 1) for one in sorted(result, key=repr)], kind="set")
        case decimal.Decimal() if not result.is_finite() or abs(result.adjusted()) > MAX_EXPONENT:
            raise NotKnown
        case _ if isinstance(result, KNOWN):
            return Known(result, tuple(sources))
    raise NotKnown


def _text(result: str, sources: Iterable[Text]) -> Text:
    if len(result) > MAX_CHARACTERS_MADE:
        raise NotKnown
    for source in sources if result.strip() else ():
        begin = str(source).find(result)
        if begin >= 0:
            return source.slice(begin, begin + len(result))
    return Text((Piece(result, computed=True),))


def computed(function: Callable[..., object], call: Call, *before: Value) -> Value | None:
    """What a function gives for what stands `before` and what the call is given; None where that is not known."""
    if call.open:
        return None
    given = (*before, *call.positional)
    names = list(call.named)
    try:
        every = [_some_versions(value) for value in (*given, *call.named.values())]
        sources = [text for value in (*given, *call.named.values()) for text in texts_in(value)]
        made: list[Value] = []
        for chosen in islice(product(*every), MAX_VERSIONS + 1):
            if len(made) == MAX_VERSIONS:
                made.append(Unknown())
                break
            named = dict(zip(names, chosen[len(given) :]))
            made.append(unreal(_safely(function, chosen[: len(given)], named), sources))
    except NotKnown:
        return None
    return join(made) if made else None


def _safely(function: Callable[..., object], given: Iterable[object], named: dict[str, object]) -> object:
    arguments = [*given]
    for one in (*arguments, *named.values()):
        if isinstance(one, int) and abs(one) > MAX_WIDTH and not _takes_numbers(function):
            raise NotKnown
    try:
        return function(*arguments, **named)
    except (NotKnown, RecursionError):
        raise NotKnown from None
    except Exception:  # noqa: BLE001 -- what Python says to these arguments, the migration would be told: it ends there
        raise NotKnown from None


def texts_in(value: Value, depth: int = 3) -> Iterator[Text]:
    """The texts that a value is or holds."""
    for option in value.alternatives():
        match option:
            case Text():
                yield option
            case Sequence() if depth:
                for one in option.known:
                    yield from texts_in(one, depth - 1)
            case Mapping() if depth:
                for key, one in option.known.values():
                    yield from texts_in(key, depth - 1)
                    yield from texts_in(one, depth - 1)


_ANY_NUMBER: set[object] = {abs, len, bool, repr, hex, float, round, str, dt.datetime, dt.date, dt.timedelta}


def takes_any_number(function: Callable[..., object]) -> Callable[..., object]:
    """Say that large numbers make no large result of a function."""
    _ANY_NUMBER.add(function)
    return function


def _takes_numbers(function: Callable[..., object]) -> bool:
    try:
        return function in _ANY_NUMBER
    except TypeError:
        return False


# --- In text ---------------------------------------------------------------------------------------------------------

WIDE = re.compile(r"\d{5}|[{.\[]__|\}\}*\{")
"""In a format: a width of five digits, or a way into the interpreter's own objects."""


def formatted(value: object, spec: str) -> str:
    """`format(value, spec)`. Raises NotKnown."""
    if WIDE.search(spec):
        raise NotKnown
    try:
        return format(value, spec)
    except (TypeError, ValueError, OverflowError):
        raise NotKnown from None
