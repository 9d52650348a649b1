"""Values in texts: f-strings, `str.format`, `%`. What is not known becomes a hole, never a text without its format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from migration_guard.interpreter import text as texts
from migration_guard.interpreter.classes import Class
from migration_guard.interpreter.cores import TextObject
from migration_guard.interpreter.functions import Function
from migration_guard.interpreter.instances import Instance
from migration_guard.interpreter.real import WIDE, Known, NotKnown, formatted, real
from migration_guard.interpreter.text import Text
from migration_guard.interpreter.values import UNKNOWN, Constant, External, Value, join
from migration_guard.later import re

if TYPE_CHECKING:
    from migration_guard.interpreter.machine import Machine

_PERCENT = re.compile(
    r"%(?:\((?P<name>[^)]*)\))?(?P<form>[#0\- +]*(?P<width>\*|\d+)?(?:\.(?P<precision>\*|\d+))?)[hlL]?"
    r"(?P<type>[diouxXeEfFgGcrsab%])"
)
_FIELD = re.compile(
    r"\{\{|\}\}|\{(?P<name>[^{}!:\[.]*)(?P<path>[^{}!:]*)(?:!(?P<conversion>[rsa]))?"
    r"(?::(?P<spec>(?:[^{}]|\{[^{}]*\})*))?\}"
)
_STEP = re.compile(r"\.(?P<attribute>\w+)|\[(?P<item>[^\]]*)\]")


def spelled(value: Value, hint: str = "") -> Value:
    """`str(value)`, and the whole of `f"{value}"`."""
    match value:
        case TextObject():
            for name in ("__format__", "__str__"):
                said = value.special(name, *([texts.plain("")] if name == "__format__" else []))
                if said is not None:
                    return said
            return value.plain
        case Text() if not value.binary:
            return value
        case Instance() | Class():
            for name in ("__format__", "__str__", "__repr__"):
                said = value.special(name, *([texts.plain("")] if name == "__format__" else []))
                if said is not None:
                    return said
        case Known() | Constant() | Text():
            return _written(value, str, hint)
        case Function() | External():
            pass
        case _ if value.is_collection:
            _represent(value)
            return _written(value, str, hint)
        case _ if (said := value.special("__str__")) is not None:
            return said
    return texts.as_text(value, hint)


def _represent(value: Value) -> None:
    """What `repr` asks: each object that a collection or a dataclass holds, however deep, each once."""
    waiting, met = [*reversed(value.alternatives())], dict[int, Value]()
    while waiting:
        one = waiting.pop()
        if id(one) in met:
            continue
        met[id(one)] = one
        held: Iterable[Value] = ()
        if isinstance(one, (Instance, Class)):
            if one.special("__repr__") is None and isinstance(one, Instance) and one.cls.fields:
                held = one.attributes.values()
        elif one.is_collection:
            held = one.each()
        waiting += reversed([option for part in held for option in part.alternatives()])


def _written(value: Value, how: Callable[[object], str], hint: str) -> Text:
    """What `str` or `repr` makes of a value that is known."""
    try:
        said = how(real(value))
    except (NotKnown, ValueError, RecursionError):
        return texts.as_text(None, hint)
    return texts.plain(said) if len(said) <= texts.MAX_CHARACTERS_MADE else texts.hole(hint)


def shown(value: Value, conversion: str = "", spec: Text | None = None, hint: str = "") -> Value:
    """A value in a text, with its conversion and its format."""
    return join(_shown(option, conversion, spec, hint) for option in value.alternatives())


def _shown(value: Value, conversion: str, spec: Text | None, hint: str) -> Value:
    if spec is not None and str(spec) and isinstance(value, (Instance, Class)) and not conversion:
        said = value.special("__format__", spec)
        if said is not None:
            return said
    if conversion in ("r", "a"):
        said = value.special("__repr__") if isinstance(value, (Instance, Class)) else None
        if said is None:
            _represent(value)
        value = said if said is not None else _written(value, repr if conversion == "r" else ascii, hint)
    elif conversion == "s":
        value = spelled(value, hint)
    if spec is None or not str(spec):
        return spelled(value, hint)
    if not spec.known:
        return texts.as_text(None, hint)
    try:
        whole = formatted(real(value), str(spec))
    except NotKnown:
        return texts.hole(hint, from_rows=value.from_rows)
    return _placed(value, whole)


def _placed(value: Value, whole: str) -> Text:
    """What was made of a value; a text that stands in it as it was keeps its place."""
    begin = whole.find(str(value)) if isinstance(value, Text) and str(value) else -1
    if begin < 0 or not isinstance(value, Text):
        return texts.plain(whole)
    end = begin + len(str(value))
    return texts.concatenated((texts.plain(whole[:begin]), value, texts.plain(whole[end:])))


# --- str.format ------------------------------------------------------------------------------------------------------


def format_text(machine: Machine, text: Text, positional: Sequence[Value], named: dict[str, Value]) -> Text:
    """`text.format(…)`: what is not given stays a hole."""
    parts: list[tuple[int, int, Text]] = []
    count = 0

    def given(name: str) -> Value:
        nonlocal count
        index = int(name) if name.isdigit() else count
        count += not name
        if not name or name.isdigit():
            return positional[index] if index < len(positional) else UNKNOWN
        return named.get(name, UNKNOWN)

    for match in _FIELD.finditer(str(text)):
        if match.group() in ("{{", "}}"):
            parts.append((match.start(), match.end(), texts.plain(match.group()[0])))
            continue
        value = given(match["name"])
        for step in _STEP.finditer(match["path"]):
            value = _step(machine, value, step)
        spec = None
        if match["spec"]:
            pieces = re.split(r"\{([^{}]*)\}", match["spec"])
            spec = texts.concatenated(
                texts.as_text(spelled(given(piece))) if index % 2 else texts.plain(piece)
                for index, piece in enumerate(pieces)
            )
        hint = match["name"]
        parts.append(
            (match.start(), match.end(), texts.as_text(shown(value, match["conversion"] or "", spec, hint), hint))
        )
    return text.splice(parts)


def _step(machine: Machine, value: Value, step: re.Match[str]) -> Value:
    if step["attribute"]:
        hidden = step["attribute"].startswith("__") and step["attribute"] not in ("__name__", "__doc__")
        return UNKNOWN if hidden else machine.attribute(value, step["attribute"])
    key = step["item"]
    return value.item(Constant(int(key)) if key.isdigit() else texts.plain(key))


def names_in(text: Text) -> list[str]:
    """The names of `%(name)s` in a text."""
    found = [match["name"] for match in _PERCENT.finditer(str(text)) if match["name"] is not None]
    return list(dict.fromkeys(found))


# --- % ---------------------------------------------------------------------------------------------------------------


def elements_of(right: Value) -> list[Value] | None:
    """What stands to the right of `%`, one by one; None where it is not known how many there are."""
    if isinstance(right, Instance):  # a named tuple, or an object with a `__str__`
        return right.elements() if right.cls.fields == "NamedTuple" else [right]
    return right.elements() if right.is_collection else [right]


def interpolate(text: Text, given: Sequence[Value], named: dict[str, Value]) -> Text:
    """`text % given`; what is not given stays a hole."""
    waiting = list(given)
    parts: list[tuple[int, int, Text]] = []
    for match in _PERCENT.finditer(str(text)):
        if match["type"] == "%":
            parts.append((match.start(), match.end(), texts.plain("%")))
            continue
        name = match["name"]
        stars = [waiting.pop(0) if waiting else UNKNOWN for one in (match["width"], match["precision"]) if one == "*"]
        value = named.get(name, UNKNOWN) if name is not None else waiting.pop(0) if waiting else UNKNOWN
        parts.append((match.start(), match.end(), texts.as_text(_percent(value, match, stars, name or ""), name or "")))
    return text.splice(parts)


def _percent(value: Value, match: re.Match[str], stars: list[Value], hint: str) -> Value:
    form, kind = match["form"], match["type"]
    if not form and kind == "s":
        return spelled(value, hint)
    if kind in ("s", "r", "a") and isinstance(value, (Instance, Class)):
        value = spelled(value, hint)
    try:
        held = real(value)
        widths = [real(star) for star in stars]
    except NotKnown:
        return texts.hole(hint, from_rows=value.from_rows)
    if WIDE.search(form) or any(not isinstance(width, int) or abs(width) > 10_000 for width in widths):
        return texts.hole(hint, from_rows=value.from_rows)
    try:
        whole = f"%{form}{kind}" % (*widths, held)
    except (TypeError, ValueError, OverflowError):
        return texts.hole(hint, from_rows=value.from_rows)
    return _placed(value, whole)
