"""The first room: what is asked, and what changed where only that is of interest."""

from __future__ import annotations

from collections.abc import Callable

from migration_guard.changes import Changes
from migration_guard.lean import dataclass
from migration_guard.narrowing import changes_of
from migration_guard.request import Request, Run


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and what it is about."""

    request: Request
    changes: Changes | None
    """What changed, if only that is of interest."""
    again: Callable[[Request], Run]
    """Makes the same run of another state of the repository."""

    @property
    def is_of_the_index(self) -> bool:
        """Whether all of it has to be asked again where the index is written out."""
        return self.request.staged and self.request.changes is None and self.changes is not None


def ask(request: Request, again: Callable[[Request], Run]) -> Asked:
    return Asked(request, changes_of(request), again)
