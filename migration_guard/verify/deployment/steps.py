"""What a deployment consists of: its steps, each with what becomes of the deployment if it fails."""

from __future__ import annotations

from pathlib import Path

from migration_guard.lean import dataclass
from migration_guard.operations import Problem
from migration_guard.verify.deployment.kinds import Kind
from migration_guard.verify.descriptions import Fate, Place
from migration_guard.verify.descriptions.compose import Services


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a deployment that is one of the three kinds."""

    kind: Kind
    path: str
    line: int
    command: tuple[str, ...]
    """What is run in the end, in a container or not."""
    fate: Fate
    origin: str = ""
    """The description that it is a step of, through whatever scripts."""
    place: Place | None = None

    def ends_before(self, other: Step, *, in_file: bool) -> bool:
        """Whether it has ended when another one begins; `in_file` says whether it stands before that one."""
        if self.place is None or other.place is None or self.place.name == other.place.name:
            return in_file
        return self.place.name in other.place.after

    def is_beside(self, other: Step) -> bool:
        """Whether what starts both is known to start them without an order, unless one waits for the other."""
        return self.place is not None and other.place is not None and self.place.within == other.place.within != ""


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the scripts do."""

    steps: tuple[Step, ...]
    services: Services
    problems: tuple[Problem, ...]
    root: Path
    cwd: Path
