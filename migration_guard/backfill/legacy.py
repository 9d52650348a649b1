"""Runs definitions of the older kind: dictionaries in BACKFILL_DEFS, each with a function that does the batches itself.

function(engine, batch_size, max_time_seconds) -> (rows, completed)
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from migration_guard.backfill.definition import (
    Claim,
    DefinitionError,
    Priority,
    Status,
    check_runtime,
    check_size,
    check_truth,
    chosen,
    nearest,
    size_warnings,
)
from migration_guard.backfill.policy import LEASE_MARGIN
from migration_guard.backfill.sqltext import SqlRefused, check_expression, squeezed

NAME = "BACKFILL_DEFS"
FIELDS = (
    "key", "migration_number", "description", "tables", "batch_size",
    "max_runtime_seconds", "priority", "safe_to_run_online", "function", "status",
    "table", "where", "key_column", "key_columns",
)  # fmt: skip
CANNOT_PROMISE = (
    "its own function decides about locks and batches, and may set other time-outs than ours: none of that is checked",
    "its rows are counted by itself, not by the database",
    "signals, time and pause end it between two transactions of the engine that it is given, if it has any",
)
"""What a definition of this kind leaves open, told with every run."""
BY_ITS_WORD = "it is complete by its own word, which `gate` does not accept: with `table` and `where` in its entry, the runner looks"

_OF_A_FILE = re.compile(r"^_backfills_\d+_")
"""What the registry puts before the name of a file that it imports; it differs from process to process."""
LegacyFunction = Callable[..., tuple[int, bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyBackfill:
    """A dictionary of a registry, read."""

    key: str
    function_object: LegacyFunction
    migration: str = ""
    description: str = ""
    tables: tuple[str, ...] = ()
    batch_size: int = 500
    max_runtime: float = 600.0
    priority: Priority = Priority.MEDIUM
    safe_to_run_online: bool = True
    status: Status = Status.ACTIVE
    proved_by: Claim | None = None
    """What its entry names with `table` and `where`."""

    @property
    def name(self) -> str:
        """The key as it is declared."""
        return self.key

    @property
    def table(self) -> str:
        """The first of its tables, which is the one that it writes, by custom."""
        if self.proved_by is not None:
            return self.proved_by.table
        return self.tables[0] if self.tables else ""

    @property
    def claim(self) -> Claim | None:
        """What holds when it is complete, if its entry says what can be looked at."""
        return self.proved_by

    @property
    def lease(self) -> float:
        """Seconds that a claim is held: nothing renews it while the function runs."""
        return self.max_runtime + LEASE_MARGIN

    @property
    def function(self) -> str:
        """The function's name."""
        return f"{self.function_object.__module__}.{getattr(self.function_object, '__qualname__', '?')}"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is allowed, and rarely meant; and what this kind cannot promise."""
        word = () if self.proved_by is not None else (BY_ITS_WORD,)
        return (*size_warnings(self.batch_size), *CANNOT_PROMISE, *word)

    @property
    def fingerprint(self) -> str:
        """A digest of its name and of what it is proved by: what the function does cannot be seen."""
        parts = [_OF_A_FILE.sub("", self.function)]
        if self.proved_by is not None:
            parts += [self.proved_by.table, *self.proved_by.key_columns, squeezed(self.proved_by.where)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]


def read(entry: object) -> LegacyBackfill:
    """Read a dictionary, or refuse it."""
    if not isinstance(entry, Mapping):
        raise DefinitionError(f"{NAME}: expected dictionaries, found {entry!r}")
    key = entry.get("key")
    if not isinstance(key, str) or not key.strip():
        raise DefinitionError(f"{NAME}: key: expected a name, found {key!r}")
    if unknown := [name for name in entry if name not in FIELDS]:
        raise DefinitionError(f"backfill {key}: unknown key {unknown[0]!r}{nearest(str(unknown[0]), FIELDS)}")
    if not callable(entry.get("function")):
        expected = "expected a function (engine, batch_size, max_time_seconds) -> (rows, completed)"
        raise DefinitionError(f"backfill {key}: function: {expected}, found {entry.get('function')!r}")
    size, seconds = entry.get("batch_size", 500), entry.get("max_runtime_seconds", 600)
    check_size(key, size)
    check_runtime(key, seconds)
    safe = entry.get("safe_to_run_online", True)
    check_truth(key, "safe_to_run_online", safe)
    return LegacyBackfill(
        key=key,
        function_object=entry["function"],
        migration=str(entry.get("migration_number") or ""),
        description=str(entry.get("description") or ""),
        tables=_tables(key, entry.get("tables", ())),
        batch_size=size,
        max_runtime=float(seconds),
        priority=chosen(key, "priority", entry.get("priority", Priority.MEDIUM), Priority),
        safe_to_run_online=safe,
        status=chosen(key, "status", entry.get("status", Status.ACTIVE), Status),
        proved_by=_proof(key, entry),
    )


def _proof(key: str, entry: Mapping[str, Any]) -> Claim | None:
    """Read what an entry is proved by: rows of `table` that `where` matches are still to do."""
    if entry.get("table") is None and entry.get("where") is None:
        return None
    table, where = (_text(key, name, entry.get(name)) for name in ("table", "where"))
    try:
        check_expression(where)
    except SqlRefused as refused:
        raise DefinitionError(f"backfill {key}: where: {refused}") from None
    columns = entry.get("key_columns") or [entry.get("key_column") or "id"]
    return Claim(key, table, where, _tables(key, columns, "key_columns"))


def _tables(key: str, value: Any, name: str = "tables") -> tuple[str, ...]:
    if isinstance(value, str) or not all(isinstance(one, str) for one in value):
        raise DefinitionError(f"backfill {key}: {name}: expected a list of names, found {value!r}")
    return tuple(value)


def _text(key: str, name: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise DefinitionError(f"backfill {key}: {name}: expected text, as both table and where, found {value!r}")
    return value
