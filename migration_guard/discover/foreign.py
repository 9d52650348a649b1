"""Files among migrations that are neither Python nor SQL: other tools' migrations, shell, and compiled Python.

They are not read, but what may hold a data change is named: nobody shall take them for read.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from migration_guard.files import Unreadable, holds_any, read_head, too_large
from migration_guard.later import re
from migration_guard.sight.folders import COMPILED, holds

_CODE = frozenset(
    ".rb .js .mjs .cjs .ts .mts .cts .go .java .kt .kts .groovy .scala .cs .fs .vb .php .ex .exs .pl .clj .rs .lua .r .R .jl .tcl "
    ".sh .bash .zsh .ksh .fish .ps1 .bat .cmd .pyx".split()
)
_TEXTS = frozenset(".cql .postgres .sqlite .mysql .migration .mako .j2 .jinja .jinja2 .tmpl .tpl .erb".split())
_CHANGE_LOGS = frozenset({".xml", ".yaml", ".yml", ".json"})
_OF_LIQUIBASE = _CHANGE_LOGS | {".groovy"}
_ARCHIVES = frozenset({".zip", ".egg", ".whl", ".pyz"})
_COMPILED = frozenset({*COMPILED, ".pyo"}) - _CODE
SUFFIXES = tuple(sorted(_CODE | _TEXTS | _CHANGE_LOGS | _COMPILED | _ARCHIVES))
"""How the names end of files that are looked at if they lie among migrations."""

_HOMES = frozenset({"migrations", "migration", "migrate", "versions", "changelog", "changelogs", "liquibase"})
_CALLED = re.compile(r"change[-_. ]?(?:log|set)|liquibase", re.IGNORECASE)
"""What Liquibase's files are called that lie elsewhere."""
_TOP = 4_096
"""Bytes in which one that is called otherwise says what it is."""
_PACKED = re.compile(rb"(?:^|[/\0-\xff])(?:migrations|versions)/[^/\0]{1,200}\.py")
"""The name of a migration in an archive, where names are not packed."""
_STATEMENT = re.compile(
    rb"\b(?:update\s+[^\s;]{1,100}\s+set|delete\s+from|(?:insert|replace|merge)\s+into|truncate\s+(?:table|only)?\s*[\"'`\w]|"
    rb"copy\s+[^\s;]{1,100}\s+from)\b",
    re.IGNORECASE,
)
_WRITES = re.compile(
    rb"\.\s*(?:(?:update|delete|destroy|insert|upsert)_all|update_columns?|bulk(?:Insert|Update|Delete|Create)|"
    rb"(?:update|delete|create|insert)Many|save!?|update!|insert|update|del|delete)\s*(?:\(|\n|;|[:{\"'])|\b(?:psql|mysql)\b"
)
"""Calls of object mappers, and programs that are given statements."""
CACHE = "__pycache__"
_MANIFESTS = ("__manifest__.py", "__openerp__.py")
_ODOO = re.compile(rb"<(?:odoo|openerp)\b.*<(?:function|delete)\b", re.DOTALL)
"""Data of an addon that runs a method, or deletes rows, whenever the addon is updated."""
_CHANGE_LOG = re.compile(rb"databaseChangeLog", re.IGNORECASE)
_CHANGE = re.compile(
    rb"(?:<\s*|\"|^[ \t-]*|[{;]\s*)(?:update|delete|insert|loadData|loadUpdateData|sqlFile|include(?:All)?[^>}\n]*\.sql\b)\b",
    re.MULTILINE,
)


def lies_among_migrations(folder: Path, top: Path, homes: Collection[Path]) -> bool:
    """Say whether a folder holds migrations, or is called after them, or one above it is."""
    if folder in homes:
        return True
    inside = folder.relative_to(top).parts if folder.is_relative_to(top) else (folder.name,)
    return any(name.lower() in _HOMES for name in inside)


def is_change_log(path: Path) -> bool:
    """Say whether a file is one of Liquibase's, wherever it lies: by its name, or by how it begins."""
    if path.suffix not in _OF_LIQUIBASE:
        return False
    if _CALLED.search(path.name):
        return True
    try:
        return bool(_CHANGE_LOG.search(read_head(path, _TOP)[0]))
    except Unreadable:
        return False


def may_be_imported(path: Path) -> bool:
    """Say whether a file is an archive, out of which Python imports like out of a folder."""
    return path.suffix in _ARCHIVES


def is_data_of_odoo(folder: Path) -> bool:
    """Say whether a folder belongs to an addon of Odoo, whose data files are loaded at each update."""
    return any(holds(place, name) for place in (folder, *folder.parents[:2]) for name in _MANIFESTS)


def is_loaded(path: Path, *, by_alembic: bool = False) -> bool:
    """Say whether Python takes a file for a module of its folder: compiled, with no source that it prefers.

    `by_alembic`: in the folder of its versions, of which it also looks into the cache.
    """
    is_cached = path.parent.name == CACHE
    if path.suffix not in _COMPILED or (is_cached and not by_alembic):
        return False
    folder = path.parent.parent if is_cached else path.parent
    source = folder / f"{path.name.partition('.')[0]}.py"
    return path.suffix in {".so", ".pyd"} or not source.is_file()


def reason_to_name(path: Path) -> str | None:
    """Say why a file among migrations has to be named, None where it need not be."""
    if path.suffix in _ARCHIVES:
        return "it holds migrations, or may hold some, and archives are not read" if _is_packed(path) else None
    if path.suffix in _COMPILED:
        return "it lies among migrations and is compiled Python, which cannot be read" if is_loaded(path) else None
    try:
        content, whole = read_head(path)
    except Unreadable as error:
        return f"it lies among migrations and cannot be read: {error}"
    if not whole and (path.suffix not in _CHANGE_LOGS or _CHANGE_LOG.search(content)):
        return f"it lies among migrations and is {too_large()}"
    if path.suffix == ".xml" and _ODOO.search(content):
        return "an update of its addon runs a method or deletes rows by it, and files of its kind are not read"
    if _STATEMENT.search(content) or _speaks(path.suffix, content):
        return "it lies among migrations and may change data, and files of its kind are not read"
    return None


def _is_packed(path: Path) -> bool:
    try:
        content, whole = read_head(path)
    except Unreadable:
        return True
    return bool(_PACKED.search(content)) or (not whole and holds_any(path, (b"migrations/", b"versions/")))


def _speaks(suffix: str, content: bytes) -> bool:
    if suffix in _CODE and _WRITES.search(content):
        return True
    return suffix in _OF_LIQUIBASE and bool(_CHANGE_LOG.search(content) and _CHANGE.search(content))
