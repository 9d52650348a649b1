"""MyBatis Migrations: all of a script runs, up to `-- //@UNDO`; what stands behind it takes it back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePath

from migration_guard.frameworks.sql.part import Part, is_the_custom, whole
from migration_guard.later import re
from migration_guard.operations import Direction

_UNDO = re.compile(r"^[ \t]*--[ \t]*//[ \t]*@UNDO\b[^\n]*", re.MULTILINE | re.IGNORECASE)
_HEAD = re.compile(r"\A(?:[^\S\n]*(?:--(?!\s*//)[^\n]*)?\n)*[^\S\n]*--[ \t]*//[ \t]*(?!@)\S")
_NUMBERED = re.compile(r"^\d{3,}_")


def recognises(path: Path, source: bytes) -> bool:
    """Its own heads are remarks that begin with two strokes, also in the files beside; a script need not say how it is taken back."""
    text = source.decode("utf-8", "replace")
    is_own = bool(_HEAD.match(text)) and bool(_NUMBERED.match(path.name) or _UNDO.search(text))
    return is_own and is_the_custom(path, _HEAD)


def parts(path: PurePath, text: str) -> Iterator[Part]:  # noqa: ARG001 -- a tool's signature
    undo = _UNDO.search(text)
    if undo is None:
        yield whole(text, Direction.UPGRADE)
        return
    yield Part(((0, undo.start()),), Direction.UPGRADE)
    yield Part(((undo.end(), len(text)),), Direction.DOWNGRADE)
