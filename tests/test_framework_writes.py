"""What writes in the frameworks of Python: each way by itself, and what only reads beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from baselines.reading import findings

from migration_guard.config import SettingsLoader
from migration_guard.pipeline import Request, check

ODOO = "from odoo import SUPERUSER_ID, api\nfrom openupgradelib import openupgrade\nfrom odoo.upgrade import util\n\n\ndef migrate(cr, version):\n    env = api.Environment(cr, SUPERUSER_ID, {})\n"
FRAPPE = "import frappe\n\n\ndef execute():\n"
AERICH = (
    "from tortoise import BaseDBAsyncClient, connections, fields\nfrom tortoise.models import Model\n"
    "from tortoise.transactions import in_transaction\n\n\nclass Lead(Model):\n    hot = fields.BooleanField()\n\n\n"
    "async def upgrade(db: BaseDBAsyncClient) -> str:\n"
)
PICCOLO = (
    "from piccolo.apps.migrations.auto.migration_manager import MigrationManager\nfrom piccolo.columns import Varchar\n"
    "from piccolo.table import Table\n\n\nclass BigBand(Table):\n    name = Varchar()\n\n\n"
    "async def forwards():\n    manager = MigrationManager(migration_id='1', app_name='a', description='')\n\n"
    "    async def run():\n{0}\n    manager.add_raw(run)\n    return manager\n"
)
PEEWEE = "import peewee as pw\nfrom playhouse.migrate import SqliteMigrator\n\n\ndef migrate(migrator, database, fake=False):\n    Lead = migrator.orm['lead']\n"
ENGINE = "from sqlalchemy import MetaData, Table\n\n\ndef upgrade(migrate_engine):\n    meta = MetaData(bind=migrate_engine)\n"
MASONITE = "from masoniteorm.migrations import Migration\nfrom config.database import DB\n\n\nclass Fill(Migration):\n    def up(self):\n"
PONY = "from pony.orm import Database, commit, db_session, delete, select\n\n\ndef run(Lead):\n    db = Database()\n"
HEADS = {
    "odoo": ODOO, "frappe": FRAPPE, "aerich": AERICH, "peewee_migrate": PEEWEE, "sqlalchemy_migrate": ENGINE,
    "masonite": MASONITE, "script": PONY, "numbered": "async def m001_fill(db):\n",
}  # fmt: skip
WRITES = [
    ("odoo", "env['res.partner'].search([]).mapped('child_ids').write({'a': 1})", "UPDATE None"),
    ("odoo", "for one in env['res.partner'].search([]):\n    one.street = one.city", "UPDATE res_partner"),
    ("odoo", "for one in env['res.partner'].search([]):\n    one['street'] = one.city", "UPDATE res_partner"),
    ("odoo", "env.ref('base.main_company').active = False", "UPDATE None"),
    ("odoo", "setattr(env.ref('base.main_company'), 'active', False)", "UPDATE None"),
    ("odoo", "env['ir.config_parameter'].sudo().set_param('a', 'b')", "OPAQUE None"),
    ("odoo", "partners = env['res.partner']\nfor chunk in [partners.browse([1]), partners.browse([2])]:\n    chunk.unlink()", "DELETE res_partner"),
    ("odoo", "for one in env['a.b'].search([]):\n    one.write({})\n    one.c_ids = [(2, other.id, 0) for other in one.c_ids]", ["UPDATE a_b", "UPDATE a_b", "DML_CALL None"]),
    ("odoo", "env['res.partner'].browse(1).copy()", "INSERT_LOOP res_partner"),
    ("odoo", "openupgrade.load_data(env, 'a', 'b.xml')", "OPAQUE None"),
    ("odoo", "openupgrade.merge_models(cr, 'a', 'b', 'ref')", "DML_CALL None"),
    ("odoo", "util.change_field_selection_values(cr, 'res.partner', 'type', {'a': 'b'})", "DML_CALL None"),
    ("odoo", "cr.executemany('DELETE FROM a WHERE b = %s', [(1,)])", "DELETE a"),
    ("odoo", "def fill(env):\n    env.cr.execute('UPDATE a SET b = 1')\nfill(env)", "UPDATE a"),
    ("odoo", "(env['a.b'].search([]) | env['a.b'].browse(1)).write({})", "UPDATE a_b"),
    ("frappe", "frappe.get_single('Settings').update({'a': 1}).save()", "UPDATE tabSettings"),
    ("frappe", "frappe.new_doc('Lead').update({'a': 1}).insert()", "INSERT_VALUES tabLead"),
    ("frappe", "frappe.get_doc('Lead', 'x').run_method('recalculate')", "OPAQUE None"),
    ("frappe", "frappe.get_attr('a.b')()", "OPAQUE None"),
    ("frappe", "from erpnext.accounts.utils import repost_all\nrepost_all()", "OPAQUE None"),
    ("frappe", "for name in frappe.db.get_all('Lead', pluck='name'):\n    frappe.db.set_value('Lead', name, 'a', 1)", "UPDATE tabLead"),
    ("frappe", "frappe.db.sql(f'UPDATE `tabLead` SET a = {frappe.utils.cint(1)}')", "UPDATE tabLead"),
    ("frappe", "frappe.db.sql('''delete from `tabLead` where name in %s''', (['a'],))", "DELETE tabLead"),
    ("frappe", "frappe.db.multisql({'mariadb': 'UPDATE `tabLead` SET a = 1', 'postgres': 'SELECT 1'})", "UPDATE tabLead"),
    ("frappe", "frappe.qb.update('Lead').set('a', 1).run()", "UPDATE tabLead"),
    ("aerich", "await Lead.filter(id=1).delete()\nreturn ''", "DELETE lead"),
    ("aerich", "lead = await Lead.get(id=1)\nlead.hot = True\nawait lead.save()\nreturn ''", "UPDATE lead"),
    ("aerich", "await Lead.bulk_update([], fields=['hot'])\nreturn ''", "UPDATE lead"),
    ("aerich", "async with in_transaction() as c:\n    await c.execute_query('UPDATE lead SET hot = 1')\nreturn ''", "UPDATE lead"),
    ("aerich", "await connections.get('default').execute_script('DELETE FROM lead')\nreturn ''", "DELETE lead"),
    ("aerich", "parts = ['ALTER TABLE a ADD b int']\nparts.append('UPDATE a SET b = 1')\nreturn ';'.join(parts)", "UPDATE a"),
    ("aerich", "sql = ''\nif db.capabilities.dialect == 'postgres':\n    sql = 'truncate a'\nreturn sql", "TRUNCATE a"),
    ("aerich", "return make_sql()", "OPAQUE None"),
    ("piccolo", "await BigBand.update({BigBand.name: ''}).where(BigBand.name == 'a').run()", "UPDATE big_band"),
    ("piccolo", "await BigBand.delete(force=True)", "DELETE big_band"),
    ("piccolo", "await BigBand.insert(BigBand(name='a'))", "INSERT_VALUES big_band"),
    ("piccolo", "band = await BigBand.objects().first()\nband.name = ''\nawait band.save()", "UPDATE big_band"),
    ("piccolo", "await BigBand.raw('delete from big_band')", "DELETE big_band"),
    ("peewee_migrate", "migrator.run(lambda: Lead.delete().execute())", "DELETE lead"),
    ("peewee_migrate", "with database.atomic():\n    database.execute_sql('UPDATE lead SET a = 1')", "UPDATE lead"),
    ("peewee_migrate", "SqliteMigrator(database).sql('UPDATE lead SET a = 1')", "UPDATE lead"),
    ("peewee_migrate", "for one in Lead.select():\n    one.delete_instance()", "DELETE lead"),
    ("sqlalchemy_migrate", "t = Table('leads', meta, autoload=True)\nt.update().execute()", "UPDATE leads"),
    ("sqlalchemy_migrate", "migrate_engine.connect().execute('DELETE FROM leads')", "DELETE leads"),
    ("masonite", "DB.table('leads').where('a', 1).update({'a': 2})", "UPDATE leads"),
    ("masonite", "self.schema.get_connection().table('leads').delete()", "DELETE leads"),
    ("script", "select(x for x in Lead if x.a).delete(bulk=True)", "DELETE None"),
    ("script", "delete(x for x in Lead)", "DELETE None"),
    ("script", "db.execute('UPDATE lead SET a = 1')", "UPDATE lead"),
    ("masonite", "DB.statement('UPDATE leads SET a = 1')", "UPDATE leads"),
    ("masonite", "DB.statement(query='UPDATE leads SET a = 1')", "UPDATE leads"),
    ("masonite", "from orator import Model\nclass Lead(Model):\n    pass\nLead.find(1).restore()", "UPDATE leads"),
    ("aerich", "lead = await Lead.get(id=1)\nawait lead.update_from_dict({'hot': True}).save()\nreturn ''", "UPDATE lead"),
    ("piccolo", "band = await BigBand.objects().first()\nawait band.update_self({BigBand.name: ''})", "UPDATE big_band"),
    ("frappe", "frappe.db.set_value(*frappe.flags.changed)", "UPDATE None"),
    ("frappe", "def fill(hot):\n    frappe.db.sql('UPDATE `tabLead` SET hot = 1')\nfrappe.enqueue(fill, queue='long', hot=1)", "UPDATE tabLead"),
    ("frappe", "frappe.enqueue('erpnext.stock.utils.repost')", "OPAQUE None"),
    ("frappe", "frappe.enqueue('crm.tasks.fill', queue='long', hot=1)", "OPAQUE None"),
    ("frappe", "frappe.enqueue('crm.fill' if frappe.flags.all else 'crm.fill_some')", "OPAQUE None"),
    ("frappe", "from crm.tasks import fill\nfrappe.enqueue(fill)", "OPAQUE None"),
    ("frappe", "frappe.enqueue_doc('Lead', 'a', 'fill')", "OPAQUE None"),
    ("frappe", "from frappe.utils.background_jobs import execute_job\nexecute_job('site', 'crm.tasks.fill', None, 'fill', {'hot': 1})", "OPAQUE None"),
    ("frappe", "from frappe.utils.background_jobs import execute_job\ndef fill(hot):\n    frappe.db.sql('UPDATE `tabLead` SET hot = 1')\nexecute_job('site', fill, None, 'fill', {'hot': 1})", "UPDATE tabLead"),
    ("odoo", "from odoo.tools import SQL\ncr.execute(SQL('%s', SQL('SELECT refill()')))", "OPAQUE None"),
    ("odoo", "from odoo.tools import SQL\ncr.execute(SQL('SELECT %s', SQL('refill(%s)', 1)))", "OPAQUE None"),
    ("frappe", "for name in frappe.get_hooks('after_fill'):\n    frappe.get_attr(name)()", "OPAQUE None"),
    ("frappe", "frappe.get_module('crm.tasks').fill()", "OPAQUE None"),
    ("frappe", "frappe.get_attr('erpnext.stock.utils.repost')()", "OPAQUE None"),
    ("frappe", "from frappe.utils.fixtures import sync_fixtures\nsync_fixtures()", "DML_CALL None"),
    ("frappe", "frappe.utils.execute_in_shell('mysql -e \"UPDATE tabLead SET a = 1\"')", "UPDATE tabLead"),
    ("frappe", "frappe.db.sql(frappe.qb.into('Lead').columns('a').insert(1).get_sql())", "INSERT_VALUES tabLead"),
    ("numbered", "await db.leads.update_many({}, {'$set': {'hot': 1}})", "OPAQUE None"),
    ("numbered", "await db['leads'].delete_many({})", "OPAQUE None"),
    ("odoo", "env.execute('UPDATE a SET b = 1')", "UPDATE a"),
    ("odoo", "env.add_to_compute(env['a.b']._fields['c'], env['a.b'].search([]))", "UPDATE a_b"),
    ("odoo", "env['a.b'].search([]).modified(['c'])", "UPDATE None"),
    ("odoo", "env['a.b'].search([])._compute_price()", "OPAQUE None"),
    ("odoo", "env['a.b'].search([]).line_ids._compute_quantity()", "OPAQUE None"),
    ("odoo", "openupgrade.set_xml_ids_noupdate_value(env, 'a', ['b'], True)", "UPDATE ir_model_data"),
    ("odoo", "openupgrade.add_xmlid(cr, 'a', 'b', 'c', 1)", "INSERT_VALUES ir_model_data"),
    ("odoo", "openupgrade.disable_invalid_filters(env)", "UPDATE ir_filters"),
    ("odoo", "util.alter_column_type(cr, 'a', 'b', 'int', using='{0}::int')", "UPDATE a"),
    ("odoo", "for one in util.iter_browse(env['a.b'], [1]):\n    one.c = 2", "UPDATE a_b"),
    ("odoo", "openupgrade.move_field_m2o(cr, env.registry, 'a.b', 'c', 'd', 'e.f', 'g')", "DML_CALL None"),
]  # fmt: skip
READS = [
    ("numbered", "print(db.leads.count({}), db.settings.get('a'), db['leads'].find())"),
    ("script", "with db_session:\n    print([x.a for x in select(y for y in Lead)])"),
    ("odoo", "env['res.partner'].search([], limit=1).mapped('name')\ncr.execute('SELECT 1')\nprint(cr.fetchall())"),
    ("odoo", "one = env['a.b'].browse(1)\nprint(one.uom_id._compute_quantity(2, one.other_id), one._compute_price(1, one))"),
    ("odoo", "openupgrade.rename_fields(env, [('a.b', 'a_b', 'c', 'd')])\nutil.remove_field(cr, 'a.b', 'c')"),
    ("odoo", "util.alter_column_type(cr, 'a', 'b', 'int')\nutil.remove_constraint(cr, 'a', 'b')\nopenupgrade.float_to_integer(cr, 'a', 'b')"),
    ("frappe", "frappe.enqueue('frappe.clear_cache', doctype='Lead')"),
    ("frappe", "frappe.reload_doc('a', 'doctype', 'b')\nif frappe.db.exists('Lead', 'x'):\n    print(frappe.get_doc('Lead', 'x').hot)"),
    ("frappe", "doc = frappe.get_doc('Lead', 'x')\ndoc.hot = 1\nprint(doc.as_dict())"),
    ("aerich", "rows = await Lead.filter(hot=True).values('id')\nprint(await Lead.all().count(), rows)\nreturn 'CREATE TABLE a (b int)'"),
    ("piccolo", "print(await BigBand.select(BigBand.name).where(BigBand.name == 'a').run(), await BigBand.count())"),
    ("peewee_migrate", "migrator.add_fields('lead', a=pw.TextField(null=True))\nprint([one.a for one in Lead.select()])"),
    ("sqlalchemy_migrate", "t = Table('leads', meta, autoload=True)\nprint(t.select().execute().fetchall())"),
    ("sqlalchemy_migrate", "from oslo_db.sqlalchemy import utils\nutils.add_index(migrate_engine, 'leads', 'i', ['hot'])\nprint(utils.get_table(migrate_engine, 'leads'))"),
    ("masonite", "with self.schema.table('leads') as table:\n    table.string('a')\nprint(DB.table('leads').get())"),
]  # fmt: skip


STARS = [
    ("script", "from pony.orm import *\ndb = Database()\nclass Lead(db.Entity):\n    hot = Required(int)\nwith db_session:\n    for one in Lead.select():\n        one.hot = 1", ["UPDATE Lead"]),
    ("script", "from peewee import *\nclass Lead(Model):\n    hot = IntegerField()\nLead.update(hot=1).execute()\nprint(Lead.select(fn.COUNT(Lead.id)))", ["UPDATE lead"]),
    ("sqlalchemy_migrate", "from migrate.changeset import *\nfrom sqlalchemy import *\ndef upgrade(migrate_engine):\n    meta = MetaData(migrate_engine)\n    t = Table('leads', meta, Column('a', Integer))\n    t.update().execute()\n    create_column(Column('b', Integer), t)", ["UPDATE leads"]),
    ("alembic", "from alembic.op import *\nfrom sqlalchemy import *\nrevision = '1'\ndef upgrade():\n    bulk_insert(table('leads', column('a')), [{'a': 1}])\n    add_column('leads', Column('x', Integer))", ["INSERT_VALUES leads"]),
    ("alembic", "from alembic.op import *\nrevision = '1'\ndef upgrade():\n    some_plugin()", ["OPAQUE None"]),
    ("frappe", "from frappe import *\ndef execute():\n    get_doc('Lead', 'a').save()\n    print(get_all('Lead'))", ["UPDATE tabLead"]),
]  # fmt: skip
"""Names that only a star gives."""


@pytest.mark.parametrize(("framework", "source", "expected"), STARS)
def test_a_star_binds_what_nothing_else_does(framework: str, source: str, expected: list[str]) -> None:
    assert operations(source, framework) == expected


_PICCOLO_AWAY = PICCOLO.replace(
    "\n\n\nclass BigBand(Table):\n    name = Varchar()", "\nfrom home.tables import BigBand"
)
AWAY: list[tuple[str, str, list[str]]] = [
    ("piccolo", _PICCOLO_AWAY.format("        await BigBand.delete(force=True)\n        band = await BigBand.objects().first()\n        await band.save()"), ["DELETE None", "UPDATE None"]),
    ("piccolo", _PICCOLO_AWAY.format("        print(await BigBand.select())"), []),
    ("aerich", "from app.models import Lead\n\n\nasync def upgrade(db):\n    await Lead.get_or_create(name='x')\n    await Lead.bulk_create([Lead()])\n    return ''", ["INSERT_VALUES None", "INSERT_VALUES None"]),
    ("peewee_migrate", "import peewee as pw\nfrom app.models import Lead\n\n\ndef migrate(migrator, database):\n    for one in Lead:\n        one.delete_instance()\n    print(Lead.select().count())", ["DELETE None"]),
    ("script", "from pony.orm import db_session, delete\nfrom app.entities import Lead\n\nwith db_session:\n    Lead[1].hot = 1\n    delete(x for x in Lead)\n    Lead(name='x')", ["UPDATE None", "DELETE None", "INSERT_VALUES None"]),
    ("masonite", "from masoniteorm.migrations import Migration\nfrom app.Lead import Lead\n\n\nclass Fill(Migration):\n    def up(self):\n        Lead.where('hot', 0).update({'hot': 1})\n        print(Lead.all())", ["UPDATE None"]),
    ("piccolo", PICCOLO.split("    async def run", maxsplit=1)[0] + "    from home import fill\n    manager.add_raw(fill)\n    return manager", ["OPAQUE None"]),
    ("piccolo", PICCOLO.format("        from piccolo.engine import engine_finder\n        await engine_finder().run_ddl('UPDATE a SET b = 1')"), ["UPDATE a"]),
    ("piccolo", PICCOLO.format("        from piccolo.table import create_table_class\n        await create_table_class('SalesLead').delete(force=True)"), ["DELETE sales_lead"]),
    ("piccolo", PICCOLO.format("        from piccolo.table import create_table_class\n        await create_table_class('Lead', class_kwargs={'tablename': 'leads'}).delete(force=True)"), ["DELETE leads"]),
    ("script", "import sqlite_utils\ndb = sqlite_utils.Database('a.db')\nprint(db.tables[0].count)\nfor one in db.tables:\n    one.delete_where()", ["DELETE None"]),
    ("script", "from sqlite_utils import Database\nfrom sqlite_utils.db import Table\nTable(Database('a.db'), 'leads').insert({'hot': 1})", ["INSERT_VALUES leads"]),
    ("script", "from sqlite_utils import cli\ncli.cli(['insert', 'a.db', 'leads', '-'])", ["OPAQUE None"]),
    ("alembic", "from alembic import op\nfrom outside import store\n\nrevision = '1'\ndown_revision = None\n\n\ndef upgrade():\n    store.insert({'hot': 1})\n    names = [1]\n    names.insert(0, 2)", ["OPAQUE None"]),
    ("alembic", "from alembic import op\nfrom outside import store\n\nrevision = '1'\ndown_revision = None\n\n\ndef upgrade():\n    made = store.insert({'hot': 1})\n    if store.bulk_update([made]) and store.size():\n        print(store.insert(0, 2))", ["OPAQUE None", "OPAQUE None"]),
    ("peewee_migrate", "from app import fill\n\n\ndef migrate(migrator, database):\n    migrator.run(fill)\n    migrator.run(print)", ["OPAQUE None"]),
    ("aerich", "from tortoise import Tortoise\n\n\nasync def upgrade(db):\n    await Tortoise.apps['models']['Lead'].filter(a=1).delete()\n    return ''", ["DELETE None"]),
    ("aerich", "from tortoise import Tortoise\n\n\nasync def upgrade(db):\n    for _, model in Tortoise.apps['models'].items():\n        await model.all().delete()\n    return ''", ["DELETE None"]),
    ("numbered", "async def m001_fill(db):\n    async for row in db.cursor('DELETE FROM a RETURNING id'):\n        print(row)\n    db.cursor('SELECT 1')", ["DELETE a"]),
    ("alembic", "import edgy\nfrom alembic import op\nfrom app.models import Lead\nrevision = '1'\n\n\nasync def upgrade():\n    await Lead.query.filter(hot=0).update(hot=1)", ["UPDATE None"]),
]  # fmt: skip
"""Models, and functions that are steps, that a migration imports from out of sight, and what is looked up."""


@pytest.mark.parametrize(("framework", "source", "expected"), AWAY)
def test_a_model_out_of_sight_is_one(framework: str, source: str, expected: list[str]) -> None:
    assert operations(source, framework) == expected


ADDRESSES = [
    ("host='a', dbname='b'", "host='a', dbname='b'", []),
    ("host='a', dbname='b'", "dbname='b', host='a'", []),
    ("host='a', dbname='b'", "dbname='a', host='b'", ["UPDATE leads"]),
    ("'dbname=a', **ours", "'dbname=a', **theirs", ["UPDATE leads"]),
]


@pytest.mark.parametrize(("one", "other", "expected"), ADDRESSES)
def test_a_table_is_new_in_the_database_that_it_was_created_in(one: str, other: str, expected: list[str]) -> None:
    source = (
        "import psycopg\nfrom settings import ours, theirs\n"
        f"psycopg.connect({one}).execute('CREATE TABLE leads (a int)')\n"
        f"psycopg.connect({other}).execute('UPDATE leads SET a = 1')"
    )
    assert operations(source, "script") == expected


FLASK = "from alembic import op\nfrom flask_sqlalchemy import SQLAlchemy\nfrom app.models import Lead\nrevision = '1'\ndown_revision = None\ndb = SQLAlchemy()\n"
SESSIONS = {
    "session = db.session()\ndef upgrade():\n    session.query(Lead).filter(Lead.id == 1).delete()": ["DELETE None"],
    "def upgrade():\n    session = db.create_scoped_session()\n    session.execute('UPDATE leads SET hot = 1')": ["UPDATE leads"],
    "def upgrade():\n    with db.session() as session:\n        print(session.query(Lead).all())": [],
}  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), SESSIONS.items())
def test_a_session_that_flask_sqlalchemy_makes_is_one(source: str, expected: list[str]) -> None:
    assert operations(FLASK + source, "alembic") == expected


EAGER = {
    "tasks_eager": "CELERY_TASK_ALWAYS_EAGER = True", "conf": "app.conf.update(task_always_eager=DEBUG)",
    "base": "CELERY_TASK_ALWAYS_EAGER = env.bool('EAGER')", "old": "CELERYD = {'always_eager': True}",
    "denied": "CELERY_TASK_ALWAYS_EAGER = not env.bool('WORKERS', default=False)", "other": "CELERY_TASK_ALWAYS_EAGER = STAGE != 'live'",
}  # fmt: skip
NOT_EAGER = {
    "base": "CELERY_TASK_ALWAYS_EAGER = env.bool('EAGER', default=False)", "settings": "CELERY_TASK_ALWAYS_EAGER = False",
    "settings_test": "CELERY_TASK_ALWAYS_EAGER = True", "unset": "print('always_eager')",
    "denied": "CELERY_TASK_ALWAYS_EAGER = not env.bool('WORKERS', default=True)",
}  # fmt: skip


CELERY = {
    ".git/HEAD": "", "shop/__init__.py": "", "shop/celery.py": "from celery import Celery\napp = Celery('shop')\n",
    "shop/tasks.py": "from shop.celery import app\nfrom shop.db import connection\n\n\n@app.task\ndef fill():\n    connection.execute('UPDATE leads SET hot = 1')\n",
}  # fmt: skip
"""The layout of Celery's documentation: `shop/celery.py`, which hides no library."""
REVISION = "from alembic import op\n{}\nrevision = '1'\ndown_revision = None\n\n\ndef upgrade():\n    {}\n"


