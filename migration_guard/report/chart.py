"""The burn-down as a picture: a line for each severity, over days, in SVG that inherits the page's colours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

from migration_guard.findings import Severity
from migration_guard.page.plot import Plot
from migration_guard.report.background import Point

PLOT = Plot(height=240, left=48)


def chart(points: Sequence[Point], goals: Sequence[tuple[str, int]]) -> str:
    """Draw steps, since a baseline keeps its size from one commit to the next; goals are rings."""
    days = [point.day for point in points] + [date.fromisoformat(day) for day, _ in goals]
    first, last = min(days), max(days)
    most = max(1, *(point.total for point in points), *(number for _, number in goals))

    def x(day: date) -> float:
        return PLOT.x((day - first).days / max((last - first).days, 1))

    def y(number: int) -> float:
        return PLOT.y(number / most)

    said = f"From {points[0].total} on {points[0].day} to {points[-1].total} on {points[-1].day}."
    parts = [PLOT.begun(said), *PLOT.axes(str(most), str(first), str(last))]
    lines = [("all", [point.total for point in points])]
    lines += [(one.value, [point.severities.get(one.value, 0) for point in points]) for one in reversed(Severity)]
    for name, numbers in lines:
        path = f"M{x(points[0].day):.1f} {y(numbers[0]):.1f}"
        path += "".join(f"H{x(point.day):.1f}V{y(number):.1f}" for point, number in zip(points[1:], numbers[1:]))
        parts.append(f'<path class="line {name}" d="{path}"><title>{name}</title></path>')
        parts += [
            f'<circle class="{name}" cx="{x(point.day):.1f}" cy="{y(number):.1f}" r="2.5"/>'
            for point, number in zip(points, numbers)
        ]
    parts += [
        f'<circle class="goal" cx="{x(date.fromisoformat(day)):.1f}" cy="{y(number):.1f}" r="5">'
        f"<title>goal: {number} by {escape(day)}</title></circle>"
        for day, number in goals
    ]
    legend = "".join(f'<li class="{name}">{name}</li>' for name, _ in lines)
    region = '<div class="scroll chart" tabindex="0" role="region" aria-label="How many are left, by severity">'
    return "".join([region, *parts, f'</svg></div><ul class="legend" aria-hidden="true">{legend}</ul>'])
