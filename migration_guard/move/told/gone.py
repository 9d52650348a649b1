"""What a text of SQL takes away from tables, or calls by another name: as far as a backfill has to be done before it."""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.later import re
from migration_guard.sql.columns import ColumnTold
from migration_guard.sql.names import bare

_NAME = r"[\w.\"]+"
_DROPPED = re.compile(rf"\bDROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?({_NAME}(?:\s*,\s*{_NAME})*)", re.IGNORECASE)
_RENAMED = re.compile(
    rf"\bALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?({_NAME})\s+(?:RENAME\s+(?:(TO)\b|(?:COLUMN\s+)?({_NAME})\s+TO\b)|SET\s+(SCHEMA)\b)",
    re.IGNORECASE,
)


def gone(text: str) -> Iterator[ColumnTold]:
    """Give the tables that a text drops, and the tables and columns that it renames, each as one that is dropped."""
    for found in _DROPPED.finditer(text):
        for name in found[1].split(","):
            yield ColumnTold(_plain(name), "", dropped=True)
    for found in _RENAMED.finditer(text):
        column = found[3] or ""
        if column.upper() != "CONSTRAINT":
            yield ColumnTold(_plain(found[1]), column.strip('"'), dropped=True)


def _plain(name: str) -> str:
    return bare(name.strip()).strip('"')
