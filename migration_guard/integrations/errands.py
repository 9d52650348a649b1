"""What an engine of tasks runs: a part in the backfills that lasts for a minute at most, and whether another is to follow.

The state in PostgreSQL is the truth, and a message only says what is wanted: one that is lost, doubled, delayed or delivered again changes nothing, and a worker that is killed is replaced as any other is. An errand takes part as each run does. Where time was
all that ended it, or others are at it, it is followed by one for what is left; one that finds as many workers at it as there are
to be is followed by none, so that doubled messages do not become more and more workers.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Unfinished
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from migration_guard.backfill.connect import address_in
from migration_guard.backfill.definition import DefinitionError, Status, nearest
from migration_guard.backfill.order import past
from migration_guard.backfill.registry import Definition, bound, check_arguments, load_definitions, named
from migration_guard.backfill.report import Result
from migration_guard.backfill.runner import Limits, run_all
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
class Errand:
    """What a message asks for."""

    keys: Sequence[str] = ()
    """Which backfills; none: all that are active."""
    workers: int = 1
    """How many there are to be."""
    arguments: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Values for definitions that declare them; they may be secrets, and go the way that the engine's messages go."""
    database: str | None = None
    """The name of one of the configuration's `databases`; None: the one of `database-url-env`."""

    def __post_init__(self) -> None:
        several = isinstance(self.keys, Sequence) and not isinstance(self.keys, str)
        if not several or not all(isinstance(key, str) for key in self.keys):
            nearest = f'; nearest: ["{self.keys}"]' if isinstance(self.keys, str) else ""
            raise DefinitionError(f"keys: expected a list of backfills' keys, found {self.keys!r}{nearest}")
        object.__setattr__(self, "keys", tuple(self.keys))
        if isinstance(self.workers, bool) or not isinstance(self.workers, int) or self.workers < 1:
            raise DefinitionError(f"workers: expected a whole number from 1 on, found {self.workers!r}")
        for name, value in self.arguments.items():
            if isinstance(value, bool) or not isinstance(value, (str, int)):
                raise DefinitionError(
                    f"arguments: {name}: expected a text or a whole number, found {type(value).__name__}"
                )
        object.__setattr__(self, "arguments", {name: str(value) for name, value in self.arguments.items()})

    @property
    def message(self) -> dict[str, Any]:
        """Spell it as the task's arguments, without what nobody has asked for."""
        told: dict[str, Any] = {"keys": list(self.keys), "workers": self.workers}
        if self.arguments:
            told["arguments"] = dict(self.arguments)
        return told if self.database is None else {**told, "database": self.database}


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of an errand."""

    results: tuple[Result, ...] = ()
    follows: Errand | None = None
    """What is to be done next, if anything."""
    wait: int = 0
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

    def run(self, errand: Errand, asked: Callable[[], bool] = lambda: False) -> Ended:
        """Take part in backfills; CannotRun means that nothing could be done, DefinitionError that nothing ever can.

        It is done in a thread of its own, so that whatever the engine interrupts this one with ends it after its batch.
        """
        stop = threading.Event()
        with ThreadPoolExecutor(1, "migration-guard") as pool:
            began = pool.submit(self._run, errand, stop)
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

    def _run(self, errand: Errand, stop: threading.Event) -> Ended:
        began = time.monotonic()
        with _LOADING:
            known = bound(self._definitions, errand.arguments)
            chosen = _chosen(errand, known)
            settings = self._configured.backfill
        if not chosen:
            return Ended()
        results = run_all(
            chosen,
            address_in(self._variable(errand.database)),
            limits=Limits(self.seconds, expected=errand.workers, most=errand.workers, brake=settings.brake),
            schema=settings.state_schema,
            owners=settings.state_owners,
            known=known,
            stop=stop,
        )
        goes_on = any(one.goes_on for one in results)
        left = tuple(one.key for one in results if goes_on and (one.goes_on or one.waits))
        follows = replace(errand, keys=left) if left else None
        return Ended(results, follows, PAUSE if time.monotonic() - began < self.seconds / 2 else 0)

    def _variable(self, database: str | None) -> str:
        """Name the variable that holds the URL of a database."""
        settings = self._configured.backfill
        if database is None:
            return settings.database_url_env
        declared = dict(settings.databases)
        if database not in declared:
            hint = nearest(database, declared) or f"; declared are {', '.join(declared) or 'none'}"
            raise DefinitionError(f'`backfill.databases` has no "{database}"{hint}')
        return declared[database]

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


def _chosen(errand: Errand, known: Sequence[Definition]) -> tuple[Definition, ...]:
    wanted = tuple(named(key, known) for key in errand.keys) if errand.keys else known
    check_arguments(wanted, errand.arguments)
    return past([one for one in wanted if one.status is Status.ACTIVE], known)
