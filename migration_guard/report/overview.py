"""A first run over an old repository: how much there is, where, and what is worst."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath

from rich.table import Table

from migration_guard.findings import Finding
from migration_guard.report.console import plain
from migration_guard.report.model import Report
from migration_guard.report.sanitise import breakable

MOST_FOLDERS = 40


def overview(report: Report) -> Table:
    """Count the new findings by folder, which is where an app keeps its migrations, and by rule."""
    counts = Counter((_folder(finding), finding.code) for finding in report.new)
    by_folder = Counter(_folder(finding) for finding in report.new).most_common()
    codes = sorted({code for _, code in counts})
    table = Table(
        title=plain(f"{len(report.new)} findings, none grandfathered yet"),
        box=None,
        pad_edge=False,
        title_justify="left",
    )
    table.add_column(plain("folder"), overflow="fold")
    for code in (*codes, "all"):
        table.add_column(plain(code), justify="right", no_wrap=True)
    for folder, total in by_folder[:MOST_FOLDERS]:
        row = [str(counts[folder, code] or ".") for code in codes]
        table.add_row(*(plain(cell) for cell in (breakable(folder), *row, str(total))))
    if len(by_folder) > MOST_FOLDERS:
        rest = by_folder[MOST_FOLDERS:]
        table.add_row(plain(f"{len(rest)} more"), *(plain("") for _ in codes), plain(str(sum(n for _, n in rest))))
    return table


def _folder(finding: Finding) -> str:
    return PurePosixPath(finding.path).parent.as_posix()
