"""A bar on standard error, for people who have waited for a second. It names no file, so it has nothing to escape."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

PATIENCE = 1.0
"""Seconds after which somebody may wonder."""
FRAME = 0.1


class Bar:
    """Watches a run from a thread of its own: what shows it is not even imported in a run that is quick."""

    def __init__(self) -> None:
        self._total: int | None = None
        self._done = 0
        self._over = Event()
        self._thread = Thread(target=self._watch, daemon=True)

    def expect(self, total: int) -> Callable[[], None]:
        """Learn how many files there are; what is given back is called after each."""
        self._total = total
        return self._advance

    def start(self) -> None:
        """Start to wait."""
        from migration_guard.pool import starting  # noqa: PLC0415 -- only for those who look

        starting.only_waits(self._thread)
        self._thread.start()

    def stop(self) -> None:
        """Take the bar away."""
        self._over.set()
        self._thread.join()

    def _advance(self) -> None:
        self._done += 1

    def _watch(self) -> None:
        if self._over.wait(PATIENCE):
            return
        from migration_guard.pool import starting  # noqa: PLC0415 -- only for those who wait

        starting.acts()
        from rich.console import Console  # noqa: PLC0415 -- only for those who wait
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as progress:
            task = progress.add_task("reading migrations", total=None)
            while not self._over.wait(FRAME):
                progress.update(task, total=self._total, completed=self._done, refresh=True)


@contextmanager
def watched(*, quiet: bool) -> Iterator[Callable[[int], Callable[[], None]]]:
    """Show a bar while something runs, if somebody looks at standard error and did not ask for quiet."""
    bar = Bar()
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield bar.expect
        return
    bar.start()
    try:
        yield bar.expect
    finally:
        bar.stop()
