"""`migration-guard baseline status`: how much is grandfathered, by rule, owner, severity, folder, table and CODEOWNERS."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import PurePosixPath

import click

from migration_guard.baseline import Entry
from migration_guard.cli.output import emit
from migration_guard.cli.running import baseline_options, checked, told_problems
from migration_guard.codeowners import NOBODY, CodeOwners
from migration_guard.files import repository_of
from migration_guard.pipeline import Run
from migration_guard.report.sanitise import one_line

SOON = timedelta(days=30)


@click.command("status")
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@baseline_options
def command(
    *,
    paths: tuple[str, ...],
    as_json: bool,
    file: str | None,
    jobs: int | None,
    config: tuple[str, ...],
    isolated: bool,
) -> int:
    """Count what is grandfathered by rule, owner, severity, folder, table and CODEOWNERS, and tell what expires."""
    found = checked(paths, file=file, jobs=jobs, config=config, isolated=isolated, writes=False)
    counts = _counts(found)
    today = datetime.now(timezone.utc).astimezone().date()
    dated = _expiring(found, today)
    if as_json:
        emit(json.dumps({**counts, "expiring": dated}, ensure_ascii=False, indent=2) + "\n")
    else:
        emit("".join(f"{one_line(line)}\n" for line in _lines(counts, dated)))
    return told_problems(found)


def _counts(found: Run) -> dict[str, dict[str, int]]:
    rules: Counter[str] = Counter()
    owners: Counter[str] = Counter()
    severities: Counter[str] = Counter()
    folders: Counter[str] = Counter()
    tables: Counter[str] = Counter()
    codeowners: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for shelf in found.shelves:
        root = repository_of(shelf.baseline.folder) or shelf.baseline.folder
        files = CodeOwners.of(root)
        for one in shelf.matching.matched:
            tables[one.filed.at] += 1
            if files.lines:
                codeowners[files.owner(shelf.baseline.folder / one.filed.file)] += 1
            rules[one.entry.rule] += 1
            owners[one.entry.owner or NOBODY] += 1
            severities[one.filed.finding.severity.value] += 1
            folders[str(PurePosixPath(one.filed.finding.path).parent)] += 1
        total["grandfathered"] += len(shelf.matching.matched)
        total["by cut-off"] += len(shelf.cut_off)
        total["gone"] += sum(count for _, count in shelf.matching.stale)
        total["not looked at"] += sum(count for _, count in shelf.matching.unknown)
    named = {"total": total, "rule": rules, "owner": owners, "severity": severities, "folder": folders, "table": tables}
    named |= {"codeowner": codeowners} if codeowners else {}
    return {name: dict(counter.most_common()) for name, counter in named.items()}


def _expiring(found: Run, today: date) -> list[dict[str, str]]:
    """The entries whose date is over or near, the nearest first."""
    dated: list[tuple[date, Entry]] = [
        (entry.until, entry)
        for shelf in found.shelves
        for entry in shelf.baseline.entries
        if entry.until is not None and entry.until <= today + SOON
    ]
    return [
        {"until": until.isoformat(), "state": "expired" if until < today else "expiring", "entry": entry.what}
        for until, entry in sorted(dated, key=lambda pair: (pair[0], pair[1].key))
    ]


def _lines(counts: dict[str, dict[str, int]], dated: list[dict[str, str]]) -> Iterator[str]:
    for name, counter in counts.items():
        said = ", ".join(f"{count} {value}" for value, count in counter.items() if count)
        if said:
            yield f"{said}." if name == "total" else f"by {name}: {said}"
        elif name == "total":
            yield "Nothing is grandfathered."
    for one in dated:
        yield f"{one['state']} {one['until']}: {one['entry']}"
