"""What a run is asked to look at, and what it makes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from migration_guard.cache import Cache
from migration_guard.changes import Changes
from migration_guard.config import SettingsLoader
from migration_guard.filing import Checked, Shelf
from migration_guard.lean import dataclass
from migration_guard.report.model import Report
from migration_guard.sight.unsaved import Texts

if TYPE_CHECKING:
    from migration_guard.pending import Pending


def _unwatched(_total: int) -> Callable[[], None]:
    return lambda: None


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is asked to look at."""

    paths: Sequence[str]
    cwd: Path
    load: SettingsLoader
    workers: int
    force_exclude: bool = False
    """Drop named files that are excluded or are no migrations, as hooks want it."""
    baseline: bool = True
    """Whether findings are compared with the baseline."""
    baseline_from: str | None = None
    """The revision from whose merge base baselines are read."""
    ignores_since: str | None = None
    """The revision since whose merge base no new remark counts."""
    diff: str | None = None
    """A revision: only what the branch added or changed since it left it is of interest."""
    strict_discovery: bool = False
    """Whether what lies beside migrations and is not read is a Problem."""
    staged: bool = False
    """Whether only what the index adds or changes is of interest; all that is read is then read from the index."""
    pending: Pending | None = None
    """Which migrations are of interest, where that is told by their names."""
    changes: Changes | None = None
    """What changed, if that was found out already."""
    writes_baseline: bool = False
    """Whether a baseline that is missing is about to be written."""
    upgrades_baseline: bool = False
    """Whether entries that an earlier version wrote are to be brought up to date in any case."""
    renders: bool = False
    """Whether findings are wanted with their statements, as `move` needs them."""
    unsaved: Texts = field(default_factory=dict[str, bytes])
    """Files that hold something else than the disk says, by their real paths: what an editor has not saved."""
    cache: Cache | None = None
    """What earlier runs read; of other states of the repository nothing is remembered."""
    watch: Callable[[int], Callable[[], None]] = _unwatched
    """Told how many files there are; what it gives back is called after each, from several threads."""


@dataclass(frozen=True, slots=True)
class Run:
    """A report, and the baselines that it was made with."""

    report: Report
    shelves: tuple[Shelf, ...]
    checked: tuple[Checked, ...]
    notes: tuple[str, ...] = ()
    """What was asked for and passed over, to be told beside the report."""
