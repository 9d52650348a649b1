"""JSON, version 1: the values of the contract."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from json.encoder import encode_basestring_ascii as _quoted
from typing import Any, TypedDict

from migration_guard import __version__
from migration_guard.findings import Status
from migration_guard.report import contract
from migration_guard.report.model import Report
from migration_guard.report.sanitise import COMMAND_ANYWHERE
from migration_guard.report.screen import Screen


class ToolEntry(TypedDict):
    """Who wrote the report."""

    name: str
    version: str


class SummaryEntry(TypedDict):
    """The counts."""

    files: int
    new: int
    grandfathered: int
    ignored: int
    problems: int


class Document(TypedDict):
    """The whole report."""

    version: int
    tool: ToolEntry
    summary: SummaryEntry
    findings: Iterator[dict[str, Any]]
    """Each as `contract.Finding` says, made when it is written: all at once they would take many times the report's room."""
    problems: Iterator[dict[str, Any]]
    unread: Iterator[dict[str, Any]]


def render(report: Report, screen: Screen) -> str:  # noqa: ARG001 -- every format has this signature
    """Give the document."""
    return encoded(document(report), indent=2) + "\n"


def encoded(value: object, indent: int | None = None) -> str:
    """Give pure ASCII, so that nothing can act on a terminal; nor is there a `##[`, which a CI runner would obey."""
    text = json.dumps(value) if indent is None else _indented(value, "\n", " " * indent)
    return COMMAND_ANYWHERE.sub(r"\\u0023", text.replace("\x7f", "\\u007f"))


def _indented(value: object, line: str, step: str) -> str:
    """Give what `json.dumps` does with `indent`, of iterators too: that holds millions of pieces before it joins them."""
    inner = line + step
    match value:
        case str():
            return _quoted(value)
        case dict():
            items = [f"{_quoted(key)}: {_indented(one, inner, step)}" for key, one in value.items()]
            return f"{{{inner}{f',{inner}'.join(items)}{line}}}" if items else "{}"
        case list() | tuple() | Iterator():
            items = [_indented(one, inner, step) for one in value]
            return f"[{inner}{f',{inner}'.join(items)}{line}]" if items else "[]"
    return json.dumps(value)


def document(report: Report) -> Document:
    """Turn a report into the types of the contract."""
    return Document(
        version=contract.VERSION,
        tool=ToolEntry(name="migration-guard", version=__version__),
        summary=SummaryEntry(
            files=report.files,
            new=report.count(Status.NEW),
            grandfathered=report.count(Status.GRANDFATHERED),
            ignored=report.count(Status.IGNORED),
            problems=len(report.problems),
        ),
        findings=(asdict(contract.finding_of(one)) for one in report.findings),
        problems=(asdict(contract.problem_of(one)) for one in report.problems),
        unread=(asdict(contract.unread_of(one)) for one in report.unread),
    )
