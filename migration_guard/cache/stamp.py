"""What a reading depends on beside files of the repository: this program, the interpreter, and the parsers of record."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import migration_guard
from migration_guard.later import re
from migration_guard.sight.asking import digest

_PARSERS = re.compile(r"(?P<name>libcst|sqlglot\w*)-(?P<version>[^-]+)\.(?:dist|egg)-info", re.IGNORECASE)
_OURS = re.compile(r"^migration_guard/[^,]+\.(?:py|txt|json|sql),sha256=[^,]+", re.MULTILINE)


def stamp() -> str:
    """Give what is different where a reading might be. Nothing is imported for it: that would take longer than a run."""
    said = (migration_guard.__version__, _own(), sys.version, sys.platform, *sorted(_parsers()))
    return digest("\n".join(said).encode())


def _own() -> str:
    """This very program: by the digests that its installation lists, or by its files where it runs from its sources."""
    package = Path(migration_guard.__file__).parent
    installed = package.parent / f"migration_guard-{migration_guard.__version__}.dist-info" / "RECORD"
    try:
        lines = sorted(_OURS.findall(installed.read_text("utf-8")))
    except OSError:
        lines = []
    return "\n".join(lines) or "\n".join(sorted(_files(os.fspath(package))))


def _files(folder: str) -> Iterator[str]:
    """Of sources that somebody works on, when each was changed: to read them all would take longer than a run."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name == "__pycache__":
                continue
            if entry.is_dir():
                yield from _files(entry.path)
            else:
                status = entry.stat()
                yield f"{entry.path} {status.st_size} {status.st_mtime_ns}"


def _parsers() -> Iterator[str]:
    for place in sys.path:
        try:
            names = os.listdir(place)
        except OSError:
            continue
        for name in names:
            found = _PARSERS.fullmatch(name)
            if found is not None:
                yield f"{found['name'].lower()} {found['version']}"
