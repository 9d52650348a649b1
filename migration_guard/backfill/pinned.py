"""Settings that hold for a transaction: what a role, a database or a URL says otherwise changes no key and no meaning."""

from __future__ import annotations

from collections.abc import Mapping

from migration_guard.backfill.arguments import settings
from migration_guard.backfill.arrays import array
from migration_guard.backfill.asks import Asks, Question
from migration_guard.backfill.definition import Backfill, Claim
from migration_guard.backfill.statements import statement

SPELLING = {
    "extra_float_digits": "1",
    "DateStyle": "ISO",  # how dates are written; in which order they are read stays the role's
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "standard_conforming_strings": "on",
    "lc_monetary": "C",
    "transform_null_equals": "off",
    "array_nulls": "on",
    "gin_fuzzy_search_limit": "0",
    "exit_on_error": "off",
}
"""What a role, a database or a URL may set otherwise, and by which keys would change on their way through the state, or
rows would not be found: pinned in every transaction."""


def apply_settings(connection: Asks, wanted: Mapping[str, str]) -> None:
    """Set the server's parameters until the transaction ends."""
    asked = settings_question(wanted)
    connection.exec_driver_sql(asked.sql, dict(asked.parameters))


def settings_question(wanted: Mapping[str, str]) -> Question:
    """Give the statement that sets them."""
    return Question(statement("settings"), settings_parameters(wanted))


def settings_parameters(wanted: Mapping[str, str]) -> dict[str, str]:
    """Give the parameters of the statement that sets them."""
    return {"names": array(wanted), "values": array(wanted.values())}


def search_settings(definition: Backfill | Claim) -> dict[str, str]:
    """Give the settings under which the definition's SQL finds its tables and arguments, and must see all rows."""
    path = {"search_path": definition.search_path} if definition.search_path else {}
    return {"row_security": "off", **path, **settings(definition.arguments)}


def milliseconds(seconds: float) -> str:
    """Spell a time as PostgreSQL's settings take it; nothing means no limit there, so that it is at least one."""
    return f"{max(1, round(1000 * seconds))}ms"
