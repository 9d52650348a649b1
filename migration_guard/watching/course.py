"""How a backfill has gone: what its events say, in the order of time, and where they say nothing.

Between two points of a stretch what happened is known by their difference; between two stretches nobody has written anything
down, which is not the same as nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from itertools import pairwise

from migration_guard.backfill.standing import Counts, Happened, SetAside, Standing
from migration_guard.backfill.transitions import State
from migration_guard.watching.holds import Hold, Holds

SILENCE = timedelta(minutes=1)
"""After which nothing is known any more: a run writes down how far it is every ten seconds, also while it is held."""
THINNED = 500
"""Points from which on those of long ago may have been thinned (a thousand may stay): then silence is what is long beside the
pauses around it as well."""
AS_LONG = 4
_STATES = frozenset(state.value for state in State)


@dataclass(frozen=True, slots=True)
class Point:
    """How far a backfill was at a moment."""

    at: datetime
    counts: Counts
    sweep: int
    workers: int | None = None
    """None where it was not written down."""


Stretch = tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """What is known of one backfill over time."""

    standing: Standing
    stretches: tuple[Stretch, ...]
    """None is empty; none overlap."""
    holds: tuple[Hold, ...]
    steps: tuple[Happened, ...]
    """What led it from state to state, what was asked of it, which pace was set."""
    aside: tuple[SetAside, ...]
    """Rows that are in quarantine now, by when they were last tried."""
    end: datetime
    """Until when it is looked at."""
    thinned: bool
    """Whether events of long ago may be missing."""

    @property
    def begin(self) -> datetime:
        """The first moment that anything is known of."""
        known = [one[0].at for one in self.stretches] + [one.since for one in self.holds]
        return min([*known, *(one.at for one in self.steps), *(one.at for one in self.aside)], default=self.end)

    @property
    def silences(self) -> tuple[tuple[datetime, datetime], ...]:
        """Times before, between and after stretches."""
        bounds = [self.begin, *(one.at for some in self.stretches for one in (some[0], some[-1])), self.end]
        return tuple((since, until) for since, until in zip(bounds[::2], bounds[1::2]) if until > since)


def course(standing: Standing, events: Iterable[Happened], aside: Sequence[SetAside], now: datetime) -> Course:
    """Read how one backfill has gone from the events of a state, and how it stands."""
    own = sorted(
        (one for one in events if one.backfill == standing.key and one.kind != "hook"), key=lambda one: (one.at, one.id)
    )
    steps = tuple(one for one in own if one.kind in _STATES or one.kind.startswith("asked to ") or one.kind == "pace")
    thinned = max(Counter(one.kind for one in own).values(), default=0) >= THINNED
    holds = Holds()
    holds.begun(own)
    runs = standing.state is State.RUNNING and standing.alive
    end = now if runs or not own else own[-1].at
    at_work = tuple(sorted(holds.all, key=lambda one: one.since))
    mine = tuple(sorted((one for one in aside if one.backfill == standing.key), key=lambda one: one.at))
    return Course(standing, tuple(_stretches(standing, own, now, thinned=thinned)), at_work, steps, mine, end, thinned)


def rate(before: Point, after: Point) -> float | None:
    """Give the rows examined in a second between two points of a stretch; None where they are too near to tell."""
    seconds = (after.at - before.at).total_seconds()
    return (after.counts.examined - before.counts.examined) / seconds if seconds >= 1 else None


def _stretches(standing: Standing, events: Sequence[Happened], now: datetime, *, thinned: bool) -> Iterator[Stretch]:
    """Give the points that belong together: of one run, of counts that only grow, without silence between them."""
    for run in _runs(standing, events, now):
        pauses = [after.at - before.at for before, after in pairwise(run)]
        stretch: list[Point] = []
        for n, point in enumerate(run):
            anew = stretch and point.counts.examined < stretch[-1].counts.examined
            if anew or (stretch and _silent(pauses, n - 1, thinned=thinned)):
                yield tuple(stretch)
                stretch = []
            stretch.append(point)
        if stretch:
            yield tuple(stretch)


def _runs(standing: Standing, events: Sequence[Happened], now: datetime) -> Iterator[list[Point]]:
    """Give the points of each run: what was written down, and the last of all as it stands."""
    last = max((n for n, one in enumerate(events) if one.kind in _STATES), default=None)
    run: list[Point] = []
    for n, event in enumerate(events):
        if event.kind == "progress" and event.data is not None:
            run.append(_point(event))
        elif event.kind in _STATES:
            if n == last and event.kind == standing.state.value and standing.state is not State.RUNNING:
                yield [*run, Point(event.at, standing.counts, standing.sweep)]
                return
            yield run
            run = []
    if standing.state is State.RUNNING and standing.alive:
        yield [*run, Point(now, standing.counts, standing.sweep)]
    else:  # what was done since was done at a time that nobody knows
        yield run


def _silent(pauses: Sequence[timedelta], n: int, *, thinned: bool) -> bool:
    around = [pauses[m] for m in (n - 1, n + 1) if 0 <= m < len(pauses)]
    usual = AS_LONG * min(around) if thinned and around else SILENCE
    return pauses[n] > max(SILENCE, usual)


def _point(event: Happened) -> Point:
    told = event.data or {}
    counts = Counts(**{one.name: int(told.get(one.name, 0)) for one in fields(Counts)})
    return Point(event.at, counts, int(told.get("sweep", 0)), int(told["workers"]) if "workers" in told else None)
