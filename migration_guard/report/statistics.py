"""How many findings there are: by rule and by table, each with its severities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from rich.table import Table

from migration_guard.findings import Finding, Severity
from migration_guard.report.console import plain, recorded
from migration_guard.report.formats.concise import problem_line
from migration_guard.report.model import Report
from migration_guard.report.sanitise import breakable
from migration_guard.report.screen import Screen
from migration_guard.report.summary import summary

LEVELS = tuple(reversed(Severity))
NO_TABLE = "(no table of its own)"


def render(report: Report, screen: Screen) -> str:
    """Give both tables in place of the findings; problems are still said one by one."""
    console = recorded(screen)
    findings = report.shown(grandfathered=screen.grandfathered)
    with console.capture() as capture:
        if findings:
            console.print(_table("rule", _counts(findings, _rule), len(findings)))
            console.print()
            console.print(_table("table", _counts(findings, _tables), None))
            console.print()
        for problem in report.problems:
            console.print(plain(problem_line(problem)))
        if not screen.quiet:
            console.print(plain(summary(report)))
            if report.remembered is not None:
                console.print(plain(f"{report.remembered} of {report.files} were read by earlier runs (cache)."))
    return capture.get()


def _counts(findings: Iterable[Finding], groups: Callable[[Finding], Iterable[str]]) -> dict[str, Counter[Severity]]:
    counts: dict[str, Counter[Severity]] = {}
    for finding in findings:
        for group in groups(finding):
            counts.setdefault(group, Counter())[finding.severity] += 1
    return counts


def _rule(finding: Finding) -> Iterator[str]:
    yield f"{finding.code} {finding.name}"


def _tables(finding: Finding) -> Iterator[str]:
    """A finding counts for every table that it writes, once for each; so this column has no sum."""
    if finding.operation is None:
        yield NO_TABLE
    else:
        yield from dict.fromkeys(finding.operation.tables or (finding.operation.target,))


def _table(name: str, counts: dict[str, Counter[Severity]], whole: int | None) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(plain(name), overflow="fold")
    for level in (*(level.value for level in LEVELS), "all"):
        table.add_column(plain(level), justify="right", no_wrap=True)
    for group, levels in sorted(counts.items(), key=lambda item: (-item[1].total(), item[0])):
        _row(table, group, levels)
    if whole is not None:
        _row(table, "all", sum(counts.values(), Counter()))
    return table


def _row(table: Table, group: str, levels: Counter[Severity]) -> None:
    cells = (*(str(levels[level] or ".") for level in LEVELS), str(levels.total()))
    table.add_row(*(plain(cell) for cell in (breakable(group), *cells)))
