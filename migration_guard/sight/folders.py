"""What lies where: the primitive questions. Nothing here raises; what cannot be looked at is not there."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from migration_guard.sight.asking import asked, forgets

FILE, FOLDER, OTHER, NOTHING = "file", "folder", "other", ""
_REMEMBERED = 4_096
"""Folders and files: they are read side by side, and asked for soon or not again."""


@asked()
def kind(path: Path) -> str:
    """What a path leads to, links followed."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return NOTHING
    return FILE if stat.S_ISREG(mode) else FOLDER if stat.S_ISDIR(mode) else OTHER


def is_file(path: Path) -> bool:
    return kind(path) == FILE


def is_folder(path: Path) -> bool:
    return kind(path) == FOLDER


def exists(path: Path) -> bool:
    return kind(path) != NOTHING


@asked()
def is_link(path: Path) -> bool:
    return os.path.islink(path)


@asked()
def real(path: Path) -> str:
    """The path without links."""
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):
        return ""


@asked()
def names(folder: Path) -> frozenset[str] | None:
    """All that a folder holds; None where it cannot be looked into. Who asks for less depends on less."""
    return _listed(folder)


@asked()
def holds(folder: Path, name: str) -> bool:
    """Whether a folder holds exactly this name, whatever the file system takes for the same."""
    return name in (_listed(folder) or ())


@asked(_REMEMBERED)
def holds_ending(folder: Path, ending: str) -> bool:
    return any(name.endswith(ending) for name in _listed(folder) or ())


@asked()
def compiled(folder: Path, module: str) -> str:
    """The file that holds a module of that name without its source; nothing where there is none."""
    return _compiled(folder).get(module, NOTHING)


@asked(_REMEMBERED)
def entries(folder: Path) -> tuple[tuple[str, bool, bool], ...]:
    """The names of a folder in their order, whether each leads to a folder, and whether it is a link."""
    try:
        with os.scandir(folder) as listing:
            return tuple(sorted((one.name, _leads_to_folder(one), one.is_symlink()) for one in listing))
    except (OSError, ValueError):
        return ()


def walk(root: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """As `os.walk`, from the top and in the order of names: what is taken out of the folders is not entered."""
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        held = entries(folder)
        links = {name for name, _, link in held if link}
        folders = [name for name, inner, _ in held if inner]
        yield folder, folders, [name for name, inner, _ in held if not inner]
        waiting += [folder / name for name in reversed(folders) if name not in links]


@asked()
def matching(folder: Path, pattern: str, recursive: int = 0) -> tuple[Path, ...] | None:
    """What below a folder a pattern names, in order; None where it cannot be looked for."""
    try:
        return tuple(sorted(folder.rglob(pattern) if recursive else folder.glob(pattern)))
    except (OSError, ValueError, NotImplementedError):
        return None


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


@lru_cache(_REMEMBERED)
def _listed(folder: Path) -> frozenset[str] | None:
    try:
        return frozenset(os.listdir(folder))
    except (OSError, ValueError):
        return None


COMPILED = (".pyc", ".so", ".pyd", ".pyx")
"""How the names end of modules that Python loads and nobody can read, or from which such are made: Cython's."""
ARCHIVES = (".zip", ".egg", ".whl", ".pyz", ".pex")
"""How files are called that Python imports modules from, if they lie on its path."""


@lru_cache(_REMEMBERED)
def _compiled(folder: Path) -> dict[str, str]:
    return {name.partition(".")[0]: name for name in sorted(_listed(folder) or ()) if name.endswith(COMPILED)}


forgets(_listed.cache_clear)
forgets(_compiled.cache_clear)
