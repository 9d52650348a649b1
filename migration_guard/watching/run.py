"""All that watches a run, put together from what was asked for. What is not installed, or fails, is said, and the run goes on."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from migration_guard.backfill.connect import Address
from migration_guard.backfill.registry import Definition
from migration_guard.backfill.report import Reporter, Result, Several
from migration_guard.lean import dataclass
from migration_guard.watching.advance import Advance
from migration_guard.watching.calling import Calling
from migration_guard.watching.harmless import Harmless
from migration_guard.watching.hooks import NO_HOOKS, Hooks
from migration_guard.watching.listening import Destinations
from migration_guard.watching.lookout import Eyes, Lookout, Outlet
from migration_guard.watching.tally import Counting, Tally

if TYPE_CHECKING:
    from migration_guard.watching.exposed import Exposure


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked for."""

    hooks: Hooks = NO_HOOKS
    metrics: Destinations = Destinations()


UNWATCHED = Wishes()


class Watches:
    """Who watches the runs of one command, which are one after the other: one at each database."""

    def __init__(self, wishes: Wishes) -> None:
        self._wishes = wishes
        self._exposure: Exposure | None = None

    def of(
        self,
        definitions: Sequence[Definition],
        where: Address,
        database: str | None,
        *,
        schema: str,
        owners: Sequence[str],
        workers: int,
        shown: Reporter,
    ) -> Watch:
        """Watch the next one."""
        eyes, outlets, told = Eyes(where, schema, owners), list[Outlet](), [shown]
        if self._wishes.metrics and (exposure := self._exposed(shown.warn)) is not None:
            tally, advance = Tally([one.key for one in definitions], workers), Advance()
            told += [Harmless("metrics", one, partial(shown.warn, "metrics")) for one in (Counting(tally), advance)]
            outlets += exposure.of(database, tally, advance)
        calling = None
        if self._wishes.hooks:
            by_key = {one.key: one for one in definitions}
            calling = Calling(
                self._wishes.hooks,
                eyes,
                by_key,
                refused=lambda key: eyes.refused(by_key[key]),
                say=shown.warn,
                database=database,
            )
            outlets.append(calling)
        told += _spans(definitions, where, partial(shown.warn, "spans"))
        lookout = Lookout(eyes, outlets, partial(shown.warn, "watching")) if outlets else None
        return Watch(told, lookout, calling)

    def _exposed(self, say: Callable[[str, str], None]) -> Exposure | None:
        if self._exposure is None:
            try:
                from migration_guard.watching.exposed import Exposure  # noqa: PLC0415 -- needs the extra
            except ImportError:
                say("metrics", "the extra is not installed: pip install 'migration-guard[metrics]'")
                return None
            self._exposure = Exposure(self._wishes.metrics, partial(say, "metrics"))
        return self._exposure


class Watch(Reporter):
    """Watches one run."""

    def __init__(self, told: Sequence[Reporter], lookout: Lookout | None, calling: Calling | None) -> None:
        self._lookout = lookout
        self._calling = calling
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


def _spans(definitions: Sequence[Definition], where: Address, say: Callable[[str], None]) -> list[Reporter]:
    try:
        from migration_guard.watching import spans  # noqa: PLC0415 -- needs the extra
    except ImportError:
        return []
    try:
        if not spans.configured(os.environ):
            return []
    except Exception as error:  # noqa: BLE001 -- of whoever wrote an exporter
        why = error if isinstance(error, spans.NoExporter) else type(error).__name__
        say(f"cannot be made: {why}; the run goes on without")
        return []
    tables = {one.key: one.table for one in definitions}
    return [Harmless("spans", spans.Spans(tables, where.about), say)]
