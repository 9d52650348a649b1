"""How a backfill has gone as a picture: lines over time in SVG that inherits the page's colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import pairwise

from migration_guard.page.plot import Plot
from migration_guard.watching.course import Course, rate

PLOT = Plot(height=200, left=84)
MOST = 500
"""Steps of rows that are drawn one by one."""
Spot = tuple[datetime, float]


@dataclass(frozen=True, slots=True)
class Line:
    """A number over time, in pieces between which nothing is known."""

    name: str
    pieces: tuple[tuple[Spot, ...], ...]
    steps: bool = False
    """Whether each number holds until the next."""

    @property
    def most(self) -> float:
        return max((number for piece in self.pieces for _, number in piece), default=0.0)


def progress(course: Course) -> str:
    """Draw how many rows were examined and changed."""
    lines = [
        Line(name, tuple(tuple((one.at, getattr(one.counts, name)) for one in piece) for piece in course.stretches))
        for name in ("examined", "changed")
    ]
    return _drawn(course, lines, "Rows")


def rates(course: Course) -> str:
    """Draw the rows examined in a second."""
    pieces: list[tuple[Spot, ...]] = []
    for stretch in course.stretches:
        piece: list[Spot] = []
        for before, after in pairwise(stretch):
            speed = rate(before, after)
            if speed is not None:
                piece += [(before.at, speed), (after.at, speed)]
        pieces += [tuple(piece)] if piece else []
    return _drawn(course, [Line("rate", tuple(pieces), steps=True)], "Rows examined a second")


def quarantine(course: Course) -> str:
    """Draw how many of the rows that are in quarantine now were tried last by when."""
    every = 1 + len(course.aside) // MOST
    numbered = list(enumerate(course.aside, 1))
    spots = [(one.at, float(n)) for n, one in numbered if n % every == 0 or one is course.aside[-1]]
    return _drawn(course, [Line("aside", ((*spots, (course.end, spots[-1][1])),), steps=True)], "Rows in quarantine")


def stamp(at: datetime) -> str:
    """Show a time."""
    return f"{at.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S}"


def _drawn(course: Course, lines: Sequence[Line], what: str) -> str:
    begin, end = course.begin, max(course.end, course.begin)
    most = max([1.0, *(line.most for line in lines)])
    long = max((end - begin).total_seconds(), 1.0)

    def x(at: datetime) -> float:
        return PLOT.x((min(max(at, begin), end) - begin).total_seconds() / long)

    def y(number: float) -> float:
        return PLOT.y(number / most)

    def bands(name: str, said: str, times: Iterable[tuple[datetime, datetime]]) -> list[str]:
        return [
            f'<rect class="{name}" x="{x(since):.1f}" y="{PLOT.top}" width="{max(x(until) - x(since), 1):.1f}" '
            f'height="{PLOT.deep}"><title>{said}</title></rect>'
            for since, until in times
        ]

    said = f"{what} from {stamp(begin)} to {stamp(end)} UTC, at most {most:,.0f}. The numbers are in the tables below."
    parts = [
        PLOT.begun(said),
        *bands("silence", "nothing was written down", course.silences),
        *bands("hold", "held", ((one.since, one.until or end) for one in course.holds)),
        *PLOT.axes(f"{most:,.0f}", stamp(begin), f"{stamp(end)} UTC"),
    ]
    for line in lines:
        for (at, number), *rest in line.pieces:
            path, height = f"M{x(at):.1f} {y(number):.1f}", number
            for at_, number_ in rest:
                path += f"H{x(at_):.1f}V{y(number_):.1f}" if line.steps else f"L{x(at_):.1f} {y(number_):.1f}"
            if rest:
                parts.append(f'<path class="line {line.name}" d="{path}"><title>{line.name}</title></path>')
            else:
                parts.append(f'<circle class="{line.name}" cx="{x(at):.1f}" cy="{y(height):.1f}" r="3"/>')
    return "".join([*parts, "</svg>"])
