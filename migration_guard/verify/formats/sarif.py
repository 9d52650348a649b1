"""SARIF 2.1.0, as the linter writes it: what speaks against a point are findings, what is not judged is told apart."""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.findings import Finding, Severity
from migration_guard.judge import fingerprint
from migration_guard.operations import Span
from migration_guard.report.formats import sarif
from migration_guard.report.model import Report
from migration_guard.report.screen import Screen
from migration_guard.verify.verdict import Evidence, Outcome, Verification

_SEVERITIES = {Outcome.FAIL: Severity.HIGH, Outcome.PARTIAL: Severity.MEDIUM, Outcome.PASS: Severity.LOW}


def render(verification: Verification) -> str:
    """Give the log of the evidence against the points, remarks included."""
    findings = tuple(dict.fromkeys(_findings(verification)))
    report = Report(
        findings=tuple(sorted(findings, key=lambda finding: finding.sort_key)),
        problems=verification.unjudged,
        files=0,
        excluded=0,
        failing=0,
        sources={},
    )
    return sarif.render(report, Screen())


def _findings(verification: Verification) -> Iterator[Finding]:
    for point in verification.points:
        for one in point.evidence:
            if one.outcome is not Outcome.PASS or one.remark:
                yield _finding(one, point.number)


def _finding(one: Evidence, number: int) -> Finding:
    line = one.line or 1
    code = one.code or f"verify-{number}"
    message = f"{one.what} (found: {one.found}; required: {one.required})"
    return Finding(
        code=code,
        name=code,
        severity=_SEVERITIES[one.outcome],
        path=one.path or ".",
        span=Span(line, 1, line, 1),
        message=message,
        help=one.help or f"Required: {one.required}.",
        migration=None,
        operation=None,
        fingerprint=fingerprint(code, None, one.what),
    )
