"""Reading and judging one source in this process: the real reader and the real rules, without processes and files."""

from __future__ import annotations

from pathlib import Path

from migration_guard.findings import Finding, Severity
from migration_guard.judge import SMALL, Law, Severities, TablePatterns, judge
from migration_guard.operations import Job
from migration_guard.reading.migration import read
from migration_guard.rules import all_rules, select

MARKER = r"# Migration (\d+[a-z]?):"
_RULES = all_rules()
LAW = Law(
    select(_RULES, chosen=("ALL",), ignored=(), per_file=()),
    Severities(TablePatterns.of(()), TablePatterns.of(SMALL), frozenset(), dict[str, Severity]()),
)


def findings(
    source: str, framework: str = "alembic", *, folder: Path | None = None, shown: str = "versions/a.py"
) -> tuple[Finding, ...]:
    """Judge a migration that lies in a folder, or nowhere."""
    root = folder or Path("/nowhere")
    job = Job(str(root / shown), shown, str(root), framework, migration_marker=MARKER)
    reading = read(job, source.encode())
    assert not reading.problems, reading.problems
    judged = judge(reading.operations, LAW, shown=shown, inside=shown)
    assert not judged.problems, judged.problems
    return tuple(sorted(judged.findings, key=lambda finding: finding.sort_key))
