"""One report that holds everything that formats must cope with, and its golden outputs.

Run as a script, it writes what the formats say now into `tests/fixtures/reports`, to be looked at before it is committed.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from migration_guard import __version__
from migration_guard.findings import Finding, Severity, Status
from migration_guard.operations import Direction, Operation, OperationKind, Problem, Span
from migration_guard.report import formats, statistics
from migration_guard.report.model import Report
from migration_guard.report.screen import Screen

GOLDEN = Path(__file__).parents[1] / "fixtures" / "reports"

HOSTILE = (
    "100%\n::error::forged %0A ##[error]x ##vso[task.complete] ]]> a|b `code` ``` @somebody #12 !7 <img src=x> "
    "</details> [link](https://example.org) https://example.org www.example.org \x1b[31mred\x1b]8;;x\x07 \x9b \u202eabc "
    "\u200b \ud800 \u2028::error::again \x00 \ufffe \"quoted\" 'single' & &#64; $x$ *bold* _it_ ~~~ größe 表 🙂"
)
"""A bit of each kind of text that has acted on a terminal, a CI runner, a page or a parser."""

UPDATED = '''\
from alembic import op


def upgrade():
    op.execute("UPDATE leads SET status = 'neu für 表' WHERE status LIKE '%x'")
    op.execute(
        """
        DELETE FROM receipts
        WHERE created < now()
        """
    )
'''
UPDATE = Operation(
    OperationKind.UPDATE,
    Span(5, 17, 5, 79),
    Direction.UPGRADE,
    "sql",
    ("leads",),
    model="crm.Lead",
    migration="42",
    text="UPDATE leads SET status = 'neu für 表' WHERE status LIKE '%x'",
)
DELETE = Operation(
    OperationKind.DELETE,
    Span(8, 9, 9, 30),
    Direction.BOTH,
    "sql",
    ("receipts",),
    migration="42",
    text="DELETE FROM receipts\n        WHERE created < now()",
)
HIGH = Finding(
    code="MG101",
    name="update-in-migration",
    severity=Severity.HIGH,
    path="crm/migrations/42 für, 100%.py",
    span=UPDATE.span,
    message="UPDATE of leads runs inside the migration and locks every row it changes until it commits",
    help="Move it into a backfill.",
    migration="42",
    operation=UPDATE,
    fingerprint="1:00112233445566778899",
)
MEDIUM = replace(
    HIGH,
    code="MG103",
    name="delete-in-migration",
    severity=Severity.MEDIUM,
    span=DELETE.span,
    message="DELETE from receipts runs inside the migration",
    operation=DELETE,
    fingerprint="1:99887766554433221100",
)
AGAIN = replace(MEDIUM, span=Span(9, 9, 9, 30))
"""Equal to another but for its place."""
WHOLE = replace(
    HIGH, code="MG301", name="ddl-and-dml-mixed", severity=Severity.LOW, span=Span(6, 5, 11, 6), operation=None
)
OLD = replace(HIGH, path="crm/migrations/17.py", status=Status.GRANDFATHERED)
IGNORED = replace(MEDIUM, path="crm/migrations/18.py", status=Status.IGNORED)


def hostile(text: str, number: int = 1) -> Finding:
    """A finding all of whose text somebody else wrote."""
    operation = replace(UPDATE, span=Span(2, 3, 2, 9), tables=(text, "leads"), model=text, text=text, via=text)
    operation = replace(operation, migration=text)
    return Finding(
        code="MG101",
        name="update-in-migration",
        severity=Severity.MEDIUM,
        path=f"evil/{text}.py",
        span=Span(number, 3, number, 9),
        message=f"UPDATE of {text} runs inside the migration",
        help=f"Move {text} into a backfill.",
        migration=text,
        operation=operation,
        fingerprint="1:0",
    )


EVIL = hostile(HOSTILE)
REPORT = Report(
    findings=(OLD, IGNORED, HIGH, WHOLE, MEDIUM, AGAIN, EVIL),
    problems=(
        Problem("crm/migrations/43.py", 3, "invalid syntax"),
        Problem("crm/b", None, "permission denied"),
        Problem(EVIL.path, 1, f"unexpected {HOSTILE}"),
    ),
    files=9,
    excluded=1,
    failing=4,
    sources={HIGH.path: UPDATED, EVIL.path: f"# {HOSTILE}\n" * 3},
)
CLEAN = Report((), (), 12, 0, 0, {})


def outputs() -> dict[str, str]:
    """Say the report in every way, by the name of the golden file."""
    said = {name: formats.load(name).render(REPORT, Screen()) for name in formats.names()}
    said |= {
        f"{name}-all": formats.load(name).render(REPORT, Screen(grandfathered=True))
        for name in formats.names()
        if not name.startswith("json")
    }
    said["statistics"] = statistics.render(REPORT, Screen())
    said |= {f"terminal-{width}": _in_a_terminal(width) for width in (80, 120)}
    return {name: _steady(name, text) for name, text in said.items()}


def _in_a_terminal(width: int) -> str:
    """What somebody sees in a terminal of sixteen colours; escapes are written out."""
    stated = {"COLUMNS": str(width), "FORCE_COLOR": "1", "TERM": "xterm"}
    with patch.dict(os.environ, stated):
        for name in ("NO_COLOR", "COLORTERM"):
            os.environ.pop(name, None)
        return formats.load("full").render(REPORT, Screen(terminal=True)).replace("\x1b", "\\e")


def _steady(name: str, text: str) -> str:
    """Take out what changes with every release, and the rules' pages, which have tests of their own."""
    text = text.replace(f'"{__version__}"', '"VERSION"')
    if not name.startswith("sarif"):
        return text
    log = json.loads(text)
    log["runs"][0]["tool"]["driver"]["rules"] = []
    return f"{json.dumps(log, indent=2)}\n"


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name, text in outputs().items():
        (GOLDEN / f"{name}.txt").write_text(text, encoding="utf-8", newline="\n")
