"""Each place with its statement, all that is wrong there and what to do about it; what was said is not said again."""

from __future__ import annotations

import shlex
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from migration_guard.findings import Finding, Severity, Status
from migration_guard.later import re
from migration_guard.lean import dataclass
from migration_guard.operations import Direction, Operation, OperationKind, Problem
from migration_guard.report.crowd import OVERVIEW_FROM, worst
from migration_guard.report.frame import frame, lines_of
from migration_guard.report.lines import Line, Piece, line, takes_colour, width_of, without_colours
from migration_guard.report.model import Report, by_urgency, may_move, places, to_mend
from migration_guard.report.pages import page_of
from migration_guard.report.sanitise import one_line
from migration_guard.report.screen import Screen
from migration_guard.report.summary import summary

STYLES = {Severity.HIGH: "bold red", Severity.MEDIUM: "bold magenta", Severity.LOW: "bold"}
"""Colours that can be read on black and on white; the severity is said in words beside them."""
MARGIN = 100
MOST_UNTRIED = 3
"""Places whose data change may be moved that are named at the end."""
_NOQA = re.compile(r"#\s*noqa\b", re.IGNORECASE)
NOQA = "`# noqa` is for other linters; a statement that is meant says: # migration-guard: ignore[NAME] -- why"
GRANDFATHER = "Grandfather what is there, so that only new findings fail: migration-guard baseline"


def render(report: Report, screen: Screen) -> str:
    """Give every place in full; a first run with many findings gets an overview and the worst of them."""
    crowded = report.first_run and len(report.new) > OVERVIEW_FROM
    if not crowded and not takes_colour(screen):
        return without_colours(_lines(report, screen, min(width_of(screen), MARGIN), crowded=False))
    from migration_guard.report.coloured import render as coloured  # noqa: PLC0415 -- loads rich

    def lines(width: int) -> Iterator[Line]:
        return _lines(report, screen, min(width, MARGIN), crowded=crowded)

    return coloured(lines, screen, report if crowded else None)


def _lines(report: Report, screen: Screen, width: int, *, crowded: bool) -> Iterator[Line]:
    shown = places(worst(report) if crowded else report.shown(grandfathered=screen.grandfathered))
    page = _Page(report, width, Counter((one.path, one.span.line) for one, *_ in shown))
    for findings in shown:
        yield from page.block(findings)
        yield line()
    for problem in report.problems:
        yield _problem(problem)
    if not screen.quiet:
        yield line(summary(report))
        for command in _next(report, page.untried, crowded=crowded):
            yield line(command)


def _next(report: Report, untried: Sequence[str], *, crowded: bool) -> Iterator[str]:
    """Say which commands come next."""
    if crowded:
        yield "See each finding: migration-guard check --output-format concise"
    if report.new:
        yield f"Why, with an example: migration-guard rule {by_urgency(report.new)[0].code}"
        if untried:
            more = f" and {len(untried) - MOST_UNTRIED} more" if len(untried) > MOST_UNTRIED else ""
            yield one_line(f"Others to try `migration-guard move` on: {' '.join(untried[:MOST_UNTRIED])}{more}")
        if report.first_run:
            yield GRANDFATHER


@dataclass(frozen=True, slots=True)
class _Page:
    """What was said so far: a rule's advice stands where the rule is met first, and no words are said twice."""

    report: Report
    width: int
    in_line: Mapping[tuple[str, int], int]
    """How many places begin in a line of a file."""
    said: set[str] = field(default_factory=set)
    untried: list[str] = field(default_factory=list)
    """Places that may be moved, beside the one that has its command."""

    def block(self, findings: list[Finding]) -> Iterator[Line]:
        """Say one place: its findings, the statement, and what to do."""
        first = findings[0]
        for finding in findings:
            yield _heading(finding)
        migration = f" (migration {first.migration})" if first.migration else ""
        yield line(one_line(f"  --> {first.path}:{first.span.line}:{first.span.column}{migration}"))
        source = self.report.sources.get(first.path)
        if source is not None:
            several = self.in_line[first.path, first.span.line] > 1
            yield from (line(f"  {one}") for one in frame(source, first.span, underlined=several))
        for operation in dict.fromkeys(finding.operation for finding in findings):
            yield from self._operation(operation)
        if source is not None and _NOQA.search("\n".join(lines_of(source)[first.span.line - 1 : first.span.end_line])):
            yield from self._field("note", NOQA)
        for finding in to_mend(findings):
            yield from self._advice(finding)
        if any(map(may_move, findings)):
            place = shlex.quote(f"{first.path}:{first.span.line}")
            if self._is_new("move"):
                yield from self._field("try", f"migration-guard move {place}")
            else:
                self.untried.append(place)

    def _advice(self, finding: Finding) -> Iterator[Line]:
        """Say a rule's advice, in these words; what it begins with, up to a colon, is left out where it was said."""
        if self._is_new(f"{finding.code} {finding.help}"):
            lead, colon, rest = finding.help.partition(": ")
            known = colon and not self._is_new(lead)
            yield from self._field("do", f"{rest[:1].upper()}{rest[1:]}" if known else finding.help)

    def _is_new(self, words: str) -> bool:
        fresh = words not in self.said
        self.said.add(words)
        return fresh

    def _operation(self, operation: Operation | None) -> Iterator[Line]:
        if operation is None or operation.kind is OperationKind.MARKER:
            return
        told = [f"model {operation.model}"] if operation.model and operation.tables else []
        told += ["created by this migration"] if operation.created_here else []
        told += [] if operation.direction is Direction.UPGRADE else [f"on {operation.direction.value}"]
        if told or len(operation.tables) > 1:
            yield from self._field("table", ", ".join([*operation.tables, *told]))
        if operation.via:
            yield from self._field("stands in", operation.via)

    def _field(self, name: str, text: str) -> Iterator[Line]:
        """Wrap a field under its name."""
        label = f"  = {name}: "
        width = max(self.width - len(label), 30)
        lines = textwrap.wrap(one_line(text), width, break_on_hyphens=False, break_long_words=False)
        for number, one in enumerate(lines):
            yield (Piece(label if number == 0 else " " * len(label), "dim"), Piece(one, "not dim"))


def _heading(finding: Finding) -> Line:
    style = STYLES[finding.severity]
    filed = "" if finding.status is Status.NEW else f", {finding.status.value}"
    return (
        Piece(f"{finding.code} {finding.name}", style, page_of(finding.name)),
        Piece(f" [{finding.severity.value}{filed}]", style),
        Piece(f" {one_line(finding.message)}", "bold"),
    )


def _problem(problem: Problem) -> Line:
    where = problem.path if problem.line is None else f"{problem.path}:{problem.line}"
    return (Piece("could not be checked: ", "bold red"), Piece(one_line(f"{where}: {problem.message}"), "bold"))
