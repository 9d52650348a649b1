"""What is found, as an editor shows it: diagnostics, and what stands in a hover."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lsprotocol import types
from pygls.workspace import PositionCodec

from migration_guard.findings import Finding, Severity
from migration_guard.operations import Problem, Span
from migration_guard.pipeline import severities_of
from migration_guard.report import markdown
from migration_guard.report.model import places, to_mend
from migration_guard.report.pages import page_here
from migration_guard.report.sanitise import one_line
from migration_guard.rules import all_rules, read_page
from migration_guard.rules._page import without_marks
from migration_guard.server.judging import Verdict

SOURCE = "migration-guard"
LEVELS = {
    Severity.HIGH: types.DiagnosticSeverity.Error,
    Severity.MEDIUM: types.DiagnosticSeverity.Warning,
    Severity.LOW: types.DiagnosticSeverity.Information,
}


def diagnostics(verdict: Verdict, codec: PositionCodec) -> list[types.Diagnostic]:
    """Give all that is said of a document; what could not be checked is an error, wherever it is."""
    lines = verdict.document.lines
    names = verdict.names
    found = [_problem(one, lines, here=one.path in names, ran=verdict.run is not None) for one in verdict.problems]
    return [*found, *(diagnostic(one, lines, codec) for one in verdict.findings)]


def diagnostic(finding: Finding, lines: list[str], codec: PositionCodec) -> types.Diagnostic:
    url = page_here(finding.name)
    return types.Diagnostic(
        range=place_of(finding.span, lines, codec),
        message=one_line(f"{finding.message}. {finding.help}"),
        severity=LEVELS[finding.severity],
        code=finding.code,
        code_description=types.CodeDescription(href=url) if url else None,
        source=SOURCE,
        data=finding.fingerprint,
    )


def place_of(span: Span, lines: list[str], codec: PositionCodec) -> types.Range:
    """Give a place as the editor counts: lines from 0, columns in its own units."""
    start = types.Position(max(span.line - 1, 0), max(span.column - 1, 0))
    end = types.Position(max(span.end_line - 1, 0), max(span.end_column - 1, 0))
    return codec.range_to_client_units([*lines, ""], types.Range(start, end))


def _problem(problem: Problem, lines: list[str], *, here: bool, ran: bool) -> types.Diagnostic:
    line = min((problem.line or 1) - 1, len(lines)) if here else 0
    where = "" if here or not ran else f"{problem.path}{f':{problem.line}' if problem.line else ''}: "
    length = len(lines[line].rstrip("\r\n")) if line < len(lines) else 0
    return unchecked(f"{where}{problem.message}", line, length)


def unchecked(reason: str, line: int = 0, length: int = 0) -> types.Diagnostic:
    """Say that something could not be checked."""
    return types.Diagnostic(
        range=types.Range(types.Position(line, 0), types.Position(line, length)),
        message=one_line(f"Could not be checked: {reason}"),
        severity=types.DiagnosticSeverity.Error,
        source=SOURCE,
    )


def at(verdict: Verdict, line: int) -> list[Finding]:
    """Give the findings of the statements that hold a line, which counts from 0."""
    return [one for one in verdict.findings if one.span.line - 1 <= line <= max(one.span.end_line, one.span.line) - 1]


def hover(verdict: Verdict, line: int) -> str | None:
    """Say why, how hot the tables are, and what to do instead; None where nothing is found."""
    said = [_place(place, verdict) for place in places(at(verdict, line))]
    return "\n\n---\n\n".join(said) or None


def _place(place: list[Finding], verdict: Verdict) -> str:
    parts = [f"**{one.code} {one.name}** ({one.severity.value}): {markdown.text(one.message)}." for one in place]
    parts += [markdown.text(one.help) for one in to_mend(place)]
    parts += [f"`{table}`" for table in _heat(place, verdict)]
    first = place[0]
    rule = next(rule for rule in all_rules() if rule.code == first.code)
    parts.append(read_page(without_marks(rule.page)).why)
    url = page_here(first.name)
    parts.append(f"[{first.name}]({url})" if url else f"The whole page: `migration-guard rule {first.name}`")
    return "\n\n".join(parts)


def _heat(place: Iterable[Finding], verdict: Verdict) -> Iterator[str]:
    """Say how large and how busy the written tables are, as their database counted."""
    if verdict.run is None:
        return
    settings = {one.candidate.shown: one.candidate.settings for one in verdict.run.checked}
    told = set[str]()
    for one in place:
        if one.operation is not None and one.path in settings:
            words = severities_of(settings[one.path]).measured.words(one.operation)
            if words and words not in told:
                told.add(words)
                yield words
