"""The verdict of a brake in the state's row, for all who work at a backfill: who measures, what was found, how far they are."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection

from migration_guard.backfill.brake.law import Gauge, Verdict
from migration_guard.backfill.brake.marks import Marks, marks_of
from migration_guard.backfill.state import Store, whoami
from migration_guard.backfill.statements import statement
from migration_guard.backfill.transitions import Actor

MOST_EVENTS = 1_000
"""Of a kind: beyond that, those of long ago are thinned."""


@dataclass(frozen=True, slots=True)
class Lease:
    """What proves that it is still we who measure."""

    until: str
    marks: Marks


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Those of one backfill. Every method runs in the transaction that it is given."""

    store: Store
    key: str
    thresholds: str
    """Which ones they are about: runs that have others do not let go what these hold."""

    def make(self, connection: Connection) -> None:
        """See that there is a row."""
        self._sent(connection, "has_brake")

    def lease(self, connection: Connection, seconds: float) -> Lease | None:
        """Take it upon us to measure; None if somebody has done so just now, or is at it."""
        row = self._sent(connection, "begin_measuring", who=whoami(), lease=seconds).first()
        return None if row is None else Lease(row[0], marks_of(row[1]))

    def give_back(self, connection: Connection, lease: Lease, marks: Marks, rest: float) -> bool:
        """Say that it is measured, and that nobody need do so for some seconds; tell whether it was still ours."""
        given = {"who": whoami(), "until": lease.until, "marks": json.dumps(marks.fields), "rest": rest}
        return self._sent(connection, "end_measuring", **given).first() is not None

    def change(self, connection: Connection, law: Callable[[Verdict, float], Verdict]) -> Verdict:
        """Judge anew, while nobody else does; what begins and what ends is an event."""
        readings, since, until, trips, reason, now = self._sent(connection, "judging").one()
        before = Verdict({key: Gauge(**one) for key, one in readings.items()}, since, until, trips, reason)
        after = law(before, float(now))
        self._sent(
            connection,
            "judge",
            readings=json.dumps({key: asdict(one) for key, one in after.gauges.items()}),
            since=after.since,
            until=after.until,
            trips=after.trips,
            reason=after.reason,
        )
        if after.held != before.held:
            self._tell(connection, before, after, float(now))
        return after

    def progress(self, connection: Connection, seconds: float, batch: Mapping[str, float]) -> bool:
        """Write down how far all are, unless that was done lately; tell whether it was."""
        alive = {"alive": statement("range_alive")}
        given = {"seconds": seconds, "batch": json.dumps(batch)}
        return self._sent(connection, "progress", alive, **given).first() is not None

    def thin(self, connection: Connection, kinds: Sequence[str] = ("progress", "hold", "release")) -> None:
        """Keep the events of a long run few."""
        for kind in kinds:
            self._sent(connection, "thin_events", kind=kind, most=MOST_EVENTS)

    def _tell(self, connection: Connection, before: Verdict, after: Verdict, now: float) -> None:
        if after.held:
            gauges = {key: one.value for key, one in after.gauges.items() if one.told is not None}
            kind, detail, data = "hold", after.reason, {"gauges": gauges, "trips": after.trips}
        else:
            held = now - (before.since or now)
            kind, detail, data = "release", f"after {held:.0f} s: {before.reason}", {"seconds": round(held, 1)}
        self.store.note(connection, self.key, Actor.RUNNER, kind, detail, data=data)

    @property
    def _own(self) -> dict[str, str]:
        return {"backfill": self.key, "thresholds": self.thresholds}

    def _sent(self, connection: Connection, name: str, parts: Mapping[str, str] | None = None, /, **given: Any) -> Any:
        return connection.exec_driver_sql(self.store.sql(name, **(parts or {})), {**self._own, **given})
