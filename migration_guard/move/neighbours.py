"""The migrations of a project besides those of one folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from migration_guard.discover.walk import NEVER_ENTERED
from migration_guard.files import Unreadable, read_source

_SEVERAL = b"version_locations"
"""The option by which Alembic's migrations lie in several folders."""


def other_versions(folder: Path, root: Path) -> Iterator[Path]:
    """The Python files of a project whose migrations lie in several folders: any of them may follow one of another folder."""
    above = [one for one in (folder, *folder.parents) if one == root or one.is_relative_to(root)]
    settings = [
        path for one in above for pattern in ("*.ini", "*.toml", "*.cfg", "env.py") for path in one.glob(pattern)
    ]
    if not any(_says(path, _SEVERAL) for path in settings):
        return
    for place, folders, names in os.walk(root):
        folders[:] = sorted(set(folders) - NEVER_ENTERED)
        for path in (Path(place, name) for name in sorted(names) if name.endswith(".py")):
            if _says(path, b"down_revision"):
                yield path


def _says(path: Path, words: bytes) -> bool:
    """Whether a file speaks of something; one that cannot be read may."""
    try:
        return words in read_source(path)
    except Unreadable:
        return True


def is_revision(path: Path, name: str) -> bool:
    """Whether a file is the migration of a name."""
    try:
        data = read_source(path)
    except Unreadable:
        return False
    return (
        re.search(rb"^revision\s*(?::[^=\n]*)?=\s*[\"']" + re.escape(name.encode()) + rb"[\"']", data, re.MULTILINE)
        is not None
    )
