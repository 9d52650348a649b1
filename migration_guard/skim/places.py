"""Which file of the repository an import means: each ancestor folder of the importing file, nearest first, up to the root.

What lies in none of them may lie anywhere else in the repository: an environment, a Makefile or an installed package may put any
folder on Python's path, and need not say so here.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from migration_guard.files import Unreadable, read_head, read_source
from migration_guard.later import Later
from migration_guard.sight import asked, remembered
from migration_guard.sight.folders import ARCHIVES, COMPILED, compiled, holds, holds_ending, is_folder, walk

if TYPE_CHECKING:
    import io
    import zipfile
else:
    io, zipfile = Later("io"), Later("zipfile")

NEVER_OURS = frozenset(
    "alembic celery django migration_guard peewee psycopg psycopg2 south sqlalchemy sqlmodel yoyo".split()
)
"""Libraries that are known by name: a folder `alembic/` beside the migrations, or `celery.py` in a project, must not hide the library."""
_LOADED_FIRST = frozenset(sys.builtin_module_names) | frozenset(
    "abc ast asyncio codecs collections contextlib copy dataclasses datetime decimal enum functools importlib inspect io "
    "itertools json logging operator os pathlib re string sys tempfile threading time types typing uuid warnings "
    "weakref".split()
)
"""What is loaded before any migration is, and therefore stays what it is."""
_KNOWN = sys.stdlib_module_names | frozenset("frappe masonite odoo openerp orator piccolo pony tortoise".split())
"""Libraries that are not looked for all over the repository where nothing says that it holds them: some file may be called so."""
_STARTS = ("alembic.ini", "manage.py")
"""What programs are started beside, so that Python looks there first."""
_MAX_ARCHIVE = 32 * 1024 * 1024
_CHANGE_PATH = ("env.py", *_STARTS)
_CHANGES_PATH = re.compile(
    rb"sys\s*\.\s*path\b|addsitedir|from\s+sys\s+import|^[ \t]*prepend_sys_path\s*=(?![ \t\r]*(?:\.[ \t\r]*)?$)",
    re.MULTILINE,
)
_PACKAGES = ("pyproject.toml", "setup.cfg", "setup.py", "pytest.ini", "tox.ini")
_PACKAGES_ELSEWHERE = re.compile(
    rb"\bpackage[-_]dir\b|^[ \t]*(?:pythonpath|where|sources|dev-mode-dirs)\s*=|\bfrom\s*=\s*[\"']|\bPYTHONPATH\b|^\[tool\.uv\.workspace\]",
    re.MULTILINE,
)
"""Where setuptools, Poetry, Hatch, uv and pytest are told of folders in which packages lie."""
_NOT_LOOKED_THROUGH = frozenset({".git", ".hg", ".tox", ".nox", ".venv", "venv", "node_modules", "site-packages"})


def find(name: str, importer: Path, root: Path, level: int = 0) -> Path | None:
    """Give the file of a module, or the folder of a package without `__init__.py`; None where the repository has none."""
    return next(iter(every(name, importer, root, level)), None)


def every(name: str, importer: Path, root: Path, level: int = 0) -> tuple[Path, ...]:
    """Give all files that may be meant: one, or none, or several where only `sys.path` could say which."""
    parts = tuple(name.split(".")) if name else ()
    found = _found(parts, importer.parent, root, level)
    if found or level:
        return found
    if _may_be_anywhere(importer, root):
        return _elsewhere(parts, root, True) or archived(parts, importer, root)
    return _nearest(_elsewhere(parts, root, False), importer) if parts and parts[0] not in _KNOWN else ()


def _nearest(paths: tuple[Path, ...], importer: Path) -> tuple[Path, ...]:
    """Give those that have most of their way in common with the importing file: each part of a repository has its own `app`."""
    shared = [len(os.path.commonpath((path, importer.parent))) for path in paths]
    return tuple(path for path, length in zip(paths, shared) if length == max(shared))


def archived(parts: tuple[str, ...], importer: Path, root: Path) -> tuple[Path, ...]:
    """Give the archives of the repository that hold a module; one that cannot be opened may, where the importer names it."""
    if not parts or parts[0] in NEVER_OURS or parts[0] in _LOADED_FIRST:
        return ()
    found = ((path, _members(path)) for path in _archives(root))
    return tuple(
        path for path, held in found if (parts[0] in held if held is not None else _names_it(importer, path.name))
    )


@asked(8)
def _archives(root: Path) -> tuple[Path, ...]:
    return tuple(
        folder / name for folder, _, files in _looked_through(root) for name in files if name.endswith(ARCHIVES)
    )


@remembered(64)
def _members(path: Path) -> frozenset[str] | None:
    """The modules at the top of an archive; None where it cannot be opened."""
    try:
        with zipfile.ZipFile(io.BytesIO(read_source(path, _MAX_ARCHIVE))) as archive:
            names = archive.namelist()
    except (Unreadable, zipfile.BadZipFile, ValueError, NotImplementedError, EOFError):
        return None
    return frozenset(name.partition("/")[0].removesuffix(".py").removesuffix(".pyc") for name in names)


def _names_it(importer: Path, name: str) -> bool:
    try:
        return name.encode() in read_head(importer)[0]
    except Unreadable:
        return False


def files_run(name: str, importer: Path, root: Path, level: int = 0, names: Sequence[str] = ()) -> Iterator[Path]:
    """Give the files that Python runs for an import, in its order: packages on the way, the module, submodules by name."""
    depth = name.count(".") + 1 if name else 0
    for target in every(name, importer, root, level):
        is_package = target.name == "__init__.py" or _is_folder(target)
        folder = target.parent if target.name == "__init__.py" else target
        *above, _ = [folder, *folder.parents[: max(depth - 1, 0)]][::-1] if depth else [folder]
        for package in above:
            if holds(package, "__init__.py"):
                yield package / "__init__.py"
        if not _is_folder(target):
            yield target
        for one in names if is_package else ():
            submodule = below(folder, (one,), root)
            if submodule is not None and not _is_folder(submodule):
                yield submodule


def packages_around(path: Path, root: Path) -> Iterator[Path]:
    """Give the files that Python runs before a module that is loaded by its dotted name, the outermost first."""
    found = []
    for folder in path.parents:
        if not holds(folder, "__init__.py") or not folder.is_relative_to(root):
            break
        found.append(folder / "__init__.py")
    yield from reversed([one for one in found if one != path])


@asked(4096)
def below(folder: Path, parts: tuple[str, ...], root: Path) -> Path | None:
    """Give the module of that name below a folder."""
    target = folder.joinpath(*parts)
    if "site-packages" in target.parts[len(root.parts) :] or not target.is_relative_to(root):
        return None
    if holds(target, "__init__.py"):
        return target / "__init__.py"
    if parts and holds(target.parent, f"{target.name}.py"):
        file = target.with_name(f"{target.name}.py")
        if not is_folder(file):
            return file
    if parts and (name := compiled(target.parent, target.name)):
        return target.with_name(name)
    return target if holds_ending(target, ".py") else None


@asked(4096)
def _found(parts: tuple[str, ...], folder: Path, root: Path, level: int) -> tuple[Path, ...]:
    for base in _bases(parts, folder, root, level):
        target = below(base, parts, root)
        if target is not None:
            return (target,)
    return ()


def _bases(parts: Sequence[str], folder: Path, root: Path, level: int) -> Iterator[Path]:
    if level:
        yield [folder, *folder.parents][min(level - 1, len(folder.parents))]
        return
    if not parts or parts[0] in NEVER_OURS:
        return
    like_the_library = parts[0] in sys.stdlib_module_names
    if like_the_library and parts[0] in _LOADED_FIRST:
        return
    for one in (folder, *folder.parents):
        # The folder that a program is started in comes before the standard library.
        if not like_the_library or _is_start(one, root):
            yield one
            yield one / "src"
        if one == root:
            return


def _is_start(folder: Path, root: Path) -> bool:
    """Whether programs are started in a folder, so that Python looks there first."""
    return folder == root or any(holds(folder, name) for name in _STARTS)


def _may_be_anywhere(importer: Path, root: Path) -> bool:
    return _changes_path(importer.parent, root) or _file_changes_path(importer)


@asked(4096)
def _changes_path(folder: Path, root: Path) -> bool:
    """Whether what is started in a folder, or above it, changes where Python looks for modules."""
    if any(holds(folder, name) and _file_changes_path(folder / name) for name in _CHANGE_PATH):
        return True
    if any(holds(folder, name) and _names_folders(folder / name) for name in _PACKAGES):
        return True
    return folder not in (root, folder.parent) and _changes_path(folder.parent, root)


@remembered(4096)
def _file_changes_path(path: Path) -> bool:
    return _says(path, _CHANGES_PATH)


@remembered(64)
def _names_folders(path: Path) -> bool:
    """Whether settings of a project say in which folders its packages lie."""
    return _says(path, _PACKAGES_ELSEWHERE)


def _says(path: Path, wanted: re.Pattern[bytes]) -> bool:
    try:
        content, _ = read_head(path)
    except Unreadable:
        return False
    return bool(wanted.search(content))


@asked(4096)
def _elsewhere(parts: tuple[str, ...], root: Path, within: bool) -> tuple[Path, ...]:
    """Give what has such a name anywhere in the repository; `within` packages of packages, too, or in the outermost only.

    Nobody puts `shop/web/` of a package `shop` on Python's path, where a part of the package may be called as a library is.
    """
    if not parts or parts[0] in NEVER_OURS or parts[0] in _LOADED_FIRST:
        return ()
    free, packed = _by_name(root)
    found = _below_any(free.get(parts[0], ()), parts, root)
    # What lies in a package has the package's name before its own, as a rule.
    if found or len(parts) == 1:
        return found
    bases = packed.get(parts[0], ())
    return _below_any((one for one in bases if within or not holds(one.parent, "__init__.py")), parts, root)


def _below_any(bases: Iterable[Path], parts: tuple[str, ...], root: Path) -> tuple[Path, ...]:
    return tuple(target for base in bases if (target := below(base, parts, root)) is not None)


def _looked_through(root: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    for folder, folders, files in walk(root):
        folders[:] = sorted(name for name in folders if name not in _NOT_LOOKED_THROUGH)
        yield folder, folders, files


@asked(8)
def _by_name(root: Path) -> tuple[dict[str, list[Path]], dict[str, list[Path]]]:
    """The folders that hold a module, by the name of the module: those that are no packages, and those that are."""
    found: tuple[dict[str, list[Path]], dict[str, list[Path]]] = ({}, {})
    for folder, folders, files in _looked_through(root):
        is_package = "__init__.py" in files and folder != root
        for name in {*(name[:-3] for name in files if name.endswith(".py")), *folders}:
            found[is_package].setdefault(name, []).append(folder)
    return found


def _is_folder(path: Path) -> bool:
    return not path.name.endswith((".py", *COMPILED, *ARCHIVES)) or is_folder(path)
