"""`migration-guard baseline explain`: why a finding is grandfathered, or why it is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from migration_guard.baseline import Entry, Filed
from migration_guard.cli.output import emit
from migration_guard.cli.running import Target, baseline_options, checked, told_problems
from migration_guard.filing import Shelf
from migration_guard.report.sanitise import one_line
from migration_guard.rules import all_rules

_PARTS = ("rule", "statement", "table", "migration", "file")


@click.command("explain")
@click.argument("target", metavar="PATH:LINE|FINGERPRINT")
@baseline_options
def command(*, target: str, file: str | None, jobs: int | None, config: tuple[str, ...], isolated: bool) -> int:
    """Tell which entry stands for a finding and how it was recognised, or which is nearest and what differs."""
    wanted = Target(target, [name for rule in all_rules() for name in (rule.code, rule.name)])
    found = checked(wanted.paths, file=file, jobs=jobs, config=config, isolated=isolated, writes=False)
    lines = [line for shelf in found.shelves for line in _lines(shelf, wanted)]
    emit("".join(f"{one_line(line)}\n" for line in lines))
    problems = told_problems(found)
    if not lines and not problems:
        raise click.UsageError(f"neither a finding nor an entry is meant by {target}")
    return problems


def _lines(shelf: Shelf, wanted: Target) -> Iterator[str]:
    for one in shelf.matching.matched:
        if wanted.means(one.filed):
            yield f"{_head(one.filed)}: grandfathered by {shelf.shown}:{one.entry.line}: {one.tier.value}"
    for filed in shelf.cut_off:
        if wanted.means(filed):
            yield f"{_head(filed)}: grandfathered by `grandfather`: migration {filed.finding.migration}"
    for filed in shelf.matching.new:
        if wanted.means(filed):
            yield f"{_head(filed)}: new"
            yield from _nearest(filed, shelf)
    for entry, _ in (*shelf.matching.stale, *shelf.matching.unknown):
        if wanted.means_entry(entry.fp, entry.rule):
            seen = "its finding is gone" if (entry, _) in shelf.matching.stale else "its file was not checked"
            yield f"{shelf.shown}:{entry.line}: {entry.what}: {seen}"


def _head(filed: Filed) -> str:
    finding = filed.finding
    return f"{finding.path}:{finding.span.line}: {finding.code} {finding.name} {filed.at} {filed.fingerprint}"


def _nearest(filed: Filed, shelf: Shelf) -> Iterator[str]:
    taken = {one.entry.key: one for one in shelf.matching.matched}
    entry = _most_alike(filed, shelf.baseline.entries)
    if entry is None:
        yield "  no entry is like it"
        return
    differing = [part for part, same in zip(_PARTS, _same(filed, entry), strict=True) if not same]
    yield f"  nearest entry: {shelf.shown}:{entry.line}: {entry.what}"
    if not differing:
        other = taken[entry.key].filed.finding if entry.key in taken else None
        where = f", as at {other.path}:{other.span.line}" if other else ""
        yield f"  it stands for {entry.count} only, and this is one more{where}"
        return
    values = {
        "rule": (entry.rule, filed.finding.name),
        "statement": (entry.fp, filed.fingerprint),
        "table": (entry.at, filed.at),
        "migration": (str(entry.migration), str(filed.finding.migration)),
        "file": (entry.file, filed.file),
    }
    for part in differing:
        yield f"  the {part} differs: there {values[part][0]}, here {values[part][1]}"


def _most_alike(filed: Filed, entries: Sequence[Entry]) -> Entry | None:
    """The entry of the same rule or statement that has most in common."""
    alike = [entry for entry in entries if any(_same(filed, entry)[:2])]
    return max(alike, key=lambda entry: sum(_same(filed, entry)), default=None)


def _same(filed: Filed, entry: Entry) -> tuple[bool, ...]:
    finding = filed.finding
    return (
        entry.rule == finding.name,
        entry.fp == filed.fingerprint,
        entry.at == filed.at,
        entry.migration == finding.migration,
        entry.file == filed.file,
    )
