"""sqlalchemy-migrate's scripts of SQL: `versions/001_postgresql_upgrade.sql`, and `…_downgrade.sql` for the way back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, whole
from migration_guard.later import re
from migration_guard.operations import Direction

_NAMED = re.compile(r"^\d{3,}_(?:\w+_)?(?P<way>upgrade|downgrade)\.sql$", re.IGNORECASE)


def recognises(path: Path, source: bytes) -> bool:  # noqa: ARG001 -- a tool's signature
    return path.parent.name == "versions" and bool(_NAMED.match(path.name))


def parts(path: PurePath, text: str) -> Iterator[Part]:
    named = _NAMED.match(path.name)
    down = named is not None and named["way"].lower() == "downgrade"
    yield whole(text, Direction.DOWNGRADE if down else Direction.UPGRADE)
