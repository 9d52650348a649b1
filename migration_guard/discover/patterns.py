"""Matches files against the globs of a configuration, which are relative to its folder."""

from __future__ import annotations

import os
import posixpath
from functools import cache
from pathlib import Path

from migration_guard.config import Database, Settings, settings_of
from migration_guard.globs import Glob, Patterns, glob, patterns
from migration_guard.later import re

_MAGIC = re.compile(r"[*?\[]")


def is_excluded(path: Path, settings: Settings) -> bool:
    """Say whether the configuration's `exclude` leaves a file out."""
    return bool(settings.exclude) and _excludes(settings.exclude).cover(_relative(path, settings))


def is_listed(path: Path, settings: Settings) -> bool:
    """Say whether `paths` of the configuration, or of a database in it, means this very file, by name or by a glob."""
    name = _relative(path, settings)
    return any(
        path == _full(entry, settings.root) or (is_glob(entry) and _glob(entry).match(name))
        for _, entry in settings.all_paths
    )


def lies_in_listed_folder(path: Path, settings: Settings) -> bool:
    """Say whether `paths` means a folder that a file lies in. One that holds the configuration itself is no such folder."""
    name = _relative(path, settings)
    return any(
        _glob(entry).covers(name)
        if is_glob(entry)
        else path.is_relative_to(_full(entry, settings.root))
        and not settings.root.is_relative_to(_full(entry, settings.root))
        for _, entry in settings.all_paths
    )


def is_below(path: Path, entry: str, settings: Settings) -> bool:
    """Say whether an entry of `paths` means a file or one of the folders that it stands in."""
    if path.is_relative_to(_full(entry, settings.root)):
        return True
    return is_glob(entry) and _glob(entry).covers(_relative(path, settings))


def governing(path: Path, settings: Settings) -> Settings:
    """Give the settings of the database that a file belongs to, else those of all."""
    database = database_of(path, settings)
    return settings if database is None else settings_of(database, settings)


def database_of(path: Path, settings: Settings) -> Database | None:
    """Give the first database whose `paths` mean a file, or a folder of it."""
    for database in settings.databases:
        if any(is_below(path, entry, settings) for entry in database.paths):
            return database
    return None


def backfill_path(entry: str, settings: Settings) -> Path:
    """Say where an entry of `backfill.modules` lies: a path, or a module by its dotted name."""
    path = _full(entry, settings.root)
    if path.suffix == ".py" or "/" in entry or path.is_dir():
        return path
    module = _full(entry.replace(".", "/"), settings.root)
    return module if module.is_dir() else module.with_name(f"{module.name}.py")


def holds_backfills(path: Path, settings: Settings, *entries: str) -> bool:
    """Say whether `backfill.modules`, or one entry of it, means a file, by its name or by a folder that it stands in."""
    if path.suffix != ".py":
        return False
    places = [backfill_path(entry, settings) for entry in entries or settings.backfill.modules]
    return any(path == place or (path.is_relative_to(place) and not path.name.startswith("test_")) for place in places)


def is_glob(text: str) -> bool:
    return bool(_MAGIC.search(text))


def fixed_folder(entry: str) -> str:
    """Give the folder in which everything lies that a glob can match."""
    return posixpath.dirname(_MAGIC.split(entry, maxsplit=1)[0]) or "."


@cache
def _full(entry: str, root: Path) -> Path:
    return Path(os.path.abspath(root / entry))


def _relative(path: Path, settings: Settings) -> str:
    if path.is_relative_to(settings.root):
        return path.relative_to(settings.root).as_posix()
    return os.path.relpath(path, settings.root).replace(os.sep, "/")


@cache
def _excludes(lines: tuple[str, ...]) -> Patterns:
    return patterns(lines)


@cache
def _glob(entry: str) -> Glob:
    return glob(entry)
