"""Metrics of backfills, in the terms of Prometheus: made of what the state says, so that they count what was committed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from migration_guard.backfill.standing import Standing
from migration_guard.backfill.transitions import State
from migration_guard.watching import catalogue
from migration_guard.watching.advance import Advance
from migration_guard.watching.catalogue import Kind, Metric
from migration_guard.watching.holds import Holds
from migration_guard.watching.lookout import Outlet, Snapshot
from migration_guard.watching.tally import BUCKETS, Tally

_BOUNDS = (*map(str, BUCKETS), "+Inf")


class Metrics(Collector):
    """Those of all runs of one command; nothing before anything was seen."""

    def __init__(self) -> None:
        self._views: dict[str | None, View] = {}

    def of(self, database: str | None, tally: Tally, advance: Advance) -> View:
        """Give what sees a run at a database, which has a name where there are several, and the runs there before it."""
        view = self._views.setdefault(database, View(database))
        view.follow(tally, advance)
        return view

    def collect(self) -> Iterator[Family]:
        """Give all families, as Prometheus asks for them."""
        if all(view.seen is None for view in self._views.values()):
            return
        shelf = Shelf(several=any(name is not None for name in self._views))
        for view in self._views.values():
            view.fill(shelf)
        yield from shelf.families


class Shelf:
    """All families, to be filled."""

    def __init__(self, *, several: bool) -> None:
        self._several = several
        named = ("database",) if several else ()
        self._counters: dict[Metric, CounterMetricFamily | GaugeMetricFamily] = {}
        self._histograms: dict[Metric, HistogramMetricFamily] = {}
        for one in catalogue.METRICS:
            labels = (*named, *one.labels)
            if one.kind is Kind.HISTOGRAM:
                self._histograms[one] = HistogramMetricFamily(one.name, one.doc, labels=labels)
            else:
                kind = CounterMetricFamily if one.kind is Kind.COUNTER else GaugeMetricFamily
                self._counters[one] = kind(one.name, one.doc, labels=labels)

    @property
    def families(self) -> Iterator[Family]:
        yield from self._counters.values()
        yield from self._histograms.values()

    def add(self, database: str | None, metric: Metric, value: float | None, *labels: str) -> None:
        """Add a value, if there is one."""
        if value is not None:
            self._counters[metric].add_metric(self._labels(database, labels), value)

    def add_counts(
        self, database: str | None, metric: Metric, counts: tuple[int, ...], total: float, *labels: str
    ) -> None:
        """Add the counts of buckets, which are not cumulative."""
        buckets = list(zip(_BOUNDS, accumulate(counts)))
        self._histograms[metric].add_metric(self._labels(database, labels), buckets, total)

    def _labels(self, database: str | None, labels: tuple[str, ...]) -> list[str]:
        return [database or "", *labels] if self._several else list(labels)


class View(Outlet):
    """The runs at one database, one after the other, as its state shows them."""

    name = "metrics"

    def __init__(self, database: str | None) -> None:
        self.database = database
        self.seen: Snapshot | None = None
        self._tallies: dict[str, Tally] = {}
        """By the keys of the backfills that are run; each is run once."""
        self._advance = Advance()
        self._holds = Holds()
        self._held = Counter[tuple[str, str]]()

    def follow(self, tally: Tally, advance: Advance) -> None:
        """See to the next run as well."""
        self._tallies |= dict.fromkeys(tally.keys, tally)
        self._advance = advance

    def see(self, snapshot: Snapshot) -> None:
        for hold in self._holds.begun(snapshot.events):
            self._held[hold.backfill, hold.reason] += 1
        self.seen = snapshot

    def fill(self, shelf: Shelf) -> None:
        """Add what was seen last."""
        seen = self.seen
        if seen is None:
            return
        for one in seen.standings:
            if one.key in self._tallies:
                self._add(shelf, one, seen)
        for key, tally in self._tallies.items():
            found = tally.durations(key)
            shelf.add_counts(self.database, catalogue.SECONDS, found.counts, found.total, key)
        for (key, reason), count in sorted(self._held.items()):
            if key in self._tallies:
                shelf.add(self.database, catalogue.HOLDS, count, key, reason)
        shelf.add(self.database, catalogue.READ, seen.at)

    def _add(self, shelf: Shelf, one: Standing, seen: Snapshot) -> None:
        def add(metric: Metric, value: float | None, *labels: str) -> None:
            shelf.add(self.database, metric, value, one.key, *labels)

        counts, runs = one.counts, one.state is State.RUNNING
        add(catalogue.EXAMINED, counts.examined)
        for outcome in ("changed", "unchanged", "done_already"):
            add(catalogue.ROWS, getattr(counts, outcome), outcome)
        add(catalogue.BATCHES, one.batches)
        add(catalogue.LOCKED, counts.locked)
        add(catalogue.QUARANTINED, counts.quarantined)
        add(catalogue.HELD, int(one.held is not None or (runs and self._holds.of(one.key) is not None)))
        add(catalogue.PASS, one.sweep)
        for state in State:
            add(catalogue.STATE, int(one.state is state), state.value)
        add(catalogue.WORKERS, _workers(one, seen))
        if one.state is State.COMPLETED and one.finished_at is not None:
            add(catalogue.SUCCESS, one.finished_at.timestamp())
        if runs and one.key == self._advance.key:  # what this run makes of how far it is
            add(catalogue.DONE, self._advance.part())
            add(catalogue.LEFT_SECONDS, self._advance.left())
            left = self._advance.rows - counts.examined
            add(catalogue.LEFT_ROWS, left if left > 0 and one.sweep <= 1 else None)


def _workers(one: Standing, seen: Snapshot) -> int:
    """Count who works at it: one, unless it is shared."""
    shared = {held.by for held in seen.holders if held.backfill == one.key and held.alive and not held.done}
    return len(shared) or int(one.alive)
