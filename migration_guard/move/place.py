"""Where definitions of backfills stand, and which keys they have."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from migration_guard.config import Settings
from migration_guard.files import Unreadable, read_source
from migration_guard.sql.backfill import CannotMove
from migration_guard.walk.definitions import keys_in
from migration_guard.walk.syntax import Refused

_HOW = '[tool.migration-guard.backfill]\nmodules = ["backfills.py"]'


class NoPlace(Exception):
    """That nothing can be written, whatever the finding; the message says what to configure or to repair."""


@dataclass(frozen=True, slots=True)
class Module:
    """A module that a definition goes into."""

    path: Path
    content: bytes | None
    """None where it is not there yet."""


@dataclass(frozen=True, slots=True)
class Modules:
    """The modules that the configuration names, by their files."""

    files: tuple[Path, ...]
    first: Path
    """Where a new definition goes: a module, or a folder."""

    @staticmethod
    def of(settings: Settings) -> Modules:
        if not settings.backfill.modules:
            source = settings.source.name if settings.source is not None else "pyproject.toml"
            raise NoPlace(f"no module for backfills is configured; say in {source}, for instance:\n{_HOW}")
        places = [_path(settings.root, name) for name in settings.backfill.modules]
        files = [
            file for place in places for file in ([place] if place.suffix == ".py" else sorted(place.rglob("*.py")))
        ]
        return Modules(tuple(file for file in files if file.exists()), places[0])

    def with_key(self, key: str) -> Path | None:
        """Give the file in which a key is defined. Raises NoPlace for a module that does not parse."""
        for path in self.files:
            try:
                if key in keys_in(path, read_source(path)):
                    return path
            except Refused as refused:
                line = f" (line {refused.line})" if refused.line else ""
                raise NoPlace(f"{path.name}: no definition can be added: {refused.reason}{line}") from None
            except Unreadable as error:
                raise NoPlace(f"{path.name}: {error}") from None
        return None

    def place_for(self, name: str) -> Module:
        """Give the module for a definition: the one that is configured, or one of its name in the folder."""
        path = self.first if self.first.suffix == ".py" else self.first / f"{name}.py"
        try:
            return Module(path, read_source(path) if path.exists() else None)
        except Unreadable as error:
            raise NoPlace(f"{path.name}: {error}") from None


def _path(root: Path, name: str) -> Path:
    """Give the file or folder that an entry of the configuration means."""
    if name.endswith(".py") or os.sep in name or "/" in name or (root / name).is_dir():
        return root / name
    inside = Path(*name.split("."))
    for base in (root, root / "src"):
        if (base / inside).is_dir():
            return base / inside
        if (base / inside.with_suffix(".py")).exists() or (base / inside).parent.is_dir():
            return base / inside.with_suffix(".py")
    raise CannotMove(f'the module "{name}" of backfill.modules is not found in {root.name}; name its file or folder')
