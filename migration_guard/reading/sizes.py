"""Which number a LIMIT is given with the statement that it stands in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.text import plain
from migration_guard.interpreter.values import Constant, Value
from migration_guard.later import re

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call

_NAMED = re.compile(r":(\w+)|%\((\w+)\)s")
_NUMBERED = re.compile(r"\$(\d+)")
_LIMIT = re.compile(r"\b(?:LIMIT|FETCH\s+(?:FIRST|NEXT))\s+(%s|\?)", re.IGNORECASE)


def numbers(call: Call, text: str, limit: str | None) -> Iterator[int]:
    """What the placeholder of a LIMIT may stand for when a call executes the text; nothing where that is not known."""
    given = _given(call, text, limit) if limit is not None else None
    for option in given.alternatives() if given is not None else ():
        if isinstance(option, Constant) and isinstance(option.value, int) and not isinstance(option.value, bool):
            yield option.value


def _given(call: Call, text: str, limit: str) -> Value | None:
    values = call.argument(1, "parameters", "params", "args", "vars")
    if (named := _NAMED.fullmatch(limit)) is not None:
        name = named[1] or named[2]
        if isinstance(values, Mapping):
            return values.item(plain(name))
        return call.named.get(name)
    if (numbered := _NUMBERED.fullmatch(limit)) is not None:
        index = int(numbered[1])
        return call.positional[index] if index < len(call.positional) else None
    text = text.replace("%%", "  ")  # as psycopg has it, a percent sign
    places = list(_LIMIT.finditer(text))
    elements = values.elements() if isinstance(values, Sequence) else None
    if limit not in {"%s", "?"} or len(places) != 1 or elements is None:
        return None
    index = text.count(limit, 0, places[0].start(1))
    return elements[index] if index < len(elements) else None
