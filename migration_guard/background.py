"""Gathers what a page for people shows beside the findings."""

from __future__ import annotations

from migration_guard.burn_down import points
from migration_guard.config import Settings
from migration_guard.config.tables import MeasuredTable
from migration_guard.filing import path_of
from migration_guard.findings import Finding
from migration_guard.git import GitError
from migration_guard.judge.severity import Severities
from migration_guard.judge.tables import Measured, written
from migration_guard.report.background import Background, Point


def background(
    findings: tuple[Finding, ...], settings: Settings, severities: Severities, *, history: bool
) -> Background:
    """Gather it for the configuration of the working directory; the baseline's history where that is wanted."""
    unknown, past = None, tuple[Point, ...]()
    try:
        past = tuple(points(path_of(settings), severities.of_table)) if history else ()
    except GitError as error:
        unknown = str(error)
    tables = _measured(findings, Measured.of(settings.measured)) if settings.measured else None
    return Background(past, unknown, settings.baseline_goals, tables)


def _measured(findings: tuple[Finding, ...], measured: Measured) -> dict[str, MeasuredTable]:
    found: dict[str, MeasuredTable] = {}
    for finding in findings:
        operation = finding.operation
        if operation is not None:
            for name, names in zip(operation.tables, written(operation)):
                table = measured.find(names)
                if table is not None:
                    found[name] = table
    return found
