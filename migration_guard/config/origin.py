"""Where each value of a configuration comes from: a file and its line, the command line, or the default."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path

from migration_guard.config.load import COMMAND_LINE, Layer, line_of
from migration_guard.config.options import dotted, options
from migration_guard.config.settings import Database, Settings, settings_of
from migration_guard.config.tables import DEFAULT_FILE
from migration_guard.lean import dataclass


class Source(str, Enum):
    """The kinds of places that say a value."""

    DEFAULT = "default"
    FILE = "file"
    COMMAND_LINE = "command-line"
    FOUND = "found"


@dataclass(frozen=True, slots=True)
class Origin:
    """One place that says a value."""

    source: Source
    path: Path | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Stated:
    """A value, and the places that say it: two where lists of a database add to those at the top."""

    key: str
    value: object
    """As JSON and TOML have it."""
    origins: tuple[Origin, ...]


_DEFAULT = Origin(Source.DEFAULT)
_DATABASES = "databases"
_ADDED = ("hot-tables", "small-tables")
_REPLACED = ("dialect",)


def stated_values(settings: Settings, layers: Sequence[Layer], database: Database | None = None) -> tuple[Stated, ...]:
    """Give every value that governs, in the order of the table of options.

    For the files of one database its values stand in place of those at the top, or beside them.
    """
    said = dict(_leaves(layers))
    rows = []
    for key in options(Settings):
        if database is not None and key in (*_ADDED, *_REPLACED):
            rows.append(_of_database(key, settings, database, said))
        elif database is None or key != _DATABASES:
            rows += _at_top(key, settings, said)
    return tuple(rows)


def _leaves(layers: Sequence[Layer]) -> Iterator[tuple[tuple[str, ...], Stated]]:
    """Take tables apart into single values. Stronger layers come later, and so win in a dictionary."""
    for layer in layers:
        for keys, value in _flat((), layer.values):
            if layer.source == COMMAND_LINE:
                origin = Origin(Source.COMMAND_LINE)
            else:
                origin = Origin(Source.FILE, layer.source, line_of(layer.text, *keys))
            yield keys, Stated(dotted(keys), value, (origin,))


def _flat(above: tuple[str, ...], values: dict[str, object]) -> Iterator[tuple[tuple[str, ...], object]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat((*above, key), value)
        else:
            yield (*above, key), value


def _at_top(key: str, settings: Settings, said: dict[tuple[str, ...], Stated]) -> list[Stated]:
    rows = [row for keys, row in said.items() if keys[0] == key]
    if not rows and key == "tables-file" and settings.measured:
        return [Stated(key, DEFAULT_FILE, (Origin(Source.FOUND, settings.root / DEFAULT_FILE),))]
    return rows or [Stated(key, _default(key, settings), (_DEFAULT,))]


def _default(key: str, settings: Settings) -> object:
    """Give a default as it would be written: a table without keys is no empty list."""
    if options(Settings)[key].kind.schema["type"] == "object":
        return {}
    return _plain(_field(settings, key))


def _of_database(key: str, settings: Settings, database: Database, said: dict[tuple[str, ...], Stated]) -> Stated:
    own, top = said.get((_DATABASES, database.name, key)), said.get((key,))
    heard = [row for row in (top, own) if row is not None]
    if key in _REPLACED:
        heard = heard[-1:]
    origins = tuple(origin for row in heard for origin in row.origins)
    return Stated(key, _plain(_field(settings_of(database, settings), key)), origins or (_DEFAULT,))


def _field(settings: Settings, key: str) -> object:
    value: object = getattr(settings, key.replace("-", "_"))
    return value


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    return list(value) if isinstance(value, tuple) else value
