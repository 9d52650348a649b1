"""What a person has set of a backfill's pace while it runs: read from the command line, kept in the state, obeyed at each batch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, time, timedelta

from migration_guard.backfill.definition import LARGEST, SMALLEST, nearest

TARGET_MS = (10, 1_000)
"""Of a batch: others may have to wait that long for its rows."""
PAUSE = (0.0, 60.0)
"""Seconds; a claim outlives the longest."""
WORKERS = (1, 1_024)
UTC = "UTC"

_HOURS = re.compile(r"\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})(?:\s+(\S+))?\s*")
_EXPECTED = 'expected hours such as "22:00-06:00", with a time zone or without one ("22:00-06:00 Europe/Berlin")'


class SteeringError(ValueError):
    """A pace that cannot be set; the message names the option, what was expected, and the nearest that may be set."""


def _within(name: str, value: float | None, bounds: tuple[float, float], of: str) -> None:
    if value is None:
        return
    low, high = bounds
    if not low <= value <= high:
        near = min(max(value, low), high) if value == value else low  # noqa: PLR0124 -- not a number
        expected = f"expected {low:g} to {high:,g} {of}"
        raise SteeringError(f"{name}: {expected}, found {value:g}; nearest: {near:g}")


@dataclass(frozen=True, slots=True)
class Hours:
    """The part of each day in which batches may be done; over midnight, where it ends before it begins."""

    begins: time
    ends: time
    zone: str = UTC
    """A name that the server knows."""

    def closed_until(self, now: datetime) -> datetime | None:
        """Say when it opens, by the clock on a wall of its zone; None if it is open."""
        at = now.time()
        over_midnight = self.begins > self.ends
        is_open = at >= self.begins or at < self.ends if over_midnight else self.begins <= at < self.ends
        if is_open:
            return None
        day = now.date() if at < self.begins else now.date() + timedelta(days=1)
        return datetime.combine(day, self.begins)

    def __str__(self) -> str:
        return f"{self.begins:%H:%M}-{self.ends:%H:%M} {self.zone}"


@dataclass(frozen=True, slots=True)
class Steering:
    """What is set; None: that is left to the runner."""

    target_ms: float | None = None
    pause: float | None = None
    max_size: int | None = None
    window: Hours | None = None
    workers: int | None = None

    def __post_init__(self) -> None:
        _within("target-ms", self.target_ms, TARGET_MS, "milliseconds")
        _within("pause", self.pause, PAUSE, "seconds")
        _within("max-size", self.max_size, (SMALLEST, LARGEST), "rows")
        _within("workers", self.workers, WORKERS, "workers")

    @property
    def fields(self) -> dict[str, float | str]:
        """Give what is set, as the state keeps it."""
        told = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: str(value) if name == "window" else value for name, value in told.items() if value is not None}

    def __bool__(self) -> bool:
        return self != FREE

    def __str__(self) -> str:
        return ", ".join(
            f"{name.replace('_', '-')} {value:g}" if isinstance(value, (int, float)) else f"{name} {value}"
            for name, value in self.fields.items()
        )


FREE = Steering()
"""Nothing is set."""


def steering_of(kept: Mapping[str, object] | None) -> Steering:
    """Read what the state has kept. What a later version may have added is left to that."""
    known = {one.name for one in fields(Steering)}
    told = {name: value for name, value in (kept or {}).items() if name in known}
    window = told.pop("window", None)
    return Steering(window=hours(str(window)) if window is not None else None, **told)  # type: ignore[arg-type]


def hours(text: str) -> Hours:
    """Read a part of the day; whether the server knows the time zone is seen when it is set."""
    found = _HOURS.fullmatch(text)
    if found is None:
        raise SteeringError(f"window: {_EXPECTED}, found {text!r}")
    begins, ends = _time(found[1], found[2], text), _time(found[3], found[4], text)
    if begins == ends:
        raise SteeringError(f"window: {_EXPECTED}, found {text!r}, which is no time at all; --reset sets none")
    return Hours(begins, ends, found[5] or UTC)


def known_zone(window: Hours, zones: Iterable[str]) -> Hours:
    """Spell the time zone as the server does, or refuse one that it does not know."""
    by_lower = {zone.lower(): zone for zone in zones}
    if window.zone.lower() not in by_lower:
        raise SteeringError(
            f'window: the server knows no time zone "{window.zone}"{nearest(window.zone, by_lower.values())}'
        )
    return replace(window, zone=by_lower[window.zone.lower()])


def _time(hour: str, minute: str, text: str) -> time:
    if (hour, minute) == ("24", "00"):
        return time()
    if int(hour) > 23 or int(minute) > 59:
        raise SteeringError(f"window: {_EXPECTED}, found {text!r}: {hour}:{minute} is no time of the day")
    return time(int(hour), int(minute))
