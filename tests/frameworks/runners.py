"""How each framework runs a migration, with its real package: as its own commands do it, where that is to be had.

Each function is given the file and the database, a path of SQLite, or a URL of PostgreSQL for the frameworks of `ON_POSTGRES`.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import sqlite3
import sys
import types
from pathlib import Path

ON_POSTGRES = ("odoo", "openupgrade", "upgrade_table", "numbered", "numbered_module")


def loaded(path: Path, **names: object) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    module.__dict__.update(names)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def aerich(path: Path, database: str) -> None:
    from tortoise import Tortoise, connections

    async def run() -> None:
        module = loaded(path)
        await Tortoise.init(db_url=f"sqlite://{database}", modules={"models": [module.__name__]})
        connection = connections.get("default")
        sql = await module.upgrade(connection)
        if sql:
            await connection.execute_script(sql)
        await Tortoise.close_connections()

    asyncio.run(run())


_INITIAL = """from tortoise import fields, migrations
from tortoise.migrations import operations as ops

MODELS = {
    "Lead": ("leads", {"name": fields.CharField(max_length=50), "hot": fields.IntField(default=0), "score": fields.IntField(default=0)}),
    "Note": ("notes", {"lead_id": fields.IntField(null=True), "text": fields.CharField(max_length=50, default="")}),
}


class Migration(migrations.Migration):
    initial = True
    operations = [
        ops.CreateModel(
            name=name,
            fields=[("id", fields.IntField(primary_key=True)), *columns.items()],
            options={"table": table, "app": "models", "pk_attr": "id"},
            bases=["Model"],
        )
        for name, (table, columns) in MODELS.items()
    ]
"""


def tortoise(path: Path, database: str) -> None:
    from tortoise import Tortoise, connections
    from tortoise.migrations.executor import MigrationExecutor, MigrationTarget

    (path.parent / "__init__.py").touch()
    (path.parents[1] / "shop.py").touch()
    (path.parent / "0001_initial.py").write_text(_INITIAL)
    sys.path.insert(0, str(path.parents[1]))
    configuration = {
        "connections": {"default": f"sqlite://{database}"},
        "apps": {"models": {"models": ["shop"], "default_connection": "default", "migrations": "migrations"}},
    }

    async def run() -> None:
        await Tortoise.init(config=configuration)
        executor = MigrationExecutor(connections.get("default"), configuration["apps"])
        await executor.migrate([MigrationTarget("models", "0001_initial")], fake=True)
        await executor.migrate([MigrationTarget("models", path.stem)])
        await Tortoise.close_connections()

    asyncio.run(run())


def piccolo(path: Path, database: str) -> None:
    from piccolo.engine.sqlite import SQLiteEngine

    engine = SQLiteEngine(path=database)
    configuration = types.ModuleType("piccolo_conf")
    configuration.DB = engine
    sys.modules["piccolo_conf"] = configuration

    async def run() -> None:
        manager = await loaded(path).forwards()
        await manager.run()

    asyncio.run(run())


def peewee_migrate(path: Path, database: str) -> None:
    from peewee import SqliteDatabase
    from peewee_migrate import Router

    connection = SqliteDatabase(database)
    Router(connection, migrate_dir=str(path.parent)).run()
    connection.close()


def yoyo(path: Path, database: str) -> None:
    from yoyo import get_backend, read_migrations

    backend = get_backend(f"sqlite:///{database}")
    migrations = read_migrations(str(path.parent))
    with backend.lock():
        backend.apply_migrations(backend.to_apply(migrations))


def script(path: Path, database: str) -> None:
    loaded(path, DATABASE=database)


playhouse = script


def alembic(path: Path, database: str) -> None:
    import sqlalchemy as sa
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    with (
        sa.create_engine(f"sqlite:///{database}").begin() as connection,
        Operations.context(MigrationContext.configure(connection)),
    ):
        loaded(path).upgrade()


ormar = edgy = advanced_alchemy = flask_migrate = alembic


def tasks(path: Path, database: str) -> None:
    """Alembic does not begin a transaction of its own, so that a task's connection need not wait for it."""
    import sqlalchemy as sa
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    with (
        sa.create_engine(f"sqlite:///{database}").connect() as connection,
        Operations.context(MigrationContext.configure(connection)),
    ):
        loaded(path).upgrade()


