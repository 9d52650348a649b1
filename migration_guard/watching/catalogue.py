"""The names, kinds, labels and meanings of the metrics: what is exposed is made of it, and so is its page."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

PREFIX = "migration_guard_backfill_"


class Kind(Enum):
    """What Prometheus calls them."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """A family of time series; its unit is in its name, and no label holds data of rows."""

    name: str
    """Without the suffix that counters have."""
    kind: Kind
    labels: tuple[str, ...]
    doc: str
    panel: str
    """A query for a dashboard."""

    @property
    def full(self) -> str:
        """The name that is asked for."""
        return f"{self.name}_total" if self.kind is Kind.COUNTER else self.name


def _metric(name: str, kind: Kind, doc: str, panel: str, *labels: str) -> Metric:
    return Metric(PREFIX + name, kind, ("key", *labels), doc, panel.replace("{}", PREFIX + name))


EXAMINED = _metric(
    "rows_examined",
    Kind.COUNTER,
    "Rows that committed batches have examined, by whichever run; anew from 0 after `retry`.",
    "max by (key) (rate({}_total[5m]))",
)
ROWS = _metric(
    "rows",
    Kind.COUNTER,
    "What became of them: changed, unchanged (there is no source for it) or done_already.",
    'max by (key) (rate({}_total{outcome="changed"}[5m]))',
    "outcome",
)
BATCHES = _metric(
    "batches", Kind.COUNTER, "Batches that were committed, by whichever run.", "max by (key) (rate({}_total[5m]))"
)
SECONDS = _metric(
    "batch_duration_seconds",
    Kind.HISTOGRAM,
    "How long the batches of this run took, of all its processes, those alone that were committed; of those that follow "
    "each other on the server, their mean.",
    "histogram_quantile(0.95, sum by (key, le) (rate({}_bucket[5m])))",
)
LOCKED = _metric(
    "locked_rows", Kind.GAUGE, "Rows that somebody else holds, and that are tried again.", "max by (key) ({})"
)
QUARANTINED = _metric(
    "quarantined_rows", Kind.GAUGE, "Rows in quarantine: they cannot be changed.", "max by (key) ({}) > 0"
)
HOLDS = _metric(
    "holds",
    Kind.COUNTER,
    "How often the brake or a schema change has held batches since this run began, by what held them.",
    "max by (key, reason) (increase({}_total[1h]))",
    "reason",
)
HELD = _metric(
    "held",
    Kind.GAUGE,
    "1 while no batch may begin, also outside of its hours and until the brake has looked at the server for the first time; else 0.",
    "max by (key) ({}) == 1",
)
PASS = _metric(
    "pass_number",
    Kind.GAUGE,
    "Which pass over the table it is in: the first does the work, the others look again.",
    "max by (key) ({})",
)
DONE = _metric(
    "pass_done_ratio",
    Kind.GAUGE,
    "Which part of the pass is done, as far as this run can tell; left out where it cannot.",
    "max by (key) ({})",
)
LEFT_ROWS = _metric(
    "remaining_rows",
    Kind.GAUGE,
    "An estimate of the rows that the first pass has still to examine, by the table's statistics; left out where there are none, or more rows than these say.",
    "max by (key) ({})",
)
LEFT_SECONDS = _metric(
    "remaining_seconds",
    Kind.GAUGE,
    "An estimate of how long the rest of the pass takes at the speed of this run; left out where it cannot be foretold.",
    "max by (key) ({})",
)
STATE = _metric(
    "state", Kind.GAUGE, "1 for the state that it is in, 0 for each other one.", '{}{state="failed"} == 1', "state"
)
WORKERS = _metric(
    "workers", Kind.GAUGE, "Processes that work at it: their leases and their connections hold.", "max by (key) ({})"
)
SUCCESS = _metric(
    "last_success_timestamp_seconds",
    Kind.GAUGE,
    "When it was completed, while it is; a word of a function's own is no success.",
    "time() - max by (key) ({})",
)
READ = Metric(
    f"{PREFIX}state_read_timestamp_seconds",
    Kind.GAUGE,
    (),
    "When the state was read that all the others are taken from: they are as old as that.",
    f"time() - {PREFIX}state_read_timestamp_seconds > 60",
)

METRICS = (
    EXAMINED, ROWS, BATCHES, SECONDS, LOCKED, QUARANTINED, HOLDS, HELD, PASS, DONE, LEFT_ROWS, LEFT_SECONDS, STATE, WORKERS,
    SUCCESS, READ,
)  # fmt: skip