def codes(root: Path, files: dict[str, str]) -> list[str]:
    """What is told of the migrations of a repository."""
    for name, text in (CELERY | files).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    report = check(Request(paths=["shop/versions"], cwd=root, load=SettingsLoader(cwd=root), workers=1))
    assert not report.problems
    return [one.code for one in report.new]


@pytest.mark.parametrize(("stem", "setting"), [*EAGER.items(), *NOT_EAGER.items()])
def test_a_task_runs_where_the_repository_says_so(tmp_path: Path, stem: str, setting: str) -> None:
    revision = REVISION.format("from shop.tasks import fill", "fill.delay()")
    found = codes(tmp_path, {f"shop/{stem}.py": setting, "shop/versions/a.py": revision})
    assert found == (["MG101"] if EAGER.get(stem) == setting else [])


def test_the_setting_is_found_behind_thousands_of_modules(tmp_path: Path) -> None:
    revision = REVISION.format("from shop.tasks import fill", "fill.delay()")
    many = {f"billing/{number}.py": "" for number in range(3_001)}
    assert codes(tmp_path, many | {"shop/base.py": EAGER["base"], "shop/versions/a.py": revision}) == ["MG101"]


TASKS_AWAY = {
    "fill.delay()": False, "fill.apply_async()": False, "fill.s(1).delay()": False, "signature('shop.fill').delay()": False,
    "app.tasks['shop.fill'].delay()": False, "app.tasks['shop.fill'].s().set(queue='a').apply_async()": False,
    "group(fill.s(n) for n in range(2))()": False, "(fill.s() | fill.si()).delay()": False,
    "fill.s(1)()": True, "chain(fill.s(), fill.s()).apply()": True, "(fill.s() | fill.si()).apply()": True,
}  # fmt: skip
"""Whether they run here although the repository has workers."""


