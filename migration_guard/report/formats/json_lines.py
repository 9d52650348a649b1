"""JSON, one object a line, for programs that read while it is written. The last line counts: without it, some is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from migration_guard.report.formats.json import document, encoded
from migration_guard.report.model import Report
from migration_guard.report.screen import Screen


def render(report: Report, screen: Screen) -> str:  # noqa: ARG001 -- every format has this signature
    """Give the entries of the JSON report, each with its type, and its counts last."""
    return "".join(f"{encoded(line)}\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[Mapping[str, object]]:
    whole = document(report)
    yield from ({"type": "finding", **finding} for finding in whole["findings"])
    yield from ({"type": "problem", **problem} for problem in whole["problems"])
    yield from ({"type": "unread", **unread} for unread in whole["unread"])
    yield {"type": "summary", "version": whole["version"], "tool": whole["tool"], **whole["summary"]}
