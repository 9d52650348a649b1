"""Migrations of frameworks, most of them a line or two: half of them change rows, half of them only look or change the schema.

What each of them writes is not stated here: `execute.py` runs them with the real packages and notes it in `executed.json`.
"""

from __future__ import annotations

from frameworks import alembics, further, houses, idioms, siblings, task_runners, ways

HEADS = {
    "aerich": """import asyncio

from tortoise import BaseDBAsyncClient, connections, fields
from tortoise.expressions import F, Q
from tortoise.functions import Count
from tortoise.models import Model
from tortoise.transactions import in_transaction


class Lead(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=50)
    hot = fields.IntField(default=0)
    score = fields.IntField(default=0)

    class Meta:
        table = "leads"


class Note(Model):
    id = fields.IntField(primary_key=True)
    lead = fields.ForeignKeyField("models.Lead", related_name="notes", null=True)
    text = fields.CharField(max_length=50, default="")

    class Meta:
        table = "notes"


async def upgrade(db: BaseDBAsyncClient) -> str:
""",
    "piccolo": """import asyncio

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import ForeignKey, Integer, Varchar
from piccolo.table import Table

ID = "2024-01-01T10:00:00:000000"


class Lead(Table, tablename="leads"):
    name = Varchar(length=50)
    hot = Integer(default=0)
    score = Integer(default=0)


class Note(Table, tablename="notes"):
    lead_id = Integer(null=True, default=None)
    text = Varchar(length=50, default="")


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="shop", description="")

    async def run():
""",
    "peewee_migrate": """import peewee as pw
from playhouse.shortcuts import model_to_dict


def migrate(migrator, database, fake=False, **kwargs):
    db = database

    class Lead(pw.Model):
        name = pw.CharField()
        hot = pw.IntegerField(default=0)
        score = pw.IntegerField(default=0)

        class Meta:
            database = db
            table_name = "leads"

    class Note(pw.Model):
        lead = pw.ForeignKeyField(Lead, null=True, backref="notes", column_name="lead_id")
        text = pw.CharField(default="")

        class Meta:
            database = db
            table_name = "notes"

""",
    "yoyo": """from yoyo import group, step


""",
    "script": """from pony.orm import Database, Optional, PrimaryKey, Required, Set, commit, count, db_session, delete, flush, select

db = Database()


class Lead(db.Entity):
    _table_ = "leads"
    id = PrimaryKey(int, auto=True)
    name = Required(str)
    hot = Required(int, default=0)
    score = Required(int, default=0)


class Note(db.Entity):
    _table_ = "notes"
    id = PrimaryKey(int, auto=True)
    lead_id = Optional(int)
    text = Optional(str)


db.bind(provider="sqlite", filename=DATABASE)
db.generate_mapping()

with db_session:
""",
    "alembic": """import sqlalchemy as sa
from alembic import op
from sqlmodel import Field, Session, SQLModel, col, delete, func, insert, select, update

revision = "1"
down_revision = None


class Lead(SQLModel, table=True):
    __tablename__ = "leads"
    id: int | None = Field(default=None, primary_key=True)
    name: str
    hot: int = 0
    score: int = 0


class Note(SQLModel, table=True):
    __tablename__ = "notes"
    id: int | None = Field(default=None, primary_key=True)
    lead_id: int | None = None
    text: str = ""


def upgrade():
    session = Session(op.get_bind())
""",
    "masonite": """from masoniteorm.migrations import Migration
from masoniteorm.models import Model
from masoniteorm.query import QueryBuilder


class Lead(Model):
    __table__ = "leads"
    __timestamps__ = False
    __fillable__ = ["name", "hot", "score"]


class Note(Model):
    __table__ = "notes"
    __timestamps__ = False
    __fillable__ = ["text", "lead_id"]


class Fill(Migration):
    def up(self):
""",
}
DEPTH = {"aerich": 4, "piccolo": 8, "peewee_migrate": 4, "yoyo": 0, "script": 4, "alembic": 4, "masonite": 8}
TAILS = {
    "piccolo": "\n    manager.add_raw(run)\n    return manager\n",
    "masonite": "\n    def down(self):\n        pass\n",
}
BODIES = {
    "aerich": [
        'return "UPDATE leads SET hot = 1"',
        'return """\n    ALTER TABLE leads ADD extra INT;\n    UPDATE leads SET extra = 0;"""',
        'await db.execute_query("DELETE FROM notes WHERE id = ?", [1])',
        "await db.execute_script(\"INSERT INTO notes (text) VALUES ('x')\")",
        "await Lead.filter(hot=0).update(hot=1)",
        "await Lead.all().delete()",
        "lead = await Lead.first()\nlead.hot = 1\nawait lead.save()",
        'await Lead.create(name="x")',
        'await Lead(name="x").save()',
        'await Lead.bulk_create([Lead(name="x")])',
        'leads = await Lead.all()\nfor lead in leads:\n    lead.hot = 1\nawait Lead.bulk_update(leads, fields=["hot"])',
        "async for lead in Lead.all():\n    await lead.delete()",
        'await Lead.get_or_create(name="new")',
        'await Lead.update_or_create(name="a", defaults={"hot": 1})',
        "async with in_transaction() as c:\n    await c.execute_insert(\"INSERT INTO notes (text) VALUES (?)\", ['x'])",
        'await db.execute_many("UPDATE leads SET hot = ? WHERE id = ?", [[1, 1], [1, 2]])',
        'await db.execute_query_dict("DELETE FROM notes RETURNING id")',
        "await asyncio.gather(*[Lead.filter(id=i).update(hot=1) for i in (1, 2)])",
        'await Lead.raw("UPDATE leads SET hot = 1 RETURNING *")',
        "lead = await Lead.get(id=1)\nawait lead.notes.all().delete()",
        "await Note.filter(lead__hot=0).update(text='x')",
        "note = await Note.get(id=1)\nlead = await note.lead\nlead.hot = 2\nawait lead.save(update_fields=['hot'])",
        "await connections.get('default').execute_query('UPDATE leads SET hot = 1')",
        "await Lead.filter(id=1).update(score=F('score') + 1)",
        "lead = await Lead.get(id=1)\nlead.update_from_dict({'hot': 3})\nawait lead.save()",
        "conn = Lead._meta.db\nawait conn.execute_query('UPDATE leads SET hot = 1')",
        # what changes no rows
        'return ""',
        'return "ALTER TABLE leads ADD extra INT"',
        'return "CREATE INDEX i ON leads (hot)"',
        "print(await Lead.all().count())",
        "print(await Lead.filter(Q(hot=0) | Q(score=1)).values('id'))",
        "lead = await Lead.first()\nlead.hot = 1",
        "lead = Lead(name='x')\nprint(lead.name)",
        "print(await Lead.filter(hot=1).exists())",
        "rows = await db.execute_query_dict('SELECT * FROM leads')\nprint(rows)",
        "print(await Lead.annotate(n=Count('notes')).values_list('n', flat=True))",
        "for note in await Note.all().prefetch_related('lead'):\n    print(note.text)",
        "print(Lead.filter(hot=1).sql())",
        "await db.execute_script('CREATE TABLE extra (id INT)')",
    ],
    "piccolo": [
        "await Lead.update({Lead.hot: 1}, force=True)",
        "await Lead.update({Lead.hot: 1}).where(Lead.id == 1).run()",
        "await Lead.delete(force=True)",
        "await Lead.delete().where(Lead.hot == 0)",
        "await Lead.insert(Lead(name='x'))",
        "lead = await Lead.objects().first()\nlead.hot = 1\nawait lead.save()",
        "await Lead(name='x').save()",
        "lead = await Lead.objects().get(Lead.id == 1)\nawait lead.remove()",
        "await Lead.raw('UPDATE leads SET hot = 1')",
        "await Lead.raw('DELETE FROM notes WHERE id = {}', 1)",
        "await Lead.objects().get_or_create(Lead.name == 'new')",
        "await Lead.objects().create(name='x')",
        "for lead in await Lead.objects():\n    lead.hot = 2\n    await lead.save([Lead.hot])",
        "async with Lead._meta.db.transaction():\n    await Lead.update({Lead.hot: 1}, force=True)",
        "await asyncio.gather(Lead.update({Lead.hot: 1}, force=True).run())",
        "lead = await Lead.objects().first()\nawait lead.update_self({Lead.hot: 5})",
        "await Lead._meta.db.run_ddl('UPDATE leads SET hot = 1')",
        "await Note.insert(*[Note(text='a'), Note(text='b')])",
        "await Lead.update({Lead.score: Lead.score + 1}, force=True)",
        # what changes no rows
        "print(await Lead.select(Lead.name).where(Lead.hot == 0))",
        "print(await Lead.count())",
        "print(await Lead.exists().where(Lead.hot == 1))",
        "lead = await Lead.objects().first()\nlead.hot = 1",
        "lead = Lead(name='x')\nprint(lead.name)",
        "print(await Lead.raw('SELECT * FROM leads'))",
        "await Lead.alter().add_column('extra', Integer(null=True, default=None))",
        "await Lead.create_index([Lead.hot])",
        "print(await Lead.objects().where(Lead.hot == 0).order_by(Lead.id).limit(1))",
        "await Lead.raw('CREATE TABLE extra (id INT)')",
        "print([lead.name for lead in await Lead.objects().output(load_json=True)])",
    ],
    "peewee_migrate": [
        "migrator.sql('UPDATE leads SET hot = 1')",
        "migrator.run(lambda: Lead.update(hot=1).execute())",
        "@migrator.run\ndef fill():\n    Lead.update(hot=1).where(Lead.id == 1).execute()",
        "migrator.run(lambda: Lead.delete().where(Lead.hot == 0).execute())",
        "Lead.insert(name='x').execute()",
        "Lead.insert_many([{'name': 'x', 'hot': 0, 'score': 0}]).execute()",
        "Note.insert_from(Lead.select(Lead.name), [Note.text]).execute()",
        "Lead.create(name='x')",
        "lead = Lead.get(Lead.id == 1)\nlead.hot = 1\nlead.save()",
        "for lead in Lead.select():\n    lead.delete_instance()",
        "Lead.get_by_id(1).delete_instance()",
        "Lead.delete_by_id(1)",
        "Lead.set_by_id(1, {'hot': 1})",
        "database.execute_sql('DELETE FROM notes')",
        "with database.atomic():\n    Lead.update({Lead.hot: Lead.hot + 1}).execute()",
        "Lead.bulk_create([Lead(name='x')])",
        "leads = list(Lead.select())\nfor lead in leads:\n    lead.hot = 4\nLead.bulk_update(leads, fields=[Lead.hot])",
        "Lead.get_or_create(name='new')",
        "Lead.replace(id=1, name='x', hot=1, score=1).execute()",
        "for note in Lead.get_by_id(1).notes:\n    note.delete_instance()",
        "query = Lead.update(hot=1)\nquery.execute(database)",
        "database.execute(Lead.update(hot=1))",
        "Lead(name='x').save(force_insert=True)",
        "migrator.sql('DELETE FROM notes WHERE id = ?', 1)",
        "Lead.insert(name='x').on_conflict_ignore().execute()",
        "migrator.add_fields(Lead, extra=pw.IntegerField(default=0))",
        "migrator.add_fields(Lead, extra=pw.IntegerField(null=True, default=0))",
        "migrator.add_fields(Lead, extra=pw.CharField(default=''), other=pw.CharField(null=True))",
        # what changes no rows
        "print(Lead.select().count())",
        "print([lead.name for lead in Lead.select().where(Lead.hot == 0)])",
        "query = Lead.update(hot=1)\nprint(query.sql())",
        "lead = Lead.get_by_id(1)\nlead.hot = 1",
        "print(Lead(name='x').name)",
        "migrator.sql('CREATE INDEX i ON leads (hot)')",
        "migrator.sql('ALTER TABLE leads ADD extra INT')",
        "print(Lead.get_or_none(Lead.id == 9))",
        "print(model_to_dict(Lead.get_by_id(1)))",
        "print(database.execute_sql('SELECT * FROM leads').fetchall())",
        "print(list(Lead.select(Lead, Note).join(Note, pw.JOIN.LEFT_OUTER).dicts()))",
        "print(Lead.delete().where(Lead.hot == 0).sql())",
        "print(Lead.select().exists(), database.table_exists('leads'), database.get_columns('leads'))",
        "migrator.add_fields(Lead, extra=pw.IntegerField(null=True))",
        "migrator.add_fields(Lead, extra=pw.CharField(null=True))\nmigrator.rename_field(Lead, 'score', 'points')",
    ],
    "yoyo": [
        "steps = [step('UPDATE leads SET hot = 1')]",
        "step('DELETE FROM notes')",
        "step('UPDATE leads SET hot = 1', 'UPDATE leads SET hot = 0')",
        "def apply(conn):\n    conn.cursor().execute('UPDATE leads SET hot = 1')\n\n\nsteps = [step(apply)]",
        "def apply(conn):\n    cur = conn.cursor()\n    cur.execute('SELECT id FROM leads')\n    for (i,) in cur.fetchall():\n        cur.execute('UPDATE leads SET hot = ? WHERE id = ?', (1, i))\n\n\nstep(apply)",
        "steps = [group([step('DELETE FROM notes'), step('UPDATE leads SET hot = 1')])]",
        "step(\"INSERT INTO notes (text) VALUES ('x')\", ignore_errors='apply')",
        "steps = [step(f'UPDATE {t} SET id = id + 100') for t in ('leads', 'notes')]",
        "__depends__ = set()\n\nsteps = [step(apply=\"UPDATE notes SET text = ''\")]",
        "def apply(conn):\n    conn.cursor().executemany('DELETE FROM notes WHERE id = ?', [(1,), (2,)])\n\n\nsteps = [step(apply, lambda conn: None)]",
        "SQL = 'UPDATE leads SET score = 0'\nstep(SQL)",
        "def apply(conn):\n    conn.execute('REPLACE INTO notes (id, text) VALUES (1, \\'z\\')')\n\n\nstep(apply)",
        # what changes no rows
        "steps = [step('CREATE TABLE extra (id INT)', 'DROP TABLE extra')]",
        "step('ALTER TABLE leads ADD extra INT')",
        "step('CREATE INDEX i ON leads (hot)')",
        "step('SELECT count(*) FROM leads')",
        "def apply(conn):\n    cur = conn.cursor()\n    cur.execute('SELECT id FROM leads')\n    print(cur.fetchall())\n\n\nsteps = [step(apply)]",
        "def fill(conn):\n    conn.cursor().execute('UPDATE leads SET hot = 1')\n\n\nstep('CREATE TABLE extra (id INT)')",
        "steps = []",
        "step('CREATE VIEW v AS SELECT * FROM leads', 'DROP VIEW v')",
        "steps = [group([step('CREATE TABLE extra (id INT)'), step('CREATE TABLE other (id INT)')])]",
    ],
    "script": [
        "Lead[1].hot = 1",
        "Lead[1].set(hot=1, score=2)",
        "for lead in Lead.select():\n    lead.hot = 2",
        "for lead in select(x for x in Lead if x.hot == 0):\n    lead.score = lead.score + 1",
        "Lead(name='x')",
        "Lead[1].delete()",
        "delete(x for x in Note)",
        "select(x for x in Note).delete(bulk=True)",
        "Note.select().delete()",
        "db.execute('UPDATE leads SET hot = 1')",
        "db.insert('notes', text='x')",
        "Lead.get(id=1).hot = 3",
        "lead = Lead.select().first()\nlead.hot = 4\ncommit()",
        "Lead.select(lambda x: x.hot == 0).first().delete()",
        "for lead in list(Lead.select()):\n    lead.delete()\nflush()",
        # what changes no rows
        "print(count(x for x in Lead))",
        "print(select(x.name for x in Lead)[:])",
        "print(Lead.get(id=1).hot)",
        "print(db.select('SELECT id FROM leads'))",
        "print([x.name for x in Lead.select().order_by(Lead.name)])",
        "print(db.get('SELECT count(*) FROM leads'))",
        "print(Lead.exists(id=1))",
        "print(Lead.select_by_sql('SELECT * FROM leads'))",
        "print(Lead[1].to_dict())",
        "print(db.execute('SELECT * FROM leads').fetchall())",
        "db.execute('CREATE TABLE extra (id INT)')",
        "print(sum(x.hot for x in Lead.select()))",
    ],
    "alembic": [
        "session.exec(update(Lead).values(hot=1))\nsession.commit()",
        "session.exec(delete(Note).where(col(Note.id) == 1))\nsession.commit()",
        "lead = session.get(Lead, 1)\nlead.hot = 1\nsession.add(lead)\nsession.commit()",
        "lead = session.exec(select(Lead)).first()\nlead.hot = 1\nsession.commit()",
        "for lead in session.exec(select(Lead).where(Lead.hot == 0)).all():\n    lead.score = 1\n    session.add(lead)\nsession.commit()",
        "session.add(Lead(name='x'))\nsession.commit()",
        "session.add_all([Note(text='a'), Note(text='b')])\nsession.commit()",
        "session.delete(session.get(Lead, 1))\nsession.commit()",
        "lead = session.get(Lead, 2)\nlead.sqlmodel_update({'hot': 3})\nsession.commit()",
        "op.get_bind().execute(sa.insert(Note).values(text='x'))",
        "session.exec(insert(Note).values(text='x'))\nsession.commit()",
        "op.bulk_insert(Lead.__table__, [{'name': 'x', 'hot': 0, 'score': 0}])",
        "session.merge(Lead(id=1, name='y', hot=7))\nsession.commit()",
        "session.bulk_save_objects([Note(text='x')])\nsession.commit()",
        "session.exec(sa.text('UPDATE leads SET hot = 1'))\nsession.commit()",
        "op.execute(Lead.__table__.update().values(hot=1))",
        "session.query(Lead).filter(Lead.hot == 0).update({'hot': 1})\nsession.commit()",
        # what changes no rows
        "print(session.exec(select(Lead)).all())",
        "print(session.exec(select(func.count()).select_from(Lead)).one())",
        "print(session.get(Lead, 1).name)",
        "print(Lead(name='x').name)",
        "lead = Lead.model_validate({'name': 'x'})\nprint(lead)",
        "op.add_column('leads', sa.Column('extra', sa.Integer()))",
        "op.create_index('i', 'leads', ['hot'])",
        "print([note.text for note in session.exec(select(Note).where(Note.text != ''))])",
        "op.create_table('extra', sa.Column('id', sa.Integer()))",
        "print(op.get_bind().execute(sa.text('SELECT * FROM leads')).fetchall())",
        "print(select(Lead).where(Lead.hot == 0))",
        "print(update(Lead).values(hot=1))",
    ],
    "masonite": [
        "Lead.where('hot', 0).update({'hot': 1})",
        "lead = Lead.find(1)\nlead.hot = 1\nlead.save()",
        "Lead.create({'name': 'x', 'hot': 0, 'score': 0})",
        "Lead.find(1).delete()",
        "Lead.where('id', 1).delete()",
        "self.schema.new_connection().query('UPDATE leads SET hot = 1', ())",
        "for lead in Lead.all():\n    lead.update({'hot': 2})",
        "Note.first_or_create({'text': 'new'}, {'lead_id': 1})",
        "Note.bulk_create([{'text': 'a'}, {'text': 'b'}])",
        "lead = Lead()\nlead.name = 'x'\nlead.hot = 0\nlead.score = 0\nlead.save()",
        "Lead.find(2).update({'score': 9})",
        # what changes no rows
        "print(Lead.where('hot', 0).get())",
        "print(Lead.find(1).name)",
        "print(Lead.count())",
        "lead = Lead.find(1)\nlead.hot = 5",
        "print(Lead.where('hot', 0).first())",
        "print(Lead.all().pluck('name'))",
        "with self.schema.create('extra') as table:\n    table.increments('id')",
        "with self.schema.table('leads') as table:\n    table.integer('extra').nullable()",
        "print(self.schema.has_table('leads'))",
        "print(Lead.where('hot', 1).exists())",
        "print(Lead.where('hot', 1).to_sql())",
        "lead = Lead()\nlead.name = 'x'",
    ],
}


