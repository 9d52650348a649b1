"""What the guard says of the migrations of `cases.py`, beside what they wrote when the real packages ran them.

PYTHONPATH=tests python -m frameworks.compare      (prints a table, a line for each framework; `make frameworks` ends with it)
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from baselines.reading import findings

from frameworks.cases import BODIES, READ_AS, source

HERE = Path(__file__).parent
EXECUTED: dict[str, dict[str, list[str]]] = json.loads((HERE / "executed.json").read_text(encoding="utf-8"))
_VERBS = {
    "UPDATE": {"UPDATE"}, "DELETE": {"DELETE"}, "TRUNCATE": {"DELETE"}, "INSERT_VALUES": {"INSERT"},
    "INSERT_SELECT": {"INSERT"}, "INSERT_LOOP": {"INSERT"}, "UPSERT_VALUES": {"INSERT", "UPDATE"},
    "MERGE": {"INSERT", "UPDATE", "DELETE"}, "DML_CALL": {"INSERT", "UPDATE", "DELETE"},
}  # fmt: skip
_SHOWN = {
    "aerich": "migrations/models/1_20240101_fill.py", "peewee_migrate": "migrations/001_fill.py", "odoo": "crm/migrations/17.0.1.0/post-migration.py",
    "openupgrade": "crm/migrations/17.0.1.0/post-migration.py", "tortoise": "shop/migrations/0002_fill.py", "numbered_module": "migrations/001_fill.py",
    "frappe": "crm/patches/fill.py",
}  # fmt: skip
_OPAQUE = "OPAQUE"
_COLUMNS = ("told", "table unknown", "OPAQUE", "silent", "false alarm")
"""What becomes of a body that writes; `clean` of one that does not, and is not told of either."""


def told(framework: str, body: str) -> set[tuple[str, str]]:
    """Each verb with its table; `?` where that is not told."""
    shown = _SHOWN.get(framework, "migrations/a.py")
    # The folder holds DocTypes of Frappe's, which say what tables are below them.
    found = findings(source(framework, body), READ_AS.get(framework, framework), folder=HERE / "apps", shown=shown)
    every = [one.operation for one in found if one.code < "MG2" and one.operation is not None]
    return {
        (verb, table)
        for one in every
        for verb in _VERBS.get(one.kind.value, {one.kind.value})
        for table in one.tables or ("?",)
    }


def outcome(framework: str, body: str) -> str:
    """What a body comes to: the worst that is true of it."""
    wrote = {(verb, table) for verb, _, table in (what.partition(" ") for what in EXECUTED[framework][body])}
    said = told(framework, body)
    if not wrote:
        return "false alarm" if said else "clean"
    if not {table for _, table in said} <= {"?", *(table for _, table in wrote)}:
        return "false alarm"
    missed = wrote - said
    if not missed:
        return "told"
    if all((verb, "?") in said for verb, _ in missed):
        return "table unknown"
    return _OPAQUE if any(verb == _OPAQUE for verb, _ in said) else "silent"


def table() -> list[dict[str, int | str]]:
    """A line for each framework."""
    lines: list[dict[str, int | str]] = []
    for framework, bodies in BODIES.items():
        counts = Counter(outcome(framework, body) for body in bodies if body in EXECUTED[framework])
        executed = sum(counts.values())
        named = {column: counts[column] for column in _COLUMNS}
        lines.append({"framework": framework, "executed": executed, "clean": counts["clean"], **named})
    return lines


def main() -> int:
    lines = table()
    heads = list(lines[0])
    total = {head: "in all" if head == "framework" else sum(int(one[head]) for one in lines) for head in heads}
    printed: list[Mapping[str, object]] = [dict(zip(heads, heads)), *lines, total]
    for one in printed:
        first, *rest = (str(one[head]) for head in heads)
        print(f"{first:20}", *(f"{text:>{max(len(head), 6)}}" for head, text in zip(heads[1:], rest)))
    return 1 if total["silent"] or total["false alarm"] else 0


if __name__ == "__main__":
    sys.exit(main())
