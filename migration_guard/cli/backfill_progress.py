"""The progress of a run: a bar on a terminal, lines in a log."""

from __future__ import annotations

import sys
import time

from rich.progress import BarColumn, Progress, TaskID, TextColumn

from migration_guard.backfill.keys import Value
from migration_guard.backfill.report import NO_ETA_BEFORE, Reporter, Result, seconds_left, summary
from migration_guard.backfill.span import Span
from migration_guard.backfill.standing import Counts
from migration_guard.cli.lines import say, stamped
from migration_guard.report.sanitise import one_line

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


class Lines(Reporter):
    """A line now and then."""

    def __init__(self, *, as_json: bool = False) -> None:
        self._json = as_json
        self._key = ""
        self._rows = 0
        self._counts = Counts()
        self._told = time.monotonic()
        self._batches = 0
        self._pass = Pass(0, None)

    def aside(self) -> Reporter:
        return Aside(as_json=self._json)

    def stands(self, counts: Counts) -> None:
        if self._pass.sweep <= 1:
            self._pass.passed += max(0, counts.examined - self._counts.examined)
        self._counts = counts

    def begin(self, key: str, rows: int, counts: Counts) -> None:
        self._key, self._rows, self._counts = key, rows, counts
        self._told, self._batches = time.monotonic(), 0
        self._pass = Pass(0, None)
        begins = "goes on" if counts.examined else "begins"
        known = f", about {rows:,} rows in the table" if rows else ""
        self._say("begin", f"{begins}{known}", rows=rows or None)

    def turn(self, sweep: int, span: Span | None) -> None:
        self._pass = Pass(sweep, span)
        if sweep > 1:
            self._say("pass", f"pass {sweep}: looks whether anything is left")

    def batch(self, counts: Counts, seconds: float, size: int, passed: int = 0, at: Value = ()) -> None:
        self._counts = self._counts + counts
        self._pass.advance(passed, at)
        self._batches += 1
        self._show(f"batches of {size:,} rows take {seconds * 1000:.0f} ms")

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
                f"{self._progress()}; {pace}",
                examined=self._counts.examined,
                changed=self._counts.changed,
                part=self._part(),
                rows_per_second=round(self._pass.speed()),
                seconds_left=self._left(),
            )

    def _say(self, event: str, message: str, key: str | None = None, **more: str | float | None) -> None:
        say(stamped(event, key or self._key, message, as_json=self._json, **more))

    def _part(self) -> float | None:
        """Say how much of the pass is done: by rows where they are counted, else by where its cursor is."""
        if self._pass.sweep <= 1 and self._rows:
            return min(self._counts.examined / self._rows, 1.0)
        return self._pass.part(self._rows)

    def _left(self) -> float | None:
        if self._pass.sweep <= 1 and self._rows and self._pass.speed():
            # All rows at the speed of this run, whichever run has examined them.
            return seconds_left(self._counts.examined, self._rows, self._counts.examined / self._pass.speed())
        return self._pass.left(self._rows)

    def _progress(self) -> str:
        part, left, speed = self._part(), self._left(), self._pass.speed()
        which = f"pass {self._pass.sweep}: " if self._pass.sweep > 1 else ""
        all_ = f" of about {self._rows:,}" if self._rows and not which else ""
        shown = f" ({part * 100:.0f} %)" if part is not None else ""
        rate = f", {speed:,.0f} rows/s" if speed else ""
        eta = f", about {left:.0f} s left" if left is not None else ""
        examined = self._pass.passed if which else self._counts.examined
        return f"{which}{examined:,} rows examined{all_}{shown}, {self._counts.changed:,} changed{rate}{eta}"


class Pass:
    """One pass over the keys, as far as this run makes it."""

    def __init__(self, sweep: int, span: Span | None) -> None:
        self.sweep = sweep
        self.passed = 0
        self._span = span
        self._began = time.monotonic()
        self._first: float | None = None
        self._last: float | None = None

    def advance(self, rows: int, at: Value) -> None:
        """Learn from a batch that has examined so many rows, up to a key."""
        self.passed += rows
        part = self._span.part(at) if self._span is not None else None
        if part is not None:
            self._first = part if self._first is None else self._first
            self._last = part

    def speed(self) -> float:
        """Give the rows examined in a second."""
        return self.passed / max(time.monotonic() - self._began, 0.001)

    def part(self, rows: int) -> float | None:
        """Say how much of the pass is done."""
        if self._last is not None:
            return self._last
        return min(self.passed / rows, 1.0) if rows else None

    def left(self, rows: int) -> float | None:
        """Foretell the end; nothing before a hundredth is done."""
        seconds = time.monotonic() - self._began
        if self._first is not None and self._last is not None:
            done = self._last - self._first
            return seconds * (1 - self._last) / done if done >= NO_ETA_BEFORE else None
        return seconds_left(self.passed, rows, seconds)


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
            part, told = self._part(), f"{self._progress()}; {pace}"
            total, done = (None, 0.0) if part is None else (1.0, part)
            self._bar.update(self._task, total=total, completed=done, told=told)

    def _say(self, event: str, message: str, key: str | None = None, **more: str | float | None) -> None:
        if self._bar is None:
            super()._say(event, message, key, **more)
        else:
            line = one_line(stamped(event, key or self._key, message, as_json=False))
            self._bar.console.print(line, markup=False, highlight=False)

    def end(self, result: Result) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        super().end(result)
