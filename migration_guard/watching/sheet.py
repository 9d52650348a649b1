"""One page of how backfills stand and how they have gone: no network, no script, and nothing of what rows hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from html import escape
from importlib.resources import files
from itertools import groupby

from migration_guard import __version__
from migration_guard.backfill.standing import Counts
from migration_guard.page.document import document
from migration_guard.report.sanitise import one_line
from migration_guard.watching import picture
from migration_guard.watching.course import Course, Point, rate
from migration_guard.watching.picture import stamp

Cells = tuple[Sequence[str], Sequence[Sequence[str]]]
"""Heads, and the rows under them."""
_COUNTS = tuple(one.name for one in fields(Counts))
_LEGEND = (
    ("examined", "examined"),
    ("changed", "changed (dashed)"),
    ("hold", "shaded: held"),
    ("silence", "framed: nothing was written down"),
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on the page."""

    at: datetime
    status: Cells
    """As `status` shows it: nothing else says how a backfill stands."""
    ranges: Cells
    remarks: tuple[str, ...]
    courses: tuple[Course, ...]


def rendered(sheet: Sheet) -> str:
    """Give the page."""
    style = files(__package__).joinpath("sheet.css").read_text(encoding="utf-8")
    return document(f"migration-guard: backfills at {stamp(sheet.at)} UTC", _body(sheet), style=style)


def _body(sheet: Sheet) -> Iterator[str]:
    yield f"<header><h1>migration-guard <span>backfills at {stamp(sheet.at)} UTC</span></h1>"
    yield "<p>This is what the state says, as <code>migration-guard backfill status</code> does; whether a backfill is complete says"
    yield "<code>migration-guard backfill gate KEY</code>, which looks at rows as well. All times are UTC.</p></header>"
    yield '<main><section aria-labelledby="status"><h2 id="status">How they stand</h2>'
    yield from (f"<p>{_text(one)}</p>" for one in sheet.remarks)
    if sheet.status[1]:
        yield from _table("As status shows it", *sheet.status)
    if sheet.ranges[1]:
        yield from _table("Who is at which range", *sheet.ranges)
    yield "</section>"
    for n, one in enumerate(sheet.courses, 1):
        yield from _course(one, f"backfill-{n}")
    yield f"</main><footer>migration-guard {_text(__version__)}. Migrations change the schema, backfills change the data.</footer>"


def _course(course: Course, name: str) -> Iterator[str]:
    key = _text(course.standing.key)
    yield f'<section aria-labelledby="{name}"><h2 id="{name}">{key}</h2>'
    if course.thinned:
        yield "<p>There are so many events that those of long ago are thinned: of holds, some are missing, or seem longer than they were.</p>"
    if course.stretches:
        yield from _chart("How many rows were examined and changed", picture.progress(course), key)
        shown = "".join(f'<li class="{kind}">{told}</li>' for kind, told in _LEGEND)
        yield f'<ul class="legend" aria-hidden="true">{shown}</ul>'
        if any(len(one) > 1 for one in course.stretches):
            yield from _chart("Rows examined a second, between two points", picture.rates(course), key)
            yield "<p>A pass that looks again counts as examined only the rows on which it finds something to do.</p>"
        yield "<details><summary>These numbers as a table</summary>"
        heads = ("at", "pass", "workers", *(one.replace("_", " ") for one in _COUNTS), "rows/s since")
        yield from _table(f"How far {key} was, the oldest first", heads, list(_points(course)))
        yield "</details>"
    else:
        yield "<p>How far it is over time has not been written down yet.</p>"
    yield from _holds(course, key)
    yield from _quarantine(course, key)
    if course.steps:
        rows = [(stamp(one.at), one.kind, one.actor, one.detail or "") for one in course.steps]
        yield "<details><summary>What led it from state to state until now</summary>"
        yield from _table(f"Steps of {key}, the oldest first", ("at", "to", "by", "why"), rows)
        yield "</details>"
    else:
        yield "<p>No event has been written down yet.</p>"
    yield "</section>"


def _chart(title: str, drawn: str, key: str) -> Iterator[str]:
    yield f'<h3>{title}</h3><div class="scroll chart" tabindex="0" role="region" aria-label="{title}: {key}">{drawn}</div>'


def _points(course: Course) -> Iterator[Sequence[str]]:
    before: Point | None = None
    for stretch in course.stretches:
        if before is not None:
            silent = (stretch[0].at - before.at).total_seconds()
            yield (f"nothing was written down for {silent:,.0f} s", *[""] * (len(_COUNTS) + 3))
        for one, last in zip(stretch, (None, *stretch)):
            speed = None if last is None else rate(last, one)
            workers = "" if one.workers is None else str(one.workers)
            counts = (f"{getattr(one.counts, name):,}" for name in _COUNTS)
            yield (stamp(one.at), str(one.sweep), workers, *counts, "" if speed is None else f"{speed:,.0f}")
        before = stretch[-1]


def _holds(course: Course, key: str) -> Iterator[str]:
    if not course.holds:
        yield "<p>No hold has been written down.</p>"
        return
    rows = []
    for one in course.holds:
        long = "" if one.until is None else f"{(one.until - one.since).total_seconds():,.0f}"
        rows.append((stamp(one.since), "" if one.until is None else stamp(one.until), long, one.told))
    yield "<h3>When batches were held</h3>"
    yield from _table(
        f"Holds of {key}: each is over when batches are let go, its run ends, or another begins",
        ("from", "until", "seconds", "why"),
        rows,
    )


def _quarantine(course: Course, key: str) -> Iterator[str]:
    if not course.aside:
        yield "<p>No row is in quarantine.</p>"
        return
    yield from _chart("Rows in quarantine now, by when they were last tried", picture.quarantine(course), key)
    told = sorted(course.aside, key=lambda one: (one.sqlstate or "", one.message, one.at))
    rows = []
    for (sqlstate, message), some in groupby(told, lambda one: (one.sqlstate or "", one.message)):
        own = list(some)
        rows.append((sqlstate, message, f"{len(own):,}", stamp(own[0].at), stamp(own[-1].at)))
    yield from _table(
        f"Why rows of {key} cannot be changed", ("sqlstate", "message", "rows", "last tried from", "until"), rows
    )


def _table(caption: str, heads: Iterable[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f'<div class="scroll" tabindex="0" role="region" aria-label="{caption}"><table><caption>{caption}</caption>'
    yield f"<thead><tr>{''.join(f'<th scope=col>{_text(head)}</th>' for head in heads)}</tr></thead><tbody>"
    yield from (f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>" for row in rows)
    yield "</tbody></table></div>"


def _text(words: str) -> str:
    return escape(one_line(words))
