"""The time-outs of a batch transaction, as one value. What would harm the application is refused, with the reason."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

LOCK = (30.0, 120.0)
STATEMENT_AT_MOST = 3600.0
IDLE = (30.0, 600.0)
UNATTENDED = 30.0
"""Seconds that a transaction may stand idle in which no Python of a definition's runs: who stands so long between two of
our statements is stopped or gone, and holds rows. If he is only slow, the batch is rolled back and done again."""
SHORTEST_LEASE = 180.0
"""A runner whose connection is gone is replaced at once; only behind a pooler does anybody wait for this."""
LEASE_MARGIN = 60.0
MARGIN = 10.0
"""By how much the statement's time-out exceeds the lock's: within it, nobody could tell the two apart."""

_SPELT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|min|)\s*")
_UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0, "": 1.0}


class PolicyError(ValueError):
    """A time-out that a backfill must not have; the message says why, and gives the nearest that it may have."""


@dataclass(frozen=True, slots=True)
class TimeoutPolicy:
    """How long a batch waits for a lock, runs a statement, and may stand idle; in seconds, or as PostgreSQL spells it.

    Migrations fail fast (5 s), so that nothing queues behind them. A backfill is patient: its locks are of single rows,
    and giving up early would only leave those rows for later.
    """

    lock: float = 60.0
    statement: float = 120.0
    idle: float = 120.0

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, _seconds(field.name, getattr(self, field.name)))
        _check_lock(self.lock)
        _check_statement(self.statement, self.lock)
        if not IDLE[0] <= self.idle <= IDLE[1]:
            raise PolicyError(
                f"idle: expected {IDLE[0]:g} to {IDLE[1]:g} s, found {self.idle:g}; nearest: {_nearest(self.idle, IDLE)}"
            )

    @property
    def transaction(self) -> float:
        """The bound of the whole transaction, for servers that have one (PostgreSQL 17 and later)."""
        return max(150.0, self.statement + 30.0)

    @property
    def lease(self) -> float:
        """Seconds that a claim outlives its last sign: nobody takes over what a batch may still be writing."""
        return max(SHORTEST_LEASE, self.idle, self.statement + LEASE_MARGIN)

    def settings(self, server_version: int) -> dict[str, str]:
        """Give the server's parameters, to be set for the transaction only."""
        named = {
            "lock_timeout": self.lock,
            "statement_timeout": self.statement,
            "idle_in_transaction_session_timeout": self.idle,
        }
        if server_version >= 170000:
            named["transaction_timeout"] = self.transaction
        return {name: f"{round(seconds * 1000)}ms" for name, seconds in named.items()}

    def __str__(self) -> str:
        return f"lock {self.lock:g} s, statement {self.statement:g} s, idle in transaction {self.idle:g} s"


def _check_lock(lock: float) -> None:
    if not LOCK[0] <= lock <= LOCK[1]:
        hint = "; as short a limit is the policy of schema changes, which must fail fast" if lock < LOCK[0] else ""
        expected = f"lock: expected {LOCK[0]:g} to {LOCK[1]:g} s, found {lock:g}"
        raise PolicyError(f"{expected}; nearest: {_nearest(lock, LOCK)}{hint}")


def _check_statement(statement: float, lock: float) -> None:
    if not statement:
        raise PolicyError("statement: 0 means no limit, and a batch must end; nearest: 120")
    if statement < lock + MARGIN:
        why = f"at least {MARGIN:g} s more than lock ({lock:g}), else nobody can tell a lock from a slow statement"
        raise PolicyError(f"statement: expected {why}, found {statement:g}; nearest: {lock + MARGIN:g}")
    if statement > STATEMENT_AT_MOST:
        raise PolicyError(f"statement: expected at most {STATEMENT_AT_MOST:g} s, found {statement:g}")


def _seconds(name: str, value: object) -> float:
    if isinstance(value, str) and (spelt := _SPELT.fullmatch(value)):
        return float(spelt[1]) * _UNITS[spelt[2]]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
        raise PolicyError(f'{name}: expected seconds, or a text such as "60s", found {value!r}')
    return float(value)


def _nearest(value: float, bounds: tuple[float, float]) -> str:
    return f"{min(max(value, bounds[0]), bounds[1]):g}"
