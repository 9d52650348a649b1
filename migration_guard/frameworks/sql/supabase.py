"""Supabase: `supabase/migrations/20240101120000_name.sql`. There is no way down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, whole
from migration_guard.operations import Direction


def recognises(path: Path, source: bytes) -> bool:  # noqa: ARG001 -- a tool's signature
    return path.parent.name == "migrations" and path.parent.parent.name == "supabase"


def parts(path: PurePath, text: str) -> Iterator[Part]:  # noqa: ARG001 -- a tool's signature
    yield whole(text, Direction.UPGRADE)
