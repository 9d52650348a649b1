"""Metrics of backfills, in the terms of Prometheus: made of what the state says, so that they count what was committed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.core import Metric as CollectedMetric
from prometheus_client.registry import Collector

from migration_guard.backfill.standing import Standing
from migration_guard.backfill.transitions import State
from migration_guard.watching import catalogue
from migration_guard.watching.advance import Advance
from migration_guard.watching.catalogue import Kind, Metric
from migration_guard.watching.holds import Holds
from migration_guard.watching.lookout import Outlet, Snapshot
from migration_guard.watching.tally import BUCKETS, Tally

Families = dict[Metric, CounterMetricFamily | GaugeMetricFamily]


class Metrics(Collector, Outlet):
    """Gives what was seen last, to whoever asks; nothing before anything was seen."""

    name = "metrics"

    def __init__(self, keys: Iterable[str], tally: Tally, advance: Advance) -> None:
        self._keys = tuple(keys)
        self._tally = tally
        self._advance = advance
        self._holds = Holds()
        self._held = Counter[tuple[str, str]]()
        self._seen: Snapshot | None = None

    def see(self, snapshot: Snapshot) -> None:
        """Take what the state says now."""
        for hold in self._holds.begun(snapshot.events):
            self._held[hold.backfill, hold.reason] += 1
        self._seen = snapshot

    def collect(self) -> Iterator[CollectedMetric]:
        """Give all families, as Prometheus asks for them."""
        seen = self._seen
        if seen is None:
            return
        kinds = {Kind.COUNTER: CounterMetricFamily, Kind.GAUGE: GaugeMetricFamily}
        families: Families = {
            one: kinds[one.kind](one.name, one.doc, labels=one.labels) for one in catalogue.METRICS if one.kind in kinds
        }
        for one in seen.standings:
            if one.key in self._keys:
                self._add(families, one, seen)
        for (key, reason), count in sorted(self._held.items()):
            families[catalogue.HOLDS].add_metric([key, reason], count)
        families[catalogue.READ].add_metric([], seen.at)
        yield from families.values()
        yield self._durations()

    def _add(self, families: Families, one: Standing, seen: Snapshot) -> None:
        def add(metric: Metric, value: float | None, *labels: str) -> None:
            if value is not None:
                families[metric].add_metric([one.key, *labels], value)

        counts = one.counts
        add(catalogue.EXAMINED, counts.examined)
        for outcome in ("changed", "unchanged", "done_already"):
            add(catalogue.ROWS, getattr(counts, outcome), outcome)
        add(catalogue.BATCHES, one.batches)
        add(catalogue.LOCKED, counts.locked)
        add(catalogue.QUARANTINED, counts.quarantined)
        add(catalogue.HELD, int(self._holds.of(one.key) is not None and one.state is State.RUNNING))
        add(catalogue.PASS, one.sweep)
        for state in State:
            add(catalogue.STATE, int(one.state is state), state.value)
        add(catalogue.WORKERS, _workers(one, seen))
        if one.state is State.COMPLETED and one.finished_at is not None:
            add(catalogue.SUCCESS, one.finished_at.timestamp())
        if one.key == self._advance.key and one.state is State.RUNNING:
            self._foretell(families, one)

    def _durations(self) -> HistogramMetricFamily:
        one = catalogue.SECONDS
        family = HistogramMetricFamily(one.name, one.doc, labels=one.labels)
        for key in self._keys:
            found = self._tally.durations(key)
            bounds = (*map(str, BUCKETS), "+Inf")
            family.add_metric([key], list(zip(bounds, accumulate(found.counts))), found.total)
        return family

    def _foretell(self, families: Families, one: Standing) -> None:
        """Add what this run makes of how far it is."""
        advance = self._advance
        rows = max(0, advance.rows - one.counts.examined) if advance.rows and one.sweep <= 1 else None
        told = ((catalogue.DONE, advance.part()), (catalogue.LEFT_SECONDS, advance.left()), (catalogue.LEFT_ROWS, rows))
        for metric, value in told:
            if value is not None:
                families[metric].add_metric([one.key], value)


def _workers(one: Standing, seen: Snapshot) -> int:
    """Count who works at it: one, unless it is shared."""
    shared = {held.by for held in seen.holders if held.backfill == one.key and held.alive and not held.done}
    return len(shared) or int(one.alive)
