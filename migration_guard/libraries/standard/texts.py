"""Methods of text: where each character stands is kept, where a result is a part of what stands somewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.formatting import format_text
from migration_guard.interpreter.real import computed
from migration_guard.interpreter.text import MAX_CHARACTERS_MADE, Text, as_text, concatenated, hole
from migration_guard.interpreter.values import UNKNOWN, Constant, Method, Unknown, Value, join
from migration_guard.later import re
from migration_guard.libraries.standard import pure
from migration_guard.libraries.standard.iteration import first

if TYPE_CHECKING:
    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine

_OF_STATEMENTS = frozenset(
    {"bindparams", "params", "columns", "execution_options", "execute_if", "against", "as_string", "read", "label"}
)
"""Methods of SQLAlchemy's TextClause and psycopg's Composable, which give the statement back."""
_FIRST_WORD = re.compile(r"\s*\w+\s")


def text_attribute(value: Text, name: str) -> Value:
    """`"…".format`, kept for later."""
    if pure.text_method(name) is not None:
        return Method(value, name)
    return Unknown(name, from_rows=value.from_rows)


def text_method(value: Text, name: str, call: Call) -> Value:
    """`"…".name(…)`."""
    match name:
        case "format":
            return _formatted(value, call)
        case "format_map" if isinstance(first(call), Mapping):
            given = first(call)
            assert isinstance(given, Mapping)
            named = {str(key): item for key, item in given.known.values()}
            given.special("__missing__", UNKNOWN)
            return _formatted(value, call.with_arguments((), named))
        case "format_map":
            first(call).item(UNKNOWN)
            first(call).special("__missing__", UNKNOWN)
        case "join":
            return _joined(value, first(call), call.machine)
        case "upper" | "lower" if not call.arguments:
            return value.cased(name)
        case "replace" if len(call.positional) == 2:
            old, new = call.positional
            return call.machine.combine(lambda a, b: _replaced(value, a, b), old, new)
        case "strip" | "lstrip" | "rstrip" | "removeprefix" | "removesuffix":
            return (
                call.machine.combine(lambda given: _stripped(value, name, given), call.argument(0) or UNKNOWN)
                if (call.arguments)
                else value.stripped(name, None)
            )
        case "split" | "rsplit" | "splitlines" | "partition" | "rpartition":
            return _parted(value, name, call)
        case "encode" | "decode":
            return _coded(value, name, call)
    if name in _OF_STATEMENTS:
        return value
    function = pure.text_method(name)
    if function is None:
        return Unknown(name, from_rows=value.from_rows)
    found = computed(function, call, value) if value.known else None
    if found is not None:
        return found
    return doubtful(value) if name in _GIVE_TEXT else Unknown(name, from_rows=value.from_rows)


_GIVE_TEXT = frozenset(
    "capitalize casefold center expandtabs format format_map ljust lower replace rjust swapcase title translate upper "
    "zfill".split()
)


def doubtful(value: Text) -> Text:
    """A text that something unknown was done to: its first word is taken to be still there."""
    begins = _FIRST_WORD.match(str(value.slice(0, len(value.pieces[0].value)))) if value.pieces else None
    if begins is None or value.pieces[0].hole:
        return hole("text", from_rows=value.from_rows)
    return concatenated((value.slice(0, begins.end()), hole("text", from_rows=value.from_rows)))


def _formatted(value: Text, call: Call) -> Value:
    names, count = list(call.named), len(call.positional)
    return call.machine.combine(
        lambda *given: format_text(call.machine, value, given[:count], dict(zip(names, given[count:]))),
        *call.positional,
        *call.named.values(),
    )


def _replaced(value: Text, old: Value, new: Value) -> Value:
    if not isinstance(old, Text) or not old.known or not str(old):
        return doubtful(value)
    put = as_text(new)
    if len(str(value)) + str(value).count(str(old)) * len(str(put)) > MAX_CHARACTERS_MADE:
        return hole("text", from_rows=value.from_rows)
    return value.replaced(str(old), put)


def _stripped(value: Text, name: str, given: Value) -> Value:
    if isinstance(given, Constant) and given.value is None:
        return value.stripped(name, None)
    if not isinstance(given, Text) or not given.known:
        return doubtful(value)
    shown, part = str(value), str(given)
    match name:
        case "removeprefix":
            return value.slice(len(part), len(shown)) if shown.startswith(part) else value
        case "removesuffix":
            return value.slice(0, len(shown) - len(part)) if part and shown.endswith(part) else value
    return value.stripped(name, part)


def _parted(value: Text, name: str, call: Call) -> Value:
    """The parts of a text; if not all of it is known, neither is how many there are."""
    separator, limit = call.argument(0, "sep"), call.argument(1, "maxsplit")
    given = str(separator) if isinstance(separator, Text) and separator.known else None
    unknown = (
        separator is not None and given is None and not (isinstance(separator, Constant) and separator.value is None)
    )
    if name == "splitlines":
        keep = isinstance(separator, Constant) and bool(separator.value)
        parts = value.split_lines(keep=keep or "keepends" in call.named)
    elif unknown or (limit is not None and not isinstance(limit, Constant)):
        return Sequence((), doubtful(value), value.from_rows)
    elif name in ("partition", "rpartition"):
        return _partitioned(value, name, given or "")
    else:
        most = limit.value if isinstance(limit, Constant) and isinstance(limit.value, int) else -1
        if name == "rsplit" and most >= 0:
            return computed(pure.text_method("rsplit") or str.rsplit, call, value) or Sequence((), doubtful(value))
        parts = value.split(given or None, most)
    if value.known:
        return Sequence(parts)
    return Sequence((), join(parts) if parts else UNKNOWN, value.from_rows)


def _partitioned(value: Text, name: str, separator: str) -> Value:
    shown = str(value)
    begin = shown.find(separator) if name == "partition" else shown.rfind(separator)
    if begin < 0 or not separator:
        nothing = [Text(()), Text(())]
        return Sequence([value, *nothing] if name == "partition" else [*nothing, value], kind="tuple")
    end = begin + len(separator)
    return Sequence([value.slice(0, begin), value.slice(begin, end), value.slice(end, len(shown))], kind="tuple")


def _coded(value: Text, name: str, call: Call) -> Value:
    """`encode` and `decode`: text of ASCII stays where it stands."""
    function = pure.text_method(name)
    found = computed(function, call, value) if function is not None and value.known else None
    binary = name == "encode"
    if isinstance(found, Text) and str(found) == str(value):
        return Text(value.pieces, value.from_rows, binary)
    if found is not None:
        return found
    return Text(value.pieces, value.from_rows, binary) if not value.known else doubtful(value)


def _joined(separator: Text, values: Value, machine: Machine) -> Value:
    elements = values.elements()
    if elements is None:
        one = values.element()
        return as_text(one if isinstance(one, Text) else None, "values")

    def put_together(*chosen: Value) -> Value:
        parts: list[Text] = []
        for element in chosen:
            parts += [separator, as_text(element)] if parts else [as_text(element)]
        return concatenated(parts)

    return machine.combine(put_together, *elements)
