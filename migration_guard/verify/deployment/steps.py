"""What a deployment consists of: its steps, each with what becomes of the deployment if it fails."""

from __future__ import annotations

from pathlib import Path

from migration_guard.lean import dataclass
from migration_guard.operations import Problem
from migration_guard.verify.deployment.kinds import Kind
from migration_guard.verify.descriptions import Fate
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


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the scripts do."""

    steps: tuple[Step, ...]
    services: Services
    problems: tuple[Problem, ...]
    root: Path
    cwd: Path
