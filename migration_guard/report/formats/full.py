"""Everything about each finding: the statement in its source, its table, why it is dangerous, what to do instead."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator

from rich.style import Style
from rich.text import Text

from migration_guard.findings import Finding, Severity, Status
from migration_guard.operations import Direction, OperationKind, Problem
from migration_guard.report.console import plain, recorded
from migration_guard.report.frame import frame
from migration_guard.report.model import Report
from migration_guard.report.overview import OVERVIEW_FROM, WORST, overview, worst
from migration_guard.report.pages import page_of
from migration_guard.report.sanitise import one_line
from migration_guard.report.screen import Screen
from migration_guard.report.summary import summary
from migration_guard.rules import all_rules, read_page

STYLES = {Severity.HIGH: "bold red", Severity.MEDIUM: "yellow", Severity.LOW: "cyan"}
MARGIN = 100
_MOVABLE = frozenset({OperationKind.UPDATE, OperationKind.INSERT_SELECT, OperationKind.DELETE})
_SENTENCE = re.compile(r"(?<=\.)\s+(?=[A-Z])")
GRANDFATHER = "Grandfather what is there, so that only new findings fail: migration-guard baseline"


def render(report: Report, screen: Screen) -> str:
    """Give every finding in full; a first run with many gets an overview and the worst of them."""
    console = recorded(screen)
    width = min(console.width, MARGIN)
    crowded = report.first_run and len(report.new) > OVERVIEW_FROM
    with console.capture() as capture:
        if crowded:
            console.print(overview(report))
            console.print(plain(f"\nThe {WORST} worst in full:\n"))
        for finding in worst(report) if crowded else report.shown(grandfathered=screen.grandfathered):
            for line in _finding(finding, report.sources.get(finding.path), width):
                console.print(line)
            console.print()
        for problem in report.problems:
            console.print(_problem(problem))
        if crowded:
            console.print(plain(f"\n{GRANDFATHER}"))
            console.print(plain("See each finding: migration-guard check --output-format concise"))
        if not screen.quiet:
            console.print(plain(summary(report)))
    return capture.get()


def _finding(finding: Finding, source: str | None, width: int) -> Iterator[Text]:
    style = STYLES[finding.severity]
    filed = "" if finding.status is Status.NEW else f", {finding.status.value}"
    url = page_of(finding.code, finding.name)
    yield Text.assemble(
        (f"{finding.code} {finding.name}", Style.parse(style) + Style(link=url)),
        (f" [{finding.severity.value}{filed}]", style),
        (f" {one_line(finding.message)}", "bold"),
    )
    where = f"  --> {finding.path}:{finding.span.line}:{finding.span.column}"
    migration = f" (migration {finding.migration})" if finding.migration else ""
    yield plain(one_line(where + migration), "blue")
    if source is not None:
        yield from (plain(f"  {line}") for line in frame(source, finding.span))
    yield from _fields(finding, width)


def _fields(finding: Finding, width: int) -> Iterator[Text]:
    operation = finding.operation
    if operation is not None and operation.kind is not OperationKind.MARKER:
        model = f", model {operation.model}" if operation.model and operation.tables else ""
        tables = ", ".join(operation.tables) or operation.target
        created = ", created by this migration" if operation.created_here else ""
        what = f"{operation.kind.value}, {operation.direction.value}"
        yield from _field("table", f"{tables}{model}{created} ({what})", width)
        if operation.via:
            yield from _field("stands in", operation.via, width)
    yield from _field("why", _why(finding.code), width)
    yield from _field("do", finding.help, width)
    if finding.status is Status.NEW and _may_move(finding):
        place = shlex.quote(f"{finding.path}:{finding.span.line}")
        yield from _field("move", f"migration-guard move {place}", width)


def _may_move(finding: Finding) -> bool:
    """Whether `migration-guard move` is worth a try: it takes these out of Python, and says what it cannot do."""
    operation = finding.operation
    return (
        operation is not None
        and finding.code.startswith("MG1")
        and operation.kind in _MOVABLE
        and operation.direction is not Direction.DOWNGRADE
        and finding.path.endswith(".py")
    )


def _field(name: str, text: str, width: int) -> Iterator[Text]:
    """Wrap a field under its name."""
    label = f"  = {name}: "
    lines = textwrap.wrap(one_line(text), max(width - len(label), 30), break_on_hyphens=False, break_long_words=False)
    for number, line in enumerate(lines):
        yield Text(label if number == 0 else " " * len(label), style="dim").append(line, style="not dim")


def _why(code: str) -> str:
    """Say the first sentence of the rule's reasons; `migration-guard rule` says all of them."""
    why = next((read_page(rule.page).why for rule in all_rules() if rule.code == code), "")
    return " ".join(_SENTENCE.split(why, maxsplit=1)[0].split())


def _problem(problem: Problem) -> Text:
    where = problem.path if problem.line is None else f"{problem.path}:{problem.line}"
    return Text("could not be checked: ", style="bold magenta").append(one_line(f"{where}: {problem.message}"), "bold")
