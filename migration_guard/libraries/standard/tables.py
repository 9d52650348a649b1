"""Text that Python's library reads as a table or as settings: `csv` and `configparser`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Sequence as AnySequence
from typing import TYPE_CHECKING, Any

from migration_guard.interpreter.collections import Mapping, Sequence
from migration_guard.interpreter.flow import Store
from migration_guard.interpreter.real import NotKnown, real, texts_in, unreal
from migration_guard.interpreter.text import Text, plain
from migration_guard.interpreter.values import NONE, UNKNOWN, Method, Unknown, Value, join
from migration_guard.later import Later
from migration_guard.libraries.standard.files import as_path, file_text
from migration_guard.libraries.standard.iteration import first

if TYPE_CHECKING:
    import configparser
    import csv

    from migration_guard.interpreter.call import Call
    from migration_guard.interpreter.machine import Machine
else:
    configparser, csv = Later("configparser"), Later("csv")  # few migrations read either

MAX_CHARACTERS = 100_000
"""Of a text that is read so: what would be made of more is not worth its time."""


def _lines(value: Value) -> list[Text] | None:
    """The lines of a stream or a list, if all of them are known."""
    lines = value.elements()
    if lines is None:
        return None
    known = [line for line in lines if isinstance(line, Text) and line.known and not _is_of_a_file(line)]
    return known if len(known) == len(lines) and sum(len(str(line)) for line in known) <= MAX_CHARACTERS else None


def _is_of_a_file(line: Text) -> bool:
    """Whether it stands in a file of data, whose rows are no part of the migration."""
    return any(piece.literal is not None and piece.literal.node is None for piece in line.pieces)


def _rows(reader: Callable[..., Iterable[object]], call: Call) -> Value | None:
    """`csv.reader(lines, …)`, `csv.DictReader(lines, …)`."""
    lines = None if call.open else _lines(first(call))
    if lines is None:
        return None
    sources = [text for value in call.arguments for text in texts_in(value)] + lines
    try:
        options = {name: real(value) for name, value in call.named.items()}
        rows = list(reader([str(line) for line in lines], *map(real, call.positional[1:]), **options))
        return Sequence([unreal(row, sources) for row in rows], kind="iterator")
    except (NotKnown, csv.Error, TypeError, ValueError):
        return None


class Section(Mapping):
    """The options of a section, whose names are the same in small and in large letters."""

    __slots__ = ()

    def item(self, key: Value) -> Value:
        return super().item(_small(key))

    def has(self, key: Value) -> bool | None:
        return super().has(_small(key))

    def set_item(self, key: Value, value: Value, *, rows: bool) -> None:
        super().set_item(_small(key), value, rows=rows)

    def remove_item(self, key: Value) -> None:
        super().remove_item(_small(key))

    def update(self, other: Value, *, rows: bool) -> None:
        if not isinstance(other, Mapping):
            super().update(other, rows=rows)
        elif other.whole:
            for key, value in other.known.values():
                self.set_item(key, value, rows=rows)
        else:
            self.forget()

    def method(self, name: str, call: Call) -> Value:
        if name == "get" and call.named:
            option, fallback = call.argument(0, "option"), call.named.get("fallback")
            if option is None or fallback is None or {"vars", "raw"} & {*call.named}:
                return UNKNOWN
            call = call.with_arguments((option, fallback), {})
        return super().method(name, call)


def _small(key: Value) -> Value:
    return join(plain(str(one).lower()) if isinstance(one, Text) and one.known else one for one in key.alternatives())


class Settings(Store, Value):
    """`configparser.ConfigParser(…)`: sections by name, of each its options, as far as all that was read is known."""

    __slots__ = ("made_with", "refers")

    def __init__(self, made_with: dict[str, Any] | None) -> None:
        super().__init__()
        self.made_with = made_with
        self.refers = False
        """Whether an option that was read is made of others, with what they are when it is asked for."""
        self.write("sections", Mapping(rest=None if made_with is not None else UNKNOWN))

    @property
    def key(self) -> object:
        return id(self)

    @property
    def sections(self) -> Mapping:
        held = self.read("sections")
        return held if isinstance(held, Mapping) else Mapping(rest=UNKNOWN)

    def attribute(self, name: str, machine: Machine) -> Value:
        return Method(self, name)

    def item(self, key: Value) -> Value:
        return self.sections.item(key) if not self.refers else UNKNOWN  # who has a section may change it

    def set_item(self, key: Value, value: Value, *, rows: bool) -> None:
        self.written_into()

    def remove_item(self, key: Value) -> None:
        self.written_into()

    def written_into(self) -> None:
        self.write("sections", Mapping(rest=UNKNOWN))

    def method(self, name: str, call: Call) -> Value:
        section, option = call.argument(0, "section"), call.argument(1, "option")
        match name:
            case "read_string" | "read" | "read_file":
                content = _content(name, call)
                known = isinstance(content, Text) and content.known and len(str(content)) <= MAX_CHARACTERS
                self._reads("read_string", str(content) if known else None, [content])
                return NONE
            case "read_dict":
                self._reads(name, _real(first(call)), list(texts_in(first(call))))
                return NONE
            case "get" if call.open or {"vars", "raw"} & {*call.named}:  # other values, or what they are made of
                return UNKNOWN
            case "get" if section is not None and option is not None:
                return self._option(section, option, call.named.get("fallback"))
            case "set" if option is not None:
                self._set(section or UNKNOWN, option, call.argument(2, "value") or UNKNOWN)
                return NONE
            case "add_section" if section is not None:
                with_defaults = _section(Mapping(rest=UNKNOWN))
                self.sections.set_item(section, with_defaults, rows=False)
                return NONE
            case "sections":
                held = self.sections
                return Sequence(held.elements() or (), None if held.whole else Unknown(name))
            case "items" if section is not None:
                return self.sections.item(section).method("items", call.with_arguments((), {}))
            case "options" if section is not None:
                return self.sections.item(section).method("keys", call.with_arguments((), {}))
            case "has_section" | "has_option":
                return Unknown(name)
        if name not in ("getint", "getfloat", "getboolean", "__getitem__"):
            self.written_into()
        return self.item(section) if name == "__getitem__" and section is not None else Unknown(name)

    def _set(self, section: Value, option: Value, value: Value) -> None:
        entries = self.sections.item(section).mapping()
        there = self.sections.has(section) and isinstance(option, Text) and option.known
        if self.refers or entries is None or not there:
            self.written_into()
        else:
            plainly = isinstance(value, Text) and value.known and not {"%", "$"} & {*str(value)}
            entries.set_item(option, value if plainly else UNKNOWN, rows=False)

    def _option(self, section: Value, option: Value, fallback: Value | None) -> Value:
        there = self.sections.has(section)
        entries = self.sections.item(section).mapping() if there else None
        if entries is None:
            return fallback if there is False and fallback is not None else UNKNOWN
        return fallback if entries.has(option) is False and fallback is not None else entries.item(option)

    def _reads(self, way: str, content: object, sources: AnySequence[Value]) -> None:
        """Read by a method of Python's own parser; what is read upon something else is not known."""
        if self.made_with is None or content is None or self.sections.elements() != []:
            self.written_into()
            return
        parser = configparser.ConfigParser(**self.made_with)
        try:
            getattr(parser, way)(content)
            read = {name: dict(parser[name]) for name in parser.sections()}
            self.refers |= any(
                one != parser.get(name, key, raw=True) for name in read for key, one in read[name].items()
            )
            texts = [source for source in sources if isinstance(source, Text)]
            for name, held in read.items():
                self.sections.set_item(plain(name), _section(unreal(held, texts)), rows=False)
        except (NotKnown, configparser.Error, TypeError, ValueError, AttributeError):
            self.written_into()


def _section(options: Value) -> Section:
    made = Section()
    made.update(options, rows=False)
    return made


def _real(value: Value) -> object:
    try:
        return real(value)
    except NotKnown:
        return None


def _content(name: str, call: Call) -> Value:
    """The text that is read, also of a file of the repository."""
    given = first(call)
    if name == "read":
        paths = given.elements() if given.is_collection else [given]
        path = as_path(paths[0], call.machine) if paths is not None and len(paths) == 1 else None
        return file_text(path, call.machine)
    if name == "read_file":
        lines = _lines(given)
        return plain("".join(map(str, lines))) if lines is not None else UNKNOWN
    return given


def _settings(call: Call) -> Value:
    try:
        options = {name: real(value) for name, value in call.named.items()}
        configparser.ConfigParser(**options)  # type: ignore[call-overload]
    except (NotKnown, TypeError, ValueError):
        return Settings(None)
    return Settings(options if not call.positional and not call.open else None)


CALLS: dict[str, Callable[[Call], Value | None]] = {
    "csv.reader": lambda call: _rows(csv.reader, call),
    "csv.DictReader": lambda call: _rows(lambda *a, **k: map(dict, csv.DictReader(*a, **k)), call),
    "configparser.ConfigParser": _settings,
}
