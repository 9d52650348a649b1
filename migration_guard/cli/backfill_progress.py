"""The progress of a run: a bar on a terminal, lines in a log."""

from __future__ import annotations

import sys
import time

from rich.progress import BarColumn, Progress, TaskID, TextColumn

from migration_guard.backfill.keys import Value
from migration_guard.backfill.report import Reporter, Result, summary
from migration_guard.backfill.span import Span
from migration_guard.backfill.standing import Counts
from migration_guard.cli.lines import say, stamped
from migration_guard.report.sanitise import one_line
from migration_guard.watching.advance import Advance

EVERY_BATCHES = 10
EVERY_SECONDS = 30.0


def reporter(*, as_json: bool = False) -> Reporter:
    """Choose how a run is shown: with a bar on a terminal, in lines in a log."""
    if not as_json and sys.stdout is not None and sys.stdout.isatty():
        return Bar()
    return Lines(as_json=as_json)


class Aside(Reporter):
    """What another worker of the same run has to say: what its functions log. The rest is told once, by who started it."""

    def __init__(self, *, as_json: bool) -> None:
        self._json = as_json

    def said(self, key: str, text: str) -> None:
        say(stamped("log", key, text, as_json=self._json))


class Lines(Advance):
    """A line now and then."""

    def __init__(self, *, as_json: bool = False) -> None:
        super().__init__()
        self._json = as_json
        self._told = time.monotonic()
        self._batches = 0

    def aside(self, worker: int) -> Reporter:  # noqa: ARG002 -- they all say the same
        return Aside(as_json=self._json)

    def begin(self, key: str, rows: int, counts: Counts) -> None:
        super().begin(key, rows, counts)
        self._told, self._batches = time.monotonic(), 0
        begins = "goes on" if counts.examined else "begins"
        known = f", about {rows:,} rows in the table" if rows else ""
        self._say("begin", f"{begins}{known}", rows=rows or None)

    def turn(self, sweep: int, span: Span | None) -> None:
        super().turn(sweep, span)
        if sweep > 1:
            self._say("pass", f"pass {sweep}: looks whether anything is left")

    def batch(
        self, counts: Counts, seconds: float, size: int, passed: int = 0, at: Value = (), *, batches: int = 1
    ) -> None:
        super().batch(counts, seconds, size, passed, at, batches=batches)
        self._batches += batches
        self._show(f"batches of {size:,} rows take {seconds / batches * 1000:.0f} ms")

    def said(self, key: str, text: str) -> None:
        self._say("log", text, key)

    def held(self, key: str, reason: str) -> None:
        self._say("hold", f"held: {reason}", key, reason=reason)

    def released(self, key: str, seconds: float) -> None:
        self._say("release", f"goes on, after it was held for {seconds:.0f} s", key, seconds=round(seconds, 1))

    def steered(self, key: str, steering: str) -> None:
        self._say("pace", f"pace: {steering or 'nothing is set any more'}", key)

    def warn(self, key: str, text: str) -> None:
        self._say("note", f"note: {text}", key)

    def end(self, result: Result) -> None:
        told = str(result).removeprefix(f"{result.key}: ")
        state = result.state.value if result.state else None
        counted = f"{told}; {summary(result.counts)}" if result.ran else told
        self._say("end", counted, result.key, state=state, reason=result.reason, changed=result.counts.changed)

    def _show(self, pace: str) -> None:
        if self._batches >= EVERY_BATCHES and time.monotonic() - self._told >= EVERY_SECONDS:
            self._batches, self._told = 0, time.monotonic()
            self._say(
                "progress",
                f"{self.told()}; {pace}",
                examined=self.counts.examined,
                changed=self.counts.changed,
                part=self.part(),
                rows_per_second=round(self.speed()),
                seconds_left=self.left(),
            )

    def _say(self, event: str, message: str, key: str | None = None, **more: str | float | None) -> None:
        say(stamped(event, key or self.key, message, as_json=self._json, **more))


class Bar(Lines):
    """A bar, under the lines that do not move."""

    def __init__(self) -> None:
        super().__init__()
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def begin(self, key: str, rows: int, counts: Counts) -> None:
        super().begin(key, rows, counts)
        self._bar = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.fields[told]}", markup=False)
        )
        self._task = self._bar.add_task(one_line(key), total=None, told="")
        self._bar.start()

    def _show(self, pace: str) -> None:
        if self._bar is not None and self._task is not None:
            part, told = self.part(), f"{self.told()}; {pace}"
            total, done = (None, 0.0) if part is None else (1.0, part)
            self._bar.update(self._task, total=total, completed=done, told=told)

    def _say(self, event: str, message: str, key: str | None = None, **more: str | float | None) -> None:
        if self._bar is None:
            super()._say(event, message, key, **more)
        else:
            line = one_line(stamped(event, key or self.key, message, as_json=False))
            self._bar.console.print(line, markup=False, highlight=False)

    def end(self, result: Result) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        super().end(result)
