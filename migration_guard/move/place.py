"""Where definitions of backfills stand, and which keys they have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from migration_guard.config import Settings
from migration_guard.config.advice import table
from migration_guard.discover.patterns import backfill_path
from migration_guard.files import Unreadable, read_source
from migration_guard.interpreter.syntax import Refused
from migration_guard.lean import dataclass
from migration_guard.rewriting.definitions import keys_in


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
            file, header = table("backfill", settings)
            how = f'{header}\nmodules = ["backfills.py"]'
            raise NoPlace(f"no module for backfills is configured; say in {file}, for instance:\n{how}")
        places = [backfill_path(entry, settings) for entry in settings.backfill.modules]
        files = [
            file for place in places for file in ([place] if place.suffix == ".py" else sorted(place.rglob("*.py")))
        ]
        return Modules(tuple(file for file in files if file.exists()), places[0])

    @property
    def defined(self) -> bool:
        """Whether there is any definition yet. Until then there is nothing that a check could look at."""
        return any(keys for _, keys in self._keys())

    def with_key(self, key: str) -> Path | None:
        """Give the file in which a key is defined. Raises NoPlace for a module that does not parse."""
        return next((path for path, keys in self._keys() if key in keys), None)

    def _keys(self) -> Iterator[tuple[Path, frozenset[str]]]:
        for path in self.files:
            try:
                yield path, keys_in(path, read_source(path))
            except Refused as refused:
                line = f" (line {refused.line})" if refused.line else ""
                raise NoPlace(f"{path.name}: no definition can be added: {refused.reason}{line}") from None
            except Unreadable as error:
                raise NoPlace(f"{path.name}: {error}") from None

    def place_for(self, name: str) -> Module:
        """Give the module for a definition: the one that is configured, or one of its name in the folder."""
        path = self.first if self.first.suffix == ".py" else self.first / f"{name}.py"
        try:
            return Module(path, read_source(path) if path.exists() else None)
        except Unreadable as error:
            raise NoPlace(f"{path.name}: {error}") from None
