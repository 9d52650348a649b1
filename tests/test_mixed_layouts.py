"""Repositories that hold migrations of several kinds: each file that may change data is told, or named, from the root."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from program import run

ALEMBIC = "from alembic import op\nrevision = '1'\ndown_revision = None\n\n\ndef upgrade():\n    op.execute('UPDATE leads SET hot = 1')\n"
DJANGO = "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    operations = [migrations.RunSQL('UPDATE leads SET hot = 1')]\n"
CLEAN_DJANGO = "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    operations = []\n"
ODOO = "def migrate(cr, version):\n    cr.execute('UPDATE leads SET hot = 1')\n"
FRAPPE = "import frappe\n\n\ndef execute():\n    frappe.db.sql('UPDATE `tabLead` SET hot = 1')\n"
AERICH = "from tortoise import BaseDBAsyncClient\n\n\nasync def upgrade(db: BaseDBAsyncClient) -> str:\n    return 'UPDATE leads SET hot = 1'\n"
TORTOISE = "from tortoise import migrations\nfrom tortoise.migrations import operations as ops\n\n\nclass Migration(migrations.Migration):\n    operations = [ops.RunSQL('UPDATE leads SET hot = 1')]\n"
PICCOLO = "from piccolo.apps.migrations.auto.migration_manager import MigrationManager\nfrom piccolo.table import Table\n\nID = '1'\n\n\nclass Lead(Table):\n    pass\n\n\nasync def forwards():\n    manager = MigrationManager(migration_id=ID, app_name='a', description='')\n\n    async def run():\n        await Lead.raw('UPDATE leads SET hot = 1')\n\n    manager.add_raw(run)\n    return manager\n"
PEEWEE = "import peewee as pw\n\n\ndef migrate(migrator, database, fake=False):\n    migrator.sql('UPDATE leads SET hot = 1')\n\n\ndef rollback(migrator, database, fake=False):\n    pass\n"
YOYO = "from yoyo import step\n\nsteps = [step('UPDATE leads SET hot = 1')]\n"
ENGINE = "def upgrade(migrate_engine):\n    migrate_engine.execute('UPDATE leads SET hot = 1')\n"
ORATOR = "from orator.migrations import Migration\n\n\nclass Fill(Migration):\n    def up(self):\n        self.db.table('leads').update(hot=1)\n\n    def down(self):\n        pass\n"
MAUTRIX = "from mautrix.util.async_db import Connection, UpgradeTable\n\nupgrade_table = UpgradeTable()\n\n\n@upgrade_table.register(description='Fill')\nasync def upgrade_v1(conn: Connection) -> None:\n    await conn.execute('UPDATE leads SET hot = 1')\n"
SYNAPSE = "def run_create(cur, database_engine):\n    cur.execute('UPDATE leads SET hot = 1')\n"
NUMBERED = "async def m001_fill(db):\n    await db.execute('UPDATE leads SET hot = 1')\n"
SOUTH = "from south.v2 import DataMigration\n\n\nclass Migration(DataMigration):\n    def forwards(self, orm):\n        orm['crm.Lead'].objects.update(hot=1)\n"
SQL = "UPDATE leads SET hot = 1;\n"
HELPER = "def fill(cursor):\n    cursor.execute('UPDATE leads SET hot = 1')\n"
MONGO = "from pymongo import MongoClient\n\n\ndef upgrade(db):\n    db.leads.update_many({}, {'$set': {'hot': 1}})\n"
CASSANDRA = "from cassandra.cluster import Cluster\n\n\ndef upgrade(session):\n    session.execute('UPDATE leads SET hot = 1 WHERE id = 1')\n"
BROKEN = "def migrate(cr, version:\n"

Layout = tuple[dict[str, str], dict[str, str], set[str], set[str]]
LAYOUTS: dict[str, Layout] = {
    # files that are told, others with their source, those of them that are named as unread, and those that are a problem
    "Django and Odoo": ({"shop/migrations/0001_a.py": DJANGO, "addons/crm/migrations/17.0.1.0/post-fill.py": ODOO}, {"addons/crm/__manifest__.py": "{'name': 'crm'}\n"}, set(), set()),
    "Django and Alembic in one backend": ({"web/migrations/0001_a.py": DJANGO, "jobs/alembic/versions/1_a.py": ALEMBIC}, {"jobs/alembic/env.py": "from alembic import context\n"}, set(), set()),
    "Odoo addons and Frappe apps": ({"odoo/crm/migrations/17.0.1.0/pre-migration.py": ODOO, "frappe/crm/patches/v15/fill.py": FRAPPE}, {"frappe/crm/patches.txt": "crm.patches.v15.fill\n", "odoo/crm/__manifest__.py": "{}\n"}, set(), set()),
    "hooks above models and tests of an addon": (
        {"crm/post_install.py": "def fill(env):\n    env.cr.execute('UPDATE leads SET hot = 1')\n"},
        {"crm/__manifest__.py": "{'name': 'crm', 'post_init_hook': 'fill'}\n", "crm/models/lead.py": HELPER, "crm/tests/test_lead.py": HELPER},
        set(),
        set(),
    ),
    "hooks of a Frappe app": (
        {"crm/hooks.py": "from crm.install import fill\n\napp_name = 'crm'\nafter_migrate = ['crm.install.fill']\n"},
        {"crm/install.py": "import frappe\n\n\ndef fill():\n    frappe.db.sql('UPDATE `tabLead` SET hot = 1')\n", "crm/doctype/lead.py": HELPER},
        set(),
        set(),
    ),
    "an Odoo helper that a script imports from nowhere": ({"shop/migrations/0001_a.py": DJANGO}, {"shop/migrations/helpers.py": HELPER}, {"shop/migrations/helpers.py"}, set()),
    "aerich beside Alembic": ({"migrations/models/1_20240101_fill.py": AERICH, "legacy/versions/1_a.py": ALEMBIC}, {}, set(), set()),
    "Tortoise's own beside Django's": ({"a/migrations/0002_fill.py": TORTOISE, "b/migrations/0002_fill.py": DJANGO}, {"a/migrations/__init__.py": "", "b/migrations/__init__.py": ""}, set(), set()),
    "Piccolo apps and SQL files": ({"home/piccolo_migrations/home_2024_01_01.py": PICCOLO, "db/migrations/001_fill.sql": SQL}, {"home/piccolo_app.py": "APP = 1\n"}, set(), set()),
    "peewee-migrate and yoyo": ({"app/migrations/001_fill.py": PEEWEE, "audit/migrations/0001.fill.py": YOYO}, {}, set(), set()),
    "yoyo's SQL and Python": ({"migrations/0001.fill.py": YOYO, "migrations/0002.fill.sql": SQL}, {}, set(), set()),
    "sqlalchemy-migrate in an old service": ({"old/migrate_repo/versions/001_fill.py": ENGINE, "new/alembic/versions/1_a.py": ALEMBIC}, {"old/migrate_repo/migrate.cfg": "[db_settings]\n"}, set(), set()),
    "Orator and Masonite": ({"databases/migrations/2024_01_01_000000_fill.py": ORATOR, "database/migrations/2024_01_01_000000_fill.py": ORATOR.replace("orator", "masoniteorm")}, {}, set(), set()),
    "a bridge of Matrix in a server's repository": ({"bridge/db/upgrade/v01_fill.py": MAUTRIX, "synapse/storage/schema/main/delta/72/01fill.py": SYNAPSE, "synapse/storage/schema/main/delta/72/02fill.sql": SQL}, {}, set(), set()),
    "numbered functions beside a web application": ({"ext/migrations.py": NUMBERED, "web/migrations/0001_a.py": DJANGO}, {}, set(), set()),
    "South that nobody removed": ({"shop/south_migrations/0001_a.py": SOUTH, "shop/migrations/0001_a.py": DJANGO}, {}, set(), set()),
    "an index that is filled from rows": ({"shop/migrations/0001_a.py": DJANGO, "ext/migrations.py": f"import elasticsearch\n\n\n{NUMBERED}", "old/versions/001_fill.py": "import pymongo\n\n\n" + ENGINE.replace("migrate_engine", "connection")}, {}, set(), set()),
    "documents beside rows": ({"shop/migrations/0001_a.py": DJANGO}, {"events/migrations/0001_fill.py": MONGO}, {"events/migrations/0001_fill.py"}, set()),
    "Cassandra beside rows": ({"shop/migrations/0001_a.py": DJANGO}, {"feed/migrations/v1_fill.py": CASSANDRA}, {"feed/migrations/v1_fill.py"}, set()),
    "an Odoo script that is no Python": ({"shop/migrations/0001_a.py": DJANGO}, {"addons/crm/migrations/17.0.1.0/post-fill.py": BROKEN}, set(), {"addons/crm/migrations/17.0.1.0/post-fill.py"}),
    "a module that migrates by itself": ({"shop/migrations/0001_a.py": DJANGO}, {"worker/db_migrate.py": HELPER}, {"worker/db_migrate.py"}, set()),
    "a tool that nobody knows": ({"shop/migrations/0001_a.py": DJANGO}, {"tool/migrations/20240101_fill.py": "from ourtool import change\n\n\n@change\ndef go(tx):\n    tx.run('x')\n    tx.execute('UPDATE leads SET hot = 1')\n"}, {"tool/migrations/20240101_fill.py"}, set()),
    "seeds and signals": ({"shop/migrations/0001_a.py": DJANGO}, {"supabase/seed.sql": SQL}, {"supabase/seed.sql"}, set()),
    "nothing but clean ones, and a helper": ({}, {"shop/migrations/0001_a.py": CLEAN_DJANGO, "shop/migrations/fill.sql": SQL}, {"shop/migrations/fill.sql"}, set()),
    "code that is generated into vendor folders": ({"third_party/app/migrations/0001_a.py": DJANGO, "packages/core/src/core/alembic/versions/1_a.py": ALEMBIC}, {}, set(), set()),
    "tools that are used in another way than most": (
        {
            "apps/crm/migrations/models/1_20240101_fill.py": AERICH, "backend/home/piccolo_migrations/home_2024.py": PICCOLO,
            "crm/upgrades/17.0.1.0/post-fill.py": ODOO, "upgrade_scripts/crm/17.0.1.0/end-fill.py": ODOO,
            "databases/migrations/2024_01_01_000000_fill.py": ORATOR.replace("import Migration", "import Migration as Base").replace("(Migration)", "(Base)"),
            "bridge/db/upgrade.py": "from . import table\n\n\n@table.register('Fill')\nasync def upgrade_v2(conn):\n    await conn.execute('UPDATE leads SET hot = 1')\n",
            "erp/patches/v1/fill.py": "from frappe import db as d\n\nexecute = lambda: d.sql('UPDATE `tabLead` SET hot = 1')\n",
        },
        {
            "clickhouse_migrations/0001_fill.py": "from clickhouse_orm import migrations\n\noperations = [migrations.RunSQL('ALTER TABLE leads UPDATE hot = 1 WHERE 1')]\n",
            "cassandra/migrations/v1.cql": "UPDATE leads SET hot = 1 WHERE id = 1;\n",
        },
        {"clickhouse_migrations/0001_fill.py", "cassandra/migrations/v1.cql"},
        set(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_nothing_is_unnamed(name: str, tmp_path: Path) -> None:
    told, others, unread, problems = LAYOUTS[name]
    for path, source in {**told, **others}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(source, encoding="utf-8")
    done = run("check", ".", "--isolated", "--output-format", "json", cwd=tmp_path)
    report = json.loads(done.stdout)
    assert {one["path"] for one in report["findings"] if one["code"] == "MG101"} == {*told}
    assert {one["path"] for one in report["unread"]} == unread
    assert {one["path"] for one in report["problems"]} == problems
    assert done.returncode == (2 if problems else 1 if told else 0)
