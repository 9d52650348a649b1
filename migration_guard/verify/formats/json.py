"""JSON, version 1: a contract with other programs, and therefore with types of its own."""

from __future__ import annotations

import json
from typing import TypedDict

from migration_guard import __version__
from migration_guard.operations import Problem
from migration_guard.report.sanitise import data
from migration_guard.verify.formats.full import standing
from migration_guard.verify.verdict import Evidence, Fix, Point, Verification

VERSION = 1


class ToolEntry(TypedDict):
    """Who verified."""

    name: str
    version: str


class EvidenceEntry(TypedDict):
    """One thing that was looked at."""

    outcome: str
    remark: bool
    what: str
    found: str
    required: str
    path: str | None
    line: int | None
    code: str | None
    help: str


class ProblemEntry(TypedDict):
    """What could not be judged."""

    path: str
    line: int | None
    message: str


class PointEntry(TypedDict):
    """One of the six; its outcome is PASS, PARTIAL, FAIL or NOT JUDGED."""

    number: int
    title: str
    outcome: str
    evidence: list[EvidenceEntry]
    not_judged: list[ProblemEntry]


class FixEntry(TypedDict):
    """Lines of a file before and after."""

    path: str
    line: int
    required: bool
    before: list[str]
    after: list[str]


class Document(TypedDict):
    """The whole verification; its verdict is GO, NO-GO or NOT JUDGED."""

    version: int
    tool: ToolEntry
    verdict: str
    strict: bool
    points: list[PointEntry]
    fixes: list[FixEntry]
    not_judged: list[ProblemEntry]


def render(verification: Verification) -> str:
    """Give the document; as it is pure ASCII, nothing in it can act on a terminal."""
    document = Document(
        version=VERSION,
        tool=ToolEntry(name="migration-guard", version=__version__),
        verdict=verification.verdict,
        strict=verification.strict,
        points=[_point(point) for point in verification.points],
        fixes=[_fix(fix) for fix in verification.fixes],
        not_judged=[_problem(problem) for problem in verification.left_out],
    )
    return json.dumps(document, indent=2).replace("\x7f", "\\u007f") + "\n"


def _point(point: Point) -> PointEntry:
    return PointEntry(
        number=point.number,
        title=point.title,
        outcome=standing(point),
        evidence=[_evidence(one) for one in point.evidence],
        not_judged=[_problem(problem) for problem in point.unjudged],
    )


def _evidence(one: Evidence) -> EvidenceEntry:
    return EvidenceEntry(
        outcome=one.outcome.value,
        remark=one.remark,
        what=data(one.what),
        found=data(one.found),
        required=data(one.required),
        path=None if one.path is None else data(one.path),
        line=one.line,
        code=one.code,
        help=data(one.help),
    )


def _fix(fix: Fix) -> FixEntry:
    before, after = ([data(line) for line in lines] for lines in (fix.before, fix.after))
    return FixEntry(path=data(fix.path), line=fix.line, required=fix.required, before=before, after=after)


def _problem(problem: Problem) -> ProblemEntry:
    return ProblemEntry(path=data(problem.path), line=problem.line, message=data(problem.message))
