"""What the backfill commands show: lines, tables, JSON, and the progress of a run."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

import click
from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from migration_guard.backfill.gate import CHANGED
from migration_guard.backfill.registry import Definition
from migration_guard.backfill.report import Reporter, Result, seconds_left, summary
from migration_guard.backfill.standing import Counts, Standing, TenantCounts
from migration_guard.backfill.transitions import SWEPT
from migration_guard.cli.output import emit
from migration_guard.report.sanitise import one_line

EVERY_BATCHES = 10
EVERY_SECONDS = 30.0
WATCH_SECONDS = 1.0
COUNTS = ("examined", "changed", "unchanged", "done_already", "locked", "quarantined")


def say(text: str) -> None:
    """Print lines. That nobody can read them stops no run: the state says the same."""
    with suppress(click.ClickException):
        emit("".join(f"{one_line(line)}\n" for line in text.split("\n")))


def listing(definitions: Sequence[Definition], *, as_json: bool) -> str:
    """List definitions: as JSON, with the fields that registries of dictionaries have."""
    if as_json:
        return json.dumps([_fields(one) for one in definitions], indent=2, ensure_ascii=False)
    rows = [
        (one.key, one.priority.value, one.status.value, one.table, f"{one.batch_size:,}", one.description)
        for one in definitions
    ]
    return _table(("key", "priority", "status", "table", "batch", "description"), rows)


def _fields(one: Definition) -> dict[str, Any]:
    return {
        "key": one.key,
        "migration_number": one.migration,
        "description": one.description,
        "tables": list(one.tables),
        "batch_size": one.batch_size,
        "max_runtime_seconds": one.max_runtime,
        "priority": one.priority.value,
        "safe_to_run_online": one.safe_to_run_online,
        "function": one.function,
        "status": one.status.value,
    }


def compared(standings: Sequence[Standing], wanted: Mapping[str, str]) -> tuple[Standing, ...]:
    """Say of what was done for another definition than there is now that it was."""
    return tuple(
        replace(one, reason=CHANGED) if wanted.get(one.key, one.fingerprint) != one.fingerprint and one.sweep else one
        for one in standings
    )


def standings_json(standings: Sequence[Standing], tenants: Sequence[TenantCounts]) -> str:
    """Give `status` as JSON: a list, with an object for each backfill."""
    return json.dumps([_standing(one, tenants) for one in standings], indent=2, ensure_ascii=False)


def _standing(one: Standing, tenants: Sequence[TenantCounts]) -> dict[str, Any]:
    own = [tenant for tenant in tenants if tenant.backfill == one.key]
    counted = len(own) > 1 or any(tenant.tenant is not None for tenant in own)
    return {
        "key": one.key,
        "state": one.state.value,
        "reason": one.reason,
        **asdict(one.counts),
        "batches": one.batches,
        "sweep": one.sweep,
        "proven_up_to": list(one.bound) if one.bound else None,
        "started_at": one.started_at.isoformat() if one.started_at else None,
        "finished_at": one.finished_at.isoformat() if one.finished_at else None,
        "tenants": [{"tenant": t.tenant, **asdict(t.counts), "batches": t.batches} for t in own] if counted else [],
    }


def standing_table(standings: Sequence[Standing]) -> str:
    """Give `status` as a table."""
    rows = [
        (
            one.key,
            _state(one),
            *(f"{getattr(one.counts, name):,}" for name in COUNTS),
            f"{one.batches:,}",
            one.reason or (f"up to key {', '.join(one.bound)}" if one.bound and one.state in SWEPT else ""),
        )
        for one in standings
    ]
    heads = ("key", "state", *(name.replace("_", " ") for name in COUNTS), "batches", "reason")
    return _table(heads, rows) if rows else "no backfill has been run"


def tenant_table(tenants: Sequence[TenantCounts]) -> str:
    """Give what became of each tenant's rows."""
    rows = [
        (one.backfill, "NULL" if one.tenant is None else one.tenant, *(f"{getattr(one.counts, n):,}" for n in COUNTS))
        for one in tenants
    ]
    return _table(("key", "tenant", *(name.replace("_", " ") for name in COUNTS)), rows)


