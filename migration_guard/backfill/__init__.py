"""Data changes in small committed batches, apart from migrations. Needs the extra `backfill`, once something is run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from migration_guard.backfill.arguments import Argument
from migration_guard.backfill.definition import Backfill, DefinitionError, Priority, Status
from migration_guard.backfill.gate import BackfillUnfinished, NotLookedAt, require_backfill
from migration_guard.backfill.legacy import LegacyBackfill
from migration_guard.backfill.policy import PolicyError, TimeoutPolicy
from migration_guard.backfill.registry import Definition, load_definitions

if TYPE_CHECKING:
    from migration_guard.backfill.report import Result
    from migration_guard.config.settings import BrakeSettings

__all__ = [
    "Argument",
    "Backfill",
    "BackfillUnfinished",
    "DefinitionError",
    "LegacyBackfill",
    "NotLookedAt",
    "PolicyError",
    "Priority",
    "Status",
    "TimeoutPolicy",
    "load_definitions",
    "require_backfill",
    "run",
]


def run(
    definitions: Sequence[Definition],
    url: str,
    *,
    max_seconds: float = 600.0,
    offline: bool = False,
    workers: int = 1,
    schema: str = "migration_guard",
    state_owners: Sequence[str] = (),
    brake: BrakeSettings | None = None,
) -> tuple[Result, ...]:
    """Run definitions on a database, and tell how each ended. `brake` says from which readings of the server on they are held."""
    from migration_guard.backfill.connect import address  # noqa: PLC0415 -- definitions load without the extra
    from migration_guard.backfill.runner import Limits, run_all  # noqa: PLC0415
    from migration_guard.config.settings import BrakeSettings  # noqa: PLC0415

    limits = Limits(max_seconds, offline, workers, brake=brake or BrakeSettings())
    return run_all(definitions, address(url, "the URL"), limits=limits, schema=schema, owners=state_owners)
