"""The gate before a migration that needs a backfill's work: it passes only what was verified."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from migration_guard.backfill.definition import Backfill
from migration_guard.backfill.legacy import LegacyBackfill
from migration_guard.backfill.registry import load_definitions
from migration_guard.backfill.statements import statement
from migration_guard.backfill.transitions import State
from migration_guard.backfill.trust import Use, asked, distrusted
from migration_guard.config import SettingsLoader
from migration_guard.config.settings import Settings

Ask = Callable[[str, Mapping[str, object]], Any]


class BackfillUnfinished(Exception):
    """A backfill that a migration needs has not been verified as complete."""


def require_backfill(
    connection: Any, backfill: str | Backfill | LegacyBackfill, *, table: str | None = None, schema: str | None = None
) -> None:
    """Raise unless a backfill is complete, or its table has no rows, as in a fresh installation.

    The connection is SQLAlchemy's (Alembic's `op.get_bind()`), Django's (`schema_editor.connection`) or a driver's.
    A key that the state does not know is looked up among the definitions that the nearest configuration names; with
    `table`, or a definition in place of the key, that is not needed.
    """
    if connection is None:
        raise BackfillUnfinished("there is no connection, as in an offline migration: nothing can be verified")
    settings = SettingsLoader(cwd=Path.cwd()).for_folder(Path.cwd())
    key, ask = backfill if isinstance(backfill, str) else backfill.key, _asking(connection)
    schema = schema or settings.backfill.state_schema
    row = _state(ask, key, schema, settings.backfill.state_owners)
    if row is not None and passes(State(row[0]), row[1]):
        return
    known = None if isinstance(backfill, str) else backfill.table
    name = table or known or (row[2] if row else None) or _configured_table(key, settings)
    if name is None:
        places = f"schema {schema} and the configuration do not know it; `table=` names its table"
        raise BackfillUnfinished(f"no backfill has the key {key}: {places}")
    if _has_rows(ask, key, name):
        raise BackfillUnfinished(f"backfill {key} {_standing(row)}; first: migration-guard backfill run --only {key}")


def passes(state: State, reason: str | None) -> bool:
    """Tell whether a state is proof. A completion that has a reason is somebody's word for it."""
    return state is State.COMPLETED and reason is None


def _asking(connection: Any) -> Ask:
    if hasattr(connection, "exec_driver_sql"):
        return lambda sql, parameters: connection.exec_driver_sql(sql, parameters).first()

    def ask(sql: str, parameters: Mapping[str, object]) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchone()

    return ask


def _state(ask: Ask, key: str, schema: str, owners: Sequence[str]) -> Any:
    if (stranger := ask(statement("strangers"), asked(schema, owners, Use.READ))) is not None:
        raise BackfillUnfinished(f"backfill {key}: {distrusted(schema, stranger)}")
    quoted = '"' + schema.replace('"', '""') + '"'
    if not ask(statement("gate_ready"), {"name": f"{quoted}.backfills"})[0]:
        return None
    return ask(statement("gate", state=quoted.replace("%", "%%")), {"backfill": key})


def _has_rows(ask: Ask, key: str, name: str) -> bool:
    found = ask(statement("qualified"), {"table": name})[0]
    if found is None:
        raise BackfillUnfinished(f"backfill {key}: there is no table {name}")
    return bool(ask(statement("any_row", table=found.replace("%", "%%")), {})[0])


def _standing(row: Any) -> str:
    if row is None:
        return "has never been run"
    return f"is {row[0]}{f' ({row[1]})' if row[1] else ''}"


def _configured_table(key: str, settings: Settings) -> str | None:
    definitions = load_definitions(settings.backfill.modules, settings.root)
    return next((one.table for one in definitions if one.key == key), None)
