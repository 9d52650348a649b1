"""How a run ends for an error that neither a smaller batch nor leaving a row out helps against."""

from __future__ import annotations

from migration_guard.backfill.clock import Stop
from migration_guard.backfill.errors import Fault, Trouble
from migration_guard.backfill.transitions import State

PASSING = (Trouble.LOCKS, Trouble.TIMEOUT, Trouble.CANCELLED, Trouble.CONNECTION, Trouble.RESOURCES)
"""What another run may not meet."""


def given_up(fault: Fault) -> Stop:
    """Say in which state it leaves a backfill, and why."""
    match fault.trouble:
        case Trouble.REFUSED | Trouble.DEFINITION:
            return Stop(State.FAILED, str(fault))
        case Trouble.CANCELLED:
            return Stop(State.PAUSED, f"somebody cancelled its statement: {fault}")
        case Trouble.LOCKS:
            return Stop(State.INCOMPLETE, f"locks: {fault}", passes=True)
        case _:
            return Stop(State.INCOMPLETE, f"{fault.trouble.value}: {fault}", passes=fault.trouble in PASSING)
