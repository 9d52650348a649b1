"""What a verification says: six points, each with its evidence, and GO or NO-GO."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from migration_guard.findings import Edit
from migration_guard.lean import dataclass
from migration_guard.operations import Problem

DECIDING = {"MG408": "SET that outlives its transaction", "MG410": "completion by a row count"}
"""Notes that decide their point under --strict, and are said beside the verdict otherwise."""


class Outcome(str, Enum):
    """How a point, or one piece of evidence for it, stands."""

    PASS = "PASS"  # noqa: S105 -- no password
    PARTIAL = "PARTIAL"
    FAIL = "FAIL"

    @property
    def rank(self) -> int:
        return list(Outcome).index(self)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that was looked at: where, what was found, what is required."""

    outcome: Outcome
    what: str
    found: str
    required: str
    path: str | None = None
    line: int | None = None
    code: str | None = None
    """The rule that found it."""
    remark: bool = False
    """Whether it is to be known and changes no verdict."""
    ignored: bool = False
    """Whether a remark in the source sets it aside."""
    help: str = ""
    edit: Edit | None = None

    @property
    def where(self) -> str:
        if self.path is None:
            return ""
        return self.path if self.line is None else f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Point:
    """One of the six."""

    number: int
    title: str
    evidence: tuple[Evidence, ...]
    unjudged: tuple[Problem, ...] = ()
    """What it depends on and could not be judged."""

    @property
    def outcome(self) -> Outcome:
        counted = [one.outcome for one in self.evidence if not one.remark]
        return max(counted, key=lambda one: one.rank, default=Outcome.PASS)

    @property
    def judged(self) -> bool:
        """Whether the outcome is certain: a failure always is, anything else only if all could be judged."""
        return self.outcome is Outcome.FAIL or not self.unjudged


@dataclass(frozen=True, slots=True)
class Fix:
    """Lines of a file before and after."""

    path: str
    line: int
    before: tuple[str, ...]
    after: tuple[str, ...]
    required: bool
    """Whether a point fails without it."""


@dataclass(frozen=True, slots=True)
class Verification:
    """All that was found out."""

    points: tuple[Point, ...]
    fixes: tuple[Fix, ...]
    left_out: tuple[Problem, ...] = ()
    """What was seen and is not judged, and no point depends on."""
    strict: bool = False

    @property
    def unjudged(self) -> tuple[Problem, ...]:
        return tuple(dict.fromkeys(problem for point in self.points for problem in point.unjudged))

    @property
    def go(self) -> bool:
        """Whether nothing stands against it, among what was judged."""
        outcomes = {point.outcome for point in self.points}
        return Outcome.FAIL not in outcomes and not (self.strict and Outcome.PARTIAL in outcomes)

    @property
    def verdict(self) -> str:
        return "NO-GO" if not self.go else "NOT JUDGED" if self.unjudged else "GO"

    @property
    def reserve(self) -> str:
        """What is said beside the verdict: all that was not judged, and why --strict would not say GO."""
        return "; ".join(one for one in (self._not_judged, self._when_strict) if one)

    @property
    def _not_judged(self) -> str:
        named = dict.fromkeys(
            one.path if one.line is None else f"{one.path}:{one.line}" for one in (*self.unjudged, *self.left_out)
        )
        return f"not judged: {', '.join(named)}" if named else ""

    @property
    def _when_strict(self) -> str:
        if self.strict or not self.go:
            return ""
        notes = {
            one.code for point in self.points for one in point.evidence if one.remark and one.code and not one.ignored
        }
        reasons = [f"{said} ({code})" for code, said in DECIDING.items() if code in notes]
        reasons += [f"point {one.number} is PARTIAL" for one in self.points if one.outcome is Outcome.PARTIAL]
        return f"with --strict NO-GO: {', '.join(reasons)}" if reasons else ""

    @property
    def remedies(self) -> Iterator[Evidence]:
        """Every piece of evidence that fails or is partial, the critical ones first."""
        bad = [one for point in self.points for one in point.evidence if one.outcome is not Outcome.PASS]
        yield from sorted(bad, key=lambda one: -one.outcome.rank)
