"""What a run found, ready to be said in any format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from migration_guard.findings import Finding, Status
from migration_guard.lean import dataclass
from migration_guard.operations import Direction, OperationKind, Problem, Span, Unread

if TYPE_CHECKING:
    from migration_guard.report.background import Background
    from migration_guard.report.mends import Moving

_GO_ALONG = frozenset({"MG301", "MG302"})
"""Rules about the transaction in which a data change stands: they hold no longer once it has been moved."""

_MOVABLE = frozenset({OperationKind.UPDATE, OperationKind.INSERT_SELECT, OperationKind.DELETE})


@dataclass(frozen=True, slots=True)
class Report:
    """All that a run found out. Findings and problems are sorted, and nothing is left out."""

    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    files: int
    """Files that were checked, those included that the gate could clear without reading them closely."""
    excluded: int
    """Files that the configuration leaves out."""
    failing: int
    """New findings at or above the level that fails the run."""
    sources: Mapping[str, str]
    """Text of the files that findings point into, by the path that the findings name."""
    backfills: int = 0
    """How many of these files hold backfills instead."""
    first_run: bool = False
    """Whether nothing has been grandfathered yet, and could be: the run is about what is there."""
    unchanged: int = 0
    """New findings in files that are as they were when the baseline was last changed: this version sees more."""
    outside: int | None = None
    """New findings left out because the change that was asked for has not to do with them; None if none was."""
    remembered: int | None = None
    """Files that nobody had to look into, since earlier runs did; None if nothing is remembered."""
    recovered: tuple[str, ...] = ()
    """Baselines that were put together from the two sides of a merge conflict."""

    subject: tuple[str, ...] = ()
    """What was asked about: the folder, from the repository's root, and the paths that were named; none is all of it."""
    unread: tuple[Unread, ...] = ()
    """Files beside migrations that may change data, and that no migration leads to."""
    moves: Mapping[Finding, Moving] = field(default_factory=dict)
    """What `move` would write, for the findings that were tried and can be moved."""
    background: Background | None = None
    """What is known beside the findings; gathered for formats that show it."""

    def count(self, status: Status) -> int:
        return sum(finding.status is status for finding in self.findings)

    @property
    def new(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.status is Status.NEW)

    @property
    def below(self) -> int:
        """New findings that do not fail the run."""
        return len(self.new) - self.failing

    def shown(self, *, grandfathered: bool) -> tuple[Finding, ...]:
        """Give the new findings; if they are asked for, those too that are filed away."""
        return self.findings if grandfathered else self.new


def by_urgency(findings: Iterable[Finding]) -> list[Finding]:
    """Sort the new ones first, and of these the worst."""
    return sorted(findings, key=urgency)


def urgency(finding: Finding) -> tuple[bool, int, tuple[str, int, str, int, str]]:
    """Give what sorts a finding among others that somebody may not read to the end."""
    return (finding.status is not Status.NEW, -finding.severity.rank, finding.sort_key)


def places(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Put together what is said of one statement, in the order of the first of each: what is worst leads."""
    by_place: dict[tuple[str, Span, Status], list[Finding]] = {}
    for finding in findings:
        by_place.setdefault((finding.path, finding.span, finding.status), []).append(finding)
    return [sorted(some, key=lambda one: (-one.severity.rank, one.code)) for some in by_place.values()]


def to_mend(place: Iterable[Finding]) -> list[Finding]:
    """Give the findings of a place whose advice is to be said: the first, and what does not go away with it."""
    first, *others = place
    return [first, *(one for one in others if one.code not in _GO_ALONG)]


def may_move(finding: Finding) -> bool:
    """Whether `migration-guard move` is worth a try: all else it refuses without a look at the statement.

    It is no promise: that would take the look.
    """
    operation = finding.operation
    return (
        operation is not None
        and finding.status is Status.NEW
        and finding.code.startswith("MG1")
        and operation.kind in _MOVABLE
        and operation.direction is Direction.UPGRADE
        and operation.via is None
        and bool(operation.tables)
        and finding.path.endswith(".py")
    )