@pytest.mark.parametrize("eager", [True, False])
@pytest.mark.parametrize(("body", "always"), TASKS_AWAY.items())
def test_a_task_out_of_sight_that_runs_here_is_told(tmp_path: Path, body: str, always: bool, eager: bool) -> None:
    imports = "from billing.tasks import fill\nfrom celery import chain, group, signature\nfrom shop.celery import app"
    files = {"shop/settings.py": f"task_always_eager = {eager}", "shop/versions/a.py": REVISION.format(imports, body)}
    assert set(codes(tmp_path, files)) == ({"MG109"} if eager or always else set())


def operations(source: str, framework: str) -> list[str]:
    """What is told of a whole file."""
    found = [one.operation for one in findings(source, framework) if one.code < "MG2" and one.operation is not None]
    return [f"{one.kind.value} {one.table}" for one in found]


def told(framework: str, body: str) -> list[str]:
    deep = 8 if framework in ("piccolo", "masonite") else 4
    text = "".join(f"{' ' * deep}{line}\n" for line in body.splitlines())
    return operations(PICCOLO.format(text) if framework == "piccolo" else HEADS[framework] + text, framework)


@pytest.mark.parametrize(("framework", "body", "expected"), WRITES)
def test_what_writes_is_told(framework: str, body: str, expected: str | list[str] | None) -> None:
    every = [expected] if isinstance(expected, str) else expected or []
    assert told(framework, body) == every


@pytest.mark.parametrize(("framework", "body"), READS)
def test_what_reads_is_not(framework: str, body: str) -> None:
    assert told(framework, body) == []