def watched(standings: Callable[[], Sequence[Standing]]) -> None:
    """Show `status` until somebody interrupts."""
    with suppress(KeyboardInterrupt), Live(Text(standing_table(standings())), auto_refresh=False) as live:
        while True:
            time.sleep(WATCH_SECONDS)
            live.update(Text(standing_table(standings())), refresh=True)


def reporter() -> Reporter:
    """Choose how a run is shown: with a bar on a terminal, in lines in a log."""
    if sys.stdout is not None and sys.stdout.isatty():
        return Bar()
    return Lines()


class Lines(Reporter):
    """A line now and then."""

    def __init__(self) -> None:
        self._key = ""
        self._rows = 0
        self._counts = Counts()
        self._began = self._told = time.monotonic()
        self._fresh = Counts()
        self._batches = 0

    def begin(self, key: str, rows: int, counts: Counts) -> None:
        self._key, self._rows, self._counts, self._fresh = key, rows, counts, Counts()
        self._began = self._told = time.monotonic()
        self._batches = 0
        say(f"{key}: {'goes on' if counts.examined else 'begins'}, about {rows:,} rows in the table")

    def batch(self, counts: Counts, seconds: float, size: int) -> None:
        self._counts, self._fresh = self._counts + counts, self._fresh + counts
        self._batches += 1
        self._show(f"batches of {size:,} rows take {seconds * 1000:.0f} ms")

    def _show(self, pace: str) -> None:
        if self._batches >= EVERY_BATCHES and time.monotonic() - self._told >= EVERY_SECONDS:
            self._batches, self._told = 0, time.monotonic()
            say(f"{self._key}: {self._progress()}; {pace}")

    def warn(self, key: str, text: str) -> None:
        say(f"{key}: note: {text}")

    def end(self, result: Result) -> None:
        say(f"{result}; {summary(result.counts)}" if result.ran else f"{result}")

    def _progress(self) -> str:
        part = f" of about {self._rows:,} ({self._counts.examined * 100 // self._rows} %)" if self._rows else ""
        left = seconds_left(self._counts.examined, self._rows, _scaled(self._counts, self._fresh, self._began))
        eta = f", about {left:.0f} s left" if left is not None else ""
        return f"{self._counts.examined:,} rows examined{part}, {self._counts.changed:,} changed{eta}"


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
        self._task = self._bar.add_task(one_line(key), total=rows or None, told="")
        self._bar.start()

    def _show(self, pace: str) -> None:
        if self._bar is not None and self._task is not None:
            done, told = min(self._counts.examined, self._rows), f"{self._progress()}; {pace}"
            self._bar.update(self._task, completed=done, told=told)

    def warn(self, key: str, text: str) -> None:
        if self._bar is None:
            super().warn(key, text)
        else:
            self._bar.console.print(one_line(f"{key}: note: {text}"), markup=False, highlight=False)

    def end(self, result: Result) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        super().end(result)


def _scaled(all_: Counts, fresh: Counts, began: float) -> float:
    """Give the seconds that all the rows would have taken at the speed of this run."""
    seconds = time.monotonic() - began
    return seconds * all_.examined / fresh.examined if fresh.examined else 0.0


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    table = Table(box=None, pad_edge=False, show_header=True)
    for head in heads:
        table.add_column(head, overflow="fold", justify="right" if head.replace(" ", "_") in COUNTS else "left")
    for row in rows:
        table.add_row(*(one_line(cell) for cell in row))
    console = Console(file=io.StringIO(), width=160, color_system=None, markup=False, emoji=False, highlight=False)
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n"))


def _state(one: Standing) -> str:
    return f"{one.state.value} (asked to {one.request})" if one.request else one.state.value
