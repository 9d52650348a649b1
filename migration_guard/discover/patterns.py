"""Matches files against the globs of a configuration, which are relative to its folder."""

from __future__ import annotations

import os
import posixpath
import re
from functools import cache
from pathlib import Path

from pathspec import GitIgnoreSpec

from migration_guard.config import Database, Settings, settings_of

_MAGIC = re.compile(r"[*?\[]")
_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[[!^]?\]?[^\]/]*\]|.", re.DOTALL)
_TRANSLATED = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def is_excluded(path: Path, settings: Settings) -> bool:
    """Say whether the configuration's `exclude` leaves a file out."""
    return bool(settings.exclude) and _spec(settings.exclude).match_file(_relative(path, settings))


def is_listed(path: Path, settings: Settings) -> bool:
    """Say whether `paths` of the configuration, or of a database in it, means this very file, by name or by a glob."""
    name = _relative(path, settings)
    return any(
        path == _full(glob, settings.root) or _file(glob).fullmatch(name) is not None for _, glob in settings.all_paths
    )


def is_below(path: Path, glob: str, settings: Settings) -> bool:
    """Say whether a glob means a file or one of the folders that it stands in."""
    if path.is_relative_to(_full(glob, settings.root)):
        return True
    return is_glob(glob) and _tree(glob).fullmatch(_relative(path, settings)) is not None


def governing(path: Path, settings: Settings) -> Settings:
    """Give the settings of the database that a file belongs to, else those of all."""
    database = database_of(path, settings)
    return settings if database is None else settings_of(database, settings)


def database_of(path: Path, settings: Settings) -> Database | None:
    """Give the first database whose `paths` mean a file, or a folder of it."""
    for database in settings.databases:
        if any(is_below(path, glob, settings) for glob in database.paths):
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


def fixed_folder(glob: str) -> str:
    """Give the folder in which everything lies that a glob can match."""
    return posixpath.dirname(_MAGIC.split(glob, maxsplit=1)[0]) or "."


@cache
def _full(entry: str, root: Path) -> Path:
    return Path(os.path.abspath(root / entry))


def _relative(path: Path, settings: Settings) -> str:
    if path.is_relative_to(settings.root):
        return path.relative_to(settings.root).as_posix()
    return os.path.relpath(path, settings.root).replace(os.sep, "/")


@cache
def _spec(globs: tuple[str, ...]) -> GitIgnoreSpec:
    return GitIgnoreSpec.from_lines(globs)


@cache
def _file(glob: str) -> re.Pattern[str]:
    return re.compile(_expression(glob), re.DOTALL)


@cache
def _tree(glob: str) -> re.Pattern[str]:
    return re.compile(f"(?:{_expression(glob)})(?:/.*)?", re.DOTALL)


def _expression(glob: str) -> str:
    return "".join(_translated(token) for token in _TOKEN.findall(posixpath.normpath(glob)))


def _translated(token: str) -> str:
    if token.startswith("[") and len(token) > 2:
        inner = token[1:-1].replace("\\", "\\\\").replace("[", "\\[")
        return f"[{'^' + inner[1:] if inner[0] == '!' else inner}]"
    return _TRANSLATED.get(token) or re.escape(token)
