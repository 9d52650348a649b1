"""Drops the files that cannot hold a data change, so that the costly parsers see only the others.

An allow-list, which may only be wrong on the safe side: a file is dropped if all that stands in it, reached or not, is
a known schema operation, SQL that is plainly about the schema, a question about the schema, the building of arguments,
or a call of something pure, and no text says backfill.
"""

from __future__ import annotations

import ast
import warnings

from migration_guard.gate.inspection import Inspection, Unsure
from migration_guard.later import re

SIZE_LIMIT = 512 * 1024
"""Larger files are not judged here: parsing them would take the parent process too long."""

_TELLING = (
    b"RunPython", b"bulk_insert", b"Session(", b"DDL(", b"listen(", b"listens_for(", b"UPDATE ", b"INSERT INTO",
    b"DELETE FROM", b"schema_editor", b".objects.", b".fetch", b".scalar", b"delete(", b"get_model(", b"insert(",
    b"migration-guard:", b"query(", b"save(", b"select(", b"update(", b"values(", b"where(",
)  # fmt: skip
"""What decides without parsing, to save time. Comments that use such words only cost a closer look."""

_BACKFILL = re.compile(rb"back[\W_]{0,3}fill")
_COOKIE = re.compile(rb"coding[:=](?![ \t]*(?:utf-?8|ascii|us-ascii|latin-1)\b)", re.IGNORECASE)
"""An encoding under which the bytes need not mean what they seem to say."""


def may_hold_operation(source: bytes) -> bool:
    """Say whether a file has to be read; False only if it cannot hold a data change or speak of a backfill."""
    if len(source) > SIZE_LIMIT or any(word in source for word in _TELLING):
        return True
    if _BACKFILL.search(source.lower()) or _COOKIE.search(b"\n".join(source.splitlines()[:2])):
        return True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd escapes are the affair of other tools
            tree = ast.parse(source)
        Inspection().run(tree)
    except (Unsure, SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return False
