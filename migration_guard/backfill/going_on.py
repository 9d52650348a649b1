"""What to do where a migration waits for a backfill: as the tool that runs it has to be told.

Alembic's default is one transaction for all the migrations of a run: those that a backfill needs would be rolled back
with the one that waits for it, again and again.
"""

from __future__ import annotations

import sys
from typing import Any


def going_on(connection: Any, key: str) -> str:
    """The way from here, behind what is unfinished."""
    first = f"first: migration-guard backfill run --only {key}"
    context = _alembic()
    if context is not None:
        return f"{first}. {_with_alembic(context)}"
    if hasattr(connection, "vendor") and hasattr(connection, "settings_dict"):
        return f"{first}. {_again('python manage.py migrate')}"
    return first


def going_on_with_the_script(key: str) -> str:
    """The way from here for whoever runs a script that `alembic upgrade --sql` wrote."""
    first = f"first: migration-guard backfill run --only {key}"
    context = _alembic()
    if context is None:
        return first
    if context.opts.get("transaction_per_migration"):
        return f"{first}. What came before this is kept: run the backfill, then the rest of the script"
    return (
        f"{first}. This script is one transaction, so what the backfill needs is rolled back with it: give "
        "context.configure() in env.py transaction_per_migration=True, and write it anew; or write it in steps"
    )


def _with_alembic(context: Any) -> str:
    if context.opts.get("transaction_per_migration"):
        return _again("alembic upgrade head")
    heads = " ".join(context.get_current_heads()) or "the revision before"
    return (
        "All migrations of this run share one transaction, so what the backfill needs is rolled back with this one: give "
        "context.configure() in env.py transaction_per_migration=True, and what came before is kept. Or go in steps: "
        f"alembic upgrade {heads}, the backfill, alembic upgrade head"
    )


def _again(command: str) -> str:
    return (
        f"What came before this migration is kept: run the backfill, then this again; in a script, "
        f"`{command} || {{ migration-guard backfill run --all; {command}; }}`"
    )


def _alembic() -> Any:
    """The context of the run, if a migration of Alembic is what asks."""
    operations = sys.modules.get("alembic.op")
    try:
        return operations.get_context() if operations is not None else None
    except Exception:  # noqa: BLE001 -- whatever Alembic says where none of its migrations runs
        return None
