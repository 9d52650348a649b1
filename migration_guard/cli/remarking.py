"""`check --add-ignores`: writes remarks for what is new."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import click

from migration_guard.cli.output import emit, replace_file
from migration_guard.files import shown_path
from migration_guard.findings import Finding, Status
from migration_guard.pipeline import Run
from migration_guard.report.sanitise import one_line
from migration_guard.report.summary import counted
from migration_guard.rules import all_rules


def add_ignores(found: Run, reason: str) -> None:
    """Write a remark above each statement with a new finding."""
    from migration_guard.interpreter.syntax import Refused  # noqa: PLC0415
    from migration_guard.reading.remarks import with_remarks  # noqa: PLC0415 -- loads libcst, which only this needs

    upkeep = {rule.code for rule in all_rules() if rule.upkeep}
    remarks = 0
    written = []
    for one in found.checked:
        new = [finding for finding in one.findings if finding.code not in upkeep and _is_new(finding, found)]
        if not new:
            continue
        names: dict[int, frozenset[str]] = defaultdict(frozenset)
        for finding in new:
            names[finding.span.line] |= {finding.name}
        path = one.candidate.path
        try:
            content = with_remarks(path, one.candidate.source, names, " ".join(reason.split()))
        except (Refused, UnicodeError) as error:
            raise click.ClickException(f"{shown_path(path, Path.cwd())}: no remark can be written: {error}") from None
        replace_file(path, content)
        remarks += len(new)
        written.append(one.candidate.shown)
    for shown in written:
        emit(f"{one_line(shown)}\n")
    emit(f"{counted(remarks, 'finding')} ignored in {counted(len(written), 'file')}.\n")


def _is_new(finding: Finding, found: Run) -> bool:
    return any(
        one.fingerprint == finding.fingerprint and one.sort_key == finding.sort_key and one.status is Status.NEW
        for one in found.report.findings
    )
