"""Which files have to be read: those that may hold a data change, or that import what makes one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from migration_guard import sight
from migration_guard.cache import Cache
from migration_guard.discover import Candidate
from migration_guard.frameworks import is_gated, is_loaded_by_name
from migration_guard.gate import may_hold_operation
from migration_guard.later import re

if TYPE_CHECKING:
    from migration_guard.skim.acting import Acting

_CONTRACT = re.compile(
    rb"\b(?:not\s+null|nullable|drop|validate|check|drop_column|create_check_constraint|AlterField|RemoveField)\b",
    re.IGNORECASE,
)
"""Words of a schema change that relies on data: where backfills are known, such a migration is read."""


class Gate:
    """Lets those files through that have to be read; the others are cleared while the readers are at work."""

    def __init__(
        self,
        done: Callable[[], None],
        *,
        contracts: bool,
        cache: Cache | None = None,
        wanted: Callable[[Candidate], bool] = lambda _: False,
    ) -> None:
        self.cleared: list[Candidate] = []
        self._done = done
        self._contracts = contracts
        """Whether there are backfills on which a schema change may rely."""
        self._wanted = wanted
        """Whether a file is read whatever it holds: it may leave out what is asked for."""
        self._acting: dict[Path, Acting] = {}
        self._cache = cache
        sight.forget()
        if cache is not None:
            cache.begin()

    def kept(self, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
        for candidate in candidates:
            if (
                self._wanted(candidate)
                or not self._clears(candidate)
                or (self._contracts and _CONTRACT.search(candidate.source))
            ):
                yield candidate
            else:
                self.cleared.append(candidate)
                self._done()

    def _clears(self, candidate: Candidate) -> bool:
        """The same the other way round, as it is remembered."""
        needs = partial(self.needs_reading, candidate)
        return not needs() if self._cache is None else self._cache.clears(candidate, needs)

    def needs_reading(self, candidate: Candidate) -> bool:
        """Whether a file may hold a data change, or import what makes one; the gate knows Python only, and some frameworks."""
        if candidate.path.suffix != ".py" or not is_gated(candidate.framework) or may_hold_operation(candidate.source):
            return True
        from migration_guard.skim.acting import Acting  # noqa: PLC0415 -- not where all has to be read, or is remembered

        acting = self._acting.setdefault(candidate.root, Acting(candidate.root))
        by_name = is_loaded_by_name(candidate.framework)
        return acting.of_source(candidate.source, candidate.path, in_packages=by_name)
