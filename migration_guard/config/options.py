"""The kinds of values that options take. Each kind reads a TOML value, or refuses it and says what was expected."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, fields
from datetime import date
from typing import Any, Generic, TypeVar

from migration_guard.findings import Severity
from migration_guard.globs import LONGEST, BadPattern, glob, patterns
from migration_guard.later import re
from migration_guard.lean import dataclass

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

DIALECTS = (
    "athena", "bigquery", "clickhouse", "databricks", "duckdb", "hive", "mysql", "oracle", "postgres", "presto",
    "redshift", "snowflake", "spark", "sqlite", "teradata", "trino", "tsql",
)  # fmt: skip
"""Names that may be given. A list of our own, since asking the SQL parser would run the plug-ins of whoever is near."""

MARKER_LENGTH = 500
LONGEST_TIMEOUT = 3600.0

_BARE = re.compile(r"[\w-]+")


class Refused(Exception):
    """A value that an option does not take; the message says what it takes, the keys lead to it from outside in."""

    def __init__(self, message: str, *keys: str) -> None:
        super().__init__(message, *keys)
        self.message = message
        self.keys = keys

    def __str__(self) -> str:
        return f"`{dotted(self.keys)}`: {self.message}"

    def below(self, key: str) -> Refused:
        """Say the same of a table that holds this value under a key."""
        return type(self)(self.message, key, *self.keys)


class UnknownKey(Refused):
    """A key that no option has; the message goes on with those that there are."""

    def __str__(self) -> str:
        return f"unknown key `{dotted(self.keys)}`{self.message}"


Schema = Mapping[str, object]
"""A JSON schema, as editors of TOML understand it."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[T_co]):
    """What an option accepts, in words, as the function that reads it, and as a schema for editors."""

    expected: str
    read: Callable[[object], T_co]
    schema: Schema


@dataclass(frozen=True, slots=True)
class Option:
    """One line of the table of options: what an option takes and what it is for."""

    kind: Kind[Any]
    doc: str


def option(kind: Kind[T], default: T, doc: str) -> T:
    """Declare a field of the settings to be an option, whose key is the field's name with hyphens."""
    declared: T = field(default=default, metadata={"option": Option(kind, doc)})
    return declared


def options(record: type) -> dict[str, Option]:
    """Give the options that a record declares, by key."""
    return {
        field.name.replace("_", "-"): field.metadata["option"] for field in fields(record) if "option" in field.metadata
    }


def fields_from(values: dict[str, Any], table: dict[str, Option]) -> dict[str, Any]:
    """Read a TOML table as the fields of the record that declares these options."""
    read = {}
    for key, value in values.items():
        if key not in table:
            raise UnknownKey(nearest(key, table) or f"; the keys are {', '.join(table)}", key)
        try:
            read[key.replace("-", "_")] = table[key].kind.read(value)
        except Refused as refused:
            raise refused.below(key) from None
    return read


def dotted(keys: Iterable[str]) -> str:
    """Spell the way to a value as TOML does."""
    return ".".join(key if _BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False) for key in keys)


