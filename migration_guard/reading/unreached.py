"""What in a file of backfills may change rows and belongs to no backfill that was found: it is said not to be judged."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator

import libcst as cst

from migration_guard.interpreter.kinds import within
from migration_guard.interpreter.syntax import Source, dotted
from migration_guard.later import re
from migration_guard.operations import Span

_CHANGES = re.compile(
    r"\b(?:update\s+(?:only\s+)?[\w\".{}%]+(?:\s+(?:as\s+)?\w+)?\s+set|insert\s+into|delete\s+from|merge\s+into|truncate\s+(?:table\s+)?\S|"
    r"copy\s+\S.*\bfrom\b)\b",
    re.IGNORECASE | re.DOTALL,
)
_WRITES = frozenset(
    "execute executemany execute_async exec_driver_sql executescript execute_values execute_batch copy copy_from "
    "copy_expert copy_records_to_table save asave bulk_update abulk_update bulk_create abulk_create bulk_save_objects "
    "bulk_update_mappings bulk_insert_mappings add_all".split()
)
"""Methods that may change rows, whatever they belong to."""
_BY_QUERIES = frozenset({"update", "aupdate", "delete", "adelete", "update_or_create", "get_or_create", "create"})
"""Methods that do if they belong to a query."""
_QUERIES = frozenset({"objects", "filter", "exclude", "query", "where", "all", "_default_manager"})
_TALKS = re.compile(
    r"^(?:debug|info|warning|warn|error|exception|critical|log|print|echo|secho|write|add_argument|option|argument|command)$"
)
"""Calls whose text is for people."""


def changes_unread(source: Source, told: Collection[int], visited: Collection[int]) -> Iterator[tuple[Span, str]]:
    """Each place that may change rows, stands on none of the lines that were told, and was not come to."""
    spoken = _spoken(source.tree)
    seen: set[int] = set()
    for node in within(source.tree):
        what = _what(node, visited)
        if not what or id(node) in spoken:
            continue
        span = Span(*source.start(node), *source.end(node))
        lines = range(span.line, span.end_line + 1)
        if not any(line in told or line in seen for line in lines):
            seen.update(lines)
            yield span, what


def _what(node: cst.CSTNode, visited: Collection[int]) -> str:
    match node:
        case cst.SimpleString() | cst.FormattedString() | cst.ConcatenatedString() if _CHANGES.search(_text(node)):
            return "SQL that changes rows"
        case cst.Call(func=cst.Attribute(value=base, attr=cst.Name(value=name))) if id(node) not in visited:
            if name in _WRITES or (name in _BY_QUERIES and _is_query(base)):
                return f"a call of {name}()"
    return ""


def _text(node: cst.SimpleString | cst.FormattedString | cst.ConcatenatedString) -> str:
    return cst.Module(body=[]).code_for_node(node)


def _is_query(node: cst.BaseExpression) -> bool:
    return any(isinstance(one, cst.Attribute) and one.attr.value in _QUERIES for one in (node, *within(node)))


def _spoken(tree: cst.Module) -> set[int]:
    """The texts for people: docstrings, messages, helps."""
    found: set[int] = set()
    for node in within(tree):
        if isinstance(node, cst.Expr) and isinstance(node.value, (cst.SimpleString, cst.ConcatenatedString)):
            found.update(id(one) for one in (node.value, *within(node.value)))
        elif isinstance(node, cst.Call):
            name = (dotted(node.func) or "").rpartition(".")[2]
            if isinstance(node.func, cst.Attribute):
                name = node.func.attr.value
            for argument in node.args:
                if _TALKS.match(name) or (
                    argument.keyword is not None and argument.keyword.value in {"help", "description"}
                ):
                    found.update(id(one) for one in (argument.value, *within(argument.value)))
    return found


def leads_away(tree: cst.Module) -> cst.Call | None:
    """The first call of something that is imported from out of the standard library, and is run by what runs the file."""
    names = dict(_imported(tree))
    for node in within(tree):
        if isinstance(node, cst.Call):
            root = (dotted(node.func) or "").partition(".")[0]
            if root in names and names[root] not in _QUIET and names[root] not in sys.stdlib_module_names:
                return node
    return None


_QUIET = frozenset(
    "typing_extensions pydantic attr attrs structlog click typer rich tqdm celery sqlalchemy psycopg psycopg2 asyncpg django "
    "tenacity dotenv".split()
)
"""Packages whose functions change no rows."""


def _imported(tree: cst.Module) -> Iterator[tuple[str, str]]:
    """Each imported name, and the package that it comes from."""
    for node in within(tree):
        match node:
            case cst.Import(names=aliases):
                for one in aliases:
                    module = dotted(one.name) or ""
                    name = dotted(one.asname.name) if one.asname is not None else module.partition(".")[0]
                    yield name or "", module.partition(".")[0]
            case cst.ImportFrom(module=origin, names=aliases) if not isinstance(aliases, cst.ImportStar):
                package = (dotted(origin) or "").partition(".")[0] if origin is not None else ""
                for one in aliases:
                    name = dotted(one.asname.name) if one.asname is not None else dotted(one.name)
                    yield name or "", package if not node.relative else "."
