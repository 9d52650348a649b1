"""The gate before a migration that needs a backfill's work: it passes only what was verified, and holds still."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from migration_guard.backfill.asks import Asks, asking, column_of
from migration_guard.backfill.definition import Backfill, Claim, DefinitionError, nearest
from migration_guard.backfill.earned import Earned, Verdict, earned_from
from migration_guard.backfill.going_on import going_on
from migration_guard.backfill.legacy import LegacyBackfill
from migration_guard.backfill.offline import is_offline, write_check
from migration_guard.backfill.pinned import SPELLING, apply_settings, search_settings
from migration_guard.backfill.registry import Definition, load_definitions
from migration_guard.backfill.statements import VERSION, statement
from migration_guard.backfill.transitions import State
from migration_guard.backfill.trust import Use, asked, distrusted
from migration_guard.backfill.writers import POLL, writers
from migration_guard.config import SettingsLoader
from migration_guard.config.settings import Settings

CHANGED = "its definition has changed since; `migration-guard backfill retry` starts it anew"
_MARK = "migration_guard.looks"
EMPTY = 5.0
"""Seconds that are waited for transactions that have written to a table without rows."""


class BackfillUnfinished(Exception):
    """A backfill that a migration needs has not been verified as complete."""


class NotLookedAt(UserWarning):
    """A backfill that was complete passes, and not all of its rows were looked at again."""


def require_backfill(
    connection: Any,
    backfill: str | Backfill | LegacyBackfill,
    *,
    table: str | None = None,
    schema: str | None = None,
    prove: bool = False,
    arguments: Mapping[str, str] | None = None,
) -> None:
    """Raise unless a backfill is complete, or its table has no rows, as in a fresh installation.

    The connection is SQLAlchemy's (Alembic's `op.get_bind()`), Django's (`schema_editor.connection`) or a driver's.
    A key is looked up among the definitions that the nearest configuration names, as what was done is compared with what
    is wanted now. Rows that came since are looked at for a few seconds; with `prove` all rows are, however long it takes.
    Rows of before that there was no time for are told by a warning, NotLookedAt. With arguments it is the backfill that was
    run with these.
    """
    if connection is None:
        raise BackfillUnfinished("there is no connection, as in an offline migration: nothing can be verified")
    settings = SettingsLoader(cwd=Path.cwd()).for_folder(Path.cwd())
    if arguments:
        backfill = _with(arguments, _configured(backfill, settings) if isinstance(backfill, str) else backfill)
    schema = schema or settings.backfill.state_schema
    if is_offline(connection):
        if prove:
            raise BackfillUnfinished(
                "an offline script asks the state alone, and `prove=True` looks at rows: run it online"
            )
        _write_check(connection, backfill, settings, table, schema)
        return
    key, ask = backfill if isinstance(backfill, str) else backfill.key, asking(connection)
    with _unverified(key):
        earned = _earned(ask, key, schema, settings.backfill.state_owners)
    known = (earned.table if earned else None) if isinstance(backfill, str) else backfill.table
    claim = None if isinstance(backfill, str) else backfill.claim
    if not (table or known):
        known = _configured_table(key, settings)
    name = table or known
    if name is None:
        places = f"schema {schema} and the configuration do not know it; `table=` names its table"
        raise BackfillUnfinished(f"no backfill has the key {key}: {places}")
    if not _has_rows(ask, claim or Claim(key, name, "true"), name, known):
        return
    if earned is None or earned.state is not State.COMPLETED:
        how = str(earned) if earned else "has never been run"
        raise BackfillUnfinished(f"backfill {key} {how}; {going_on(connection, key)}")
    definition = _configured(key, settings) if isinstance(backfill, str) else backfill
    if isinstance(definition, str):
        raise BackfillUnfinished(f"backfill {key} {earned}, but nobody can say of what: {definition}")
    verdict = _judged(ask, definition, earned, schema, prove=prove)
    if not verdict.passed:
        raise BackfillUnfinished(f"backfill {key} {verdict}")
    if verdict.apart is not None:
        warnings.warn(f"backfill {key} {verdict}, and so does `prove=True`", NotLookedAt, stacklevel=2)


def _with(arguments: Mapping[str, str], definition: Definition | str) -> Backfill:
    if not isinstance(definition, Backfill):
        why = definition if isinstance(definition, str) else "an entry of a registry takes none"
        raise BackfillUnfinished(f"arguments were given, and nobody can say to what: {why}")
    try:
        return definition.bind(arguments)
    except DefinitionError as error:
        raise BackfillUnfinished(str(error)) from None


def _write_check(
    connection: Any, backfill: str | Backfill | LegacyBackfill, settings: Settings, table: str | None, schema: str
) -> None:
    """Write the question into the script that is being made: the database answers it."""
    found = _configured(backfill, settings) if isinstance(backfill, str) else backfill
    known = None if isinstance(found, str) else found
    key = backfill if isinstance(backfill, str) else backfill.key
    name = table or (known.table if known is not None else None)
    if name is None:
        raise BackfillUnfinished(f"backfill {key}: {found}; `table=` names its table")
    try:
        write_check(connection, key, name, schema, known.fingerprint if known is not None else None)
    except ValueError as error:
        raise BackfillUnfinished(f"backfill {key}: {error}") from None


def _judged(ask: Asks, definition: Definition, earned: Earned, schema: str, *, prove: bool) -> Verdict:
    """Judge for a migration: whatever goes wrong is no proof."""
    try:
        from migration_guard.backfill.verdict import verdict_on  # noqa: PLC0415 -- what reads rows needs the extra
    except ImportError:
        needs = "the extra is not installed: pip install 'migration-guard[backfill]'"
        raise BackfillUnfinished(f"backfill {definition.key} {earned}, and nothing can be looked at: {needs}") from None
    late = "is completed, and not proven beyond its bound: the time is over; `prove=True` takes as long as it needs"
    with _unverified(definition.key, late):
        return verdict_on(ask, definition, earned, schema, prove=prove)


@contextmanager
def _unverified(key: str, late: str = "") -> Iterator[None]:
    """Let whatever goes wrong be no proof, and be told as that; or something else of what takes too long."""
    try:
        yield
    except BackfillUnfinished:
        raise
    except Exception as error:
        cause = getattr(error, "orig", None) or error
        state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
        if state == "57014" and late:
            raise BackfillUnfinished(f"backfill {key} {late}") from error
        why = f"{type(cause).__name__}{f' (SQLSTATE {state})' if state else f': {error}'}"
        raise BackfillUnfinished(f"backfill {key} cannot be verified: {why}") from error


@contextmanager
def looking(ask: Asks, claim: Claim) -> Iterator[None]:
    """Look under the definition's settings, and leave the caller's as they were; in a transaction, whoever began it."""
    settings = {**SPELLING, **search_settings(claim), "statement_timeout": "120s", _MARK: "yes"}
    names = {"names": [*settings, "role"]}
    before = ask.exec_driver_sql(statement("settings_before"), names).scalar()
    apply_settings(ask, settings)
    marked = ask.exec_driver_sql(statement("settings_before"), {"names": [_MARK]}).scalar()
    ours = marked != ["yes"]  # it was gone with its statement: everything is committed at once here
    if not ours:
        yield
        restored = dict(zip(names["names"], before))
        apply_settings(ask, {name: restored[name] for name in settings if name != _MARK} | {_MARK: ""})
        if claim.role:
            apply_settings(ask, {"role": restored["role"]})
        return
    ask.exec_driver_sql("BEGIN ISOLATION LEVEL READ COMMITTED")
    try:
        apply_settings(ask, settings)
        yield
    finally:
        ask.exec_driver_sql("ROLLBACK")


def _earned(ask: Asks, key: str, schema: str, owners: Sequence[str]) -> Earned | None:
    stranger = ask.exec_driver_sql(statement("strangers"), dict(asked(schema, owners, Use.READ))).first()
    if stranger is not None:
        raise BackfillUnfinished(f"backfill {key}: {distrusted(schema, stranger)}")
    state = ('"' + schema.replace('"', '""') + '"').replace("%", "%%")
    if not _there(ask, f"{state}.versions"):
        return None
    version = ask.exec_driver_sql(statement("version", state=state), {}).scalar()
    if version != VERSION:
        todo = "the next run upgrades it" if version < VERSION else "upgrade migration-guard here"
        raise BackfillUnfinished(f"the state in schema {schema} is of version {version}, not {VERSION}: {todo}")
    row = ask.exec_driver_sql(statement("gate", state=state), {"backfill": key}).first()
    return earned_from(row) if row is not None else None


def _there(ask: Asks, name: str) -> bool:
    return bool(ask.exec_driver_sql(statement("gate_ready"), {"name": name.replace("%%", "%")}).scalar())


def _has_rows(ask: Asks, claim: Claim, name: str, known: str | None) -> bool:
    """Tell whether a table has rows; one that a policy filters, or that somebody fills just now, must not look empty."""
    of = f"backfill {claim.key}"
    with _unverified(claim.key), looking(ask, claim):
        if (hidden := blind(ask)) is not None:
            raise BackfillUnfinished(f"{of} cannot be verified: {hidden}")
        oid, found, stays = ask.exec_driver_sql(statement("qualified"), {"table": name}).first() or (0, None, False)
        if found is None:
            raise BackfillUnfinished(f"{of}: there is no table {name}")
        if not stays:
            raise BackfillUnfinished(
                f"{of}: {name} is no ordinary or partitioned table here; name the table, with its schema"
            )
        if known and ask.exec_driver_sql(statement("same_table"), {"one": name, "other": known}).scalar() is False:
            raise BackfillUnfinished(f"{of}: `table=` names {name}, and its table is {known}")
        members = tuple(column_of(ask, "members", oid=oid))
        sql = statement("any_row", table=found.replace("%", "%%"))
        deadline = time.monotonic() + EMPTY
        while True:
            filled = writers(ask, members)  # before the rows: who has committed by then is seen
            if ask.exec_driver_sql(sql, {}).scalar():
                return True
            if not filled:
                return False
            if time.monotonic() >= deadline:
                raise BackfillUnfinished(
                    f"{of}: {name} has no rows, and a transaction that has written to it does not end"
                )
            time.sleep(POLL)


def blind(ask: Asks) -> str | None:
    """Say why a transaction cannot see what others have committed, if so."""
    hidden = ask.exec_driver_sql(statement("sees")).scalar()
    return str(hidden) if hidden is not None else None


def _configured(key: str, settings: Settings) -> Definition | str:
    """Give the definition with a key, or say why there is none."""
    if not settings.backfill.modules:
        return "no configuration names its module (`modules`), and no definition was given"
    try:
        definitions = load_definitions(settings.backfill.modules, settings.root)
    except DefinitionError as error:
        return str(error)
    known = {one.key: one for one in definitions}
    return known.get(key) or f"its definition is in none of {', '.join(settings.backfill.modules)}{nearest(key, known)}"


def _configured_table(key: str, settings: Settings) -> str | None:
    definitions = load_definitions(settings.backfill.modules, settings.root)
    return next((one.table for one in definitions if one.key == key), None)