def nearest(word: str, words: Iterable[str]) -> str:
    """Continue a message with the word that was probably meant, or with nothing."""
    from difflib import get_close_matches  # noqa: PLC0415 -- for who mistyped

    close = get_close_matches(word, list(words), n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Refused("expected a list of strings")
    if len(value) > LONGEST:
        raise Refused(f"a list of {len(value)} strings, at most {LONGEST} are taken")
    for item in value:
        if not isinstance(item, str) or not item.strip():
            raise Refused(f"expected a list of strings that are not empty, found {item!r} in it")
    return tuple(value)


def _patterns(value: object) -> tuple[str, ...]:
    found = _strings(value)
    for one in found:
        try:
            patterns([one])
        except BadPattern as error:
            raise Refused(f"{one[:80]!r} is no pattern as in .gitignore: {error}") from None
    return found


def _paths(value: object) -> tuple[str, ...]:
    found = _strings(value)
    for one in found:
        try:
            glob(one)
        except BadPattern as error:
            raise Refused(f"{one[:80]!r} is no glob: {error}") from None
    return found


def _rules_by_pattern(value: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = _table_of(STRINGS)(value)
    _patterns([one for one, _ in found])
    return found


def _choice(value: object, choices: tuple[str, ...]) -> str:
    if not isinstance(value, str):
        raise Refused(f"expected one of {', '.join(choices)}")
    if value not in choices:
        raise Refused(f"{value!r} is none of {', '.join(choices)}{nearest(value.lower(), choices)}")
    return value


def _severity(value: object) -> Severity:
    return Severity(_choice(value, tuple(level.value for level in Severity)))


def _marker(value: object) -> str:
    if not isinstance(value, str):
        raise Refused("expected a regular expression in a string")
    if len(value) > MARKER_LENGTH:
        raise Refused(f"a regular expression of {len(value)} characters, at most {MARKER_LENGTH} are taken")
    try:
        groups = re.compile(value).groups
    except (re.error, OverflowError, RecursionError) as error:
        raise Refused(f"{value!r} is no regular expression: {error}") from None
    if groups != 1:
        raise Refused(f"expected one group, which is the migration's id, found {groups} in {value!r}")
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise Refused("expected a number of seconds")
    if not 0 < value <= LONGEST_TIMEOUT:
        raise Refused(f"expected more than 0 and at most {LONGEST_TIMEOUT:g} seconds, found {value!r}")
    return float(value)


def _table_of(kind: Kind[T]) -> Callable[[object], tuple[tuple[str, T], ...]]:
    def read(value: object) -> tuple[tuple[str, T], ...]:
        if not isinstance(value, dict):
            raise Refused(f"expected a table whose values are each {kind.expected}")
        return tuple((key, _entry(key, item)) for key, item in value.items())

    def _entry(key: str, item: object) -> T:
        try:
            return kind.read(item)
        except Refused as refused:
            raise refused.below(key) from None

    return read


def named(record: Callable[..., T], table: dict[str, Option], *required: str) -> Kind[tuple[T, ...]]:
    """Give the kind of an option that holds tables by name, each read as a record with options of its own.

    The reader takes tables that lack a required key, since another layer may say it; editors see one layer only.
    """
    expected = f"a table of {', '.join(f'`{key}`' for key in table)}"

    def read(value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Refused(f"expected {expected}")
        return fields_from(value, table)

    schema = object_schema(table)
    by_name = _table_of(Kind(expected, read, schema))
    return Kind(
        f"tables by name, each {expected}",
        lambda value: tuple(record(name, **one) for name, one in by_name(value)),
        _by_key({**schema, "required": list(required)}),
    )


def _path(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise Refused("expected a path in a string")
    return value


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise Refused(f"expected true or false, found {value!r}")
    return value


def _cut_off(value: object) -> tuple[str, ...] | str:
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, list):
        return _strings(value)
    raise Refused("expected a list of migrations, or the newest one in a string")


def _command(value: object) -> tuple[str, ...] | str:
    """Read a command: as a list of its words, or as a text that a shell would take apart in the same way."""
    if isinstance(value, list):
        words = _strings(value)
        if not words:
            raise Refused("expected a command, found an empty list")
        return words
    if not isinstance(value, str) or not value.strip():
        raise Refused(f"expected a command as a list or in a string, or a function as module:name, found {value!r}")
    try:
        shlex.split(value)
    except ValueError as error:
        raise Refused(f"{value!r} is no command: {str(error).lower()}") from None
    return value


def _name(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Refused(f"expected a name, found {value!r}")
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Refused(f"expected a whole number from 0, found {value!r}")
    return value


def _goals(value: object) -> tuple[tuple[str, int], ...]:
    goals = COUNTS.read(value)
    for day, _ in goals:
        try:
            date.fromisoformat(day)
        except ValueError:
            raise Refused(f"expected dates such as 2030-12-31 as keys, found {day!r}") from None
    return tuple(sorted(goals))


def object_schema(table: Mapping[str, Option]) -> Schema:
    """Describe a TOML table that has these options, and no others."""
    return {"type": "object", "properties": properties_schema(table), "additionalProperties": False}


def properties_schema(table: Mapping[str, Option]) -> dict[str, Schema]:
    """Describe each option by itself."""
    return {key: {**one.kind.schema, "description": one.doc} for key, one in table.items()}


def _one_of(choices: Iterable[str]) -> Schema:
    return {"type": "string", "enum": list(choices)}


def _by_key(schema: Schema) -> Schema:
    return {"type": "object", "additionalProperties": schema}


_TEXT: Schema = {"type": "string", "minLength": 1}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_TEXTS: Schema = {"type": "array", "items": _TEXT}
_CUT_OFF: Schema = {"anyOf": [_TEXT, _TEXTS]}
_LEVELS = _one_of(level.value for level in Severity)
_MARKER: Schema = {"type": "string", "format": "regex", "maxLength": MARKER_LENGTH}
_SECONDS: Schema = {"type": "number", "exclusiveMinimum": 0, "maximum": LONGEST_TIMEOUT}

STRINGS: Kind[tuple[str, ...]] = Kind("a list of strings", _strings, _TEXTS)
GLOBS: Kind[tuple[str, ...]] = Kind("a list of patterns as in .gitignore", _patterns, _TEXTS)
PATHS: Kind[tuple[str, ...]] = Kind("a list of folders, files and globs", _paths, _TEXTS)
DIALECT: Kind[str] = Kind("an SQL dialect", lambda value: _choice(value, DIALECTS), _one_of(DIALECTS))
SEVERITY: Kind[Severity] = Kind("low, medium or high", _severity, _LEVELS)
MARKER: Kind[str | None] = Kind("a regular expression with one group", _marker, _MARKER)
SECONDS: Kind[float] = Kind("a number of seconds", _seconds, _SECONDS)
PATH: Kind[str | None] = Kind("a path", _path, _TEXT)
SWITCH: Kind[bool] = Kind("true or false", _switch, {"type": "boolean"})
CUT_OFF: Kind[tuple[str, ...] | str] = Kind("a list of migrations, or the newest one", _cut_off, _CUT_OFF)
CUT_OFFS: Kind[tuple[tuple[str, tuple[str, ...] | str], ...]] = Kind(
    "a table of lists of migrations, or of the newest one", _table_of(CUT_OFF), _by_key(_CUT_OFF)
)
SEVERITIES: Kind[tuple[tuple[str, Severity], ...]] = Kind(
    "a table of severities", _table_of(SEVERITY), _by_key(_LEVELS)
)
RULES_BY_GLOB: Kind[tuple[tuple[str, tuple[str, ...]], ...]] = Kind(
    "a table of lists of rules", _rules_by_pattern, _by_key(_TEXTS)
)
COUNTS: Kind[tuple[tuple[str, int], ...]] = Kind(
    "a table of numbers", _table_of(Kind("a number from 0", _count, _COUNT)), _by_key(_COUNT)
)
GOALS: Kind[tuple[tuple[str, int], ...]] = Kind("a table of numbers by date", _goals, _by_key(_COUNT))
NAME: Kind[str] = Kind("a name", _name, _TEXT)
COMMAND: Kind[tuple[str, ...] | str] = Kind(
    "a command as a list or in a string, or a function as module:name", _command, {"anyOf": [_TEXT, _TEXTS]}
)
COUNT: Kind[int] = Kind("a whole number", _count, _COUNT)
NAMES: Kind[tuple[tuple[str, str], ...]] = Kind("a table of names", _table_of(NAME), _by_key(_TEXT))


def table(record: Callable[..., T], of: dict[str, Option]) -> Kind[T]:
    """Give the kind of an option that is one table, read as a record with options of its own."""
    expected = f"a table of {', '.join(f'`{key}`' for key in of)}"

    def read(value: object) -> T:
        if not isinstance(value, dict):
            raise Refused(f"expected {expected}")
        return record(**fields_from(value, of))

    return Kind(expected, read, object_schema(of))
