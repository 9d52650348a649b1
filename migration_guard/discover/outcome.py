"""What a search yields: migrations, what lies beside them, and problems."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from pathlib import Path
from types import MappingProxyType

from migration_guard.config import Settings
from migration_guard.discover.asked import Asked
from migration_guard.discover.room import Packed
from migration_guard.discover.walk import Seen
from migration_guard.lean import dataclass
from migration_guard.operations import Problem

SCRIPT = "script"
SQL_FILE = "sql_file"
"""The framework of a file that is no migration by its content, but was named as one."""
BACKFILL = "backfill"
"""The framework of a file that `backfill.modules` names: it holds no migrations, and is judged by rules of its own."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A migration that was found, and what is needed in order to read and judge it."""

    path: Path
    """Absolute."""
    shown: str
    """POSIX, relative to the working directory; bytes that are no UTF-8 are spelt out."""
    root: Path
    """Where the search for imported modules ends: the git root, else the PATH given, else the file's folder."""
    framework: str
    settings: Settings
    held: bytes | Packed
    """What stands in it, as it was when it was found."""

    @property
    def source(self) -> bytes:
        return self.held if isinstance(self.held, bytes) else self.held.unpacked()


@dataclass(frozen=True, slots=True)
class Beside:
    """A file that is no migration by itself, and may change data where migrations lie, or whenever they are run."""

    path: Path
    shown: str
    reason: str
    candidate: Candidate | None = None
    """How it is read if no migration leads to it: where `paths` names its folder."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found where somebody looked."""

    candidates: tuple[Candidate, ...]
    """Sorted by their shown names, each file once."""
    problems: tuple[Problem, ...]
    excluded: int
    """Migrations that `exclude` leaves out."""
    looked_at: int
    """Files that were opened, or tried."""
    asked: tuple[str, ...]
    """The folders that were asked for, or are asked for by default, in which there is no migration."""
    searched: Mapping[Path, tuple[Asked, ...]]
    """Everything that was asked for, by its path."""
    beside: tuple[Beside, ...] = ()
    """What is no migration and may change data with them: to be named unless a migration leads to it."""

    def would_meet(self, path: Path) -> bool:
        """Say whether a file that is gone would have been looked at, had it been there."""
        places = (path, *path.parents)
        return any(one.means(path) for place in places for one in self.searched.get(place, ()))


NOTHING = Discovery((), (), 0, 0, (), MappingProxyType({}))
"""What is found where nothing was asked for."""


class Left(Enum):
    """Why a file that was looked at is no candidate, and no problem either."""

    EXCLUDED = auto()
    NO_MIGRATION = auto()


Outcome = Candidate | Problem | Left
"""What a file turned out to be."""


@dataclass(frozen=True, slots=True)
class Other:
    """A file that no framework recognises by its content; where it lies may make it a migration all the same."""

    seen: Seen | None
    path: Path
    top: Path
    signals: bool = False
    """Whether it speaks of signals that are sent with every migration."""
    unread: str = ""
    """Why it cannot be read, where that is so: what lies among migrations is then a problem."""
    settings: bytes = b""
    """What stands in it, where it may say in which packages Django looks for migrations."""
