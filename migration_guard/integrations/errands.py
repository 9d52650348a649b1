"""What an engine of tasks runs: a part in the backfills that lasts for a minute at most, and whether another is to follow.

The state in PostgreSQL is the truth, and a message holds keys and numbers alone: one that is lost, doubled, delayed or
delivered again changes nothing, and a worker that is killed is replaced as any other is. An errand takes part as each run does. Where time was
all that ended it, or others are at it, it is followed by one for what is left; one that finds as many workers at it as there are
to be is followed by none, so that doubled messages do not become more and more workers.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Unfinished
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from migration_guard.backfill.company import at_work
from migration_guard.backfill.connect import address_in
from migration_guard.backfill.definition import DefinitionError, Status
from migration_guard.backfill.order import past
from migration_guard.backfill.registry import Definition, load_definitions, named
from migration_guard.backfill.report import Result
from migration_guard.backfill.runner import Limits, prepare, run_all
from migration_guard.backfill.state import Store
from migration_guard.config import SettingsLoader
from migration_guard.config.settings import Settings

SECONDS = 60.0
"""How long one works at most, beside its last batch: an engine that is stopped waits for no longer than that."""
PAUSE = 5
"""Seconds before the next, where there was nothing to do just now."""
ASK = 0.1
"""Seconds between two questions whether the engine wants it to end."""
TASK = "migration_guard.backfill"
"""What the task is called, if nobody says otherwise."""
_LOADING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of an errand."""

    results: tuple[Result, ...]
    left: tuple[str, ...]
    """The keys for the one that follows; none: none does."""
    wait: int
    """Seconds until then."""

    @property
    def told(self) -> list[str]:
        """How each backfill stands, a line each."""
        return [str(one) for one in self.results]


@dataclass(frozen=True)
class Errands:
    """Errands in the backfills of a configuration, which is read, as the project's modules are, when the first one begins."""

    folder: Path | None = None
    """Whose nearest configuration it is; else the working directory's."""
    seconds: float = SECONDS

    def run(self, keys: Sequence[str] = (), workers: int = 1, asked: Callable[[], bool] = lambda: False) -> Ended:
        """Take part in some backfills, or in all that are active; CannotRun means that nothing could be.

        It is done in a thread of its own, so that whatever the engine interrupts this one with ends it after its batch.
        """
        stop = threading.Event()
        with ThreadPoolExecutor(1, "migration-guard") as pool:
            began = pool.submit(self._run, tuple(keys), workers, stop)
            try:
                while not began.done():
                    try:
                        return began.result(ASK)
                    except Unfinished:
                        if asked():
                            stop.set()
                return began.result()
            finally:
                stop.set()

    def _run(self, keys: tuple[str, ...], workers: int, stop: threading.Event) -> Ended:
        began = time.monotonic()
        with _LOADING:
            chosen = self._chosen(keys)
            settings = self._configured.backfill
        where, store = address_in(settings.database_url_env), Store(settings.state_schema, settings.state_owners)
        prepare(where, store, stop)
        if not chosen or at_work(where, store, [one.key for one in chosen]) >= workers:
            return Ended((), (), 0)
        limits = Limits(self.seconds, expected=workers, brake=settings.brake)
        results = run_all(
            chosen, where, limits=limits, schema=settings.state_schema, owners=settings.state_owners, stop=stop
        )
        goes_on = any(one.goes_on for one in results)
        left = tuple(one.key for one in results if goes_on and (one.goes_on or one.waits))
        return Ended(results, left, PAUSE if time.monotonic() - began < self.seconds / 2 else 0)

    def _chosen(self, keys: tuple[str, ...]) -> tuple[Definition, ...]:
        known = self._definitions
        wanted = tuple(named(key, known) for key in keys) if keys else known
        return past([one for one in wanted if one.status is Status.ACTIVE], known)

    @cached_property
    def _configured(self) -> Settings:
        folder = self.folder or Path.cwd()
        return SettingsLoader(cwd=folder).for_folder(folder)

    @cached_property
    def _definitions(self) -> tuple[Definition, ...]:
        settings = self._configured
        if not settings.backfill.modules:
            raise DefinitionError(
                "no backfill is defined anywhere: name modules, files or folders in `backfill.modules`"
            )
        return load_definitions(settings.backfill.modules, settings.root)
