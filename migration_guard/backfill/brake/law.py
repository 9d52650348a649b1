"""When a backfill is held, and when it is let go: a function of what was, and of what the gauges show now.

A threshold that is reached holds at once. It lets go below a lower mark, and not before a wait is over that grows with
each time it holds again: a server that is well only while nobody works at it is left alone for longer and longer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from migration_guard.backfill.brake.reading import Limit, Reading

BLIND = 15.0
"""Seconds after which a gauge that shows nothing holds; one that never showed anything holds from the beginning."""
WAITS = (1.0, 60.0)
"""The first wait, and the longest; each is twice the one before."""
CALM = 120.0
"""Seconds without a hold after which waits begin anew."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """What is known of one threshold."""

    value: float | None = None
    seen: float | None = None
    """When it was last seen, by the server's clock."""
    told: str | None = None
    """Why it holds, if it does."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a backfill is held, and what led to that."""

    gauges: Mapping[str, Gauge] = field(default_factory=dict)
    since: float | None = None
    """Since when it is held; None: it is not."""
    until: float = 0.0
    """Until when at least; where it is not held, when it was let go."""
    trips: int = 0
    """How often it was held lately."""
    reason: str | None = None

    @property
    def held(self) -> bool:
        return self.since is not None


def judged(before: Verdict, readings: Iterable[Reading], limits: Mapping[str, Limit], now: float) -> Verdict:
    """Judge by new readings; a threshold of which there is none stays as it was, one that is set no longer is forgotten."""
    gauges = {key: before.gauges.get(key, Gauge()) for key in limits}
    waits = before.held and now < before.until
    for reading in readings:
        if reading.limit in limits:
            gauges[reading.limit] = _gauge(gauges[reading.limit], reading, limits[reading.limit], now, waits=waits)
    told = "; ".join(gauge.told for gauge in gauges.values() if gauge.told is not None)
    if told:
        return _held(replace(before, gauges=gauges, reason=told), now, again=not before.held)
    return Verdict(gauges, None, now if before.held else before.until, before.trips)


def worst(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """Of several readings for one threshold, keep the worst: what cannot be seen, or else the highest."""
    found: dict[str, Reading] = {}
    for one in readings:
        other = found.get(one.limit)
        if other is None or (other.value is not None and (one.value is None or one.value > other.value)):
            found[one.limit] = one
    return tuple(found.values())


def _gauge(before: Gauge, reading: Reading, limit: Limit, now: float, *, waits: bool) -> Gauge:
    if reading.value is None:
        gone = before.seen is None or now - before.seen >= BLIND
        return replace(before, value=None, told=f"blind: {limit.told(reading)}" if gone else before.told)
    if reading.value >= limit.hold or (before.told is not None and reading.value >= limit.release):
        return Gauge(reading.value, now, limit.told(reading))
    return Gauge(reading.value, now, before.told if waits else None)


def _held(verdict: Verdict, now: float, *, again: bool) -> Verdict:
    if not again:
        return verdict
    trips = verdict.trips + 1 if verdict.trips and now - verdict.until < CALM else 1
    wait = min(WAITS[0] * 2 ** min(trips - 1, 10), WAITS[1])
    return replace(verdict, since=now, until=now + wait, trips=trips)
