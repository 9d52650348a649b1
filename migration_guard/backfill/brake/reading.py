"""What a gauge shows, and from which value on that holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from migration_guard.config.settings import BrakeSettings


@dataclass(frozen=True, slots=True)
class Reading:
    """What a gauge shows of one thing that has a threshold; nothing of it is a row's data or a text of the definition."""

    limit: str
    """The key of its threshold in the configuration."""
    value: float | None
    of: str = ""
    """Whose it is, where there are several."""
    blind: str = ""
    """Why there is no value."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A threshold: from a value on it holds, and below another one it lets go."""

    title: str
    hold: float
    release: float
    shown: Callable[[float], str] | None = None
    """How its numbers are spelt; None: it is there or not."""

    def told(self, reading: Reading) -> str:
        """Say what a reading is about, without its numbers where there are none."""
        of = f" of {reading.of}" if reading.of else ""
        if reading.value is None:
            return f"{self.title} cannot be seen: {reading.blind}"
        if self.shown is None:
            return f"{self.title}{of}"
        return f"{self.title}{of}: {self.shown(reading.value)}, held from {self.shown(self.hold)} on"


def limits_of(settings: BrakeSettings) -> dict[str, Limit]:
    """Give the thresholds that are set, by their keys."""
    found = {
        "lag-bytes": ("replication lag", settings.lag_bytes, size),
        "lag-seconds": ("replication lag", settings.lag_seconds, seconds),
        "archive-bytes": ("WAL that is not archived", settings.archive_bytes, size),
        "waiters": ("sessions that wait behind one batch", settings.waiters, number),
        "dead-rows": ("dead rows", settings.dead_rows, percent),
        "snapshot-seconds": ("the oldest snapshot", settings.snapshot_seconds, seconds),
        "throttle": ("the throttle", settings.throttle_above if settings.throttle is not None else None, number),
    }
    limits = {
        key: Limit(title, hold, hold * settings.release, shown)
        for key, (title, hold, shown) in found.items()
        if hold is not None
    }
    if settings.autovacuum:
        limits["autovacuum"] = Limit("a vacuum", 1, 1)
    return limits


def digest(settings: BrakeSettings) -> str:
    """Name a set of thresholds: two runs that have the same look for each other."""
    return sha256(repr(settings).encode()).hexdigest()[:16]


def size(value: float) -> str:
    """Spell bytes."""
    for unit in ("B", "KB", "MB"):
        if value < 1024:
            return f"{value:,.{int(value < 10 and unit != 'B')}f} {unit}"
        value /= 1024
    return f"{value:,.1f} GB"


def seconds(value: float) -> str:
    """Spell a time."""
    return f"{value:,.0f} s" if value >= 10 else f"{value:.1f} s"


def number(value: float) -> str:
    """Spell a number."""
    return f"{value:,.6g}"


def percent(value: float) -> str:
    """Spell a part."""
    return f"{value * 100:.0f} %"
