"""Judges a file by what stands in it."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path

from migration_guard.config import Settings, SettingsLoader
from migration_guard.discover.hints import MODULES
from migration_guard.discover.outcome import BACKFILL, SCRIPT, SQL_FILE, Candidate, Left, Other, Outcome
from migration_guard.discover.patterns import governing, holds_backfills, is_excluded, is_listed
from migration_guard.discover.room import Room
from migration_guard.discover.walk import Seen, looks_like_migration
from migration_guard.files import Unreadable, holds_any, read_head, shown_path, too_large
from migration_guard.frameworks import recognise, words
from migration_guard.lean import dataclass
from migration_guard.operations import Problem
from migration_guard.skim.receivers import SIGNALS
from migration_guard.sources import is_sql


@dataclass(frozen=True, slots=True)
class Contents:
    """Says of files what they are, on behalf of whoever stands in a folder."""

    cwd: Path
    load: SettingsLoader
    room: Room = field(default_factory=Room)

    def judged(self, path: Path, top: Path, seen: Seen | None, *, named: bool) -> Outcome | Other:
        """Judge one file; what its content tells nothing of is given as `Other`."""
        settings = self.load.for_folder(path.parent)
        backfills = holds_backfills(path, settings)
        wanted = named or backfills or is_listed(path, settings)
        try:
            source, whole = read_head(path)
        except Unreadable as error:
            if wanted or not is_sql(path.name):
                return self._kept_problem(path, str(error), seen, named=named)
            return Other(seen, path, top, unread=str(error))
        framework = BACKFILL if backfills else recognise(path, source) or (plain(path) if wanted else None)
        if b"\0" in source and (framework or looks_like_migration(path)):
            return self._kept_problem(path, "it is binary: it holds null bytes", seen, named=named)
        if framework is None:
            if not whole and path.suffix == ".py" and holds_any(path, words()):
                return self._kept_problem(path, too_large(), seen, named=named)
            if path.suffix != ".py":
                return Other(seen, path, top)
            signals = any(one in source for one in SIGNALS)
            return Other(seen, path, top, signals, settings=source if MODULES in source else b"")
        if not wanted and seen is not None and seen.left_out:
            return Left.NO_MIGRATION
        if not named and is_excluded(path, settings):
            return Left.EXCLUDED
        return self.candidate(path, top, framework, settings, source) if whole else self.problem(path, too_large())

    def candidate(self, path: Path, top: Path, framework: str, settings: Settings, source: bytes) -> Candidate:
        """Make a candidate of a file whose framework is known."""
        root = self.load.git_root(path.parent) or top
        held = self.room.held(source)
        return Candidate(path, shown_path(path, self.cwd), root, framework, governing(path, settings), held)

    def problem(self, path: Path, reason: str, *, named: bool = False) -> Problem | Left:
        """Say why a file cannot be read, unless it is excluded."""
        if not named and is_excluded(path, self.load.for_folder(path.parent)):
            return Left.EXCLUDED
        return Problem(shown_path(path, self.cwd), None, f"cannot be read: {reason}")

    def _kept_problem(self, path: Path, reason: str, seen: Seen | None, *, named: bool) -> Problem | Left:
        if not named and seen is not None and seen.left_out:
            return Left.NO_MIGRATION
        return self.problem(path, reason, named=named)


def plain(path: Path) -> str:
    """Name the framework of a file that was asked for and that none recognises."""
    return SQL_FILE if is_sql(path.name) else SCRIPT
