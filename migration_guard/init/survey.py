"""Looks at a repository: which migrations it has, what database they speak to, and what is set up already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from migration_guard.config import SettingsLoader
from migration_guard.config.load import SHARED_FILE
from migration_guard.discover import discover
from migration_guard.discover.walk import Seen, source_files
from migration_guard.files import Unreadable, exists, read_head, read_source
from migration_guard.later import re
from migration_guard.lean import dataclass

HOOKS = ".pre-commit-config.yaml"
GITLAB = ".gitlab-ci.yml"
WORKFLOWS = ".github"
ATTRIBUTES = ".gitattributes"

_SCRIPT_NAME = re.compile(r"migrat|schema|upgrade_db|db_upgrade", re.IGNORECASE)
_SCRIPT_SQL = re.compile(rb"\b(?:ALTER|CREATE)\s+TABLE\b", re.IGNORECASE)
_SCRIPT_ORM = re.compile(rb"^[ \t\f]*(?:from|import)\s+(?:pony\.orm|playhouse\.migrate)\b", re.MULTILINE)
"""Libraries whose migrations are scripts."""
_EXECUTES = re.compile(rb"\bexec\w*\(")
_TEST_FILE = re.compile(r"^(?:test_.*|.*_test|conftest)\.py$")
_MARKER = re.compile(rb"^[ \t]*# ?([A-Z][a-z]+) (\d+[a-z]?)(:?)", re.MULTILINE)
_MARKERS_AT_LEAST = 3
_DEPENDENCIES = ("pyproject.toml", "requirements.txt", "requirements/base.txt", "setup.cfg", "Pipfile", "setup.py")
_DRIVERS = (
    ("postgres", rb"psycopg|asyncpg|pg8000"),
    ("mysql", rb"mysqlclient|pymysql|mysql-connector|aiomysql|asyncmy"),
    ("tsql", rb"pyodbc|pymssql|mssql-django"),
    ("oracle", rb"cx[_-]oracle|oracledb"),
)
_HEAD = 256 * 1024


@dataclass(frozen=True, slots=True)
class Script:
    """A file that looks like migrations written by hand."""

    path: str
    """POSIX, relative to the root."""
    marker: str | None
    """A regular expression for the comments that start a migration, where there are some."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found."""

    root: Path
    migrations: tuple[tuple[str, int], ...]
    """Frameworks, with their numbers of migrations."""
    scripts: tuple[Script, ...]
    dialect: str | None
    """The SQL of the only driver that is required; None where there is none, or several."""
    configurations: tuple[Path, ...]
    """The files that govern what was found."""
    governed: bool
    """Whether one of them governs each migration and each script."""
    shared: str | None
    """The text of pyproject.toml, if there is one."""
    hooks: str | None
    """The text of the hooks' configuration, if there is one."""
    workflows: bool
    """Whether the repository lives on GitHub: it has workflows, or says where it came from."""
    gitlab: str | None
    """The text of GitLab's pipeline, if there is one."""
    attributes: str | None
    """The text of git's attributes, if there is one."""
    git: bool
    """Whether it is a repository of git."""
    mentioned: bool
    """Whether a workflow names the guard already."""


def survey(cwd: Path) -> Survey:
    """Look at the repository that a folder belongs to.

    Raises ConfigError where its configuration is wrong, and Unreadable where a file to add to cannot be read.
    """
    load = SettingsLoader(cwd=cwd)
    root = load.git_root(cwd) or cwd
    found = discover((str(root),), cwd=root, load=SettingsLoader(cwd=root, isolated=True))
    known = {candidate.path for candidate in found.candidates}
    scripts = tuple(_scripts(root, known))
    folders = {path.parent for path in (*known, *(root / script.path for script in scripts))} or {root}
    governing = {load.for_folder(folder).source for folder in folders}
    return Survey(
        root=root,
        migrations=tuple(Counter(candidate.framework for candidate in found.candidates).most_common()),
        scripts=scripts,
        dialect=_dialect(root),
        configurations=tuple(sorted(path for path in governing if path is not None)),
        governed=None not in governing,
        shared=_text(root / SHARED_FILE),
        hooks=_text(root / HOOKS),
        workflows=exists(root / WORKFLOWS) or b"github.com" in _bytes(root / ".git" / "config"),
        gitlab=_text(root / GITLAB),
        attributes=_text(root / ATTRIBUTES),
        git=exists(root / ".git"),
        mentioned=_mentioned(root),
    )


def _scripts(root: Path, known: set[Path]) -> Iterator[Script]:
    """Find Python files that execute DDL and that no framework recognises; what only tests has other reasons to."""
    for found in source_files(root, root):
        if not isinstance(found, Seen) or found.path in known or found.path.suffix != ".py":
            continue
        name = found.path.name
        if not _SCRIPT_NAME.search(name) or _TEST_FILE.match(name) or found.left_out:
            continue
        try:
            source, _ = read_head(found.path)
        except Unreadable:
            continue
        if (_SCRIPT_SQL.search(source) and _EXECUTES.search(source)) or _SCRIPT_ORM.search(source):
            yield Script(found.path.relative_to(root).as_posix(), _marker(source))


def _marker(source: bytes) -> str | None:
    """Find the comment that numbers the migrations: one word, with at least three different numbers."""
    numbers: dict[tuple[bytes, bytes], set[bytes]] = {}
    for word, number, colon in _MARKER.findall(source):
        numbers.setdefault((word, colon), set()).add(number)
    best = max(numbers, key=lambda key: len(numbers[key]), default=None)
    if best is None or len(numbers[best]) < _MARKERS_AT_LEAST:
        return None
    word, colon = best
    return rf"# ?{word.decode()} (\d+[a-z]?){colon.decode()}"


def _dialect(root: Path) -> str | None:
    texts = b"\n".join(_bytes(root / name) for name in _DEPENDENCIES)
    spoken = [dialect for dialect, driver in _DRIVERS if re.search(driver, texts, re.IGNORECASE)]
    return spoken[0] if len(spoken) == 1 else None


def _mentioned(root: Path) -> bool:
    folder = root / WORKFLOWS / "workflows"
    workflows = sorted(folder.glob("*.y*ml")) if folder.is_dir() else []
    return any(b"migration-guard" in _bytes(path) for path in (*workflows, root / GITLAB))


def _bytes(path: Path) -> bytes:
    """Read what may be there; what cannot be read is no reason to propose nothing."""
    try:
        return read_head(path, _HEAD)[0]
    except Unreadable:
        return b""


def _text(path: Path) -> str | None:
    """Read a file that may be added to. That it cannot be read must not look as if it were not there."""
    if not exists(path):
        return None
    try:
        return read_source(path, _HEAD).decode("utf-8")
    except (Unreadable, UnicodeDecodeError) as error:
        raise Unreadable(f"{path.name} cannot be read: {error}") from None
