"""The committed file of measured tables: how hot each one is, with the figures that say so.

`migration-guard hot-tables --write` writes it from a database; linting reads it, and needs none.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from migration_guard.config.place import Place, WorkingTree
from migration_guard.files import Unreadable
from migration_guard.later import Later
from migration_guard.lean import dataclass

if TYPE_CHECKING:
    import tomllib
else:
    tomllib = Later("tomllib" if sys.version_info >= (3, 11) else "tomli")

DEFAULT_FILE = ".migration-guard-tables.toml"
SIZE_LIMIT = 4 * 1024 * 1024
"""Bytes that are read at most: room for some thirty thousand tables."""

_HEADER = """# Measured by `migration-guard hot-tables --write`; linting reads it offline.
# What the configuration says of a table goes before what stands here.

"""
_FIGURES = ("rows", "bytes", "writes-per-day")


class Heat(str, Enum):
    """What a data change in a migration would do to a table: harm, or none."""

    HOT = "hot"
    SMALL = "small"


@dataclass(frozen=True, slots=True)
class MeasuredTable:
    """A table as its database counted it."""

    name: str
    """With its schema: `public.leads`."""
    heat: Heat
    rows: int
    bytes: int
    writes_per_day: int


class BadTables(Exception):
    """A file of measured tables that cannot be obeyed; the message says what was expected."""


def read_tables(path: Path, place: Place | None = None) -> tuple[MeasuredTable, ...]:
    """Read the file wholly, or raise `BadTables`: half of it would make hot tables look cold."""
    try:
        document = tomllib.loads((place or WorkingTree()).read(path, SIZE_LIMIT).decode("utf-8-sig"))
    except Unreadable as error:
        raise BadTables(f"cannot be read: {error}") from None
    except (ValueError, RecursionError) as error:  # no UTF-8, no TOML
        raise BadTables(f"is no TOML that can be read: {error}") from None
    tables = document.pop("tables", None)
    if document or not isinstance(tables, dict):
        raise BadTables(
            'expected one table [tables], with lines such as "public.leads" = { heat = "hot", rows = 9, … }'
        )
    return tuple(_table(name, values) for name, values in tables.items())


def rendered_tables(tables: Iterable[MeasuredTable]) -> str:
    """Write one line a table, sorted, so that branches merge and a changed figure is a changed line."""
    lines = [
        f"{json.dumps(one.name, ensure_ascii=False)} = {{ heat = {json.dumps(one.heat.value)}, rows = {one.rows}, "
        f"bytes = {one.bytes}, writes-per-day = {one.writes_per_day} }}\n"
        for one in sorted(tables, key=lambda one: one.name)
    ]
    return f"{_HEADER}[tables]\n{''.join(lines)}"


def usual_file(root: Path, place: Place) -> str | None:
    """Name the file that holds where a configuration names none: the usual one, if it is there."""
    return DEFAULT_FILE if place.holds(root / DEFAULT_FILE) else None


def _table(name: str, values: object) -> MeasuredTable:
    if not isinstance(values, dict) or set(values) != {"heat", *_FIGURES}:
        raise BadTables(f"`tables.{json.dumps(name)}`: expected the keys heat, {', '.join(_FIGURES)}")
    heats = [heat.value for heat in Heat]
    if values["heat"] not in heats:
        raise BadTables(f"`tables.{json.dumps(name)}`: heat {values['heat']!r} is none of {', '.join(heats)}")
    for figure in _FIGURES:
        if type(values[figure]) is not int or values[figure] < 0:  # a bool is no figure
            raise BadTables(f"`tables.{json.dumps(name)}`: expected a count as {figure}, found {values[figure]!r}")
    return MeasuredTable(name, Heat(values["heat"]), *(values[figure] for figure in _FIGURES))
