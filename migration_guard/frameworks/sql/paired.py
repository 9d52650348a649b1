"""golang-migrate and others that have a file for each way: `1_name.up.sql` and `1_name.down.sql`, yoyo's `.rollback.sql`,
Postgrator's `1.do.name.sql` and `1.undo.name.sql`, and `1-name-up.sql` and `1-name-down.sql` in db-migrate's folder `sqls`.

A file goes down that takes back another of its number: alone, `1_take.down.sql` is one that any other tool runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, runs_alone, takes_back, whole
from migration_guard.later import re
from migration_guard.operations import Direction

_NAMED = re.compile(r"\.(?:up|down|rollback)\.\w+$", re.IGNORECASE)
_POSTGRATOR = re.compile(r"^\d+\.(?:do|undo)\.(?:.*\.)?sql$", re.IGNORECASE)
_DB_MIGRATE = re.compile(r"^\d+-.*-(?:up|down)\.sql$", re.IGNORECASE)
_SQLS = "sqls"
_YOYO = re.compile(rb"\A(?:\s*--[^\n]*\n)*?\s*--[ \t]*(?:depends|transactional)[ \t]*:", re.IGNORECASE)
_NO_TRANSACTION = re.compile(r"^--[ \t]*transactional[ \t]*:[ \t]*false\b", re.MULTILINE | re.IGNORECASE)


def recognises(path: Path, source: bytes) -> bool:
    is_named = bool(_NAMED.search(path.name) or _POSTGRATOR.match(path.name))
    is_of_db_migrate = path.parent.name == _SQLS and bool(_DB_MIGRATE.match(path.name))
    return is_named or is_of_db_migrate or bool(_YOYO.match(source))


def parts(path: PurePath, text: str) -> Iterator[Part]:
    direction = Direction.DOWNGRADE if takes_back(path) else Direction.UPGRADE
    yield whole(text, direction, transactional=not (runs_alone(text) or _NO_TRANSACTION.search(text)))
