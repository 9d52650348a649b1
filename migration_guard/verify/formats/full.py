"""For people: the points with their evidence, the summary, the fixes, the verdict."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from rich.text import Text

from migration_guard.operations import Problem
from migration_guard.report.console import plain, recorded
from migration_guard.report.sanitise import one_line
from migration_guard.report.screen import Screen
from migration_guard.verify.verdict import Evidence, Fix, Outcome, Point, Verification

STYLES = {"PASS": "green", "PARTIAL": "yellow", "FAIL": "bold red", "NOTE": "cyan", "NOT JUDGED": "bold magenta"}
_WIDTH = 100
_MOST = 12
"""Pieces of evidence of one outcome that a point shows, and remedies that the summary does: two screens hold what matters."""


def render(verification: Verification) -> str:
    """Give the whole page."""
    console = recorded(Screen(terminal=True))
    with console.capture() as capture:
        for line in _lines(verification):
            console.print(line)
    return capture.get()


def _lines(verification: Verification) -> Iterator[Text]:
    for point in verification.points:
        yield from _point(point)
        yield plain("")
    yield from _summary(verification)
    required = [fix for fix in verification.fixes if fix.required]
    recommended = [fix for fix in verification.fixes if not fix.required]
    for title, fixes in (("Fixes required", required), ("Fixes recommended", recommended)):
        if fixes:
            yield plain(title, "bold")
            for fix in fixes:
                yield from _fix(fix)
            yield plain("")
    for problem in verification.left_out:
        yield plain(f"not judged: {_place(problem)}: {one_line(problem.message)}", "dim")
    last = Text("Verdict: ", style="bold").append(verification.verdict, _style(verification.verdict))
    yield last.append(f" ({one_line(verification.reserve)})", "not bold") if verification.reserve else last


def _point(point: Point) -> Iterator[Text]:
    status = standing(point)
    yield Text(f"{point.number}. {point.title}: ", style="bold").append(status, STYLES[status])
    for label in dict.fromkeys(map(mark, point.evidence)):
        alike = [one for one in point.evidence if mark(one) == label]
        for one in alike[:_MOST]:
            yield from _evidence(one)
        if len(alike) > _MOST:
            yield plain(
                f"          and {len(alike) - _MOST:,} more of {label}: --output-format json has them all", "dim"
            )
    for problem in point.unjudged:
        where = f"{_place(problem)}: {problem.message}"
        yield Text("  NOT JUDGED ", style=STYLES["NOT JUDGED"]).append(one_line(where), "not bold")


def standing(point: Point) -> str:
    """How a point stands; where something is left open and nothing fails, it is not judged."""
    return point.outcome.value if point.judged else "NOT JUDGED"


def _evidence(one: Evidence) -> Iterator[Text]:
    label = mark(one)
    line = Text(f"  {label:<7} ", style=STYLES[label]).append(one_line(one.what), "not bold")
    if one.code is not None:
        line.append(f" [{one.code}]", "dim")
    yield line
    measure = f"found: {one.found}; required: {one.required}"
    where = f" ({one.where})" if one.where else ""
    yield plain(f"          {one_line(measure + where)}", "dim")


def mark(one: Evidence) -> str:
    """The word in front of a piece of evidence."""
    return "NOTE" if one.remark else one.outcome.value


def _summary(verification: Verification) -> Iterator[Text]:
    yield plain("Summary", "bold")
    for point in verification.points:
        status = standing(point)
        yield Text(f"  {status:<10} ", style=STYLES[status]).append(f"{point.number}. {point.title}", "not bold")
    remedies: dict[tuple[str, str], Evidence] = {}
    for one in verification.remedies:
        remedies.setdefault((one.where, one.what), one)
    for one in [*remedies.values()][:_MOST]:
        yield from map(plain, textwrap.wrap(_remedy(one), _WIDTH, subsequent_indent="    "))
    if len(remedies) > _MOST:
        yield plain(f"  and {len(remedies) - _MOST:,} more: --output-format json has them all", "dim")
    yield plain("")


def _remedy(one: Evidence) -> str:
    label = "critical" if one.outcome is Outcome.FAIL else "recommended"
    return one_line(f"  {label}: {one.where + ': ' if one.where else ''}{one.what}. {one.help}".rstrip())


def _fix(fix: Fix) -> Iterator[Text]:
    yield plain(f"  {one_line(fix.path)}, line {fix.line}", "blue")
    for name, lines, sign, style in (("BEFORE", fix.before, "-", "red"), ("AFTER", fix.after, "+", "green")):
        yield plain(f"  {name}")
        yield from (plain(f"  {sign} {one_line(line)}", style) for line in lines)


def _place(problem: Problem) -> str:
    return problem.path if problem.line is None else f"{problem.path}:{problem.line}"


def _style(verdict: str) -> str:
    return {"GO": "bold green", "NO-GO": "bold red"}.get(verdict, "bold magenta")
