"""A comment for a pull request: the verdict, the points as a table, the evidence folded away."""

from __future__ import annotations

from collections.abc import Iterator

from migration_guard.operations import Problem
from migration_guard.report.markdown import code, text
from migration_guard.verify.formats.full import mark, standing
from migration_guard.verify.verdict import Evidence, Fix, Outcome, Point, Verification


def render(verification: Verification) -> str:
    """Give the comment."""
    reserve = [text(verification.reserve), ""] if verification.reserve else []
    lines = [
        f"### migration-guard verify: {verification.verdict}",
        "",
        *reserve,
        "| point | | outcome |",
        "|---|---|---|",
    ]
    lines += [f"| {point.number} | {point.title} | {standing(point)} |" for point in verification.points]
    for point in verification.points:
        lines += ["", *_details(point)]
    required = [_remedy(one) for one in verification.remedies]
    if required:
        lines += ["", "**What to do**", "", *dict.fromkeys(required)]
    for fix in verification.fixes:
        lines += ["", *_fix(fix)]
    lines += ["", *(f"- not judged: {_problem(problem)}" for problem in verification.left_out)]
    return "\n".join(lines).rstrip() + "\n"


def _details(point: Point) -> Iterator[str]:
    yield f"<details><summary>{point.number}. {point.title}: {standing(point)}</summary>"
    yield ""
    yield "| | what | found | required | where |"
    yield "|---|---|---|---|---|"
    yield from (_row(one) for one in point.evidence)
    yield from (f"| NOT JUDGED | {text(problem.message)} | | | {code(_place(problem))} |" for problem in point.unjudged)
    yield ""
    yield "</details>"


def _row(one: Evidence) -> str:
    rule = f" ({one.code})" if one.code else ""
    where = code(one.where) if one.where else ""
    return f"| {mark(one)} | {text(one.what)}{rule} | {text(one.found)} | {text(one.required)} | {where} |"


def _remedy(one: Evidence) -> str:
    label = "critical" if one.outcome is Outcome.FAIL else "recommended"
    where = f"{code(one.where)}: " if one.where else ""
    return f"- {label}: {where}{text(f'{one.what}. {one.help}'.strip())}"


def _fix(fix: Fix) -> Iterator[str]:
    """Lines as code, one by one: a fence could be closed from inside."""
    yield f"{code(f'{fix.path}:{fix.line}')}, {'required' if fix.required else 'recommended'}"
    yield ""
    yield "| before | after |"
    yield "|---|---|"
    for index in range(max(len(fix.before), len(fix.after))):
        cells = (lines[index] if index < len(lines) else None for lines in (fix.before, fix.after))
        yield f"| {' | '.join(code(cell) if cell is not None else '' for cell in cells)} |"


def _problem(problem: Problem) -> str:
    return f"{code(_place(problem))}: {text(problem.message)}"


def _place(problem: Problem) -> str:
    return problem.path if problem.line is None else f"{problem.path}:{problem.line}"