def prefect(path: Path, database: str) -> None:
    """What a task takes to run, Prefect's own server among it, lies beside the rows."""
    os.environ |= {
        "PREFECT_HOME": f"{database}.prefect",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "90",
    }
    tasks(path, database)


def airflow(path: Path, database: str) -> None:
    os.environ |= {"AIRFLOW_HOME": f"{database}.airflow", "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    tasks(path, database)


def masonite(path: Path, database: str) -> None:
    from masoniteorm.connections import ConnectionResolver

    details = {"default": "sqlite", "sqlite": {"driver": "sqlite", "database": database, "prefix": ""}}
    (path.parent / "config").mkdir()
    (path.parent / "config" / "database.py").write_text(
        f"from masoniteorm.connections import ConnectionResolver\n\nDATABASES = {details!r}\nDB = ConnectionResolver().set_connection_details(DATABASES)\n"
    )
    os.environ["DB_CONFIG_PATH"] = "config.database"
    sys.path.insert(0, str(path.parent))
    from masoniteorm.schema import Schema
    from masoniteorm.schema.platforms import SQLitePlatform

    module = loaded(path)
    migration = module.Fill.__new__(module.Fill)
    migration.schema = Schema(
        connection="sqlite",
        connection_details=details,
        dry=False,
        platform=SQLitePlatform,
        connection_class=ConnectionResolver().connection_factory.make("sqlite"),
    )
    migration.up()


def orator(path: Path, database: str) -> None:
    import collections

    for name in ("Callable", "Mapping", "MutableMapping", "Sequence", "Iterable"):  # where Python's were before 3.10
        setattr(collections, name, getattr(collections.abc, name))
    from orator import DatabaseManager, Model
    from orator.migrations import DatabaseMigrationRepository, Migrator

    manager = DatabaseManager({"default": "main", "main": {"driver": "sqlite", "database": database, "prefix": ""}})
    Model.set_connection_resolver(manager)
    repository = DatabaseMigrationRepository(manager, "_migrations")
    repository.create_repository()
    migrator = Migrator(repository, manager)
    migrator.run(str(path.parent))
    if not repository.get_ran():
        raise RuntimeError("it was not run")


def sqlalchemy_migrate(path: Path, database: str) -> None:
    from migrate.versioning import api

    root = path.parents[1] / "repository"
    api.create(str(root), "shop")
    (root / "versions" / path.name).write_text(path.read_text())
    api.version_control(f"sqlite:///{database}", str(root))
    api.upgrade(f"sqlite:///{database}", str(root))


def upgrade_table(path: Path, url: str) -> None:
    from mautrix.util.async_db import Database

    async def run() -> None:
        database = Database.create(url, upgrade_table=loaded(path).upgrade_table)
        await database.start()
        await database.stop()

    asyncio.run(run())


def numbered(path: Path, url: str) -> None:
    import asyncpg

    async def run() -> None:
        connection = await asyncpg.connect(url)
        await loaded(path).m001_fill(connection)
        await connection.close()

    asyncio.run(run())


def numbered_module(path: Path, url: str) -> None:
    import psycopg

    with psycopg.connect(url) as connection:
        loaded(path).upgrade(connection)


def synapse(path: Path, database: str) -> None:
    from synapse.storage.database import LoggingTransaction
    from synapse.storage.engines import Sqlite3Engine

    with sqlite3.connect(database) as connection:
        engine = Sqlite3Engine({"args": {"database": database}})
        transaction = LoggingTransaction(
            txn=connection.cursor(), name="fill", server_name="main", database_engine=engine
        )
        loaded(path).run_create(transaction, engine)


def odoo(path: Path, url: str) -> None:
    from frameworks.stubs import odoo as stand_in

    stand_in.install()
    cursor = stand_in.Cursor(url)
    loaded(path).migrate(cursor, "16.0.1.0.0")
    cursor.commit()


openupgrade = odoo


def frappe(path: Path, database: str) -> None:
    from frameworks.stubs import frappe as stand_in

    stand_in.install(database)
    loaded(path).execute()
    sys.modules["frappe"].db.commit()
