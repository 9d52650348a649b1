"""What lies beside migrations and is none: a file that may change data there is named unless a migration reaches it."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Collection
from pathlib import Path

from migration_guard.files import too_large
from migration_guard.frameworks.out_of_scope import without_sql
from migration_guard.gate import may_hold_operation
from migration_guard.later import re
from migration_guard.sources import is_sql

_HOME = re.compile(r"^(?:versions|migrate|change_?logs?|liquibase)$|(?:^|[_-])migrations?$", re.IGNORECASE)
"""What folders of migrations are called: also `clickhouse_migrations`, which one tool has beside those of another."""
_CALLED = re.compile(
    r"(?:^|_)(?:migrations?|migrate|migrator)(?:_|$)|^(?:db|database|schema)_(?:upgrades?|updates?|changes)$|^upgrades?$"
)
_TEST = re.compile(r"^test_|_tests?$|^conftest$")
_TESTS = frozenset({"test", "tests"})
_SEEDS = frozenset({"seed", "seeds"})
_STATEMENT = re.compile(
    r"\b(?:update|delete\s+from|insert\s+into|replace\s+into|merge\s+into|truncate|copy|call|exec(?:ute)?)\b|"
    r"\bdo\s+(?:language\s+\S+\s+)?(?:\$|e?')",
    re.IGNORECASE,
)
_CALLS = re.compile(
    r"^[^\S\n]*select\s+(?:\*\s*from\s+)?(?!(?:count|sum|min|max|avg|now|version|coalesce|exists|concat|lower|upper|cast|distinct|"
    r"current_\w+|to_\w+|pg_\w+|pg_catalog\.\w+|(?:next|set|curr)val)\s*\()[\w.\"]+\s*\(",
    re.IGNORECASE | re.MULTILINE,
)
"""A function of the database is called that may do anything."""
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_WRITERS = re.compile(
    r"exec|bulk_|(?:^|_)(?:save|update|delete|insert|write|unlink|truncate|merge|upsert|copy|run_sql|add_all)(?:_|$)|(?:^|_)create$"
)
"""Names of methods and functions that may change data, whatever they are called on."""


def is_near_migrations(folder: Path, top: Path, homes: Collection[Path]) -> bool:
    """Say whether a folder lies where migrations are looked for: it or one above it holds some, or is named so."""
    for place in (folder, *folder.parents):
        if place in homes or _HOME.search(place.name):
            return True
        if place == top:
            return False
    return False


def is_called_after_migrations(path: Path) -> bool:
    """Say whether a module is called as applications call the one in which they migrate by themselves: `migrations.py`."""
    if path.suffix != ".py" or not _CALLED.search(path.stem) or _TEST.search(path.stem):
        return False
    return not any(one.name in _TESTS for one in path.parents[:3])


def holds_seeds(path: Path) -> bool:
    """Say whether a file is one of those that tools run to fill a new database: Supabase's, Hasura's, Prisma's, Masonite's."""
    if path.suffix == ".py":
        return path.parent.name.lower() in _SEEDS
    if not is_sql(path.name):
        return False
    return path.stem.lower() in _SEEDS or any(one.name.lower() in _SEEDS for one in path.parents[:2])


def runs_migrations(path: Path, homes: Collection[Path]) -> bool:
    """Say whether a file is Alembic's `env.py`, which stands above the versions and is run with each of them."""
    return path.name == "env.py" and any(home.parent == path.parent for home in homes)


def reason_to_name(path: Path, source: bytes, *, whole: bool) -> str | None:
    """Say why a file beside migrations that is none has to be named, None where it need not be."""
    if not whole:
        return f"it lies beside migrations and is {too_large()}"
    package = without_sql(source) if path.suffix == ".py" else None
    if package is not None:
        return f"it lies beside migrations and belongs to {package}: databases without SQL are out of scope"
    if path.name == "__init__.py" and path.parent.name == "migrations" and _moves(source):
        return "it says where the modules of its package lie, and they are not looked for there"
    if not (_may_write(source) if path.suffix == ".py" else _may_change(source)):
        return None
    return "it lies beside migrations and may change data, and no migration that was read leads to it"


def _moves(source: bytes) -> bool:
    """Whether a package gives itself other folders; `pkgutil.extend_path` only adds those of its name."""
    return b"__path__" in source and b"extend_path" not in source


def _may_change(source: bytes) -> bool:
    """Look for statements; a comment between two words parts them like a blank."""
    text = source.decode("latin-1")
    every = (text, _COMMENT.sub(" ", text))
    return "\0" in text or any(_STATEMENT.search(one) or _CALLS.search(one) for one in every)


def _may_write(source: bytes) -> bool:
    """Look for calls and texts that change data; comments and docstrings change none."""
    if not may_hold_operation(source):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    waiting: list[ast.AST] = [tree]
    commits = assigns = False  # to an attribute of a row, perhaps, which a commit writes
    while waiting:
        match waiting.pop():
            case ast.Expr(value=ast.Constant()):
                continue
            case ast.Constant(value=str() as text) if _STATEMENT.search(text):
                return True
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) as call if _WRITERS.search(name):
                if "exec" not in name or not call.args or not _is_said(call.args[0]):
                    return True
                waiting.extend(ast.iter_child_nodes(call))
            case ast.Attribute(attr="commit" | "flush") | ast.Name(id="db_session"):  # Pony's ends with a commit
                commits = True
            case node:
                assigns |= isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
                waiting.extend(ast.iter_child_nodes(node))
    return commits and assigns


def _is_said(node: ast.expr) -> bool:
    """Whether what is executed stands there as text, which is looked at by itself."""
    if isinstance(node, ast.Call) and len(node.args) == 1:
        node = node.args[0]
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
