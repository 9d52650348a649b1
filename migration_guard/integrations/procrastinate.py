"""A task of procrastinate that works at backfills: PostgreSQL is all that is needed. Needs the extra `procrastinate`.

    from procrastinate import App, PsycopgConnector
    from migration_guard.integrations.procrastinate import backfill_task

    app = App(connector=PsycopgConnector())
    backfill = backfill_task(app)

`backfill.defer()` begins, `backfill.defer(keys=["KEY"], workers=4)` with some backfills and on the way to four workers;
`arguments={"tenant": "7"}` gives definitions their values, `database="east"` names one of the configuration's `databases`. Each job works for a
minute at most and is followed by another as long as there is something to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import Any

from procrastinate import App, JobContext, RetryStrategy
from procrastinate.tasks import Task

from migration_guard.backfill.errors import CannotRun
from migration_guard.integrations.errands import SECONDS, TASK, Errand, Errands

RETRIES = RetryStrategy(max_attempts=10, exponential_wait=2, retry_exceptions=[CannotRun])
"""Attempts at a server that cannot be had, ever further apart; after them whoever defers a job anew begins again."""


def backfill_task(
    app: App, *, folder: Path | None = None, name: str = TASK, seconds: float = SECONDS, **options: Any
) -> Task[Any, Any, Any]:
    """Register the task; options are procrastinate's own, such as `queue`. The configuration is that of a folder, else of where the worker runs."""
    errands = Errands(folder, seconds)

    @app.task(name=name, pass_context=True, retry=RETRIES, **options)
    async def backfill(
        context: JobContext,
        keys: Sequence[str] = (),
        workers: int = 1,
        arguments: Mapping[str, str | int] | None = None,
        database: str | None = None,
    ) -> list[str]:
        errand, asked = Errand(keys, workers, arguments or {}, database), Event()
        try:
            ended = await asyncio.to_thread(errands.run, errand, asked.is_set)
        finally:  # somebody has aborted it: what runs in the thread ends after its batch
            asked.set()
        if ended.follows is not None:
            later = backfill.configure(schedule_in={"seconds": ended.wait}, queue=context.job.queue)
            await later.defer_async(**ended.follows.message)
        return ended.told

    return backfill
