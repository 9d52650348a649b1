"""Hasura and Diesel: a numbered folder for each migration, with `up.sql` and `down.sql`; Diesel's `metadata.toml` beside them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, small, whole
from migration_guard.later import re
from migration_guard.operations import Direction
from migration_guard.sight.folders import is_file

_METADATA = "metadata.toml"
_NO_TRANSACTION = re.compile(r"^[ \t]*run_in_transaction[ \t]*=[ \t]*false\b", re.MULTILINE)
_FOLDER = re.compile(r"^\d[\d-]*_|^\d{10,}$")


def recognises(path: Path, source: bytes) -> bool:  # noqa: ARG001 -- a tool's signature
    return path.name in {"up.sql", "down.sql"} and bool(_FOLDER.match(path.parent.name))


def parts(path: PurePath, text: str) -> Iterator[Part]:
    down = path.name == "down.sql" and is_file(Path(path).with_name("up.sql"))
    alone = _NO_TRANSACTION.search(small(Path(path).with_name(_METADATA)))
    yield whole(text, Direction.DOWNGRADE if down else Direction.UPGRADE, transactional=not alone)
