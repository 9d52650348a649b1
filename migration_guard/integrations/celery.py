"""A task of Celery that works at backfills. Needs the extra `celery`.

    from celery import Celery
    from migration_guard.integrations.celery import backfill_task

    app = Celery("shop", broker="redis://…")
    backfill = backfill_task(app)

`backfill.delay()` begins, `backfill.delay(keys=["KEY"], workers=4)` with some backfills and on the way to four workers;
`arguments={"tenant": "7"}` gives definitions their values, `database="east"` names one of the configuration's `databases`. Each task works for a
minute at most and is followed by another as long as there is something to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from migration_guard.backfill.errors import CannotRun
from migration_guard.integrations.errands import SECONDS, TASK, Errand, Errands

if TYPE_CHECKING:
    from celery import Celery, Task

RETRIES = 10
"""Attempts at a server that cannot be had, ever further apart; after them whoever starts a task anew begins again."""
FURTHEST = 600
"""Seconds between two of them at most."""
PARTING = 240
"""Seconds beside its own after which a task that has not ended is killed: its statement time-outs have ended it long before."""


def backfill_task(
    app: Celery, *, folder: Path | None = None, name: str = TASK, seconds: float = SECONDS, **options: Any
) -> Task:
    """Register the task; options are Celery's own, such as `queue`. The configuration is that of a folder, else of where the worker runs."""
    errands = Errands(folder, seconds)
    limits = {"soft_time_limit": seconds + PARTING / 2, "time_limit": seconds + PARTING}
    safely = {"acks_late": True, "reject_on_worker_lost": True}  # delivered again when its worker was killed

    def backfill(
        self: Task,
        keys: Sequence[str] = (),
        workers: int = 1,
        arguments: Mapping[str, str | int] | None = None,
        database: str | None = None,
    ) -> list[str]:
        try:
            ended = errands.run(Errand(keys, workers, arguments or {}, database))
        except CannotRun as reason:
            wait = min(FURTHEST, 2 ** (self.request.retries + 1))
            raise self.retry(exc=reason, countdown=wait) from None
        if ended.follows is not None:
            self.apply_async(kwargs=ended.follows.message, countdown=ended.wait, **_the_way_of(self))
        return ended.told

    task: Task = app.task(bind=True, name=name, max_retries=RETRIES, **{**limits, **safely, **options})(backfill)
    return task


def _the_way_of(task: Task) -> dict[str, str]:
    """Give the way that the running task has come, so that the next one finds the same workers; as Celery tries one again."""
    delivered = task.request.delivery_info or {}
    exchange, key = delivered.get("exchange"), delivered.get("routing_key")
    if not key:
        return {}
    return {"exchange": exchange, "routing_key": key} if exchange else {"queue": key}
