"""yoyo's files of SQL, which it runs like those of Python that lie beside them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.files import Unreadable, read_head
from migration_guard.frameworks import yoyo
from migration_guard.frameworks.sql.part import Part, whole
from migration_guard.operations import Direction
from migration_guard.sight.folders import names

_ASKED = 5
"""Files of Python that are looked at: where none of them is yoyo's, the folder is somebody else's."""


def recognises(path: Path, source: bytes) -> bool:  # noqa: ARG001 -- a tool's signature
    if path.suffix != ".sql":
        return False
    beside = sorted(one for one in names(path.parent) or () if one.endswith(".py") and not one.startswith("__"))
    return any(_is_of_yoyo(path.parent / one) for one in beside[:_ASKED])


def _is_of_yoyo(path: Path) -> bool:
    try:
        source, _ = read_head(path)
    except Unreadable:
        return False
    return yoyo.recognises(path, source)


def parts(path: PurePath, text: str) -> Iterator[Part]:  # noqa: ARG001 -- a tool's signature
    yield whole(text, Direction.UPGRADE)
