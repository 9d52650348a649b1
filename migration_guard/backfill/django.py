"""Django's models as they were at a migration, over the connection of a batch: for functions that were loops of a migration.

Django would open a connection of its own, which would wait for the rows that the batch has locked. What is saved is
written only where it differs from what was read, so that a function may be called again for rows that are done.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from migration_guard.backfill.errors import Refused

if TYPE_CHECKING:
    from sqlalchemy import Connection

_READ = "_migration_guard_read"
"""The attribute in which a row keeps what was read of it."""


@contextmanager
def models_at(connection: Connection, app: str, migration: str) -> Iterator[tuple[Any, Any]]:
    """Give what `RunPython` gives to its function: the models as of the end of a migration, and a schema editor.

    Fields whose columns are gone since are no part of the models. The editor has nothing but its `connection`. All queries
    of the block run over the batch's connection.
    """
    from django.db import DEFAULT_DB_ALIAS, connections  # noqa: PLC0415 -- Django is there where its models are

    _set_up()
    own = connections[DEFAULT_DB_ALIAS]
    lent = _lent(connection, DEFAULT_DB_ALIAS)
    models = _models(app, migration, lent)
    connections[DEFAULT_DB_ALIAS] = lent
    try:
        yield models, SimpleNamespace(connection=lent)
        if lent.needs_rollback:
            raise Refused("the function left a transaction of Django's that is to be rolled back")
    finally:
        connections[DEFAULT_DB_ALIAS] = own


def in_order(rows: Any) -> Any:
    """Give a queryset that goes through its rows in one order each time: by their key, where it has none of its own."""
    return rows if rows.ordered else rows.order_by("pk")


def one_at_a_time(connection: Connection, table: str) -> None:
    """Wait until no other batch, of whichever backfill, makes rows of a table that several rows may look for; until this one ends.

    What a batch looks for behind this, and does not find, no other makes meanwhile.
    """
    connection.exec_driver_sql(
        "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(%s, 0))",
        (f"migration_guard makes rows of {table}",),
    )


def _set_up() -> None:
    """Load the project's settings and apps, unless that is done. Raises Refused."""
    import django  # noqa: PLC0415
    from django.apps import apps  # noqa: PLC0415
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415

    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)  # as manage.py has it
    try:
        if not apps.ready:
            django.setup()
    except ImportError as error:
        raise Refused(
            f"Django's settings are not found from {Path.cwd().name}/ ({error}); run it beside manage.py"
        ) from None
    except ImproperlyConfigured as error:
        raise Refused(f"Django is not configured ({str(error).split('.')[0]}); set DJANGO_SETTINGS_MODULE") from None


_KNOWN: dict[tuple[str, str, str], Any] = {}
"""The models as of a migration, by its app, its name, and where the database is; the last that were made."""
_MOST_KNOWN = 8


def _models(app: str, migration: str, wrapper: Any) -> Any:
    key = (app, migration, wrapper.connection.info.dsn)
    if key not in _KNOWN:
        if len(_KNOWN) == _MOST_KNOWN:
            del _KNOWN[next(iter(_KNOWN))]
        _KNOWN[key] = _made(app, migration, wrapper)
    return _KNOWN[key]


def _made(app: str, migration: str, wrapper: Any) -> Any:
    """Put the models together that all migrations up to one make."""
    from django.db.migrations.loader import MigrationLoader  # noqa: PLC0415

    loader = MigrationLoader(None, ignore_no_migrations=True)
    if (app, migration) not in loader.graph.nodes:
        known = [key for key in loader.graph.nodes if key[0] == app]
        raise Refused(f"Django finds no migration {migration} of {app}; it has {len(known)} of that app")
    state = loader.project_state((app, migration))
    _leave_out_what_is_gone(state, wrapper)
    models = state.apps
    for model in models.get_models():
        _write_changes_only(model)
    return models


def _leave_out_what_is_gone(state: Any, wrapper: Any) -> None:
    """Take the fields out of models whose columns later migrations have dropped: whoever speaks of one of them fails."""
    tables = {model.options.get("db_table") or f"{app}_{name}": model for (app, name), model in state.models.items()}
    there: dict[str, set[str]] = {}
    with wrapper.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, a.attname FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid "
            "WHERE c.relname = ANY (%s) AND pg_catalog.pg_table_is_visible(c.oid) AND a.attnum > 0 AND NOT a.attisdropped",
            [list(tables)],
        )
        for table, column in cursor.fetchall():
            there.setdefault(table, set()).add(column)
    for table, columns in there.items():
        fields = tables[table].fields
        for name, field in list(fields.items()):
            column = field.db_column or (f"{name}_id" if field.many_to_one or field.one_to_one else name)
            if not field.many_to_many and column not in columns:
                del fields[name]


def _lent(connection: Connection, alias: str) -> Any:
    """Make Django believe that the batch's connection is its own, in the middle of a transaction."""
    from django.db import connections  # noqa: PLC0415

    wrapper = connections.create_connection(alias)
    if wrapper.vendor != "postgresql":
        raise Refused(f"Django's database {alias} is {wrapper.vendor}; backfills run on PostgreSQL")
    wrapper.connection = _Lent(connection.connection.dbapi_connection, wrapper)
    wrapper.autocommit = False
    wrapper.in_atomic_block = True  # so that `atomic` sets savepoints, and nothing commits
    wrapper.commit_on_exit = False
    return wrapper


