"""What a run tells while it runs, and at its end. It is told to a Reporter; how that shows it is its own affair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from migration_guard.backfill.span import Span
from migration_guard.backfill.standing import NOTHING, Counts
from migration_guard.backfill.transitions import State

NO_ETA_BEFORE = 0.01


@dataclass(frozen=True, slots=True)
class Result:
    """How a backfill ended in this run. Without a state it was not run, for the reason given."""

    key: str
    state: State | None
    reason: str | None = None
    counts: Counts = NOTHING
    ran: bool = True
    apart: bool = False
    """Whether it was complete before, and not all of its rows were looked at again."""
    passes: bool = False
    """Whether what kept it from being complete is nothing of its own: time, a signal, locks, a server that is away."""
    waits: bool = False
    """Whether it waits for another backfill to be complete."""

    @property
    def complete(self) -> bool:
        return self.state is State.COMPLETED

    @property
    def goes_on(self) -> bool:
        """Whether others are at it, or whoever comes next finds work that nobody has to see to before."""
        return self.state is State.RUNNING or self.passes

    def __str__(self) -> str:
        state = self.state.value if self.state else "ran" if self.ran else "not run"
        return f"{self.key}: {state}{f' ({self.reason})' if self.reason else ''}"


class Reporter:
    """Is told what happens, and shows nothing; those that do derive from it."""

    def aside(self, worker: int) -> Reporter:  # noqa: ARG002 -- for those that tell them apart
        """Give the reporter of another worker of the same run, in a process of its own; they are counted from 1."""
        return Reporter()

    def starts(self) -> None:
        """The run starts, and all processes that share it are there: threads may begin."""

    def begin(self, key: str, rows: int, counts: Counts) -> None:
        """A backfill begins, or goes on, on a table of about so many rows."""

    def turn(self, sweep: int, span: Span | None) -> None:
        """A pass over the keys begins, or goes on."""

    def stands(self, counts: Counts) -> None:
        """So much has been done by now, by all who work at it."""

    def batch(
        self, counts: Counts, seconds: float, size: int, passed: int = 0, at: tuple[str, ...] = (), *, batches: int = 1
    ) -> None:
        """A batch was committed, or several one after the other, which examined so many rows, up to a key; the next has the size given."""

    def said(self, key: str, text: str) -> None:
        """A function logged something."""

    def held(self, key: str, reason: str) -> None:
        """No batch is begun until something is over."""

    def released(self, key: str, seconds: float) -> None:
        """It is over; it took so long."""

    def steered(self, key: str, steering: str) -> None:
        """Another pace is kept from now on, as a person has set it; none, if nothing is said."""

    def warn(self, key: str, text: str) -> None:
        """Something is worth knowing."""

    def end(self, result: Result) -> None:
        """A backfill has ended."""

    def close(self) -> None:
        """Nothing more is told."""


class Several(Reporter):
    """Tells each of several reporters."""

    def __init__(self, reporters: Sequence[Reporter]) -> None:
        self._reporters = tuple(reporters)

    def aside(self, worker: int) -> Reporter:
        return Several([one.aside(worker) for one in self._reporters])

    def starts(self) -> None:
        for one in self._reporters:
            one.starts()

    def begin(self, key: str, rows: int, counts: Counts) -> None:
        for one in self._reporters:
            one.begin(key, rows, counts)

    def turn(self, sweep: int, span: Span | None) -> None:
        for one in self._reporters:
            one.turn(sweep, span)

    def stands(self, counts: Counts) -> None:
        for one in self._reporters:
            one.stands(counts)

    def batch(
        self, counts: Counts, seconds: float, size: int, passed: int = 0, at: tuple[str, ...] = (), *, batches: int = 1
    ) -> None:
        for one in self._reporters:
            one.batch(counts, seconds, size, passed, at, batches=batches)

    def said(self, key: str, text: str) -> None:
        for one in self._reporters:
            one.said(key, text)

    def held(self, key: str, reason: str) -> None:
        for one in self._reporters:
            one.held(key, reason)

    def released(self, key: str, seconds: float) -> None:
        for one in self._reporters:
            one.released(key, seconds)

    def steered(self, key: str, steering: str) -> None:
        for one in self._reporters:
            one.steered(key, steering)

    def warn(self, key: str, text: str) -> None:
        for one in self._reporters:
            one.warn(key, text)

    def end(self, result: Result) -> None:
        for one in self._reporters:
            one.end(result)

    def close(self) -> None:
        for one in self._reporters:
            one.close()


def summary(counts: Counts) -> str:
    """Say what became of rows, leaving out what did not occur."""
    named = (
        (counts.changed, "changed"),
        (counts.unchanged, "unchanged"),
        (counts.done_already, "done already"),
        (counts.locked, "locked"),
        (counts.quarantined, "quarantined"),
    )
    told = [f"{count:,} {name}" for count, name in named if count]
    return f"{counts.examined:,} rows examined: {', '.join(told)}" if told else f"{counts.examined:,} rows examined"


def seconds_left(examined: int, rows: int, seconds: float) -> float | None:
    """Foretell the end; nothing before the first hundredth is done, or where the table has outgrown its statistics."""
    if not rows or examined < rows * NO_ETA_BEFORE or examined >= rows or seconds <= 0:
        return None
    return (rows - examined) * seconds / examined
