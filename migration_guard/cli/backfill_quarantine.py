"""How rows in quarantine are shown and exported: by their keys and reasons; what is in them only where it is asked for."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from migration_guard.backfill.standing import SetAside
from migration_guard.cli.backfill_table import table

HEADS = ("backfill", "tenant", "key", "sqlstate", "message", "attempts", "at")
Data = Mapping[tuple[str, ...], str]


def quarantine_table(rows: Sequence[SetAside]) -> str:
    """Give rows as a table."""
    lines = [tuple(str(cell) if cell is not None else "" for cell in _cells(row)) for row in rows]
    return table(HEADS, lines) if lines else "no row is in quarantine"


def quarantine_csv(rows: Sequence[SetAside], data: Data | None) -> str:
    """Give rows as CSV; a key of several columns is a list in JSON."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*HEADS, *(["row"] if data is not None else [])))
    for row in rows:
        writer.writerow((*_cells(row), *([data.get(row.key, "")] if data is not None else [])))
    return text.getvalue().rstrip("\n")


def quarantine_json(rows: Sequence[SetAside], data: Data | None) -> str:
    """Give rows as JSON: a list, with an object for each."""
    return json.dumps([_object(row, data) for row in rows], indent=2, ensure_ascii=False)


def _cells(row: SetAside) -> tuple[object, ...]:
    key = row.key[0] if len(row.key) == 1 else json.dumps(row.key, ensure_ascii=False)
    return (row.backfill, row.tenant, key, row.sqlstate, row.message, row.attempts, row.at.isoformat())


def _object(row: SetAside, data: Data | None) -> dict[str, Any]:
    told: dict[str, Any] = {**dict(zip(HEADS, _cells(row))), "key": list(row.key)}
    if data is not None:
        told["row"] = json.loads(data[row.key]) if row.key in data else None
    return told
