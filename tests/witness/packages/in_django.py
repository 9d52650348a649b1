"""Runs the migrations of Django's apps over made-up rows. In a process of its own: `URL OUTPUT APP ...`."""

from __future__ import annotations

import datetime as dt
import json
import sys
import uuid
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from witness.record import Record

_CONTRIB = ["contenttypes", "auth", "sessions", "messages", "sites", "admin"]
_SPECIAL = ("operations/special.py",)


def main(url: str, output: str, apps: list[str]) -> None:
    _configure(url, apps)
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    state = executor._create_project_state(with_applied_migrations=True)
    executor.recorder.ensure_schema()
    rows = []
    for migration, _ in plan:
        file = import_module(migration.__module__).__file__ or ""
        ours = any(file.startswith(str(Path(import_module(app).__file__ or "").parent)) for app in apps)
        changes = any(one.__class__.__name__ in ("RunPython", "RunSQL") for one in migration.operations)
        if ours and changes:
            _fill(state)
        record = Record(file, there=frozenset(connection.introspection.table_names()))
        error = ""
        try:
            with connection.execute_wrapper(_listener(record)):
                state = executor.apply_migration(state, migration)
        except Exception as failure:  # noqa: BLE001 - told
            error = f"{type(failure).__name__}: {str(failure)[:200]}"
        if ours:
            ran = [[one.kind, one.table, sorted(lines)] for one, lines in record.ran.items()]
            rows.append({"file": file, "ran": ran, "error": error})
        if error:
            break
    Path(output).write_text(json.dumps(rows), "utf-8")


def _listener(record: Record) -> Any:
    def hear(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        frame: Any = sys._getframe(1)
        while frame is not None:
            name = frame.f_code.co_filename
            if name.endswith(_SPECIAL) or name == record.path:
                record.statement(str(sql))
                break
            frame = frame.f_back
        return execute(sql, params, many, context)

    return hear


def _configure(url: str, apps: list[str]) -> None:
    import django
    from django.conf import settings

    parts = urlsplit(url)
    database = {"ENGINE": "django.db.backends.postgresql", "NAME": parts.path.strip("/"), "USER": parts.username}
    middleware = [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ]
    settings.configure(
        SECRET_KEY="none",
        INSTALLED_APPS=[*(f"django.contrib.{name}" for name in _CONTRIB), *apps],
        DATABASES={"default": {**database, "HOST": parts.hostname, "PORT": parts.port}},
        MIDDLEWARE=[*middleware, "allauth.account.middleware.AccountMiddleware"],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        SITE_ID=1,
        USE_TZ=True,
        STATIC_URL="/static/",
        ROOT_URLCONF="witness",
        WAGTAIL_SITE_NAME="none",
        WAGTAILADMIN_BASE_URL="http://localhost",
    )
    django.setup()


def _fill(state: Any) -> None:
    """Put two rows into each empty table; several rounds, since rows refer to rows."""
    from django.db import transaction

    for _ in range(3):
        for model in state.apps.get_models():
            with suppress(Exception), transaction.atomic():
                if not model.objects.exists():
                    for number in (1, 2):
                        model(**_values(model, number)).save(force_insert=True)


def _values(model: Any, number: int) -> dict[str, Any]:
    found = {}
    for field in model._meta.concrete_fields:
        if field.is_relation:
            other = field.related_model._base_manager.order_by("pk")[number - 1 :].first()
            if other is not None:
                found[field.attname] = other.pk
        elif not (field.primary_key and "Auto" in type(field).__name__):
            found[field.attname] = _value(field, number)
    return found


def _value(field: Any, number: int) -> Any:
    if field.choices:
        return next(iter(field.choices))[0]
    kind = field.get_internal_type()
    if "Integer" in kind or kind in ("DecimalField", "FloatField"):
        return number
    simple = {
        "BooleanField": number == 1,
        "DateField": dt.date(2020, 1, number),
        "DateTimeField": dt.datetime(2020, 1, number, tzinfo=dt.timezone.utc),
        "DurationField": dt.timedelta(number),
        "JSONField": {},
        "UUIDField": uuid.uuid4(),
        "GenericIPAddressField": f"10.0.0.{number}",
        "TimeField": dt.time(number),
    }
    return simple.get(kind, f"000{number}"[: field.max_length or 10])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
