"""Gathers what `migration-guard move` would write for the findings of a run, for reports that can offer it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from migration_guard.files import shown_path
from migration_guard.findings import Finding
from migration_guard.move.place import Modules, NoPlace
from migration_guard.move.plan import Move, Refusal, plan
from migration_guard.report.mends import FileChange, Moving
from migration_guard.report.model import by_urgency, may_move
from migration_guard.request import Run

MOST = 100
"""Findings that are tried, the worst first: each takes a look at the migrations around it, of some milliseconds."""


def moves(run: Run, folder: Path) -> Mapping[Finding, Moving]:
    """Give what would be written for each finding that can be moved; the run has to be one that renders statements.

    Nothing is offered where `backfill.modules` names no place, and for files that are not UTF-8.
    """
    found: dict[Finding, Moving] = {}
    for finding in [one for one in by_urgency(run.report.new) if may_move(one)][:MOST]:
        if finding in found:
            continue
        try:
            outcome = planned(run, finding)
        except NoPlace:
            continue
        except Exception:  # noqa: BLE001, S112 -- a defect of ours: the finding is told all the same, and nothing is offered
            continue
        moving = _moving(outcome, folder) if isinstance(outcome, Move) else None
        if moving is not None:
            found[finding] = moving
    return found


def planned(run: Run, finding: Finding) -> Move | Refusal | None:
    """Give what `move` makes of a finding as it is shown; None where the run has none such. Raises NoPlace."""
    one = next((one for one in run.checked if one.candidate.shown == finding.path), None)
    own = next((have for have in one.findings if have.sort_key == finding.sort_key), None) if one else None
    return plan(one, own, None, Modules.of(one.candidate.settings)) if one and own else None


def _moving(move: Move, folder: Path) -> Moving | None:
    try:
        changes = [
            FileChange(shown_path(one.path, folder), (one.before or b"").decode(), one.after.decode())
            for one in move.changes
        ]
    except UnicodeDecodeError:
        return None
    return Moving(tuple(move.keys), tuple(changes), move.notes)
