"""Who does what at a backfill that several workers share, as `status` shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from itertools import groupby
from operator import attrgetter
from typing import Any

from migration_guard.backfill.standing import Holder
from migration_guard.cli.backfill_table import table


def shares_table(holders: Sequence[Holder]) -> str:
    """Give a line for each worker, and how many ranges are done and free; nothing where nothing is shared."""
    rows = [row for key, own in groupby(holders, attrgetter("backfill")) for row in _rows(key, tuple(own))]
    return table(("key", "worker", "ranges", "at", "lease"), rows) if rows else ""


def shares_json(holders: Sequence[Holder]) -> dict[str, Any]:
    """Give the same for one backfill; the ranges are those of its present pass."""
    ranges = [one for one in holders if one.kind != "end"]
    held = [one for one in holders if one.by is not None and not one.done]
    return {
        "ranges": {
            "done": sum(one.done for one in ranges),
            "held": sum(one.alive for one in ranges if not one.done),
            "free": sum(not one.alive for one in ranges if not one.done),
        },
        "workers": [
            {
                "worker": one.by,
                "alive": one.alive,
                "doing": _doing(one),
                "tenant": one.tenant,
                "after_key": list(one.cursor) if one.cursor else None,
                "up_to_key": list(one.high) if one.high else None,
                "examined": one.examined,
                "lease_seconds": seconds(one.lease),
            }
            for one in held
        ],
    }


def _rows(key: str, holders: Sequence[Holder]) -> list[tuple[str, ...]]:
    ranges = [one for one in holders if one.kind != "end"]
    done = sum(one.done for one in ranges)
    free = sum(not one.done and one.by is None for one in ranges)
    rows: list[tuple[str, ...]] = [(key, "", f"{done:,} of {len(ranges):,} done, {free:,} not begun or left", "", "")]
    held = sorted((one for one in holders if one.by is not None and not one.done), key=lambda one: (one.by, one.id))
    for by, some in groupby(held, attrgetter("by")):
        own = tuple(some)
        leases = [one.lease for one in own if one.lease is not None]
        lease = min(leases, default=None)
        absent = "" if any(one.alive for one in own) else f"{absence(None, lease)}: what it was at is taken over; "
        rows.append(("", str(by), str(len(own)), f"{absent}{_at(own[0])}", _left(lease)))
    return rows


def absence(runner: str | None, lease: float | None) -> str:
    """Say what is seen of a runner who cannot be counted on: whether he is still there nobody can know by that."""
    of = f" of {runner}" if runner else ""
    if lease is None:
        return f"no lease{of}"
    if lease <= 0:
        return f"lease{of} over since {datetime.now(timezone.utc) + timedelta(seconds=lease):%Y-%m-%d %H:%M:%S} UTC"
    return f"connection{of} is gone"


def seconds(lease: float | None) -> float | None:
    """Give what is left of a lease, as JSON has it."""
    return None if lease is None else round(lease, 1)


def _left(lease: float | None) -> str:
    if lease is None:
        return ""
    return f"{lease:.0f} s" if lease > 0 else f"over for {-lease:.0f} s"


def _doing(one: Holder) -> str:
    return {"end": "the end of the pass", "range": "a tenant"}.get(one.kind, "a range")


def _at(one: Holder) -> str:
    after = f" after {', '.join(one.cursor)}" if one.cursor else ""
    upto = f" up to {', '.join(one.high)}" if one.high else ""
    tenant = f" {one.tenant}" if one.tenant is not None else ""
    return f"{_doing(one)}{tenant}{after}{upto}"
