"""Flyway: `V1__name.sql`, `R__name.sql` and its callbacks go up, `U1__name.sql` takes a version back. A remark is a remark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, small, whole
from migration_guard.operations import Direction
from migration_guard.sight.folders import matching

_NAMED = re.compile(r"^(?:[VUB]\d[\w.]*__|R__).*\.sql$", re.IGNORECASE)
_UNDO = re.compile(r"^U\d", re.IGNORECASE)
_CALLBACK = re.compile(
    r"^(?:before|after)(?:Each)?(?:Migrate|Undo|Clean|Validate|Baseline|Repair|Repeatables|Versioned|Info)\w*(?:__.*)?\.sql$"
)
_NO_TRANSACTION = re.compile(r"^\s*executeInTransaction\s*=\s*false\b", re.MULTILINE | re.IGNORECASE)


def recognises(path: Path, source: bytes) -> bool:  # noqa: ARG001 -- a tool's signature
    return bool(_NAMED.search(path.name) or (_CALLBACK.search(path.name) and bool(matching(path.parent, "V*__*.sql"))))


def parts(path: PurePath, text: str) -> Iterator[Part]:
    undoes = _UNDO.search(path.name) or ("Undo" in path.name and _CALLBACK.search(path.name))
    alone = _NO_TRANSACTION.search(small(Path(path).with_name(f"{path.name}.conf")))
    yield whole(text, Direction.DOWNGRADE if undoes else Direction.UPGRADE, transactional=not alone)
