"""`re.sub(pattern, function, text)`: the function is called with each match, and what it gives stands in its place."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from migration_guard.interpreter.real import MAX_VERSIONS, Known, NotKnown, real
from migration_guard.interpreter.text import Text, as_text, concatenated
from migration_guard.interpreter.values import Constant, Value
from migration_guard.libraries.standard import pure

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call

_NO_FLAGS = Constant(0)


def _of_module(call: Call) -> Value | None:
    given = call.argument(1, "repl"), call.argument(2, "string"), call.argument(3, "count")
    return _substituted(call.argument(0, "pattern"), given, call, call.argument(4, "flags") or _NO_FLAGS)


def method_of_known(value: Known, name: str, call: Call) -> Value:
    """`pattern.sub(function, text)`, and what other methods of objects of Python's library compute."""
    found = None
    if name == "sub" and isinstance(value.held, re.Pattern):
        given = call.argument(0, "repl"), call.argument(1, "string"), call.argument(2, "count")
        found = _substituted(value, given, call)
    return found if found is not None else pure.method_of_known(value, name, call)


def _substituted(
    pattern: Value | None, given: tuple[Value | None, ...], call: Call, flags: Value = _NO_FLAGS
) -> Value | None:
    """The text with what the function gives; None where not all is known, or no function is given."""
    function, text, count = given
    known = isinstance(text, Text) and text.known and not text.binary
    if call.open or pattern is None or function is None or not known or not function.callable_in_sight:
        return None
    assert isinstance(text, Text)
    try:
        limit = real(count) if count is not None else 0
        matches = pure.matches(real(pattern), str(text), real(flags), limit)
    except NotKnown:
        return None
    if len(matches) > MAX_VERSIONS:
        return None
    parts: list[Value] = []
    end = 0
    for match in matches:
        made = call.machine.call(function, call.with_arguments((Known(match, (text,)),), {}))
        parts += [text.slice(end, match.start()), made]
        end = match.end()
    return call.machine.combine(lambda *held: concatenated(map(as_text, held)), *parts, text.slice(end, len(str(text))))


CALLS: dict[str, Callable[[Call], Value | None]] = {"re.sub": _of_module}
