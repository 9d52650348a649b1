"""Runs programs with Django: an app of real models on SQLite in memory, with rows in every table, anew for each run."""

from __future__ import annotations

import sqlite3
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from witness import switchboard
from witness.program import GROUPS, Program
from witness.record import Connection, Record
from witness.running import ending, loaded

_SHOP = Path(__file__).with_name("shop")
_INITIAL = """\
import django.db.models.deletion
import shop.models
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [("contenttypes", "0002_remove_content_type_name")]
    operations = [
{operations}    ]
"""


def write_app(root: Path) -> None:
    """Write the app `shop`: its models and its first migration, once for each group."""
    app = root / "shop"
    (app / "migrations").mkdir(parents=True, exist_ok=True)
    (app / "__init__.py").touch()
    (app / "migrations" / "__init__.py").touch()
    models, operations = ((_SHOP / name).read_text("utf-8") for name in ("models.txt", "operations.txt"))
    each = [str(group) for group in range(GROUPS)]
    source = "\n\n".join(models.replace("_g", group) for group in each)
    (app / "models.py").write_text(f"from django.db import models\n\n\n{source}")
    (app / "migrations" / "0001_initial.py").write_text(
        _INITIAL.format(operations="".join(operations.replace("_g", group) for group in each))
    )


class DjangoRuns:
    """The app, set up once in this process, and a copy of its database for each run."""

    def __init__(self, root: Path) -> None:
        write_app(root)
        self._state = _set_up(root)
        self._state.is_delayed = False
        _ = self._state.apps  # made once; each run gets a copy
        from django.db import connection

        self._connection = connection
        raw: sqlite3.Connection = connection.connection
        self._template = sqlite3.connect(":memory:")
        raw.backup(self._template)
        self._there = frozenset(name.lower() for name in connection.introspection.table_names())

    def run(self, program: Program, path: Path) -> Record:
        """Run a program with every truth of its conditions."""
        record = Record(str(path), there=self._there)
        code = compile(program.source, str(path), "exec", dont_inherit=True)
        for truths in switchboard.runs(program.questions):
            record.created.clear()
            with loaded(program, path, truths) as module:
                self._reset()
                raw = self._connection.connection
                assert isinstance(raw, Connection)
                raw.listen(record.statement)
                try:
                    with ending(record):
                        exec(code, vars(module))
                        migration = vars(module)["Migration"]("0002_program", "shop")
                        with self._connection.schema_editor(atomic=migration.atomic) as editor:
                            migration.apply(self._state.clone(), editor)
                finally:
                    raw.deafen()
        return record

    def _reset(self) -> None:
        """Give back rows and transactions as they were."""
        connection = self._connection
        connection.ensure_connection()
        connection.connection.rollback()
        connection.in_atomic_block = connection.needs_rollback = connection.closed_in_transaction = False
        connection.savepoint_ids, connection.run_on_commit, connection.atomic_blocks = [], [], []
        connection.commit_on_exit = True
        if not connection.get_autocommit():
            connection.autocommit = True
            connection.connection.isolation_level = None
        connection.connection.refresh(self._template)


def _set_up(root: Path) -> Any:
    """Configure Django, make the tables and their rows, and give the state of the models."""
    sys.path.insert(0, str(root))
    import django
    from django.conf import settings

    if not settings.configured:
        database = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "OPTIONS": {"factory": Connection}}
        settings.configure(
            INSTALLED_APPS=["django.contrib.contenttypes", "shop"],
            DATABASES={"default": database},
            DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
            USE_TZ=True,
        )
        django.setup()
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    state = executor.migrate([("contenttypes", "0002_remove_content_type_name"), ("shop", "0001_initial")])
    _fill(import_module("shop.models"))
    return state


def _fill(models: Any) -> None:
    """Put two rows into each table, and links between them."""
    from django.contrib.contenttypes.models import ContentType

    for group in range(GROUPS):
        for number in (1, 2):

            def make(model: str, group: int = group, **values: Any) -> Any:
                return getattr(models, f"{model}{group}").objects.create(**values)

            customer = make("Customer", name=f"n{number}")
            order = make("Order", customer=customer, total=number)
            order.tags.add(make("Tag"))
            make("Profile", customer=customer)
            make("Item", order=order, product=make("Product"))
            make("Membership", customer=customer, club=make("Club"))
            make("Store")
            content_type = ContentType.objects.get_for_model(models.__dict__[f"Order{group}"])
            make("Log", content_type=content_type, object_id=order.pk)
            make("Wallet", owner=customer)
            make("Badge").holders.add(customer)
