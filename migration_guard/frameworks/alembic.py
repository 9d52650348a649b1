"""Alembic: a module with `revision` and `down_revision`, entered at `upgrade()` and `downgrade()`."""

from __future__ import annotations

import re
from pathlib import PurePath

_REVISION = re.compile(rb"^revision\b", re.M)
_DOWN_REVISION = re.compile(rb"^down_revision\b", re.M)


def recognises(path: PurePath, source: bytes) -> bool:
    return path.suffix == ".py" and bool(_DOWN_REVISION.search(source) and _REVISION.search(source))
