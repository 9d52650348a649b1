"""What a run is asked to look at: what the command line names, else what the configuration says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from migration_guard.config import ConfigError, Settings, SettingsLoader
from migration_guard.discover.patterns import backfill_path, fixed_folder, is_below, is_glob
from migration_guard.files import exists, nearest_name, shown_path
from migration_guard.lean import dataclass
from migration_guard.sight import unsaved


class UsageError(Exception):
    """Something on the command line that cannot be done; the message says what was meant instead."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A file or folder to look at, on behalf of the command line or of a configuration."""

    path: Path
    named: bool
    """Whether the command line names it: then nothing leaves it out."""
    glob: str | None = None
    settings: Settings | None = None
    """The configuration that asks, where one does."""

    def means(self, path: Path) -> bool:
        return self.glob is None or self.settings is None or is_below(path, self.glob, self.settings)


def named(path: str, cwd: Path) -> Asked:
    """Take a path of the command line."""
    full = Path(os.path.abspath(cwd / path))
    if not os.path.lexists(full) and unsaved.content(full) is None:
        raise UsageError(f"there is no {shown_path(full, cwd)!r}{nearest_name(full, cwd)}")
    return Asked(full, named=True)


def by_default(cwd: Path, load: SettingsLoader) -> Iterator[Asked]:
    """Give what the configuration asks for. Raises ConfigError for what is not there."""
    settings = load.for_folder(cwd)
    if not settings.all_paths:
        yield Asked(cwd, named=False)
    for key, entry in settings.all_paths:
        full = Path(os.path.abspath(settings.root / entry))
        if exists(full):
            yield Asked(full, named=False, settings=settings)
        elif is_glob(entry):
            folder = Path(os.path.abspath(settings.root / fixed_folder(entry)))
            if folder == folder.parent:
                place = settings.source or settings.root
                raise ConfigError(
                    place, None, f"`{key}`: {entry!r} is looked for in the whole file system; name a folder"
                )
            yield Asked(_existing(folder, key, entry, settings), named=False, glob=entry, settings=settings)
        else:
            _existing(full, key, entry, settings)
    for entry in settings.backfill.modules:
        place = backfill_path(entry, settings)
        if exists(place):  # one that is still to be written is the concern of `verify` and of the runner
            yield Asked(place, named=False, settings=settings)


def _existing(path: Path, key: str, entry: str, settings: Settings) -> Path:
    if not exists(path):
        place = settings.source or settings.root
        raise ConfigError(place, None, f"`{key}`: there is no {entry!r}{nearest_name(path, settings.root)}")
    return path
