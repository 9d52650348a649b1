"""All that watches a run, put together from what was asked for. What is not installed, or fails, is said, and the run goes on."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial

from migration_guard.backfill.connect import Address
from migration_guard.backfill.registry import Definition
from migration_guard.backfill.report import Reporter, Result, Several
from migration_guard.lean import dataclass
from migration_guard.watching.advance import Advance
from migration_guard.watching.calling import Calling
from migration_guard.watching.harmless import Harmless
from migration_guard.watching.hooks import NO_HOOKS, Hooks
from migration_guard.watching.listening import Listening
from migration_guard.watching.lookout import Eyes, Lookout, Outlet
from migration_guard.watching.tally import Counting, Tally


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked for."""

    hooks: Hooks = NO_HOOKS
    metrics_file: str | None = None
    metrics_push: str | None = None
    metrics_port: Listening | None = None

    @property
    def metrics(self) -> bool:
        return any(one is not None for one in (self.metrics_file, self.metrics_push, self.metrics_port))


UNWATCHED = Wishes()


class Watch(Reporter):
    """Watches one run."""

    def __init__(
        self,
        wishes: Wishes,
        definitions: Sequence[Definition],
        where: Address,
        *,
        schema: str,
        owners: Sequence[str],
        workers: int,
        shown: Reporter,
    ) -> None:
        self._say = shown.warn
        self._calling: Calling | None = None
        eyes, outlets, told = Eyes(where, schema, owners), list[Outlet](), [shown]
        if wishes.metrics:
            outlets += self._metrics(wishes, [one.key for one in definitions], workers, told)
        if wishes.hooks:
            by_key = {one.key: one for one in definitions}
            self._calling = Calling(wishes.hooks, eyes, by_key, lambda key: eyes.refused(by_key[key]), self._say)
            outlets.append(self._calling)
        self._lookout = Lookout(eyes, outlets, partial(self._say, "watching")) if outlets else None
        told += self._spans(definitions, where)
        self.reporter: Reporter = Several([*told, self])

    @property
    def connections(self) -> int:
        """How many it needs beside the run's own."""
        return int(self._lookout is not None)

    def mark(self) -> None:
        """Whatever happens from here on is told."""
        if self._lookout is not None:
            self._lookout.mark()

    def starts(self) -> None:
        if self._lookout is not None:
            self._lookout.start()

    def over(self, results: Sequence[Result]) -> None:
        """The run is over, and has come to this."""
        self.reporter.close()
        if self._calling is not None:
            self._calling.over()
        if self._lookout is not None:
            self._lookout.end()
        if self._calling is not None:
            self._calling.finish(results)

    def nothing_ran(self, reason: str) -> None:
        """Nothing could be run at all."""
        if self._calling is not None:
            self._calling.nothing_ran(reason)

    def _metrics(self, wishes: Wishes, keys: Sequence[str], workers: int, told: list[Reporter]) -> list[Outlet]:
        try:
            from migration_guard.watching import exposed  # noqa: PLC0415 -- needs the extra
            from migration_guard.watching.metrics import Metrics  # noqa: PLC0415
        except ImportError:
            self._say("metrics", "the extra is not installed: pip install 'migration-guard[metrics]'")
            return []
        tally, advance = Tally(keys, workers), Advance()
        told += [Harmless("metrics", one, partial(self._say, "metrics")) for one in (Counting(tally), advance)]
        metrics = Metrics(keys, tally, advance)
        outlets: list[Outlet] = [metrics]
        if wishes.metrics_file is not None:
            outlets.append(exposed.File(metrics, wishes.metrics_file))
        if wishes.metrics_push is not None:
            outlets.append(exposed.Push(metrics, wishes.metrics_push))
        if wishes.metrics_port is not None:
            outlets.append(exposed.Port(metrics, wishes.metrics_port, partial(self._say, "metrics")))
        return outlets

    def _spans(self, definitions: Sequence[Definition], where: Address) -> list[Reporter]:
        try:
            from migration_guard.watching import spans  # noqa: PLC0415 -- needs the extra
        except ImportError:
            return []
        say: Callable[[str], None] = partial(self._say, "spans")
        try:
            if not spans.configured(os.environ):
                return []
        except Exception as error:  # noqa: BLE001 -- of whoever wrote an exporter
            why = error if isinstance(error, spans.NoExporter) else type(error).__name__
            say(f"cannot be made: {why}; the run goes on without")
            return []
        tables = {one.key: one.table for one in definitions}
        return [Harmless("spans", spans.Spans(tables, where.about), say)]
