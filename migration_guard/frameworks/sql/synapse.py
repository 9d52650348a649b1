"""Synapse: `schema/main/delta/73/01name.sql`, and `.sql.postgres` or `.sql.sqlite` for one server. There is no way down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, whole
from migration_guard.operations import Direction


def recognises(path: Path, source: bytes) -> bool:  # noqa: ARG001 -- a tool's signature
    return path.parent.name.isdigit() and path.parent.parent.name == "delta"


def parts(path: PurePath, text: str) -> Iterator[Part]:  # noqa: ARG001 -- a tool's signature
    yield whole(text, Direction.UPGRADE)
