"""Runs the migrations of `cases.py` with the real packages, over rows of SQLite, and notes which tables each of them writes.

    python tests/frameworks/execute.py       (in an environment that has aerich, piccolo, peewee-migrate, yoyo, pony, sqlmodel,
                                              ormar, edgy, advanced-alchemy, flask-migrate and masonite-orm; `make frameworks` makes one)

Triggers of the database say what is written, so no framework is asked what it believes.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import types
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from frameworks.cases import BODIES, source

HERE = Path(__file__).parent
ROWS = """
CREATE TABLE leads (id INTEGER PRIMARY KEY, name TEXT NOT NULL, hot INTEGER DEFAULT 0, score INTEGER DEFAULT 0);
CREATE TABLE notes (id INTEGER PRIMARY KEY, lead_id INTEGER, text TEXT);
INSERT INTO leads (name, hot, score) VALUES ('a', 0, 1), ('b', 0, 2), ('c', 0, 3);
INSERT INTO notes (lead_id, text) VALUES (1, 'x'), (1, 'y'), (2, 'z');
CREATE TABLE _written (what TEXT);
"""
WATCH = (
    "CREATE TRIGGER {verb}_{table} AFTER {verb} ON {table} BEGIN INSERT INTO _written VALUES ('{verb} {table}'); END;"
)


def loaded(path: Path, **names: object) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    module.__dict__.update(names)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def aerich(path: Path, database: Path) -> None:
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


def piccolo(path: Path, database: Path) -> None:
    from piccolo.engine.sqlite import SQLiteEngine

    engine = SQLiteEngine(path=str(database))
    configuration = types.ModuleType("piccolo_conf")
    configuration.DB = engine
    sys.modules["piccolo_conf"] = configuration

    async def run() -> None:
        manager = await loaded(path).forwards()
        await manager.run()

    asyncio.run(run())


def peewee_migrate(path: Path, database: Path) -> None:
    from peewee import SqliteDatabase
    from peewee_migrate import Router

    connection = SqliteDatabase(str(database))
    Router(connection, migrate_dir=str(path.parent)).run()
    connection.close()


def yoyo(path: Path, database: Path) -> None:
    from yoyo import get_backend, read_migrations

    backend = get_backend(f"sqlite:///{database}")
    migrations = read_migrations(str(path.parent))
    with backend.lock():
        backend.apply_migrations(backend.to_apply(migrations))


def script(path: Path, database: Path) -> None:
    loaded(path, DATABASE=str(database))


def alembic(path: Path, database: Path) -> None:
    import sqlalchemy as sa
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    with (
        sa.create_engine(f"sqlite:///{database}").begin() as connection,
        Operations.context(MigrationContext.configure(connection)),
    ):
        loaded(path).upgrade()


ormar = edgy = advanced_alchemy = flask_migrate = alembic


def masonite(path: Path, database: Path) -> None:
    from masoniteorm.connections import ConnectionResolver

    details = {"default": "sqlite", "sqlite": {"driver": "sqlite", "database": str(database), "prefix": ""}}
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


NAMES = {"aerich": "1_20240101000000_fill.py", "masonite": "2024_01_01_000000_fill.py"}


def executed(framework: str, body: str) -> list[str]:
    """What a migration writes, in a process of its own: packages keep what they were told."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "migrations" / NAMES.get(framework, "001_fill.py")
        path.parent.mkdir()
        path.write_text(source(framework, body), encoding="utf-8")
        database = Path(folder) / "rows.db"
        with sqlite3.connect(database) as connection:
            connection.executescript(ROWS)
            for table in ("leads", "notes"):
                for verb in ("INSERT", "UPDATE", "DELETE"):
                    connection.execute(WATCH.format(verb=verb, table=table))
        command = [sys.executable, "-W", "ignore", __file__, "--one", framework, str(path), str(database)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
        if done.returncode != 0:
            return ["FAILED", done.stderr.strip().splitlines()[-1]]
        with sqlite3.connect(database) as connection:
            return sorted({what for (what,) in connection.execute("SELECT what FROM _written")})


def main() -> int:
    if sys.argv[1:2] == ["--one"]:
        globals()[sys.argv[2]](Path(sys.argv[3]), Path(sys.argv[4]))
        return 0
    found = {}
    failed = 0
    for framework in sys.argv[1:] or BODIES:
        found[framework] = {body: executed(framework, body) for body in BODIES[framework]}
        for body, what in found[framework].items():
            if what[:1] == ["FAILED"]:
                failed += 1
                print(f"{framework}: {body!r}: {what[1]}")
    known = json.loads((HERE / "executed.json").read_text()) if (HERE / "executed.json").exists() else {}
    (HERE / "executed.json").write_text(json.dumps({**known, **found}, indent=1) + "\n")
    print({framework: f"{sum(map(bool, each.values()))} of {len(each)} write" for framework, each in found.items()})
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