class _Lent:
    """A connection of psycopg's that reads and writes values as Django does, and leaves the runner's own way alone."""

    def __init__(self, raw: Any, wrapper: Any) -> None:
        from django.conf import settings  # noqa: PLC0415

        try:
            from django.db.backends.postgresql.psycopg_any import get_adapters_template  # noqa: PLC0415
        except ImportError:
            raise Refused("this Django has no support for psycopg 3; it needs Django 4.2 or later") from None
        self._raw = raw
        self.adapters = get_adapters_template(settings.USE_TZ, wrapper.timezone)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def cursor(self, *_arguments: Any, **_named: Any) -> Any:
        from django.db.backends.postgresql.base import Cursor  # noqa: PLC0415

        return Cursor(self)


def _write_changes_only(model: Any) -> None:
    """Let the rows of a model be saved only where they differ from what was read."""
    from_db, save, refresh = model.from_db.__func__, model.save, model.refresh_from_db

    def read(cls: Any, alias: Any, names: Any, values: Any) -> Any:
        row = from_db(cls, alias, names, values)
        setattr(row, _READ, {name: copy.deepcopy(row.__dict__[name]) for name in names if name in row.__dict__})
        return row

    def written(self: Any, *given: Any, **named: Any) -> None:
        changed = _changed(self)
        if changed is None or given or named.get("force_insert"):
            save(self, *given, **named)
            return
        asked = named.get("update_fields")
        fields = [name for name in changed if asked is None or name in asked or changed[name] in asked]
        if fields:
            stamped = [field.name for field in self._meta.concrete_fields if getattr(field, "auto_now", False)]
            more = [changed[name] for name in fields]
            saved = {*more, *(stamped if asked is None else ())}
            save(self, **{**named, "update_fields": saved})
            _remember(self, saved)

    def refreshed(self: Any, using: Any = None, fields: Any = None, **named: Any) -> None:
        refresh(self, using, fields, **named)  # also what reads a deferred field
        _remember(self, {*(fields or ())})

    model.from_db = classmethod(read)
    model.save = written
    model.refresh_from_db = refreshed
    meta = model._meta  # noqa: SLF001 -- Django's public name for it
    for manager in (*meta.managers_map.values(), meta.base_manager):
        manager.__class__ = _with_changing(manager.__class__)  # managers of relations are made of the class


@lru_cache(maxsize=64)
def _with_changing(manager: Any) -> Any:
    return type(manager.__name__, (manager,), {"_queryset_class": _changing(manager._queryset_class)})  # noqa: SLF001


@lru_cache(maxsize=64)
def _changing(queryset: Any) -> Any:
    """Give a class of querysets whose `bulk_update` and `update` leave rows out that would stay as they are."""

    def bulk_update(self: Any, rows: Sequence[Any], fields: Sequence[str], *given: Any, **named: Any) -> Any:
        wanted = set(fields)
        changed = [(row, _changed(row)) for row in rows]
        left = [
            row
            for row, names in changed
            if names is None or any(name in wanted or field in wanted for name, field in names.items())
        ]
        matched = queryset.bulk_update(self, left, fields, *given, **named) if left else 0
        for row in left:
            _remember(row, wanted)
        return matched

    def update(self: Any, **values: Any) -> Any:
        return queryset.update(self.filter(_would_change(self.model, values)) if values else self, **values)

    update.alters_data = True  # type: ignore[attr-defined] # as Django's own has it
    return type(queryset.__name__, (queryset,), {"bulk_update": bulk_update, "update": update})


def _would_change(model: Any, values: Mapping[str, Any]) -> Any:
    """The condition that a row has other values than it would be given."""
    from django.db.models import BooleanField, F, Func, Q, Value  # noqa: PLC0415

    found = Q()
    for name, value in values.items():
        field = model._meta.get_field(name)  # noqa: SLF001
        if value is None:
            found |= Q(**{f"{field.name}__isnull": False})
            continue
        given = value.pk if hasattr(value, "_meta") else value  # a row, for a foreign key
        if not hasattr(given, "resolve_expression"):
            given = Value(given, output_field=field)
        differs = Func(
            F(field.attname), given, template="(%(expressions)s)", arg_joiner=" IS DISTINCT FROM ",
            output_field=BooleanField(),
        )  # fmt: skip
        found |= Q(differs)
    return found


def _remember(row: Any, names: Collection[str]) -> None:
    """Take what some fields of a row are now, or all of them, for what is in the database."""
    if (read := row.__dict__.get(_READ)) is not None:
        fields = (one for one in row._meta.concrete_fields if not names or one.name in names or one.attname in names)  # noqa: SLF001
        read.update(
            {one.attname: copy.deepcopy(row.__dict__[one.attname]) for one in fields if one.attname in row.__dict__}
        )


def _changed(row: Any) -> dict[str, str] | None:
    """The attributes of a row that differ from what was read, each with its field; None for a row that was not read."""
    read = row.__dict__.get(_READ)
    if read is None:
        return None
    return {
        field.attname: field.name
        for field in row._meta.concrete_fields  # noqa: SLF001
        if field.attname in row.__dict__
        and (field.attname not in read or _differs(field, read[field.attname], row.__dict__[field.attname]))
    }


def _differs(field: Any, read: Any, value: Any) -> bool:
    """Whether a value is another than what was read, as the field would give it back."""
    if read == value:
        return False
    try:
        return bool(field.to_python(value) != read)
    except Exception:  # noqa: BLE001 -- an expression, or nothing that the field takes: the server will say
        return True
