"""One page for people: findings by table, with filters and search; the burn-down; no network, no file beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files

from migration_guard import __version__
from migration_guard.findings import Finding, Severity, Status
from migration_guard.page.document import document
from migration_guard.report.chart import chart
from migration_guard.report.frame import frame
from migration_guard.report.locks import on_locks
from migration_guard.report.model import Report, by_urgency, places, to_mend
from migration_guard.report.pages import page_of
from migration_guard.report.sanitise import one_line
from migration_guard.report.screen import Screen
from migration_guard.report.summary import summary, verdict


def render(report: Report, screen: Screen) -> str:  # noqa: ARG001 -- the page has filters of its own
    """Give the page. Everything is in it; what is grandfathered or ignored is filtered out until it is asked for."""
    script = files("migration_guard.report").joinpath("page", "script.js").read_text(encoding="utf-8")
    body = [
        *_header(report),
        "<main>",
        *_problems(report),
        *_findings(report),
        *_burn_down(report),
        *_unread(report),
        "</main>",
        f"<footer>migration-guard {_text(__version__)}. Migrations change the schema, backfills change the data.</footer>",
    ]
    return document(f"migration-guard: {verdict(report)}", body, script=script)


def _text(words: str) -> str:
    return escape(one_line(words))


def _header(report: Report) -> Iterator[str]:
    yield "<header>"
    yield f"<h1>migration-guard <span>{verdict(report)}</span></h1>"
    yield f"<p>{'<br>'.join(map(_text, summary(report).splitlines()))}</p>"
    yield '<ul class="tiles">'
    for severity in reversed(Severity):
        number = sum(one.severity is severity for one in report.new)
        yield f'<li class="{severity.value}"><b>{number}</b> new, {severity.value}</li>'
    yield f'<li class="problem"><b>{len(report.problems)}</b> could not be checked</li>'
    for status in (Status.GRANDFATHERED, Status.IGNORED):
        yield f"<li><b>{report.count(status)}</b> {status.value}</li>"
    yield "</ul>"
    yield "</header>"


def _problems(report: Report) -> Iterator[str]:
    if report.problems:
        yield '<section aria-labelledby="problems"><h2 id="problems">Could not be checked</h2><ul class="list">'
        for one in report.problems:
            where = one.path if one.line is None else f"{one.path}:{one.line}"
            yield f"<li><code>{_text(where)}</code> {_text(one.message)}</li>"
        yield "</ul></section>"


def _findings(report: Report) -> Iterator[str]:
    yield '<section aria-labelledby="findings"><h2 id="findings">Findings</h2>'
    if not report.findings:
        yield "<p>None.</p></section>"
        return
    yield from _filters(report)
    by_table: dict[str, list[list[Finding]]] = {}
    for place in places(by_urgency(report.findings)):
        by_table.setdefault(_table(place), []).append(place)
    for table, some in by_table.items():
        yield f'<section class="table"><h3>{_text(table) or "table not known"} {_measured(table, report)}</h3>'
        for place in some:
            yield from _place(place, report)
        yield "</section>"
    yield '<p id="none" hidden>No finding is left by these filters.</p>'
    yield "</section>"


def _table(place: Iterable[Finding]) -> str:
    found = (one.operation for one in place if one.operation is not None)
    return next((operation.table or operation.model or "" for operation in found), "")


def _filters(report: Report) -> Iterator[str]:
    codes = sorted({(one.code, one.name) for one in report.findings})
    yield '<form id="filters" role="search" aria-label="Filter the findings">'
    yield '<label class="wide">Search <input id="search" type="search" autocomplete="off" placeholder="table, path, words"></label>'
    yield from _choice(
        "status", "Status", [(one.value, one.value) for one in Status], Status.NEW.value if report.new else ""
    )
    yield from _choice("severity", "Severity", [(one.value, one.value) for one in reversed(Severity)], "")
    yield from _choice("code", "Rule", [(code, f"{code} {name}") for code, name in codes], "")
    yield '<output id="count" for="search status severity code" aria-live="polite"></output>'
    yield "</form>"


def _choice(name: str, label: str, values: list[tuple[str, str]], chosen: str) -> Iterator[str]:
    yield f'<label>{label} <select id="{name}"><option value="">all</option>'
    for value, shown in values:
        yield f'<option value="{_text(value)}"{" selected" if value == chosen else ""}>{_text(shown)}</option>'
    yield "</select></label>"


def _place(place: list[Finding], report: Report) -> Iterator[str]:
    first = place[0]
    codes = " ".join(one.code for one in place)
    yield (
        f'<article class="{first.severity.value}" data-status="{first.status.value}" '
        f'data-severity="{first.severity.value}" data-code="{_text(codes)}">'
    )
    for one in place:
        yield f'<h4>{_rule(one)} <span class="mark">{one.severity.value}</span> {_text(one.message)}</h4>'
    migration = f" (migration {first.migration})" if first.migration else ""
    filed = "" if first.status is Status.NEW else f", {first.status.value}"
    yield f'<p class="where">{_text(f"{first.path}:{first.span.line}{migration}{filed}")}</p>'
    source = report.sources.get(first.path)
    if source is not None:
        lines = "\n".join(escape(line) for line in frame(source, first.span))
        yield f'<pre tabindex="0" aria-label="Source">{lines}</pre>'
    yield from (f"<p>{_text(help_)}</p>" for help_ in dict.fromkeys(one.help for one in to_mend(place)))
    yield "</article>"


def _rule(finding: Finding) -> str:
    url = page_of(finding.name)
    name = f"<b>{_text(finding.code)}</b> {_text(finding.name)}"
    return f'<a href="{_text(url)}">{name}</a>' if url else name


def _measured(table: str, report: Report) -> str:
    known = on_locks(table, report)
    return f'<span class="measured">{_text(known)}</span>' if known else ""


def _burn_down(report: Report) -> Iterator[str]:
    beside = report.background
    if beside is None or not (beside.points or beside.unknown or beside.goals):
        return
    yield '<section aria-labelledby="burn-down"><h2 id="burn-down">The baseline over time</h2>'
    if beside.unknown:
        yield f"<p>Its history cannot be read: {_text(beside.unknown)}</p>"
    known = [point for point in beside.points if point.problem is None]
    if known:
        yield chart(known, beside.goals)
        caption = "After each commit, the newest first"
        yield f'<div class="scroll" tabindex="0" role="region" aria-label="{caption}"><table><caption>{caption}</caption>'
        yield "<thead><tr><th>day</th><th>commit</th><th>all</th><th>high</th><th>medium</th><th>low</th><th>owners</th></tr></thead><tbody>"
        for point in reversed(known):
            owners = ", ".join(f"{number} {name}" for name, number in point.owners.items())
            numbers = "".join(f"<td>{point.severities.get(one.value, 0)}</td>" for one in reversed(Severity))
            yield (
                f"<tr><td>{point.day}</td><td><code>{_text(point.commit[:10])}</code></td><td>{point.total}</td>"
                f"{numbers}<td>{_text(owners)}</td></tr>"
            )
        yield "</tbody></table></div>"
    for point in beside.points:
        if point.problem is not None:
            yield f"<p>{point.day} <code>{_text(point.commit[:10])}</code> cannot be read: {_text(point.problem)}</p>"
    for day, most in beside.goals:
        yield f"<p>Goal: at most {most} by {_text(day)}.</p>"
    yield "</section>"


def _unread(report: Report) -> Iterator[str]:
    if report.unread:
        yield '<section aria-labelledby="unread"><h2 id="unread">Beside migrations, and not read</h2><ul class="list">'
        for one in report.unread:
            yield f"<li><code>{_text(one.path)}</code> {_text(one.reason)}</li>"
        yield "</ul></section>"