for _more in (alembics, houses, task_runners, ways):
    HEADS |= _more.HEADS
    DEPTH |= _more.DEPTH
    BODIES |= _more.BODIES
for _name, _bodies in (*idioms.BODIES.items(), *further.BODIES.items(), *siblings.BODIES.items()):
    BODIES[_name] = [*BODIES[_name], *_bodies]
TAILS |= ways.TAILS
TABLES = houses.TABLES
"""What the two tables of a case are called, where not `leads` and `notes`."""
APART = {"old": ways.OLD, "prefect": ("prefect",), "airflow": ("airflow",)}
"""Environments of their own, whose packages get along with no others."""
READ_AS = {
    **dict.fromkeys((*alembics.BODIES, *task_runners.BODIES), "alembic"),
    **ways.READ_AS,
    "openupgrade": "odoo",
    "orator": "masonite",
}
"""What a package's migrations are to the guard, where they are another framework's."""


BESIDE = ("odoo", "openupgrade", "frappe", "upgrade_table", "numbered", "synapse")
"""Where two empty lines end the body, and a function beside it follows."""


def source(framework: str, body: str) -> str:
    """A migration with a body."""
    depth = " " * DEPTH[framework]
    tail = TAILS.get(framework, "")
    if framework == "aerich" and "return " not in body:
        tail = '\n    return ""\n'
    inner, after, beside = body.partition("\n\n\n") if framework in BESIDE else (body, "", "")
    text = "".join(f"{depth}{line}\n" if line else "\n" for line in inner.split("\n")) + after + beside
    return f"{HEADS[framework]}{text}{tail}"
