"""What judging Operations yields: Findings, with a severity and a status."""

from __future__ import annotations

from enum import Enum

from migration_guard.lean import dataclass
from migration_guard.operations import Operation, Span

SCHEME = 3
"""How fingerprints are made; each begins with it. Entries of an earlier scheme are matched by their history."""


class Severity(str, Enum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        return list(Severity).index(self)

    def at_least(self, other: Severity) -> bool:
        return self.rank >= other.rank


class Status(str, Enum):
    """How a finding is filed. Nothing is ever dropped: what is not new says why."""

    NEW = "new"
    GRANDFATHERED = "grandfathered"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Edit:
    """What a person would do to the lines of a span."""

    span: Span
    swaps: tuple[tuple[str, str], ...]
    """Texts that give way to others, each once."""
    again: bool = False
    """Whether the lines stay, and stand below themselves once more with the swaps made."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What was found and what is required, as a verification lists it."""

    found: str
    required: str
    edit: Edit | None = None
    passes: bool = False
    """Whether it is to be known and changes no verdict."""
    weight: Severity = Severity.HIGH
    """The rule's own severity, whatever the configuration makes of it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule's judgement of an Operation."""

    code: str
    name: str
    severity: Severity
    path: str
    """POSIX, relative to the working directory."""
    span: Span
    message: str
    help: str
    migration: str | None
    operation: Operation | None
    fingerprint: str = ""
    parts: tuple[tuple[str, str], ...] = ()
    """Where several tables are written one by one: each of them, with a fingerprint of its own."""
    status: Status = Status.NEW
    measure: Measure | None = None

    @property
    def sort_key(self) -> tuple[str, int, str, int, str]:
        return (self.path, self.span.line, self.code, self.span.column, self.message)
